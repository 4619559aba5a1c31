package fp_test

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

func axis(t testing.TB, lo, hi float64, n int, lower, upper grid.Wall) grid.Axis {
	t.Helper()
	a, err := grid.Uniform(lo, hi, n, lower, upper)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func discretize(t testing.TB, p *fp.Problem, g *grid.Grid) *fp.Discretization {
	t.Helper()
	d, err := fp.Discretize(p, g)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSchemeSuitsTheTensor(t *testing.T) {
	for want, c := range map[fp.Scheme]*exact.Case{
		fp.SchemeNodal: exact.DoubleWell1D(), fp.SchemeStar: exact.QuadWell(0.15), fp.SchemeSelling: exact.FullTensor(),
	} {
		if d := discretize(t, c.Problem, c.Grid(16)); d.Scheme != want {
			t.Errorf("%s: scheme %v, want %v", c.Name, d.Scheme, want)
		}
	}
}

// Coefficients are sampled where they belong, on a box whose axes all differ.
func TestCoefficientsAreSampledAtTheirCells(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "y", "z"}, Equation: fp.Gibbs(3,
		fp.Pointwise(func(dst, x []float64) { dst[0] = x[0] * x[1] * x[2] }),
		fp.Pointwise(func(dst, x []float64) { copy(dst, []float64{4 + x[0], 0.1, x[1] / 9, 5, 0.2, 6 + x[2]}) }),
		fp.Pointwise(func(dst, x []float64) { copy(dst, []float64{x[0] - x[1], x[1] - x[2], x[2] - x[0]}) }))}
	r := grid.Reflecting
	g := grid.New(axis(t, -1, 1, 5, r, r), axis(t, 0, 3, 7, r, r), axis(t, 2, 9, 11, r, r))
	c, err := fp.SampleCenters(p, g)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 3)
	for i := range g.Cells() {
		g.Center(x, i)
		if c.Drift[2][i] != x[2]-x[0] || c.Diffusion[2][i] != x[1]/9 || c.Diffusion[5][i] != 6+x[2] || c.Potential[i] != x[0]*x[1]*x[2] {
			t.Fatalf("cell %d at %v: drift %g, D %g, %g, potential %g", i, x, c.Drift[2][i], c.Diffusion[2][i], c.Diffusion[5][i], c.Potential[i])
		}
	}
}

func TestBadCoefficientsAreNamedWithTheirPlace(t *testing.T) {
	r := grid.Reflecting
	g := grid.New(axis(t, -2, 2, 8, r, r), axis(t, -2, 2, 8, r, r))
	drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0], -x[1] })
	for _, k := range []struct {
		drift, diffusion fp.Func
		want             string
	}{
		{
			fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = 1, math.Log(x[1]+1.5) }),
			fp.Pointwise(func(dst, _ []float64) { copy(dst, []float64{1, 0, 1}) }),
			"the drift, component 1, is NaN at x = -1.75, y = -1.75",
		},
		{
			drift, fp.Pointwise(func(dst, x []float64) { copy(dst, []float64{1, math.Exp(1e5 * x[0] * x[1]), 1}) }),
			"diffusion[0][1] is +Inf at x = -1.75, y = -1.75",
		},
		{
			drift, fp.Pointwise(func(dst, _ []float64) { copy(dst, []float64{1, 2, 1}) }),
			"the diffusion tensor is not positive semi-definite: its smallest eigenvalue is -1 at x = -1.75, y = -1.75",
		},
		{
			drift, fp.Pointwise(func(dst, _ []float64) { copy(dst, []float64{1, 0, -1e-9}) }),
			"the diffusion tensor is not positive semi-definite: its smallest eigenvalue is -1e-09 at x = -1.75, y = -1.75",
		},
	} {
		_, err := fp.Discretize(&fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2, k.drift, k.diffusion)}, g)
		var bad *fp.CoefficientError
		if !errors.As(err, &bad) || err.Error() != k.want {
			t.Errorf("error %v, want %q", err, k.want)
		}
	}
}

func TestDegenerateTensorsAreAccepted(t *testing.T) {
	r := grid.Reflecting
	g := grid.New(axis(t, -2, 2, 16, r, r), axis(t, -2, 2, 16, r, r))
	drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0], -x[1] })
	for _, d := range [][]float64{{0, 0, 0}, {0, 0, 1}, {1, 0.1, 0.01}, {0.49, 0.7 * 0.3, 0.09}} {
		tensor := fp.Pointwise(func(dst, _ []float64) { copy(dst, d) })
		if _, err := fp.Discretize(&fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2, drift, tensor)}, g); err != nil {
			t.Errorf("D = %v: %v", d, err)
		}
	}
}

// A coefficient may have a pole on a reflecting wall, across which nothing flows:
// the Bessel process b = 1/r − r, D = 1/2 on r > 0 has p ∝ r² e^{−r²}.
func TestCoefficientsMayHavePolesOnReflectingWalls(t *testing.T) {
	drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = 1/x[0]-x[0], -x[1] })
	half := fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.5, 0, 0.5 })
	p := &fp.Problem{Variables: []string{"r", "z"}, Equation: fp.HanggiKlimontovich(2, drift, half)}
	r := grid.Reflecting
	var tab exact.OrderTable
	for _, n := range []int{32, 64, 128} {
		s, err := fp.SolveStationary(p, grid.New(axis(t, 0, 6, n, r, r), axis(t, -6, 6, 16, r, r)), fp.StationaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		m := s.Density.Marginal(0)
		var l1 float64
		for i, v := range m.Values {
			x := m.Grid.Axis(0).Center(i)
			l1 += math.Abs(v-4/math.Sqrt(math.Pi)*x*x*math.Exp(-x*x)) * m.Grid.Volume(i)
		}
		tab.Add(n, l1)
	}
	wantOrder(t, "Bessel process", &tab, 2, 0.1) // v″ is unbounded at the wall, where p ∝ r² makes up for it
}

// With absorbing walls a potential is turned into a drift, with the same rates to
// within the error of fourth-order differences over an eighth of a cell.
func TestPotentialBecomesDriftAtAbsorbingWalls(t *testing.T) {
	quartic := fp.Pointwise(func(dst, x []float64) { dst[0] = math.Cos(x[0]) + x[0]*x[1]/3 + x[1]*x[1]*x[1]*x[1]/4 })
	tensor := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1], dst[2] = 1, 0.2*x[0], 1.5 })
	drift := fp.Pointwise(func(dst, x []float64) {
		gx, gy := -math.Sin(x[0])+x[1]/3, x[0]/3+x[1]*x[1]*x[1]
		dst[0], dst[1] = -gx-0.2*x[0]*gy, -0.2*x[0]*gx-1.5*gy
	})
	absorbing := grid.New(axis(t, -1, 1, 32, grid.Absorbing, grid.Reflecting), axis(t, -1, 1, 32, grid.Reflecting, grid.Absorbing))
	names := []string{"x", "y"}
	a := discretize(t, &fp.Problem{Variables: names, Equation: fp.Gibbs(2, quartic, tensor, nil)}, absorbing)
	b := discretize(t, &fp.Problem{Variables: names, Equation: fp.HanggiKlimontovich(2, drift, tensor)}, absorbing)
	if a.Generator.Matrix().NNZ() != b.Generator.Matrix().NNZ() {
		t.Fatalf("%d and %d entries", a.Generator.Matrix().NNZ(), b.Generator.Matrix().NNZ())
	}
	for k, v := range a.Generator.Matrix().Val {
		// Differences err by f⁽⁵⁾s⁴/30 < 1e-10 with s = 1/128 and f⁽⁵⁾ ≤ 1, and by 1e-13 from round-off; rates are up to 1e3.
		if w := b.Generator.Matrix().Val[k]; math.Abs(v-w) > 1e-8*(1+math.Abs(w)) {
			t.Fatalf("entry %d: %.15g, want %.15g", k, v, w)
		}
	}
	for i, v := range a.Generator.Exit {
		if w := b.Generator.Exit[i]; math.Abs(v-w) > 1e-8*(1+w) {
			t.Fatalf("exit of cell %d: %.15g, want %.15g", i, v, w)
		}
	}
}

func TestGeneratorHasTheSameBitsOnAnyNumberOfCores(t *testing.T) {
	c := exact.FullTensor()
	g := c.Grid(160) // 25600 cells: two pieces
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := discretize(t, c.Problem, g).Generator.Matrix()
	runtime.GOMAXPROCS(4)
	four := discretize(t, c.Problem, g).Generator.Matrix()
	if one.NNZ() != four.NNZ() {
		t.Fatalf("%d and %d entries", one.NNZ(), four.NNZ())
	}
	for k, v := range one.Val {
		if math.Float64bits(v) != math.Float64bits(four.Val[k]) || one.Col[k] != four.Col[k] {
			t.Fatalf("entry %d: %.17g and %.17g", k, v, four.Val[k])
		}
	}
}
