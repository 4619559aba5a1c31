package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// mean is the regression on a constant, g_i = θ − y_i: normal noise of constant Σ.
func mean(samples, batch int, seed uint64, more string) string {
	return fmt.Sprintf("variables: [x]\nsgd: {data: {intercept: true, generate: {samples: %d, weights: [0.5], noise: 1, seed: %d}}, model: linear-regression, learning_rate: 0.02, batch_size: %d%s}\ndomain: {x: {min: -0.2, max: 1.2, cells: 64}}", samples, seed, batch, more)
}

// Noise is white with independent batches, with momentum too. In epochs it is not: whole epochs
// of noise that does not depend on θ sum up to 0, exactly.
func TestNoiseRemembersEpochsAlone(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		samples        int
		more           string
		white, formula fp.Verdict
	}{
		{480, "", fp.Holds, fp.CannotTell},
		{480, ", sampling: without-replacement", fp.Holds, fp.CannotTell},
		{480, ", momentum: 0.8", fp.Holds, fp.CannotTell},
		{480, ", sampling: epochs", fp.Violated, fp.Holds},
		{48, ", sampling: epochs", fp.Violated, fp.Holds}, // neighbours have the correlation −1/5
	} {
		r := audited(t, mean(c.samples, 8, 1, c.more), Options{Seed: 3, NoEnsemble: true, MaxPoints: 1, NoiseSteps: 9000})
		checkVerdicts(t, r, map[string]fp.Verdict{"white-noise": c.white, "epoch-formula": c.formula})
		white := find(t, r, "white-noise")
		// The first number is what is held against the limit.
		if f := find(t, r, "epoch-formula"); f.Applies && (f.Statistics[0].Value != math.Abs(statistic(t, f, "strength")-1) || !(f.Statistics[0].Value <= f.Rule.Limit)) {
			t.Errorf("%q: %v, held against %g", c.more, f.Statistics, f.Rule.Limit)
		}
		ratio := white.Statistics[2].Value
		if epochs := c.white == fp.Violated; epochs && ratio > 1e-20 || !epochs && math.Abs(ratio-1) > 5*white.Statistics[2].Error {
			t.Errorf("%q: sums over epochs have %.3g of the variance", c.more, ratio)
		}
		for _, curve := range white.Curves {
			for k, y := range curve.Y {
				if z := (y - curve.Reference[k]) / curve.Err[k]; math.Abs(z) > 5 { // 300 numbers: false alarms in 2e-4
					t.Errorf("%q: %s at %.3g: %.4f ± %.2g, want %.4f", c.more, curve.Key, curve.X[k], y, curve.Err[k], curve.Reference[k])
				}
			}
		}
	}
}

// Noise with a memory of ρ = 0.1 at one step, and noise with a weak memory of 200 steps: each is
// found by one of the two tests.
func TestBothMemoriesAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	series := func(memory, share float64) [][]float64 {
		z := make([][]float64, 64)
		for w := range z {
			slow := rng.NormFloat64()
			for range 1024 {
				slow = memory*slow + math.Sqrt(1-memory*memory)*rng.NormFloat64()
				z[w] = append(z[w], math.Sqrt(share)*slow+math.Sqrt(1-share)*rng.NormFloat64())
			}
		}
		return z
	}
	_, short := selfNormalised(series(0.1, 1), mostLags)
	if p := chiSquareTail(short, mostLags); p > 1e-6 {
		t.Errorf("a memory of one step has a chance of %.2g", p)
	}
	// 1 % of memory 200 steps long: sums over 256 steps have some 1 + 2·0.01·100 of the variance.
	if l := sumsOver(series(0.995, 0.01), 256); l.p > 1e-6 {
		t.Errorf("a memory of 200 steps has a chance of %.2g", l.p)
	}
}

// Chances of white noise are uniform, with heavy tails too: of 2000 series as many are below
// 0.01 as there should be, 20 ± 4.4; self-normalised sums of heavy tails have fewer.
func TestChancesOfWhiteNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name string
		draw func() float64
	}{
		{"normal", rng.NormFloat64},
		{"heavy tails", func() float64 { return rng.NormFloat64() / math.Sqrt(rng.ExpFloat64()*2/3) }}, // about Student's with two degrees
	} {
		var short, long int
		for range 2000 {
			z := make([][]float64, 16)
			var squares float64
			for w := range z {
				for range 64 {
					v := c.draw()
					z[w] = append(z[w], v)
					squares += v * v
				}
			}
			for w := range z {
				for k := range z[w] {
					z[w][k] /= math.Sqrt(squares / 1024)
				}
			}
			if _, q := selfNormalised(z, 8); chiSquareTail(q, 8) < 0.01 {
				short++
			}
			if sumsOver(z, 32).p < 0.01 {
				long++
			}
		}
		if short > 20+5*5 || long > 20+5*5 {
			t.Errorf("%s: %d and %d of 2000 chances are below 0.01, want some 20", c.name, short, long)
		}
	}
}

// The error of the variance of sums is that of many series, also of noise that is mostly 0: of
// variance 1 and excess kurtosis 47 the variance of sums over 16 steps varies by √((2 + 47/16)/N), where
// of normal noise it is √(2/N).
func TestErrorOfTheVarianceOfSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const series, blocks, m = 1000, 64, 16
	var square, estimated float64
	for range series {
		z := make([][]float64, blocks)
		for b := range z {
			z[b] = make([]float64, m)
			for k := range z[b] {
				if rng.IntN(50) == 0 {
					z[b][k] = math.Copysign(math.Sqrt(50), rng.Float64()-0.5)
				}
			}
		}
		l := sumsOver(z, m)
		square += (l.ratio - 1) * (l.ratio - 1) / series
		estimated += l.err * l.err / series
	}
	want := (2 + 47.0/m) / blocks
	// Means of 1000 squares: 5 % each, three times as much for tails.
	if math.Abs(square/want-1) > 0.2 || math.Abs(estimated/want-1) > 0.2 {
		t.Errorf("variance %.4f, estimated %.4f, want %.4f", square, estimated, want)
	}
}

// Sums whose variance is known to 0.18 with three errors do not show that noise is white: by 0.083 it would
// move a normal density by the 0.02 within which densities agree, φ(1) of that.
func TestFewEpochsDoNotShowWhiteness(t *testing.T) {
	s := &subject{opt: Options{Within: 0.02}}
	if got, want := s.mostLongTerm(), 0.0826546; math.Abs(got-want) > 1e-6 { // 0.02/0.24197072
		t.Errorf("%.7f, want %.7f", got, want)
	}
	r := audited(t, mean(480, 8, 1, ""), Options{Seed: 3, NoEnsemble: true, MaxPoints: 1, NoiseSteps: 4 * 60})
	checkVerdicts(t, r, map[string]fp.Verdict{"white-noise": fp.CannotTell})
}

// White noise is a violation below the level of tests, and holds where the largest autocorrelation is below
// 0.1 with five errors, and the variance of sums within 0.083 of 1 with three.
func TestVerdictsOnMemoriesWantErrors(t *testing.T) {
	s := &subject{opt: Options{Within: 0.02}}
	for _, c := range []struct {
		w    whiteness
		want fp.Verdict
	}{
		{whiteness{1.01 * level, 0.02, 0.01, longTerm{ratio: 1}}, fp.Holds},
		{whiteness{0.99 * level, 0.02, 0.01, longTerm{ratio: 1}}, fp.Violated},
		{whiteness{1, 0.099, 0, longTerm{ratio: 1}}, fp.Holds},
		{whiteness{1, 0.101, 0, longTerm{ratio: 1}}, fp.CannotTell},
		{whiteness{1, 0.049, 0.01, longTerm{ratio: 1}}, fp.Holds},
		{whiteness{1, 0.051, 0.01, longTerm{ratio: 1}}, fp.CannotTell},
		{whiteness{1, 0, 0, longTerm{ratio: 1.082}}, fp.Holds},
		{whiteness{1, 0, 0, longTerm{ratio: 1.083}}, fp.CannotTell},
		{whiteness{1, 0, 0, longTerm{ratio: 0.917}}, fp.CannotTell},
		{whiteness{1, 0, 0, longTerm{ratio: 1.022, err: 0.02}}, fp.Holds},
		{whiteness{1, 0, 0, longTerm{ratio: 1.023, err: 0.02}}, fp.CannotTell},
	} {
		if got := c.w.verdict(s.mostLongTerm()); got != c.want {
			t.Errorf("%+v: %v, want %v", c.w, got, c.want)
		}
	}
}

// Blocks of two ±1 have sums 2 or 0. Of ten blocks five of each kind have the variance of white noise, and
// 10 of χ²₁₀ is exceeded with the chance e⁻⁵ Σ_{j<5} 5ʲ/j! = 0.44049; eight leave 1.6 of the variance, 16 with
// e⁻⁸ Σ_{j<5} 8ʲ/j! = 0.09963; two 0.4, 4 with 1 − e⁻² Σ_{j<5} 2ʲ/j! = 0.05265 below. Chances are of both sides.
func TestChancesOfSums(t *testing.T) {
	for equal, want := range map[int]float64{5: 2 * 0.440493, 8: 2 * 0.099632, 2: 2 * 0.052653} {
		var z [][]float64
		for k := range 10 {
			second := -1.0
			if k < equal {
				second = 1
			}
			z = append(z, []float64{1, second})
		}
		l := sumsOver(z, 2)
		if math.Abs(l.p-want) > 2e-6 || math.Abs(l.ratio-float64(equal)/5) > 1e-15 || math.Abs(l.err-math.Sqrt(0.2)) > 1e-15 {
			t.Errorf("%d blocks: %+v, want a chance of %.6f", equal, l, want)
		}
	}
	if q := chiSquareTail(10, 10); math.Abs(q-0.440493) > 1e-6 {
		t.Errorf("χ²₁₀ above 10: %.6f", q)
	}
}

// Of alternating signs products at lag h are (−1)ʰ each: correlations are 1 or −1, and each lag gives Q as
// many as there are products.
func TestSelfNormalisedSums(t *testing.T) {
	z := make([][]float64, 3)
	for w := range z {
		for k := range 10 {
			z[w] = append(z[w], float64(1-k%2*2)*3) // of any scale
		}
	}
	rho, q := selfNormalised(z, 4)
	for h, r := range rho {
		if want := 9 * math.Pow(-1, float64(h+1)); math.Abs(r-want) > 1e-14 {
			t.Errorf("lag %d: %g, want %g", h+1, r, want)
		}
	}
	if want := 3.0 * (9 + 8 + 7 + 6); math.Abs(q-want) > 1e-12 {
		t.Errorf("Q = %g, want %g", q, want)
	}
	if _, q := selfNormalised([][]float64{{1, 0, 0}}, 1); q != 0 { // and no 0/0
		t.Errorf("Q = %g of no products", q)
	}
}

// The mean of 1, 2, 3, 6 is 3 ± √(14/12).
func TestMeansAndTheirErrors(t *testing.T) {
	if mean, se := estimate([]float64{1, 2, 3, 6}); mean != 3 || math.Abs(se-math.Sqrt(14.0/12)) > 1e-15 {
		t.Errorf("%g ± %g", mean, se)
	}
}

// What is violated is told by the test that says so: memory of one step by autocorrelations, of a whole epoch,
// whose sums are 0, by those.
func TestMemoryIsToldByTheTestThatSeesIt(t *testing.T) {
	const walkers, epoch = 16, 200
	f, g := problemOf(t, mean(4*epoch, 4, 1, ""))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	step, sums := make([][]float64, walkers), make([][]float64, walkers)
	for w := range walkers {
		var last float64
		for range 2 {
			z := make([]float64, epoch)
			for k := range z {
				z[k] = rng.NormFloat64()
				last = 0.5*last + math.Sqrt(0.75)*z[k]
				step[w] = append(step[w], last)
			}
			middle, _ := estimate(z)
			for _, v := range z {
				sums[w] = append(sums[w], v-middle)
			}
		}
	}
	for want, z := range map[string][][]float64{"autocorrelations at 20 lags": step, "sums over 200 steps": sums} {
		var f Finding
		s.judgeWhite(&f, &noiseSeries{z: [][][]float64{z}, steps: 2 * epoch})
		if f.Verdict != fp.Violated || !strings.Contains(f.Sentence, want) {
			t.Errorf("%s: %v: %s", want, f.Verdict, f.Sentence)
		}
	}
}

// An epoch of one batch, 30 of 40 samples, has no batches that could be anti-correlated.
func TestEpochsOfOneBatchHaveNoFormula(t *testing.T) {
	f := find(t, audited(t, mean(40, 30, 1, ", sampling: epochs"), Options{NoEnsemble: true, MaxPoints: 1, NoiseSteps: 64}), "epoch-formula")
	if f.Applies || !strings.Contains(f.Sentence, "an epoch is one batch") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}

// Memory is not told of in fewer than four steps, and in four it is, in numbers.
func TestFewStepsDoNotTellOfMemory(t *testing.T) {
	for _, steps := range []int{1, 2, 3, 4, 5} {
		s := noisy(t, ", sampling: epochs")
		s.opt.NoiseSteps = steps
		for _, f := range s.memory() {
			why := fmt.Sprintf("does not apply: %d steps are too few to tell of memory, want 4", steps)
			if few := steps < 4; f.Applies == few || few && (f.Sentence != why || f.Verdict != fp.CannotTell || len(f.Statistics) > 0) {
				t.Errorf("%d steps: %s: %v, %q, %v", steps, f.Key, f.Applies, f.Sentence, f.Statistics)
			}
			for _, x := range f.Statistics {
				if math.IsNaN(x.Value) || math.IsNaN(x.Error) {
					t.Errorf("%d steps: %s: %s is %g ± %g", steps, f.Key, x.Key, x.Value, x.Error)
				}
			}
			if f.Applies && strings.Contains(f.Sentence, "NaN") {
				t.Errorf("%d steps: %s: %s", steps, f.Key, f.Sentence)
			}
		}
	}
}
