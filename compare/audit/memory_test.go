package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
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
