package audit

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
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
		got := f.Statistics[statisticAt(t, &f, "strength")]
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

// Chances count as often as there are tests, two for each component; autocorrelations are of 20 lags, or of a
// quarter of the steps, and their error is that of the number of products at the last.
func TestStatisticsOfWhiteness(t *testing.T) {
	s := noisy(t, "")
	for _, c := range []struct{ components, epochs, lags int }{{1, 40, 20}, {2, 40, 20}, {3, 8, 10}} {
		n := seriesOf(16, c.epochs, 5, func([]float64) {})
		for range c.components - 1 {
			n.z = append(n.z, n.z[0])
		}
		var f Finding
		s.judgeWhite(&f, n)
		least := min(statistic(t, &f, "ljung-box"), statistic(t, &f, "sums-chance"))
		if got, want := statistic(t, &f, "chance"), min(1, float64(2*c.components)*least); math.Abs(got-want) > 1e-15 {
			t.Errorf("%+v: chance %g, want %g", c, got, want)
		}
		if got, want := errorOf(t, &f, "largest"), 1/math.Sqrt(16*float64(c.epochs*5-c.lags)); math.Abs(got-want) > 1e-15 {
			t.Errorf("%+v: error %g, want %g", c, got, want)
		}
		if curve := f.Curves[0]; len(curve.X) != c.lags || curve.X[c.lags-1] != float64(c.lags) {
			t.Errorf("%+v: lags %v", c, curve.X)
		}
		if got, want := statistic(t, &f, "largest"), slices.MaxFunc(f.Curves[0].Y, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) }); got != math.Abs(want) {
			t.Errorf("%+v: largest %g, want %g", c, got, want)
		}
	}
}

// A strength is given five errors: ten walkers for five epochs leave 0.02 and more, so that a tenth is left open.
func TestStrengthsAreGivenFiveErrors(t *testing.T) {
	s := noisy(t, ", sampling: epochs")
	var f Finding
	s.judgeEpochs(&f, seriesOf(10, 5, 5, equicorrelated(-8.0/35)))
	// The limit is 0.1: with three errors it would hold.
	if got := f.Statistics[statisticAt(t, &f, "strength")]; f.Verdict != fp.CannotTell || got.Error < 0.02 || math.Abs(got.Value-1)+3*got.Error > mostOffFormula {
		t.Errorf("%v: %.3f ± %.3f", f.Verdict, got.Value, got.Error)
	}
}

// Gradient noise of independent batches is white, whatever the momentum.
func TestMomentumHasNoPartInTheNoise(t *testing.T) {
	s := noisy(t, ", momentum: 0.8")
	for h := range 5 {
		if r := s.exactCorrelation(h+1, 40); r != 0 {
			t.Errorf("lag %d: %g", h+1, r)
		}
	}
	if p := s.exactPower(0.1, 16, 40); p != 1 {
		t.Errorf("power %g", p)
	}
}

// Noise is watched for a hundred epochs, for whole ones from 512 steps to 8192, or for one; and for no
// more than 32768.
func TestStepsForWhichNoiseIsWatched(t *testing.T) {
	for _, c := range []struct{ samples, batch, want int }{
		{60, 1, 6000},
		{10, 2, 515},         // 103 epochs
		{800, 8, 8100},       // 81 epochs
		{5000, 1, 5000},      // one
		{40000, 1, 1 << 15},  // not one
		{9, 2, 512},          // ⌊9/2⌋ = 4
		{200, 150, 512},      // one batch
		{32768, 1, 32768},    // one
		{16384, 1, 16384},    // one
		{4096, 1, 2 * 4096},  // two
		{4097, 1, 4097},      // one
		{700, 100, 700},      // a hundred of seven
		{81, 1, 100 * 81},    // all of them
		{82, 1, 99 * 82},     // as many as 8192 are
		{5120, 10, 16 * 512}, // 8192
	} {
		f, _ := problemOf(t, mean(c.samples, c.batch, 1, ""))
		s := &subject{file: f, sgd: f.SGD()}
		if got := s.noiseSteps(); got != c.want {
			t.Errorf("%d samples, batches of %d: %d steps, want %d", c.samples, c.batch, got, c.want)
		}
		s.opt.NoiseSteps = 7
		if got := s.noiseSteps(); got != 7 {
			t.Errorf("%d steps where 7 were asked for", got)
		}
	}
}

// The variance of a batch is 1/B of that of a sample with replacement, and (n−B)/(n−1)B without.
func TestVarianceOfBatches(t *testing.T) {
	for sampling, want := range map[string]float64{"with-replacement": 0.1, "without-replacement": 30.0 / 39 / 10, "epochs": 30.0 / 39 / 10} {
		f, _ := problemOf(t, mean(40, 10, 1, ", sampling: "+sampling))
		s := &subject{file: f, sgd: f.SGD()}
		if got := s.batchVariance(); math.Abs(got-want) > 1e-16 {
			t.Errorf("%s: %g, want %g", sampling, got, want)
		}
	}
}

// Walkers are far from a million lengths of the box on, to either side and along any axis.
func TestWalkersThatAreFar(t *testing.T) {
	s := &subject{grid: uniformBox(t, 2, -1, 1, 4)}
	for _, c := range []struct {
		x    float64
		want bool
	}{{0, false}, {1.9e6, false}, {-1.9e6, false}, {2.1e6, true}, {-2.1e6, true}} {
		for a := range 2 {
			theta := [][]float64{{0, 0, 0}, {0, 0, 0}}
			theta[a][1] = c.x
			if got := s.isFar(theta); got != c.want {
				t.Errorf("axis %d at %g: %v", a, c.x, got)
			}
		}
	}
}

// Components without noise are left out, and points are drawn anywhere in cells, as often as their mass says.
func TestSilentComponentsAreLeftOut(t *testing.T) {
	n := &noiseSeries{z: [][][]float64{{{0, 0}, {0, 0}}, {{0, 0}, {0, 1e-9}}}}
	if n.dropSilent(); len(n.z) != 1 || n.z[0][1][1] != 1e-9 {
		t.Errorf("%v", n.z)
	}
	s := &subject{grid: uniformBox(t, 1, 0, 4, 4), mass: []float64{0.5, 0, 0.25, 0.25}}
	const count = 4000
	var within [4]int
	var square float64
	for _, x := range s.drawn(count) {
		k := int(x[0])
		within[k]++
		square += (x[0] - float64(k) - 0.5) * (x[0] - float64(k) - 0.5) / count
	}
	for k, m := range s.mass {
		if math.Abs(float64(within[k])-m*count) > 5*math.Sqrt(m*(1-m)*count) {
			t.Errorf("%d points in cell %d, want %g", within[k], k, m*count)
		}
	}
	if err := math.Sqrt(1.0/180/count) * 5; math.Abs(square-1.0/12) > err { // E u⁴ − (E u²)² = 1/80 − 1/144
		t.Errorf("variance within cells %.4f, want %.4f ± %.4f", square, 1.0/12, err)
	}
}
