package fp

import (
	"errors"
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid"
)

// A ToleranceError says that no grid that fits in memory meets the tolerance. It comes
// with the best result there is.
type ToleranceError struct {
	Estimate, Tol float64
	Cells         []int // of the grid that was not tried
	Reason        string
	Cause         error // why no grid gave a converged result, else nil
}

// Unwrap returns the cause.
func (e *ToleranceError) Unwrap() error { return e.Cause }

func (e *ToleranceError) Error() string {
	return fmt.Sprintf("the density is estimated to be right to %.2g, want %.2g; %s", e.Estimate, e.Tol, e.Reason)
}

// SolveToTolerance solves the problem on the grid, and on finer ones of the same box until
// the estimated relative L1 error of the density is at most tol.
//
// Errors are those of [SolveStationary] on the first grid, and [ToleranceError] together with
// the result of the smallest estimate.
func SolveToTolerance(p *Problem, g *grid.Grid, tol float64, opt StationaryOptions) (*Stationary, error) {
	if !(tol > 0) {
		panic("fp: SolveToTolerance: want a tolerance > 0")
	}
	var best *Stationary
	var cause error // of best
	least := math.Inf(1)
	for {
		s, err := SolveStationary(p, g, opt)
		var diverged *ConvergenceError
		if best == nil && err != nil && !errors.As(err, &diverged) {
			return nil, err
		}
		if s != nil {
			e, ok, estimateErr := s.EstimateError(opt)
			if !ok || estimateErr != nil || err != nil || s.isUnresolved() {
				e.Density = math.Inf(1)
			}
			if best == nil || e.Density < least {
				best, least, cause = s, e.Density, err
			}
		}
		if least <= tol {
			return best, nil
		}
		cells := finer(g.Shape())
		failure := &ToleranceError{Estimate: least, Tol: tol, Cells: cells, Cause: cause}
		switch need := leastMemory(cells); {
		case err != nil && diverged == nil:
			failure.Reason = fmt.Sprintf("on %v cells: %v", g.Shape(), err)
			return best, failure
		case opt.MaxMemory > 0 && need > opt.MaxMemory, need == math.MaxInt64:
			failure.Reason = fmt.Sprintf("%v cells would take %.2g GB of memory, have %.2g GB", cells, float64(need)/1e9, float64(opt.MaxMemory)/1e9)
			return best, failure
		}
		g = g.Resample(cells)
	}
}

// finer returns twice as many cells along each axis, in three dimensions half as many more.
func finer(cells []int) []int {
	out := make([]int, len(cells))
	for a, n := range cells {
		if out[a] = 2 * n; len(cells) == 3 {
			out[a] = (3*n/2 + 1) &^ 1 // even, so that it can be halved
		}
	}
	return out
}

// leastMemory is about what a solution takes at the least, in bytes: coefficients, and the
// fewest vectors of GMRES.
func leastMemory(cells []int) int64 { return memoryOf(cells, fewestVectors) }

// memoryOf is about what a solution with so many vectors of GMRES takes, in bytes.
func memoryOf(cells []int, vectors int) int64 {
	bytes := 8 * float64(vectors+60)
	for _, n := range cells {
		if n > grid.MaxCells {
			return math.MaxInt64
		}
		bytes *= float64(n)
	}
	if bytes > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return int64(bytes)
}
