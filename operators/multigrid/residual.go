package multigrid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

// A residual tells how far masses are from being stationary.
type residual struct {
	sum   float64 // ‖A m‖₁ / ‖diag(A) m‖₁
	entry float64 // max |A m|_i / |A_ii m_i| over masses above leastSeen of their sum
}

// leastSeen is the mass, relative to the sum, below which entries do not count.
const leastSeen = 1e-250

// residual measures the level's masses.
func (l *level) residual() residual {
	least := leastSeen * l.total()
	size := l.rowsPerPiece()
	type part struct{ off, scale, entry float64 }
	parts := make([]part, pieces.Count(l.rows(), size))
	pieces.Run(l.rows(), size, func(k, lo, hi int) {
		p := &parts[k]
		for r := lo; r < hi; r++ {
			off, scale, entry := l.residualRow(r, least)
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

// total returns the sum of the masses.
func (l *level) total() (sum float64) {
	size := l.rowsPerPiece()
	parts := make([]float64, pieces.Count(l.rows(), size))
	pieces.Run(l.rows(), size, func(k, lo, hi int) {
		x := l.x[lo*l.n[0] : hi*l.n[0]]
		var s [4]float64
		for ; len(x) >= 4; x = x[4:] {
			s[0] += x[0]
			s[1] += x[1]
			s[2] += x[2]
			s[3] += x[3]
		}
		for _, v := range x {
			s[0] += v
		}
		parts[k] = s[0] + s[1] + s[2] + s[3]
	})
	for _, p := range parts {
		sum += p
	}
	return sum
}

func (l *level) residualRow(r int, least float64) (off, scale, entry float64) {
	b := l.row(r)
	n := len(b.x)
	x, up, dn := b.x, b.up[:n], b.dn[:n]
	x1, x2, u1, d1 := b.below[0][:n], b.above[0][:n], b.fromBelow[0][:n], b.fromAbove[0][:n]
	toAbove, toBelow := l.of(l.up[1], r)[:n], l.of(l.dn[1], l.below(r, 1))[:n]
	var x3, x4, u2, d2, toOver, toUnder []float64
	if l.up[2] != nil {
		x3, x4, u2, d2 = b.below[1][:n], b.above[1][:n], b.fromBelow[1][:n], b.fromAbove[1][:n]
		toOver, toUnder = l.of(l.up[2], r)[:n], l.of(l.dn[2], l.below(r, 2))[:n]
	}
	prevX, prevUp, prevDn := x[n-1], up[n-1], dn[n-1]
	for i, v := range x {
		next := x[0]
		if i+1 < n {
			next = x[i+1]
		}
		in := prevUp*prevX + dn[i]*next + u1[i]*x1[i] + d1[i]*x2[i]
		rate := up[i] + prevDn + toAbove[i] + toBelow[i]
		if x3 != nil {
			in += u2[i]*x3[i] + d2[i]*x4[i]
			rate += toOver[i] + toUnder[i]
		}
		prevX, prevUp, prevDn = v, up[i], dn[i]
		out := v * rate
		d := math.Abs(in - out)
		off += d
		scale += out
		if d > entry*out && v > least {
			entry = d / out
		}
	}
	return off, scale, entry
}
