package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A Law is where samples of a linear model come from,
//
//	y = w·x + ε,   x ~ N(m, C),   ε ~ N(0, s²) or of another [NoiseLaw].
//
// With an intercept the first feature is 1, which is x of mean 1 and variance 0; m and C
// leave it out.
type Law struct {
	Features  []string // names of x without the intercept, at least one of both
	Target    string
	Weights   []float64 // w: one per feature, that of the intercept first
	Mean      []float64 // m: one per name in Features; nil means 0
	Cov       []float64 // C: packed; nil means the identity. It may be singular
	Noise     float64   // s ≥ 0
	NoiseLaw  NoiseLaw  // of ε; the zero value is normal
	Index     float64   // of the noise law, where it has one
	Intercept bool
}

// Generate draws n independent samples. The same law, n and seed give the same data, up to
// the last bits of [math.Exp] and [math.Log] on different machines, and more samples begin
// with those of fewer: each takes one normal deviate for every name in Features and one
// ε from [rand.NewPCG] (seed, 0). Errors are those of n < 1 and of a law that is none:
// wrong sizes, a name twice,
// numbers that are not finite, s < 0, a noise law that is none, C not positive semi-definite.
func (l *Law) Generate(n int, seed uint64) (*Data, error) {
	p, err := l.normal()
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("samples: want at least 1, have %d", n)
	}
	k, first := len(p.mean), l.first()
	d := &Data{
		Features: l.features(), Target: l.Target, Intercept: l.Intercept,
		X: make([]float64, n*k), Y: make([]float64, n),
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	z := make([]float64, k-first)
	for i := range n {
		for a := range z {
			z[a] = rng.NormFloat64()
		}
		x := d.X[i*k : (i+1)*k]
		copy(x, p.mean)
		for a := range z {
			for b, v := range z {
				x[first+a] += float64(p.root[a*len(z)+b] * v)
			}
		}
		y := float64(l.drawNoise(rng))
		for a, w := range l.Weights {
			y += float64(w * x[a])
		}
		d.Y[i] = y
	}
	return d, nil
}

// first is the number of the first feature that varies.
func (l *Law) first() int {
	if l.Intercept {
		return 1
	}
	return 0
}

// features returns the names of all features.
func (l *Law) features() []string {
	if l.Intercept {
		return slices.Concat([]string{intercept}, l.Features)
	}
	return slices.Clone(l.Features)
}

// A normal law of k features.
type normal struct {
	mean []float64 // k
	cov  []float64 // k × k by rows, 0 where one of them is the intercept
	root []float64 // square, of the features that vary: root rootᵀ is their covariance
}

// normal returns the law of x, or what is wrong with l.
func (l *Law) normal() (*normal, error) {
	vary, first := len(l.Features), l.first()
	k := first + vary
	cov := l.Cov
	if cov == nil {
		for a := range vary {
			cov = append(append(cov, 1), make([]float64, vary-a-1)...)
		}
	}
	mean := l.Mean
	if mean == nil {
		mean = make([]float64, vary)
	}
	if k == 0 {
		return nil, fmt.Errorf("features: want at least one, or an intercept")
	}
	for _, c := range []struct {
		name string
		x    []float64
		want int
	}{{"weights", l.Weights, k}, {"mean", mean, vary}, {"covariance", cov, vary * (vary + 1) / 2}, {"noise", []float64{l.Noise}, 1}} {
		if len(c.x) != c.want {
			return nil, fmt.Errorf("%s: want %d numbers, have %d", c.name, c.want, len(c.x))
		}
		for _, v := range c.x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("%s: want finite numbers, have %g", c.name, v)
			}
		}
	}
	names := append(l.features(), l.Target)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("features: %q is the name of two columns", name)
		}
	}
	if err := l.checkNoise(); err != nil {
		return nil, err
	}
	p := &normal{mean: make([]float64, k), cov: make([]float64, k*k)}
	if l.Intercept {
		p.mean[0] = 1
	}
	copy(p.mean[first:], mean)
	square := make([]float64, vary*vary)
	at := 0
	for a := range vary {
		for b := a; b < vary; b++ {
			square[a*vary+b], square[b*vary+a] = cov[at], cov[at]
			p.cov[(first+a)*k+first+b], p.cov[(first+b)*k+first+a] = cov[at], cov[at]
			at++
		}
	}
	var ok bool
	if p.root, ok = root(square, vary); !ok {
		return nil, fmt.Errorf("covariance: not positive semi-definite")
	}
	return p, nil
}

// root returns a k × k matrix F with FFᵀ = c, and whether c is positive semi-definite but
// for round-off: Cholesky's factor, the variable of which most of its variance is left
// taken first, until less than k 2⁻⁴⁸ of each is left; the covariances that are left have
// to be as small. It destroys c.
//
// Higham, Accuracy and Stability of Numerical Algorithms (2002), §10.3.
func root(c []float64, k int) (f []float64, ok bool) {
	f = make([]float64, k*k)
	variance := make([]float64, k)
	for a := range variance {
		variance[a] = c[a*k+a]
		if variance[a] < 0 {
			return nil, false
		}
	}
	tol := float64(k) * 0x1p-48
	for column := range k {
		pivot, most := 0, tol
		for a, v := range variance {
			if c[a*k+a] > most*v {
				pivot, most = a, c[a*k+a]/v
			}
		}
		if most == tol {
			break
		}
		s := math.Sqrt(c[pivot*k+pivot])
		for a := range k {
			f[a*k+column] = c[a*k+pivot] / s
		}
		for a := range k {
			for b := range k {
				c[a*k+b] -= float64(f[a*k+column] * f[b*k+column])
			}
		}
		for a := range k { // of the pivot nothing is left
			c[a*k+pivot], c[pivot*k+a] = 0, 0
		}
	}
	for a := range k {
		for b := range k {
			if math.Abs(c[a*k+b]) > tol*math.Sqrt(variance[a])*math.Sqrt(variance[b]) {
				return nil, false
			}
		}
	}
	return f, true
}
