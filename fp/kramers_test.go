package fp_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// gibbs2D returns the process in a potential U with D = d·I.
func gibbs2D(d float64, u func(x, y float64) float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.Gibbs(2,
		fp.Pointwise(func(dst, x []float64) { dst[0] = u(x[0], x[1]) / d }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = d, 0, d }), nil)}
}

// The formula has the derivatives of the potentials, all passes, and the way round a circle; and
// rates come near it where noise is weak, with an error about the inverse of the barrier.
func TestKramersFormula(t *testing.T) {
	const a, b, d = 0.5, 0.4, 0.05
	left, right := func(x []float64) bool { return x[0] < -0.75 }, func(x []float64) bool { return x[0] > 0.75 }
	axis := func(lo, hi float64, n int) grid.Axis {
		return lineGrid(t, lo, hi, n, grid.Reflecting, grid.Reflecting).Axis(0)
	}
	circle := &fp.Problem{Variables: []string{"x"}, Equation: fp.Gibbs(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = 4 * math.Cos(2*x[0]) }), fp.Pointwise(func(dst, _ []float64) { dst[0] = d }), nil)}
	for name, k := range map[string]struct {
		p             *fp.Problem
		g             *grid.Grid
		from, to      fp.Set
		rate, barrier float64
		passes        int
	}{
		"line":  {well1D(d), grid.New(axis(-2, 2, 128)), left, right, math.Sqrt2 / (2 * math.Pi) * math.Exp(-5), 5, 1},
		"plane": {well2D(d), grid.New(axis(-2, 2, 96), axis(-1, 1, 40)), left, right, math.Sqrt2 / (2 * math.Pi) * math.Exp(-5), 5, 1},
		// a(r²−1)² − b x² has minima at x² = 1 + b/2a and passes at (0, ±1).
		"two passes": {
			gibbs2D(d, func(x, y float64) float64 { r := x*x + y*y - 1; return a*r*r - b*x*x }), grid.New(axis(-2, 2, 96), axis(-2, 2, 97)), left, right,
			2 * b / math.Pi * math.Sqrt(1+b/(2*a)) * math.Exp(-(b+b*b/(4*a))/d), (b + b*b/(4*a)) / d, 2,
		},
		// The same turned by 1 rad: wells and passes along no axis.
		"turned": {
			gibbs2D(d, func(x, y float64) float64 {
				x, y = math.Cos(1)*x+math.Sin(1)*y, math.Cos(1)*y-math.Sin(1)*x
				r := x*x + y*y - 1
				return a*r*r - b*x*x
			}), grid.New(axis(-2, 2, 96), axis(-2, 2, 97)), func(x []float64) bool { return math.Cos(1)*x[0]+math.Sin(1)*x[1] < -0.75 }, func(x []float64) bool { return math.Cos(1)*x[0]+math.Sin(1)*x[1] > 0.75 },
			2 * b / math.Pi * math.Sqrt(1+b/(2*a)) * math.Exp(-(b+b*b/(4*a))/d), (b + b*b/(4*a)) / d, 2,
		},
		// 4 cos 2x on a circle: |φ″| is 16 everywhere.
		"circle": {
			circle, lineGrid(t, 0, 2*math.Pi, 180, grid.Periodic, grid.Periodic), func(x []float64) bool { return math.Abs(x[0]-math.Pi/2) < 0.3 }, func(x []float64) bool { return math.Abs(x[0]-1.5*math.Pi) < 0.3 },
			2 * d / (2 * math.Pi) * 16 * math.Exp(-8), 8, 2,
		},
	} {
		s, err := fp.SolveTransition(k.p, k.g, k.from, k.to, fp.PassageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Kramers()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// Derivatives by differences over 1e-3 are good to 1e-5.
		if math.Abs(got.Rate/k.rate-1) > 1e-4 || math.Abs(got.Back/k.rate-1) > 1e-4 || math.Abs(got.Barrier-k.barrier) > 1e-8 || len(got.Passes) != k.passes {
			t.Errorf("%s: %+v, want a rate of %g over %g and %d passes", name, got, k.rate, k.barrier, k.passes)
		}
		t.Logf("%s: %.4f of the rate", name, s.Rate/got.Rate)
		if math.Abs(s.Rate/got.Rate-1) > 1/k.barrier {
			t.Errorf("%s: rate %g, by the formula %g", name, s.Rate, got.Rate)
		}
	}
}

func TestKramersSaysWhereItDoesNotApply(t *testing.T) {
	left, right := func(x []float64) bool { return x[0] < -0.7 }, func(x []float64) bool { return x[0] > 0.7 }
	line := lineGrid(t, -2, 2, 100, grid.Reflecting, grid.Reflecting)
	plane := grid.New(lineGrid(t, -2, 2, 40, grid.Reflecting, grid.Reflecting).Axis(0), lineGrid(t, -2, 2, 40, grid.Reflecting, grid.Reflecting).Axis(0))
	four, shallow := exact.QuadWell(0.05), exact.QuadWell(0.15)
	corner := func(sign float64) fp.Set {
		return func(x []float64) bool { return math.Hypot(x[0]+sign*1.1, x[1]-sign*1.1) < 0.3 }
	}
	ellipse := *well2D(0.05)
	ellipse.Equation = fp.Gibbs(2, fp.Pointwise(func(dst, x []float64) { dst[0] = 10 * (x[0]*x[0] - 1) * (x[0]*x[0] - 1) }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 1, 0, 2 }), nil)
	double := exact.DoubleWell1D()
	for name, k := range map[string]struct {
		p        *fp.Problem
		g        *grid.Grid
		from, to fp.Set
		want     string
	}{
		"low":  {well1D(0.15), line, left, right, "the barrier is 1.7"},
		"four": {four.Problem, four.Grid(48), left, right, "want two wells, however shallow, have 4"},
		// Of a depth of 0.6, two on either way: the formula of one pass would be off by a factor of 2.
		"shallow":  {shallow.Problem, shallow.Grid(64), corner(1), corner(-1), "have 4"},
		"one":      {gibbs2D(0.1, func(x, y float64) float64 { return x*x + y*y }), plane, left, right, "want two wells, however shallow, have 1"},
		"set":      {well1D(0.05), line, left, func(x []float64) bool { return x[0] > 1.2 }, "a well in each of the sets"},
		"ellipse":  {&ellipse, plane, left, right, "D varies or has a direction"},
		"varies":   {double.Problem, double.Grid(64), left, right, "D varies or has a direction"},
		"rotation": {exact.LimitCycle().Problem, exact.LimitCycle().Grid(48), left, right, "detailed balance"},
	} {
		s, err := fp.SolveTransition(k.p, k.g, k.from, k.to, fp.PassageOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var no *fp.KramersError
		if got, err := s.Kramers(); !errors.As(err, &no) || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, k.want)
		}
	}
}
