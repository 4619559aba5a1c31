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
	NoiseLaw   *noiseDoc   `yaml:"noise_law"`
	Seed       uint64      `yaml:"seed"`
}

// noiseDoc names a law with heavy tails by its index.
type noiseDoc struct {
	Student *float64 `yaml:"student-t"` // degrees of freedom
	Stable  *float64 `yaml:"stable"`    // index of stability
}

// noiseLaw sets the law of the noise.
func (r *reader) noiseLaw(law *loss.Law, doc *noiseDoc) error {
	switch {
	case doc == nil:
	case (doc.Student == nil) == (doc.Stable == nil):
		return r.fail("sgd.data.generate.noise_law", "want student-t: degrees of freedom, or stable: index of stability; without noise_law noise is normal")
	case doc.Student != nil:
		law.NoiseLaw, law.Index = loss.StudentNoise, *doc.Student
	default:
		law.NoiseLaw, law.Index = loss.StableNoise, *doc.Stable
	}
	return nil
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
	if err := r.noiseLaw(law, doc.NoiseLaw); err != nil {
		return nil, err
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

// noiseText says in words how the noise of a law is distributed.
func noiseText(l *loss.Law) string {
	switch l.NoiseLaw {
	case loss.StudentNoise:
		return fmt.Sprintf("noise of Student's law of %g degrees of freedom and scale %g", l.Index, l.Noise)
	case loss.StableNoise:
		return fmt.Sprintf("noise of a stable law of index %g and scale %g", l.Index, l.Noise)
	}
	return fmt.Sprintf("normal noise of deviation %g", l.Noise)
}
