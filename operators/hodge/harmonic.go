package hodge

import "github.com/ness-fp/ness/grid"

// meanDensity returns the mean over the box of the density of f along periodic axis a:
// the flow through all distinct layers of faces over their number and their area.
func meanDensity(f *grid.FaceField, a int) float64 {
	g := f.Grid
	n, s := g.Axis(a).Cells(), g.Stride(a)
	var total float64
	for base := 0; base < len(f.Flow[a]); base += (n + 1) * s {
		layers := f.Flow[a][base:][:n*s]
		total += sum(len(layers), func(lo, hi int) float64 { return compensated(layers[lo:hi]) })
	}
	return total / float64(n) / crossSection(g, a)
}

// compensated returns Σ v to about a rounding of Σ |v|: plain sums of many like numbers are
// off by as many roundings, and what the mean is off by stays in the solenoidal part.
//
// W. Kahan, Comm. ACM 8 (1965) 40.
func compensated(v []float64) float64 {
	var total, lost float64
	for _, x := range v {
		x -= lost
		next := total + x
		lost = (next - total) - x
		total = next
	}
	return total
}

// crossSection returns the area of the box across axis a.
func crossSection(g *grid.Grid, a int) float64 {
	area := 1.0
	for b := range g.Dim() {
		if b != a {
			area *= g.Axis(b).Length()
		}
	}
	return area
}

// harmonic returns the mean density of f along every periodic axis, as flow. It is the
// projection on the fields that have neither divergence nor curl and do not cross walls.
func harmonic(f *grid.FaceField) *grid.FaceField {
	g := f.Grid
	h := grid.NewFaceField(g)
	for a := range f.Flow {
		if !g.Axis(a).IsPeriodic() {
			continue
		}
		factors := make([][]float64, g.Dim())
		for b := range factors {
			factors[b] = widths(g.Axis(b))
		}
		density := meanDensity(f, a)
		factors[a] = make([]float64, g.Axis(a).Cells()+1)
		for k := range factors[a] {
			factors[a][k] = density
		}
		h.Flow[a] = product(factors...)
	}
	return h
}
