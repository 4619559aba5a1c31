package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// η₀/√(k+1) with a relaxation time of 1/η₀ steps: from step k on one is √(k+1)/η₀ steps, in which
// ln η falls by ½ ln(1 + 1/(η₀√(k+1))); and by half of ln k since the first.
func TestSchedulesAgainstRelaxation(t *testing.T) {
	const eta = 0.1
	since, within, c := relaxing{time: 1}.changes(fp.InverseSqrtRate(eta))
	for i, k := range c.X {
		k = math.Floor(k)
		want := 0.5 * math.Log(1+1/(eta*math.Sqrt(k+1)))
		if math.Abs(c.Y[i]-want) > 2/k { // of whole steps
			t.Errorf("k = %g: %.5f, want %.5f", k, c.Y[i], want)
		}
	}
	if within != c.Y[0] || c.X[0] != 100 {
		t.Errorf("largest %g, at first %g, from step %g on", within, c.Y[0], c.X[0])
	}
	// The last step is longestRun, and the relaxation time a thousandth of it.
	if want := 0.5 * math.Log(longestRun); math.Abs(since-want) > 1e-3 {
		t.Errorf("since the first rate %g, want %g", since, want)
	}
}

// From the last step before a drop on one more falls within a relaxation time for each time that this is longer
// than the drops are apart: with T = 20 and halves of 0.4 after each 1000 steps it is 50·2ᵐ steps after m drops, more
// than 1000 from the fifth on.
func TestDropsAreSeenWithinARelaxationTime(t *testing.T) {
	for _, c := range []struct {
		time, factor float64
		every        int
		upTo         float64 // step
		want         float64
	}{
		{20, 0.5, 1000, 4999, math.Ln2},
		{20, 0.5, 1000, 5999, 2 * math.Ln2},
		{20, 0.5, 100, 999, 256 * math.Ln2}, // 25600 steps of the rate 0.4·2⁻⁹
		{1, 0.9, 7, 63, -math.Log(0.9)},     // 2.5·0.9⁻⁸ = 5.8 steps at the most
		{1, 1, 7, 1e8, 0},
	} {
		s := fp.StepDecayRate{Initial: 0.4, Factor: c.factor, Every: c.every}
		_, _, curve := relaxing{time: c.time}.changes(s)
		var within float64
		for i, k := range curve.X {
			if k <= c.upTo {
				within = max(within, curve.Y[i])
			}
		}
		if math.Abs(within-c.want) > 1e-12*(1+c.want) {
			t.Errorf("%+v: ln η changes by %g", c, within)
		}
	}
}

// A cosine changes within a relaxation time, up to a thousandth of its length or far longer than it, by what looking
// at all steps one by one finds, within 1 %: it is looked at at a thousand of them.
func TestCosinesAreSeenWithinARelaxationTime(t *testing.T) {
	for _, c := range []struct {
		time, final float64
		steps       int
	}{{5, 0.002, 200}, {5, 0.002, 400}, {5, 0.002, 2000}, {5, 0.019, 499}, {1e4, 0.01, 10}, {0.01, 0.002, 300}} {
		s := fp.CosineRate{Initial: 0.02, Final: c.final, Steps: c.steps}
		r := relaxing{time: c.time}
		since, within, curve := r.changes(s)
		var want float64
		for k := range c.steps {
			want = max(want, math.Log(s.Rate(k)/s.Rate(k+int(r.steps(s.Rate(k))))))
		}
		if math.Abs(within-want) > 0.01*want || math.Abs(since-math.Log(0.02/c.final)) > 1e-12 || curve.X[0] != 0 {
			t.Errorf("%+v: within a relaxation time %g, want %g; since the first %g", c, within, want, since)
		}
	}
}

// A change of ln η by a tenth since the first rate counts, however slow, and so does an end at 0, also
// one before ten relaxation times of 50 steps.
func TestSchedulesAreHeldAgainstTheFirstRate(t *testing.T) {
	for _, s := range []struct {
		rate string
		want fp.Verdict
	}{
		{"0.02", fp.Holds},
		{"{schedule: inverse-sqrt, initial: 0.02}", fp.Violated},
		{"{schedule: step, initial: 0.02, factor: 0.5, every: 1000}", fp.Violated},
		{"{schedule: step, initial: 0.02, factor: 0.5, every: 1000000000}", fp.Holds},   // nobody goes there
		{"{schedule: cosine, initial: 0.02, final: 0.0182, steps: 10000000}", fp.Holds}, // e^−0.1 = 0.905
		{"{schedule: cosine, initial: 0.02, final: 0.018, steps: 10000000}", fp.Violated},
		{"{schedule: cosine, initial: 0.02, final: 0.018, steps: 200}", fp.Violated},
		{"{schedule: cosine, initial: 0.02, final: 0.0001, steps: 1000}", fp.Violated},
		{"{schedule: cosine, initial: 0.02, final: 0, steps: 200}", fp.Violated},
		{"{schedule: cosine, initial: 0.02, final: 0, steps: 100000}", fp.Violated},
	} {
		r := audited(t, line(s.rate, ""), quick)
		checkVerdicts(t, r, map[string]fp.Verdict{"constant-rate": s.want})
		f := find(t, r, "constant-rate")
		if s.rate != "0.02" && !strings.Contains(f.Sentence, "that of the first rate, 0.02") {
			t.Errorf("%s: %s", s.rate, f.Sentence)
		}
		// 10⁵ halvings are below the least number, too.
		ends := strings.Contains(s.rate, "final: 0,") || strings.HasSuffix(s.rate, "every: 1000}")
		if ends != math.IsInf(f.Statistics[0].Value, 1) || ends != strings.HasPrefix(f.Sentence, "η becomes 0, or less than any number, ") || strings.Contains(f.Sentence, "Inf") {
			t.Errorf("%s: ln η changes by %g: %s", s.rate, f.Statistics[0].Value, f.Sentence)
		}
	}
}

// On x²/2 the equation relaxes within T = 1, and the heavy ball θ_{k+1} = (1 + μ − η)θ_k − μθ_{k−1} as
// the power of the larger root of z² − (1 + μ − η)z + μ: within (1−μ)/η steps where that is slow. Of
// roots that are not real it is √μ.
func TestRelaxationWithMomentum(t *testing.T) {
	for _, c := range []struct{ eta, mu, want float64 }{
		{0.02, 0, 50},
		{0.02, 0.5, 25},
		{0.001, 0.9, 100},
		{0.02, 0.9, -2 / math.Log(0.9)},
		{0.3, 0.5, -2 / math.Log(0.5)},
	} {
		rate := fmt.Sprintf("{schedule: cosine, initial: %g, final: 0, steps: 1000}", c.eta)
		got := statistic(t, find(t, audited(t, line(rate, fmt.Sprintf(", momentum: %g", c.mu)), quick), "constant-rate"), "relaxation")
		if math.Abs(got-c.want) > 1e-3*c.want { // of modes on cells of a thirtieth of a deviation
			t.Errorf("η = %g, μ = %g: %.4g steps, want %.4g", c.eta, c.mu, got, c.want)
		}
		b := 1 + c.mu - c.eta
		root := math.Sqrt(c.mu)
		if square := b*b - 4*c.mu; square > 0 {
			root = (b + math.Sqrt(square)) / 2
		}
		// The next term of ln z is ηλ/(1−μ)² of the first, 0.1 here at most, with
		// its square beside it.
		if exact := -1 / math.Log(root); math.Abs(got-exact) > 0.12*exact {
			t.Errorf("η = %g, μ = %g: %.4g steps, the roots say %.4g", c.eta, c.mu, got, exact)
		}
	}
}
