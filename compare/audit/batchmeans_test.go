package audit

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// quantiles returns n numbers of the law with that inverse distribution function, in the middle of equal
// chances, with mean 0 and variance 1.
func quantiles(n int, inverse func(p float64) float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = inverse((float64(i) + 0.5) / float64(n))
	}
	return whitened(x, 1)[0]
}

func exponential(p float64) float64 { return -math.Log1p(-p) }

func laplace(p float64) float64 {
	if p < 0.5 {
		return math.Log(2 * p)
	}
	return -math.Log(2 - 2*p)
}

// Means of B exponential numbers follow the gamma law, whose distance from normal is known.
func TestDistanceOfMinibatchesIsThatOfTheirLaw(t *testing.T) {
	l := minibatchLaw{z: quantiles(1<<14, exponential), replacement: true, seed: 1}
	for _, batch := range []int{1, 4, 16, 64} {
		got, want := l.distance(batch), gammaDistance(float64(batch))
		// 2¹⁴ quantiles lack 1e-3 of the variance, and at B = 1 points are 0.02 apart where F rises from 0.
		tol := 5*got.err + 1e-3/math.Sqrt(float64(batch))
		if batch == 1 {
			tol += 0.02 * 0.25
		}
		if math.Abs(got.value-want) > tol {
			t.Errorf("B = %d: %.5f ± %.1g, want %.5f", batch, got.value, got.err, want)
		}
		if bound := berryEsseen * shapeOf(l.z).third / math.Sqrt(float64(batch)); got.value > bound {
			t.Errorf("B = %d: %.5f is above the bound of Berry and Esseen, %.5f", batch, got.value, bound)
		}
	}
}

// All batches of two of six numbers, with and without replacement, by enumeration.
func TestMinibatchesAreThoseOfTheModel(t *testing.T) {
	z := whitened([]float64{-3, -1, 0, 0.5, 1.5, 7}, 1)[0]
	for _, replacement := range []bool{true, false} {
		l := minibatchLaw{z: z, replacement: replacement, seed: 2}
		want := &means{}
		deviation := math.Sqrt(2)
		if !replacement {
			deviation *= math.Sqrt(4.0 / 5)
		}
		for i := range z {
			for j := range z {
				if i == j && !replacement {
					continue
				}
				want.total++
				for k := range want.below {
					if (z[i]+z[j])/deviation <= normalPoint(k) {
						want.below[k]++
					}
				}
			}
		}
		_, got := l.counts(2)
		for k := range want.below {
			p := float64(want.below[k]) / float64(want.total)
			// 401 points, of which some ten differ: false alarms in 1e-5.
			if err := math.Sqrt(p*(1-p)/float64(got.total)) + 1e-12; math.Abs(float64(got.below[k])/float64(got.total)-p) > 5*err {
				t.Errorf("replacement %v: %d of %d below %.2f, want %.4f", replacement, got.below[k], got.total, normalPoint(k), p)
			}
		}
	}
}

// Where numbers are normal the distance is 0 but for sampling, with either sign: of 60 sets the mean in
// units of the error is 0 ± 0.13, and the mean square 1 ± 0.18.
func TestDistanceOfNormalMinibatchesIsNothing(t *testing.T) {
	skipShort(t)
	var sum, square float64
	const sets = 60
	z := quantiles(1<<14, func(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) })
	for seed := range uint64(sets) {
		d := (&minibatchLaw{z: z, replacement: true, seed: seed}).distance(256)
		sum += d.value / d.err / sets
		square += d.value * d.value / (d.err * d.err) / sets
	}
	if math.Abs(sum) > 5*0.13 || math.Abs(square-1) > 5*0.18 {
		t.Errorf("mean %.2f, mean square %.2f of errors", sum, square)
	}
}

// Distances fall like B^−½ where numbers are skewed, and like 1/B where they are symmetric.
func TestExponentsOfDistances(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		name    string
		inverse func(float64) float64
		want    float64
		err     float64 // at most: that of two distances, or more
	}{{"exponential", exponential, -0.5, 0.02}, {"Laplace", laplace, -1, 0.15}} {
		s := (&minibatchLaw{z: quantiles(1<<14, c.inverse), replacement: true, seed: 3}).scaling()
		t.Logf("%s: %.3f ± %.3f, by Edgeworth's series %.3f; %.4f, %.4f", c.name, s.exponent.value, s.exponent.err, s.predicted.value, s.measured, s.expected)
		// Terms beyond the leading one are 1/B of it: some 0.1 of the exponent from B = 4 on.
		if !s.ok || math.Abs(s.exponent.value-c.want) > 3*s.exponent.err+0.05 || s.exponent.err > c.err {
			t.Errorf("%s: B^(%.3f ± %.3f), want %g", c.name, s.exponent.value, s.exponent.err, c.want)
		}
	}
	if s := (&minibatchLaw{z: whitened(normals(1000), 1)[0], seed: 4}).scaling(); s.batches[len(s.batches)-1] > 16 { // not 64 of 1000
		t.Errorf("batches %v without replacement", s.batches)
	}
}

// normals returns normal numbers.
func normals(n int) []float64 {
	rng := rand.New(rand.NewPCG(21, 22))
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// The slope of points on a line is that of the line, and its error what the weights say: with variances
// v at x = 0, 1, 2 it is √(v/2); with points off the line it is larger.
func TestSlopes(t *testing.T) {
	got := slope([]float64{0, 1, 2}, []float64{1, 3, 5}, []float64{4, 4, 4})
	if math.Abs(got.value-2) > 1e-14 || math.Abs(got.err-math.Sqrt(1.0/8)) > 1e-14 {
		t.Errorf("%+v", got)
	}
	// Off by 1, −2, 1 times 2: χ² = 4·24 of one degree of freedom.
	got = slope([]float64{0, 1, 2}, []float64{3, -1, 7}, []float64{4, 4, 4})
	if math.Abs(got.value-2) > 1e-14 || math.Abs(got.err-math.Sqrt(96.0/8)) > 1e-13 {
		t.Errorf("%+v", got)
	}
}

// Means without replacement have the shape of the hypergeometric law: of B of n samples of which K are 1,
// whose skewness and excess kurtosis are known. The leading order in n lacks 1/n of them, and of the
// excess kurtosis 6/n.
func TestShapesOfMeans(t *testing.T) {
	const n, ones = 1e5, 1e3
	p := ones / n
	h := shape{skewness: (1 - 2*p) / math.Sqrt(p*(1-p)), kurtosis: (1 - 6*p*(1-p)) / (p * (1 - p))}
	for _, b := range []float64{100, 2e4, 6e4} {
		got := h.ofMeans(b, b/n)
		skewness := (n - 2*ones) * math.Sqrt(n-1) * (n - 2*b) / (math.Sqrt(b*ones*(n-ones)*(n-b)) * (n - 2))
		kurtosis := ((n-1)*n*n*(n*(n+1)-6*ones*(n-ones)-6*b*(n-b)) + 6*b*ones*(n-ones)*(n-b)*(5*n-6)) /
			(b * ones * (n - ones) * (n - b) * (n - 2) * (n - 3))
		if math.Abs(got.skewness/skewness-1) > 3/n || math.Abs(got.kurtosis-kurtosis) > 3/n*math.Abs(kurtosis)+10/n {
			t.Errorf("B = %g: skewness %g, want %g; kurtosis %g, want %g", b, got.skewness, skewness, got.kurtosis, kurtosis)
		}
	}
	// With replacement γ/√B and κ/B.
	if got := h.ofMeans(100, 0); math.Abs(got.skewness*10-h.skewness) > 1e-14*h.skewness || math.Abs(got.kurtosis*100-h.kurtosis) > 1e-14*h.kurtosis {
		t.Errorf("%+v", got)
	}
}

// A power is fitted to distances that are clear, of four means and more: here those of B^−½, beside one of the
// samples themselves and one that is not clear.
func TestPowersAreOfClearDistancesOfMeans(t *testing.T) {
	s := scaling{batches: []float64{1, 4, 16, 64}, expected: []float64{1, 0.25, 1.0 / 16, 1.0 / 64}}
	for k, b := range s.batches {
		s.measured = append(s.measured, measured{0.1 / math.Sqrt(b), 1e-4})
		if k == 0 || k == 3 {
			s.measured[k].value *= 3
		}
	}
	s.measured[3].err = s.measured[3].value / 3.9
	s.fit()
	if !s.ok || math.Abs(s.exponent.value+0.5) > 1e-14 || math.Abs(s.predicted.value+1) > 1e-14 {
		t.Errorf("%+v", s)
	}
	s.measured[2].err = s.measured[2].value / 3.9
	if s.fit(); s.ok {
		t.Errorf("one distance has a power: %+v", s)
	}
}

// Batches are four times as large each, to 256, and without replacement to a sixteenth of the samples.
func TestBatchesOfAScaling(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		replacement bool
		samples     int
		want        []float64
	}{
		{false, 1024, []float64{1, 4, 16, 64}},
		{false, 1020, []float64{1, 4, 16}},
		{true, 1024, []float64{1, 4, 16, 64, 256}},
	} {
		// A skewness of 19 leaves distances of 0.08 at 256.
		z := quantiles(c.samples, func(p float64) float64 { return math.Pow(1-p, -1.1) })
		got := (&minibatchLaw{z: z, replacement: c.replacement, seed: 5}).scaling().batches
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
