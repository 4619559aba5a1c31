package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
)

// This file makes of point values what users see: cell averages, flows through faces, the
// current at the points, and entropy production.

// pointValues is what a [Stationary] keeps of the accurate operator.
type pointValues struct {
	*highOrder
	*attempt
}

// averages returns the cell averages of the density, ≥ 0 with Σ p V = 1.
func (p *pointValues) averages() []float64 {
	var v []float64
	if p.scheme == SchemeLinear {
		v = p.op.CellAverages(p.p)
	} else {
		v = p.op.PositiveAverages(positive(p.p))
	}
	for i, x := range v {
		v[i] = max(x, 0)
	}
	floats.Scale(1/(&grid.Field{Grid: p.grid, Values: v}).Integral(), v)
	return v
}

// positive returns p with what underflowed replaced, so that it has logarithms.
func positive(p []float64) []float64 {
	q := make([]float64, len(p))
	least := smallestDensity * floats.Max(p)
	for i, v := range p {
		q[i] = max(v, least)
	}
	return q
}

// current returns the flows through the faces and J at the points.
func (p *pointValues) current() *Current {
	f := p.flow()
	return &Current{Faces: p.op.FaceFlow(f), At: p.op.Current(f)}
}

// flow returns the fluxes of the attempt.
func (p *pointValues) flow() *accurate.Flow {
	switch p.scheme {
	case SchemeLinear:
		return p.op.Flow(p.p)
	case SchemeGibbs: // −D∇φ p − D∇p
		f := &accurate.Flow{}
		for a := range p.grid.Dim() {
			f.Point = append(f.Point, make([]float64, p.grid.Faces(a)))
			f.Numerical = append(f.Numerical, make([]float64, p.grid.Faces(a)))
		}
		return f
	}
	return relativeFlow(p.op, p.unit)
}

// relativeFlow returns the fluxes of the logarithmic form, whose densities are relative to
// those in its coefficients, times unit.
func relativeFlow(op *accurate.Operator, unit float64) *accurate.Flow {
	ones := make([]float64, op.Grid.Cells())
	for i := range ones {
		ones[i] = 1
	}
	f := op.Flow(ones)
	for a := range f.Point {
		floats.Scale(unit, f.Point[a])
		floats.Scale(unit, f.Numerical[a])
	}
	return f
}

// wellAbove is the density, relative to the largest, from which the linear form's values
// count in ratios to p: below they may be noise. The logarithmic form's do from its blend on.
const wellAbove = 1e-8

// entropyProduction returns ∫ J·D⁻¹J/p by the rule of the operator's order, over densities
// above least, and about what is left out: in tails J/p grows with −ln p.
func (h *highOrder) entropyProduction(op *accurate.Operator, p []float64, j [][]float64, least float64) (rate, rest float64) {
	w, bottom := h.weights(op), least*floats.Max(p)
	var left float64
	for i, v := range p {
		if v <= bottom {
			left += w[i] * max(v, 0)
		}
	}
	rate = floats.Dot(w, entropyDensity(h.diffusion, j, p, bottom))
	return rate, -2 * math.Log(least) * left * rate
}

// moments returns mean and packed covariance, by the rule of the operator's order.
func (p *pointValues) moments() (mean, cov []float64) {
	mass := floats.MulTo(make([]float64, len(p.p)), p.weights(p.op), p.p)
	return grid.Moments(accurate.Points(p.grid, -1), mass)
}
