package fp

import (
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
)

// This file puts drift and force on faces, for splits into gradient and rotation. Of a vector
// field f a face holds f·n times its area, with f at the point ξ_b = i_b+½ along the axes b of
// the face: its centre where cells are equal. On a wall f is what it is on the nearest cell's
// side; where it has a pole there, what it is at the nearest centres.

// DriftField returns b on faces, in [θ]ᵈ/T, in the convention that the problem was given in;
// v where it was given by a potential. The error is a [CoefficientError].
func (p *Problem) DriftField(g *grid.Grid) (*grid.FaceField, error) {
	return p.faceField(g, p.drift(g), p.Dim(), nil)
}

// EffectiveDriftField returns v of J = v p − D∇p on faces, in [θ]ᵈ/T. The error is a
// [CoefficientError].
func (p *Problem) EffectiveDriftField(g *grid.Grid) (*grid.FaceField, error) {
	e := p.effective(g)
	return p.faceField(g, e.Eval, e.components(), nil)
}

// ForceField returns the thermodynamic force u = D⁻¹v on faces, in [θ]ᵈ⁻²: −∇φ in detailed
// balance. The error is a [CoefficientError], also where D is singular to round-off.
func (p *Problem) ForceField(g *grid.Grid) (*grid.FaceField, error) {
	d, e := p.Dim(), p.effective(g)
	return p.faceField(g, e.Eval, e.components(), func(at []float64) bool {
		return inverseTimes(at[d:], at[:d])
	})
}

// effective returns the equation without a potential.
func (p *Problem) effective(g *grid.Grid) *Equation {
	if p.Equation.Potential {
		e := withoutPotential(p.Equation, cellSteps(g))
		return &e
	}
	return &p.Equation
}

// drift returns b.
func (p *Problem) drift(g *grid.Grid) Func {
	if p.Equation.Drift != nil {
		return p.Equation.Drift
	}
	e := p.effective(g)
	return func(dst, x [][]float64) {
		all := block(e.components(), len(dst[0]))
		e.Eval(all, x)
		for a := range dst {
			copy(dst[a], all[a])
		}
	}
}

// faceField puts the first d of n components of f on faces. Where change is given it makes the
// vector from all of them, and says whether there is one.
func (p *Problem) faceField(g *grid.Grid, f Func, n int, change func(at []float64) bool) (*grid.FaceField, error) {
	field := grid.NewFaceField(g)
	for a := range field.Flow {
		all, coords, err := p.onFaces(g, a, f, n)
		if err != nil {
			return nil, err
		}
		if bad := changeEach(all, change); bad >= 0 {
			return nil, &CoefficientError{Variables: p.Variables, At: pointAt(coords, bad), What: "D has no inverse", Component: -1}
		}
		field.Flow[a] = all[a]
		scaleByArea(field, a)
	}
	return field, nil
}

// onFaces evaluates n components of f on the faces across axis a.
func (p *Problem) onFaces(g *grid.Grid, a int, f Func, n int) (all, coords [][]float64, err error) {
	coords = accurate.Points(g, a)
	all = tabulate(f, n, coords)
	if err = checkFinite(p, all, coords); err != nil {
		avoidWalls(coords[a], g.Axis(a))
		all = tabulate(f, n, coords)
		err = checkFinite(p, all, coords)
	}
	return all, coords, err
}

// changeEach lets change turn the components at every point into others, and returns the first
// point where it fails, −1 for none.
func changeEach(all [][]float64, change func(at []float64) bool) int {
	if change == nil {
		return -1
	}
	return firstBad(len(all[0]), func(lo, hi int) int {
		at := make([]float64, len(all))
		for i := lo; i < hi; i++ {
			for c := range at {
				at[c] = all[c][i]
			}
			if !change(at) {
				return i
			}
			for c := range at {
				all[c][i] = at[c]
			}
		}
		return -1
	})
}

// scaleByArea multiplies what faces across axis a hold by their areas, and gives both copies
// of a seam the same number.
func scaleByArea(f *grid.FaceField, a int) {
	f.Grid.EachFaceRun(a, func(first int, area []float64) {
		flow := f.Flow[a][first:]
		for i, size := range area {
			flow[i] *= size
		}
	})
	if f.Grid.Axis(a).IsPeriodic() {
		closeRing(f, a)
	}
}

// closeRing copies the first layer of faces across periodic axis a to the last.
func closeRing(f *grid.FaceField, a int) {
	step, n := f.Grid.FaceStride(a), f.Grid.Axis(a).Cells()
	for base := 0; base < len(f.Flow[a]); base += (n + 1) * step {
		copy(f.Flow[a][base+n*step:][:step], f.Flow[a][base:])
	}
}
