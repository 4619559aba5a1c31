package accurate

import "github.com/ness-fp/ness/grid"

// This file interpolates fields onto faces, walls included, and integrates over faces what
// depends on them without being a flux of the operator: parts of fluxes that do not vanish on
// reflecting walls.

// OnFaces returns the field with the values p at the points, interpolated to the points on all
// faces, in the layout of [grid.FaceField]: on walls from the nearest w+1 points, on absorbing
// ones 0.
func (o *Operator) OnFaces(p []float64) [][]float64 {
	out := make([][]float64, o.dim)
	for a := range out {
		out[a] = o.axes[a].toAllFaces().apply(p, o.n, a)
	}
	return out
}

// FaceIntegrals returns the flows through faces of a vector field whose component f_a across the
// faces of axis a is given at their points, in the units of x: ∫ f_a over a face, to the order of
// the operator.
func (o *Operator) FaceIntegrals(f [][]float64) *grid.FaceField {
	out := grid.NewFaceField(o.Grid)
	for a := range o.dim {
		shape := o.n
		shape[a]++
		v := append([]float64(nil), f[a]...)
		o.scaleByArea(v, a)
		for b := range o.dim {
			if b != a {
				v = o.axes[b].mean.apply(v, shape, b)
			}
		}
		out.Flow[a] = v
	}
	return out
}

// scaleByArea multiplies what is on the faces across axis a by √g/x′_a.
func (o *Operator) scaleByArea(v []float64, a int) {
	stretch := stretches(o.Grid, a)
	inner := 1
	for b, s := range stretch {
		n := len(s)
		if b != a {
			for f := range v {
				v[f] *= s[f/inner%n]
			}
		}
		inner *= n
	}
}

// toAllFaces is toFaces of values, with reflecting walls.
func (a *axis) toAllFaces() *band {
	b := a.toFaces(0)
	n, half := a.cells, a.order/2
	if a.lower == grid.Reflecting {
		b.rows[0] = a.fromCells(0, -half, a.order, 0)
	}
	if a.upper == grid.Reflecting {
		b.rows[n] = a.fromCells(float64(n), n-half, a.order, 0)
	}
	return b
}
