package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// This file has the laws of the noise ε of a [Law], those with heavy tails too.

// A NoiseLaw is the law of ε.
type NoiseLaw uint8

// The laws. All are symmetric, and s is [Law.Noise].
const (
	NormalNoise  NoiseLaw = iota // N(0, s²)
	StudentNoise                 // s times Student's t with ν = Index ≥ 0.2 degrees of freedom: infinite variance for ν ≤ 2
	StableNoise                  // α-stable with α = Index in [0.2, 2]: E e^{ikε} = exp(−|sk|^α); infinite variance for α < 2
)

var noiseLawNames = [...]string{"normal", "Student's", "stable"}

// String returns the name of the law.
func (n NoiseLaw) String() string { return noiseLawNames[n] }

// leastIndex keeps noise finite: of smaller indices u^{−1/α} overflows.
const leastIndex = 0.2

// checkNoise returns what is wrong with the law of ε.
func (l *Law) checkNoise() error {
	switch {
	case l.Noise < 0:
		return fmt.Errorf("noise: want a scale ≥ 0, have %g", l.Noise)
	case l.NoiseLaw > StableNoise:
		return fmt.Errorf("noise law: there is none with number %d", l.NoiseLaw)
	case l.NoiseLaw == StudentNoise && !(l.Index >= leastIndex && !math.IsInf(l.Index, 1)):
		return fmt.Errorf("noise law: want degrees of freedom of at least %g, have %g", leastIndex, l.Index)
	case l.NoiseLaw == StableNoise && !(l.Index >= leastIndex && l.Index <= 2):
		return fmt.Errorf("noise law: want an index of stability in [%g, 2], have %g", leastIndex, l.Index)
	}
	return nil
}

// NoiseVariance returns E ε²: s², s² ν/(ν − 2), 2s² of a stable law with α = 2, and +Inf where
// it is infinite.
func (l *Law) NoiseVariance() float64 {
	v := l.Noise * l.Noise
	switch {
	case v == 0 || l.NoiseLaw == NormalNoise:
		return v
	case l.NoiseLaw == StableNoise && l.Index == 2:
		return 2 * v
	case l.NoiseLaw == StudentNoise && l.Index > 2:
		return v * l.Index / (l.Index - 2)
	}
	return math.Inf(1)
}

// drawNoise returns one ε.
func (l *Law) drawNoise(rng *rand.Rand) float64 {
	switch l.NoiseLaw {
	case StudentNoise:
		return l.Noise * student(rng, l.Index)
	case StableNoise:
		return l.Noise * stable(rng, l.Index)
	}
	return l.Noise * rng.NormFloat64()
}

// student returns √(ν(U^{−2/ν} − 1)) cos 2πV, Student's t of ν degrees of freedom from two
// numbers uniform in (0, 1].
//
// Bailey, Math. Comp. 62 (1994) 779.
func student(rng *rand.Rand, nu float64) float64 {
	u := 1 - rng.Float64()
	radius := math.Sqrt(nu * math.Expm1(-2/nu*math.Log(u)))
	return radius * math.Cos(2*math.Pi*rng.Float64())
}

// stable returns sin αU (cos U)^{−1/α} (cos((1 − α)U)/E)^{(1−α)/α}, of which E e^{ikx} is
// exp(−|k|^α), from U uniform in (−π/2, π/2) and E exponential of mean 1.
//
// Chambers, Mallows and Stuck, J. Am. Stat. Assoc. 71 (1976) 340.
func stable(rng *rand.Rand, alpha float64) float64 {
	u := math.Pi * (rng.Float64() - 0.5)
	e := rng.ExpFloat64()
	return math.Sin(alpha*u) / math.Pow(math.Cos(u), 1/alpha) * math.Pow(math.Cos((1-alpha)*u)/e, (1-alpha)/alpha)
}
