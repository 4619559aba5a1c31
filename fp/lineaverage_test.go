package fp_test

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// lines returns the cases A1, A5, A6 and A9, in one dimension.
func lines() []*exact.Case {
	return []*exact.Case{exact.DoubleWell1D(), exact.TiltedPeriodic(), exact.Ratchet(), exact.LinearRegression()}
}

// Mass gives the ratios of the density at the centres exactly, already on a coarse grid.
func TestLineMassIsExactAtCentres(t *testing.T) {
	for _, c := range lines() {
		for _, n := range []int{96, 192} {
			s := solve(t, c, n)
			g := s.Density.Grid
			_, top := s.Density.Max()
			x, peak := make([]float64, 1), make([]float64, 1)
			g.Center(peak, top)
			for i, m := range s.Mass {
				g.Center(x, i)
				want := c.LogDensity(x) - c.LogDensity(peak)
				got := math.Log(m / g.Volume(i) / (s.Mass[top] / g.Volume(top)))
				// 8-point quadrature of each interval errs by 1e-14 where |∫v/D| ≤ 3, here, and
				// the error of n of them in a row adds up; ln p itself rounds at 50 units of 1e-16.
				if math.Abs(got-want) > 1e-12 {
					t.Fatalf("%s, n=%d: at %v ln(p/p_max) = %.15g, want %.15g", c.Name, n, x, got, want)
				}
			}
		}
	}
}

// lineTolerance is what the rounding of n intervals leaves of a density, 2⁻⁵³ each, and of
// the exact one, a sum of 16·256 values that each round in the exponent of at most 50.
func lineTolerance(n int) float64 { return float64(n+50) * 0x1p-53 }

// The error of averages over cells is round-off at any number of cells, in and out of
// equilibrium, on equal and on graded cells.
func TestLineDensityIsExact(t *testing.T) {
	skipLong(t)
	for _, c := range lines() {
		density, _, _ := study(t, c, 48, 96, 192)
		for k := range density.Len() {
			n, got, _ := density.Row(k)
			limit := lineTolerance(n)
			if n == 48 && c.Name == exact.LinearRegression().Name {
				// At the peak the complex zeros of D are 9 half lengths of an interval away: polynomials
				// of degree 7 err by (2·9)⁻⁸ = 1e-10 of a work of 0.1. At n = 96 it is 2⁻⁹ of that.
				limit = 1e-11
			}
			if got > limit {
				t.Errorf("%s, n=%d: error %.3g, want ≤ %.3g\n%v", c.Name, n, got, limit, density)
			}
		}
	}
}

// So is the relative error of every single cell, from densities of 2 to 1e-18.
func TestLineDensityIsExactInEveryCell(t *testing.T) {
	for _, c := range lines() {
		for _, n := range []int{96, 192} {
			s := solve(t, c, n)
			for i, want := range c.Density(s.Density.Grid).Values {
				// As for values at centres: n quadratures in a row, and exponents of up to 50.
				if got := s.Density.Values[i]; math.Abs(got/want-1) > 1e-12 {
					t.Fatalf("%s, n=%d: cell %d has %.15g, want %.15g", c.Name, n, i, got, want)
				}
			}
		}
	}
}

// A potential gives the same averages as its slope: of the double well, of the washboard
// with a constant w beside φ = 2 sin x, and of the ratchet with ψ = φ + x/2 and v = −Dψ′.
func TestLineDensityByPotentialIsExact(t *testing.T) {
	skipLong(t)
	scalar := func(f func(x float64) float64) fp.Func {
		return fp.Pointwise(func(dst, x []float64) { dst[0] = f(x[0]) })
	}
	hot := func(x float64) float64 { return 1 / (2 + math.Cos(x)) }
	for _, k := range []struct {
		c               *exact.Case
		potential, d, w func(x float64) float64
	}{
		{
			exact.DoubleWell1D(),
			func(x float64) float64 { return 10*x*x - 29*math.Log1p(x*x/2) },
			func(x float64) float64 { return 0.1 * (1 + x*x/2) },
			func(float64) float64 { return 0 },
		},
		{
			exact.TiltedPeriodic(),
			func(x float64) float64 { return 2 * math.Sin(x) },
			func(float64) float64 { return 0.5 },
			func(float64) float64 { return 0.5 },
		},
		{
			exact.Ratchet(),
			func(x float64) float64 { return 2*math.Sin(x) + math.Sin(2*x)/4 + math.Log(hot(x)) },
			hot,
			func(x float64) float64 { return -hot(x) / 2 },
		},
	} {
		p := &fp.Problem{Variables: []string{"x"}, Equation: fp.Gibbs(1, scalar(k.potential), scalar(k.d), scalar(k.w))}
		for _, n := range []int{48, 96, 192} {
			s, err := fp.SolveStationary(p, k.c.Grid(n), fp.StationaryOptions{})
			if err != nil {
				t.Fatal(err)
			}
			e := k.c.Errors(s, s.Current())
			if e.Density > lineTolerance(n) {
				t.Errorf("%s, n=%d: error %.3g, want ≤ %.3g", k.c.Name, n, e.Density, lineTolerance(n))
			}
			if limit := entropyTolerance(k.c, n); e.EntropyProduction > limit {
				t.Errorf("%s, n=%d: error of the entropy production %.3g, want ≤ %.3g", k.c.Name, n, e.EntropyProduction, limit)
			}
		}
	}
}

// On a circle the current of the washboard (A5) and of the ratchet (A6) is exact at
// any resolution that quadrature between two centres copes with, also where the density
// is too narrow for the midpoint rule: at n = 8 that errs by 1e-5 (A5) and 4e-4 (A6).
func TestCircleCurrentIsExact(t *testing.T) {
	for _, c := range []*exact.Case{exact.TiltedPeriodic(), exact.Ratchet()} {
		for _, n := range []int{8, 32, 64, 256} {
			s := solve(t, c, n)
			j := s.Current()
			want := make([]float64, 1)
			c.PointCurrent(want, []float64{0})
			if math.Abs(want[0]) < 1e-3 {
				t.Fatalf("%s: no current to compare with: %g", c.Name, want[0])
			}
			for k, got := range j.Faces.Flow[0] {
				// The flow is the small difference of two flows of p D/h ≲ n/6: n·2⁻⁵³ each, over n cells.
				if tol := 1e-15 * float64(n); math.Abs(got-want[0]) > tol {
					t.Fatalf("%s, n=%d: flow through face %d is %.16g, want %.16g", c.Name, n, k, got, want[0])
				}
			}
		}
	}
}

// entropyTolerance is that of the current, relative, out of equilibrium; in equilibrium
// the square of the current that is left, over p.
func entropyTolerance(c *exact.Case, n int) float64 {
	if c.InEquilibrium() {
		return 1e-20
	}
	j := make([]float64, 1)
	c.PointCurrent(j, []float64{0})
	return 1e-15 * float64(n) / math.Abs(j[0])
}

// The entropy production is exact to the same accuracy as the current, and is the current
// times the work of once around: 2πF/D on the washboard, −π on the ratchet.
func TestLineEntropyProductionIsExact(t *testing.T) {
	skipLong(t)
	for _, c := range lines() {
		for _, n := range []int{48, 96, 192} {
			s := solve(t, c, n)
			if e, limit := c.Errors(s, s.Current()), entropyTolerance(c, n); e.EntropyProduction > limit {
				t.Errorf("%s, n=%d: error %.3g, want ≤ %.3g", c.Name, n, e.EntropyProduction, limit)
			}
		}
	}
	for _, k := range []struct {
		c    *exact.Case
		work float64
	}{{exact.TiltedPeriodic(), 2 * math.Pi}, {exact.Ratchet(), -math.Pi}} {
		j := make([]float64, 1)
		k.c.PointCurrent(j, []float64{0})
		for _, n := range []int{8, 32} {
			s := solve(t, k.c, n)
			want := j[0] * k.work
			// At n = 8 there are eight intervals with |∫v/D| ≤ 3, where quadrature errs by 1e-14.
			if got := s.EntropyProduction(s.Current()); math.Abs(got/want-1) > 1e-13+entropyTolerance(k.c, n) {
				t.Errorf("%s, n=%d: entropy production %.16g, want %.16g", k.c.Name, n, got, want)
			}
		}
	}
}

// Noise that vanishes for x < 0, which the drift leaves: the averages are those of a
// density nonetheless.
func TestLineDensityWhereNoiseVanishes(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = 1 - x[0] }),
		fp.Pointwise(func(dst, x []float64) { dst[0] = max(0, x[0]*x[0]*x[0]) / 10 }))}
	s, err := fp.SolveStationary(p, grid.New(axis(t, -1, 3, 64, grid.Reflecting, grid.Reflecting)), fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Density.Integral(); math.Abs(got-1) > 64*0x1p-53 {
		t.Errorf("Σ p V − 1 = %.3g", got-1)
	}
	for i, v := range s.Density.Values {
		if x := s.Density.Grid.Axis(0).Center(i); !(v >= 0) || x < 0 && v > 0 || x > 0.3 && v == 0 {
			t.Errorf("density %g at %g", v, x)
		}
	}
}
