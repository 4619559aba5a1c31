package fp_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// noisy returns b = −x with noise of strength d.
func noisy(d float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = -x[0] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0] = d }))}
}

// breathing returns b = −x, D = 0.3 + 0.2 cos 3t.
func breathing() fp.Course {
	return func(t float64) (*fp.Problem, error) { return noisy(0.3 + 0.2*math.Cos(3*t)), nil }
}

// Errors of coefficients say at which time they are wrong, where that is not the first.
func TestErrorsOfCoefficientsHaveTheirTime(t *testing.T) {
	for _, o := range []fp.Order{fp.OrderMonotone, 4} {
		e, err := fp.NewEvolution(func(t float64) (*fp.Problem, error) { return noisy(0.3 - t), nil },
			bump(segment(t, 60, grid.Reflecting), []float64{0}, 1), fp.EvolutionOptions{Order: o, End: 1})
		if err != nil {
			t.Fatal(err)
		}
		var at *fp.CoefficientError
		if err := e.Run(); !errors.As(err, &at) || !(at.Time > 0.3 && at.Time <= 1) || !strings.Contains(err.Error(), ", t = ") {
			t.Errorf("order %v: %v", o, err)
		}
	}
}

func segment(t testing.TB, n int, wall grid.Wall) *grid.Grid {
	t.Helper()
	ax, err := grid.Uniform(-6, 6, n, wall, wall)
	if err != nil {
		t.Fatal(err)
	}
	return grid.New(ax)
}

// The variance of dx = −x dt + √(2D(t)) dW obeys S′ = −2S + 2D(t), and normal densities stay
// normal: with D = 0.3 + 0.2 cos 3t, and where D jumps, at which steps get short.
func TestNoiseThatChangesInTime(t *testing.T) {
	skipLong(t)
	const start, end = 0.4, 1.5 // S at 0
	breathes := func(t float64) float64 {
		return start*math.Exp(-2*t) + 0.3*(1-math.Exp(-2*t)) + 0.4*(2*math.Cos(3*t)+3*math.Sin(3*t)-2*math.Exp(-2*t))/13
	}
	calm, loud := noisy(0.2), noisy(0.6)
	jump := func(t float64) (*fp.Problem, error) {
		if t < 1/math.Pi {
			return calm, nil
		}
		return loud, nil
	}
	jumps := func(t float64) float64 {
		s := 0.2 + (start-0.2)*math.Exp(-2/math.Pi)
		return 0.6 + (s-0.6)*math.Exp(-2*(t-1/math.Pi))
	}
	g := segment(t, 96, grid.Reflecting)
	for _, k := range []struct {
		name     string
		course   fp.Course
		variance func(t float64) float64
	}{{"breathing", breathing(), breathes}, {"a jump", jump, jumps}} {
		for _, tol := range []float64{1e-4, 1e-5, 1e-6} {
			e := evolve(t, k.course, bump(g, []float64{0}, math.Sqrt(start)), fp.EvolutionOptions{Order: 8, End: end, Tol: tol})
			d := grid.L1(e.Density(), bump(g, []float64{0}, math.Sqrt(k.variance(end))))
			// Steps are in proportion to Tol^(1/3), and errors to their squares: measured 0.18, 0.16,
			// 0.18 Tol^(2/3), and less than half of that with the jump.
			if !(d <= 0.25*math.Pow(tol, 2.0/3)) {
				t.Errorf("%s, tolerance %g: error %.3g after %d steps", k.name, tol, d, e.State().Steps)
			}
		}
	}
}

// With steps of one length differences of solutions fall like its square; on cells so small
// that the nodal generator takes the same formula everywhere at all times.
func TestStepsAreOfSecondOrderWhereCoefficientsChange(t *testing.T) {
	g := segment(t, 192, grid.Reflecting)
	var last *grid.Field
	tab := new(exact.OrderTable)
	for _, n := range []int{20, 40, 80, 160} {
		e := evolve(t, breathing(), bump(g, []float64{0.5}, 0.6), fp.EvolutionOptions{End: 2, Tol: 1, InitialStep: 2 / float64(n), MaxStep: 2 / float64(n)})
		if last != nil {
			tab.Add(n, grid.L1(e.Density(), last))
		}
		last = e.Density()
	}
	wantOrder(t, "changing coefficients", tab, 2, 0.05)
}

// The course of an SGD has the rate η_k at time t_k = Σ η_j/(1−μ), and between two of them
// something in between: D ∝ η/(1−μ), with the drift as it is.
func TestCourseOfAnSGD(t *testing.T) {
	for _, k := range []struct {
		rate     string
		schedule fp.Schedule
		momentum float64
	}{
		{"0.1", fp.ConstantRate(0.1), 0},
		{"0.1", fp.ConstantRate(0.1), 0.5},
		{"{schedule: inverse-sqrt, initial: 0.2}", fp.InverseSqrtRate(0.2), 0.25},
		{"{schedule: step, initial: 0.1, factor: 0.5, every: 4}", fp.StepDecayRate{Initial: 0.1, Factor: 0.5, Every: 4}, 0},
		{"{schedule: cosine, initial: 0.1, final: 0, steps: 5}", fp.CosineRate{Initial: 0.1, Steps: 5}, 0},
	} {
		f, err := fp.ReadProblem(strings.NewReader(fmt.Sprintf(`
version: 1
variables: [x]
domain: {x: {min: -1, max: 1, cells: 8}}
sgd: {loss: "x^2/2", noise_covariance: [["2 + x^2"]], batch_size: 4, learning_rate: %s, momentum: %g}
`, k.rate, k.momentum)), fp.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		course := f.Course()
		problem := func(time float64) *fp.Problem {
			p, err := course(time)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		at := func(time float64) (drift, diffusion float64) {
			dst := [][]float64{{0}, {0}}
			problem(time).Equation.Eval(dst, [][]float64{{0.3}})
			return dst[0][0], dst[1][0]
		}
		want := func(eta float64) (drift, diffusion float64) { // b − D′
			scale := eta / (1 - k.momentum) / 2 / 4
			return -0.3 - scale*2*0.3, scale * (2 + 0.3*0.3)
		}
		time := 0.0
		for step := range 12 {
			eta := k.schedule.Rate(step)
			b, d := at(time)
			wantB, wantD := want(eta)
			// Times and what is interpolated between them are some 12 roundings apart.
			if math.Abs(b-wantB) > 1e-14 || math.Abs(d-wantD) > 1e-14 {
				t.Errorf("%s, step %d: b − D′ = %g, D = %g, want %g, %g", k.rate, step, b, d, wantB, wantD)
			}
			pace := eta / (1 - k.momentum)
			_, between := at(time + pace/2)
			if _, next := want(k.schedule.Rate(step + 1)); math.Abs(between-(wantD+next)/2) > 1e-14 {
				t.Errorf("%s, half a step after %d: D = %g, want %g", k.rate, step, between, (wantD+next)/2)
			}
			time += pace
		}
		if _, constant := k.schedule.(fp.ConstantRate); constant && problem(0) != problem(3) {
			t.Errorf("%s: not the same problem at all times", k.rate)
		}
	}
}

// In the section equation t is the time, unless the file declares it.
func TestFormulasOfTime(t *testing.T) {
	read := func(head, equation string) *fp.File {
		f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+head+"\ndomain: auto\nequation: "+equation+"\n"), fp.ReadOptions{Name: "f.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	values := func(f *fp.File, time, x float64) (drift, diffusion float64) {
		p, err := f.Course()(time)
		if err != nil {
			t.Fatal(err)
		}
		dst := [][]float64{{0}, {0}}
		p.Equation.Eval(dst, [][]float64{{x}})
		return dst[0][0], dst[1][0]
	}
	moving := read("variables: [x]", `{drift: ["-x + c*sin(t)"], diffusion: ["0.3 + 0.2*cos(3*t)"]}`+"\nconstants: {c: 0.5}")
	for _, time := range []float64{0, 0.7, 2} {
		b, d := values(moving, time, 0.2)
		if wantB, wantD := -0.2+0.5*math.Sin(time), 0.3+0.2*math.Cos(3*time); math.Abs(b-wantB) > 1e-15 || math.Abs(d-wantD) > 1e-15 {
			t.Errorf("t = %g: b = %g, D = %g, want %g, %g", time, b, d, wantB, wantD)
		}
	}
	course := moving.Course()
	if a, _ := course(0); a != moving.Problem || moving.IsSteady() {
		t.Error("the problem at time 0 is not that of the file, or the file is said to be steady")
	}
	a, _ := course(0.5)
	if b, _ := course(0.5); a != b {
		t.Error("not the same problem at the same time")
	}
	if err := moving.HasStationary(); err == nil || !strings.Contains(err.Error(), "f.yaml:4:11: equation: formulas have the time t") {
		t.Errorf("stationary: %v", err)
	}
	for head, equation := range map[string]string{"variables: [t]": `{drift: ["-t"], diffusion: 1}`, "variables: [x]\nconstants: {t: 2}": `{drift: ["-t*x"], diffusion: 1}`} {
		if f := read(head, equation); !f.IsSteady() || f.HasStationary() != nil {
			t.Errorf("%s: the declared t is taken for the time", head)
		}
	}
	pole := read("variables: [x]", `{drift: ["-x"], diffusion: "1/(2 - t)"}`)
	if _, err := pole.Course()(2); err == nil || !strings.Contains(err.Error(), "f.yaml:4:38: equation.diffusion: at t = 2: ") {
		t.Errorf("a pole in time: %v", err)
	}
}
