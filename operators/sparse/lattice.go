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
			if (up[i] == 0 || down[i] == 0) && (l.Periodic[a] || i/s%n != n-1) {
				broken.Store(true)
				return
			}
		}
	})
	return !broken.Load()
}

// lower returns the cell below cell i along axis a with n cells at a stride of s,
// going round at the end; upper the one above.
func lower(i, s, n int) int {
	if i/s%n == 0 {
		return i + (n-1)*s
	}
	return i - s
}

func upper(i, s, n int) int {
	if i/s%n == n-1 {
		return i - (n-1)*s
	}
	return i + s
}

// Outflow returns the total rate out of every cell, minus the diagonal.
func (l *Lattice) Outflow() []float64 {
	out := make([]float64, l.States())
	copy(out, l.Exit)
	l.eachPiece(func(a, s, n, lo, hi int) {
		up, down := l.Up[a], l.Down[a]
		for i := lo; i < hi; i++ {
			out[i] += up[i] + down[lower(i, s, n)]
		}
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
	n := l.Dims[0]
	pieces.Run(len(dst)/n, max(1, pieceRows/n), func(_, lo, hi int) {
		for at := lo * n; at < hi*n; at += n {
			l.mulRow(dst, x, outflow, at)
		}
	})
}

// mulRow is MulVec on the row along axis 0 that begins at cell at.
func (l *Lattice) mulRow(dst, x, outflow []float64, at int) {
	n := l.Dims[0]
	d, own, out := dst[at:at+n], x[at:at+n], outflow[at:at+n]
	up, down := l.Up[0][at:at+n], l.Down[0][at:at+n]
	for i, v := range own {
		d[i] = -out[i] * v
	}
	if n == 1 {
		d[0] += up[0]*own[0] + down[0]*own[0]
	} else {
		d[0] += up[n-1]*own[n-1] + down[0]*own[1]
		for i := 1; i < n-1; i++ {
			d[i] += up[i-1]*own[i-1] + down[i]*own[i+1]
		}
		d[n-1] += up[n-2]*own[n-2] + down[n-1]*own[0]
	}
	s := n
	for a := 1; a < len(l.Dims); a++ {
		below, above := lower(at, s, l.Dims[a]), upper(at, s, l.Dims[a])
		up, down := l.Up[a][below:below+n], l.Down[a][at:at+n]
		lower, upper := x[below:below+n], x[above:above+n]
		for i := range d {
			d[i] += up[i]*lower[i] + down[i]*upper[i]
		}
		s *= l.Dims[a]
	}
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
