package fp

import (
	"cmp"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
)

// This file makes of both kinds of operators one that acts on masses, du/dt = A u, and
// inverts A − s for implicit steps.

// A dynamics is an operator on masses u: those of cells for a generator, ω√g p of point
// values p for the accurate operator.
type dynamics struct {
	grid     *grid.Grid
	apply    krylov.Map // dst = A u
	closed   bool       // no wall absorbs: rates of change sum to 0
	positive bool       // A has no negative entries off its diagonal
	// toMass makes masses of cell averages, toField the other way round.
	toMass  func(f *grid.Field) ([]float64, error)
	toField func(u []float64) *grid.Field

	star      *operators.Generator // nearest neighbours alone: the preconditioner; or eliminated itself
	eliminate bool                 // factorize star in place of cycles
	exact     bool                 // star is A
	masses    func() ([]float64, error)
	ratio     []float64 // masses u over those of star at the same density; nil for 1
	weight    []float64 // rates out of cells, positive
	workspace krylov.Workspace
}

// newDynamics returns the operator of the order asked for.
//
// Errors: [OrderError], [CoefficientError].
func newDynamics(p *Problem, g *grid.Grid, order Order) (*dynamics, error) {
	opt := StationaryOptions{Order: order}
	if monotone, err := opt.wantsGenerator(g); err != nil {
		return nil, err
	} else if monotone {
		d, err := Discretize(p, g)
		if err != nil {
			return nil, err
		}
		return generatorDynamics(d)
	}
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	w := int(order)
	if order == OrderAuto {
		w = autoOrder(g)
	}
	h, err := newHighOrder(p, g, w, c)
	if err != nil {
		return nil, err
	}
	if err := h.solveStar(); err != nil {
		return nil, err
	}
	return accurateDynamics(h, h.linearForm(firstBlend(g))(w)), nil
}

// generatorDynamics returns the operator of a generator.
func generatorDynamics(d *Discretization) (*dynamics, error) {
	gen, g := d.Generator, d.Generator.Grid
	y := &dynamics{grid: g, closed: gen.Exit == nil, positive: true, star: gen}
	out := gen.Outflow()
	y.apply = func(dst, u []float64) { gen.Lattice.MulVec(dst, u, out) }
	if gen.Lattice == nil {
		y.apply = gen.Matrix().MulVec
	}
	y.toMass = func(f *grid.Field) ([]float64, error) {
		u := append([]float64(nil), f.Values...)
		floats.Mul(u, g.Volumes())
		return u, nil
	}
	y.toField = d.fieldOf
	y.eliminate = g.Dim() == 1 || g.Cells() <= directCells
	y.exact = y.eliminate && y.closed // elimination knows of no exits
	if !y.eliminate && gen.Lattice == nil {
		l, err := starLattice(d.Problem, g)
		if err != nil {
			return nil, err
		}
		y.star = &operators.Generator{Grid: g, Lattice: l, Reach: 1}
	}
	y.weight = positiveOutflow(out)
	y.masses = func() ([]float64, error) { return roughMasses(d.Problem, y.star) }
	return y, nil
}

// fieldOf returns cell averages of the density with the masses u; in one dimension, where
// u/V are values at centres, as they follow from those if it is nearly stationary between
// two of them.
func (d *Discretization) fieldOf(u []float64) *grid.Field {
	f := grid.NewField(d.Generator.Grid)
	copy(f.Values, u)
	floats.Div(f.Values, f.Grid.Volumes())
	if d.line == nil {
		return f
	}
	f.Values = operators.LineAverages(d.line, f.Values, d.Generator.FaceFlow(u).Flow[0])
	if sum := f.Integral(); sum > 0 {
		floats.Scale(floats.SumCompensated(u)/sum, f.Values)
	}
	return f
}

// roughTol is the entrywise residual of masses that only scale corrections.
const roughTol = 1e-6

// roughMasses returns about the stationary masses of a star generator, at which its cycles
// are frozen; volumes where several are stationary.
func roughMasses(p *Problem, star *operators.Generator) ([]float64, error) {
	if !star.Lattice.Reversible() && !star.Lattice.Meets() && markov.CheckClosedClasses(star.Matrix()) != nil {
		return star.Grid.Volumes(), nil
	}
	m, _, err := solveLattice(p, star.Grid, star.Lattice, multigrid.Options{Tol: roughTol, MaxCycles: starCycles})
	if _, err := split(err); err != nil {
		return nil, err
	}
	if math.IsNaN(floats.Sum(m)) { // any scale will do
		m = star.Grid.Volumes()
	}
	return m, nil
}

// accurateDynamics returns the accurate operator, whose star generator is solved.
func accurateDynamics(h *highOrder, op *accurate.Operator) *dynamics {
	w := h.weights(op)
	p := make([]float64, len(w))
	y := &dynamics{
		grid: h.grid, closed: !h.grid.HasWall(grid.Absorbing),
		star: &operators.Generator{Grid: h.grid, Lattice: h.lattice, Reach: 1}, eliminate: h.grid.Dim() == 1,
		weight: h.outflow,
	}
	y.ratio = make([]float64, len(w))
	quotient(y.ratio, w, h.cell)
	y.apply = func(dst, u []float64) {
		quotient(p, u, w)
		op.Apply(dst, p)
	}
	y.toField = func(u []float64) *grid.Field {
		quotient(p, u, w)
		return &grid.Field{Grid: h.grid, Values: op.CellAverages(p)}
	}
	y.toMass = func(f *grid.Field) ([]float64, error) { return pointMasses(op, w, f) }
	y.masses = func() ([]float64, error) {
		m := append([]float64(nil), h.star...)
		floats.Mul(m, h.cell)
		return m, nil
	}
	return y
}

// pointMasses returns ω√g p of the point values p whose averages over cells are f.
func pointMasses(op *accurate.Operator, w []float64, f *grid.Field) ([]float64, error) {
	u := append([]float64(nil), f.Values...)
	average := func(dst, x []float64) { copy(dst, op.CellAverages(x)) }
	_, err := krylov.GMRES(average, nil, f.Values, u, krylov.Options{Tol: averageTol})
	floats.Mul(u, w)
	return u, err
}

// averageTol is the residual of point values for given averages, relative to these: some
// roundings of each.
const averageTol = 1e-14

// quotient sets dst = a/b.
func quotient(dst, a, b []float64) {
	pieces.Run(len(dst), pieceCells, func(_, lo, hi int) { floats.DivTo(dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

// positiveOutflow returns the rates with those of 0, out of cells that are a closed class
// alone, replaced by the largest.
func positiveOutflow(out []float64) []float64 {
	w := make([]float64, len(out))
	largest := cmp.Or(floats.Max(out), 1)
	for i, v := range out {
		w[i] = cmp.Or(v, largest)
	}
	return w
}

// dynamics returns the operator of which the density is stationary; of densities in
// logarithms the linear one of the same order.
func (s *Stationary) dynamics() (*dynamics, error) {
	if s.points == nil {
		return generatorDynamics(s.Discretization)
	}
	op := s.points.op
	if s.points.scheme != SchemeLinear {
		op = s.points.linearForm(firstBlend(s.points.grid))(s.points.order)
	}
	return accurateDynamics(s.points.highOrder, op), nil
}

// An inverse solves (A − s) x = b for one shift s > 0.
type inverse struct {
	*dynamics
	shift  float64
	rough  krylov.Map // about x
	weight []float64  // of residuals in GMRES
	along  []float64  // masses whose multiples make sums 0; nil where A has exits
	rest   []float64  // residual, and what error it tells of
	error  []float64
}

// newInverse prepares solutions with the shift.
//
// Errors: those of elimination and of multigrid, on rates that are no numbers.
func (y *dynamics) newInverse(shift float64) (*inverse, error) {
	v := &inverse{dynamics: y, shift: shift}
	if y.eliminate {
		f, err := markov.Factorize(y.star.Matrix(), shift, markov.DirectOptions{Dims: y.grid.Shape()})
		if err != nil {
			return nil, err
		}
		v.rough = f.Solve
	} else {
		m, err := y.masses()
		if err != nil {
			return nil, err
		}
		raise(m, y.grid.Volumes())
		y.masses = func() ([]float64, error) { return m, nil }
		v.rough = multigrid.Freeze(y.star.Lattice, m, shift).Apply
	}
	if !y.exact {
		n := len(y.weight)
		v.weight, v.rest, v.error = make([]float64, n), make([]float64, n), make([]float64, n)
		for i, w := range y.weight {
			v.weight[i] = 1 / (w + shift)
		}
	}
	return v, nil
}

// solve sets x to the solution for b, from the first guess x, to about the error tol in the
// L1 norm, relative to x. Where A has no exits the sums of both are 0, b's once round-off is
// taken out of it. It returns the number of iterations.
//
// Residuals say little of what decays slowly, such as the weights of wells. What the
// preconditioner makes of them does, and is added to x in place of GMRES's last iterations.
func (v *inverse) solve(x, b []float64, tol float64) (iterations int, err error) {
	v.balance(b)
	if v.exact {
		v.precondition(x, b)
		return 0, nil
	}
	apply := func(dst, x []float64) {
		v.apply(dst, x)
		addScaled(dst, -v.shift, x)
	}
	stats, err := krylov.GMRES(apply, v.precondition, b, x, krylov.Options{Tol: 10 * tol, Weight: v.weight, MaxIterations: implicitIterations, Flexible: true, Workspace: &v.workspace})
	if err == nil {
		apply(v.rest, x)
		v.correct(x, b)
	}
	return stats.Iterations, err
}

// correct adds to x what the preconditioner makes of the residual, given (A − s)x in rest.
func (v *inverse) correct(x, b []float64) {
	pieces.Run(len(x), pieceCells, func(_, lo, hi int) { floats.SubTo(v.rest[lo:hi], b[lo:hi], v.rest[lo:hi]) })
	v.precondition(v.error, v.rest)
	addScaled(x, 1, v.error)
}

// leastFrozen is the density, relative to the largest, below which cycles take it for no less:
// they interpolate multiples of the stationary density, and of one that is nothing they would
// make anything of a density that is there.
const leastFrozen = 1e-10

// raise makes the densities of masses in cells of the given volumes no less than leastFrozen.
func raise(m, volumes []float64) {
	var most float64
	for i, v := range volumes {
		most = max(most, m[i]/v)
	}
	for i, v := range volumes {
		m[i] = max(m[i], leastFrozen*most*v)
	}
}

// implicitIterations bounds the iterations of one solution: more tell of a step too long.
const implicitIterations = 120

// precondition is rough with a sum of 0.
func (v *inverse) precondition(x, b []float64) {
	v.rough(x, b)
	if v.ratio != nil {
		floats.Mul(x, v.ratio)
	}
	v.balance(x)
}

// balance makes the sum of x 0 by a multiple of the masses: along the stationary ones A − s
// is almost singular for small s, and round-off of sums would be divided by s.
func (v *inverse) balance(x []float64) {
	if v.along != nil {
		addScaled(x, -total(x)/total(v.along), v.along)
	}
}

// total returns the sum of x, piece by piece.
func total(x []float64) float64 {
	parts := make([]float64, pieces.Count(len(x), pieceCells))
	pieces.Run(len(x), pieceCells, func(k, lo, hi int) { parts[k] = floats.Sum(x[lo:hi]) })
	return floats.SumCompensated(parts)
}

// addScaled adds c·b to a.
func addScaled(a []float64, c float64, b []float64) {
	pieces.Run(len(a), pieceCells, func(_, lo, hi int) { floats.AddScaled(a[lo:hi], c, b[lo:hi]) })
}
