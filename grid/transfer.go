package grid

// Coarsen returns the grid of half as many cells along each axis, and false where
// an axis has an odd number of cells or too few.
func (g *Grid) Coarsen() (*Grid, bool) {
	axes := make([]Axis, g.Dim())
	for a, ax := range g.axes {
		c, ok := ax.Coarsen()
		if !ok {
			return nil, false
		}
		axes[a] = c
	}
	return New(axes...), true
}

// Resample returns the grid of the same box with other numbers of cells, one for each
// axis, graded alike.
func (g *Grid) Resample(cells []int) *Grid {
	axes := make([]Axis, g.Dim())
	for a, ax := range g.axes {
		axes[a] = ax.Resample(cells[a])
	}
	return New(axes...)
}

// Restrict returns the field of cell averages on the grid made by [Grid.Coarsen],
// volume-weighted, so that its integral is the same.
func Restrict(f *Field, coarse *Grid) *Field {
	g, c := f.Grid, NewField(coarse)
	coarse.eachRow(func(first int, space []float64) {
		row, fine := c.Values[first:][:len(space)], make([]float64, 2*len(space))
		for child := range 1 << (g.Dim() - 1) { // a bit for each axis above 0: the upper of two rows
			from := g.childRow(coarse, first, child)
			vol := g.setVolumes(fine, from)
			for i, v := range f.Values[from:][:len(fine)] {
				row[i/2] += v * vol[i]
			}
		}
		for i, v := range coarse.setVolumes(space, first) {
			row[i] /= v
		}
	})
	return c
}

// childRow returns the first cell of a row of g within the row of the coarse grid that begins
// with cell first: bit b−1 of child says whether it is the upper one along axis b.
func (g *Grid) childRow(coarse *Grid, first, child int) (from int) {
	for b := 1; b < g.Dim(); b++ {
		k := first / coarse.stride[b] % coarse.axes[b].Cells()
		from += (2*k + child>>(b-1)&1) * g.stride[b]
	}
	return from
}

// Remap returns the averages over the cells of g of a function that has one value in each cell of
// a box with the given edges, and is 0 outside, so that what lies in both boxes keeps its integral.
func Remap(values []float64, edges [][]float64, g *Grid) *Field {
	shape := make([]int, len(edges))
	for a, e := range edges {
		shape[a] = len(e) - 1
	}
	for a, ax := range g.axes {
		values = remapAxis(values, shape, a, edges[a], ax)
		shape[a] = ax.Cells()
	}
	return &Field{Grid: g, Values: values}
}

// remapAxis is Remap along axis a of an array, from cells with the given edges.
func remapAxis(v []float64, shape []int, a int, source []float64, to Axis) []float64 {
	inner := 1 // numbers from one cell to the next along a
	for _, n := range shape[:a] {
		inner *= n
	}
	m, n, target := shape[a], to.Cells(), to.Edges()
	out := make([]float64, len(v)/m*n)
	for i := range n {
		for j := range m {
			overlap := min(source[j+1], target[i+1]) - max(source[j], target[i])
			if overlap <= 0 {
				continue
			}
			share := overlap / to.Width(i)
			for block := range len(v) / (m * inner) {
				src, dst := v[(block*m+j)*inner:][:inner], out[(block*n+i)*inner:][:inner]
				for k, u := range src {
					dst[k] += share * u
				}
			}
		}
	}
	return out
}
