package krylov

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/lapack"
	lapackimpl "gonum.org/v1/gonum/lapack/gonum"
)

// A schur is the real Schur form of a small matrix, H = Z T Zᵀ with T upper triangular but for
// blocks of two on the diagonal, which are pairs of complex eigenvalues.
type schur struct {
	n      int
	t, z   []float64 // n × n, row by row
	values []complex128
}

var lapacke lapackimpl.Implementation

// newSchur returns the Schur form of the n × n matrix h, whose rows are ld apart, with
// eigenvalues of largest modulus first.
func newSchur(h []float64, n, ld int) *schur {
	s := &schur{n: n, t: make([]float64, n*n), z: make([]float64, n*n), values: make([]complex128, n)}
	for i := range n {
		copy(s.t[i*n:(i+1)*n], h[i*ld:i*ld+n])
	}
	tau, work := make([]float64, max(n-1, 1)), make([]float64, 64*n)
	lapacke.Dgehrd(n, 0, n-1, s.t, n, tau[:n-1], work, len(work))
	copy(s.z, s.t)
	lapacke.Dorghr(n, 0, n-1, s.z, n, tau[:n-1], work, len(work))
	for i := 2; i < n; i++ {
		clear(s.t[i*n : i*n+i-1])
	}
	re, im := make([]float64, n), make([]float64, n)
	if lapacke.Dhseqr(lapack.EigenvaluesAndSchur, lapack.SchurOrig, n, 0, n-1, s.t, n, re, im, s.z, n, work, len(work)) != 0 {
		panic("krylov: the QR algorithm does not converge")
	}
	s.sort(work)
	return s
}

// sort moves blocks of larger eigenvalues up.
func (s *schur) sort(work []float64) {
	n := s.n
	for at := 0; at < n; at += s.width(at) {
		best := at
		for i := at; i < n; i += s.width(i) {
			if cmplx.Abs(s.eigenvalue(i)) > (1+1e-12)*cmplx.Abs(s.eigenvalue(best)) { // else equal ones would swap for ever
				best = i
			}
		}
		if best > at {
			lapacke.Dtrexc(lapack.UpdateSchur, n, s.t, n, s.z, n, best, at, work) // where blocks are too close to swap they stay
		}
	}
	for i := 0; i < n; i += s.width(i) {
		s.values[i] = s.eigenvalue(i)
		if s.width(i) == 2 {
			s.values[i+1] = cmplx.Conj(s.values[i])
		}
	}
}

// width returns the size of the block that begins at i.
func (s *schur) width(i int) int {
	if i+1 < s.n && s.t[(i+1)*s.n+i] != 0 {
		return 2
	}
	return 1
}

// eigenvalue returns that of the block that begins at i, of a pair the one with Im > 0.
func (s *schur) eigenvalue(i int) complex128 {
	d := s.t[i*s.n+i]
	if s.width(i) == 1 {
		return complex(d, 0)
	}
	return complex(d, math.Sqrt(math.Abs(s.t[i*s.n+i+1]))*math.Sqrt(math.Abs(s.t[(i+1)*s.n+i])))
}

// whole returns the least number ≥ count of columns that does not part a pair.
func (s *schur) whole(count int) int {
	at := 0
	for at < min(count, s.n) {
		at += s.width(at)
	}
	return at
}

// eigenvectors returns those of the leading count columns, in terms of the Schur vectors: one
// column each, or the real and the imaginary part of the one with Im > 0; row by row.
func (s *schur) eigenvectors(count int) []float64 {
	t := make([]float64, count*count)
	for i := range count {
		copy(t[i*count:(i+1)*count], s.t[i*s.n:i*s.n+count])
	}
	y, work := make([]float64, count*count), make([]float64, 3*count+64*count)
	lapacke.Dtrevc3(lapack.EVRight, lapack.EVAll, nil, count, t, count, nil, 1, y, count, count, work, len(work))
	return y
}
