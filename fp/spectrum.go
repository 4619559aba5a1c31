package fp

import (
	"fmt"
	"math/cmplx"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// This file finds eigenvalues of A nearest to 0 as those of largest modulus of A⁻¹, on vectors
// of no mass in all, and of its transpose.
//
// Where rates between wells are many decades below all others, errors of A⁻¹ along the slow
// modes bury the fast ones. So those are looked for again, beside the slow modes, which by then
// are known, and with (A − s)⁻¹, s about their rate, which enlarges the slow modes no more.

// A spectrum is eigenvalues λ and real bases of their spaces, right_i masses and left_i
// functions with Σ left_i right_j = δ_ij. Of a pair of conjugates, λ with Im λ > 0 first, the
// right ones are the real and the imaginary part of its vector v, A v = λ v.
type spectrum struct {
	values      []complex128
	right, left [][]float64
	products    int
	// Where it comes from that of half the grid:
	half   []complex128 // the eigenvalues there
	radius float64      // none is missing with |λ| below
}

// complexRight returns the right eigenvector of value j, and complexLeft the left one with
// Σ u v = 1, Σ u v̄ = 0.
func (s *spectrum) complexRight(j int) *pair {
	p := &pair{re: append([]float64(nil), s.right[j]...)}
	if imag(s.values[j]) > 0 {
		p.im = append([]float64(nil), s.right[j+1]...)
	}
	return p
}

func (s *spectrum) complexLeft(j int) *pair {
	p := &pair{re: append([]float64(nil), s.left[j]...)}
	if imag(s.values[j]) > 0 {
		p.im = append([]float64(nil), s.left[j+1]...)
		floats.Scale(0.5, p.re)
		floats.Scale(-0.5, p.im)
	}
	return p
}

// mostAbove is how far above the last eigenvalue a shift is at most: where the next is further
// off, what is known of it may be round-off.
const mostAbove = 1e12

// spectrum returns count eigenvalues, or some more.
func (d *spectral) spectrum(count int) (*spectrum, error) {
	s := &spectrum{}
	var shift float64
	for {
		next, far, err := d.stage(s, shift, count-len(s.values))
		if err != nil {
			return nil, err
		}
		s.values = append(s.values, next.values...)
		s.right, s.left = append(s.right, next.right...), append(s.left, next.left...)
		s.products += next.products
		if len(s.values) >= count {
			return s, nil
		}
		shift = min(far, cmplx.Abs(s.values[len(s.values)-1])*mostAbove)
	}
}

// stage returns the eigenvalues nearest to a shift beside those known, of count as many as are
// well above the errors, and the modulus of the next.
func (d *spectral) stage(known *spectrum, shift float64, count int) (s *spectrum, far float64, err error) {
	solve, solveT, err := d.solvers(shift)
	if err != nil {
		return nil, 0, err
	}
	right, left := known.right, known.left
	if d.mass != nil {
		right, left = append([][]float64{d.mass}, right...), append([][]float64{d.ones()}, left...)
	}
	masses := &search{solve, right, left, d.rightFactor, d.weight}
	functions := &search{solveT, left, right, d.leftFactor, d.ones()}
	v, u, err := d.bothSides(masses, functions, count)
	if err != nil {
		return nil, 0, err
	}
	n := reach(v.Values, d.decades)
	s = &spectrum{right: v.Vectors[:n], left: u.Vectors[:n], products: v.Products + u.Products}
	s.values = reciprocals(shift, v.Values[:n], s.right)
	if !d.inexact || n < len(v.Values) {
		if err := masses.polish(s.right); err != nil {
			return nil, 0, err
		}
		if err := functions.polish(s.left); err != nil {
			return nil, 0, err
		}
	}
	if n < len(v.Values) {
		far = cmplx.Abs(complex(shift, 0) + 1/v.Values[n])
	}
	if err := s.pairUp(); err != nil {
		return nil, 0, err
	}
	d.refine(s)
	return s, far, nil
}

// nearby is the relative distance of eigenvalues whose vectors on both sides may be mixed up.
const nearby = 1e-5

// pairUp replaces left vectors by combinations that are dual to the right ones: of those alone
// that belong to nearby eigenvalues, as vectors of others are orthogonal but for their errors,
// and may be of very different sizes where there is next to no mass.
func (s *spectrum) pairUp() error {
	done := make([]bool, len(s.values))
	for i, l := range s.values {
		if done[i] {
			continue
		}
		var group []int
		for j := i; j < len(s.values); j++ {
			if d := min(cmplx.Abs(s.values[j]-l), cmplx.Abs(cmplx.Conj(s.values[j])-l)); d <= nearby*cmplx.Abs(l) {
				group = append(group, j)
				done[j] = true
			}
		}
		if err := s.pairGroup(group); err != nil {
			return err
		}
	}
	return nil
}

// pairGroup is pairUp of a group.
func (s *spectrum) pairGroup(group []int) error {
	n := len(group)
	g := mat.NewDense(n, n, nil)
	for i, a := range group {
		for j, b := range group {
			g.Set(j, i, floats.Dot(s.left[a], s.right[b]))
		}
	}
	var x mat.Dense // left·x, xᵀ leftᵀ right = 1
	if err := x.Inverse(g); err != nil {
		return fmt.Errorf("the right and the left eigenvectors of λ = %.6g do not belong together: %w", s.values[group[0]], err)
	}
	left := make([][]float64, n)
	for j := range left {
		left[j] = make([]float64, len(s.left[0]))
		for i, a := range group {
			floats.AddScaled(left[j], x.At(i, j), s.left[a])
		}
	}
	for j, a := range group {
		s.left[a] = left[j]
	}
	return nil
}

// A ModesError says that A and Aᵀ seem to have other eigenvalues: some were missed.
type ModesError struct{ Right, Left []complex128 } // those of the inverse

func (e *ModesError) Error() string {
	return fmt.Sprintf("the operator and its transpose seem to differ in their %d slowest modes: ask for some more or less, or a smaller tolerance", len(e.Right))
}

// quotientRoundOff is the share of round-off in A v from which Σ u A v is left alone.
const quotientRoundOff = 1e-10

// refine replaces eigenvalues by Σ u A v, whose errors are products of those of the vectors,
// unless round-off in A v is more.
func (d *spectral) refine(s *spectrum) {
	n := len(d.weight)
	rate := func(i, j int) float64 {
		r := make([]float64, n)
		d.apply(r, s.right[j])
		return floats.Dot(s.left[i], r)
	}
	for j, l := range s.values {
		if imag(l) < 0 {
			continue
		}
		if _, roundOff := d.residual(s.complexRight(j), l); roundOff > quotientRoundOff {
			continue
		}
		if imag(l) == 0 {
			s.values[j] = complex(rate(j, j), 0)
			continue
		}
		s.values[j] = complex((rate(j, j)+rate(j+1, j+1))/2, (rate(j, j+1)-rate(j+1, j))/2)
		s.values[j+1] = cmplx.Conj(s.values[j])
	}
}
