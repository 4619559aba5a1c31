package fp

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// A Landscape is a loss that can be followed down to its minima. Its methods are
// safe for concurrent use.
type Landscape struct {
	Value func(theta []float64) float64
	Grad  func(dst, theta []float64)
}

// Values returns L at the centres of cells.
func (l *Landscape) Values(g *grid.Grid) []float64 {
	values := make([]float64, g.Cells())
	eachCenter(g, func(i int, x []float64) { values[i] = l.Value(x) })
	return values
}

// Gradients returns ∇L at the centres of cells, a slice per coordinate.
func (l *Landscape) Gradients(g *grid.Grid) [][]float64 {
	d := g.Dim()
	grad := block(d, g.Cells())
	eachCenter(g, func(i int, x []float64) {
		at := make([]float64, d)
		l.Grad(at, x)
		for a := range grad {
			grad[a][i] = at[a]
		}
	})
	return grad
}

// eachCenter calls do for all cells, on all cores.
func eachCenter(g *grid.Grid, do func(i int, x []float64)) {
	pieces.Run(g.Cells(), 1<<10, func(_, lo, hi int) {
		x := make([]float64, g.Dim())
		for i := lo; i < hi; i++ {
			g.Center(x, i)
			do(i, x)
		}
	})
}

// Hessian returns ∇²L by central differences of the gradient.
func (l *Landscape) Hessian(x []float64) *mat.SymDense {
	d := len(x)
	rows := make([][]float64, d)
	step := stepAt(x)
	for b := range d {
		y := append([]float64(nil), x...)
		up, down := make([]float64, d), make([]float64, d)
		y[b] = x[b] + step[b]
		l.Grad(up, y)
		y[b] = x[b] - step[b]
		l.Grad(down, y)
		for i := range up {
			rows[b] = append(rows[b], (up[i]-down[i])/(2*step[b]))
		}
	}
	h := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			h.SetSym(i, j, 0.5*(rows[i][j]+rows[j][i]))
		}
	}
	return h
}

// curvature returns the largest eigenvalue of ∇²L, NaN where it is not found or not finite.
func (l *Landscape) curvature(x []float64) float64 {
	h := l.Hessian(x)
	if n := mat.Norm(h, 1); math.IsNaN(n) || math.IsInf(n, 0) { // eigenvalues that are found mean nothing
		return math.NaN()
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(h, false) {
		return math.NaN()
	}
	return slices.Max(eigen.Values(nil))
}
