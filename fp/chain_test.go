package fp_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// The linear form is taken where it is resolved, the logarithmic one where it is not but
// converges, a generator where neither does, exp(−φ) in equilibrium, the nodal generator in
// one dimension; Why and warnings tell.
func TestSchemeSuitsProblemAndGrid(t *testing.T) {
	const anyOrder = fp.Order(-1) // the last that Newton's steps came to
	walls := [][2]float64{{-4, 4}, {-6, 6}}
	for _, k := range []struct {
		name      string
		p         *fp.Problem
		g         *grid.Grid
		opt       fp.StationaryOptions
		scheme    fp.Scheme
		order     fp.Order
		why, warn string // "": none
	}{
		{"limit cycle, 64²", exact.LimitCycle().Problem, exact.LimitCycle().Grid(64), fp.StationaryOptions{}, fp.SchemeLinear, 8, "", ""},
		{"limit cycle, 63²", exact.LimitCycle().Problem, exact.LimitCycle().Grid(63), fp.StationaryOptions{}, fp.SchemeLinear, 6, "", ""},
		{"limit cycle, positive", exact.LimitCycle().Problem, exact.LimitCycle().Grid(72), fp.StationaryOptions{Positive: true, Order: 6}, fp.SchemeLogarithmic, 6, "", ""},
		{"quad well, 48²", exact.QuadWell(0.15).Problem, exact.QuadWell(0.15).Grid(48), fp.StationaryOptions{}, fp.SchemeGibbs, 6, "", ""},
		{"octo well, 16³", exact.OctoWell(0.15).Problem, exact.OctoWell(0.15).Grid(16), fp.StationaryOptions{}, fp.SchemeGibbs, 6, "", ""},
		{"double well, 128", exact.DoubleWell1D().Problem, exact.DoubleWell1D().Grid(128), fp.StationaryOptions{}, fp.SchemeNodal, fp.OrderMonotone, "", ""},
		{"double well, order 8", exact.DoubleWell1D().Problem, exact.DoubleWell1D().Grid(128), fp.StationaryOptions{Order: 8}, fp.SchemeLinear, 8, "", ""},
		{"double well, positive", exact.DoubleWell1D().Problem, exact.DoubleWell1D().Grid(128), fp.StationaryOptions{Positive: true}, fp.SchemeLogarithmic, 8, "", ""},
		{"limit cycle, monotone", exact.LimitCycle().Problem, exact.LimitCycle().Grid(128), fp.StationaryOptions{Order: fp.OrderMonotone}, fp.SchemeStar, fp.OrderMonotone, "", ""},
		{"full tensor, monotone", exact.FullTensor().Problem, exact.FullTensor().Grid(48), fp.StationaryOptions{Order: fp.OrderMonotone}, fp.SchemeSelling, fp.OrderMonotone, "", ""},
		{"limit cycle, solver named", exact.LimitCycle().Problem, exact.LimitCycle().Grid(128), fp.StationaryOptions{Solver: fp.SolverMultigrid}, fp.SchemeStar, fp.OrderMonotone, "", ""},
		{"limit cycle, 3²", exact.LimitCycle().Problem, walled(t, 3, [2]float64{-2.5, 2.5}, [2]float64{-2.5, 2.5}), fp.StationaryOptions{}, fp.SchemeStar, fp.OrderMonotone, "", "Péclet"},
		{"van der Pol, D=0.2, 64²", vanDerPol(0.2), walled(t, 64, walls...), fp.StationaryOptions{}, fp.SchemeLogarithmic, anyOrder, "the linear form of order 8 is not resolved", ""},
		{"van der Pol, D=0.01, 48²", vanDerPol(0.01), walled(t, 48, walls...), fp.StationaryOptions{}, fp.SchemeStar, fp.OrderMonotone, "the logarithmic form did not converge", "this is a generator's density"},
	} {
		s := solveWith(t, k.p, k.g, k.opt)
		if s.Scheme != k.scheme || s.Order != k.order && k.order != anyOrder {
			t.Errorf("%s: %v of order %v, want %v of order %v", k.name, s.Scheme, s.Order, k.scheme, k.order)
		}
		for what, text := range map[string][2]string{"why": {strings.Join(s.Why, ", "), k.why}, "warnings": {strings.Join(s.Warnings, ", "), k.warn}} {
			if got, want := text[0], text[1]; (want == "") != (got == "") || !strings.Contains(got, want) {
				t.Errorf("%s: %s %q, want %q", k.name, what, got, want)
			}
		}
	}
}

// At 128² cells van der Pol's ridge of D = 0.05 is too much for the linear form and not for
// the logarithmic one, that of D = 0.01 for both.
func TestSchemeOfNarrowRidges(t *testing.T) {
	if !*long {
		t.Skip("takes a minute; run with -long")
	}
	g := walled(t, 128, [2]float64{-4, 4}, [2]float64{-6, 6})
	s := solveWith(t, vanDerPol(0.05), g, fp.StationaryOptions{})
	if why := strings.Join(s.Why, ", "); s.Scheme != fp.SchemeLogarithmic || !strings.Contains(why, "the linear form of order 8") {
		t.Errorf("D=0.05: %v because %q", s.Scheme, why)
	}
	s = solveWith(t, vanDerPol(0.01), g, fp.StationaryOptions{})
	if warn := strings.Join(s.Warnings, ", "); s.Scheme != fp.SchemeStar || !strings.Contains(warn, "this is a generator's density") {
		t.Errorf("D=0.01: %v, %q", s.Scheme, warn)
	}
}

// On request densities are positive in every cell, and right cell by cell, relative to what
// is there, down to 1e-8 of the maximum.
func TestPositiveDensityIsRightInTheTails(t *testing.T) {
	for _, k := range []struct {
		c     *exact.Case
		n     int
		limit float64
	}{
		{exact.FullTensor(), 128, 1e-3}, // 1.3e-4 in all cells: an error of h⁸, where ln p is steepest
		{exact.Rotation2D(1), 96, 1e-3}, // some 2e-5, as h⁸
		{exact.DoubleWell1D(), 128, 1e-3},
	} {
		s := solveWith(t, k.c.Problem, k.c.Grid(k.n), fp.StationaryOptions{Positive: true})
		if s.Scheme != fp.SchemeLogarithmic || len(s.Warnings) > 0 {
			t.Errorf("%s: %v, %q", k.c.Name, s.Scheme, s.Warnings)
		}
		want := k.c.Density(s.Density.Grid)
		top, _ := want.Max()
		var worst float64
		for i, v := range s.Density.Values {
			if !(v > 0) {
				t.Fatalf("%s: density %g in cell %d", k.c.Name, v, i)
			}
			if want.Values[i] > 1e-8*top {
				worst = max(worst, math.Abs(v/want.Values[i]-1))
			}
		}
		if !(worst <= k.limit) {
			t.Errorf("%s, n=%d: relative error %.3g in some cell, want ≤ %.3g", k.c.Name, k.n, worst, k.limit)
		}
	}
}

// An order asked for is the order of the result, whether or not it converges; where not,
// the error says so and the result comes along.
func TestExplicitOrderIsKept(t *testing.T) {
	for _, c := range []*exact.Case{exact.LimitCycle(), exact.FullTensor(), exact.QuadWell(0.15), exact.DoubleWell1D()} {
		for _, w := range []fp.Order{2, 4, 6, 8} {
			for _, positive := range []bool{false, true} {
				s, err := fp.SolveStationary(c.Problem, c.Grid(24), fp.StationaryOptions{Order: w, Positive: positive})
				var diverged *fp.ConvergenceError
				if err != nil && !errors.As(err, &diverged) {
					t.Errorf("%s, order %v: %v", c.Name, w, err)
					continue
				}
				if s.Order != w {
					t.Errorf("%s: order %v, want %v", c.Name, s.Order, w)
				}
			}
		}
	}
	s, err := fp.SolveStationary(vanDerPol(0.01), walled(t, 24, [2]float64{-4, 4}, [2]float64{-6, 6}), fp.StationaryOptions{Order: 8})
	var diverged *fp.ConvergenceError
	if !errors.As(err, &diverged) || s == nil || s.Order != 8 || math.Abs(s.Density.Integral()-1) > 1e-12 {
		t.Errorf("%v, %+v; want a density and a ConvergenceError", err, s)
	}
}

// Too few cells for an order are an error that names both; on the fewest that bear it the
// problem is solved.
func TestOrdersWantCells(t *testing.T) {
	c := exact.LimitCycle()
	for w, least := range map[fp.Order]int{2: 4, 4: 8, 6: 14, 8: 20} {
		var tooFew *fp.OrderError
		if _, err := fp.SolveStationary(c.Problem, c.Grid(least-1), fp.StationaryOptions{Order: w}); !errors.As(err, &tooFew) || tooFew.Order != w {
			t.Errorf("order %v on %d²: %v, want an OrderError", w, least-1, err)
		}
		var diverged *fp.ConvergenceError
		s, err := fp.SolveStationary(c.Problem, c.Grid(least), fp.StationaryOptions{Order: w})
		if err != nil && !errors.As(err, &diverged) || s == nil {
			t.Errorf("order %v on %d²: %v", w, least, err)
		}
	}
}

// Less memory leaves GMRES fewer vectors, at least twenty, and it begins anew more often,
// but gets there.
func TestLittleMemoryConverges(t *testing.T) {
	c := exact.Underdamped()
	var iterations []int
	for _, memory := range []int64{0, 1} {
		s := solveWith(t, c.Problem, c.Grid(64), fp.StationaryOptions{MaxMemory: memory})
		if d := grid.L1(s.Density, c.Density(s.Density.Grid)); !(d <= 2e-5) || s.Scheme != fp.SchemeLinear { // 1.7e-5 with all memory
			t.Errorf("in %d bytes: %v, error %.3g", memory, s.Scheme, d)
		}
		iterations = append(iterations, s.Solver.Krylov.Iterations)
	}
	if !(iterations[1] > iterations[0]) { // of some 60
		t.Errorf("%d iterations with all memory, %d with little: it had no effect", iterations[0], iterations[1])
	}
}

// The same problem in other coordinates has the same solution: axes swapped, an axis
// mirrored, a periodic box cut elsewhere. The linear form stops when GMRES leaves a hundredth of
// the difference of two orders, of which the error estimate is a third or more; the logarithmic
// form's later stages leave up to 0.03 of where the blend before begins, which is at most 1e-5.
func TestSymmetries(t *testing.T) {
	relabelled := func(p *fp.Problem, to func(x []float64) []float64, back func(v, d []float64)) *fp.Problem {
		eval := func(x []float64) (out [5]float64) {
			dst, at := make([][]float64, 5), [][]float64{{x[0]}, {x[1]}}
			for c := range dst {
				dst[c] = out[c : c+1]
			}
			p.Equation.Eval(dst, at)
			back(out[:2], out[2:])
			return out
		}
		return &fp.Problem{Variables: p.Variables, Equation: fp.HanggiKlimontovich(2,
			fp.Pointwise(func(dst, x []float64) { v := eval(to(x)); copy(dst, v[:2]) }),
			fp.Pointwise(func(dst, x []float64) { v := eval(to(x)); copy(dst, v[2:]) }))}
	}
	same := func(name string, tol float64, a, b *fp.Stationary, cell func(i, j int) (int, int)) {
		t.Helper()
		if a.Scheme == fp.SchemeLinear {
			e, _, _ := a.EstimateError(fp.StationaryOptions{})
			tol *= e.Density
		}
		n, m := a.Density.Grid.Shape()[0], b.Density.Grid.Shape()[0]
		var diff float64
		for k, v := range a.Density.Values {
			i, j := cell(k%n, k/n)
			diff += math.Abs(v-b.Density.Values[i+m*j]) * a.Density.Grid.Volume(k)
		}
		if !(diff <= tol) || a.Scheme != b.Scheme || a.Order != b.Order {
			t.Errorf("%s: differs by %.3g, want ≤ %.3g; %v %v and %v %v", name, diff, tol, a.Scheme, a.Order, b.Scheme, b.Order)
		}
	}
	c := exact.FullTensor()
	axis := func(lo, hi float64, n int) grid.Axis {
		ax, err := grid.Uniform(lo, hi, n, grid.Reflecting, grid.Reflecting)
		return mustAxis(t, ax, err)
	}
	x, y := axis(-3, 3, 84), axis(-3, 3, 97)
	for _, positive := range []bool{false, true} {
		opt, tol := fp.StationaryOptions{Positive: positive}, 0.03
		if positive {
			tol = 3e-7
		}
		plain := solveWith(t, c.Problem, grid.New(x, y), opt)
		swapped := solveWith(t, relabelled(c.Problem,
			func(x []float64) []float64 { return []float64{x[1], x[0]} },
			func(v, d []float64) { v[0], v[1], d[0], d[2] = v[1], v[0], d[2], d[0] }), grid.New(y, x), opt)
		same("swapped axes", tol, plain, swapped, func(i, j int) (int, int) { return j, i })
		mirrored := solveWith(t, relabelled(c.Problem,
			func(x []float64) []float64 { return []float64{-x[0], x[1]} },
			func(v, d []float64) { v[0], d[1] = -v[0], -d[1] }), grid.New(x, y), opt)
		same("mirrored axis", tol, plain, mirrored, func(i, j int) (int, int) { return 83 - i, j })
	}
	const n, shift = 64, 23
	h := 2 * math.Pi / n
	for _, k := range []*known{torus(), tilted(5)} { // without and with tails left to the star generator
		plain := solveWith(t, k.p, k.grid(t, n), fp.StationaryOptions{})
		shifted := solveWith(t, relabelled(k.p,
			func(x []float64) []float64 { return []float64{x[0] + shift*h, x[1]} }, func(v, d []float64) {}), k.grid(t, n), fp.StationaryOptions{})
		same("shifted box", 0.03, plain, shifted, func(i, j int) (int, int) { return (i - shift + n) % n, j })
	}
}

// GMRES takes as many iterations as the error to be expected asks for: 63 with those of the
// estimate where orders differ by 2e-4, 78 to 1e-8. From 384² cells on it starts from solutions
// on coarser grids: 20 iterations, 37 from the star generator's density.
func TestIterationsSuitTheError(t *testing.T) {
	for _, k := range []struct {
		p    *fp.Problem
		g    *grid.Grid
		most int
	}{
		{vanDerPol(0.05), walled(t, 256, [2]float64{-4, 4}, [2]float64{-6, 6}), 70},
		{rotated(0.05).Problem, rotated(0.05).Grid(384), 26},
	} {
		s := solveWith(t, k.p, k.g, fp.StationaryOptions{})
		if n := s.Solver.Krylov.Iterations; n > k.most || s.Scheme != fp.SchemeLinear {
			t.Errorf("%v cells: %d iterations, %v", k.g.Shape(), n, s.Scheme)
		}
	}
}

// However many processors there are, the bits are the same, though from 2¹⁴ cells on the
// preconditioner is cut into strips for them.
func TestProcessorsDoNotChangeTheBits(t *testing.T) {
	c := exact.FullTensor()
	for _, opt := range []fp.StationaryOptions{{}, {Positive: true}} {
		var first *fp.Stationary
		for _, n := range []int{1, 4} {
			before := runtime.GOMAXPROCS(n)
			s := solveWith(t, c.Problem, c.Grid(140), opt)
			runtime.GOMAXPROCS(before)
			if first == nil {
				first = s
				continue
			}
			a, b := numbers(first), numbers(s)
			for i, v := range a {
				if math.Float64bits(v) != math.Float64bits(b[i]) {
					t.Fatalf("positive %v: number %d is %.17g on one processor, %.17g on four", opt.Positive, i, v, b[i])
				}
			}
		}
	}
}

// numbers returns all that a solution in the plane says.
func numbers(s *fp.Stationary) []float64 {
	j := s.Current()
	return slices.Concat([]float64{s.Residual, s.EntropyProduction(j)}, s.Density.Values, j.Faces.Flow[0], j.Faces.Flow[1])
}
