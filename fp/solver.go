package fp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file finds the null vector of a generator in two and three dimensions: of star
// generators by multigrid, of Selling's by elimination, or by GMRES with the multigrid cycle
// of the star generator as its preconditioner; in one dimension by elimination.

// A Solver is a way to the null vector of a generator.
type Solver uint8

// The solvers. SolverAuto takes multigrid for star generators with more cells than
// elimination solves in an instant, and for Selling's where elimination would not fit in
// memory; and elimination where cycles do not converge.
const (
	SolverAuto Solver = iota
	SolverMultigrid
	SolverDirect
)

var solverNames = [...]string{"auto", "multigrid", "direct"}

// String returns the name that the command line uses.
func (s Solver) String() string { return solverNames[s] }

// ParseSolver returns the solver of that name; the error lists the names there are.
func ParseSolver(name string) (Solver, error) {
	for i, s := range solverNames {
		if s == name {
			return Solver(i), nil
		}
	}
	return 0, fmt.Errorf("want auto, multigrid or direct, have %q", name)
}

// SolverStats tells which solver ran, and what it took.
type SolverStats struct {
	Solver    Solver             // multigrid or direct
	Multigrid multigrid.Stats    // where cycles ran
	Krylov    krylov.Stats       // where GMRES ran
	Direct    markov.DirectStats // where the matrix was eliminated
}

// directCells is the number of cells up to which elimination takes some milliseconds.
const directCells = 64 * 64

// A MemoryError says that elimination would take more memory than there is.
type MemoryError struct{ Need, Have int64 }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the direct solution wants about %.2g GB of memory, have %.2g GB", float64(e.Need)/1e9, float64(e.Have)/1e9)
}

// A SolverError says that a solver cannot take the problem.
type SolverError struct{ What string }

func (e *SolverError) Error() string { return e.What }

// solve sets Mass. failure says why it did not converge, where it did not.
func (s *Stationary) solve(opt StationaryOptions) (failure, err error) {
	g := s.Generator.Grid
	iterate := s.cycle
	if s.Generator.Lattice == nil {
		iterate = s.krylov
	}
	need, _ := markov.EstimateDirect(g.Shape(), s.Generator.Reach)
	fits := opt.MaxMemory == 0 || need <= opt.MaxMemory
	switch {
	case opt.Solver == SolverMultigrid && g.Dim() == 1:
		return nil, &SolverError{"multigrid wants two or three dimensions; in one, direct solution takes no longer"}
	case opt.Solver == SolverDirect, g.Dim() == 1,
		opt.Solver == SolverAuto && fits && (s.Generator.Lattice == nil || g.Cells() <= directCells):
		if !fits {
			return nil, &MemoryError{need, opt.MaxMemory}
		}
		return nil, s.eliminate(opt)
	}
	failure, err = iterate(opt)
	switch {
	case err != nil || failure == nil:
		return nil, err
	case opt.Solver == SolverMultigrid:
		return failure, nil
	case !fits:
		s.warn("%v, and %v", failure, &MemoryError{need, opt.MaxMemory})
		return failure, nil
	}
	s.warn("%v; solved by elimination", failure)
	return nil, s.eliminate(opt)
}

// eliminate finds the null vector by elimination.
func (s *Stationary) eliminate(opt StationaryOptions) error {
	g := s.Generator.Grid
	m, stats, err := markov.Direct(s.Generator.Matrix(), markov.DirectOptions{Dims: g.Shape(), Workers: opt.Workers})
	if err != nil {
		return severalStates(s.Problem, g, err)
	}
	s.Mass, s.Solver.Solver, s.Solver.Direct = m, SolverDirect, stats
	return nil
}

// cycle finds the null vector of a star generator by multigrid. Mass is set even where
// cycles do not converge, which is the failure.
func (s *Stationary) cycle(opt StationaryOptions) (failure, err error) {
	if !s.Generator.Lattice.Reversible() && !s.Generator.Lattice.Meets() {
		if err := markov.CheckClosedClasses(s.Generator.Matrix()); err != nil {
			return nil, severalStates(s.Problem, s.Generator.Grid, err)
		}
	}
	s.Mass, s.Solver.Multigrid, err = solveLattice(s.Problem, s.Generator.Grid, s.Generator.Lattice, multigrid.Options{Tol: opt.Tol})
	s.Solver.Solver = SolverMultigrid
	return split(err)
}

// split tells an error that comes with a result from others.
func split(err error) (failure, other error) {
	var cycles *multigrid.ConvergenceError
	var iterations *krylov.ConvergenceError
	if errors.As(err, &cycles) || errors.As(err, &iterations) {
		return err, nil
	}
	return nil, err
}

// solveLattice returns the stationary masses of the star generator of a problem on a grid.
func solveLattice(p *Problem, g *grid.Grid, finest *sparse.Lattice, opt multigrid.Options) ([]float64, multigrid.Stats, error) {
	return multigrid.Solve(finest.Dims, func(cells []int) (*sparse.Lattice, error) {
		if slices.Equal(cells, finest.Dims) {
			return finest, nil
		}
		return starLattice(p, g.Resample(cells))
	}, opt)
}

// krylov finds the null vector of any generator as m + e from the star generator's m,
// with A e = −A m by GMRES. Mass is set even where that does not converge, which is the
// failure.
func (s *Stationary) krylov(opt StationaryOptions) (failure, err error) {
	if err := markov.CheckClosedClasses(s.Generator.Matrix()); err != nil {
		return nil, severalStates(s.Problem, s.Generator.Grid, err)
	}
	star, err := starLattice(s.Problem, s.Generator.Grid)
	if err != nil {
		return nil, err
	}
	s.Mass, s.Solver.Multigrid, err = solveLattice(s.Problem, s.Generator.Grid, star, multigrid.Options{Tol: 1e-9}) // only a start
	s.Solver.Solver = SolverMultigrid
	if _, err := split(err); err != nil {
		return nil, err
	}
	frozen := multigrid.Freeze(star, s.Mass, 0)
	b, weight := s.Generator.Apply(s.Mass), s.Generator.Outflow()
	largest := floats.Max(weight)
	for i, v := range b {
		b[i] = -v
		weight[i] = 1 / cmp.Or(weight[i], largest) // nothing leaves a cell that is the only closed class
	}
	e := make([]float64, len(b))
	apply := func(dst, x []float64) { copy(dst, s.Generator.Apply(x)) }
	s.Solver.Krylov, err = krylov.GMRES(apply, frozen.Apply, b, e, krylov.Options{Tol: cmp.Or(opt.Tol, multigrid.DefaultTol), Weight: weight, MaxIterations: 500})
	floats.Add(s.Mass, e)
	floats.Scale(1/floats.SumCompensated(s.Mass), s.Mass)
	return split(err)
}
