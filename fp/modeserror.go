package fp

// HalfGrid returns, for every mode, |λ − λ′|/|λ| with the nearest eigenvalue λ′ of the same
// operator on half as many cells along each axis: of order q it is some 2^q times the error of
// λ where the coarse grid resolves the mode. It returns false where an axis cannot be halved, or
// has too few cells for the order then.
//
// Errors are those of [SolveModes].
func (m *Modes) HalfGrid(opt ModesOptions) ([]float64, bool, error) {
	if m.half != nil {
		return m.apart(m.half), true, nil // modes come from there
	}
	coarse, ok := m.Grid.Coarsen()
	if !ok || m.Order != OrderMonotone && !gridBears(coarse, int(m.Order)) {
		return nil, false, nil
	}
	opt.Order = m.Order
	opt.Count = m.Count + 2 // those beside the last, which may have changed places
	rough, err := SolveModes(m.Problem, coarse, opt)
	if err != nil {
		return nil, false, err
	}
	values := make([]complex128, len(rough.Modes))
	for k, other := range rough.Modes {
		values[k] = other.Value
	}
	return m.apart(values), true, nil
}

// apart returns the distances of eigenvalues from the nearest of others.
func (m *Modes) apart(others []complex128) []float64 {
	apart := make([]float64, len(m.Modes))
	for k, mode := range m.Modes {
		apart[k] = nearest(mode.Value, others)
	}
	return apart
}
