package fp

import "github.com/ness-fp/ness/operators"

// This file is about d = 1, where Mass/V is exact at the centres of cells, in all but
// its norm: Σ m = 1 is the midpoint rule. Averages over cells know the integral.

// averageLine turns Density from the values at centres to averages over cells.
func (s *Stationary) averageLine() {
	if s.line == nil {
		return
	}
	s.Density.Values = operators.LineAverages(s.line, s.Density.Values, s.Generator.FaceFlow(s.Mass).Flow[0])
	s.lineMass = s.Density.Integral()
	s.scaleLine(s.Density.Values)
}

// scaleLine divides what is in proportion to Mass by the integral of the density, in d = 1.
func (s *Stationary) scaleLine(values []float64) {
	if !(s.lineMass > 0) { // d > 1, or a solution that is none
		return
	}
	for i := range values {
		values[i] /= s.lineMass
	}
}

// lineCenters returns the density at the centres, in d = 1.
func (s *Stationary) lineCenters() []float64 {
	p := make([]float64, len(s.Mass))
	for i, v := range s.Density.Grid.Volumes() {
		p[i] = s.Mass[i] / v
	}
	s.scaleLine(p)
	return p
}
