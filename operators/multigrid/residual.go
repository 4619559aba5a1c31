package multigrid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

// A residual tells how far masses are from being stationary.
type residual struct {
	sum   float64 // ‖A m‖₁ / ‖diag(A) m‖₁
	entry float64 // max |A m|_i / |A_ii m_i| over masses above leastSeen of the largest
}

// leastSeen is the mass, relative to the largest, below which entries do not count.
const leastSeen = 1e-250

// residual measures the level's masses.
func (l *level) residual() residual {
	var largest float64
	for _, v := range l.x {
		largest = max(largest, v)
	}
	size := l.rowsPerPiece()
	type part struct{ off, scale, entry float64 }
	parts := make([]part, pieces.Count(l.rows(), size))
	pieces.Run(l.rows(), size, func(k, lo, hi int) {
		p := &parts[k]
		for r := lo; r < hi; r++ {
			off, scale, entry := l.residualRow(r, leastSeen*largest)
			p.off += off
			p.scale += scale
			p.entry = max(p.entry, entry)
		}
	})
	var sum part
	for _, p := range parts {
		sum.off += p.off
		sum.scale += p.scale
		sum.entry = max(sum.entry, p.entry)
	}
	return residual{sum: sum.off / sum.scale, entry: sum.entry}
}

func (l *level) residualRow(r int, least float64) (off, scale, entry float64) {
	x, inv := l.of(l.x, r), l.of(l.inv, r)
	n := len(x)
	up, dn := l.of(l.up[0], r)[:n], l.of(l.dn[0], r)[:n]
	below, above := l.of(l.x, l.below(r, 1))[:n], l.of(l.x, l.above(r, 1))[:n]
	u1, d1 := l.of(l.up[1], l.below(r, 1))[:n], l.of(l.dn[1], r)[:n]
	var x3, x4, u2, d2 []float64
	if l.up[2] != nil {
		x3, x4 = l.of(l.x, l.below(r, 2)), l.of(l.x, l.above(r, 2))
		u2, d2 = l.of(l.up[2], l.below(r, 2)), l.of(l.dn[2], r)
	}
	prev, next := n-1, 1%n
	for i, v := range x {
		in := up[prev]*x[prev] + dn[i]*x[next] + u1[i]*below[i] + d1[i]*above[i]
		if u2 != nil {
			in += u2[i]*x3[i] + d2[i]*x4[i]
		}
		prev = i
		next++
		if next == n {
			next = 0
		}
		if inv[i] == 0 {
			continue
		}
		out := v / inv[i]
		d := math.Abs(in - out)
		off += d
		scale += out
		if v > least && d > entry*out {
			entry = d / out
		}
	}
	return off, scale, entry
}
