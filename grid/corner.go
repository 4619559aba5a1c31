package grid

import "math"

// A CornerField is one float64 per corner of the cells of a Grid of two dimensions,
// such as a stream function.
//
// Values has (n₀+1)(n₁+1) numbers, axis 0 fastest; the corner with indices (i, j) is
// the lower left corner of the cell with these indices. On a periodic axis the first
// and the last layer are the same corners and hold the same numbers.
type CornerField struct {
	Grid   *Grid
	Values []float64
}

// NewCornerField returns a corner field of zeros. It panics unless the grid has two axes.
func NewCornerField(g *Grid) *CornerField {
	if g.Dim() != 2 {
		panic("grid: NewCornerField: want a grid of two dimensions")
	}
	n := (g.axes[0].Cells() + 1) * (g.axes[1].Cells() + 1)
	return &CornerField{Grid: g, Values: make([]float64, n)}
}

// Range returns the smallest and the largest value. Of a stream function their
// difference is the flux that circulates.
func (c *CornerField) Range() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range c.Values {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	return lo, hi
}
