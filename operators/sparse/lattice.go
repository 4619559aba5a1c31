package sparse

import (
	"sync/atomic"

	"github.com/ness-fp/ness/grid/pieces"
)

// A Lattice is a matrix of jump rates between nearest neighbours on a box of cells,
// axis 0 fastest, closed by walls or periodic along each axis.
//
// Up[a][i] is the rate from cell i to its upper neighbour along axis a, Down[a][i] the
// rate from there back to i. The upper neighbour of a cell of the last layer is in the
// first; both rates are 0 there if the axis ends at walls. Exit[i], nil where nothing
// leaves the box, is the rate from cell i to the outside. The diagonal makes columns
// sum to −Exit.
type Lattice struct {
	Dims     []int
	Periodic []bool
	Up, Down [][]float64 // d × N
	Exit     []float64   // N or nil
}

// NewLattice returns the lattice of that box without any rates.
func NewLattice(dims []int, periodic []bool) *Lattice {
	l := &Lattice{Dims: dims, Periodic: periodic}
	n := l.States()
	for a := range dims {
		l.Up = append(l.Up, Staggered(n, 2*a))
		l.Down = append(l.Down, Staggered(n, 2*a+1))
	}
	return l
}

// Staggered returns n zeros that begin k·576 bytes beyond where large allocations do.
// Kernels that walk along several arrays of a power of two in size would otherwise find
// all of them in the same sets of the cache.
func Staggered(n, k int) []float64 {
	if n < 1<<12 {
		return make([]float64, n)
	}
	const step = 72
	return make([]float64, n+step*k)[step*k:]
}

// States returns the number of cells.
func (l *Lattice) States() int {
	n := 1
	for _, k := range l.Dims {
		n *= k
	}
	return n
}

// Reversible says whether every rate has one back, so that any cell can be reached from
// any other.
func (l *Lattice) Reversible() bool {
	var broken atomic.Bool
	l.eachPiece(func(a, s, n, lo, hi int) {
		up, down := l.Up[a], l.Down[a]
		for i := lo; i < hi; i++ {
			if up[i] != 0 && down[i] != 0 {
				continue
			}
			if l.Periodic[a] || i/s%n != n-1 {
				broken.Store(true)
				return
			}
		}
	})
	return !broken.Load()
}

// Meets says whether chains of positive rates lead from every cell to the middle one: then there
// is one closed class, the middle is in it, and no matrix is needed to tell.
func (l *Lattice) Meets() bool {
	middle, s := 0, 1
	for _, n := range l.Dims {
		middle += n / 2 * s
		s *= n
	}
	found, open := make([]bool, l.States()), []int{middle}
	found[middle] = true
	left := l.States() - 1
	visit := func(from int, rate float64) {
		if rate > 0 && !found[from] {
			found[from] = true
			left--
			open = append(open, from)
		}
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for s, a := l.States(), len(l.Dims)-1; a >= 0; a-- { // neighbours along the row come next
			n := l.Dims[a]
			s /= n
			below, above, place := i-s, i+s, i/s%n
			if place == 0 { // round to the other end: at walls rates are 0
				below += n * s
			}
			if place == n-1 {
				above -= n * s
			}
			visit(below, l.Up[a][below])
			visit(above, l.Down[a][i])
		}
	}
	return left == 0
}

// eachRun calls do for the longest runs within the cells from lo to hi, along an axis of n
// cells at a stride of s, with the same steps to the neighbours below and above, which go
// round at the ends.
func eachRun(s, n, lo, hi int, do func(lo, hi, below, above int)) {
	for lo < hi {
		below, above := -s, s
		place, end := lo%(s*n), s*(n-1)
		if place >= end {
			above, end = -end, s*n
		}
		if place < s {
			below, end = s*(n-1), s
		}
		to := min(hi, lo+end-place)
		do(lo, to, below, above)
		lo = to
	}
}

// Outflow returns the total rate out of every cell, minus the diagonal.
func (l *Lattice) Outflow() []float64 {
	out := make([]float64, l.States())
	copy(out, l.Exit)
	l.eachPiece(func(a, s, n, lo, hi int) {
		eachRun(s, n, lo, hi, func(lo, hi, below, _ int) {
			to, up, down := out[lo:hi], l.Up[a][lo:hi], l.Down[a][lo+below:hi+below]
			for i := range to {
				to[i] += up[i] + down[i]
			}
		})
	})
	return out
}

// Apply returns A m, on all cores, with the same bits for any number of them.
func (l *Lattice) Apply(m []float64) []float64 {
	dst := make([]float64, l.States())
	l.MulVec(dst, m, l.Outflow())
	return dst
}

// MulVec sets dst = A x given the outflow of every cell, on all cores, with the same bits for
// any number of them. dst does not overlap the others.
func (l *Lattice) MulVec(dst, x, outflow []float64) {
	if len(dst) != l.States() || len(x) != len(dst) || len(outflow) != len(dst) {
		panic("sparse: MulVec: want one number per cell")
	}
	l.eachPiece(func(a, s, n, lo, hi int) {
		if a == 0 {
			for i, v := range x[lo:hi] {
				dst[lo+i] = -outflow[lo+i] * v
			}
		}
		eachRun(s, n, lo, hi, func(lo, hi, below, above int) {
			to, down := dst[lo:hi], l.Down[a][lo:hi]
			up, lower, upper := l.Up[a][lo+below:hi+below], x[lo+below:hi+below], x[lo+above:hi+above]
			for i := range to {
				to[i] += up[i]*lower[i] + down[i]*upper[i]
			}
		})
	})
}

// eachPiece runs do for every axis, with its stride and cells, on every piece of cells.
func (l *Lattice) eachPiece(do func(a, s, n, lo, hi int)) {
	pieces.Run(l.States(), pieceRows, func(_, lo, hi int) {
		s := 1
		for a, n := range l.Dims {
			do(a, s, n, lo, hi)
			s *= n
		}
	})
}
