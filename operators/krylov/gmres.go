// Package krylov solves linear systems by GMRES.
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
	scale := s.weightedNorm(b)
	var stats Stats
	if scale == 0 {
		clear(x)
		return stats, nil
	}
	for {
		size := s.residual(b, x)
		stats.Residual = size / scale
		if stats.Residual <= opt.Tol {
			return stats, nil
		}
		before := stats.Residual
		if stats.Iterations >= opt.MaxIterations || math.IsNaN(size) {
			return stats, &ConvergenceError{stats, opt.Tol}
		}
		steps := min(opt.Restart, opt.MaxIterations-stats.Iterations)
		stats.Iterations += s.extend(x, size, opt.Tol*scale, steps)
		if size := s.residual(b, x); !(size/scale <= opt.Tol) && !(size/scale < 0.999*before) { // stagnation
			stats.Residual = size / scale
			return stats, &ConvergenceError{stats, opt.Tol}
		}
	}
}

// A solver has room for the basis.
type solver struct {
	apply, precondition Map
	weight              []float64
	flexible            bool
	basis               [][]float64 // v₀, v₁, …; v₀ holds the residual between restarts
	scaled              [][]float64 // M⁻¹v of the flexible form, else one for all
	h                   [][]float64 // columns of the Hessenberg matrix, rotated
	cos, sin, rhs       []float64
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
	if precondition == nil {
		precondition = func(dst, x []float64) { copy(dst, x) }
	}
	return &solver{
		apply: apply, precondition: precondition, weight: opt.Weight, flexible: opt.Flexible,
		basis: [][]float64{make([]float64, n)}, scaled: [][]float64{make([]float64, n)},
	}
}

// residual sets the first basis vector to W(b − A x) and returns its norm.
func (s *solver) residual(b, x []float64) float64 {
	r := s.basis[0]
	s.apply(r, x)
	for i, v := range b {
		r[i] = v - r[i]
	}
	s.weigh(r)
	return norm(r)
}

// extend adds to x the combination of up to steps new directions with the least residual,
// and returns how many it took to bring the norm down to goal.
func (s *solver) extend(x []float64, size, goal float64, steps int) (k int) {
	scale(s.basis[0], 1/size)
	s.h, s.cos, s.sin, s.rhs = s.h[:0], s.cos[:0], s.sin[:0], append(s.rhs[:0], size)
	for k < steps && math.Abs(s.rhs[k]) > goal {
		next := s.step(k)
		k++
		if next == 0 {
			break
		}
	}
	y := s.coefficients(k)
	if s.flexible {
		for j, c := range y {
			axpy(x, c, s.scaled[j])
		}
		return k
	}
	sum := s.room(&s.basis, k) // not needed any more
	clear(sum)
	for j, c := range y {
		axpy(sum, c, s.basis[j])
	}
	s.unweigh(sum)
	s.precondition(s.scaled[0], sum)
	axpy(x, 1, s.scaled[0])
	return k
}

// step makes basis vector k+1 by modified Gram–Schmidt, twice where much cancels, and
// returns its norm before it was set to 1.
func (s *solver) step(k int) float64 {
	z := s.scaled[0]
	if s.flexible {
		z = s.room(&s.scaled, k)
	}
	w := s.room(&s.basis, k+1)
	copy(w, s.basis[k])
	s.unweigh(w)
	s.precondition(z, w)
	s.apply(w, z)
	s.weigh(w)
	h := make([]float64, k+2)
	before := norm(w)
	for range 2 {
		for j := range k + 1 {
			c := dot(w, s.basis[j])
			h[j] += c
			axpy(w, -c, s.basis[j])
		}
		h[k+1] = norm(w)
		if h[k+1] > 0.7*before {
			break
		}
	}
	size := h[k+1]
	if size <= 1e-14*before {
		size = 0 // nothing but round-off: the solution is in the span
	} else {
		scale(w, 1/size)
	}
	s.rotate(h)
	return size
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
	h[k], h[k+1] = r, 0
	s.h, s.cos, s.sin = append(s.h, h), append(s.cos, c), append(s.sin, sn)
	s.rhs = append(s.rhs, -sn*s.rhs[k])
	s.rhs[k] *= c
}

// coefficients solves the triangular system of k columns.
func (s *solver) coefficients(k int) []float64 {
	y := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		sum := s.rhs[i]
		for j := i + 1; j < k; j++ {
			sum -= s.h[j][i] * y[j]
		}
		if s.h[i][i] != 0 {
			y[i] = sum / s.h[i][i]
		}
	}
	return y
}

// room returns vector k of a list, making it first if it is new.
func (s *solver) room(list *[][]float64, k int) []float64 {
	for len(*list) <= k {
		*list = append(*list, make([]float64, len(s.basis[0])))
	}
	return (*list)[k]
}

func (s *solver) weigh(v []float64) {
	for i, w := range s.weight {
		v[i] *= w
	}
}

func (s *solver) unweigh(v []float64) {
	for i, w := range s.weight {
		v[i] /= w
	}
}

func (s *solver) weightedNorm(b []float64) float64 {
	w := append([]float64(nil), b...)
	s.weigh(w)
	return norm(w)
}

// pieceSize is the number of entries that one goroutine takes at a time.
const pieceSize = 1 << 14

// dot returns x·y, summed piece by piece, with the same bits for any number of workers.
func dot(x, y []float64) float64 {
	parts := make([]float64, pieces.Count(len(x), pieceSize))
	pieces.Run(len(x), pieceSize, func(k, lo, hi int) {
		a, b := x[lo:hi], y[lo:hi]
		b = b[:len(a)]
		var s0, s1, s2, s3 float64
		i := 0
		for ; i+3 < len(a); i += 4 {
			s0 += a[i] * b[i]
			s1 += a[i+1] * b[i+1]
			s2 += a[i+2] * b[i+2]
			s3 += a[i+3] * b[i+3]
		}
		for ; i < len(a); i++ {
			s0 += a[i] * b[i]
		}
		parts[k] = s0 + s1 + s2 + s3
	})
	var sum float64
	for _, p := range parts {
		sum += p
	}
	return sum
}

// norm returns ‖x‖₂, also where squares overflow or underflow.
func norm(x []float64) float64 {
	if sum := dot(x, x); sum > 1e-280 && sum < 1e280 {
		return math.Sqrt(sum)
	}
	return floats.Norm(x, 2)
}

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	pieces.Run(len(x), pieceSize, func(_, lo, hi int) {
		u, v := y[lo:hi], x[lo:hi]
		v = v[:len(u)]
		for i := range u {
			u[i] += a * v[i]
		}
	})
}

func scale(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}
