// Package krylov solves linear systems by GMRES, and finds eigenvalues by Arnoldi's method.
//
// Saad, Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856; flexible: Saad, SIAM J. Sci.
// Comput. 14 (1993) 461.
package krylov

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// A Map sets dst to a linear function of x; they do not overlap.
type Map func(dst, x []float64)

// Options tunes [GMRES]. The zero value is a good choice.
type Options struct {
	// Tol is the norm of the residual to reach, relative to that of the right-hand
	// side; 0 means 1e-10. It is never compared with anything absolute.
	Tol float64
	// MaxIterations bounds the products with the operator; 0 means 300.
	MaxIterations int
	// Restart is the largest number of basis vectors kept; 0 means 60. Each takes 8 bytes
	// per unknown, twice that in the flexible form.
	Restart int
	// Flexible allows a preconditioner that differs from one iteration to the next.
	Flexible bool
	// Weight multiplies residuals, entry by entry, in their norm; nil means 1.
	Weight []float64
	// Workspace has memory from earlier calls, and keeps this one's; nil means none.
	Workspace *Workspace
}

// Stats tells how a solution was reached.
type Stats struct {
	Iterations int     // products with the operator
	Residual   float64 // norm of the true residual over that of the right-hand side
}

// A ConvergenceError says that the tolerance was not reached.
type ConvergenceError struct {
	Stats Stats
	Tol   float64
}

func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("krylov: after %d iterations the residual is %.3g of the right-hand side, want %.3g", e.Stats.Iterations, e.Stats.Residual, e.Tol)
}

// GMRES improves x, the first guess, until ‖W(b − A x)‖ ≤ Tol ‖W b‖, with the
// preconditioner on the right: A M⁻¹ y = b − A x₀. precondition applies M⁻¹; nil means
// identity. Singular systems are fine where b and all residuals are in the range of A and
// M⁻¹ leaves the null space out.
//
// Where the tolerance is not reached, x comes with a [ConvergenceError].
func GMRES(apply, precondition Map, b, x []float64, opt Options) (Stats, error) {
	if len(b) != len(x) {
		panic("krylov: GMRES: length mismatch")
	}
	if opt.Weight != nil && (len(opt.Weight) != len(b) || slices.ContainsFunc(opt.Weight, func(w float64) bool { return !(w > 0) })) {
		panic("krylov: GMRES: want a weight > 0 for every unknown")
	}
	s := newSolver(apply, precondition, len(b), &opt)
	scale := s.residual(b, nil)
	var stats Stats
	if scale == 0 {
		clear(x)
		return stats, nil
	}
	size := scale
	if slices.ContainsFunc(x, func(v float64) bool { return v != 0 }) {
		size = s.residual(b, x)
	}
	for {
		stats.Residual = size / scale
		if stats.Residual <= opt.Tol {
			return stats, nil
		}
		if stats.Iterations >= opt.MaxIterations || math.IsNaN(size) {
			return stats, &ConvergenceError{stats, opt.Tol}
		}
		steps := min(opt.Restart, opt.MaxIterations-stats.Iterations)
		stats.Iterations += s.extend(x, size, opt.Tol*scale, steps)
		size = s.residual(b, x)
		if before := stats.Residual; !(size/scale <= opt.Tol) && !(size/scale < 0.999*before) { // stagnation
			stats.Residual = size / scale
			return stats, &ConvergenceError{stats, opt.Tol}
		}
	}
}

// A solver is a system with room to solve it.
type solver struct {
	*Workspace
	apply, precondition Map
	weight              []float64
	directions          int // M⁻¹v that are kept
}

func newSolver(apply, precondition Map, n int, opt *Options) *solver {
	if opt.Tol == 0 {
		opt.Tol = 1e-10
	}
	if opt.MaxIterations == 0 {
		opt.MaxIterations = 300
	}
	if opt.Restart == 0 {
		opt.Restart = 60
	}
	if opt.Workspace == nil {
		opt.Workspace = &Workspace{}
	}
	if precondition == nil {
		precondition = func(dst, x []float64) { copy(dst, x) }
	}
	steps := min(opt.Restart, opt.MaxIterations)
	directions := min(steps, fewDirections)
	if opt.Flexible {
		directions = steps
	}
	opt.Workspace.resize(n, steps+1, directions, opt.Weight)
	return &solver{opt.Workspace, apply, precondition, opt.Weight, directions}
}

// fewDirections is the number of directions M⁻¹v that are kept in any case: solutions in so few
// steps take one application of M⁻¹ less.
const fewDirections = 4

// residual sets the first basis vector to W(b − A x), where x = nil means 0, and returns
// its norm.
func (s *solver) residual(b, x []float64) float64 {
	r := s.basis.add(0)
	if x == nil {
		clear(r)
	} else {
		s.apply(r, x)
	}
	sums := s.sums(1, func(part []float64, lo, hi int) {
		r := s.basis.piece(0, lo, hi)
		for i, v := range b[lo:min(hi, len(b))] {
			r[i] = v - r[i]
		}
		multiply(r, s.weight, lo)
		dots(part, r, r, 0)
	})
	return s.norm(sums[0], 0)
}

// extend adds to x the combination of up to steps new directions with the least residual,
// and returns how many it took to bring the norm, now size, down to goal.
func (s *solver) extend(x []float64, size, goal float64, steps int) (k int) {
	s.h, s.cos, s.sin, s.rhs = s.h[:0], s.cos[:0], s.sin[:0], append(s.rhs[:0], size)
	for k < steps && size != 0 && math.Abs(s.rhs[k]) > goal {
		size = s.step(k, size)
		k++
	}
	s.correct(x, s.coefficients(k))
	return k
}

// step makes basis vector k+1 from vector k, of norm size, and returns the new one's.
func (s *solver) step(k int, size float64) float64 {
	z, w := s.scaled.add(min(k, s.directions-1)), s.basis.add(k+1)
	s.precondition(z, s.normalize(k, size))
	s.apply(w, z)
	s.column = room(s.column, k+2)
	before, after := s.orthogonalize(s.column[:k+1])
	if after <= 1e-14*before {
		after = 0 // nothing but round-off: the solution is in the span
	}
	s.column[k+1] = after
	s.rotate(s.column)
	return after
}

// normalize divides basis vector k by its norm and returns W⁻¹ times the result.
func (s *solver) normalize(k int, size float64) []float64 {
	unweighed := s.basis.at(k)
	if s.weight != nil {
		unweighed = s.input.add(0)
	}
	pieces.Run(s.basis.n, pieceSize, func(_, lo, hi int) {
		v := s.basis.piece(k, lo, hi)
		floats.Scale(1/size, v)
		if s.weight != nil {
			copy(unweighed[lo:hi], v)
			multiply(unweighed[lo:hi], s.inverse, lo)
		}
	})
	return unweighed
}

// correct adds M⁻¹W⁻¹ Σ y_j v_j to x. The basis vector after them is lost.
func (s *solver) correct(x, y []float64) {
	k := len(y)
	kept := k <= s.directions
	pieces.Run(s.basis.padded, pieceSize, func(_, lo, hi int) {
		sum := s.basis.piece(k, lo, hi)
		clear(sum)
		if kept {
			s.scaled.combine(sum, y, lo)
		} else {
			s.basis.combine(sum, y, lo)
			multiply(sum, s.inverse, lo)
		}
	})
	change := s.basis.at(k)
	if !kept {
		change = s.scaled.add(0)
		s.precondition(change, s.basis.at(k))
	}
	pieces.Run(len(x), pieceSize, func(_, lo, hi int) { floats.Add(x[lo:hi], change[lo:hi]) })
}

// multiply multiplies v, a piece from lo on, by factors entry by entry; none mean 1.
func multiply(v, factors []float64, lo int) {
	if len(factors) == 0 {
		return
	}
	factors = factors[lo:min(lo+len(v), len(factors))]
	v = v[:len(factors)]
	for i, f := range factors {
		v[i] *= f
	}
}

// rotate applies the Givens rotations so far to a new column, and one more.
func (s *solver) rotate(h []float64) {
	k := len(h) - 2
	for j := range k {
		h[j], h[j+1] = s.cos[j]*h[j]+s.sin[j]*h[j+1], -s.sin[j]*h[j]+s.cos[j]*h[j+1]
	}
	r := math.Hypot(h[k], h[k+1])
	c, sn := 1.0, 0.0
	if r > 0 {
		c, sn = h[k]/r, h[k+1]/r
	}
	h[k] = r
	s.h, s.cos, s.sin = append(s.h, h[:k+1]...), append(s.cos, c), append(s.sin, sn)
	s.rhs = append(s.rhs, -sn*s.rhs[k])
	s.rhs[k] *= c
}

// coefficients solves the triangular system of k columns.
func (s *solver) coefficients(k int) []float64 {
	s.y = room(s.y, k)
	y := s.y
	for i := k - 1; i >= 0; i-- {
		sum := s.rhs[i]
		for j := i + 1; j < k; j++ {
			sum -= s.entry(i, j) * y[j]
		}
		y[i] = 0
		if d := s.entry(i, i); d != 0 {
			y[i] = sum / d
		}
	}
	return y
}

// entry returns entry (i, j) of the triangle, i ≤ j.
func (s *solver) entry(i, j int) float64 { return s.h[j*(j+1)/2+i] }
