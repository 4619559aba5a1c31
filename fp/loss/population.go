package loss

import (
	"fmt"
	"math"
)

// This file has expectations over a [Law]. With δ = θ − w the gradient of a sample of a
// linear regression is (δ·x − ε) x. Write μ = δ·m, c = Cδ and v = δᵀCδ for the mean of δ·x,
// its covariance with x and its variance. The fourth moments of normal variables are sums
// of products of second ones (Isserlis), and
//
//	g = E xxᵀ δ = c + μ m,   E xxᵀ = C + mmᵀ,
//	E (δ·x)² xxᵀ = (μ² + v)(C + mmᵀ) + 2μ(mcᵀ + cmᵀ) + 2ccᵀ,
//	Σ = (v + s²) mmᵀ + (μ² + v + s²) C + μ(mcᵀ + cmᵀ) + ccᵀ,   L = (μ² + v + s²)/2.
//
// Isserlis, Biometrika 12 (1918) 134.

// A Population is the limit of a [Loss] for infinitely many samples of a law. For n of
// them E g and E L are those of the population, Cov g is Σ/n, and the mean of Σ over data
// sets is (n−1)/n of it. It owns its scratch: one per goroutine.
type Population struct {
	Value    float64   // L = E ℓ · [L]
	Grad     []float64 // g = E ∇ℓ: d · [L]/[θ]
	Hess     []float64 // E ∇²ℓ: packed · [L]/[θ]²
	NoiseCov []float64 // Σ = Cov ∇ℓ: packed · ([L]/[θ])²

	law        *normal
	weights    []float64
	noise      float64   // E ε²
	delta, c   []float64 // k
	regression *Population
	weight     [1]float64 // ab of deep-linear
}

// Population returns that of a model. It is an error where there is no closed form, for
// all models but linear-regression and deep-linear, where deep-linear gets more than one
// feature, for noise of infinite variance, and for a law that is none, see [Law.Generate].
func (l *Law) Population(m Model) (*Population, error) {
	law, err := l.normal()
	if err != nil {
		return nil, err
	}
	variance := l.NoiseVariance()
	if math.IsInf(variance, 1) {
		return nil, fmt.Errorf("noise: its variance is infinite, and so is the covariance of gradients: %v law of index %g", l.NoiseLaw, l.Index)
	}
	k := len(law.mean)
	p := newPopulation(k)
	p.law, p.weights, p.noise = law, l.Weights, variance
	p.delta, p.c = make([]float64, k), make([]float64, k)
	switch {
	case m == LinearRegression:
		return p, nil
	case m == DeepLinear && k == 1:
		deep := newPopulation(2)
		deep.regression = p
		return deep, nil
	case m == DeepLinear:
		return nil, fmt.Errorf("deep-linear wants one feature, have %d", k)
	}
	return nil, fmt.Errorf("the population of %v has no closed form here, only those of %v and %v", m, LinearRegression, DeepLinear)
}

func newPopulation(d int) *Population {
	packed := d * (d + 1) / 2
	return &Population{Grad: make([]float64, d), Hess: make([]float64, packed), NoiseCov: make([]float64, packed)}
}

// Eval fills in all results at θ, which must be finite. len(theta) is the number of
// parameters. It does not allocate.
func (p *Population) Eval(theta []float64) {
	if len(theta) != len(p.Grad) {
		panic("loss: Population.Eval: length mismatch")
	}
	if p.regression == nil {
		p.linear(theta)
		return
	}
	r := p.regression
	r.weight[0] = theta[0] * theta[1]
	r.linear(r.weight[:])
	p.Value = r.Value
	ofProduct(p.Grad, p.Hess, p.NoiseCov, theta, r.Grad[0], r.Hess[0], r.NoiseCov[0])
}

func (p *Population) linear(theta []float64) {
	m, k := p.law.mean, len(theta)
	for a, w := range p.weights {
		p.delta[a] = theta[a] - w
	}
	mu, v := dot(p.delta, m), 0.0
	for a := range p.c {
		p.c[a] = dot(p.law.cov[a*k:][:k], p.delta)
		v += p.delta[a] * p.c[a]
	}
	residual := v + p.noise // variance of δ·x − ε
	p.Value = (mu*mu + residual) / 2
	at := 0
	for a, ca := range p.c {
		p.Grad[a] = ca + mu*m[a]
		for b := a; b < k; b++ {
			cov, cb := p.law.cov[a*k+b], p.c[b]
			p.Hess[at] = cov + m[a]*m[b]
			p.NoiseCov[at] = residual*p.Hess[at] + mu*(mu*cov+m[a]*cb+ca*m[b]) + ca*cb
			at++
		}
	}
}
