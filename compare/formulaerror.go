package compare

import (
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
)

// counted is the density relative to its largest from which on errors of formulas count: those of less are
// nothing in total.
const counted = 1e-8

// FormulaError estimates the relative L1 error of a density whose cell averages are made of its
// logarithm at the centres, as in [Gibbs]: along each axis, with differences δ of ln p between
// neighbours, the leading terms that averages lack are some
//
//	E[(Σ_a |δ²|)²/300 + Σ_a (|δ δ³|/36 + |δ⁴|/500)],
//
// which is one to five times the error of normal densities, upright and correlated, and of such with
// x⁴ in the exponent, where cells are as wide as the deviation or narrower.
func FormulaError(p *grid.Field) float64 {
	sum, mass := FormulaErrorOver(p, p.Values)
	return sum / mass
}

// FormulaErrorOver returns the integral of that error, at most 2, over another density, and of that density.
func FormulaErrorOver(p *grid.Field, over []float64) (sum, mass float64) {
	g := p.Grid
	top := slices.Max(over)
	idx := make([]int, g.Dim())
	for i, v := range over {
		if !(v > counted*top) {
			continue
		}
		g.Indices(idx, i)
		var bend, rest float64
		for a, k := range idx {
			d := LogDifferences(p, a, k, i)
			bend += math.Abs(d[2])
			rest += math.Abs(d[1]*d[3])/36 + math.Abs(d[4])/500
		}
		m := v * g.Volume(i)
		mass += m
		sum += m * min(2, bend*bend/300+rest)
	}
	return sum, mass
}

// LogDifferences returns δ to δ⁴ of ln p along an axis, at cell i, number k along it: those of the
// five cells around it, at the ends of an axis of the five last; fewer, where there are fewer or where p
// is not above 0.
func LogDifferences(p *grid.Field, a, k, i int) (d [5]float64) {
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
