package grid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

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
	g := f.Grid
	mass, total := g.Volumes(), f.Integral()
	coords := make([][]float64, g.Dim())
	for a, ax := range g.axes {
		coords[a] = ax.Centers()
	}
	for i, v := range f.Values {
		mass[i] *= v / total
	}
	return Moments(coords, mass)
}

// Moments returns the mean and the covariance (packed upper triangle by rows) of masses that
// sum to 1, at the product of coordinates along each axis, axis 0 fastest.
func Moments(coords [][]float64, mass []float64) (mean, cov []float64) {
	d := len(coords)
	mean = integrate(coords, mass, d, func(dst, x []float64, m float64) {
		for a, v := range x {
			dst[a] += v * m
		}
	})
	cov = integrate(coords, mass, d*(d+1)/2, func(dst, x []float64, m float64) {
		k := 0
		for a := range x {
			for b := a; b < d; b++ {
				dst[k] += (x[a] - mean[a]) * (x[b] - mean[b]) * m
				k++
			}
		}
	})
	return mean, cov
}

// integrate returns n sums to which add adds for every point and mass; first over each row of
// points along axis 0, and then over all.
func integrate(coords [][]float64, mass []float64, n int, add func(dst, x []float64, m float64)) []float64 {
	row := len(coords[0])
	rows := make([]float64, n*(len(mass)/row))
	pieces.Run(len(mass)/row, max(1, rowPiece/row), func(_, lo, hi int) {
		x := make([]float64, len(coords))
		for r := lo; r < hi; r++ {
			for a, rest := 1, r; a < len(coords); a++ {
				x[a] = coords[a][rest%len(coords[a])]
				rest /= len(coords[a])
			}
			for i, m := range mass[r*row:][:row] {
				x[0] = coords[0][i]
				add(rows[n*r:][:n], x, m)
			}
		}
	})
	total := make([]float64, n)
	for i, v := range rows {
		total[i%n] += v
	}
	return total
}
