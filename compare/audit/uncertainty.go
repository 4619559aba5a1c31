package audit

import (
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file estimates the numerical errors of densities and of their distances, so that verdicts and
// ranks are not those of the grid.

// solved returns the stationary density of a problem and its relative L1 error, NaN where there is no
// estimate.
func (s *subject) solved(p *fp.Problem) (*grid.Field, float64, error) {
	solution, err := fp.SolveStationary(p, s.grid, s.opt.Solve)
	if err != nil {
		return nil, 0, err
	}
	e, ok, err := solution.EstimateError(s.opt.Solve)
	if err != nil || !ok {
		return solution.Density, math.NaN(), nil
	}
	return solution.Density, e.Density, nil
}

// cellError bounds how much total variation is lost where two densities cross within a cell: with
// the slope s of their difference at most s h²/8, where it crosses in the middle, for each face between
// cells of which one has more of either.
func cellError(p, q *grid.Field) (lost float64) {
	g := p.Grid
	difference := func(i int) float64 { return p.Values[i] - q.Values[i] }
	idx := make([]int, g.Dim())
	for i := range p.Values {
		g.Indices(idx, i)
		here := difference(i)
		for a, k := range idx {
			w, ok := g.Axis(a).Wrap(k + 1)
			if !ok {
				continue
			}
			next := i + (w-k)*g.Stride(a)
			if there := difference(next); here*there < 0 {
				lost += math.Abs(here-there) * (g.Volume(i) + g.Volume(next)) / 16
			}
		}
	}
	return lost
}
