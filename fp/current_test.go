package fp_test

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/markov"
)

// solveBySelling solves a problem with diagonal D by the scheme for full tensors.
func solveBySelling(t testing.TB, c *exact.Case, n int) *fp.Stationary {
	t.Helper()
	g := c.Grid(n)
	coef, err := fp.SampleCenters(c.Problem, g)
	if err != nil {
		t.Fatal(err)
	}
	gen := operators.Selling(coef)
	m, _, err := markov.Direct(gen.Matrix(), markov.DirectOptions{Dims: g.Shape()})
	if err != nil {
		t.Fatal(err)
	}
	d := &fp.Discretization{Problem: c.Problem, Scheme: fp.SchemeSelling, Coefficients: coef, Generator: gen}
	s := &fp.Stationary{Discretization: d, Mass: m, Density: grid.NewField(g)}
	for i, v := range g.Volumes() {
		s.Density.Values[i] = m[i] / v
	}
	return s
}

// Both schemes solve problems with isotropic D, each with an error of its own of
// second order, so that twice the grid brings them four times as close.
func TestSchemesAgree(t *testing.T) {
	for _, c := range []*exact.Case{exact.Rotation2D(1), exact.LimitCycle()} {
		var tab exact.OrderTable
		for _, n := range []int{128, 256} {
			tab.Add(n, grid.L1(solve(t, c, n).Density, solveBySelling(t, c, n).Density))
		}
		// Cells of the bulk that change from upwind to central between the two grids make
		// the order rise above 2 by up to a tenth.
		wantOrder(t, c.Name, &tab, 2, 0.1)
	}
}

// Probability goes round the limit cycle counter-clockwise, as ω > 0 says: the flow
// through the half-line y = 0, x > 0 is upward, through x = 0, y > 0 to the left,
// and both are ∫₀^∞ ω r p dr.
func TestCurrentGoesWhereTheDriftTurns(t *testing.T) {
	c := exact.LimitCycle()
	const n = 128
	s := solve(t, c, n)
	j := s.Current()
	g := s.Density.Grid
	var up, left, want float64
	h := g.Axis(0).Width(0)
	for k := n / 2; k < n; k++ {
		up += j.Faces.Flow[1][g.LowerFace(1, g.Index([]int{k, n / 2}))]
		left -= j.Faces.Flow[0][g.LowerFace(0, g.Index([]int{n / 2, k}))]
		x := []float64{g.Axis(0).Center(k), 0}
		want += 2 * x[0] * c.PointDensity(x) * h // ω = 2
	}
	if up <= 0 || math.Abs(up/want-1) > 0.01 { // the current's error at n = 128, 0.9 %
		t.Errorf("flow upward %.6g, want %.6g", up, want)
	}
	if math.Abs(left-up) > 1e-11*up { // symmetry, to the tolerance of the cycles
		t.Errorf("flow to the left %.15g, upward %.15g", left, up)
	}
}

func TestNoFlowThroughReflectingWalls(t *testing.T) {
	for _, c := range []*exact.Case{exact.FullTensor(), exact.LimitCycle()} {
		s := solve(t, c, 48)
		j, g := s.Current(), s.Density.Grid
		for k := range 48 {
			for a := range 2 {
				idx := []int{k, k}
				for _, end := range []int{0, 47} {
					idx[a] = end
					f := g.LowerFace(a, g.Index(idx))
					if end > 0 {
						f += g.FaceStride(a)
					}
					if j.Faces.Flow[a][f] != 0 {
						t.Fatalf("%s: flow %g through the wall of axis %d", c.Name, j.Faces.Flow[a][f], a)
					}
				}
			}
		}
	}
}

// A current along a direction without diffusion cannot be reversed by noise: the
// entropy production of dx = v dt, dv = (−x − v) dt + √2 dW is infinite.
func TestEntropyProductionIsInfiniteAcrossNoNoise(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "v"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = x[1], -x[0]-x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0, 0, 1 }))}
	axis, err := grid.Uniform(-6, 6, 32, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fp.SolveStationary(p, grid.New(axis, axis), fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e := s.EntropyProduction(s.Current()); !math.IsInf(e, 1) {
		t.Errorf("entropy production %g, want +Inf", e)
	}
}
