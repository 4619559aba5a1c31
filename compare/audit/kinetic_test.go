package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// A rolling is a problem with momentum, by friction and temperature rather than rate and batches.
type rolling struct {
	loss, heat string  // D(θ)
	gamma, mu  float64 // η = ((1−μ)/γ)²
	domain     string
}

// src is its file: Σ = 2D(1−μ)/η.
func (r rolling) src() string {
	eta := math.Pow((1-r.mu)/r.gamma, 2)
	return fmt.Sprintf("variables: [x]\nsgd: {loss: %q, noise_covariance: \"%.17g*(%s)\", learning_rate: %.17g, batch_size: 1, momentum: %.17g}\ndomain: {x: {%s}}",
		r.loss, 2*(1-r.mu)/eta, r.heat, eta, r.mu, r.domain)
}

// solved returns the θ-marginal and its error.
func (r rolling) solved(t *testing.T) (s *subject, q *grid.Field, e float64) {
	t.Helper()
	f, g := problemOf(t, r.src())
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if q, e, err = s.kineticMarginal(g.Axis(0)); err != nil {
		t.Fatal(err)
	}
	return s, q, e
}

// averages returns the averages over cells of a function, divided by its integral.
func averages(g *grid.Grid, f func(x float64) float64) *grid.Field {
	const n = 64 // midpoints, (h/64)² f″/24
	p := grid.NewField(g)
	for i := range p.Values {
		x := make([]float64, 1)
		g.Center(x, i)
		for k := range n {
			p.Values[i] += f(x[0]+g.Volume(i)*((float64(k)+0.5)/n-0.5)) / n
		}
	}
	sum := p.Integral()
	for i := range p.Values {
		p.Values[i] /= sum
	}
	return p
}

// With constant noise the marginal is exp(−L/D) at any friction, within the error that is told.
func TestKineticMarginalOfConstantNoiseIsGibbs(t *testing.T) {
	skipShort(t)
	for _, w := range []struct {
		loss, domain string
		value        func(x float64) float64
		heat         float64
	}{
		{"x^2/2", "min: -7, max: 7, cells: 128", func(x float64) float64 { return x * x / 2 }, 1},
		{"(x^2-1)^2/4 + 0.1*x", "min: -2.6, max: 2.6, cells: 128", func(x float64) float64 { return math.Pow(x*x-1, 2)/4 + 0.1*x }, 0.15},
	} {
		for _, gamma := range []float64{0.3, 2, 10} {
			_, q, e := rolling{w.loss, fmt.Sprint(w.heat), gamma, 0.9, w.domain}.solved(t)
			off := grid.L1(q, averages(q.Grid, func(x float64) float64 { return math.Exp(-w.value(x) / w.heat) }))
			if off > e || e > 2e-5 { // orders 8 and 6 on cells of a ninth of a deviation and more: 4e-7 to 8e-6
				t.Errorf("%s, γ = %g: off by %.2g, told %.2g", w.loss, gamma, off, e)
			}
		}
	}
}

// momentsOf are Eθ² and Eθ⁴ of λθ²/2 with D = a + cθ². From E(Af) = 0 with the generator
// Af = V∂_θf − (γV + λθ)∂_Vf + γ(a + cθ²)∂²_Vf for f = θ², θV, V² follow EθV = 0 and λEθ² = EV² = a + cEθ²,
// as without velocities, and for θ⁴, θ³V, θ²V², θV³, V⁴ the system below. Without velocities it is
// (λ − 3c)Eθ⁴ = 3aEθ².
func momentsOf(lambda, a, c, gamma float64) (second, fourth, overdamped float64) {
	second = a / (lambda - c)
	rows := mat.NewDense(5, 5, []float64{
		0, 4, 0, 0, 0,
		-lambda, -gamma, 3, 0, 0,
		2 * gamma * c, -2 * lambda, -2 * gamma, 2, 0,
		0, 6 * gamma * c, -3 * lambda, -3 * gamma, 1,
		0, 0, 12 * gamma * c, -4 * lambda, -4 * gamma,
	})
	var m mat.VecDense
	if err := m.SolveVec(rows, mat.NewVecDense(5, []float64{0, 0, -2 * gamma * a * second, 0, -12 * gamma * a * lambda * second})); err != nil {
		panic(err)
	}
	return second, m.AtVec(0), 3 * a * second / (lambda - 3*c)
}

// powers returns Eθ² and Eθ⁴ of averages over cells, which are those of θ + U with an even U in a cell.
func powers(q *grid.Field) (second, fourth float64) {
	h := q.Grid.Volume(0)
	for i, x := range q.Grid.Axis(0).Centers() {
		second += h * q.Values[i] * x * x
		fourth += h * q.Values[i] * x * x * x * x
	}
	second -= h * h / 12
	return second, fourth - 6*second*h*h/12 - h*h*h*h/80
}

func TestKineticMarginalHasTheMomentsOfItsEquation(t *testing.T) {
	const lambda, a, c = 2.0, 0.5, 0.1
	for _, gamma := range []float64{0.4, 1, 3, 10} {
		s, q, e := rolling{fmt.Sprintf("%g*x^2/2", lambda), fmt.Sprintf("%g + %g*x^2", a, c), gamma, 0.9, "min: -6, max: 6, cells: 192"}.solved(t)
		second, fourth, overdamped := momentsOf(lambda, a, c, gamma)
		gotSecond, gotFourth := powers(q)
		_, plain := powers(s.solution.Density)
		// Cells of a tenth of a deviation, order 8: 1e-6 of the bulk, and tails beyond the box, (1 + cx²/a)⁻¹¹,
		// hold 3e-7 of Eθ⁴ and less. Frictions differ by 0.2 to 8 % of it.
		for name, of := range map[string][2]float64{"Eθ²": {gotSecond, second}, "Eθ⁴": {gotFourth, fourth}, "Eθ⁴ without velocities": {plain, overdamped}} {
			if math.Abs(of[0]/of[1]-1) > 1e-5 {
				t.Errorf("γ = %g: %s is %.8f, want %.8f", gamma, name, of[0], of[1])
			}
		}
		if far := math.Abs(fourth/overdamped - 1); far < 2e-3 || e > 1e-5 {
			t.Errorf("γ = %g: Eθ⁴ differs by %.2g, the density is right to %.2g", gamma, far, e)
		}
	}
}

// round is a ring whose noise varies more than its loss.
func round(gamma, mu float64) rolling {
	return rolling{"0.05*(1-cos(x))", "1+0.8*sin(x)", gamma, mu, "min: 0, max: \"2*pi\", boundary: periodic, cells: 64"}
}

// The stationary equation V∂_θp − L′∂_Vp = γ∂_V(Vp + D∂_Vp) is the same for −γ and −V: what the marginal
// leaves the solution by is a series in 1/γ², of which the next term is (3/γ)² of the first here.
func TestKineticMarginalTendsToTheSolution(t *testing.T) {
	var last float64
	for _, gamma := range []float64{8, 16, 32} {
		s, q, e := round(gamma, 0.5).solved(t)
		tv := compare.TV(s.solution.Density, q)
		if got := last / tv; last > 0 && math.Abs(got-4) > 4*9*0.75*4/(gamma*gamma)+4*e/tv {
			t.Errorf("γ = %g: %.3g ± %.1g, %.3f of that of half the friction", gamma, tv, e, got)
		}
		last = tv
	}
}

// The heavy ball itself, at steps of a thirtieth of its memory, has the density of the kinetic equation and not that
// of its limit, by TV = 0.09.
func TestHeavyBallHasTheKineticMarginal(t *testing.T) {
	skipShort(t)
	r := round(1, 0.97)
	s, q, e := r.solved(t)
	p := s.sgd
	ensemble, err := compare.New((*compare.SGD)(p), compare.Initial{Points: s.drawn(512)}, compare.Options{Walkers: 512, Seed: 1, BurnIn: 1000, Every: 8, Grid: s.grid, MaxOutside: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := ensemble.Run(t.Context(), 11000); err != nil {
		t.Fatal(err)
	}
	distance := func(of *grid.Field) compare.Distance {
		d, err := ensemble.Histogram().Distances(of)
		if err != nil {
			t.Fatal(err)
		}
		return d.TV
	}
	near, far := distance(q), distance(s.solution.Density)
	if near.Value > near.Floor+5*near.Err+e {
		t.Errorf("%.4f ± %.1g from the kinetic equation, of which sampling makes %.2g", near.Value, near.Err, near.Floor)
	}
	if far.Value-5*far.Err-far.Floor < 0.05 {
		t.Errorf("%.4f ± %.1g from the solution, of which sampling makes %.2g", far.Value, far.Err, far.Floor)
	}
}

// unranked returns why an effect is not ranked, "" where it is or nobody asks.
func unranked(r *Report, key string) string {
	for _, u := range r.Unranked {
		if u.Key == key {
			return u.Why
		}
	}
	return ""
}

// Where noise varies over what the ball rolls in its memory, and the loss hardly does, ηλ/(1−μ)² is small and
// velocities move the density all the same; ranking, finding and curve tell the same.
func TestVelocitiesViolateWhereTheyMoveTheDensity(t *testing.T) {
	for gamma, want := range map[float64]fp.Verdict{2: fp.Violated, 6: fp.Holds} {
		r := audited(t, round(gamma, 0.5).src(), quick)
		f, e := find(t, r, "no-momentum"), effect(t, r, "kinetic")
		if f.Verdict != want || statistic(t, f, "inertia") > 0.02 || strings.Contains(f.Sentence, "in which noise is another") != (want == fp.Violated) {
			t.Errorf("γ = %g: %v, %s", gamma, f.Verdict, f.Sentence)
		}
		if statistic(t, f, "kinetic-tv") != e.TV.Value || errorOf(t, f, "kinetic-tv") != e.TV.Error || !e.Resolved() {
			t.Errorf("γ = %g: %+v and %+v", gamma, f.Statistics, e.TV)
		}
		subject, q, _ := round(gamma, 0.5).solved(t)
		c := f.Curves[0]
		if want := logRatios(subject.solution.Density, q); !slices.Equal(c.Y, want) || !slices.Equal(c.X, q.Grid.Axis(0).Centers()) {
			t.Errorf("γ = %g: a curve of %v over %v, want %v", gamma, c.Y, c.X, want)
		}
	}
}

// Of data, D is that of batches as they are drawn, with injected noise: it is constant here, and velocities move
// nothing.
func TestKineticNoiseIsThatOfTheSolution(t *testing.T) {
	skipShort(t)
	for _, more := range []string{"", ", sampling: without-replacement, injected_noise: 0.5", ", sampling: epochs"} {
		r := audited(t, strings.Replace(mean(40, 10, 1, ", momentum: 0.8"+more), "min: -0.2, max: 1.2, cells: 64", "min: -0.6, max: 1.6, cells: 192", 1), quick)
		if e := effect(t, r, "kinetic"); e.Resolved() || e.TV.Error > 1e-3 {
			t.Errorf("%q: %+v", more, e.TV)
		}
	}
}

// Where SGD at the rate η/(1−μ) diverges the kinetic equation goes on. Without momentum there is nothing to say, and
// what has no answer has a reason.
func TestKineticEquationIsRankedOrHasAReason(t *testing.T) {
	skipShort(t)
	steep := line("0.4", ", momentum: 0.9")
	for name, c := range map[string]struct{ src, why string }{
		"diverges without momentum": {steep, ""},
		"no momentum":               {line("0.4", ""), "-"},
		"an equation":               {"variables: [x]\nequation: {drift: [-x], diffusion: 1}\ndomain: {x: {min: -5, max: 5, cells: 32}}", "-"},
		"two variables":             {strings.Replace(isotropic("1"), "batch_size: 1", "batch_size: 1, momentum: 0.9", 1), "has 4 variables, where grids have three at most, and of walkers of it: no walkers"},
		"walls":                     {strings.Replace(steep, "auto", "{x: {min: -3, max: 3, cells: 64}}", 1), "at walls, which velocities run into"},
		"few cells":                 {strings.Replace(steep, "auto", "{x: {min: -8, max: 8, cells: 8}}", 1), "no order of accuracy converges on 8 cells"},
		"coarse cells":              {strings.Replace(steep, "auto", "{x: {min: -12, max: 12, cells: 24}}", 1), "its density is right to"},
	} {
		r := audited(t, c.src, quick)
		why := unranked(r, "kinetic")
		ranked := slices.ContainsFunc(r.Ranking, func(e Effect) bool { return e.Key == "kinetic" })
		if ranked != (c.why == "") || !strings.Contains(why, strings.TrimPrefix(c.why, "-")) || c.why == "-" && why != "" {
			t.Errorf("%s: ranked %v, %q", name, ranked, why)
		}
		f := find(t, r, "no-momentum")
		told := slices.ContainsFunc(f.Statistics, func(s Statistic) bool { return s.Key == "kinetic-tv" })
		if told != ranked || !strings.Contains(f.Sentence, why) {
			t.Errorf("%s: %s", name, f.Sentence)
		}
		if name == "diverges without momentum" && !strings.Contains(unranked(r, "no-momentum"), "no walkers") {
			t.Errorf("%s: %s", name, unranked(r, "no-momentum"))
		}
	}
}

// Whether a block of points has coordinates of its own or shares them, the coefficients are those of the
// equation.
func TestKineticCoefficientsAreThoseOfEveryPoint(t *testing.T) {
	f, g := problemOf(t, rolling{"x^4/4", "1 + x^2", 0.5, 0.9, "min: -4, max: 4, cells: 32"}.src())
	s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g}
	equation := s.kineticProblem().Equation
	for _, theta := range [][]float64{{2, 2, 2}, {2}, {2, -1, 0.5}} {
		dst, v := [][]float64{make([]float64, 3), make([]float64, 3), make([]float64, 3), make([]float64, 3), make([]float64, 3)}, []float64{-1, 0, 3}
		equation.Eval(dst, [][]float64{v, theta})
		for i := range v {
			x := theta[min(i, len(theta)-1)]
			for c, want := range []float64{-0.5*v[i] - x*x*x, v[i], 0.5 * (1 + x*x), 0, 0} {
				if math.Abs(dst[c][i]-want) > 1e-13 { // η, μ and D through the file: some units of round-off of 8
					t.Errorf("θ = %v: component %d at point %d is %g, want %g", theta, c, i, dst[c][i], want)
				}
			}
		}
	}
}

// Of heavy tails V has more cells, or the cold middle would not be seen; walls near enough to hold some of the
// probability are in the error. Densities are drawn down to 1e-8, which (1 + 2x²)⁻¹¹ has at 1.4 and the marginal
// before.
func TestKineticErrorsCoverWallsAndHotTails(t *testing.T) {
	skipShort(t)
	var tv []Shift
	for _, domain := range []string{"min: -2, max: 2, cells: 256", "min: -0.6, max: 0.6, cells: 128"} {
		r := audited(t, rolling{"x^2/2", "0.025 + 0.05*x^2", 0.316, 0.9, domain}.src(), quick)
		tv = append(tv, effect(t, r, "kinetic").TV)
		if x := find(t, r, "no-momentum").Curves[0].X; x[len(x)-1] > 1.4 || math.Abs(x[0]+x[len(x)-1]) > 1e-12 {
			t.Errorf("%s: a curve to %g", domain, x[len(x)-1])
		}
	}
	if off := math.Abs(tv[0].Value - tv[1].Value); off > tv[0].Error+tv[1].Error || off < 1e-5 || tv[1].Error > 0.1*tv[1].Value {
		t.Errorf("%+v in a wide box, %+v in a narrow one", tv[0], tv[1])
	}
	s, _, e := rolling{"x^2/2", "0.1 + 0.2*x^2", 0.7, 0.9, "min: -6, max: 6, cells: 128"}.solved(t)
	if v, err := s.velocities(); err != nil || v.Cells() != mostVelocities || e > 5e-3 { // cells of half a deviation in the middle
		t.Errorf("%d velocities, an error of %.2g", v.Cells(), e)
	}
}

// Cells of a normal density are wide as long as ten are a deviation, or so many that the axis is long.
func TestAxesAreHalvedWhereCellsAreNarrow(t *testing.T) {
	for _, c := range []struct {
		cells     int
		deviation float64
		want      int
	}{{1024, 0.25, 128}, {1024, 0.125, 256}, {2048, 0.01, 1024}, {1024, 0.01, 1024}, {1025, 0.25, 1025}} {
		p := averages(uniformBox(t, 1, -1, 1, c.cells), func(x float64) float64 { return math.Exp(-x * x / (2 * c.deviation * c.deviation)) })
		heat := &operators.Coefficients{Diffusion: [][]float64{slices.Repeat([]float64{2}, c.cells)}}
		s := &subject{solution: &fp.Stationary{Density: p, Discretization: &fp.Discretization{Coefficients: heat}}}
		q := s.halved()
		if n := q.Grid.Cells(); n != c.want || math.Abs(q.Integral()-1) > 1e-13 { // sums of a thousand
			t.Errorf("%d cells, a deviation of %g: %d, want %d", c.cells, c.deviation, n, c.want)
		}
	}
}

// Long axes are halved, for which the distance errs by what it says.
func TestLongAxesAreHalved(t *testing.T) {
	skipShort(t)
	var effects []Effect
	for _, cells := range []int{256, 2048} {
		r := audited(t, rolling{"x^2/2", "0.5 + 0.2*x^2", 2, 0.9, fmt.Sprintf("min: -6, max: 6, cells: %d", cells)}.src(), quick)
		effects = append(effects, effect(t, r, "kinetic"))
		if c := find(t, r, "no-momentum").Curves[0]; len(c.X) != 256 || len(c.Y) != 256 || len(c.Reference) != 256 {
			t.Errorf("%d cells: a curve of %d points", cells, len(c.X))
		}
	}
	if a, b := effects[0].TV, effects[1].TV; math.Abs(a.Value-b.Value) > a.Error+b.Error || b.Error > 1e-3 {
		t.Errorf("%+v and %+v", a, b)
	}
}

// Where L′ = −D′ the density is the same all round a ring, however often D varies: velocities move it as much as in
// one period, on an axis that is not halved for the density alone.
func TestAxesAreNotHalvedWhereNoiseIsNarrow(t *testing.T) {
	skipShort(t)
	of := func(periods, cells int) Shift {
		k := float64(periods)
		r := rolling{
			fmt.Sprintf("-0.8*sin(%g*x)/%g", k, k*k), fmt.Sprintf("(1 + 0.8*sin(%g*x))/%g", k, k*k), 2, 0.5,
			fmt.Sprintf("min: 0, max: \"2*pi\", cells: %d, boundary: periodic", cells),
		}
		return effect(t, audited(t, r.src(), quick), "kinetic").TV
	}
	one, many := of(1, 128), of(8, 256)
	if off := math.Abs(one.Value - many.Value); off > one.Error+many.Error || many.Error > 0.1*one.Value {
		t.Errorf("%+v of one period, %+v of many", one, many)
	}
}

// Both ends of a line count, by what is in them.
func TestOutermostCellsAreBoth(t *testing.T) {
	p := grid.NewField(uniformBox(t, 1, 0, 2, 4))
	copy(p.Values, []float64{0.25, 0.5, 1, 0.125})
	if got := outermost(p); got != 0.5*(0.25+0.125) {
		t.Errorf("%g", got)
	}
}

// What velocities do to the density decides also where the curvature is not known, if it is certain; and where
// curvature decides it is said that the density does not care.
func TestVelocitiesDecideWhereTheyAreCertain(t *testing.T) {
	f, g := problemOf(t, line("0.1", ", momentum: 0.9"))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if f := s.noMomentum(); f.Verdict != fp.Violated || !strings.Contains(f.Sentence, "it changes times, and hardly the density") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
	unknown := *s.problem.Landscape
	unknown.Grad = func(dst, _ []float64) { dst[0] = math.NaN() }
	s.problem.Landscape = &unknown
	for value, want := range map[float64]fp.Verdict{0.03: fp.Violated, 0.021: fp.CannotTell} {
		s.kinetic.effect.TV = Shift{Value: value, Error: 0.002}
		if f := s.noMomentum(); f.Verdict != want {
			t.Errorf("%g without curvature: %v, %s", value, f.Verdict, f.Sentence)
		}
	}
}
