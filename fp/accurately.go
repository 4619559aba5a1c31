package fp

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
)

// An OrderError says that a grid has too few cells for an order.
type OrderError struct {
	Order Order
	Cells []int
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("order %v wants at least %d cells along every axis, %d where it is periodic, have %s", e.Order, accurate.LeastCells(int(e.Order), false), accurate.LeastCells(int(e.Order), true), shapeText(e.Cells))
}

// wantsGenerator says whether the options ask for a generator on this grid: in one
// dimension the nodal one is exact, and a solver named is one of generators.
func (o *StationaryOptions) wantsGenerator(g *grid.Grid) (bool, error) {
	switch {
	case o.Order == OrderMonotone:
		return true, nil
	case o.Order != OrderAuto:
		if !gridBears(g, int(o.Order)) {
			return false, &OrderError{o.Order, g.Shape()}
		}
		return false, nil
	}
	return g.Dim() == 1 && !o.Positive || o.Solver != SolverAuto || autoOrder(g) == 0, nil
}

// DefaultOrder returns the order that [SolveStationary] takes on a grid unless told
// otherwise: [OrderMonotone] where that is a generator.
func DefaultOrder(g *grid.Grid) Order {
	if monotone, _ := (&StationaryOptions{}).wantsGenerator(g); monotone {
		return OrderMonotone
	}
	return Order(autoOrder(g))
}

// AccurateCost returns about the memory in bytes and the seconds that a solution by the
// accurate operator takes on so many cells, if no more than have bytes are there for it (0:
// any amount), coefficients aside: memory if GMRES needs all its vectors, seconds of one core
// where the linear form converges in some thirty iterations, as in 2·10⁵ to 3·10⁵ cells of
// two and three dimensions, at 4 to 11 µs a cell.
func AccurateCost(cells []int, have int64) (bytes int64, seconds float64) {
	bytes = memoryOf(cells, mostVectors)
	if have > 0 {
		bytes = max(min(bytes, have), leastMemory(cells))
	}
	n := 1.0
	for _, k := range cells {
		n *= float64(k)
	}
	return bytes, 1e-5 * n
}

// fewestVectors is what GMRES keeps at least, whatever memory there is, mostVectors where there
// is enough.
const fewestVectors, mostVectors = 20, 150

// limit sets the memory that may be taken, in bytes, 0 for any amount: GMRES gets half.
func (h *highOrder) limit(memory int64) {
	if h.memory = memory; memory > 0 {
		h.vectors = int(min(int64(h.vectors), max(fewestVectors, memory/2/int64(8*h.grid.Cells()))))
	}
}

// solveAccurately is SolveStationary by the accurate operator, or where that fails by a
// generator.
func solveAccurately(p *Problem, g *grid.Grid, opt StationaryOptions) (*Stationary, error) {
	opt.stage("discretize")
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	order, free := int(opt.Order), opt.Order == OrderAuto
	if free {
		order = autoOrder(g)
	}
	h, err := newHighOrder(p, g, order, c)
	if err != nil {
		return nil, err
	}
	h.tol = opt.Tol
	h.limit(opt.MaxMemory)
	opt.stage("star")
	if err := h.solveStar(); err != nil {
		return nil, err
	}
	opt.stage("solve")
	a, why := h.solve(order, free, opt.Positive)
	if a.err != nil && free {
		opt.Order = OrderMonotone
		s, err := SolveStationary(p, g, opt)
		if s != nil {
			s.Why = why
			s.warn("%s: this is a generator's density, positive but of low accuracy; refine the grid", strings.Join(s.Why, ", "))
		}
		return s, err
	}
	s := &Stationary{
		Discretization: &Discretization{Problem: p, Scheme: a.scheme, Coefficients: c},
		Density:        grid.NewField(g), Order: Order(a.order), Why: why,
		points: &pointValues{h, a}, Residual: a.residual, EntryResidual: math.NaN(),
	}
	s.Solver.Solver, s.Solver.Multigrid, s.Solver.Krylov.Iterations = SolverMultigrid, h.cycles, a.its
	s.Density.Values = s.points.averages()
	if !a.resolved && a.err == nil && !opt.compared {
		s.compareWithHalf(opt)
	}
	s.Mass = append([]float64(nil), s.Density.Values...)
	floats.Mul(s.Mass, h.cell)
	s.doubt()
	if a.err != nil {
		return s, &ConvergenceError{s.Residual, ResidualTolerance, a.err}
	}
	return s, nil
}

// compareWithHalf raises the error estimate to the distance from the solution on half as
// many cells: where coefficients have kinks, and where a grid is too coarse, all orders are
// wrong in the same way, and tell less.
func (s *Stationary) compareWithHalf(opt StationaryOptions) {
	coarse, ok := s.Density.Grid.Coarsen()
	if !ok {
		return
	}
	opt.compared, opt.Stage = true, nil
	c, err := SolveStationary(s.Problem, coarse, opt)
	if err != nil {
		return
	}
	e := &s.points.estimate
	e.Density = max(e.Density, grid.L1(grid.Restrict(s.Density, coarse), c.Density))
	e.Current = max(e.Current, currentDistance(s.Density.Grid, coarse, s.Current().At, c.Current().At))
}
