package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// The drift −θ + ω(−y, x) with D = ½ has p ∝ exp(−r²) and J = ω(−y, x)p: with ∫|x|p = ∫|y|p its share
// of itself and D∇p = −θp is ω/(1 + ω). What is below a hundredth does not matter, and is not exact.
func TestBalanceIsJudgedByTheSizeOfTheCurrent(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		omega float64
		want  fp.Verdict
		words string
	}{
		{0, fp.Holds, "no probability flows"},
		{0.004, fp.Holds, "hardly any probability flows"},
		{0.02, fp.Violated, "probability circulates"},
		{3, fp.Violated, "probability circulates"},
	} {
		r := audited(t, fmt.Sprintf("variables: [x, y]\nequation: {drift: [-x - %g*y, %g*x - y], diffusion: [[0.5, 0], [0, 0.5]]}\ndomain: {x: {min: -4, max: 4, cells: 48}, y: {min: -4, max: 4, cells: 48}}", c.omega, c.omega), quick)
		f := find(t, r, "detailed-balance")
		if f.Verdict != c.want || !strings.HasPrefix(f.Sentence, c.words) || strings.Contains(f.Sentence, "balance is not exact") != (c.omega > 0) {
			t.Errorf("ω = %g: %v, want %v: %s", c.omega, f.Verdict, c.want, f.Sentence)
		}
		got, err := statistic(t, f, "current"), errorOf(t, f, "current")
		// Differences of neighbours, for ∇p, lose some (h/σ)²/4 of its size, σ² = ½.
		if want := c.omega / (1 + c.omega); math.Abs(got-want) > 3*err+0.014*want || err > 0.01*(1+c.omega) {
			t.Errorf("ω = %g: share %.5f ± %.1g, want %.5f", c.omega, got, err, want)
		}
	}
}

// Verdicts on the size of the current beside those on exact balance.
func TestSizeAndExactnessOfBalance(t *testing.T) {
	test := func(v fp.Verdict) fp.BalanceTest { return fp.BalanceTest{Verdict: v, Reason: v.String()} }
	open := fp.BalanceTest{Statistic: math.NaN(), Reason: "unresolved"}
	for _, c := range []struct {
		name       string
		b          fp.DetailedBalance
		share, err float64
		want       fp.Verdict
	}{
		{"exact, whatever the errors", fp.DetailedBalance{Verdict: fp.Holds, Force: test(fp.Holds), Current: open}, 0.5, 1, fp.Holds},
		{"large", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: test(fp.Violated)}, 0.02, 0.003, fp.Violated},
		{"large, less three errors not", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: test(fp.Violated)}, 0.02, 0.004, fp.CannotTell},
		{"small", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: test(fp.Violated)}, 0.004, 0.001, fp.Holds},
		{"small, but not resolved", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: open}, 0.004, 0.001, fp.CannotTell},
		{"large, and not resolved", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: open}, 0.5, 0.1, fp.Violated},
		{"large, not resolved, and perhaps exact", fp.DetailedBalance{Force: test(fp.CannotTell), Current: open}, 0.5, 0.1, fp.CannotTell},
		{"large against an exact force", fp.DetailedBalance{Force: test(fp.Holds), Current: test(fp.Violated)}, 0.5, 0.1, fp.CannotTell},
		{"large against exact rates", fp.DetailedBalance{Cycles: test(fp.Holds), Current: test(fp.Violated)}, 0.5, 0.1, fp.CannotTell},
		{"nothing known", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: open}, math.NaN(), math.NaN(), fp.CannotTell},
		{"no error known", fp.DetailedBalance{Verdict: fp.Violated, Force: test(fp.Violated), Current: open}, 0.5, math.NaN(), fp.CannotTell},
	} {
		if v, words := judgeFlow(&c.b, c.share, c.err); v != c.want || strings.Contains(words, "NaN") {
			t.Errorf("%s: %v, want %v: %s", c.name, v, c.want, words)
		}
	}
}

// The map of |J| is that of ω(−y, x)p, and all statistics are those of the tests they name, with the error of
// entropy production that is estimated: it is ω²E r²/D = 2ω² with E r² = 1 and D = ½.
func TestMapsAndStatisticsOfTheCurrent(t *testing.T) {
	const omega = 0.5
	f, g := problemOf(t, fmt.Sprintf("variables: [x, y]\nequation: {drift: [-x - %g*y, %g*x - y], diffusion: [[0.5, 0], [0, 0.5]]}\ndomain: {x: {min: -4, max: 4, cells: 48}, y: {min: -4, max: 4, cells: 48}}", omega, omega))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	finding := s.balance()[0]
	x := make([]float64, 2)
	for i, got := range finding.Maps[0].Values {
		g.Center(x, i)
		r := math.Hypot(x[0], x[1])
		// Means over cells of a quarter of a deviation: (h/σ)²/10 or so of the largest.
		if want := omega * r * math.Exp(-r*r) / math.Pi; math.Abs(got-want) > 6e-3*omega/math.Pi {
			t.Fatalf("at %v: |J| = %.6f, want %.6f", x, got, want)
		}
	}
	if got, err := statistic(t, &finding, "entropy-production"), errorOf(t, &finding, "entropy-production"); err != s.estimate.EntropyProduction || math.Abs(got-2*omega*omega) > 1e-3 {
		t.Errorf("entropy production %.6f ± %.2g, want %g", got, err, 2*omega*omega)
	}
	force := s.solution.ForceBalance()
	if got, err := statistic(t, &finding, "force"), errorOf(t, &finding, "force"); got != force.Statistic || err != force.Error {
		t.Errorf("force %g ± %g, want %g ± %g", got, err, force.Statistic, force.Error)
	}
}

// A hundredth of the current counts as no flow.
func TestLimitOfTheCurrent(t *testing.T) {
	test := fp.BalanceTest{Verdict: fp.Violated}
	for share, want := range map[float64]fp.Verdict{0.0099: fp.Holds, 0.0101: fp.Violated} {
		if v, words := judgeFlow(&fp.DetailedBalance{Verdict: fp.Violated, Force: test, Current: test}, share, 0); v != want {
			t.Errorf("%g: %v, want %v: %s", share, v, want, words)
		}
	}
}
