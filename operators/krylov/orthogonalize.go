package krylov

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// This file makes bases orthonormal by classical Gram–Schmidt, which passes over all
// vectors at once, and where much cancels a second time: what is left is as orthogonal as
// round-off allows. Products of the second time are formed piece by piece while the first
// result is still in a core's cache.
//
// Daniel, Gragg, Kaufman, Stewart, Math. Comp. 30 (1976) 772; Giraud, Langou, Rozložník,
// van den Eshof, Numer. Math. 101 (2005) 87.

// mostTaken is the norm of what is taken off a vector, relative to it, above which less
// than 0.7 of it is left and there is a second time.
const mostTaken = 0.714

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
	if floats.Norm(h, 2) > mostTaken*before {
		again := s.take(h, m)[:m]
		floats.Add(h, again)
		sums = s.take(again, 0)
	} else {
		sums = s.take(h, 0)
	}
	return before, s.norm(sums[0], m)
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
