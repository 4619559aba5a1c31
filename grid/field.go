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
func (f *Field) Integral() float64 {
	return f.Grid.integral(func(i int) float64 { return f.Values[i] })
}

// L1 returns the L1 distance Σ |f_i − g_i| V_i of two fields on the same grid.
func L1(f, g *Field) float64 {
	if len(f.Values) != len(g.Values) {
		panic("grid: L1: fields on different grids")
	}
	return f.Grid.integral(func(i int) float64 { return math.Abs(f.Values[i] - g.Values[i]) })
}

// integral returns Σ of(i) V_i.
func (g *Grid) integral(of func(i int) float64) (total float64) {
	rows := make([]float64, g.Cells()/g.stride[1])
	g.eachRow(func(first int, space []float64) {
		var sum float64
		for i := range space {
			sum += of(first+i) * g.axes[0].Width(i)
		}
		rows[first/len(space)] = sum * g.FaceArea(0, first)
	})
	for _, v := range rows {
		total += v
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
	step := 0 // from cell to cell of a row
	for k, a := range keep {
		if a == 0 {
			step = m.Grid.stride[k]
		}
	}
	idx, to := make([]int, g.Dim()), make([]int, len(keep))
	n := g.stride[1]
	for first := 0; first < len(f.Values); first += n {
		g.Indices(idx, first)
		for k, a := range keep {
			to[k] = idx[a]
		}
		at, share := m.Grid.Index(to), 1.0
		for a, ax := range g.axes {
			if a > 0 && !kept[a] {
				share *= ax.Width(idx[a])
			}
		}
		for i, v := range f.Values[first:][:n] {
			if !kept[0] {
				v *= g.axes[0].Width(i)
			}
			m.Values[at+i*step] += v * share
		}
	}
	return m
}

// Moments returns the mean and the covariance (packed upper triangle by rows) of
// a density, taken as concentrated at the cell centres.
func (f *Field) Moments() (mean, cov []float64) {
	d := f.Grid.Dim()
	sums := f.integrals(1+d, func(dst, x []float64, mass float64) {
		dst[d] += mass
		for a, v := range x {
			dst[a] += v * mass
		}
	})
	mean = sums[:d:d]
	for a := range mean {
		mean[a] /= sums[d]
	}
	cov = f.integrals(d*(d+1)/2, func(dst, x []float64, mass float64) {
		k := 0
		for a := range x {
			for b := a; b < d; b++ {
				dst[k] += (x[a] - mean[a]) * (x[b] - mean[b]) * mass
				k++
			}
		}
	})
	for k := range cov {
		cov[k] /= sums[d]
	}
	return mean, cov
}

// integrals returns the n sums that add makes of the centre and the mass f_i V_i of every
// cell, first of each row and then of all.
func (f *Field) integrals(n int, add func(dst, x []float64, mass float64)) []float64 {
	g := f.Grid
	rows := make([]float64, n*(g.Cells()/g.stride[1]))
	g.eachRow(func(first int, space []float64) {
		sums, x := rows[n*(first/len(space)):][:n], make([]float64, g.Dim())
		g.Center(x, first)
		for i, v := range g.setVolumes(space, first) {
			x[0] = g.axes[0].Center(i)
			add(sums, x, v*f.Values[first+i])
		}
	})
	total := make([]float64, n)
	for i, v := range rows {
		total[i%n] += v
	}
	return total
}
