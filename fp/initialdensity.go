package fp

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
)

// This file makes densities of the section initial.

// pointCells is the standard deviation of a point without a width, in cells.
const pointCells = 2

// leastDeviation is the smallest one that the nodes of a cell resolve, in cells: the mass of a
// normal density with it is right to 1e-8.
const leastDeviation = 0.5

// InitialDensity returns the density at which an evolution begins, cell averages on the grid with
// ∫ = 1, and what it is in words: what the section initial says, or else uniform. A point
// without a width has a standard deviation of two cells. What lies outside the box is left out,
// and told. Round a periodic axis densities of points are wrapped.
//
// Errors are of type *[FileError].
func (f *File) InitialDensity(g *grid.Grid) (p *grid.Field, words string, err error) {
	s := f.Start
	if s == nil {
		s = &Start{Uniform: true}
	}
	key := "initial"
	switch {
	case s.Uniform:
		p, words = grid.NewField(g), "uniform"
		floats.AddConst(1, p.Values)
	case s.Formula != nil:
		key, words = "initial.formula", s.Formula.String()
		p = averages(g, expr.Compile([]expr.Expr{*s.Formula}, f.Problem.Variables).Eval)
	case s.File != "":
		key = "initial.file"
		p, words, err = f.densityOf(s.File, g)
	default:
		p, words, err = s.mixture(g)
	}
	if err == nil {
		err = normalize(p)
	}
	if err != nil {
		return nil, "", f.fail(key, "%v", err)
	}
	return p, words, nil
}

// normalize makes the integral 1.
func normalize(p *grid.Field) error {
	for i, v := range p.Values {
		if !(v >= 0) || math.IsInf(v, 1) {
			x := make([]float64, p.Grid.Dim())
			p.Grid.Center(x, i)
			return fmt.Errorf("want a finite density ≥ 0, have %g on average in the cell at %.6g", v, x)
		}
	}
	sum := p.Integral()
	if !(sum > 0) {
		return errors.New("want some density in the box, have none")
	}
	floats.Scale(1/sum, p.Values)
	return nil
}

// leftOut says in words what of a density lies outside the box.
func leftOut(p *grid.Field) string {
	const least = 1e-6 // that is worth a word
	if out := 1 - p.Integral(); out > least {
		return fmt.Sprintf("; %.2g of it lies outside the box and is left out", out)
	}
	return ""
}

// mixture returns the mean of normal densities around the points.
func (s *Start) mixture(g *grid.Grid) (*grid.Field, string, error) {
	for _, x := range s.Points {
		if _, ok := g.Find(x); !ok {
			return nil, "", fmt.Errorf("want points in the box, have %v", x)
		}
	}
	cov, words := s.Cov, "a Gaussian around "
	if cov == nil {
		words = fmt.Sprintf("a Gaussian with a standard deviation of %d cells around ", pointCells)
	}
	sum := grid.NewField(g)
	var names []string
	for _, x := range s.Points {
		c := cov
		if c == nil {
			c = pointCovariance(g, x)
		}
		n, err := newNormal(x, c)
		if err == nil {
			err = n.resolved(g)
		}
		if err != nil {
			return nil, "", err
		}
		floats.Add(sum.Values, averages(g, n.wrapped(g)).Values)
		names = append(names, fmt.Sprintf("(%s)", strings.Trim(fmt.Sprint(x), "[]")))
	}
	floats.Scale(1/float64(len(s.Points)), sum.Values)
	return sum, words + strings.Join(names, ", ") + leftOut(sum), nil
}

// pointCovariance returns the packed covariance for a point without a width.
func pointCovariance(g *grid.Grid, x []float64) []float64 {
	d := g.Dim()
	cov := make([]float64, d*(d+1)/2)
	for a := range d {
		i, _ := g.Axis(a).Find(x[a])
		sd := pointCells * g.Axis(a).Width(i)
		cov[operators.Packed(d, a, a)] = sd * sd
	}
	return cov
}

// A normal is a normal density.
type normal struct {
	mean, sd  []float64
	precision *mat.SymDense
	factor    float64 // density at the mean
}

func newNormal(mean, cov []float64) (*normal, error) {
	d := len(mean)
	c := mat.NewSymDense(d, nil)
	n := &normal{mean: mean, sd: make([]float64, d), precision: mat.NewSymDense(d, nil)}
	for a := range d {
		for b := a; b < d; b++ {
			c.SetSym(a, b, cov[operators.Packed(d, a, b)])
		}
		n.sd[a] = math.Sqrt(c.At(a, a))
	}
	var chol mat.Cholesky
	if !chol.Factorize(c) {
		return nil, errors.New("want a density, have a covariance without an inverse")
	}
	if err := chol.InverseTo(n.precision); err != nil {
		return nil, err
	}
	n.factor = math.Exp(-0.5*chol.LogDet()) * math.Pow(2*math.Pi, -0.5*float64(d))
	return n, nil
}

// resolved says whether the grid resolves the density: along each axis, the others given.
func (n *normal) resolved(g *grid.Grid) error {
	for a, x := range n.mean {
		i, _ := g.Axis(a).Find(x)
		sd, width := 1/math.Sqrt(n.precision.At(a, a)), g.Axis(a).Width(i)
		if l := g.Axis(a).Length(); g.Axis(a).IsPeriodic() && n.sd[a] > mostTurns*l {
			return fmt.Errorf("want a standard deviation of at most %d lengths of the periodic axis, %g, have %.3g", mostTurns, mostTurns*l, n.sd[a])
		}
		if sd < leastDeviation*width {
			return fmt.Errorf("want a standard deviation of at least %g cells, %.3g, along axis %d for a density, have %.3g", leastDeviation, leastDeviation*width, a, sd)
		}
	}
	return nil
}

// mostTurns is the largest standard deviation, in lengths of a periodic axis: with it a density is
// even around it to 1e-34.
const mostTurns = 2

// deviations is how many of them a normal density reaches, where it is e⁻⁵⁰ of its largest.
const deviations = 10

// wrapped returns the density as a function of blocks of points, summed over its images.
func (n *normal) wrapped(g *grid.Grid) func(dst, x [][]float64) {
	images := [][]float64{n.mean}
	for a := range n.mean {
		ax := g.Axis(a)
		if !ax.IsPeriodic() {
			continue
		}
		reach := int(math.Ceil(deviations * n.sd[a] / ax.Length()))
		for _, m := range slices.Clone(images) {
			for k := 1; k <= reach; k++ {
				for _, shift := range []float64{float64(k), -float64(k)} {
					image := slices.Clone(m)
					image[a] += shift * ax.Length()
					images = append(images, image)
				}
			}
		}
	}
	return func(dst, x [][]float64) {
		for i := range dst[0] {
			dst[0][i] = 0
			for _, m := range images {
				dst[0][i] += n.at(x, i, m)
			}
		}
	}
}

// at returns the density at point i of a block, around m.
func (n *normal) at(x [][]float64, i int, m []float64) float64 {
	var q float64
	for a := range m {
		for b := range m {
			q += n.precision.At(a, b) * (x[a][i] - m[a]) * (x[b][i] - m[b])
		}
	}
	return n.factor * math.Exp(-q/2)
}

// averageNodes is the number of Gauss nodes of a cell along each axis.
const averageNodes = 6

// averages returns cell averages of a function, which sets dst[0] at blocks of points, by
// quadrature.
func averages(g *grid.Grid, f func(dst, x [][]float64)) *grid.Field {
	out := grid.NewField(g)
	nodes, weights := make([]float64, averageNodes), make([]float64, averageNodes)
	quad.Legendre{}.FixedLocations(nodes, weights, 0, 1)
	d, n := g.Dim(), g.Axis(0).Cells()
	across := 1 // nodes over the other axes
	for range d - 1 {
		across *= averageNodes
	}
	pieces.Run(g.Cells()/n, 1, func(_, row, _ int) {
		idx, x, value := make([]int, d), block(d, n*averageNodes), block(1, n*averageNodes)
		g.Indices(idx, row*n)
		for i := range n {
			for k, node := range nodes {
				x[0][i*averageNodes+k] = g.Axis(0).Edges()[i] + node*g.Axis(0).Width(i)
			}
		}
		for q := range across {
			w := 1.0
			for a := 1; a < d; a++ {
				w *= weights[q%averageNodes]
				at := g.Axis(a).Edges()[idx[a]] + nodes[q%averageNodes]*g.Axis(a).Width(idx[a])
				for i := range x[a] {
					x[a][i] = at
				}
				q /= averageNodes
			}
			f(value, x)
			for i, v := range value[0] {
				out.Values[row*n+i/averageNodes] += w * weights[i%averageNodes] * v
			}
		}
	})
	return out
}
