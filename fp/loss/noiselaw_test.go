package loss

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Student's deviates have Student's distribution function: of n of them the largest distance
// is beyond 2.5/√n in one of 1e5 tests (Kolmogorov's law, 2e^{−2·2.5²}).
func TestStudentNoiseHasItsLaw(t *testing.T) {
	const n = 20000
	for _, nu := range []float64{0.7, 1, 2, 3, 30} {
		rng := rand.New(rand.NewPCG(1, uint64(10*nu)))
		law := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}
		x := make([]float64, n)
		for i := range x {
			x[i] = student(rng, nu)
		}
		if d := kolmogorov(x, law.CDF); d*math.Sqrt(n) > 2.5 {
			t.Errorf("ν = %g: distance %.4f", nu, d)
		}
	}
}

// Stable deviates have the characteristic function exp(−|k|^α), with an error of the mean of
// cos kx of √((1 + φ(2k) − 2φ(k)²)/2n); and Cauchy's law for α = 1, the normal one of variance 2
// for α = 2.
func TestStableNoiseHasItsCharacteristicFunction(t *testing.T) {
	const n = 20000
	for _, alpha := range []float64{0.6, 1, 1.5, 1.9, 2} {
		rng := rand.New(rand.NewPCG(2, uint64(10*alpha)))
		x := make([]float64, n)
		for i := range x {
			x[i] = stable(rng, alpha)
		}
		phi := func(k float64) float64 { return math.Exp(-math.Pow(k, alpha)) }
		for _, k := range []float64{0.2, 0.5, 1, 2} {
			var re, im float64
			for _, v := range x {
				re += math.Cos(k*v) / n
				im += math.Sin(k*v) / n
			}
			se := math.Sqrt((1 + phi(2*k) - 2*phi(k)*phi(k)) / 2 / n)
			if math.Abs(re-phi(k)) > 5*se || math.Abs(im) > 5/math.Sqrt(n) {
				t.Errorf("α = %g, k = %g: (%.4f, %.4f), want %.4f ± %.1g", alpha, k, re, im, phi(k), se)
			}
		}
		switch alpha {
		case 1:
			if d := kolmogorov(x, func(x float64) float64 { return 0.5 + math.Atan(x)/math.Pi }); d*math.Sqrt(n) > 2.5 {
				t.Errorf("Cauchy: distance %.4f", d)
			}
		case 2:
			if d := kolmogorov(x, distuv.Normal{Sigma: math.Sqrt2}.CDF); d*math.Sqrt(n) > 2.5 {
				t.Errorf("normal: distance %.4f", d)
			}
		}
	}
}

// kolmogorov returns the largest distance of the distribution of numbers, which it sorts, from F.
func kolmogorov(x []float64, F func(float64) float64) (d float64) {
	slices.Sort(x)
	n := float64(len(x))
	for i, v := range x {
		f := F(v)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d
}

// The population has the variance of the noise, and there is none where that is infinite.
func TestPopulationKnowsTheVarianceOfNoise(t *testing.T) {
	line := Law{Features: []string{"x"}, Target: "y", Weights: []float64{1}, Noise: 0.5}
	for _, c := range []struct {
		law      NoiseLaw
		index    float64
		variance float64
	}{
		{NormalNoise, 0, 0.25},
		{StudentNoise, 4, 0.5},
		{StudentNoise, 2, math.Inf(1)},
		{StableNoise, 2, 0.5},
		{StableNoise, 1.9, math.Inf(1)},
	} {
		l := line
		l.NoiseLaw, l.Index = c.law, c.index
		if v := l.NoiseVariance(); v != c.variance {
			t.Errorf("%v %g: variance %g, want %g", c.law, c.index, v, c.variance)
		}
		p, err := l.Population(LinearRegression)
		if math.IsInf(c.variance, 1) {
			if err == nil {
				t.Errorf("%v %g: has a population", c.law, c.index)
			}
			continue
		}
		p.Eval([]float64{1}) // at the weight Σ = E ε² E x²
		if p.NoiseCov[0] != c.variance {
			t.Errorf("%v %g: Σ = %g, want %g", c.law, c.index, p.NoiseCov[0], c.variance)
		}
	}
}

// Laws that are none are refused.
func TestNoiseLawsAreChecked(t *testing.T) {
	for _, c := range []struct {
		law   NoiseLaw
		index float64
	}{{StudentNoise, 0.1}, {StudentNoise, math.Inf(1)}, {StudentNoise, math.NaN()}, {StableNoise, 0.1}, {StableNoise, 2.1}, {9, 1}} {
		l := Law{Features: []string{"x"}, Target: "y", Weights: []float64{1}, Noise: 1, NoiseLaw: c.law, Index: c.index}
		if _, err := l.Generate(3, 1); err == nil {
			t.Errorf("%d with index %g is accepted", c.law, c.index)
		}
	}
}
