package fp

import (
	"math"

	"github.com/ness-fp/ness/grid"
)

// SGD returns the recursion of the section sgd, nil where the file has none.
func (f *File) SGD() *SGD {
	if f.source == nil {
		return nil
	}
	return f.source.sgd
}

// Variant returns the problem of the section sgd with another learning rate, batch size and
// order. It panics where the file has no such section. CorrectNoise takes differences over
// eighths of the cells of g, which is not used else. Errors: the batch size.
func (f *File) Variant(v SGDVariant, g *grid.Grid) (*Problem, error) {
	s := f.source
	if l := s.sgd.Loss; l != nil && v.Batch > l.Samples() {
		return nil, f.fail("sgd.batch_size", "want at most the %d samples there are, have %d", l.Samples(), v.Batch)
	}
	p := *f.Problem
	p.LearningRate = v.Rate
	if v.CorrectNoise {
		p.Equation = s.corrected(v, cellSteps(g))
	} else {
		p.Equation = s.equation(v)
	}
	return &p, nil
}

// CheckStable returns a *[FileError] where SGD diverges from all of the points: where η times the
// largest eigenvalue of ∇²L is 2(1+μ) or more, or that is not finite. With a rate that changes η is
// the first.
func (f *File) CheckStable(points [][]float64) error {
	s := f.source.sgd
	eta, least := s.Schedule.Rate(0), math.Inf(1)
	for _, x := range points {
		if c := f.Problem.Landscape.curvature(x); !math.IsNaN(c) {
			least = min(least, c)
		}
	}
	if math.IsInf(least, 1) {
		return f.fail("sgd", "the curvature of the loss is not finite at its minima, or where walkers start: numbers overflow, or derivatives do not exist")
	}
	if most := 2 * (1 + s.Momentum) / least; least > 0 && eta >= most {
		return f.fail("sgd.learning_rate", "SGD diverges: want less than %.4g, 2(1 + momentum) over the largest curvature of the loss at its minima, or where walkers start, have %g", most, eta)
	}
	return nil
}

// Inertia returns ηλ/(1−μ)², λ the largest eigenvalue of ∇²L at the points: momentum is forgotten before
// θ moves, and times of the equation are those of SGD, where it is small. It is 0 without momentum, and NaN
// where λ is not known, as of no points. With a rate that changes η is the first, which is the largest.
func (f *File) Inertia(points [][]float64) float64 {
	s := f.SGD()
	if s == nil || s.Momentum == 0 {
		return 0
	}
	if len(points) == 0 {
		return math.NaN()
	}
	largest := math.Inf(-1)
	for _, x := range points {
		largest = max(largest, f.Problem.Landscape.curvature(x))
	}
	return s.Schedule.Rate(0) * largest / ((1 - s.Momentum) * (1 - s.Momentum))
}

// HasStationary returns nil where the process of the file has a stationary density that its
// equation can give, and else a *[FileError] that says why not.
func (f *File) HasStationary() error {
	switch err := f.HasEquation(); {
	case err != nil:
		return err
	case f.at != nil:
		return f.fail("equation", "formulas have the time t, so no density is stationary; leave it out, or use the command evolve")
	case f.changesRate():
		return f.fail("sgd.learning_rate", "the rate changes, so no density is stationary; want a number, or the command evolve")
	}
	return f.HasNoise()
}

// HasNoise returns nil but for SGD without any noise, where it is a *[FileError] that says so.
func (f *File) HasNoise() error {
	if s := f.SGD(); s != nil && s.InjectedNoise == 0 && s.noiseFactor(f.SGDVariant().Batch) == 0 {
		return f.fail("sgd.batch_size", "all samples in every batch leave no noise, and so no stationary density but a point")
	}
	return nil
}

// HasEquation returns nil where a Fokker–Planck equation holds for the process of the file, and
// else a *[FileError] that says why not.
func (f *File) HasEquation() error {
	if s := f.SGD(); s != nil && s.Sampling == Epochs {
		return f.fail("sgd.sampling", "with epochs the noise of successive batches is anti-correlated, and no Fokker–Planck equation in θ alone holds; want with-replacement or without-replacement")
	}
	return nil
}

// SGDVariant returns what the section sgd says itself: the rate of the first step, the batch
// size, the number of samples of a full batch, and the order of the drift.
func (f *File) SGDVariant() SGDVariant { return f.source.variant }
