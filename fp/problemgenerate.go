package fp

import (
	"fmt"

	"github.com/ness-fp/ness/fp/loss"
)

// This file reads data that are drawn from a known law.

type generateDoc struct {
	Samples    float64     `yaml:"samples"`
	Weights    []float64   `yaml:"weights"`
	Mean       []float64   `yaml:"mean"`
	Covariance [][]float64 `yaml:"covariance"`
	Noise      float64     `yaml:"noise"`
	Seed       uint64      `yaml:"seed"`
}

// generated draws the data and makes the loss.
func (r *reader) generated(model loss.Model) (*loss.Loss, error) {
	const key = "sgd.data.generate"
	data, doc := r.doc.SGD.Data, r.doc.SGD.Data.Generate
	for name, given := range map[string]bool{"file": data.File != "", "standardize": data.Standardize} {
		if given {
			return nil, r.fail("sgd.data."+name, "has no meaning beside generate")
		}
	}
	const most = 1e7
	switch {
	case !isWhole(doc.Samples) || doc.Samples < 1 || doc.Samples > most:
		return nil, r.fail(key+".samples", "want a whole number from 1 to %g, have %g", most, doc.Samples)
	case !r.has(key + ".weights"):
		return nil, r.fail(key, "weights is missing: want a number per feature, that of the intercept first")
	}
	law := &loss.Law{
		Features: data.Features, Target: data.Target, Weights: doc.Weights, Mean: doc.Mean, Noise: doc.Noise, Intercept: data.Intercept,
	}
	if law.Features == nil {
		for k := range len(doc.Weights) {
			if !(data.Intercept && k == 0) {
				law.Features = append(law.Features, fmt.Sprintf("x%d", len(law.Features)+1))
			}
		}
	}
	if law.Target == "" {
		law.Target = "y"
	}
	if doc.Covariance != nil {
		d := len(law.Features)
		law.Cov = make([]float64, d*(d+1)/2)
		if err := r.covariance(key+".covariance", doc.Covariance, law.Cov, d, "feature"); err != nil {
			return nil, err
		}
	}
	drawn, err := law.Generate(int(doc.Samples), doc.Seed)
	if err != nil {
		return nil, r.fail(key, "%v", err)
	}
	l, err := loss.New(model, drawn)
	if err != nil {
		return nil, r.fail("sgd.model", "%v", err)
	}
	r.file.Law = law
	return l, nil
}
