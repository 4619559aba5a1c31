package grid

// A FaceField is one float64 per face of a Grid: the total flow through it along its axis.
//
// Flow[a] holds the faces across axis a, one more along a than there are cells,
// axis 0 fastest; face k along a is the lower face of cell k. On a periodic axis
// the first and the last layer are the same faces and hold the same numbers.
type FaceField struct {
	Grid *Grid
	Flow [][]float64
}

// NewFaceField returns a face field of zeros.
func NewFaceField(g *Grid) *FaceField {
	f := &FaceField{Grid: g, Flow: make([][]float64, g.Dim())}
	for a := range f.Flow {
		f.Flow[a] = make([]float64, g.Faces(a))
	}
	return f
}

// Faces returns the number of faces across axis a, walls included.
func (g *Grid) Faces(a int) int {
	n := g.axes[a].Cells()
	return g.Cells() / n * (n + 1)
}

// LowerFace returns the index in Flow[a] of the lower face of cell i; the upper
// face of the cell is FaceStride(a) further on. (Along axes below a both shapes
// agree; each layer above a is one face longer.)
func (g *Grid) LowerFace(a, i int) int {
	return i + i/g.stride[a+1]*g.stride[a]
}

// FaceStride returns the step in Flow[a] from a face to the next one along axis a.
func (g *Grid) FaceStride(a int) int { return g.stride[a] }

// FaceArea returns the area of the faces of cell i across axis a: its volume over its width along a.
func (g *Grid) FaceArea(a, i int) float64 {
	area := 1.0
	for b, ax := range g.axes {
		n := ax.Cells()
		if b != a {
			area *= ax.Width(i % n)
		}
		i /= n
	}
	return area
}

// EachFaceRun calls do, on all cores, for runs of faces across axis a that lie side by side
// and together are all: with the place of the first in Flow[a], and their areas in space
// for this call alone. On a periodic axis the last layer is a run of its own.
func (g *Grid) EachFaceRun(a int, do func(first int, area []float64)) {
	n, step := g.axes[a].Cells(), g.FaceStride(a)
	g.eachRow(func(first int, space []float64) {
		area := g.setFaceAreas(space, a, first)
		lower := g.LowerFace(a, first)
		do(lower, area)
		if last := len(area) - 1; (first+last)/step%n == n-1 { // upper faces of the last layer
			run := min(step, len(area))
			do(lower+step+len(area)-run, area[len(area)-run:])
		}
	})
}

// setFaceAreas sets dst to the areas of faces across axis a of the row of cells that begins
// with cell first, and returns it.
func (g *Grid) setFaceAreas(dst []float64, a, first int) []float64 {
	rest := 1.0
	for b, ax := range g.axes {
		if b > 0 && b != a {
			rest *= ax.Width(first / g.stride[b] % ax.Cells())
		}
	}
	for i := range dst {
		dst[i] = rest
		if a > 0 {
			dst[i] *= g.axes[0].Width(i)
		}
	}
	return dst
}

// Divergence returns for every cell the flow out of it less the flow into it, in
// units of the flow; over the cell's volume it is the divergence.
func (f *FaceField) Divergence() []float64 {
	g := f.Grid
	div := make([]float64, g.Cells())
	g.eachRow(func(first int, row []float64) {
		out := div[first:][:len(row)]
		for a := range f.Flow {
			below, above := f.sides(a, first, len(row))
			for i := range out {
				out[i] += above[i] - below[i]
			}
		}
	})
	return div
}

// sides returns the flow through the lower and through the upper faces across axis a of n
// cells of a row from the first on.
func (f *FaceField) sides(a, first, n int) (below, above []float64) {
	k := f.Grid.LowerFace(a, first)
	return f.Flow[a][k:][:n], f.Flow[a][k+f.Grid.FaceStride(a):][:n]
}

// Density returns the flow through each face across axis a over the face's area: J·n there.
func (f *FaceField) Density(a int) []float64 {
	out := make([]float64, len(f.Flow[a]))
	f.Grid.EachFaceRun(a, func(first int, area []float64) {
		to, from := out[first:][:len(area)], f.Flow[a][first:][:len(area)]
		for i, s := range area {
			to[i] = from[i] / s
		}
	})
	return out
}

// AtCenters returns the vector field at cell centres, one slice of N per axis: the
// mean of the flow densities through the two faces of the cell, of second order.
func (f *FaceField) AtCenters() [][]float64 {
	g := f.Grid
	v := make([][]float64, g.Dim())
	for a := range v {
		v[a] = make([]float64, g.Cells())
	}
	g.eachRow(func(first int, space []float64) {
		for a := range v {
			area := g.setFaceAreas(space, a, first)
			below, above := f.sides(a, first, len(area))
			out := v[a][first:][:len(area)]
			for i, s := range area {
				out[i] = 0.5 * (below[i] + above[i]) / s
			}
		}
	})
	return v
}
