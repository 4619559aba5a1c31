package multigrid

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// This file sweeps over two-dimensional levels in the Gauss–Seidel manner,
// x_i = (inflow_i − rhs_i) / outflow_i, in lexicographic order from one of the four corners.
// Two rows are swept together, the second one cell behind the first, so that the
// recurrences of both overlap in the processor. The columns are cut into strips, one
// for each goroutine; a strip takes a pair of rows when the strip before it is done
// with them, so that every cell is computed from the same numbers as on one core.

// minStrip is the least number of columns worth a goroutine.
const minStrip = 128

// sweep2 sweeps with columns and rows taken in ascending or descending order.
func (l *level) sweep2(right, up bool) {
	strips := min(runtime.GOMAXPROCS(0), l.n[0]/minStrip)
	if strips <= 1 || l.cells() < 1<<14 {
		for k := range l.pairs() {
			l.sweepPair(k, 0, l.n[0], right, up)
		}
		return
	}
	done := make([]atomic.Int64, strips) // pairs of rows each strip has swept
	var wg sync.WaitGroup
	for s := range strips {
		wg.Go(func() {
			at := s // place of the strip, in the order of columns
			if !right {
				at = strips - 1 - s
			}
			lo, hi := at*l.n[0]/strips, (at+1)*l.n[0]/strips
			for k := range l.pairs() {
				for s > 0 && done[s-1].Load() <= int64(k) {
					runtime.Gosched()
				}
				l.sweepPair(k, lo, hi, right, up)
				done[s].Store(int64(k + 1))
			}
		})
	}
	wg.Wait()
}

// pairs returns the number of pairs of rows, the last one perhaps of one row.
func (l *level) pairs() int { return (l.n[1] + 1) / 2 }

// sweepPair sweeps the columns lo ≤ i < hi of the k-th pair of rows.
func (l *level) sweepPair(k, lo, hi int, right, up bool) {
	first, second := 2*k, 2*k+1
	single := second == l.n[1]
	if !up {
		first, second = l.n[1]-1-first, l.n[1]-1-second
	}
	a := l.row2(first)
	switch {
	case single && right:
		a.right(lo, hi)
	case single:
		a.left(lo, hi)
	case right:
		b := l.row2(second)
		rightPair(&a, &b, lo, hi)
	default:
		b := l.row2(second)
		leftPair(&a, &b, lo, hi)
	}
}

// A row2 is what a sweep needs of one row.
type row2 struct {
	x, below, above []float64 // masses of the row and its neighbours
	up, dn          []float64 // rates along the row
	fromBelow       []float64 // rates from the row below into this one
	fromAbove       []float64
	inv, rhs        []float64
}

func (l *level) row2(r int) row2 {
	below, above := l.below(r, 1), l.above(r, 1)
	return row2{
		x: l.of(l.x, r), below: l.of(l.x, below), above: l.of(l.x, above),
		up: l.of(l.up[0], r), dn: l.of(l.dn[0], r),
		fromBelow: l.of(l.up[1], below), fromAbove: l.of(l.dn[1], r),
		inv: l.of(l.inv, r), rhs: l.rhsRow(r),
	}
}

// rightward sets x[i] with the same bits as rightPair, at an end of the row or not.
func (r *row2) rightward(i int) {
	p, q := around(i, len(r.x))
	in := r.dn[i]*r.x[q] + r.fromBelow[i]*r.below[i] + r.fromAbove[i]*r.above[i] - r.rhs[i]
	r.x[i] = r.x[p]*(r.up[p]*r.inv[i]) + in*r.inv[i]
}

// leftward sets x[i] with the same bits as leftPair.
func (r *row2) leftward(i int) {
	p, q := around(i, len(r.x))
	in := r.up[p]*r.x[p] + r.fromBelow[i]*r.below[i] + r.fromAbove[i]*r.above[i] - r.rhs[i]
	r.x[i] = r.x[q]*(r.dn[i]*r.inv[i]) + in*r.inv[i]
}

func (r *row2) right(lo, hi int) {
	for i := lo; i < hi; i++ {
		r.rightward(i)
	}
}

func (r *row2) left(lo, hi int) {
	for i := hi - 1; i >= lo; i-- {
		r.leftward(i)
	}
}

// rightPair sweeps two rows to the right, b one cell behind a.
func rightPair(a, b *row2, lo, hi int) {
	n := len(a.x)
	a.rightward(lo)
	from := lo + 1
	if lo == 0 && from < hi { // the first cell of b has its neighbour at the far end
		a.rightward(from)
		b.rightward(lo)
		from++
	}
	to := hi
	if to == n {
		to-- // the last cell of a likewise
	}
	if from < to {
		ax, bx := a.x[:n], b.x[:n]
		aBelow, aAbove, aUp, aDn := a.below[:n], a.above[:n], a.up[:n], a.dn[:n]
		bBelow, bAbove, bUp, bDn := b.below[:n], b.above[:n], b.up[:n], b.dn[:n]
		aFB, aFA, aInv := a.fromBelow[:n], a.fromAbove[:n], a.inv[:n]
		bFB, bFA, bInv := b.fromBelow[:n], b.fromAbove[:n], b.inv[:n]
		aRhs, bRhs := a.rhs[:n], b.rhs[:n]
		pa, pb := ax[from-1], bx[from-2]
		for i := from; i < to; i++ {
			j := i - 1
			ra := aDn[i]*ax[i+1] + aFB[i]*aBelow[i] + aFA[i]*aAbove[i] - aRhs[i]
			rb := bDn[j]*bx[i] + bFB[j]*bBelow[j] + bFA[j]*bAbove[j] - bRhs[j]
			va, vb := aInv[i], bInv[j]
			pa = pa*(aUp[j]*va) + ra*va
			pb = pb*(bUp[j-1]*vb) + rb*vb
			ax[i], bx[j] = pa, pb
		}
	}
	for i := max(from, to); i < hi; i++ {
		a.rightward(i)
		b.rightward(i - 1)
	}
	b.rightward(hi - 1)
}

// leftPair sweeps two rows to the left, b one cell behind a.
func leftPair(a, b *row2, lo, hi int) {
	n := len(a.x)
	a.leftward(hi - 1)
	from := hi - 2 // next cell of a
	if hi == n && from >= lo {
		a.leftward(from)
		b.leftward(hi - 1)
		from--
	}
	to := lo
	if to == 0 {
		to = 1
	}
	if from >= to {
		ax, bx := a.x[:n], b.x[:n]
		aBelow, aAbove, aUp, aDn := a.below[:n], a.above[:n], a.up[:n], a.dn[:n]
		bBelow, bAbove, bUp, bDn := b.below[:n], b.above[:n], b.up[:n], b.dn[:n]
		aFB, aFA, aInv := a.fromBelow[:n], a.fromAbove[:n], a.inv[:n]
		bFB, bFA, bInv := b.fromBelow[:n], b.fromAbove[:n], b.inv[:n]
		aRhs, bRhs := a.rhs[:n], b.rhs[:n]
		pa, pb := ax[from+1], bx[from+2]
		for i := from; i >= to; i-- {
			j := i + 1
			ra := aUp[i-1]*ax[i-1] + aFB[i]*aBelow[i] + aFA[i]*aAbove[i] - aRhs[i]
			rb := bUp[i]*bx[i] + bFB[j]*bBelow[j] + bFA[j]*bAbove[j] - bRhs[j]
			va, vb := aInv[i], bInv[j]
			pa = pa*(aDn[i]*va) + ra*va
			pb = pb*(bDn[j]*vb) + rb*vb
			ax[i], bx[j] = pa, pb
		}
	}
	for i := min(from, to-1); i >= lo; i-- {
		a.leftward(i)
		b.leftward(i + 1)
	}
	b.leftward(lo)
}
