package audit

import (
	"fmt"
	"math"
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

// η₀/√(k+1) with a relaxation time of 1/η₀ steps: from step k on one is √(k+1)/η₀ steps, in which
// ln η falls by ½ ln(1 + 1/(η₀√(k+1))).
func TestSchedulesAgainstRelaxation(t *testing.T) {
	const eta = 0.1
	largest, c := rateChange(fp.InverseSqrtRate(eta), 1)
	for i, k := range c.X {
		k = math.Floor(k)
		want := 0.5 * math.Log(1+1/(eta*math.Sqrt(k+1)))
		if math.Abs(c.Y[i]-want) > 2/k { // of whole steps
			t.Errorf("k = %g: %.5f, want %.5f", k, c.Y[i], want)
		}
	}
	if largest != c.Y[0] {
		t.Errorf("largest %g, at first %g", largest, c.Y[0])
	}
	for _, s := range []struct {
		rate string
		want fp.Verdict
	}{
		{"0.02", fp.Holds},
		{"{schedule: inverse-sqrt, initial: 0.02}", fp.Violated},
		{"{schedule: step, initial: 0.02, factor: 0.5, every: 1000}", fp.Violated},
		{"{schedule: cosine, initial: 0.02, final: 0.01, steps: 10000000}", fp.Holds},
		{"{schedule: cosine, initial: 0.02, final: 0.0001, steps: 1000}", fp.Violated},
	} {
		r := audited(t, line(s.rate, ""), quick)
		checkVerdicts(t, r, map[string]fp.Verdict{"constant-rate": s.want})
	}
}

// Momentum of 0.5 with ηλ = 0.02 is overdamped, 0.08; of 0.9 it is not, 2.
func TestMomentumIsHeldAgainstCurvature(t *testing.T) {
	for _, c := range []struct {
		mu   float64
		want fp.Verdict
	}{{0.5, fp.Holds}, {0.9, fp.Violated}} {
		r := audited(t, line("0.02", fmt.Sprintf(", momentum: %g", c.mu)), quick)
		f := find(t, r, "no-momentum")
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
