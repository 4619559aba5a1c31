package accurate

import "math"

// Refined returns the field with the values p at the points, interpolated to those of the grid of
// the same box, graded alike, with other numbers of cells along the axes.
func (o *Operator) Refined(p []float64, cells []int) []float64 {
	shape := o.n
	for a := range o.dim {
		p = o.axes[a].resampled(cells[a]).apply(p, shape, a)
		shape[a] = cells[a]
	}
	return p
}

// resampled gives the values at the centres of n cells in place of those there are.
func (a *axis) resampled(n int) *band {
	rows := make([]taps, n)
	for i := range rows {
		x := (float64(i) + 0.5) * float64(a.cells) / float64(n)
		rows[i] = a.fromCells(x, int(math.Round(x))-a.order/2, a.order, 0)
	}
	return newBand(a.cells, a.ring(), rows)
}
