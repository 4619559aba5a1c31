package fp

// SGD returns the recursion of the section sgd, nil where the file has none.
func (f *File) SGD() *SGD {
	if f.source == nil {
		return nil
	}
	return f.source.sgd
}

// Variant returns the problem of the section sgd with another learning rate, batch size and
// order of the drift. It panics where the file has none, and where the schedule of the file
// is not constant or momentum goes with the second order. Errors: the batch size.
func (f *File) Variant(v SGDVariant) (*Problem, error) {
	s := f.source
	if n := s.sgd.Loss; n != nil && v.Batch > n.Samples() {
		return nil, f.fail("sgd.batch_size", "want at most the %d samples there are, have %d", n.Samples(), v.Batch)
	}
	p := *f.Problem
	p.Equation = s.equation(v)
	p.LearningRate = v.Rate
	return &p, nil
}

// HasStationary returns nil where the process of the file has a stationary density that its
// equation can give, and else a *[FileError] that says why not.
func (f *File) HasStationary() error {
	s := f.SGD()
	if s == nil {
		return nil
	}
	_, constant := s.Schedule.(ConstantRate)
	switch {
	case !constant:
		return f.fail("sgd.learning_rate", "the rate changes, so no density is stationary; want a number")
	case s.Sampling == Epochs:
		return f.fail("sgd.sampling", "with epochs the noise of successive batches is anti-correlated, and no Fokker–Planck equation in θ alone holds; want with-replacement or without-replacement")
	case s.InjectedNoise == 0 && (s.Sampling == FullBatch || s.Sampling == WithoutReplacement && s.Batch == s.Loss.Samples()):
		return f.fail("sgd.batch_size", "all samples in every batch leave no noise, and so no stationary density but a point")
	}
	return nil
}

// SGDVariant returns what the section sgd says itself: the rate of the first step, the batch
// size, the number of samples of a full batch, and the order of the drift.
func (f *File) SGDVariant() SGDVariant { return f.source.variant }
