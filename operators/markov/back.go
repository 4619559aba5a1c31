package markov

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// This file finds the masses from the last state down,
//
//	m_n = (Σ_{i>n} m_i r_in) / S_n,
//
// the sum over the later states of the front. Masses may spread over more decades than
// float64 has, before it is known which of them matters: those of a basin follow from
// those of the pass that leads there. So a mass is kept as x·2^(radix·e), 2^−radix/2 ≤ x <
// 2^(radix/2), and the sums of a front are formed in units of 2^(radix·unit), the largest
// of its masses. A sum that comes out small enough to have lost something is formed
// again, with every term's exponent apart.

const (
	radix = 512
	// A sum from faithful on has lost nothing that matters: what is dropped is below
	// 2^(radix/2 − 2·radix) = 2⁻⁷⁶⁸ a term, and rates are below 1.
	faithful = 0x1p-600
)

// A wide is x·2^(radix·e), 2^(−radix/2) ≤ x < 2^(radix/2) or x = 0.
type wide struct {
	x float64
	e int32
}

// widen returns x·2^exponent.
func widen(x float64, exponent int) wide {
	if x == 0 {
		return wide{e: math.MinInt32}
	}
	fraction, shift := math.Frexp(x)
	exponent += shift
	e := int(math.Floor(float64(exponent+radix/2-1) / radix)) // so that exponent − radix·e ≤ radix/2
	return wide{math.Ldexp(fraction, exponent-radix*e), int32(e)}
}

// in returns the number in units of 2^(radix·unit), for unit ≥ w.e, 0 if it is far below.
func (w wide) in(unit int32) float64 {
	switch {
	case w.e == unit:
		return w.x
	case int64(w.e) == int64(unit)-1:
		return w.x * 0x1p-512
	}
	return 0
}

// A substitution is the masses, by rank, and the scratch of the front at hand.
type substitution struct {
	m     []wide
	unit  int32
	local []float64 // masses of the front's states in units of 2^(radix·unit): own, border
	sum   []float64 // Σ m_i r_in over the states i of the front that are known, per own n
}

// masses returns the stationary masses by state. Their sum is 1.
func (f *factor) masses() []float64 {
	m := make([]wide, len(f.tree.state))
	workers := cap(f.workers)
	subtrees, top := f.tree.split(workers)
	s := &substitution{m: m}
	for _, k := range slices.Backward(top) {
		s.front(&f.tree.nodes[k], f.front(k))
	}
	pieces.RunOn(workers, len(subtrees), 1, func(i, _, _ int) {
		s := &substitution{m: m}
		for k := subtrees[i].last; k >= subtrees[i].first; k-- {
			s.front(&f.tree.nodes[k], f.front(k))
		}
	})
	return normalize(m, f.tree.state, workers)
}

// front finds the masses of the own states of a node.
func (s *substitution) front(nd *node, fr front) {
	own := nd.own()
	s.begin(nd, fr)
	for n := own - 1; n >= 0; n-- {
		m := &s.m[nd.lo+n]
		switch {
		case nd.lo+n == len(s.m)-1:
			*m = wide{1, 0}
		case s.sum[n] >= faithful && fr.inverse[n] < 0x1p512:
			*m = s.quotient(s.sum[n], fr.inverse[n])
		default:
			*m = s.careful(nd, fr, n)
		}
		if m.x == 0 {
			continue
		}
		if m.e > s.unit {
			s.raise(m.e)
		}
		s.local[n] = m.in(s.unit)
		for k, r := range fr.inner[n*(n-1)/2 : n*(n+1)/2] {
			s.sum[k] += s.local[n] * r
		}
	}
}

// begin loads the masses of the border and forms their share of the sums.
func (s *substitution) begin(nd *node, fr front) {
	own, border := nd.own(), len(nd.border)
	s.unit = math.MinInt32
	for _, r := range nd.border {
		s.unit = max(s.unit, s.m[r].e)
	}
	s.local = append(s.local[:0], make([]float64, own+border)...)
	for i, r := range nd.border {
		s.local[own+i] = s.m[r].in(s.unit)
	}
	s.sum = append(s.sum[:0], make([]float64, own)...)
	if own > 0 && border > 0 {
		blas64.Implementation().Dgemv(blas.Trans, border, own, 1, fr.outer, own, s.local[own:], 1, 1, s.sum, 1)
	}
}

// quotient returns sum·inverse in units of 2^(radix·s.unit).
func (s *substitution) quotient(sum, inverse float64) wide {
	if x := sum * inverse; x >= 0x1p-256 && x < 0x1p256 {
		return wide{x, s.unit}
	}
	a, i := math.Frexp(sum)
	b, j := math.Frexp(inverse)
	return widen(a*b, i+j+radix*int(s.unit))
}

// raise changes to a larger unit.
func (s *substitution) raise(unit int32) {
	scale := 0.0
	if int64(unit) == int64(s.unit)+1 {
		scale = 0x1p-512
	}
	floats.Scale(scale, s.local)
	floats.Scale(scale, s.sum)
	s.unit = unit
}

// careful returns the mass of own state n with the exponent of every term apart.
func (s *substitution) careful(nd *node, fr front, n int) wide {
	own := nd.own()
	var sum float64 // times 2^scale
	scale := math.MinInt
	add := func(m wide, r float64) {
		if m.x == 0 || r == 0 {
			return
		}
		a, i := math.Frexp(m.x)
		b, j := math.Frexp(r)
		e := i + j + radix*int(m.e)
		if e > scale {
			sum, scale = math.Ldexp(sum, max(scale-e, -2000)), e
		}
		sum += math.Ldexp(a*b, max(e-scale, -2000))
	}
	for i := n + 1; i < own; i++ {
		add(s.m[nd.lo+i], fr.inner[i*(i-1)/2+n])
	}
	for i, r := range nd.border {
		add(s.m[r], fr.outer[i*own+n])
	}
	if sum == 0 {
		return widen(0, 0)
	}
	a, i := math.Frexp(sum)
	b, j := math.Frexp(fr.inverse[n])
	return widen(a*b, i+j+scale)
}

// normalizeStates is the number of states that are normalized in one piece.
const normalizeStates = 1 << 13

// normalize returns the masses by state, divided by their sum.
func normalize(wides []wide, state []int32, workers int) []float64 {
	top := wide{e: math.MinInt32}
	for _, m := range wides {
		if m.e > top.e || m.e == top.e && m.x > top.x {
			top = m
		}
	}
	_, exponent := math.Frexp(top.x)
	m := make([]float64, len(wides))
	pieces.RunOn(workers, len(m), normalizeStates, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			if w := wides[r]; w.x > 0 {
				e := max(radix*(int(w.e)-int(top.e))-exponent, -4000)
				m[state[r]] = math.Ldexp(w.x, e)
			}
		}
	})
	sums := make([]float64, pieces.Count(len(m), normalizeStates))
	pieces.RunOn(workers, len(m), normalizeStates, func(k, lo, hi int) { sums[k] = floats.SumCompensated(m[lo:hi]) })
	scale := 1 / floats.SumCompensated(sums)
	pieces.RunOn(workers, len(m), normalizeStates, func(_, lo, hi int) { floats.Scale(scale, m[lo:hi]) })
	return m
}
