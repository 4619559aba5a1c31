package loss

// An Evaluator computes a loss with its derivatives and the covariance of its
// gradient noise at one θ after the other. It owns its scratch: one per goroutine.
type Evaluator struct {
	Value       float64   // L · [L]
	Grad        []float64 // g: d · [L]/[θ]
	Hess        []float64 // ∇²L: packed · [L]/[θ]²
	NoiseCov    []float64 // Σ: packed · ([L]/[θ])²
	NoiseCovDiv []float64 // (∇·Σ)_i = ∂_jΣ_ij: d · [L]²/[θ]³

	loss       *Loss
	u          []float64  // d
	moments    *moments   // of linear regression
	regression *Evaluator // of deep-linear: in the weight ab
	scratch    *scratch   // of logistic regression and the neuron
}

// Evaluator returns a new evaluator of the loss. The first of a linear model costs n k⁴
// operations.
func (l *Loss) Evaluator() *Evaluator {
	e := newEvaluator(l, l.dim)
	switch l.model {
	case LinearRegression:
		e.moments = l.moments()
	case LogisticRegression, TanhNeuron:
		e.scratch = newScratch(l)
	case DeepLinear:
		e.regression = newEvaluator(&Loss{model: LinearRegression, dim: 1}, 1)
		e.regression.moments = l.moments()
	}
	return e
}

func newEvaluator(l *Loss, d int) *Evaluator {
	packed := d * (d + 1) / 2
	return &Evaluator{
		Grad: make([]float64, d), Hess: make([]float64, packed),
		NoiseCov: make([]float64, packed), NoiseCovDiv: make([]float64, d),
		loss: l, u: make([]float64, d),
	}
}

// Eval fills in all results at θ, which must be finite. len(theta) = Dim. It does not
// allocate. The linear models cost the same for any number of samples; the others go
// through the samples, and sum Σ about the mean gradient, where nothing cancels.
func (e *Evaluator) Eval(theta []float64) {
	if len(theta) != e.loss.dim {
		panic("loss: Eval: length mismatch")
	}
	switch e.loss.model {
	case LinearRegression:
		e.moments.eval(e, theta)
	case LogisticRegression:
		e.logistic(theta)
	case TanhNeuron:
		e.tanhNeuron(theta)
	case DeepLinear:
		e.deepLinear(theta)
	}
}
