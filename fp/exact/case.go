package exact

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// A Case is a problem with its box and its exact answer.
type Case struct {
	Name    string // as in "full tensor"
	Problem *fp.Problem
	Box     []fp.Interval // without cells

	logDensity func(x []float64) float64 // ln p, normalised over the box
	velocity   func(dst, x []float64)    // u = J/p; nil in detailed balance
}

// Dim returns the number of variables.
func (c *Case) Dim() int { return len(c.Box) }

// Grid returns the box cut into n cells along each axis. It panics where n is too
// small for an axis.
func (c *Case) Grid(n int) *grid.Grid {
	d := fp.Domain{Intervals: append([]fp.Interval(nil), c.Box...)}
	for a := range d.Intervals {
		d.Intervals[a].Cells = n
	}
	g, err := d.Grid(c.Problem.Variables)
	if err != nil {
		panic("exact: Grid: " + err.Error())
	}
	return g
}

// InEquilibrium says whether the exact current is 0 everywhere.
func (c *Case) InEquilibrium() bool { return c.velocity == nil }

// LogDensity returns ln p at a point, which stays finite where p underflows.
func (c *Case) LogDensity(x []float64) float64 { return c.logDensity(x) }

// PointDensity returns p at a point. Its relative error is that of ln p, about
// 2⁻⁵³ |ln p|, and 1e-13 from the normalisation.
func (c *Case) PointDensity(x []float64) float64 { return math.Exp(c.logDensity(x)) }

// PointCurrent sets dst to J at a point.
func (c *Case) PointCurrent(dst, x []float64) {
	clear(dst)
	if c.velocity == nil {
		return
	}
	c.velocity(dst, x)
	p := c.PointDensity(x)
	for a := range dst {
		dst[a] *= p
	}
}

// cellNodes is the number of Gauss nodes along each axis of a cell, by dimension.
// The error of a cell average is of order 2·cellNodes in the cell width, far below
// that of the schemes it is compared with, whose order is at most 8.
var cellNodes = [...]int{1: 8, 2: 7, 3: 5}

// Density returns the exact cell averages of p on a grid in the case's box.
func (c *Case) Density(g *grid.Grid) *grid.Field { return averages(g, c.PointDensity) }

// averages returns the cell averages of a function.
func averages(g *grid.Grid, f func(x []float64) float64) *grid.Field {
	out := grid.NewField(g)
	d := g.Dim()
	unit := gauss(0, 1, cellNodes[d])
	pieces.Run(g.Cells(), 1024, func(_, lo, hi int) {
		idx, cell := make([]int, d), make([]rule, d)
		for i := lo; i < hi; i++ {
			g.Indices(idx, i)
			for a, k := range idx {
				e := g.Axis(a).Edges()
				cell[a] = unit.onto(cell[a], e[k], e[k+1])
			}
			out.Values[i] = integrate(cell, f) / volume(cell)
		}
	})
	return out
}

// Current returns the exact J at the cell centres, d × N.
func (c *Case) Current(g *grid.Grid) [][]float64 {
	d := g.Dim()
	j := make([][]float64, d)
	for a := range j {
		j[a] = make([]float64, g.Cells())
	}
	x, at := make([]float64, d), make([]float64, d)
	for i := range g.Cells() {
		g.Center(x, i)
		c.PointCurrent(at, x)
		for a := range j {
			j[a][i] = at[a]
		}
	}
	return j
}

// EntropyProduction returns ∫ p u·D⁻¹u over the box, in nats/T, by quadrature; its
// relative error is below 1e-10 for the cases of this package. It is +Inf where the
// current crosses directions without diffusion.
func (c *Case) EntropyProduction() float64 {
	if c.velocity == nil {
		return 0
	}
	d := c.Dim()
	u := make([]float64, d)
	return integrate(boxRules(c.Box), func(x []float64) float64 {
		c.velocity(u, x)
		return c.PointDensity(x) * inverseForm(c.diffusionAt(x), u)
	})
}

// diffusionAt returns D at a point.
func (c *Case) diffusionAt(x []float64) *mat.SymDense {
	d := c.Dim()
	out := c.evaluate(x)
	m := mat.NewSymDense(d, nil)
	k := d
	for a := range d {
		for b := a; b < d; b++ {
			m.SetSym(a, b, out[k])
			k++
		}
	}
	return m
}

// evaluate returns all components of the equation at a point.
func (c *Case) evaluate(x []float64) []float64 {
	d := c.Dim()
	n := d + d*(d+1)/2
	if c.Problem.Equation.Potential {
		n++
	}
	out := make([]float64, n)
	dst, at := make([][]float64, n), make([][]float64, d)
	for k := range dst {
		dst[k] = out[k : k+1]
	}
	for a := range at {
		at[a] = x[a : a+1]
	}
	c.Problem.Equation.Eval(dst, at)
	return out
}

// inverseForm returns uᵀD⁻¹u = |R⁻ᵀu|² with D = RᵀR, +Inf where D is singular: the currents of this
// package's cases leave its range. Both are overwritten. [mat.Cholesky] would find the condition of D too, which
// takes ten times as long.
func inverseForm(d *mat.SymDense, u []float64) float64 {
	r, ok := lapack64.Potrf(d.RawSymmetric())
	if !ok {
		return math.Inf(1)
	}
	v := blas64.Vector{N: len(u), Data: u, Inc: 1}
	blas64.Trsv(blas.Trans, r, v)
	return blas64.Dot(v, v)
}

// Errors is how far a solution is from the exact answer.
type Errors struct {
	Density           float64 // Σ|p − p*|V against cell averages, of at most 2
	Peak              float64 // largest |p − p*| relative to the largest p*
	Current           float64 // Σ_a Σ|J_a − J*_a|V / Σ_a Σ|J*_a|V at centres; absolute in equilibrium
	EntropyProduction float64 // relative; absolute in equilibrium, nats/T
}

// Errors compares a solution and its current with the exact answer.
func (c *Case) Errors(s *fp.Stationary, j *fp.Current) Errors {
	return c.Reference(s.Density.Grid).Errors(s, j)
}

// A Reference is a case's exact answer on a grid, for who compares several solutions with it:
// in three dimensions it takes longer than they do.
type Reference struct {
	density       *grid.Field
	current       [][]float64
	rate          float64 // of entropy production
	inEquilibrium bool
}

// Reference returns the exact answer on a grid in the case's box.
func (c *Case) Reference(g *grid.Grid) *Reference {
	return &Reference{c.Density(g), c.Current(g), c.EntropyProduction(), c.InEquilibrium()}
}

// Errors compares a solution on the grid and its current with the exact answer.
func (r *Reference) Errors(s *fp.Stationary, j *fp.Current) Errors {
	g := r.density.Grid
	top, _ := r.density.Max()
	e := Errors{Density: grid.L1(s.Density, r.density)}
	for i, v := range r.density.Values {
		e.Peak = max(e.Peak, math.Abs(s.Density.Values[i]-v)/top)
	}
	var size float64
	for a, want := range r.current {
		exact := &grid.Field{Grid: g, Values: want}
		e.Current += grid.L1(&grid.Field{Grid: g, Values: j.At[a]}, exact)
		size += grid.L1(exact, grid.NewField(g))
	}
	e.EntropyProduction = math.Abs(s.EntropyProduction(j) - r.rate)
	if !r.inEquilibrium {
		e.Current /= size
		e.EntropyProduction /= r.rate
	}
	return e
}

// Integral returns the integral of f over the box, by the same quadrature; for smooth f with
// features no finer than those of p.
func (c *Case) Integral(f func(x []float64) float64) float64 {
	return integrate(boxRules(c.Box), f)
}
