package multigrid

import (
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

// A level is a generator on a box of cells, and the masses that are being improved.
// Boxes have three axes, those that are not there with one cell. Neighbours are taken
// round at the ends of every axis: where an axis ends at walls the rates across the
// seam are 0, so that no kernel knows of walls.
type level struct {
	n      [3]int
	ring   [3]bool      // axes that are periodic
	up, dn [3][]float64 // rates to the upper neighbour and back; nil along axis 2 where it has one cell
	inv    []float64    // 1 / rate out; 0 for a cell that is cut off
	bad    bool         // a rate of the finest level is negative, infinite or not a number
	x      []float64    // masses, up to a factor
	old    []float64    // those the level was made from; nil on the finest
	rhs    []float64    // of the linear problem A x − shift·x = rhs that sweeps solve, if not 0
	plan   *plan        // how the cells are taken together on the next level; nil on the last
	// Where the last axis is a ring, what its first layer sees below and its last one above.
	roundBelow, roundAbove []float64
}

func (l *level) cells() int { return l.n[0] * l.n[1] * l.n[2] }

// rows returns the number of rows of cells along axis 0.
func (l *level) rows() int { return l.n[1] * l.n[2] }

// beside returns the rows next to row r along axis a ≥ 1, going round at the ends.
func (l *level) beside(r, a int) (below, above int) {
	if l.n[2] == 1 {
		return around(r, l.n[1])
	}
	s, k := 1, r%l.n[1]
	if a == 2 {
		s, k = l.n[1], r/l.n[1]
	}
	below, above = around(k, l.n[a])
	return r + (below-k)*s, r + (above-k)*s
}

// below and above return one of them.
func (l *level) below(r, a int) int { b, _ := l.beside(r, a); return b }
func (l *level) above(r, a int) int { _, b := l.beside(r, a); return b }

// of returns row r of a field.
func (l *level) of(f []float64, r int) []float64 { return f[r*l.n[0] : (r+1)*l.n[0]] }

// finest returns the level of a lattice, with rates shared.
func finest(a *sparse.Lattice) *level {
	l := &level{n: [3]int{1, 1, 1}}
	copy(l.n[:], a.Dims)
	copy(l.ring[:], a.Periodic)
	for k := range a.Dims {
		l.up[k], l.dn[k] = a.Up[k], a.Down[k]
	}
	n := l.cells()
	l.inv, l.x = sparse.Staggered(n, 6), sparse.Staggered(n, 7)
	l.bad = !l.invert(0)
	return l
}

// invert sets inv to 1 / (rate out + shift), 0 for cells that are cut off, and says whether
// all rates are numbers ≥ 0, with finite sums.
func (l *level) invert(shift float64) bool {
	var bad atomic.Bool
	l.eachRow(func(r int) {
		if !l.invertRow(r, shift) {
			bad.Store(true)
		}
	})
	return !bad.Load()
}

func (l *level) invertRow(r int, shift float64) (ok bool) {
	b := l.openRow(r)
	n, from := l.n[0], 1
	ok = b.plainOutflows(0, 1)
	if k := processor; k > 0 && from+int(k) <= n {
		blocks := (n - from) / int(k)
		ok = k.outflows(&b, from, blocks) && ok
		from += blocks * int(k)
	}
	ok = b.plainOutflows(from, n) && ok
	if shift > 0 {
		floats.AddConst(shift, b.inv)
	}
	reciprocals(b.inv, b.inv, 0)
	return ok
}

// plainOutflows sets inv to the rates out of the cells lo ≤ i < hi, one by one.
func (r *openRow) plainOutflows(lo, hi int) (ok bool) {
	ok = true
	for i := lo; i < hi; i++ {
		p, _ := around(i, len(r.x))
		least := min(r.up[i], r.dn[p])
		sum := r.up[i] + r.dn[p]
		for a := range r.toBelow {
			if r.toBelow[a] != nil {
				least = min(least, r.toAbove[a][i], r.toBelow[a][i])
				sum += r.toAbove[a][i] + r.toBelow[a][i]
			}
		}
		r.inv[i] = sum
		ok = ok && least >= 0 && sum < math.Inf(1)
	}
	return ok
}

// next returns the upper neighbour of cell i along axis a, going round at the end.
func (l *level) next(i, a int) int {
	s := 1
	for _, n := range l.n[:a] {
		s *= n
	}
	if i/s%l.n[a] == l.n[a]-1 {
		return i - (l.n[a]-1)*s
	}
	return i + s
}

// around returns the places before and after place i of a row of n cells, going round.
func around(i, n int) (before, after int) {
	before, after = i-1, i+1
	if before < 0 {
		before = n - 1
	}
	if after == n {
		after = 0
	}
	return before, after
}
