package fp

import (
	"math"

	"github.com/ness-fp/ness/grid"
)

// An ErrorEstimate says how far a solution may be from the exact one. The accurate
// operator's is made from solutions of other orders; a generator's is the distance to that
// on the grid of half as many cells along each axis, some three times the error where it is
// of second order.
type ErrorEstimate struct {
	Density           float64 // relative L1 distance of the densities
	Current           float64 // relative L1 distance of the currents; NaN without current
	EntropyProduction float64 // absolute difference, nats/T
}

// EstimateError returns the estimate that comes with the accurate operator; of a
// generator it solves the problem on the grid of half as many cells and compares, and
// returns false where an axis cannot be halved.
func (s *Stationary) EstimateError(opt StationaryOptions) (ErrorEstimate, bool, error) {
	if s.points != nil {
		return s.points.estimate, true, nil
	}
	coarse, ok := s.Density.Grid.Coarsen()
	if !ok {
		return ErrorEstimate{}, false, nil
	}
	opt.Stage, opt.Order = nil, OrderMonotone
	c, err := SolveStationary(s.Problem, coarse, opt)
	if err != nil {
		return ErrorEstimate{}, false, err
	}
	fine, rough := s.Current(), c.Current()
	e := ErrorEstimate{
		Density:           grid.L1(grid.Restrict(s.Density, coarse), c.Density),
		Current:           currentDistance(s.Density.Grid, coarse, fine.At, rough.At),
		EntropyProduction: math.Abs(s.EntropyProduction(fine) - c.EntropyProduction(rough)),
	}
	return e, true, nil
}

// currentDistance returns Σ_a ∫|J_a − J′_a| / Σ_a ∫|J_a| on the coarse grid.
func currentDistance(fine, coarse *grid.Grid, j, rough [][]float64) float64 {
	var diff, size float64
	for a := range j {
		r := grid.Restrict(&grid.Field{Grid: fine, Values: j[a]}, coarse)
		diff += grid.L1(r, &grid.Field{Grid: coarse, Values: rough[a]})
		size += grid.L1(r, grid.NewField(coarse))
	}
	return diff / size
}
