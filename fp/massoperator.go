package fp

import (
	"cmp"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file makes of both kinds of operators one that acts on masses; evolutions and modes are
// those of it.

// A massOperator is dm/dt = A m on masses m: those of cells for a generator, Wp of point values p
// with the weights W = ω√g for the accurate operator, A = R W⁻¹.
type massOperator struct {
	problem *Problem
	grid    *grid.Grid
	scheme  Scheme
	order   Order      // of the accurate operator, or [OrderMonotone]
	apply   krylov.Map // dst = A m
	outflow []float64  // about −A_ii

	disc *Discretization // of a generator, or
	high *highOrder      // with op and weights: of the accurate operator
	op   *accurate.Operator
	w    []float64
}

// newMassOperator returns the operator of the order asked for; of the accurate one the linear form
// with the blend. memory is what elimination and GMRES may take, in bytes; 0 for any amount.
//
// Errors: [OrderError], [CoefficientError], those of the star generator's solution.
func newMassOperator(p *Problem, g *grid.Grid, order Order, b blend, memory int64) (*massOperator, error) {
	choice := StationaryOptions{Order: order}
	if monotone, err := choice.wantsGenerator(g); err != nil {
		return nil, err
	} else if monotone {
		d, err := Discretize(p, g)
		if err != nil {
			return nil, err
		}
		return generatorOperator(d), nil
	}
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	w := cmp.Or(int(order), autoOrder(g))
	h, err := newHighOrder(p, g, w, c)
	if err != nil {
		return nil, err
	}
	h.limit(memory)
	if err := h.solveStar(); err != nil {
		return nil, err
	}
	return pointOperator(h, h.linearForm(b)(w)), nil
}

// generatorOperator returns the operator of a generator.
func generatorOperator(d *Discretization) *massOperator {
	gen := d.Generator
	a := &massOperator{problem: d.Problem, grid: gen.Grid, scheme: d.Scheme, order: OrderMonotone, outflow: gen.Outflow(), disc: d}
	a.apply = func(dst, m []float64) { gen.Lattice.MulVec(dst, m, a.outflow) }
	if gen.Lattice == nil {
		a.apply = gen.Matrix().MulVec
	}
	return a
}

// pointOperator returns the accurate operator, whose star generator is solved.
func pointOperator(h *highOrder, op *accurate.Operator) *massOperator {
	a := &massOperator{
		problem: h.problem, grid: h.grid, scheme: SchemeLinear, order: Order(op.Order), outflow: h.outflow,
		high: h, op: op, w: h.weights(op),
	}
	p := make([]float64, len(a.w))
	a.apply = func(dst, m []float64) {
		quotient(p, m, a.w)
		op.Apply(dst, p)
	}
	return a
}

// operator returns the one of which the density is stationary; of densities in logarithms the
// linear one of the same order.
func (s *Stationary) operator() *massOperator {
	if s.points == nil {
		return generatorOperator(s.Discretization)
	}
	op := s.points.op
	if s.points.scheme != SchemeLinear {
		op = s.points.linearForm(firstBlend(s.points.grid))(s.points.order)
	}
	return pointOperator(s.points.highOrder, op)
}

// transposed returns Aᵀ, on functions.
func (a *massOperator) transposed() krylov.Map {
	if a.disc != nil {
		return func(dst, u []float64) { backward(a.disc.Generator, dst, u) }
	}
	back := a.op.Transposed()
	return func(dst, u []float64) {
		back.Apply(dst, u)
		floats.Div(dst, a.w)
	}
}

// star returns the generator between nearest neighbours: that of the accurate operator.
func (a *massOperator) star() *operators.Generator {
	return &operators.Generator{Grid: a.grid, Lattice: a.high.lattice, Reach: 1}
}

// backward sets dst to Aᵀu = Σ_i r_ij (u_i − u_j) − exit_j u_j.
func backward(gen *operators.Generator, dst, u []float64) {
	a := gen.Matrix()
	clear(dst)
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			if j := int(a.Col[k]); j != i {
				dst[j] += a.Val[k] * (u[i] - u[j])
			}
		}
	}
	for j, r := range gen.Exit {
		dst[j] -= r * u[j]
	}
}

// quotient sets dst = a/b.
func quotient(dst, a, b []float64) {
	pieces.Run(len(dst), pieceCells, func(_, lo, hi int) { floats.DivTo(dst[lo:hi], a[lo:hi], b[lo:hi]) })
}
