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

// This file inverts A − s for implicit steps.

// A dynamics is an operator on masses with what evolutions need.
type dynamics struct {
	*massOperator
	closed   bool // no wall absorbs: rates of change sum to 0
	positive bool // A has no negative entries off its diagonal
	// toMass makes masses of cell averages, toField the other way round.
	toMass  func(f *grid.Field) ([]float64, error)
	toField func(u []float64) *grid.Field

	rough     *operators.Generator // nearest neighbours alone: the preconditioner; or eliminated itself
	eliminate bool                 // factorize rough in place of cycles
	exact     bool                 // rough is A
	masses    func() ([]float64, error)
	ratio     []float64 // masses u over those of rough at the same density; nil for 1
	weight    []float64 // rates out of cells, positive
	workspace krylov.Workspace
}

// newDynamics returns the operator of the order asked for. Errors are those of [newMassOperator].
func newDynamics(p *Problem, g *grid.Grid, order Order) (*dynamics, error) {
	a, err := newMassOperator(p, g, order, firstBlend(g), 0)
	if err != nil {
		return nil, err
	}
	return dynamicsOf(a)
}

// dynamicsOf adds to an operator what evolutions need.
func dynamicsOf(a *massOperator) (*dynamics, error) {
	if a.disc == nil {
		return accurateDynamics(a), nil
	}
	return generatorDynamics(a)
}

// generatorDynamics is dynamicsOf a generator.
func generatorDynamics(a *massOperator) (*dynamics, error) {
	gen, g := a.disc.Generator, a.grid
	y := &dynamics{massOperator: a, closed: gen.Exit == nil, positive: true, rough: gen}
	y.toMass = func(f *grid.Field) ([]float64, error) {
		u := append([]float64(nil), f.Values...)
		floats.Mul(u, g.Volumes())
		return u, nil
	}
	y.toField = a.disc.fieldOf
	y.eliminate = g.Dim() == 1 || g.Cells() <= directCells
	y.exact = y.eliminate && y.closed // elimination knows of no exits
	if !y.eliminate && gen.Lattice == nil {
		l, err := starLattice(a.problem, g)
		if err != nil {
			return nil, err
		}
		y.rough = &operators.Generator{Grid: g, Lattice: l, Reach: 1}
	}
	y.weight = positiveOutflow(a.outflow)
	y.masses = func() ([]float64, error) { return roughMasses(a.problem, y.rough) }
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

// accurateDynamics is dynamicsOf the accurate operator.
func accurateDynamics(a *massOperator) *dynamics {
	h, w := a.high, a.w
	p := make([]float64, len(w))
	y := &dynamics{
		massOperator: a, closed: !h.grid.HasWall(grid.Absorbing), rough: a.star(), eliminate: h.grid.Dim() == 1, weight: h.outflow,
	}
	y.ratio = make([]float64, len(w))
	quotient(y.ratio, w, h.cell)
	y.toField = func(u []float64) *grid.Field {
		quotient(p, u, w)
		return &grid.Field{Grid: h.grid, Values: a.op.CellAverages(p)}
	}
	y.toMass = func(f *grid.Field) ([]float64, error) { return pointMasses(a.op, w, f) }
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

// An inverse solves (A − s) x = b for one shift s > 0.
type inverse struct {
	*dynamics
	shift  float64
	about  krylov.Map // x
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
		f, err := markov.Factorize(y.rough.Matrix(), shift, markov.DirectOptions{Dims: y.grid.Shape()})
		if err != nil {
			return nil, err
		}
		v.about = f.Solve
	} else {
		m, err := y.masses()
		if err != nil {
			return nil, err
		}
		raise(m, y.grid.Volumes())
		y.masses = func() ([]float64, error) { return m, nil }
		v.about = multigrid.Freeze(y.rough.Lattice, m, shift).Apply
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

// precondition is about with a sum of 0.
func (v *inverse) precondition(x, b []float64) {
	v.about(x, b)
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
