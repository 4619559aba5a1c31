package krylov

import (
	"math"
	"math/cmplx"
	"slices"

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

// Eigenvectors returns the eigenvalues of the n × n matrix h, given row by row, and their vectors,
// as an [Eigensystem] has them; those within together of each other, relative to their modulus,
// are one.
func Eigenvectors(h []float64, n int, together float64) (values []complex128, vectors [][]float64) {
	return newSchur(h, n, n).eigenvectors(n, together)
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

// moved returns the form with the blocks that begin at the given places, in ascending order,
// first.
func (s *schur) moved(blocks []int) *schur {
	m := &schur{n: s.n, t: slices.Clone(s.t), z: slices.Clone(s.z)}
	work := make([]float64, s.n)
	to := 0
	for _, from := range blocks {
		lapacke.Dtrexc(lapack.UpdateSchur, m.n, m.t, m.n, m.z, m.n, from, to, work)
		to += m.width(to)
	}
	return m
}

// eigenvectors returns those of the leading count columns, n numbers each: of a pair the real
// and the imaginary part of the one with Im > 0. Real eigenvalues that are together, and pairs
// so near to the real axis, are one: their vectors are an orthonormal basis of their space, and
// their imaginary parts go.
func (s *schur) eigenvectors(count int, together float64) (values []complex128, vectors [][]float64) {
	done := make([]bool, count)
	for i := 0; i < count; i += s.width(i) {
		if done[i] {
			continue
		}
		blocks, size := s.near(i, count, together, done)
		m := s.moved(blocks)
		if imag(s.nearReal(i, together)) != 0 {
			b, w := m.t[1], imag(s.values[i])
			values = append(values, s.values[i], cmplx.Conj(s.values[i]))
			vectors = append(vectors, m.column(0, b), m.column(1, w))
			continue
		}
		for k := range size {
			values = append(values, complex(m.t[k*m.n+k], 0))
			vectors = append(vectors, m.column(k, 1))
		}
	}
	return values, vectors
}

// near returns the blocks up to count that belong together with block i, and their columns.
func (s *schur) near(i, count int, together float64, done []bool) (blocks []int, size int) {
	l := s.nearReal(i, together)
	for j := i; j < count; j += s.width(j) {
		if r := s.nearReal(j, together); j == i || !done[j] && imag(l) == 0 && imag(r) == 0 && cmplx.Abs(l-r) < together*cmplx.Abs(l) {
			blocks = append(blocks, j)
			size += s.width(j)
			done[j] = true
		}
	}
	return blocks, size
}

// nearReal returns the eigenvalue of block i, without an imaginary part that may be an error.
func (s *schur) nearReal(i int, together float64) complex128 {
	l := s.values[i]
	if math.Abs(imag(l)) < together*math.Abs(real(l)) {
		return complex(real(l), 0)
	}
	return l
}

// column returns a Schur vector times a number.
func (s *schur) column(k int, scale float64) []float64 {
	v := make([]float64, s.n)
	for i := range v {
		v[i] = scale * s.z[i*s.n+k]
	}
	return v
}
