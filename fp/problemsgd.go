package fp

import (
	"cmp"
	"errors"
	"strings"
	"sync"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/operators"
)

// This file reads the section sgd. With learning rate η, batch size B and one-sample
// noise covariance Σ the recursion θ ← θ − η g_B is, to first order in η and in the
// time t = kη,
//
//	dθ = −∇L dt + σ dW (Itô),   D = σσᵀ/2 = (η/2)(f Σ/B + s I),
//
// with f = (n−B)/(n−1) for batches without replacement and 1 with, and s the variance
// of injected noise. Second order adds −(η/2)∇²L ∇L to the drift.
//
// Li, Tai, E, Stochastic modified equations, ICML 2017.

type sgdDoc struct {
	Data            *dataDoc `yaml:"data"`
	Model           string   `yaml:"model"`
	Loss            string   `yaml:"loss"`
	NoiseCovariance any      `yaml:"noise_covariance"`
	LearningRate    float64  `yaml:"learning_rate"`
	Batch           float64  `yaml:"batch_size"`
	Sampling        string   `yaml:"sampling"`
	Momentum        float64  `yaml:"momentum"`
	DriftOrder      *int     `yaml:"drift_order"`
	InjectedNoise   float64  `yaml:"injected_noise"`
}

type dataDoc struct {
	File        string   `yaml:"file"`
	Features    []string `yaml:"features"`
	Target      string   `yaml:"target"`
	Standardize bool     `yaml:"standardize"`
	Intercept   bool     `yaml:"intercept"`
}

func (r *reader) sgd() error {
	s := r.doc.SGD
	for _, key := range []string{"learning_rate", "batch_size"} {
		if !r.has("sgd." + key) {
			return r.fail("sgd", "%s is missing", key)
		}
	}
	switch {
	case !(s.LearningRate > 0 && s.LearningRate <= 1e6):
		return r.fail("sgd.learning_rate", "want a number > 0 and at most 1e6, have %g", s.LearningRate)
	case !isWhole(s.Batch) || s.Batch < 1:
		return r.fail("sgd.batch_size", "want a whole number ≥ 1, have %g", s.Batch)
	case s.Momentum != 0:
		return r.fail("sgd.momentum", "with momentum SGD obeys a kinetic equation in θ and velocity; write it as an equation, or want 0")
	case s.DriftOrder != nil && *s.DriftOrder != 1 && *s.DriftOrder != 2:
		return r.fail("sgd.drift_order", "want 1 or 2, have %d", *s.DriftOrder)
	case !(s.InjectedNoise >= 0 && s.InjectedNoise <= 1e300):
		return r.fail("sgd.injected_noise", "want a variance ≥ 0, have %g", s.InjectedNoise)
	case s.Sampling == "epochs":
		return r.fail("sgd.sampling", "with epochs the noise of successive batches is anti-correlated, and no Fokker–Planck equation in θ alone holds; want with-replacement or without-replacement")
	case s.Sampling != "" && s.Sampling != "with-replacement" && s.Sampling != "without-replacement":
		return r.fail("sgd.sampling", "want with-replacement or without-replacement, have %q", s.Sampling)
	case (s.Data == nil) != (s.Model == "") || (s.Loss == "") != (s.NoiseCovariance == nil) || (s.Data == nil) == (s.Loss == ""):
		return r.fail("sgd", "want data and model, or loss and noise_covariance")
	}
	r.sgdFacts()
	keys := &r.file.keys
	for range r.doc.Variables {
		keys.drift = append(keys.drift, "sgd")
	}
	keys.diffusion, keys.potential = "sgd", "sgd.loss"
	if s.Data != nil {
		return r.sgdFromData()
	}
	if s.Sampling == "without-replacement" {
		return r.fail("sgd.sampling", "without-replacement wants data: a formula has no number of samples")
	}
	for i := range keys.drift {
		keys.drift[i] = "sgd.loss"
	}
	keys.diffusion = "sgd.noise_covariance"
	return r.sgdFromFormulas()
}

// sgdFacts tells what the section says, defaults included.
func (r *reader) sgdFacts() {
	s := r.doc.SGD
	r.fact("learning rate", "%g", s.LearningRate)
	r.fact("batch size", "%d, %s", int(s.Batch), cmp.Or(s.Sampling, "with-replacement"))
	if s.secondOrder() {
		r.fact("drift", "second order in the learning rate: -grad L - (%g/2) Hess L grad L", s.LearningRate)
	}
	if s.InjectedNoise > 0 {
		r.fact("injected noise", "variance %g in every direction", s.InjectedNoise)
	}
	r.fact("convention", "%v", ItoCalculus)
}

func (s *sgdDoc) secondOrder() bool { return s.DriftOrder != nil && *s.DriftOrder == 2 }

func (r *reader) sgdFromFormulas() error {
	s, p := r.doc.SGD, r.file.Problem
	l, err := r.formula("sgd.loss", s.Loss)
	if err != nil {
		return err
	}
	sigma, err := r.tensor("sgd.noise_covariance", s.NoiseCovariance)
	if err != nil {
		return err
	}
	p.Landscape, p.LearningRate = symbolicLandscape(l, p.Variables), s.LearningRate
	d := len(p.Variables)
	c := &components{}
	scale := s.LearningRate / 2 / s.Batch
	for k := range sigma {
		c.diffusion = append(c.diffusion, expr.Mul(expr.Num(scale), sigma[k]))
	}
	for i := range d {
		k := operators.Packed(d, i, i)
		c.diffusion[k] = expr.Add(c.diffusion[k], expr.Num(s.LearningRate/2*s.InjectedNoise))
	}
	if eps, ok := isotropic(c.diffusion, d); ok && !s.secondOrder() {
		phi := expr.Div(l, expr.Num(eps))
		c.potential = &phi
		for range d {
			c.drift = append(c.drift, expr.Num(0))
		}
		r.fact("noise", "constant and isotropic: the density is exp(-L/%g)", eps)
	} else {
		c.given = descent(l, p.Variables, s)
		c.ito = c.given
		c.drift = minusDivergence(c.given, c.diffusion, p.Variables)
	}
	p.Equation = c.compile(p.Variables)
	return nil
}

// descent returns −∇L, with −(η/2)∇²L∇L added at second order.
func descent(l expr.Expr, variables []string, s *sgdDoc) []expr.Expr {
	b := make([]expr.Expr, len(variables))
	for i, v := range variables {
		g := l.Diff(v)
		b[i] = expr.Neg(g)
		if s.secondOrder() {
			for _, w := range variables {
				b[i] = expr.Sub(b[i], expr.Mul(expr.Num(s.LearningRate/2), expr.Mul(g.Diff(w), l.Diff(w))))
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

func (r *reader) sgdFromData() error {
	s, p := r.doc.SGD, r.file.Problem
	l, err := r.loss()
	if err != nil {
		return err
	}
	n := l.Samples()
	if l.Dim() != len(p.Variables) {
		return r.fail("variables", "the model has %d parameters (%s), want a variable for each, have %d", l.Dim(), strings.Join(l.Parameters(), ", "), len(p.Variables))
	}
	if int(s.Batch) > n {
		return r.fail("sgd.batch_size", "want at most the %d samples there are, have %d", n, int(s.Batch))
	}
	factor := 1.0
	if s.Sampling == "without-replacement" {
		factor = float64(n-int(s.Batch)) / float64(max(1, n-1))
		if int(s.Batch) == n && s.InjectedNoise == 0 {
			return r.fail("sgd.batch_size", "%d of %d samples without replacement leave no noise, and so no stationary density but a point", n, n)
		}
	}
	r.fact("model", "%s on %d samples of %s", s.Model, n, s.Data.File)
	for a, what := range l.Parameters() {
		r.fact(p.Variables[a], "%s", what)
	}
	p.Equation = dataEquation(l, s, s.LearningRate/2/s.Batch*factor)
	p.Landscape, p.LearningRate = dataLandscape(l), s.LearningRate
	return nil
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

// loss reads the data and makes the loss.
func (r *reader) loss() (*loss.Loss, error) {
	s := r.doc.SGD
	model, err := loss.ParseModel(s.Model)
	if err != nil {
		return nil, r.fail("sgd.model", "%v", err)
	}
	switch {
	case s.Data.File == "":
		return nil, r.fail("sgd.data", "file is missing")
	case len(s.Data.Features) == 0:
		return nil, r.fail("sgd.data", "features is missing: want at least one column name")
	case s.Data.Target == "":
		return nil, r.fail("sgd.data", "target is missing: want a column name")
	case r.opt.Open == nil:
		return nil, r.fail("sgd.data.file", "data files cannot be opened here")
	}
	f, err := r.opt.Open(s.Data.File)
	if err != nil {
		return nil, r.fail("sgd.data.file", "%v", err)
	}
	defer f.Close()
	data, err := loss.ReadCSV(f, loss.CSVOptions{Features: s.Data.Features, Target: s.Data.Target, Intercept: s.Data.Intercept})
	if err == nil && s.Data.Standardize {
		err = data.Standardize(!model.IsClassifier())
	}
	if err != nil {
		var at *loss.CSVError
		if errors.As(err, &at) {
			return nil, r.fail("sgd.data", "%s: %v", s.Data.File, err)
		}
		return nil, r.fail("sgd.data", "%v", err)
	}
	l, err := loss.New(model, data)
	if err != nil {
		return nil, r.fail("sgd.model", "%v", err)
	}
	return l, nil
}

// dataEquation returns v = −∇L − ∇·D (and the second-order term) with
// D = scale Σ + (η/2) s I.
func dataEquation(l *loss.Loss, s *sgdDoc, scale float64) Equation {
	d := l.Dim()
	evaluators := sync.Pool{New: func() any { return l.Evaluator() }}
	descend := func(e *loss.Evaluator, dst, x []float64) {
		e.Eval(x)
		for i := range d {
			dst[i] = -e.Grad[i]
			if s.secondOrder() {
				for j := range d {
					dst[i] -= s.LearningRate / 2 * e.Hess[operators.Packed(d, i, j)] * e.Grad[j]
				}
			}
		}
	}
	drift := func(dst, x []float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		descend(e, dst, x)
	}
	eval := func(dst, x []float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		descend(e, dst, x)
		for i, v := range e.NoiseCovDiv {
			dst[i] -= scale * v
		}
		for k, v := range e.NoiseCov {
			dst[d+k] = scale * v
		}
		for i := range d {
			dst[d+operators.Packed(d, i, i)] += s.LearningRate / 2 * s.InjectedNoise
		}
	}
	b := Pointwise(drift)
	return Equation{Dim: d, Eval: Pointwise(eval), Drift: b, Ito: b}
}
