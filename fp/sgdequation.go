package fp

import (
	"sync"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/operators"
)

// An sgdSource is what the equations of a recursion are made of.
//
// With learning rate η, batch size B and one-sample noise covariance Σ the recursion
// θ ← θ − η g_B is, to first order in η and in the time t = kη,
//
//	dθ = −∇L dt + σ dW (Itô),   D = σσᵀ/2 = (η/2)(f Σ/B + s I),
//
// with f = (n−B)/(n−1) for batches without replacement and 1 with, and s the variance
// of injected noise. Second order adds −(η/2)∇²L ∇L to the drift. With momentum μ the rate
// η/(1−μ) takes the place of η, to first order: the heavy ball at times long against its
// memory of 1/(1−μ) steps.
//
// Li, Tai, E, Stochastic modified equations, ICML 2017. Mandt, Hoffman, Blei, J. Mach.
// Learn. Res. 18 (2017) 134, section 4.2.
type sgdSource struct {
	sgd       *SGD
	variables []string
	loss      expr.Expr   // L, where the recursion is of formulas
	noise     []expr.Expr // Σ, packed
	variant   SGDVariant  // what the file says
}

// An SGDVariant is a learning rate, a batch size and the order of the drift, 1 or 2.
//
// With the second order in the drift alone the stationary density still errs by order η: a
// quadratic of curvature h has the variance 1/(1 − ηh/2) over that of first order, and gets
// 1/(1 + ηh/2). CorrectNoise corrects the noise too, which leaves order η² where Σ is
// constant; see the comment at corrected.
type SGDVariant struct {
	Rate         float64
	Batch        int
	Order        int
	CorrectNoise bool
}

// scales returns D = sigma Σ + injected I, and what −(slow/2) ∇²L ∇L adds to the drift.
func (s *sgdSource) scales(v SGDVariant) (slow, sigma, injected float64) {
	rate := v.Rate / (1 - s.sgd.Momentum)
	if v.Order == 2 {
		slow = rate
	}
	return slow, rate / 2 / float64(v.Batch) * s.sgd.noiseFactor(v.Batch), rate / 2 * s.sgd.InjectedNoise
}

// equation returns that of the recursion with another rate and batch.
func (s *sgdSource) equation(v SGDVariant) Equation {
	slow, sigma, injected := s.scales(v)
	if s.sgd.Loss != nil {
		return dataEquation(s.sgd.Loss, slow, sigma, injected)
	}
	d := len(s.variables)
	c := &components{diffusion: s.diffusion(sigma, injected)}
	if eps, ok := isotropic(c.diffusion, d); ok && slow == 0 {
		phi := expr.Div(s.loss, expr.Num(eps))
		c.potential = &phi
		for range d {
			c.drift = append(c.drift, expr.Num(0))
		}
	} else {
		c.given = descent(s.loss, s.variables, slow)
		c.ito = c.given
		c.drift = minusDivergence(c.given, c.diffusion, s.variables)
	}
	return c.compile(s.variables)
}

// diffusion returns D = sigma Σ + injected I of formulas.
func (s *sgdSource) diffusion(sigma, injected float64) (list []expr.Expr) {
	for k := range s.noise {
		list = append(list, expr.Mul(expr.Num(sigma), s.noise[k]))
	}
	d := len(s.variables)
	for i := range d {
		k := operators.Packed(d, i, i)
		list[k] = expr.Add(list[k], expr.Num(injected))
	}
	return list
}

// descent returns −∇L − (slow/2)∇²L∇L.
func descent(l expr.Expr, variables []string, slow float64) []expr.Expr {
	b := make([]expr.Expr, len(variables))
	for i, v := range variables {
		g := l.Diff(v)
		b[i] = expr.Neg(g)
		if slow != 0 {
			for _, w := range variables {
				b[i] = expr.Sub(b[i], expr.Mul(expr.Num(slow/2), expr.Mul(g.Diff(w), l.Diff(w))))
			}
		}
	}
	return b
}

// isotropic returns ε where D = εI with a constant ε > 0.
func isotropic(diffusion []expr.Expr, d int) (eps float64, ok bool) {
	eps, ok = diffusion[0].Const()
	for i := range d {
		for j := i; j < d; j++ {
			v, constant := diffusion[operators.Packed(d, i, j)].Const()
			if !constant || i == j && v != eps || i != j && v != 0 {
				return 0, false
			}
		}
	}
	return eps, ok && eps > 0
}

// dataEquation returns v = −∇L − (slow/2)∇²L∇L − ∇·D with D = sigma Σ + injected I.
func dataEquation(l *loss.Loss, slow, sigma, injected float64) Equation {
	evaluators := sync.Pool{New: func() any { return l.Evaluator() }}
	drift := Pointwise(func(dst, x []float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		lossDescent(e, dst, x, slow)
	})
	eval := Pointwise(func(dst, x []float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		effective(e, dst, x, slow, sigma, injected)
	})
	return Equation{Dim: l.Dim(), Eval: eval, Drift: drift, Ito: drift}
}

// lossDescent sets dst to −∇L − (slow/2)∇²L∇L.
func lossDescent(e *loss.Evaluator, dst, x []float64, slow float64) {
	e.Eval(x)
	d := len(x)
	for i := range d {
		dst[i] = -e.Grad[i]
		if slow != 0 {
			for j := range d {
				dst[i] -= slow / 2 * e.Hess[operators.Packed(d, i, j)] * e.Grad[j]
			}
		}
	}
}

// effective sets dst to v and D, packed.
func effective(e *loss.Evaluator, dst, x []float64, slow, sigma, injected float64) {
	lossDescent(e, dst, x, slow)
	d := len(x)
	for i, v := range e.NoiseCovDiv {
		dst[i] -= sigma * v
	}
	for k, v := range e.NoiseCov {
		dst[d+k] = sigma * v
	}
	for i := range d {
		dst[d+operators.Packed(d, i, i)] += injected
	}
}

func dataLandscape(l *loss.Loss) *Landscape {
	evaluators := sync.Pool{New: func() any { return l.Evaluator() }}
	return &Landscape{
		Value: func(theta []float64) float64 {
			e := evaluators.Get().(*loss.Evaluator)
			defer evaluators.Put(e)
			e.Eval(theta)
			return e.Value
		},
		Grad: func(dst, theta []float64) {
			e := evaluators.Get().(*loss.Evaluator)
			defer evaluators.Put(e)
			e.Eval(theta)
			copy(dst, e.Grad)
		},
	}
}
