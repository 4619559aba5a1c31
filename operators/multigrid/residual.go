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
	b := l.row3(r)
	n := len(b.x)
	add := func(i int, in float64) {
		if b.inv[i] == 0 {
			return
		}
		out := b.x[i] / b.inv[i]
		d := math.Abs(in - out)
		off += d
		scale += out
		if b.x[i] > least && d > entry*out {
			entry = d / out
		}
	}
	add(0, b.inflow(0))
	if n > 1 {
		add(n-1, b.inflow(n-1))
	}
	x, inv, up, dn := b.x, b.inv[:n], b.up[:n], b.dn[:n]
	x1, x2, u1, d1 := b.below[0][:n], b.above[0][:n], b.fromBelow[0][:n], b.fromAbove[0][:n]
	if l.up[2] == nil {
		flow := up[0] * x[0]
		for i := 1; i < n-1; i++ {
			v := x[i]
			in := flow + dn[i]*x[i+1] + u1[i]*x1[i] + d1[i]*x2[i]
			flow = up[i] * v
			if inv[i] == 0 {
				continue
			}
			out := v / inv[i]
			d := math.Abs(in - out)
			off += d
			scale += out
			if d > entry*out && v > least {
				entry = d / out
			}
		}
		return off, scale, entry
	}
	for i := 1; i < n-1; i++ {
		add(i, b.inflow(i))
	}
	return off, scale, entry
}
