package krylov

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// This file makes bases orthonormal by classical Gram–Schmidt, which passes over all
// vectors at once. Where much cancels, the products of the result with the basis are formed,
// piece by piece while it is still in a core's cache, and taken off as well where they are not
// small: no errors grow from one vector to the next. GMRES wants no more, as what was taken
// off is known to round-off anyway.
//
// Daniel, Gragg, Kaufman, Stewart, Math. Comp. 30 (1976) 772; Giraud, Langou, Rozložník,
// van den Eshof, Numer. Math. 101 (2005) 87.

// mostTaken is the norm of what is taken off a vector, relative to it, above which less
// than 0.7 of it is left and products are formed again, and mostLeft the norm of these,
// relative to what is left, that may stay.
const mostTaken, mostLeft = 0.714, 1e-10

// orthogonalize takes off vector m = len(h), once weighed, its part along the orthonormal
// ones before it, sets h to the coefficients, and returns its norms before and after.
func (s *solver) orthogonalize(h []float64) (before, after float64) {
	m := len(h)
	sums := s.sums(m+1, func(part []float64, lo, hi int) {
		w := s.basis.piece(m, lo, hi)
		multiply(w, s.weight, lo)
		s.basis.dots(part[:m], w, lo)
		dots(part[m:], w, w, 0)
	})
	before = s.norm(sums[m], m)
	copy(h, sums)
	if floats.Norm(h, 2) <= mostTaken*before {
		return before, s.norm(s.take(h, 0)[0], m)
	}
	sums = s.take(h, m)
	again := sums[:m]
	if after = s.norm(sums[m], m); floats.Norm(again, 2) > mostLeft*after {
		floats.Add(h, again)
		after = s.norm(s.take(again, 0)[0], m)
	}
	return before, after
}

// take takes Σ h_j v_j off vector m = len(h), and returns the products of what is left with
// the first count vectors and with itself.
func (s *solver) take(h []float64, count int) []float64 {
	m := len(h)
	s.factors = room(s.factors, m)
	for j, v := range h {
		s.factors[j] = -v
	}
	return s.sums(count+1, func(part []float64, lo, hi int) {
		w := s.basis.piece(m, lo, hi)
		s.basis.combine(w, s.factors, lo)
		s.basis.dots(part[:count], w, lo)
		dots(part[count:], w, w, 0)
	})
}

// norm returns the norm of basis vector k from the sum of its squares, also where they
// overflow or underflow.
func (s *solver) norm(sum float64, k int) float64 {
	if sum > 1e-280 && sum < 1e280 {
		return math.Sqrt(sum)
	}
	return floats.Norm(s.basis.at(k), 2)
}
