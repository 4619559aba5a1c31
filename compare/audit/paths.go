package audit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/combin"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/grid"
)

// This file makes the density of detailed balance, also where there is none: that of the potential that
// the force D⁻¹v has by paths.

// balanced returns the density of [subject.balancedOn] and its relative L1 error: the distance from that
// on cells twice as wide, which is some three times the error, NaN where there are none.
func (s *subject) balanced() (*grid.Field, float64, error) {
	mean, _ := s.solution.Moments()
	p, err := s.balancedOn(s.grid, mean)
	if err != nil {
		return nil, 0, err
	}
	coarse, ok := s.grid.Coarsen()
	if !ok {
		return p, math.NaN(), nil
	}
	rough, err := s.balancedOn(coarse, mean)
	if err != nil {
		return p, math.NaN(), nil
	}
	return p, grid.L1(grid.Restrict(p, coarse), rough), nil
}

// balancedOn returns the density exp(φ) with φ the integral of the force u = D⁻¹v from a point along
// the axes, one after the other, the mean over all orders of axes: the density itself in detailed
// balance, where the order does not matter; where the force is −Mθ the normal one of the symmetric
// part of M. The force is that of faces, so that steps are by the midpoint rule, and paths begin in
// the cells around the point, with the weights that interpolate there.
func (s *subject) balancedOn(g *grid.Grid, from []float64) (*grid.Field, error) {
	d := g.Dim()
	field, err := s.problem.ForceField(g)
	if err != nil {
		return nil, err
	}
	along := make([][]float64, d)
	for a := range d {
		if g.Axis(a).IsPeriodic() {
			return nil, fmt.Errorf("axis %s is periodic", s.problem.Variables[a])
		}
		along[a] = lineIntegrals(g, field.Density(a), a)
	}
	starts, weights := around(g, from)
	phi, idx, at := make([]float64, g.Cells()), make([]int, d), make([]int, d)
	orders := combin.Permutations(d, d)
	for i := range phi {
		g.Indices(idx, i)
		for k, start := range starts {
			for _, order := range orders {
				copy(at, start)
				for _, a := range order {
					from := g.Index(at)
					at[a] = idx[a]
					phi[i] -= weights[k] / float64(len(orders)) * (along[a][g.Index(at)] - along[a][from])
				}
			}
		}
	}
	return compare.Gibbs(g, phi, 1, 2)
}

// around returns the indices of the cells whose centres are around a point, and the weights with
// which values there interpolate at it.
func around(g *grid.Grid, point []float64) (cells [][]int, weights []float64) {
	cells, weights = [][]int{nil}, []float64{1}
	for a, x := range point {
		ax := g.Axis(a)
		k, _ := ax.Find(x)
		if x < ax.Center(k) {
			k--
		}
		k = min(max(k, 0), ax.Cells()-2)
		up := (x - ax.Center(k)) / (ax.Center(k+1) - ax.Center(k))
		for i, c := range cells { // grows by as many
			cells = append(cells, append(slices.Clone(c), k+1))
			weights = append(weights, weights[i]*up)
			cells[i] = append(c, k)
			weights[i] *= 1 - up
		}
	}
	return cells, weights
}

// lineIntegrals returns those of the force on the faces across axis a, along it from the first cell
// of each row.
func lineIntegrals(g *grid.Grid, force []float64, a int) []float64 {
	ax, stride := g.Axis(a), g.Stride(a)
	sum := make([]float64, g.Cells())
	for i := range sum { // cells before come first
		if k := i / stride % ax.Cells(); k > 0 {
			sum[i] = sum[i-stride] + force[g.LowerFace(a, i)]*(ax.Center(k)-ax.Center(k-1))
		}
	}
	return sum
}
