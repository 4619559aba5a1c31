package multigrid

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// A residual tells how far masses are from being stationary.
type residual struct {
	sum   float64 // ‖A m‖₁ / ‖diag(A) m‖₁
	entry float64 // max |A m|_i / |A_ii m_i| over masses above leastSeen of their sum
}

// leastSeen is the mass, relative to the sum, below which entries do not count.
const leastSeen = 1e-250

// residual measures the level's masses: +Inf where flows out of cells are out of range, as cycles that
// diverge leave them.
func (l *level) residual() residual {
	least := leastSeen * l.scale()
	parts := make([]balance, pieces.Count(l.rows(), pieceOf(l.n[0])))
	l.inPieces(l.rows(), l.n[0], func(k, lo, hi int) {
		var lanes [3 * mostLanes]float64
		for r := lo; r < hi; r++ {
			b := l.openRow(r)
			b.measure(&parts[k], &lanes, least)
		}
		if processor > 0 {
			parts[k].addLanes(lanes[:3*processor])
		}
	})
	var sum balance
	for _, p := range parts {
		sum.add(p)
	}
	if math.IsInf(sum.scale, 1) {
		return residual{sum.scale, sum.scale}
	}
	return residual{sum: sum.off / sum.scale, entry: sum.entry}
}

// A balance is sums of |inflow − outflow| and of outflow over some cells, and the largest
// ratio of the two in one of them.
type balance struct{ off, scale, entry float64 }

func (b *balance) add(other balance) {
	b.off += other.off
	b.scale += other.scale
	b.entry = max(b.entry, other.entry)
}

// mostLanes are the cells of the largest block.
const mostLanes = 8

// addLanes adds the sums that kernels have.
func (b *balance) addLanes(lanes []float64) {
	n := len(lanes) / 3
	for k := range n {
		b.add(balance{lanes[k], lanes[n+k], lanes[2*n+k]})
	}
}

// scale returns about the sum of the masses: what it was when the coarsest level last saw them,
// whose own sum it is.
func (l *level) scale() float64 {
	for l.plan != nil {
		l = l.plan.coarse
	}
	return floats.Sum(l.x)
}

// total returns the sum of the masses.
func (l *level) total() (sum float64) {
	parts := make([]float64, pieces.Count(l.rows(), pieceOf(l.n[0])))
	l.inPieces(l.rows(), l.n[0], func(k, lo, hi int) {
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

func (l *level) openRow(r int) openRow {
	b := openRow{row: l.row(r)}
	for a := 1; a < 3 && l.up[a] != nil; a++ {
		b.toBelow[a-1], b.toAbove[a-1] = l.of(l.dn[a], l.below(r, a)), l.of(l.up[a], r)
	}
	return b
}

// measure adds the cells of the row to sum and to the kernel's lanes.
func (r *openRow) measure(sum *balance, lanes *[3 * mostLanes]float64, least float64) {
	n := len(r.x)
	from := 1
	r.plainMeasure(sum, 0, 1, least)
	if k := processor; k > 0 && from+int(k) < n {
		blocks := (n - 1 - from) / int(k)
		k.residual(r, from, blocks, least, lanes)
		from += blocks * int(k)
	}
	r.plainMeasure(sum, from, n, least)
}

// plainMeasure adds the cells lo ≤ i < hi, one by one.
func (r *openRow) plainMeasure(sum *balance, lo, hi int, least float64) {
	for i := lo; i < hi; i++ {
		p, _ := around(i, len(r.x))
		rate := r.up[i] + r.dn[p]
		for a := range r.toBelow {
			if r.toBelow[a] != nil {
				rate += r.toBelow[a][i] + r.toAbove[a][i]
			}
		}
		out := r.x[i] * rate
		d := math.Abs(r.inflow(i) - out)
		sum.off += d
		sum.scale += out
		if d > sum.entry*out && r.x[i] > least {
			sum.entry = d / out
		}
	}
}
