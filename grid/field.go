package grid

import "math"

// A Field is one float64 per cell of a Grid: a cell average.
type Field struct {
	Grid   *Grid
	Values []float64 // len = Grid.Cells()
}

// NewField returns a field of zeros.
func NewField(g *Grid) *Field { return &Field{Grid: g, Values: make([]float64, g.Cells())} }

// Integral returns Σ f_i V_i. The sum runs row by row, so that its error grows
// with the length of the rows and their number, not with their product.
func (f *Field) Integral() float64 { return f.sum(func(v float64) float64 { return v }) }

// L1 returns the L1 distance Σ |f_i − g_i| V_i of two fields on the same grid.
func L1(f, g *Field) float64 {
	if len(f.Values) != len(g.Values) {
		panic("grid: L1: fields on different grids")
	}
	diff := &Field{Grid: f.Grid, Values: make([]float64, len(f.Values))}
	for i, v := range f.Values {
		diff.Values[i] = v - g.Values[i]
	}
	return diff.sum(math.Abs)
}

func (f *Field) sum(of func(float64) float64) float64 {
	g := f.Grid
	n, ax := g.axes[0].Cells(), g.axes[0]
	var total float64
	for base := 0; base < len(f.Values); base += n {
		area := g.Volume(base) / ax.Width(0)
		var row float64
		for i, v := range f.Values[base : base+n] {
			row += of(v) * ax.Width(i)
		}
		total += row * area
	}
	return total
}

// Max returns the largest value and its cell.
func (f *Field) Max() (float64, int) {
	at := 0
	for i, v := range f.Values {
		if v > f.Values[at] {
			at = i
		}
	}
	return f.Values[at], at
}

// Marginal integrates over every axis that is not kept and returns the field on
// the grid of those kept, in the order given. With a density it is the marginal density.
func (f *Field) Marginal(keep ...int) *Field {
	g := f.Grid
	axes := make([]Axis, len(keep))
	kept := make([]bool, g.Dim())
	for k, a := range keep {
		axes[k] = g.axes[a]
		kept[a] = true
	}
	m := NewField(New(axes...))
	idx, to := make([]int, g.Dim()), make([]int, len(keep))
	for i, v := range f.Values {
		g.Indices(idx, i)
		for k, a := range keep {
			to[k] = idx[a]
		}
		for a, ax := range g.axes {
			if !kept[a] {
				v *= ax.Width(idx[a])
			}
		}
		m.Values[m.Grid.Index(to)] += v
	}
	return m
}

// Moments returns the mean and the covariance (packed upper triangle by rows) of
// a density, taken as concentrated at the cell centres.
func (f *Field) Moments() (mean, cov []float64) {
	g, d := f.Grid, f.Grid.Dim()
	mean, cov = make([]float64, d), make([]float64, d*(d+1)/2)
	x, vol := make([]float64, d), g.Volumes()
	var mass float64
	for i, v := range f.Values {
		g.Center(x, i)
		mass += v * vol[i]
		for a := range x {
			mean[a] += x[a] * v * vol[i]
		}
	}
	for a := range mean {
		mean[a] /= mass
	}
	for i, v := range f.Values {
		g.Center(x, i)
		k := 0
		for a := range x {
			for b := a; b < d; b++ {
				cov[k] += (x[a] - mean[a]) * (x[b] - mean[b]) * v * vol[i]
				k++
			}
		}
	}
	for k := range cov {
		cov[k] /= mass
	}
	return mean, cov
}
