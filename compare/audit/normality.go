package audit

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/ness-fp/ness/compare/random"
)

// This file tests whether vectors are normal, whatever their mean and covariance: by skewness
// and kurtosis along their principal axes, and as a whole by Henze and Zirkler's distance of
// the characteristic functions.
//
// D'Agostino, Biometrika 57 (1970) 679. Anscombe and Glynn, Biometrika 70 (1983) 227.
// Henze and Zirkler, Commun. Stat. Theory Methods 19 (1990) 3595.

// fewestNormal is the number of vectors from which chances mean something: that of a kurtosis, by its
// transformation, from 20 numbers on.
const fewestNormal = 20

// whitened returns vectors, rows of d numbers, along their principal axes, of mean 0 and variance
// 1, a slice for each axis that has noise.
func whitened(x []float64, d int) [][]float64 {
	n := len(x) / d
	mean := make([]float64, d)
	for i, v := range x {
		mean[i%d] += v / float64(n)
	}
	cov := mat.NewSymDense(d, nil)
	for i := range n {
		for a := range d {
			for b := a; b < d; b++ {
				cov.SetSym(a, b, cov.At(a, b)+(x[i*d+a]-mean[a])*(x[i*d+b]-mean[b])/float64(n))
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(cov, true) {
		return nil
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	var axes [][]float64
	for k, v := range values {
		if !(v > singularRatio*values[d-1]) {
			continue
		}
		z := make([]float64, n)
		for i := range z {
			for a := range d {
				z[i] += (x[i*d+a] - mean[a]) * vectors.At(a, k)
			}
			z[i] /= math.Sqrt(v)
		}
		axes = append(axes, z)
	}
	return axes
}

// A shape is what numbers of mean 0 and variance 1 have beyond that.
type shape struct {
	skewness, kurtosis float64 // E z³, E z⁴ − 3
	third              float64 // E|z|³
}

func shapeOf(z []float64) (s shape) {
	n := float64(len(z))
	for _, v := range z {
		s.skewness += v * v * v / n
		s.kurtosis += v * v * v * v / n
		s.third += math.Abs(v*v*v) / n
	}
	s.kurtosis -= 3
	return s
}

// ofMeans returns skewness and excess kurtosis of means of B numbers that are a part f of all, 0 of
// draws with replacement: to leading order in n, where these have third and fourth cumulants
// (1−f)(1−2f) and (1−f)(1−6f+6f²) times as large.
func (s shape) ofMeans(batch, f float64) shape {
	return shape{
		skewness: s.skewness / math.Sqrt(batch) * (1 - 2*f) / math.Sqrt(1-f),
		kurtosis: s.kurtosis / batch * (1 - 6*f + 6*f*f) / (1 - f),
	}
}

// distance returns the largest |F − Φ| of Edgeworth's series for means of that shape, at most 1.
func (s shape) distance() float64 { return min(1, s.series()) }

// series returns the largest |F − Φ| of Edgeworth's series,
//
//	F − Φ = −φ(x) [γ (x² − 1)/6 + κ (x³ − 3x)/24 + γ² (x⁵ − 10x³ + 15x)/72]:
//
// 0.0665 |γ| where γ is small, and 0.0230 |κ| of symmetric numbers.
func (s shape) series() (most float64) {
	for k := range normalPoints {
		x := normalPoint(k)
		off := s.skewness*(x*x-1)/6 + s.kurtosis*(x*x-3)*x/24 + s.skewness*s.skewness*((x*x-10)*x*x+15)*x/72
		most = max(most, math.Abs(off)*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
	}
	return most
}

// skewnessChance is that of a skewness of normal numbers at least as large, by D'Agostino's
// transformation.
func skewnessChance(skewness, n float64) float64 {
	y := skewness * math.Sqrt((n+1)*(n+3)/(6*(n-2)))
	beta := 3 * (n*n + 27*n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
	w2 := math.Sqrt(2*(beta-1)) - 1
	delta := 1 / math.Sqrt(0.5*math.Log(w2))
	alpha := math.Sqrt(2 / (w2 - 1))
	return math.Erfc(math.Abs(delta*math.Asinh(y/alpha)) / math.Sqrt2)
}

// kurtosisChance is that of an excess kurtosis of normal numbers as far out, by Anscombe and
// Glynn's transformation.
func kurtosisChance(kurtosis, n float64) float64 {
	mean := 3 * (n - 1) / (n + 1)
	variance := 24 * n * (n - 2) * (n - 3) / ((n + 1) * (n + 1) * (n + 3) * (n + 5))
	x := (kurtosis + 3 - mean) / math.Sqrt(variance)
	skew := 6 * (n*n - 5*n + 2) / ((n + 7) * (n + 9)) * math.Sqrt(6*(n+3)*(n+5)/(n*(n-2)*(n-3)))
	a := 6 + 8/skew*(2/skew+math.Sqrt(1+4/(skew*skew)))
	ratio := (1 - 2/a) / (1 + x*math.Sqrt(2/(a-4)))
	if ratio <= 0 { // beyond what the transformation knows: lighter tails than any
		return 0
	}
	z := (1 - 2/(9*a) - math.Cbrt(ratio)) / math.Sqrt(2/(9*a))
	return min(1, kurtosisCare*math.Erfc(math.Abs(z)/math.Sqrt2))
}

// kurtosisCare multiplies chances of a kurtosis, because those of the transformation are too small
// far out: of normal numbers, 2 times at 1e-3, 3 times at 1e-4 and 8 times at 1e-5 (n = 60 and
// 240, in 2 million sets each; 1.5 times for n = 2000). At those sizes the other two tests keep
// their chances within 1.6 times.
const kurtosisCare = 8

// henzeZirkler returns the statistic of whitened vectors, a slice per axis, and the chance of a
// larger one, by the log-normal law with its mean and variance.
func henzeZirkler(axes [][]float64) (statistic, chance float64) {
	d, n := float64(len(axes)), len(axes[0])
	count := float64(n)
	b2 := math.Pow((2*d+1)*count/4, 2/(d+4)) / 2 // β²
	between, single := 0.0, 0.0
	for i := range n {
		var own float64
		for _, z := range axes {
			own += z[i] * z[i]
		}
		single += math.Exp(-b2 / (2 * (1 + b2)) * own)
		for j := range i {
			var square float64
			for _, z := range axes {
				square += (z[i] - z[j]) * (z[i] - z[j])
			}
			between += 2 * math.Exp(-b2/2*square)
		}
	}
	between += count // i = j
	statistic = between/count - 2*math.Pow(1+b2, -d/2)*single + count*math.Pow(1+2*b2, -d/2)
	a, w := 1+2*b2, (1+b2)*(1+3*b2)
	mean := 1 - math.Pow(a, -d/2)*(1+d*b2/a+d*(d+2)*b2*b2/(2*a*a))
	variance := 2*math.Pow(1+4*b2, -d/2) +
		2*math.Pow(a, -d)*(1+2*d*b2*b2/(a*a)+3*d*(d+2)*math.Pow(b2, 4)/(4*math.Pow(a, 4))) -
		4*math.Pow(w, -d/2)*(1+3*d*b2*b2/(2*w)+d*(d+2)*math.Pow(b2, 4)/(2*w*w))
	logVariance := math.Log1p(variance / (mean * mean))
	z := (math.Log(statistic) - math.Log(mean) + logVariance/2) / math.Sqrt(logVariance)
	return statistic, distuv.UnitNormal.Survival(z)
}

// henzeSamples is how many vectors the test as a whole takes, at a cost of their square.
const henzeSamples = 400

// jointChance is that of Henze and Zirkler's statistic of vectors, a slice per axis: of henzeSamples drawn
// at random where there are more, with their own mean and covariance, which its law is for. It is 0 where
// those have no covariance.
func jointChance(axes [][]float64, seed, stream uint64) float64 {
	if n := len(axes[0]); n > henzeSamples {
		indices := make([]uint32, henzeSamples)
		random.NewSubset(n).Fill(indices, random.New(seed, stream))
		var rows []float64
		for _, i := range indices {
			for _, z := range axes {
				rows = append(rows, z[i])
			}
		}
		if axes = whitened(rows, len(axes)); len(axes) == 0 {
			return 0
		}
	}
	_, chance := henzeZirkler(axes)
	return chance
}
