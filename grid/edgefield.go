package grid

// An EdgeField is one float64 per edge of the cells of a Grid of three dimensions: the
// line integral along the edge in the direction of its axis, such as that of a vector
// potential, or a density on the edge where that is said.
//
// Values[a] holds the edges along axis a: as many along a as there are cells, one more
// along each other axis, axis 0 fastest; the edge with the indices of a cell runs along
// a from the cell's lower corner. On a periodic axis the first and the last layer are
// the same edges and hold the same numbers.
type EdgeField struct {
	Grid   *Grid
	Values [][]float64
}

// NewEdgeField returns an edge field of zeros. It panics unless the grid has three axes.
func NewEdgeField(g *Grid) *EdgeField {
	if g.Dim() != 3 {
		panic("grid: NewEdgeField: want a grid of three dimensions")
	}
	e := &EdgeField{Grid: g, Values: make([][]float64, 3)}
	for a := range e.Values {
		e.Values[a] = make([]float64, g.Edges(a))
	}
	return e
}

// Edges returns the number of edges along axis a, those on walls included.
func (g *Grid) Edges(a int) int {
	count := 1
	for b, ax := range g.axes {
		if b == a {
			count *= ax.Cells()
		} else {
			count *= ax.Cells() + 1
		}
	}
	return count
}
