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
	g := f.Grid
	c := NewField(coarse)
	vol := g.Volumes()
	idx := make([]int, g.Dim())
	for i, v := range f.Values {
		g.Indices(idx, i)
		for a := range idx {
			idx[a] /= 2
		}
		c.Values[coarse.Index(idx)] += v * vol[i]
	}
	for i, v := range coarse.Volumes() {
		c.Values[i] /= v
	}
	return c
}
