package fp

import (
	"errors"
	"strings"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/fp/loss"
)

// This file reads the section sgd.

type sgdDoc struct {
	Data            *dataDoc `yaml:"data"`
	Model           string   `yaml:"model"`
	Loss            string   `yaml:"loss"`
	NoiseCovariance any      `yaml:"noise_covariance"`
	LearningRate    rateDoc  `yaml:"learning_rate"`
	Batch           *float64 `yaml:"batch_size"`
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

	Generate *generateDoc `yaml:"generate"`
}

func (r *reader) sgd() error {
	s := r.doc.SGD
	if s.DriftOrder != nil && *s.DriftOrder != 1 && *s.DriftOrder != 2 {
		return r.fail("sgd.drift_order", "want 1 or 2, have %d", *s.DriftOrder)
	}
	if (s.Data == nil) != (s.Model == "") || (s.Loss == "") != (s.NoiseCovariance == nil) || (s.Data == nil) == (s.Loss == "") {
		return r.fail("sgd", "want data and model, or loss and noise_covariance")
	}
	schedule, err := r.learningRate()
	if err != nil {
		return err
	}
	r.file.source = &sgdSource{sgd: &SGD{Schedule: schedule, Momentum: s.Momentum, InjectedNoise: s.InjectedNoise}, variables: r.doc.Variables}
	if err := r.sgdNumbers(r.file.source.sgd); err != nil {
		return err
	}
	if s.Data != nil {
		err = r.sgdFromData()
	} else {
		err = r.sgdFromFormulas()
	}
	if err != nil {
		return err
	}
	r.sgdFacts()
	r.sgdProblem()
	return nil
}

// sgdNumbers reads what does not depend on data or formulas.
func (r *reader) sgdNumbers(g *SGD) error {
	s := r.doc.SGD
	switch {
	case !(s.Momentum >= 0 && s.Momentum < 1):
		return r.fail("sgd.momentum", "want a number ≥ 0 and below 1, have %g", s.Momentum)
	case s.Momentum > 0 && s.secondOrder():
		return r.fail("sgd.drift_order", "the second-order drift is known without momentum only; want 1")
	case !(s.InjectedNoise >= 0 && s.InjectedNoise <= 1e300):
		return r.fail("sgd.injected_noise", "want a variance ≥ 0, have %g", s.InjectedNoise)
	}
	var ok bool
	if g.Sampling, ok = parseSampling(s.Sampling); !ok {
		return r.fail("sgd.sampling", "want one of %s, have %q", strings.Join(samplingNames[:], ", "), s.Sampling)
	}
	switch {
	case s.Batch == nil && g.Sampling != FullBatch:
		return r.fail("sgd", "batch_size is missing")
	case s.Batch != nil && (!isWhole(*s.Batch) || *s.Batch < 1):
		return r.fail("sgd.batch_size", "want a whole number ≥ 1, have %g", *s.Batch)
	case s.Batch != nil:
		g.Batch = int(*s.Batch)
	}
	return nil
}

func parseSampling(name string) (Sampling, bool) {
	for k, s := range samplingNames {
		if s == name {
			return Sampling(k), true
		}
	}
	return 0, name == ""
}

// sgdFacts tells what the section says, defaults included.
func (r *reader) sgdFacts() {
	s, g := r.doc.SGD, r.file.source.sgd
	r.fact("learning rate", "%s", s.LearningRate.text())
	if g.Sampling == FullBatch {
		r.fact("batch", "all samples at every step")
	} else {
		r.fact("batch size", "%d, %v", g.Batch, g.Sampling)
	}
	if g.Momentum > 0 {
		r.fact("momentum", "%g: in the equation, as if the learning rate were %.6g", g.Momentum, g.Schedule.Rate(0)/(1-g.Momentum))
	}
	if s.secondOrder() {
		r.fact("drift", "second order in the learning rate: -grad L - (%g/2) Hess L grad L", g.Schedule.Rate(0))
	}
	if g.InjectedNoise > 0 {
		r.fact("injected noise", "variance %g in every direction", g.InjectedNoise)
	}
	r.fact("convention", "%v", ItoCalculus)
}

func (s *sgdDoc) secondOrder() bool { return s.DriftOrder != nil && *s.DriftOrder == 2 }

// sgdProblem makes the problem of the recursion.
func (r *reader) sgdProblem() {
	p, source := r.file.Problem, r.file.source
	v := SGDVariant{Rate: source.sgd.Schedule.Rate(0), Batch: source.sgd.Batch, Order: 1}
	if r.doc.SGD.secondOrder() {
		v.Order = 2
	}
	if source.sgd.Sampling == FullBatch {
		v.Batch = source.sgd.Loss.Samples()
	}
	source.variant = v
	p.Equation = source.equation(v)
	p.LearningRate, p.Momentum = v.Rate, source.sgd.Momentum
	if p.Equation.Potential {
		_, sigma, injected := source.scales(v)
		eps, _ := isotropic(source.diffusion(sigma, injected), len(p.Variables))
		r.fact("noise", "constant and isotropic: the density is exp(-L/%.6g)", eps)
	}
}

func (r *reader) sgdFromFormulas() error {
	s, p, source := r.doc.SGD, r.file.Problem, r.file.source
	if source.sgd.Sampling != WithReplacement {
		return r.fail("sgd.sampling", "%v wants data: a formula has no number of samples", source.sgd.Sampling)
	}
	var err error
	if source.loss, err = r.formula("sgd.loss", s.Loss); err != nil {
		return err
	}
	if source.noise, err = r.tensor("sgd.noise_covariance", s.NoiseCovariance); err != nil {
		return err
	}
	keys := &r.file.keys
	for range p.Variables {
		keys.drift = append(keys.drift, "sgd.loss")
	}
	keys.diffusion, keys.potential = "sgd.noise_covariance", "sgd.loss"
	p.Landscape = symbolicLandscape(source.loss, p.Variables)
	var grad []expr.Expr
	for _, v := range p.Variables {
		grad = append(grad, source.loss.Diff(v))
	}
	source.sgd.Formula = &LossFormula{
		Dim:      len(p.Variables),
		Grad:     expr.Compile(grad, p.Variables).Eval,
		NoiseCov: expr.Compile(source.noise, p.Variables).Eval,
	}
	return nil
}

func (r *reader) sgdFromData() error {
	s, p, g := r.doc.SGD, r.file.Problem, r.file.source.sgd
	l, err := r.loss()
	if err != nil {
		return err
	}
	n := l.Samples()
	if l.Dim() != len(p.Variables) {
		return r.fail("variables", "the model has %d parameters (%s), want a variable for each, have %d", l.Dim(), strings.Join(l.Parameters(), ", "), len(p.Variables))
	}
	switch {
	case g.Batch > n:
		return r.fail("sgd.batch_size", "want at most the %d samples there are, have %d", n, g.Batch)
	case g.Sampling == FullBatch && g.Batch != 0 && g.Batch != n:
		return r.fail("sgd.batch_size", "a full batch has all %d samples, have %d; leave it out", n, g.Batch)
	}
	keys := &r.file.keys
	for range p.Variables {
		keys.drift = append(keys.drift, "sgd")
	}
	keys.diffusion, keys.potential = "sgd", "sgd.loss"
	if law := r.file.Law; law != nil {
		r.fact("model", "%s on %d samples of a linear law with %s", s.Model, n, noiseText(law))
	} else {
		r.fact("model", "%s on %d samples of %s", s.Model, n, s.Data.File)
	}
	for a, what := range l.Parameters() {
		r.fact(p.Variables[a], "%s", what)
	}
	g.Loss, p.Landscape = l, dataLandscape(l)
	return nil
}

// loss reads the data and makes the loss.
func (r *reader) loss() (*loss.Loss, error) {
	s := r.doc.SGD
	model, err := loss.ParseModel(s.Model)
	if err != nil {
		return nil, r.fail("sgd.model", "%v", err)
	}
	switch {
	case s.Data.Generate != nil:
		return r.generated(model)
	case s.Data.File == "":
		return nil, r.fail("sgd.data", "file is missing: want that, or generate")
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
