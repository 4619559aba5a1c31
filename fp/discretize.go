package fp

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/sparse"
)

// A Scheme is a way from coefficients to a density: a generator, or the accurate operator.
type Scheme uint8

const (
	SchemeNodal   Scheme = iota // d = 1: exact at the centres
	SchemeStar                  // diagonal D: fitted rates on axis neighbours
	SchemeSelling               // any D: rates on integer offsets

	SchemeLinear      // the accurate operator, linear in p
	SchemeLogarithmic // the same in ln p: positive, and right far into the tails
	SchemeGibbs       // exp(−φ) of a potential beside which nothing drives
)

// String returns the name that summaries use.
func (s Scheme) String() string {
	return [...]string{"nodal", "star", "selling", "linear", "logarithmic", "gibbs"}[s]
}

// A Discretization is a Problem on a Grid: coefficients, and the generator made from them.
type Discretization struct {
	Problem      *Problem
	Scheme       Scheme
	Coefficients *operators.Coefficients
	Generator    *operators.Generator

	line *operators.LineCoefficients // of SchemeNodal
}

// Discretize samples the coefficients on the grid, checks them, and makes the
// generator by the scheme that suits them: [SchemeNodal] in one dimension,
// [SchemeStar] where D is diagonal in every cell, [SchemeSelling] otherwise.
//
// Errors are of type [CoefficientError]: a number that is not finite, or a tensor
// that is not positive semi-definite, and where.
func Discretize(p *Problem, g *grid.Grid) (*Discretization, error) {
	if g.Dim() != p.Dim() {
		panic("fp: Discretize: grid and problem differ in dimension")
	}
	if p.Equation.Potential && g.HasWall(grid.Absorbing) {
		plain := *p
		plain.Equation = withoutPotential(p.Equation, cellSteps(g))
		p = &plain
	}
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	d := &Discretization{Problem: p, Coefficients: c}
	switch {
	case g.Dim() == 1:
		d.Scheme = SchemeNodal
		if d.line, err = sampleLine(p, c); err == nil {
			d.Generator = operators.Nodal(d.line)
		}
	case c.IsDiagonal():
		d.Scheme = SchemeStar
		d.Generator, err = star(p, c)
	default:
		d.Scheme = SchemeSelling
		d.Generator = operators.Selling(c)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// A CoefficientError says where a coefficient cannot be used, and why.
type CoefficientError struct {
	Variables []string
	At        []float64 // the point
	What      string
	Component int     // of the drift, D packed and the potential, in that order; −1 for D as a whole
	Time      float64 // of coefficients that change in time; 0 of others, too
}

func (e *CoefficientError) Error() string {
	text := fmt.Sprintf("%s at %s", e.What, pointText(e.Variables, e.At))
	if e.Time > 0 {
		text += fmt.Sprintf(", t = %.6g", e.Time)
	}
	return text
}

// pointText writes a point as "x = 1, y = 2".
func pointText(variables []string, at []float64) string {
	s := make([]string, len(at))
	for a, v := range at {
		s[a] = fmt.Sprintf("%s = %.6g", variables[a], v)
	}
	return strings.Join(s, ", ")
}

// SampleCenters samples the coefficients at the cell centres and checks that they
// are finite and D positive semi-definite.
func SampleCenters(p *Problem, g *grid.Grid) (*operators.Coefficients, error) {
	d := g.Dim()
	packed := d * (d + 1) / 2
	coords := centers(g)
	all := tabulate(p.Equation.Eval, p.Equation.components(), coords)
	if err := checkFinite(p, all, coords); err != nil {
		return nil, err
	}
	c := &operators.Coefficients{Grid: g, Drift: all[:d], Diffusion: all[d : d+packed]}
	if p.Equation.Potential {
		c.Potential = all[d+packed]
	}
	return c, checkPositive(p, c)
}

// tabulate evaluates n components of f on the product of the coordinates, axis 0
// fastest, row by row.
func tabulate(f Func, n int, coords [][]float64) [][]float64 {
	points, row := 1, len(coords[0])
	for _, c := range coords {
		points *= len(c)
	}
	all := block(n, points)
	rowsPerPiece := max(1, 4096/row)
	pieces.Run(points/row, rowsPerPiece, func(_, lo, hi int) {
		x, dst := make([][]float64, len(coords)), make([][]float64, n)
		x[0] = coords[0]
		for r := lo; r < hi; r++ {
			rest := r
			for a := 1; a < len(coords); a++ {
				k := rest % len(coords[a])
				rest /= len(coords[a])
				x[a] = coords[a][k : k+1]
			}
			for c := range dst {
				dst[c] = all[c][r*row : (r+1)*row]
			}
			f(dst, x)
		}
	})
	return all
}

// pointAt returns the i-th point of the product of the coordinates.
func pointAt(coords [][]float64, i int) []float64 {
	x := make([]float64, len(coords))
	for a, c := range coords {
		x[a] = c[i%len(c)]
		i /= len(c)
	}
	return x
}

func checkFinite(p *Problem, all, coords [][]float64) error {
	for c, values := range all {
		i := firstBad(len(values), func(lo, hi int) int {
			for i, v := range values[lo:hi] {
				if v-v != 0 { // NaN or infinite
					return lo + i
				}
			}
			return -1
		})
		if i >= 0 {
			return &CoefficientError{Variables: p.Variables, At: pointAt(coords, i), What: fmt.Sprintf("%s is %g", p.Equation.component(c), values[i]), Component: c}
		}
	}
	return nil
}

// firstBad returns the first of the numbers below n, −1 for none, that in finds in pieces of them.
func firstBad(n int, in func(lo, hi int) int) int {
	found := make([]int, pieces.Count(n, 1<<14))
	pieces.Run(n, 1<<14, func(k, lo, hi int) { found[k] = in(lo, hi) })
	for _, i := range found {
		if i >= 0 {
			return i
		}
	}
	return -1
}

// component names component c of Eval.
func (e *Equation) component(c int) string {
	if c < e.Dim {
		return fmt.Sprintf("the drift, component %d,", c)
	}
	c -= e.Dim
	for i := range e.Dim {
		if c < e.Dim-i {
			return fmt.Sprintf("diffusion[%d][%d]", i, i+c)
		}
		c -= e.Dim - i
	}
	return "the potential"
}

// checkPositive refuses a D with an eigenvalue below −1e-12 of its trace, which is
// more than the round-off of a tensor that is singular on purpose.
func checkPositive(p *Problem, c *operators.Coefficients) error {
	i := firstBad(c.Grid.Cells(), func(lo, hi int) int {
		for i := lo; i < hi; i++ {
			if !isPositive(c, i, 1e-12) {
				return i
			}
		}
		return -1
	})
	if i < 0 {
		return nil
	}
	at := make([]float64, c.Grid.Dim())
	c.Grid.Center(at, i)
	return &CoefficientError{Variables: p.Variables, At: at, What: fmt.Sprintf("the diffusion tensor is not positive semi-definite: its smallest eigenvalue is %.6g", smallestEigenvalue(c, i)), Component: -1}
}

// isPositive says whether D + slack·Σ|D_ij|·I of cell i has a Cholesky factor; a
// tensor of zeros counts as positive.
func isPositive(c *operators.Coefficients, i int, slack float64) bool {
	return isDominant(c, i) || hasFactor(c, i, slack)
}

// isDominant says whether the diagonal of D in cell i is positive and larger than the
// rest of each row: then D is positive by Gershgorin's theorem, at little cost.
func isDominant(c *operators.Coefficients, i int) bool {
	d := c.Grid.Dim()
	least, off := math.Inf(1), 0.0
	k := 0
	for a := range d {
		least = min(least, c.Diffusion[k][i])
		for _, row := range c.Diffusion[k+1 : k+d-a] {
			off += math.Abs(row[i])
		}
		k += d - a
	}
	return off < least
}

func hasFactor(c *operators.Coefficients, i int, slack float64) bool {
	const most = 8
	d := c.Grid.Dim()
	if d > most {
		panic("fp: more dimensions than hasFactor has room for")
	}
	var l [most][most]float64
	var size float64
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			v := c.Diffusion[k][i]
			l[b][a] = v
			size += math.Abs(v)
			k++
		}
	}
	if size == 0 {
		return true
	}
	for a := range d {
		pivot := l[a][a] + slack*size
		for m := range a {
			pivot -= l[a][m] * l[a][m]
		}
		if !(pivot > 0) {
			return false
		}
		root := math.Sqrt(pivot)
		for b := a + 1; b < d; b++ {
			for m := range a {
				l[b][a] -= l[a][m] * l[b][m]
			}
			l[b][a] /= root
		}
		l[a][a] = root
	}
	return true
}

// smallestEigenvalue returns that of D in cell i.
func smallestEigenvalue(c *operators.Coefficients, i int) float64 {
	d := c.Grid.Dim()
	m := mat.NewSymDense(d, nil)
	for a := range d {
		for b := a; b < d; b++ {
			m.SetSym(a, b, c.Diffusion[operators.Packed(d, a, b)][i])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(m, false) {
		return math.NaN()
	}
	return eig.Values(nil)[0]
}

// sampleLine samples the coefficients of a problem in one dimension between the centres.
func sampleLine(p *Problem, c *operators.Coefficients) (*operators.LineCoefficients, error) {
	coords := [][]float64{operators.LineNodes(c.Grid)}
	all := tabulate(p.Equation.Eval, p.Equation.components(), coords)
	if err := checkFinite(p, all, coords); err != nil {
		return nil, err
	}
	line := &operators.LineCoefficients{Grid: c.Grid, Drift: all[0], Diffusion: all[1]}
	if p.Equation.Potential {
		line.Potential, line.AtCenters = all[2], c.Potential
	}
	return line, nil
}

func star(p *Problem, c *operators.Coefficients) (*operators.Generator, error) {
	g, d := c.Grid, c.Grid.Dim()
	f := &operators.FaceCoefficients{Grid: g, Potential: c.Potential, Drift: make([][]float64, d), Diffusion: make([][]float64, d)}
	for a := range d {
		coords := centers(g)
		coords[a] = faceCoordinates(g.Axis(a))
		all := tabulate(p.Equation.Eval, p.Equation.components(), coords)
		if err := checkFinite(p, all, coords); err != nil {
			return nil, err
		}
		f.Drift[a] = all[a]
		f.Diffusion[a] = all[d+operators.Packed(d, a, a)]
	}
	return operators.Star(f), nil
}

// starLattice returns the rates of the star generator on a grid.
func starLattice(p *Problem, g *grid.Grid) (*sparse.Lattice, error) {
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	gen, err := star(p, c)
	if err != nil {
		return nil, err
	}
	return gen.Lattice, nil
}

// faceCoordinates returns the edges of an axis. No flow crosses a reflecting wall,
// where a coefficient may have a pole: its place is taken by the nearest centre.
func faceCoordinates(ax grid.Axis) []float64 {
	e := append([]float64(nil), ax.Edges()...)
	n := ax.Cells()
	if ax.Lower() == grid.Reflecting {
		e[0] = ax.Center(0)
	}
	if ax.Upper() == grid.Reflecting {
		e[n] = ax.Center(n - 1)
	}
	return e
}

// cellSteps returns steps for differences that reach less than half a narrowest cell.
func cellSteps(g *grid.Grid) []float64 {
	step := make([]float64, g.Dim())
	for a := range step {
		step[a] = g.Axis(a).Narrowest() / 8
	}
	return step
}
