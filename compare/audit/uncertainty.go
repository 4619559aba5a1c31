package audit

import (
	"math"
	"slices"

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

// formulaError estimates the relative L1 error of a density whose cell averages are made of its
// logarithm at the centres, as in [compare.Gibbs]: along each axis, with differences δ of ln p between
// neighbours, the leading terms that averages lack are some
//
//	E[(Σ_a |δ²|)²/300 + Σ_a (|δ δ³|/36 + |δ⁴|/500)],
//
// which is one to five times the error of normal densities, upright and correlated, and of such with
// x⁴ in the exponent, where cells are as wide as the deviation or narrower.
func formulaError(p *grid.Field) float64 {
	sum, mass := formulaErrorOver(p, p.Values)
	return sum / mass
}

// formulaErrorOver returns the integral of that error, at most 2, over another density, and of that density.
func formulaErrorOver(p *grid.Field, over []float64) (sum, mass float64) {
	g := p.Grid
	top := slices.Max(over)
	idx := make([]int, g.Dim())
	for i, v := range over {
		if !(v > shown*top) {
			continue
		}
		g.Indices(idx, i)
		var bend, rest float64
		for a, k := range idx {
			d := logDifferences(p, a, k, i)
			bend += math.Abs(d[2])
			rest += math.Abs(d[1]*d[3])/36 + math.Abs(d[4])/500
		}
		m := v * g.Volume(i)
		mass += m
		sum += m * min(2, bend*bend/300+rest)
	}
	return sum, mass
}

// logDifferences returns δ to δ⁴ of ln p along an axis, at cell i, number k along it: those of the
// five cells around it, at the ends of an axis of the five last; fewer, where there are fewer or where p
// is not above 0.
func logDifferences(p *grid.Field, a, k, i int) (d [5]float64) {
	ax := p.Grid.Axis(a)
	n, stride := ax.Cells(), p.Grid.Stride(a)
	first := k - 2
	if !ax.IsPeriodic() {
		first = max(0, min(first, n-5))
	}
	var at [5]float64
	count := min(n, 5)
	for j := range count {
		w, _ := ax.Wrap(first + j)
		v := p.Values[i+(w-k)*stride]
		if !(v > 0) {
			return d
		}
		at[j] = math.Log(v)
	}
	for order := 1; order < count; order++ {
		for j := range count - order {
			at[j] = at[j+1] - at[j]
		}
		d[order] = at[(count-order-1)/2]
	}
	return d
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
