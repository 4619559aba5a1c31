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

// Divergence returns for every cell the flow out of it less the flow into it, in
// units of the flow; over the cell's volume it is the divergence.
func (f *FaceField) Divergence() []float64 {
	g := f.Grid
	div := make([]float64, g.Cells())
	for a, flow := range f.Flow {
		step := g.FaceStride(a)
		for i := range div {
			k := g.LowerFace(a, i)
			div[i] += flow[k+step] - flow[k]
		}
	}
	return div
}

// Density returns the flow through each face across axis a over the face's area: J·n there.
func (f *FaceField) Density(a int) []float64 {
	g := f.Grid
	out := make([]float64, len(f.Flow[a]))
	step := g.FaceStride(a)
	for i := range g.Cells() {
		k, area := g.LowerFace(a, i), g.FaceArea(a, i)
		out[k] = f.Flow[a][k] / area
		out[k+step] = f.Flow[a][k+step] / area
	}
	return out
}

// AtCenters returns the vector field at cell centres, one slice of N per axis: the
// mean of the flow densities through the two faces of the cell, of second order.
func (f *FaceField) AtCenters() [][]float64 {
	g := f.Grid
	v := make([][]float64, g.Dim())
	for a := range v {
		v[a] = make([]float64, g.Cells())
		step := g.FaceStride(a)
		for i := range v[a] {
			k := g.LowerFace(a, i)
			v[a][i] = 0.5 * (f.Flow[a][k] + f.Flow[a][k+step]) / g.FaceArea(a, i)
		}
	}
	return v
}
