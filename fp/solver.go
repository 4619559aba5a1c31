package fp

import (
	"errors"
	"fmt"

	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file finds the null vector of a generator: star generators of two and three
// dimensions by multigrid, all others by elimination.

// A Solver is a way to the null vector of a generator.
type Solver uint8

// The solvers. SolverAuto takes multigrid for star generators with more cells than
// elimination solves in an instant, and elimination where cycles do not converge.
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

// solve sets Mass, and says whether the solver reached its tolerance.
func (s *Stationary) solve(opt StationaryOptions) (converged bool, err error) {
	gen := s.Generator
	cycles := gen.Lattice != nil && gen.Grid.Dim() > 1
	switch {
	case opt.Solver == SolverMultigrid && !cycles:
		return false, &SolverError{fmt.Sprintf("multigrid wants a star generator in two or three dimensions, and this is a %v generator in %d", s.Scheme, gen.Grid.Dim())}
	case opt.Solver == SolverDirect, !cycles, opt.Solver == SolverAuto && gen.Grid.Cells() <= directCells:
		return true, s.eliminate(opt)
	}
	if err := s.cycle(opt); err == nil {
		return true, nil
	} else if diverged := (*multigrid.ConvergenceError)(nil); !errors.As(err, &diverged) {
		return false, err
	} else if opt.Solver == SolverMultigrid {
		return false, nil
	} else if err := s.eliminate(opt); err != nil {
		if tooLarge := (*MemoryError)(nil); errors.As(err, &tooLarge) {
			s.Warnings = append(s.Warnings, fmt.Sprintf("%v, and %v", diverged, tooLarge))
			return false, nil
		}
		return false, err
	} else {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%v; solved by elimination", diverged))
		return true, nil
	}
}

// eliminate finds the null vector by elimination.
func (s *Stationary) eliminate(opt StationaryOptions) error {
	g := s.Generator.Grid
	if need, _ := markov.EstimateDirect(g.Shape(), s.Generator.Reach); opt.MaxMemory > 0 && need > opt.MaxMemory {
		return &MemoryError{need, opt.MaxMemory}
	}
	m, stats, err := markov.Direct(s.Generator.Matrix(), markov.DirectOptions{Dims: g.Shape(), Workers: opt.Workers})
	if err != nil {
		return severalStates(s.Problem, g, err)
	}
	s.Mass, s.Solver.Solver, s.Solver.Direct = m, SolverDirect, stats
	return nil
}

// cycle finds the null vector by multigrid. Mass is set even where cycles do not converge.
func (s *Stationary) cycle(opt StationaryOptions) error {
	g, finest := s.Generator.Grid, s.Generator.Lattice
	if !finest.Reversible() {
		if err := markov.CheckClosedClasses(s.Generator.Matrix()); err != nil {
			return severalStates(s.Problem, g, err)
		}
	}
	discretize := func(cells []int) (*sparse.Lattice, error) {
		if sameShape(cells, finest.Dims) {
			return finest, nil
		}
		return starLattice(s.Problem, g.Resample(cells))
	}
	m, stats, err := multigrid.Solve(finest.Dims, discretize, multigrid.Options{Tol: opt.Tol})
	s.Mass, s.Solver.Solver, s.Solver.Multigrid = m, SolverMultigrid, stats
	return err
}

func sameShape(a, b []int) bool {
	for i, n := range a {
		if b[i] != n {
			return false
		}
	}
	return true
}
