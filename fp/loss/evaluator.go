package loss

// An Evaluator computes a loss with its derivatives and the covariance of its
// gradient noise at one θ after the other. It owns its scratch: one per goroutine.
type Evaluator struct {
	Value       float64
	Grad        []float64 // g: d · [L]/[θ]
	Hess        []float64 // ∇²L: packed · [L]/[θ]²
	NoiseCov    []float64 // Σ: packed · ([L]/[θ])²
	NoiseCovDiv []float64 // (∇·Σ)_i = ∂_jΣ_ij: d · [L]²/[θ]³

	loss  *Loss
	s     sample
	grads []float64 // g_i: n × d
	h     []float64 // ∇²ℓ_i: packed
}

// Evaluator returns a new evaluator of the loss.
func (l *Loss) Evaluator() *Evaluator {
	d := l.dim
	packed := d * (d + 1) / 2
	return &Evaluator{
		Grad: make([]float64, d), Hess: make([]float64, packed),
		NoiseCov: make([]float64, packed), NoiseCovDiv: make([]float64, d),
		loss: l, s: newSample(d), grads: make([]float64, l.Samples()*d), h: make([]float64, packed),
	}
}

// Eval fills in all results at θ, in two passes over the samples: Σ is summed about
// the mean gradient, where nothing cancels. With H_i = ∇²ℓ_i,
//
//	∇·Σ = (1/n) Σ (H_i g_i + g_i tr H_i) − (H g + g tr H).
func (e *Evaluator) Eval(theta []float64) {
	l, d := e.loss, e.loss.dim
	n := l.Samples()
	inv := 1 / float64(n)
	e.Value = 0
	clear(e.Grad)
	clear(e.Hess)
	clear(e.NoiseCov)
	clear(e.NoiseCovDiv)
	for i := range n {
		e.s.eval(l, i, theta)
		e.addSample(e.grads[i*d : (i+1)*d])
	}
	e.Value *= inv
	scale(e.Grad, inv)
	scale(e.Hess, inv)
	scale(e.NoiseCovDiv, inv)
	for i := range n {
		e.addOuter(e.grads[i*d : (i+1)*d])
	}
	scale(e.NoiseCov, inv)
	e.addDivergence(e.Hess, e.Grad, -1)
}

func scale(x []float64, f float64) {
	for i := range x {
		x[i] *= f
	}
}

// addSample adds the sample at hand to the sums and sets g to its gradient.
func (e *Evaluator) addSample(g []float64) {
	s, h := &e.s, e.h
	e.Value += s.value
	k := 0
	for a, fa := range s.grad {
		g[a] = s.slope * fa
		e.Grad[a] += g[a]
		bent := s.bend * fa
		for b := a; b < len(s.grad); b++ {
			h[k] = bent*s.grad[b] + s.slope*s.hess[k]
			e.Hess[k] += h[k]
			k++
		}
	}
	e.addDivergence(h, g, 1)
}

// addDivergence adds sign·(H g + g tr H) to NoiseCovDiv.
func (e *Evaluator) addDivergence(h, g []float64, sign float64) {
	var trace float64
	k := 0
	for a := range g {
		trace += h[k]
		k += len(g) - a
	}
	k = 0
	for a, ga := range g {
		e.NoiseCovDiv[a] += sign * (h[k]*ga + ga*trace)
		k++
		for b := a + 1; b < len(g); b++ {
			e.NoiseCovDiv[a] += sign * h[k] * g[b]
			e.NoiseCovDiv[b] += sign * h[k] * ga
			k++
		}
	}
}

// addOuter adds (g_i − g)(g_i − g)ᵀ to NoiseCov.
func (e *Evaluator) addOuter(gi []float64) {
	k := 0
	for a, ga := range gi {
		da := ga - e.Grad[a]
		for b := a; b < len(gi); b++ {
			e.NoiseCov[k] += da * (gi[b] - e.Grad[b])
			k++
		}
	}
}
