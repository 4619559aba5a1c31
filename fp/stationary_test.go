package fp_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

func solve(t testing.TB, c *exact.Case, n int) *fp.Stationary {
	t.Helper()
	s, err := fp.SolveStationary(c.Problem, c.Grid(n), fp.StationaryOptions{Order: fp.OrderMonotone})
	if err != nil {
		t.Fatalf("%s, n=%d: %v", c.Name, n, err)
	}
	return s
}

// study returns the tables of the errors of density, current and entropy production.
func study(t testing.TB, c *exact.Case, sizes ...int) (density, current, entropy *exact.OrderTable) {
	t.Helper()
	density, current, entropy = new(exact.OrderTable), new(exact.OrderTable), new(exact.OrderTable)
	for _, n := range sizes {
		s := solve(t, c, n)
		e := c.Errors(s, s.Current())
		density.Add(n, e.Density)
		current.Add(n, e.Current)
		entropy.Add(n, e.EntropyProduction)
	}
	return density, current, entropy
}

// wantOrder fails unless the last observed order is within slack of want.
func wantOrder(t *testing.T, what string, tab *exact.OrderTable, want, slack float64) {
	t.Helper()
	if got := tab.Last(); !(math.Abs(got-want) <= slack) {
		t.Errorf("%s: observed order %.3f, want %g ± %g\n%v", what, got, want, slack, tab)
	}
}

// wantError fails where the last error exceeds limit.
func wantError(t *testing.T, what string, tab *exact.OrderTable, limit float64) {
	t.Helper()
	if _, got, _ := tab.Row(tab.Len() - 1); !(got <= limit) {
		t.Errorf("%s: error %.3g, want ≤ %.3g\n%v", what, got, limit, tab)
	}
}

// Ornstein–Uhlenbeck processes (A2) converge at second order in density, current
// and entropy production, with isotropic noise by the star scheme and rotated,
// anisotropic noise by Selling's.
func TestRotationOrder(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		ratio, slack, density, current float64
		scheme                         fp.Scheme
	}{
		{1, 0.05, 1.6e-3, 3.6e-3, fp.SchemeStar},
		// Cells whose drift exceeds D/h go upwind, of first order; as h falls they move out
		// of the bulk, and the error falls faster than h² while they do.
		{0.2, 0.4, 1.2e-3, 2.5e-3, fp.SchemeSelling},
	} {
		c := exact.Rotation2D(k.ratio)
		if s := solve(t, c, 32); s.Scheme != k.scheme {
			t.Errorf("ratio %g: scheme %v, want %v", k.ratio, s.Scheme, k.scheme)
		}
		density, current, entropy := study(t, c, 64, 128, 256)
		wantError(t, c.Name+", density", density, k.density)
		wantError(t, c.Name+", current", current, k.current)
		wantError(t, c.Name+", entropy production", entropy, k.current)
		wantOrder(t, c.Name+", density", density, 2, k.slack)
		wantOrder(t, c.Name+", current", current, 2, k.slack)
		if k.ratio == 1 { // else its error changes sign on the way
			wantOrder(t, c.Name+", entropy production", entropy, 2, k.slack)
		}
	}
}

// The problem file of A9 and the exact case have the same samples: moments of the
// data on one side, sums of powers on the other.
func TestNoiseFromDataMeetsTheExactRegression(t *testing.T) {
	c := exact.LinearRegression()
	f := shipped(t, "a9_linear_regression.yaml", 256)
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	fromFile, err := fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fromCase, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range fromCase.Density.Values {
		// Logarithms of up to 30 by sums of 256 intervals, each with round-off of the moments of 12 samples.
		if got := fromFile.Density.Values[i]; math.Abs(got/want-1) > 30*256*12*0x1p-53 {
			t.Fatalf("cell %d: %g from the file, %g from the case", i, got, want)
		}
	}
}

// Multi-well potentials (A3) in two and three dimensions come out entry by entry,
// from the deepest well to cells that hold 1e-250 of the mass.
func TestGibbsDensityIsExactInEveryCell(t *testing.T) {
	for _, k := range []struct {
		c *exact.Case
		n int
	}{
		{exact.QuadWell(0.15), 64}, {exact.QuadWell(0.02), 96}, {exact.OctoWell(0.15), 16},
	} {
		s := solve(t, k.c, k.n)
		g := s.Density.Grid
		_, top := s.Density.Max()
		x, peak := make([]float64, g.Dim()), make([]float64, g.Dim())
		g.Center(peak, top)
		var worst float64
		tails := 0
		for i, v := range s.Density.Values {
			if s.Mass[i] < 1e-250 {
				continue
			}
			if s.Mass[i] < 1e-100 {
				tails++
			}
			g.Center(x, i)
			want := math.Exp(k.c.LogDensity(x) - k.c.LogDensity(peak))
			worst = max(worst, math.Abs(v/s.Density.Values[top]/want-1))
		}
		// ln p ≤ 575 has an error of 575·2⁻⁵³ = 6e-14, and each of the n rates on the way to
		// the peak has as much at most; the elimination adds some 100 roundings.
		if worst > 1e-11 {
			t.Errorf("%s, n=%d: relative error %.3g in some cell, want ≤ 1e-11", k.c.Name, k.n, worst)
		}
		if j := s.Current(); s.EntropyProduction(j) > 1e-20 { // the square of round-off, over p
			t.Errorf("%s: entropy production %.3g in equilibrium", k.c.Name, s.EntropyProduction(j))
		}
		if k.n == 96 && tails < 100 {
			t.Errorf("%s: %d cells below 1e-100: the tails are not there to be tested", k.c.Name, tails)
		}
	}
}

// The full tensor with its windowed stream function (A4) converges at second order
// in density, current and entropy production, with and without its potential.
func TestFullTensorOrder(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		c                         *exact.Case
		density, current, entropy float64 // at 256²
	}{
		// C h², measured: density 3.6e-4, current 4.7e-4, entropy production 4.0e-4.
		{exact.FullTensor(), 4e-4, 5e-4, 4.4e-4},
		// 7.9e-5, 2.6e-4, 3.8e-4.
		{exact.FullTensorGibbs(), 9e-5, 2.9e-4, 4.2e-4},
	} {
		density, current, entropy := study(t, k.c, 64, 128, 256)
		for _, q := range []struct {
			what  string
			tab   *exact.OrderTable
			limit float64
		}{{"density", density, k.density}, {"current", current, k.current}, {"entropy production", entropy, k.entropy}} {
			// The superbase of Selling's formula changes across lines in the plane, where the
			// h² term has kinks: orders wander by a few hundredths.
			wantOrder(t, k.c.Name+", "+q.what, q.tab, 2, 0.05)
			wantError(t, k.c.Name+", "+q.what, q.tab, q.limit)
		}
	}
}

// The limit cycle (A7) converges at second order.
func TestLimitCycleOrder(t *testing.T) {
	skipLong(t)
	c := exact.LimitCycle()
	density, current, entropy := study(t, c, 64, 128, 256)
	// The ring is 0.22 wide, five cells at n = 64: the h⁴ term still moves the last order by 0.03.
	wantOrder(t, "density", density, 2, 0.05)
	wantOrder(t, "current", current, 2, 0.05)
	wantOrder(t, "entropy production", entropy, 2, 0.05)
	wantError(t, "density", density, 1.5e-3) // measured 1.4e-3
	wantError(t, "current", current, 2.4e-3) // measured 2.3e-3
}

// In three dimensions (A14) the multi-well by its potential is of second order.
func TestOctoWellOrder(t *testing.T) {
	density, _, _ := study(t, exact.OctoWell(0.25), 16, 20, 28)
	// The scheme's centre values are exact, so that the error is p″h²/24 of averages
	// with an h⁴ term of (h/width)²/6 = 3 % of it.
	wantOrder(t, "density", density, 2, 0.1)
}

// So does rotation about a tilted axis with a full tensor (A14), in a box of 4.5
// deviations, beyond which there is 2e-5.
func TestRotation3DOrder(t *testing.T) {
	skipLong(t)
	c := exact.Rotation3D()
	for a := range c.Box {
		c.Box[a].Min *= 4.5 / 8
		c.Box[a].Max *= 4.5 / 8
	}
	density, current, _ := study(t, c, 16, 24, 32)
	// Half the cells go upwind at n = 16, and the order rises towards 2 as they become fewer.
	wantOrder(t, "density", density, 2, 0.15)
	wantError(t, "density", density, 0.03) // measured 0.027
	wantError(t, "current", current, 0.08)
}

// With the same generator the residuals are round-off: a row of A has at most 20
// entries, and each product and sum rounds once.
func TestResidualsAreRoundOff(t *testing.T) {
	for _, c := range exact.All() {
		n := map[int]int{1: 256, 2: 48, 3: 12}[c.Dim()]
		s := solve(t, c, n)
		if s.Residual > 20*0x1p-53 {
			t.Errorf("%s: residual %.3g", c.Name, s.Residual)
		}
		if s.EntryResidual > 100*0x1p-53 {
			t.Errorf("%s: largest relative residual of a cell %.3g", c.Name, s.EntryResidual)
		}
		if got := s.Density.Integral(); math.Abs(got-1) > 100*0x1p-53 {
			t.Errorf("%s: Σ p V − 1 = %.3g", c.Name, got-1)
		}
		if r := s.DivergenceResidual(s.Current()); r > 100*0x1p-53 {
			t.Errorf("%s: ∇·J is %.3g of the turnover", c.Name, r)
		}
		for i, v := range s.Density.Values {
			if !(v >= 0) {
				t.Fatalf("%s: density %g in cell %d", c.Name, v, i)
			}
		}
	}
}

func TestWorkersDoNotChangeTheBits(t *testing.T) {
	c := exact.FullTensor()
	g := c.Grid(96)
	one, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: fp.OrderMonotone, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	four, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: fp.OrderMonotone, Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range one.Mass {
		if math.Float64bits(v) != math.Float64bits(four.Mass[i]) {
			t.Fatalf("cell %d: %.17g with one worker, %.17g with four", i, v, four.Mass[i])
		}
	}
}

func TestAbsorbingWallsAreRefused(t *testing.T) {
	c := exact.DoubleWell1D()
	c.Box[0].Upper = grid.Absorbing
	_, err := fp.SolveStationary(c.Problem, c.Grid(32), fp.StationaryOptions{})
	var want *fp.AbsorbingError
	if !errors.As(err, &want) || want.Variable != "x" {
		t.Errorf("error %v, want an AbsorbingError of x", err)
	}
}

// Noise that vanishes for x > 0, with a drift that settles at x = 1 and at x = 2
// there, leaves two places that probability never leaves.
func TestSeveralStatesAreNamed(t *testing.T) {
	drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = (1-x[0])*(1.5-x[0])*(2-x[0]), -x[1] })
	none := fp.Pointwise(func(dst, _ []float64) { clear(dst) })
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2, drift, none)}
	axis, err := grid.Uniform(-3, 3, 60, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fp.SolveStationary(p, grid.New(axis, axis), fp.StationaryOptions{})
	var several *fp.SeveralStatesError
	if !errors.As(err, &several) {
		t.Fatalf("error %v, want SeveralStatesError", err)
	}
	if len(several.Sizes) < 2 || !strings.Contains(err.Error(), "x = 1") || !strings.Contains(err.Error(), "x = 2") {
		t.Errorf("%v: want parts at x near 1 and 2", err)
	}
}

func TestUnderResolvedDriftIsWarnedOf(t *testing.T) {
	c := exact.LimitCycle()
	if s := solve(t, c, 32); len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "Péclet") {
		t.Errorf("n=32: warnings %q, want one of the cell Péclet number", s.Warnings)
	}
	if s := solve(t, c, 128); len(s.Warnings) != 0 {
		t.Errorf("n=128: warnings %q, want none", s.Warnings)
	}
}

// At second order a third of the distance to the coarse grid is the error.
func TestErrorEstimateMeetsTheError(t *testing.T) {
	c := exact.FullTensor()
	s := solve(t, c, 128)
	estimate, ok, err := s.EstimateError(fp.StationaryOptions{})
	if err != nil || !ok {
		t.Fatalf("EstimateError: %v, %v", ok, err)
	}
	e := c.Errors(s, s.Current())
	for _, q := range []struct {
		what      string
		got, want float64
	}{
		{"density", estimate.Density / 3, e.Density},
		{"current", estimate.Current / 3, e.Current},
		{"entropy production", estimate.EntropyProduction / 3, e.EntropyProduction * c.EntropyProduction()},
	} {
		// Restriction by averages of centre values adds an h² of its own to that of the current.
		if math.Abs(q.got/q.want-1) > 0.25 {
			t.Errorf("%s: estimate %.3g, error %.3g", q.what, q.got, q.want)
		}
	}
	if _, ok, _ := solve(t, c, 45).EstimateError(fp.StationaryOptions{}); ok {
		t.Error("45 cells were halved")
	}
}

func BenchmarkStationary(b *testing.B) {
	c := exact.FullTensor()
	for _, n := range []int{64, 128, 256} {
		g := c.Grid(n)
		b.Run(fmt.Sprintf("d=2/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Cells()), "ns/cell")
		})
	}
}

// Of the von Mises density ∝ exp(2 cos(x−1)) the circular mean is 1 wherever the circle is
// cut; the mean is not. An even density has none, nor has an axis with walls.
func TestCircularMeanDoesNotDependOnTheCut(t *testing.T) {
	at := func(potential, interval string) (float64, bool, float64) {
		f, err := fp.ReadProblem(strings.NewReader("version: 1\nvariables: [x]\nequation: {potential: \""+potential+"\", diffusion: 1}\ndomain: {x: {cells: 64, "+interval+"}}\n"), fp.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			t.Fatal(err)
		}
		s, err := fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x, ok := s.CircularMean(0)
		mean, _ := s.Moments()
		return x, ok, mean[0]
	}
	var means []float64
	for _, cut := range []string{"0", "-pi", "0.9", "1"} {
		x, ok, mean := at("-2*cos(x-1)", "boundary: periodic, min: "+strconv.Quote(cut)+", max: "+strconv.Quote("2*pi+"+cut))
		// The sum over 64 cells of an analytic density is exact to round-off, of some 64
		// terms; at the cut itself 1 and 1+2π are the same.
		if d := math.Remainder(x-1, 2*math.Pi); !ok || math.Abs(d) > 1e-13 {
			t.Errorf("cut at %s: circular mean %v, %v", cut, x, ok)
		}
		means = append(means, mean)
	}
	if !(math.Abs(means[0]-means[2]) > 0.1) {
		t.Errorf("means %v: one of them should depend on the cut", means)
	}
	if x, ok, _ := at("-cos(2*x)", `boundary: periodic, min: 0, max: "2*pi"`); ok {
		t.Errorf("two equal wells opposite each other have the circular mean %v", x)
	}
	if x, ok, _ := at("x^2/2", "min: -5, max: 5"); ok {
		t.Errorf("an axis with walls has the circular mean %v", x)
	}
}
