package audit

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// line is SGD on x²/2 with Σ = 1.
func line(rate, more string) string {
	return fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: %s, batch_size: 1%s}\ndomain: auto", rate, more)
}

// On a bowl of curvatures 1 and 2 a step of 0.02 goes 0.04 of the way; of 0.2 0.4.
func TestStepsAreThoseOfTheCurvature(t *testing.T) {
	r := audited(t, isotropic("1"), quick)
	// Hessians by differences of a quadratic: round-off over the step, 1e-10.
	if step := find(t, r, "small-steps").Statistics[0].Value; math.Abs(step-0.04) > 1e-8 {
		t.Errorf("ηλ = %g", step)
	}
	checkVerdicts(t, r, map[string]fp.Verdict{
		"small-steps": fp.Holds, "order-in-rate": fp.Holds, "constant-rate": fp.Holds, "no-momentum": fp.Holds,
		"small-batch": fp.CannotTell, "dropped-curl": fp.Holds, "detailed-balance": fp.Holds, "tempered-posterior": fp.Holds,
	})
	// With H = 1 the drift becomes (1 + η/2) times as large and the noise (1 + η/2)² times: the
	// variance 1.2 times for η = 0.4. Of 512 cells some (h/σ)² = 1e-3 of the distance is lost.
	r = audited(t, line("0.4", ""), quick)
	checkVerdicts(t, r, map[string]fp.Verdict{"small-steps": fp.Violated, "order-in-rate": fp.Violated})
	if got, want := find(t, r, "order-in-rate").Statistics[0].Value, normalTV(math.Sqrt(1.2)); math.Abs(got-want) > 2e-3*want {
		t.Errorf("second order moves by %.5f, want %.5f", got, want)
	}
}

// A file with the drift of second order is told the same of first against second order as one with that of
// first: variances 1 and 1 + η/2 here, where its own is 1/(1 + η/2).
func TestOrdersAreThoseOfAnyFile(t *testing.T) {
	const eta = 0.4
	for _, more := range []string{"", ", drift_order: 1", ", drift_order: 2"} {
		r := audited(t, line(fmt.Sprint(eta), more), quick)
		f := find(t, r, "order-in-rate")
		want := normalTV(math.Sqrt(1 + eta/2))
		for _, got := range []float64{statistic(t, f, "tv"), effect(t, r, "order-in-rate").TV.Value} {
			if math.Abs(got-want) > 2e-3*want { // of 512 cells some (h/σ)²
				t.Errorf("%s: second order moves by %.5f, want %.5f", more, got, want)
			}
		}
		// In the middle the ratio is that of the deviations.
		if middle, want := f.Maps[0].Values[len(f.Maps[0].Values)/2], -math.Log(1+eta/2)/2; math.Abs(middle-want) > 2e-3 {
			t.Errorf("%s: ln of the ratio %.4f, want %.4f", more, middle, want)
		}
		if strings.Contains(f.Sentence, "has the drift of second order") != strings.HasSuffix(more, "2") {
			t.Errorf("%s: %s", more, f.Sentence)
		}
	}
}

// With momentum a step is small by ηλ/(1+μ), and of a quadratic the variance is that of the recursion in
// θ and v, S = ASAᵀ + Q, over the equation's, (η/(1−μ))/2λ: found here by going round it.
func TestSmallStepsWithMomentum(t *testing.T) {
	for _, c := range []struct {
		eta, mu float64
		want    fp.Verdict
	}{{0.4, 0, fp.Violated}, {0.19, 0.95, fp.Holds}, {0.1, 0.5, fp.Holds}, {0.3, 0.5, fp.Violated}, {1.5, 0.9, fp.Violated}} {
		r := audited(t, line(fmt.Sprint(c.eta), fmt.Sprintf(", momentum: %g", c.mu)), quick)
		f := find(t, r, "small-steps")
		// v ← μv − η(θ + ξ), θ ← θ + v.
		var xx, xv, vv float64
		for range 5000 {
			v2 := c.mu*c.mu*vv - 2*c.mu*c.eta*xv + c.eta*c.eta*xx + c.eta*c.eta
			cross := c.mu*xv - c.eta*xx
			xx, xv, vv = xx+2*cross+v2, cross+v2, v2
		}
		want := xx / (c.eta / (1 - c.mu) / 2)
		if got := statistic(t, f, "variance"); math.Abs(got-want) > 1e-7*want || f.Verdict != c.want { // Hessians by differences: 1e-10
			t.Errorf("η = %g, μ = %g: variance %g, want %g; %v, want %v", c.eta, c.mu, got, want, f.Verdict, c.want)
		}
		if got, want := statistic(t, f, "step"), c.eta/(1+c.mu); math.Abs(got-want) > 1e-8 {
			t.Errorf("η = %g, μ = %g: step %g, want %g", c.eta, c.mu, got, want)
		}
		if f := find(t, r, "no-momentum"); c.mu > 0 && !strings.Contains(f.Sentence, fmt.Sprintf("at the rate η/(1−μ) = %.4g; ", c.eta/(1-c.mu))) {
			t.Errorf("μ = %g: %s", c.mu, f.Sentence)
		}
	}
}

// From ηλ = 2(1+μ) on SGD diverges, which violates small steps and is no error.
func TestDivergenceIsAViolation(t *testing.T) {
	skipShort(t)
	data := strings.Replace(mean(200, 20, 1, ""), "learning_rate: 0.02", "learning_rate: 2.5", 1)
	for _, c := range []struct {
		src  string
		want fp.Verdict // of walkers
	}{{line("2.5", ""), fp.Violated}, {line("3.9", ", momentum: 0.9"), fp.Violated}, {data, fp.Violated}} {
		walking := quick
		walking.NoEnsemble = false
		for _, opt := range []Options{quick, walking} {
			r := audited(t, c.src, opt)
			f := find(t, r, "small-steps")
			diverges := statistic(t, f, "stability") >= 1
			if f.Verdict != fp.Violated || strings.Contains(f.Sentence, "SGD diverges") != diverges {
				t.Errorf("%v: %s", f.Verdict, f.Sentence)
			}
			if f := find(t, r, "walkers"); !opt.NoEnsemble && diverges && (f.Verdict != c.want || !strings.Contains(f.Sentence, "no stationary density")) {
				t.Errorf("walkers: %v: %s", f.Verdict, f.Sentence)
			}
			if f := find(t, r, "white-noise"); f.Applies {
				t.Errorf("noise of walkers that diverge: %s", f.Sentence)
			}
		}
	}
}

// A recursion without noise has no stationary density but a point, which is said.
func TestFullBatchesAreExplained(t *testing.T) {
	for _, more := range []string{"without-replacement", "epochs", "full-batch"} {
		src := "version: 1\n" + mean(40, 40, 1, ", sampling: "+more)
		if more == "full-batch" {
			src = strings.Replace(src, "batch_size: 40, ", "", 1)
		}
		f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Name: "f.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			t.Fatal(err)
		}
		var where *fp.FileError
		if _, err = Audit(f, g, quick); !errors.As(err, &where) || !strings.Contains(err.Error(), "leave no noise, and so no stationary density but a point") {
			t.Errorf("%s: %v", more, err)
		}
	}
	for _, more := range []string{"", ", sampling: without-replacement, injected_noise: 0.5"} { // these have noise
		audited(t, mean(40, 40, 1, more), quick)
	}
}

// On x²/2 with Σ = 1 walkers have the variance 1/(1 − η/2) over that of first order, and of second
// order in drift and noise it is 1 + η/2: the differences, in units of the walkers' variance at the
// larger rate, are known at both, and so are the powers between them. Batches of one have no half, and
// the other rate is twice as large; those of epochs are independent here, and those of 8 of 48 samples
// without replacement have 40/44 of the variance of those of 4.
func TestWalkersAgainstBothOrders(t *testing.T) {
	skipShort(t)
	const eta = 0.4
	epochs := strings.Replace(mean(48, 8, 1, ", sampling: epochs"), "learning_rate: 0.02", "learning_rate: 0.4", 1)
	for _, c := range []struct {
		src   string
		other float64 // factor of the variance at the smaller rate
	}{
		{strings.Replace(line(fmt.Sprint(eta), ""), "batch_size: 1", "batch_size: 2", 1), 1},
		{line(fmt.Sprint(eta/2), ""), 1},
		{strings.Replace(epochs, "min: -0.2, max: 1.2, cells: 64", "min: -1, max: 2, cells: 256", 1), 44.0 / 40},
	} {
		src := c.src
		r := audited(t, src, Options{MaxPoints: 1, Walkers: 1024, Relaxations: 400})
		f := find(t, r, "order-in-rate")
		exact := func(eta float64) float64 { return 1 / (1 - eta/2) }
		for order, of := range []func(eta float64) float64{func(float64) float64 { return 1 }, func(eta float64) float64 { return 1 + eta/2 }} {
			var off [2]float64
			for k, eta := range []float64{eta, eta / 2} {
				off[k] = (exact(eta) - of(eta)) / exact(0.4)
				if k == 1 {
					off[k] *= c.other
				}
				key := fmt.Sprintf("walkers-order-%d-rate-%d", order+1, k+1)
				if got, err := statistic(t, f, key), errorOf(t, f, key); math.Abs(got-off[k]) > 5*err || !(err < 0.02) {
					t.Errorf("%s: %.4f ± %.1g, want %.4f", key, got, err, off[k])
				}
			}
			key := fmt.Sprintf("power-order-%d", order+1)
			power, err := statistic(t, f, key), errorOf(t, f, key)
			if want := math.Log2(off[0] / off[1]); math.Abs(power-want) > 5*err {
				t.Errorf("%s: %.3f ± %.1g, want %.3f", key, power, err, want)
			}
			if order == 0 && !(err < 0.3) {
				t.Errorf("the first order is left by a power %.3g ± %.1g", power, err)
			}
		}
		if !strings.Contains(f.Sentence, "walkers leave mean and covariance of first order by") || !strings.Contains(f.Sentence, "of second order by") {
			t.Error(f.Sentence)
		}
	}
	for why, src := range map[string]string{
		"twice it is all samples or more": mean(41, 41, 1, ""),
		"on this grid, want":              strings.Replace(mean(40, 10, 1, ""), "cells: 64", "cells: 20", 1),
	} {
		r := audited(t, src, Options{MaxPoints: 1, Walkers: 64, Relaxations: 100})
		if f := find(t, r, "order-in-rate"); !strings.Contains(f.Sentence, why) {
			t.Errorf("%s, want %q", f.Sentence, why)
		}
	}
}

// Walkers that are certainly away from first order leave open what both orders agree on: here they are
// moved by deviations, of which 0.2 make 0.048 of total variation at least and 0.05 make 0.012; the limit is
// 0.02.
func TestWalkersThatRefuteLeaveTheOrderOpen(t *testing.T) {
	skipShort(t)
	f, g := problemOf(t, line("0.02", ""))
	s, err := newSubject(f, g, Options{Seed: 1, Walkers: 256, Relaxations: 400}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	m := s.crowds.of[walkItself].moments
	at, deviation := m.Mean[0], math.Sqrt(m.Cov[0])
	for _, c := range []struct {
		moved float64
		want  fp.Verdict
	}{{0, fp.Holds}, {0.05, fp.Holds}, {0.2, fp.CannotTell}} {
		m.Mean[0] = at + c.moved*deviation
		f := s.smallOrder()
		if f.Verdict != c.want || strings.Contains(f.Sentence, "does not explain") != (c.want == fp.CannotTell) {
			t.Errorf("moved by %g: %v: %s", c.moved, f.Verdict, f.Sentence)
		}
		if !strings.Contains(f.Claim, "mean and covariance of walkers") {
			t.Error(f.Claim)
		}
	}
}

// At half the rate walkers take as many steps, which are half as many relaxation times, and are counted
// half as often; at twice the rate they take half as many steps for as many relaxation times.
func TestOtherRatesAreCountedByTheirRelaxation(t *testing.T) {
	skipShort(t)
	for batch, want := range map[int]float64{1: 1, 2: 0.5} {
		f, g := problemOf(t, strings.Replace(line("0.02", ""), "batch_size: 1", fmt.Sprintf("batch_size: %d", batch), 1))
		s, err := newSubject(f, g, Options{Walkers: 64, Relaxations: 100}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		c := &s.crowds.of
		// Counts are made at whole steps, every fifth or tenth.
		if r := float64(c[walkRescaled].Total()) / float64(c[walkItself].Total()); math.Abs(r-want) > 0.25*want {
			t.Errorf("B = %d: %.3g as many counts, want %g", batch, r, want)
		}
	}
}

// statistic returns the number of that key, errorOf its error.
func statistic(t *testing.T, f *Finding, key string) float64 {
	t.Helper()
	return f.Statistics[statisticAt(t, f, key)].Value
}

func errorOf(t *testing.T, f *Finding, key string) float64 {
	t.Helper()
	return f.Statistics[statisticAt(t, f, key)].Error
}

func statisticAt(t *testing.T, f *Finding, key string) int {
	t.Helper()
	k := slices.IndexFunc(f.Statistics, func(s Statistic) bool { return s.Key == key })
	if k < 0 {
		t.Fatalf("%s has no statistic %q: %s", f.Key, key, f.Sentence)
	}
	return k
}

// Of L = x²/2 + x⁴/4 the curvature is 1 + 3x², and counts where |x| is less in 95 % of exp(−2L/η).
func TestCurvatureIsThatOfMostOfTheDensity(t *testing.T) {
	const eta, n = 0.2, 200000
	mass, sum := make([]float64, n), 0.0
	for i := range mass {
		x := 2 * (float64(i) + 0.5) / n
		mass[i] = math.Exp(-2 / eta * (x*x/2 + x*x*x*x/4))
		sum += mass[i]
	}
	var below, x float64
	for i, m := range mass {
		if below += m; below > 0.95*sum {
			x = 2 * (float64(i) + 0.5) / n
			break
		}
	}
	r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2 + x^4/4, noise_covariance: 1, learning_rate: %g, batch_size: 1}\ndomain: {x: {min: -2, max: 2, cells: 1000}}", eta), quick)
	// Cells are 0.004 wide, and 6x of that is 0.014.
	if got, want := find(t, r, "small-steps").Statistics[1].Value, 1+3*x*x; math.Abs(got-want) > 0.014 {
		t.Errorf("curvature %.4f, want %.4f", got, want)
	}
}

// Momentum of 0.5 with ηλ = 0.02 is overdamped, 0.08; of 0.9 it is not, 2.
func TestMomentumIsHeldAgainstCurvature(t *testing.T) {
	for _, c := range []struct {
		mu   float64
		want fp.Verdict
	}{{0.5, fp.Holds}, {0.9, fp.Violated}} {
		file, g := problemOf(t, line("0.02", fmt.Sprintf(", momentum: %g", c.mu)), 128)
		s, err := newSubject(file, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		f := s.noMomentum()
		if want := 0.02 / (1 - c.mu) / (1 - c.mu); math.Abs(f.Statistics[0].Value-want) > 1e-8*want || f.Verdict != c.want {
			t.Errorf("μ = %g: %g, %v; want %g, %v", c.mu, f.Statistics[0].Value, f.Verdict, want, c.want)
		}
	}
}

// A batch of a quarter of the samples is not few.
func TestFractionOfSamples(t *testing.T) {
	r := audited(t, mean(40, 10, 1, ", sampling: without-replacement"), quick)
	f := find(t, r, "small-batch")
	if f.Verdict != fp.Violated || f.Statistics[0].Value != 0.25 || f.Statistics[1].Value != 30.0/39 {
		t.Errorf("%v, %v", f.Verdict, f.Statistics)
	}
}

// The term that the curl is said to lack vanishes for isotropic noise, also where there is a
// current, and not for anisotropic noise.
func TestDroppedTermIsThatOfAnisotropicNoise(t *testing.T) {
	const format = "variables: [x, y]\nsgd: {loss: x^2/2 + y^2 + x*y/2, noise_covariance: %s, learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -1.5, max: 1.5, cells: 64}, y: {min: -1.2, max: 1.2, cells: 64}}"
	for _, c := range []struct {
		noise string
		want  fp.Verdict
	}{
		{"[[1, 0], [0, 1]]", fp.Holds},
		{"[[1 + x^2/2, 0], [0, 1 + x^2/2]]", fp.Holds},
		{"[[1, 0], [0, 2]]", fp.Violated},
	} {
		r := audited(t, fmt.Sprintf(format, c.noise), quick)
		f := find(t, r, "dropped-curl")
		if f.Verdict != c.want || f.Statistics[1].Value > 1e-3 {
			t.Errorf("Σ = %s: %v, want %v: %s, mismatch %.2g", c.noise, f.Verdict, c.want, f.Sentence, f.Statistics[1].Value)
		}
	}
}

// Limits are a tenth, of ηλ/(1+μ), of ηλ/(1−μ)² and of B/n; and SGD diverges from ηλ = 2(1+μ) on. Hessians by
// differences are right to 1e-8.
func TestLimitsOfRates(t *testing.T) {
	of := func(src string) *subject {
		f, g := problemOf(t, src, 128) // curvatures are of the loss, not of cells
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	verdict := map[bool]fp.Verdict{false: fp.Violated, true: fp.Holds}
	for _, rate := range []float64{0.0999, 0.1001} {
		if f := of(line(fmt.Sprint(rate), "")).smallRate(); f.Verdict != verdict[rate < 0.1] {
			t.Errorf("ηλ = %g: %v", rate, f.Verdict)
		}
		if f := of(line(fmt.Sprint(rate/4), ", momentum: 0.5")).noMomentum(); f.Verdict != verdict[rate < 0.1] {
			t.Errorf("ηλ/(1−μ)² = %g: %v", rate, f.Verdict)
		}
	}
	// On the limit it holds, whatever round-off makes of it: of x²/2 with η = 0.1 ηλ is 0.10000000000000207.
	if f := of(line("0.1", "")).smallRate(); f.Verdict != fp.Holds || !(math.Abs(f.Statistics[0].Value-0.1) <= f.Statistics[0].Error) {
		t.Errorf("ηλ = 0.1: %v: %v", f.Verdict, f.Statistics[0])
	}
	if f := of(line("0.025", ", momentum: 0.5")).noMomentum(); f.Verdict != fp.Holds || !(math.Abs(f.Statistics[0].Value-0.1) <= f.Statistics[0].Error) {
		t.Errorf("ηλ/(1−μ)² = 0.1: %v: %v", f.Verdict, f.Statistics[0])
	}
	for _, batch := range []int{10, 11} {
		if f := of(mean(100, batch, 1, "")).fewSamples(); f.Verdict != verdict[batch <= 10] {
			t.Errorf("B = %d of 100: %v", batch, f.Verdict)
		}
	}
	for _, rate := range []float64{1.999, 2.001} {
		f := of(line(fmt.Sprint(rate), "")).smallRate()
		if got := statistic(t, &f, "stability"); math.Abs(got-rate/2) > 1e-8 || strings.Contains(f.Sentence, "diverges") != (rate > 2) {
			t.Errorf("ηλ = %g: stability %g: %s", rate, got, f.Sentence)
		}
	}
	// At the limit the variance on a quadratic is 1/(1 − 0.05), some 5 % more than the equation's.
	if excess := 1 / (1 - MostStep/2); math.Abs(excess-1.05) > 0.005 {
		t.Errorf("variances are %.3f at the limit", excess)
	}
}

// Where the curvature is known for less than 95 % of the probability nobody can tell whether steps are small. Here
// the gradient is no number beyond a third of a deviation, √0.02, where 72 % of it are, or beyond 2.8, where 0.5 % are.
func TestUnknownCurvaturesLeaveStepsOpen(t *testing.T) {
	for within, known := range map[float64]bool{0.05: false, 0.4: true} {
		f, g := problemOf(t, line("0.02", ", momentum: 0.5"), 128)
		s, err := newSubject(f, g, quick.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		problem := *s.problem
		problem.Landscape = &fp.Landscape{Grad: func(dst, theta []float64) {
			if dst[0] = theta[0]; math.Abs(theta[0]) > within {
				dst[0] = math.NaN()
			}
		}}
		s.problem = &problem
		for _, f := range []Finding{s.smallRate(), s.noMomentum()} {
			if (f.Verdict == fp.Holds) != known || (f.Verdict == fp.CannotTell) == known || strings.Contains(f.Sentence, "the curvature is not known") == known {
				t.Errorf("known within %g: %s: %v: %s", within, f.Key, f.Verdict, f.Sentence)
			}
		}
	}
}
