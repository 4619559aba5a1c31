package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/accurate"
)

// This file splits the curl of the current. With F = D∇p − v p = −J, and for every pair of axes
// (∇×F)_lm = ∂_lF_m − ∂_mF_l,
//
//	(∇×F)_lm = [v_l ∂_m p − v_m ∂_l p − p (∂_lv_m − ∂_mv_l)]
//	         + [(∂_lD_mj − ∂_mD_lj) ∂_j p]
//	         + [D_mj ∂_l∂_j p − D_lj ∂_m∂_j p].
//
// Where v = −∇L the first bracket is ∇p×∇L. The last one looks as if it cancelled by antisymmetry;
// it does where D is a multiple of the identity, and nowhere else in general.

// A DroppedCurl says how much of the curl of a current is its last bracket, D's action on second
// derivatives of p, see [Stationary.DroppedCurl]. All are relative to the integral of the absolute
// values of all products in the brackets, which is not 0 in detailed balance, where F is.
type DroppedCurl struct {
	Dropped, DroppedError   float64 // ∫|last bracket|
	Mismatch, MismatchError float64 // ∫|∇×F − sum of the brackets|, with ∇×F by differences of J
}

// droppedOrder is the order of differences on the grid; errors are told by those of order two less.
const droppedOrder = 6

// DroppedCurl returns the part of the curl that the last bracket is, of pairs of axes in all, with
// v the effective drift of J = v p − D∇p: it is −∇L where the convention is that of
// Hänggi–Klimontovich, or D constant. ok is false in one dimension, and where an axis has fewer
// than 7 cells.
//
// Derivatives of v and D are taken over a tenth of a cell, those of p and J on the grid, by
// differences of order 6, one-sided at walls. Errors are the differences from order 4; those of
// the solution come on top, and Mismatch shows them.
func (s *Stationary) DroppedCurl() (c DroppedCurl, ok bool) {
	g := s.Density.Grid
	if g.Dim() == 1 {
		return c, false
	}
	for _, n := range g.Shape() {
		if n <= droppedOrder {
			return c, false
		}
	}
	current := s.Current().At
	at, along := s.coefficientSlopes()
	b := s.brackets(droppedOrder, current, at, along)
	rough := s.brackets(droppedOrder-2, current, at, along)
	var size float64
	for i, v := range g.Volumes() {
		size += v * b.size[i]
		for k := range b.last {
			mismatch, roughMismatch := b.curl[k][i]-b.sum[k][i], rough.curl[k][i]-rough.sum[k][i]
			c.Dropped += v * math.Abs(b.last[k][i])
			c.DroppedError += v * math.Abs(b.last[k][i]-rough.last[k][i])
			c.Mismatch += v * math.Abs(mismatch)
			c.MismatchError += v * math.Abs(mismatch-roughMismatch)
		}
	}
	if size > 0 {
		c = DroppedCurl{c.Dropped / size, c.DroppedError / size, c.Mismatch / size, c.MismatchError / size}
	}
	return c, true
}

// brackets holds for every pair of axes l < m the curl of F, the sum of the three brackets, and the
// last of those; and the absolute values of their products, of all pairs.
type brackets struct {
	curl, sum, last [][]float64
	size            []float64
}

// brackets returns them by differences of that order of the density and the current, given the
// coefficients with their derivatives.
func (s *Stationary) brackets(order int, current, at [][]float64, along [][][]float64) *brackets {
	g := s.Density.Grid
	d, n, p := g.Dim(), g.Cells(), s.values()
	slope, second, flow := make([][]float64, d), make([][][]float64, d), make([][][]float64, d)
	for l := range d {
		slope[l] = gridSlope(g, p, l, order)
	}
	for l := range d {
		for j := range d {
			second[l] = append(second[l], gridSlope(g, slope[j], l, order))
			flow[l] = append(flow[l], gridSlope(g, current[j], l, order))
		}
	}
	b := &brackets{size: make([]float64, n)}
	for l := range d {
		for m := l + 1; m < d; m++ {
			curl, sum, last := make([]float64, n), make([]float64, n), make([]float64, n)
			floats.SubTo(curl, flow[m][l], flow[l][m]) // F = −J
			for i := range n {
				add := func(to *float64, x, y float64) {
					*to += x - y
					b.size[i] += math.Abs(x) + math.Abs(y)
				}
				add(&sum[i], at[l][i]*slope[m][i], at[m][i]*slope[l][i])
				add(&sum[i], p[i]*along[m][l][i], p[i]*along[l][m][i])
				for j := range d {
					mj, lj := d+operators.Packed(d, m, j), d+operators.Packed(d, l, j)
					add(&sum[i], along[l][mj][i]*slope[j][i], along[m][lj][i]*slope[j][i])
					add(&last[i], at[mj][i]*second[l][j][i], at[lj][i]*second[m][j][i])
				}
				sum[i] += last[i]
			}
			b.curl, b.sum, b.last = append(b.curl, curl), append(b.sum, sum), append(b.last, last)
		}
	}
	return b
}

// coefficientSlopes returns v and D, packed, at the points of the density, and their derivatives
// along each axis.
func (s *Stationary) coefficientSlopes() (at [][]float64, along [][][]float64) {
	g := s.Density.Grid
	e := s.Problem.Equation
	if e.Potential {
		e = withoutPotential(e, cellSteps(g))
	}
	probes := &probes{grid: g, coords: accurate.Points(g, -1)}
	for a := range g.Dim() {
		var step []float64
		for i := range g.Axis(a).Cells() {
			step = append(step, 0.1*g.Axis(a).Width(i)) // stencils reach four steps, within the cell
		}
		probes.step = append(probes.step, step)
	}
	for a := range g.Dim() {
		along = append(along, probes.slope(e.Eval, e.components(), a, 1))
	}
	return tabulate(e.Eval, e.components(), probes.coords), along
}

// gridSlope returns ∂f/∂x_a of values at the points ξ = i+½ of the grid by differences of that order,
// even, over order+1 points: central, or those next to a wall.
func gridSlope(g *grid.Grid, f []float64, a, order int) []float64 {
	ax, stride := g.Axis(a), g.Stride(a)
	n := ax.Cells()
	weights := make([][]float64, order+1)
	for i := range weights {
		weights[i] = nodeSlope(order, i)
	}
	out := make([]float64, len(f))
	pieces.Run(len(f), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			k := i / stride % n
			first := k - order/2
			if !ax.IsPeriodic() {
				first = min(max(first, 0), n-1-order)
			}
			var sum float64
			for j, w := range weights[k-first] {
				m := first + j
				if m < 0 {
					m += n
				} else if m >= n {
					m -= n
				}
				sum += w * f[i+(m-k)*stride]
			}
			out[i] = sum / ax.Stretch(float64(k)+0.5)
		}
	})
	return out
}

// nodeSlope returns the weights on the nodes 0 … m of the derivative at node i of the polynomial
// through them: b_j/(b_i (i − j)) with b_j = (−1)^j C(m, j).
func nodeSlope(m, i int) []float64 {
	b := make([]float64, m+1)
	b[0] = 1
	for j := range m {
		b[j+1] = -b[j] * float64(m-j) / float64(j+1)
	}
	w := make([]float64, m+1)
	for j := range w {
		if j != i {
			w[j] = b[j] / (b[i] * float64(i-j))
			w[i] -= w[j]
		}
	}
	return w
}
