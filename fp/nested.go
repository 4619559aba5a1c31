package fp

import (
	"cmp"
	"errors"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file finds modes of the accurate operator from those on half as many cells along each axis,
// where few iterations are left to do. On the coarsest grid they come from a search that is content with
// rough vectors, and all are made better as an [eigenblock].
//
// The search makes sure that none is missed there. From grid to grid all eigenvalues have to move by
// little, and those that were not followed, from the outermost one on, cannot have come to where modes
// are wanted without moving more. Where one moves more, vectors do not converge, or round-off shows in
// products of very slow modes, the finest grid is searched itself.

const (
	// leastNested is the number of cells along all axes of the coarsest grid.
	leastNested = 96
	// guards is the number of eigenvalues beyond those wanted that are found on every coarser grid.
	guards = 2
	// coarseTol is the accuracy of vectors on coarser grids, and looseTol that of a search: squared
	// it is that of eigenvalues.
	coarseTol, looseTol = 1e-6, 1e-4
	// mostMoved is the relative change of eigenvalues from grid to grid.
	mostMoved = 1e-2
	// mostRounds is how often vectors are corrected, as long as errors fall to leastProgress each time.
	mostRounds, leastProgress = 5, 0.5
)

var (
	errAlone     = errors.New("there is no coarser grid")
	errNotAlike  = errors.New("a coarser grid has other eigenvalues")
	errUnsettled = errors.New("eigenvectors do not converge")
)

// slowest returns count eigenvalues, or some more.
func (d *spectral) slowest(count int, opt ModesOptions) (*spectrum, error) {
	if s, err := d.nested(count, opt); err == nil {
		return s, nil
	}
	return d.spectrum(count)
}

// nested is slowest from coarser grids.
func (d *spectral) nested(count int, opt ModesOptions) (*spectrum, error) {
	g, ok := d.coarser()
	if !ok {
		return nil, errAlone
	}
	opt.Order, opt.Tol = d.order, max(d.tol, coarseTol)
	c, err := newSpectral(d.problem, g, opt)
	if err != nil {
		return nil, err
	}
	s, err := c.nested(count+guards, opt)
	if err != nil {
		s, err = c.roughly(count + guards)
	}
	if err != nil {
		return nil, err
	}
	return d.follow(c, s, count)
}

// coarser returns the grid of half as many cells, and false where it is too coarse.
func (d *spectral) coarser() (*grid.Grid, bool) {
	if d.high == nil || d.grid.Dim() == 1 {
		return nil, false
	}
	g, ok := d.grid.Coarsen()
	return g, ok && fewest(g) >= leastNested
}

// roughly is slowest by a search for rough vectors, which makes sure on the side of masses alone that
// none is missing.
func (d *spectral) roughly(count int) (*spectrum, error) {
	mass, one := [][]float64{d.mass}, [][]float64{d.ones()}
	masses := &search{d.onMasses.gmres(), mass, one, d.rightFactor, d.weight}
	functions := &search{d.onFunctions(d.onProducts), one, mass, d.leftFactor, d.ones()}
	opt := krylov.ArnoldiOptions{Count: count + guards, Tol: max(d.tol, looseTol), Range: d.decades}
	once := opt
	once.Unverified = true
	var v, u *krylov.Eigensystem
	var err, other error
	both(func() { v, err = masses.find(0, opt) }, func() { u, other = functions.find(1, once) })
	if err = cmp.Or(err, other); err != nil {
		return nil, err
	}
	products := v.Products + u.Products
	if !same(v.Values, u.Values, d.decades) {
		opt.Count = len(v.Values)
		if u, err = functions.find(2, opt); err != nil {
			return nil, err
		}
		products += u.Products
	}
	if len(u.Values) != len(v.Values) || reach(v.Values, d.decades) < len(v.Values) {
		return nil, errUnsettled
	}
	b, err := newEigenblock(d, v.Vectors, u.Vectors)
	if err != nil {
		return nil, err
	}
	b.products = products
	return b.converge(count)
}

// follow is slowest from the spectrum s of the coarser grid's operator.
func (d *spectral) follow(c *spectral, s *spectrum, count int) (*spectrum, error) {
	right, left := d.refined(c, s)
	b, err := newEigenblock(d, right, left)
	if err != nil {
		return nil, err
	}
	b.products = s.products
	f, err := b.converge(count)
	if err != nil {
		return nil, err
	}
	moved := max(apart(b.values, s.values), apart(s.values, b.values))
	if !(moved <= mostMoved) {
		return nil, errNotAlike
	}
	f.half = s.values
	f.radius = min(outermost(f.values), (1-2*moved)*outermost(s.values))
	return f, nil
}

// outermost returns the largest modulus.
func outermost(values []complex128) (most float64) {
	for _, l := range values {
		most = max(most, cmplx.Abs(l))
	}
	return most
}

// apart returns the largest distance of one of the values to the nearest of the others, relative to it.
func apart(values, others []complex128) (most float64) {
	for _, l := range values {
		most = max(most, nearest(l, others))
	}
	return most
}

// nearest returns the distance from λ to the nearest of the values, relative to |λ|.
func nearest(l complex128, values []complex128) float64 {
	least := math.Inf(1)
	for _, v := range values {
		least = min(least, cmplx.Abs(l-v)/cmplx.Abs(l))
	}
	return least
}

// converge improves the vectors until those of count eigenvalues, or some more that may not be parted,
// are as accurate as wanted, and returns these.
func (b *eigenblock) converge(count int) (*spectrum, error) {
	last := math.Inf(1)
	for round := range mostRounds {
		n := b.whole(count)
		if b.roundOff(n) > quotientRoundOff {
			return nil, errUnsettled
		}
		far := b.improve(n, b.d.tol, round == 0)
		if round > 0 && far <= 1 {
			return &spectrum{values: b.values[:n], right: b.right[:n], left: b.left[:n], products: b.products}, nil
		}
		if !(far < leastProgress*last) {
			break
		}
		last = far
		if err := b.separate(); err != nil {
			return nil, err
		}
	}
	return nil, errUnsettled
}

// whole returns the least number ≥ count that parts neither a pair nor a multiple eigenvalue.
func (b *eigenblock) whole(count int) int {
	for count < len(b.values) && cmplx.Abs(b.values[count]) <= (1+2*asOne)*cmplx.Abs(b.values[count-1]) {
		count++
	}
	return count
}

// roundOff returns the largest [Mode.RoundOff] of the first count.
func (b *eigenblock) roundOff(count int) (most float64) {
	for j, l := range b.values[:count] {
		var size, turnover float64
		for i, v := range b.right[j] {
			size += math.Abs(v)
			turnover += b.d.outflow[i] * math.Abs(v)
		}
		most = max(most, 0x1p-53*turnover/(size*cmplx.Abs(l)))
	}
	return most
}

// refined returns the vectors of a coarser grid, interpolated. Masses are interpolated as multiples of
// the stationary density where there is enough of it.
func (d *spectral) refined(c *spectral, s *spectrum) (right, left [][]float64) {
	coarse, fine := c.padded(), d.padded()
	for j, v := range s.right {
		ratio := make([]float64, len(v))
		floats.DivTo(ratio, v, coarse)
		v := c.op.Refined(ratio, d.grid.Shape())
		floats.Mul(v, fine)
		right, left = append(right, v), append(left, d.refinedFunction(c, s.left[j]))
	}
	return right, left
}

// leastRelative is the density, of the largest, below which masses are no longer multiples of it.
const leastRelative = 1e-6

// padded returns the masses of the stationary density and leastRelative.
func (d *spectral) padded() []float64 {
	most := 0.0
	for i, m := range d.mass {
		most = max(most, m/d.w[i])
	}
	out := make([]float64, len(d.mass))
	for i, m := range d.mass {
		out[i] = m + leastRelative*most*d.w[i]
	}
	return out
}

// refinedFunction returns a left eigenvector, interpolated: linearly beside walls, where the transpose
// of stencils that are accurate on densities leaves functions that go to and fro from cell to cell.
func (d *spectral) refinedFunction(c *spectral, u []float64) []float64 {
	out, linear := c.op.Refined(u, d.grid.Shape()), c.high.operator(2).Refined(u, d.grid.Shape())
	beside := 2 * (int(d.order) + 2)
	for a := range d.grid.Dim() {
		n, stride := d.grid.Axis(a).Cells(), d.grid.Stride(a)
		if d.grid.Axis(a).IsPeriodic() {
			continue
		}
		for i := range out {
			if k := i / stride % n; k < beside || k >= n-beside {
				out[i] = linear[i]
			}
		}
	}
	return out
}
