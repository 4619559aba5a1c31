package audit

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// noisy is a subject of epochs of five batches of 8 of 43 samples: with three left over, batches have the
// correlation −8/35, and could have one of −1/4.
func noisy(t *testing.T, more string) *subject {
	f, g := problemOf(t, mean(43, 8, 1, more))
	s, err := newSubject(f, g, quick.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seriesOf returns one component of noise of variance 1, made of white noise in turn for each epoch.
func seriesOf(walkers, epochs, steps int, epoch func(white []float64)) *noiseSeries {
	rng := rand.New(rand.NewPCG(31, 32))
	n := &noiseSeries{steps: epochs * steps, z: [][][]float64{make([][]float64, walkers)}}
	for w := range n.z[0] {
		for range epochs {
			white := make([]float64, steps)
			for k := range white {
				white[k] = rng.NormFloat64()
			}
			epoch(white)
			n.z[0][w] = append(n.z[0][w], white...)
		}
	}
	return n
}

// equicorrelated makes white noise of m steps that of the correlation r ≥ −1/(m−1) between all of them,
// by taking away of the mean what leaves 1 + (m−1)r of its variance.
func equicorrelated(r float64) func(white []float64) {
	return func(z []float64) {
		m := float64(len(z))
		var mean float64
		for _, v := range z {
			mean += v / m
		}
		for k, v := range z {
			z[k] = math.Sqrt(1-r)*(v-mean) + math.Sqrt(1+(m-1)*r)*mean
		}
	}
}

// The strength of anti-correlation is what was put in, and is held against the formula with five errors.
func TestStrengthOfEpochs(t *testing.T) {
	s := noisy(t, ", sampling: epochs")
	for _, c := range []struct {
		strength float64
		epochs   int
		want     fp.Verdict
	}{
		{1, 200, fp.Holds},
		{0.95, 200, fp.Holds},
		{1, 2, fp.CannotTell},
		{0.9, 200, fp.CannotTell},
		{0.85, 200, fp.Violated},
		{0, 200, fp.Violated},
		{1.09, 200, fp.Holds}, // beyond 35/32 there is none
	} {
		var f Finding
		s.judgeEpochs(&f, seriesOf(64, c.epochs, 5, equicorrelated(-c.strength*8/35)))
		got := f.Statistics[0]
		if f.Verdict != c.want || math.Abs(got.Value-c.strength) > 5*got.Error {
			t.Errorf("%g: %v, %.3f ± %.3f; want %v", c.strength, f.Verdict, got.Value, got.Error, c.want)
		}
	}
}

// White noise holds if there is enough of it, and correlations beyond chance are violations, at one lag
// and over blocks, whatever their size.
func TestVerdictsOnWhiteness(t *testing.T) {
	s := noisy(t, "")
	same := func([]float64) {}
	for _, c := range []struct {
		name string
		n    *noiseSeries
		want fp.Verdict
	}{
		{"white", seriesOf(64, 200, 5, same), fp.Holds},
		{"little", seriesOf(4, 20, 5, same), fp.CannotTell},
		{"epochs", seriesOf(64, 200, 5, equicorrelated(-8.0/35)), fp.Violated},
		{"weak epochs", seriesOf(64, 200, 5, equicorrelated(-0.03)), fp.Violated},
		{"alternating", seriesOf(64, 200, 5, func(z []float64) { // ρ_2 = ¼ of an epoch's pairs, and nothing over blocks
			for k := 2; k < len(z); k++ {
				z[k] = math.Sqrt(0.75)*z[k] + 0.5*z[k-2]
			}
		}), fp.Violated},
	} {
		var f Finding
		s.judgeWhite(&f, c.n)
		if f.Verdict != c.want {
			t.Errorf("%s: %v, want %v: %s; %v", c.name, f.Verdict, c.want, f.Sentence, f.Statistics)
		}
	}
}

// What correlations and spectra are exactly in epochs, from the covariance of every pair of steps: that
// is 1, −B/(n−B) within an epoch, and 0. Welch's segments are half as long as the next begins later.
func TestExactCurvesOfEpochs(t *testing.T) {
	s := noisy(t, ", sampling: epochs")
	const steps, points = 43, 16 // not whole epochs
	covariance := func(i, j int) float64 {
		switch {
		case i == j:
			return 1
		case i/5 == j/5:
			return -8.0 / 35
		}
		return 0
	}
	for h := 1; h < 8; h++ {
		var want float64
		for i := range steps - h {
			want += covariance(i, i+h) / float64(steps-h)
		}
		if got := s.exactCorrelation(h, steps); math.Abs(got-want) > 1e-15 {
			t.Errorf("lag %d: %.12f, want %.12f", h, got, want)
		}
	}
	hann := func(k int) float64 { return 0.5 - 0.5*math.Cos(2*math.Pi*float64(k)/(points-1)) }
	for _, frequency := range []float64{0, 1.0 / 16, 0.2, 0.5} {
		var want, square, segments float64
		for start := 0; start+points <= steps; start += points / 2 {
			segments++
			for i := range points {
				square += hann(i) * hann(i)
				for j := range points {
					want += hann(i) * hann(j) * covariance(start+i, start+j) * math.Cos(2*math.Pi*frequency*float64(i-j))
				}
			}
		}
		want /= square
		if got := s.exactPower(frequency, points, steps); math.Abs(got-want) > 1e-13 { // 256 terms
			t.Errorf("frequency %g: %.12f, want %.12f", frequency, got, want)
		}
	}
}

// Gradient noise of SGD with momentum is white, and its velocity is not: noise that is added up with the
// factor μ is called a violation, and has the spectrum (1 − μ²)/|1 − μ e^{iω}|².
func TestVelocitiesAreNotWhite(t *testing.T) {
	skipShort(t)
	const mu = 0.8
	s := noisy(t, ", momentum: 0.8")
	n := seriesOf(64, 1, 1024, func(z []float64) {
		for k := range z[1:] {
			z[k+1] = mu*z[k] + math.Sqrt(1-mu*mu)*z[k+1]
		}
	})
	var f Finding
	s.judgeWhite(&f, n)
	if f.Verdict != fp.Violated || math.Abs(f.Statistics[4].Value-mu) > 0.02 { // 65536 numbers, of which some 9 go together
		t.Errorf("%v: %s, largest %.3f", f.Verdict, f.Sentence, f.Statistics[4].Value)
	}
	c := s.spectrum(0, n.z[0])
	for k, x := range c.X {
		want := (1 - mu*mu) / (1 + mu*mu - 2*mu*math.Cos(2*math.Pi*x))
		if x == 0 || x == 0.5 {
			continue // go-dsp halves what both ends have
		}
		// Segments of 256 steps smear over 1/256: the curvature of the peak makes 5 % of that.
		if math.Abs(c.Y[k]-want) > 5*c.Err[k]+0.05*want {
			t.Errorf("frequency %.4f: %.3f ± %.3f, want %.3f", x, c.Y[k], c.Err[k], want)
		}
	}
	white := audited(t, mean(480, 8, 1, ", momentum: 0.8"), Options{Seed: 3, NoEnsemble: true, MaxPoints: 1, NoiseSteps: 9000})
	if f := find(t, white, "white-noise"); f.Verdict != fp.Holds || !strings.Contains(f.Sentence, "is white") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}
