package krylov

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// This file finds eigenvalues of largest modulus by the Krylov–Schur method: Arnoldi's with
// thick restarts. In real arithmetic,
//
//	A V = V H + v bᵀ,   H = Z T Zᵀ,
//
// with V and v orthonormal. The leading columns of V Z are Schur vectors with the residuals
// |Zᵀb|; those beyond some are dropped when V is full.
//
// A Krylov space holds one vector of each eigenvalue. When enough are found it is begun anew
// from a vector orthogonal to them all, until nothing new of that size turns up: so multiple
// eigenvalues come as often as they are.
//
// Stewart, SIAM J. Matrix Anal. Appl. 23 (2001) 601; products of falling accuracy: Simoncini,
// Szyld, SIAM J. Sci. Comput. 25 (2003) 454.

// An InexactMap sets dst to a linear function of x with an error of at most about tol,
// relative to ‖dst‖.
type InexactMap func(dst, x []float64, tol float64) error

// ArnoldiOptions tunes [Arnoldi].
type ArnoldiOptions struct {
	// Count is the number of eigenvalues. One more comes where a pair, and as many as there are
	// where a multiple eigenvalue, would be cut in two.
	Count int
	// Tol is the residual of Schur vectors relative to the eigenvalue; 0 means 1e-10.
	Tol float64
	// Basis is the number of vectors kept; 0 means twice Count and twenty.
	Basis int
	// Range is the modulus relative to the largest below which eigenvalues do not matter: their
	// residuals are taken relative to that. 0 means 1e-6.
	Range float64
	// MaxProducts bounds the products; 0 means 40 for each of Count, and 400.
	MaxProducts int
	// Unverified leaves out the search for what the first space does not hold: of a multiple
	// eigenvalue some may be missing, and others in their place.
	Unverified bool
	// Start sets dst to the start of the k-th Krylov space, any vector that no eigenvector
	// looked for is orthogonal to.
	Start func(dst []float64, k int)
}

// An Eigensystem is some eigenvalues and vectors.
type Eigensystem struct {
	// Values are in order of falling modulus, of each pair the one with Im > 0 first. Those
	// within ten tolerances of each other, and of the real axis, count as one multiple
	// eigenvalue, whose Vectors are a basis of its space.
	Values []complex128
	// Vectors have norm 1. Of a pair, the first is the real and the second the imaginary part
	// of the vector with Im > 0.
	Vectors [][]float64
	// Products is the number of products with the map.
	Products int
}

// A SpectrumError says that not all eigenvalues were found.
type SpectrumError struct{ Found, Want, Products int }

func (e *SpectrumError) Error() string {
	return fmt.Sprintf("krylov: %d of %d eigenvalues converged in %d products", e.Found, e.Want, e.Products)
}

const (
	// verifyTol is the accuracy of products, and verified that of eigenvalues relative to them,
	// with which a space that should hold nothing new is searched.
	verifyTol, verified = 1e-6, 1e-4
	// together is the relative distance of eigenvalues that count as one, over the tolerance.
	together = 10
	// exhausted is the share of a vector beyond the space below which it is all of it.
	exhausted = 1e-10
)

// Arnoldi returns the eigenvalues of largest modulus of a linear map on vectors of n entries.
// Where they do not converge, those that do come with a [SpectrumError].
func Arnoldi(apply InexactMap, n int, opt ArnoldiOptions) (*Eigensystem, error) {
	if opt.Count < 1 || opt.Start == nil {
		panic("krylov: Arnoldi: want a count and starts")
	}
	if opt.Tol == 0 {
		opt.Tol = 1e-10
	}
	if opt.Basis == 0 {
		opt.Basis = 2*opt.Count + 20
	}
	if opt.Range == 0 {
		opt.Range = 1e-6
	}
	if opt.MaxProducts == 0 {
		opt.MaxProducts = 40*opt.Count + 400
	}
	a := &arnoldi{solver: solver{Workspace: &Workspace{}}, apply: apply, opt: opt, want: opt.Count, most: min(opt.Basis, n)}
	a.ld = a.most + 1
	a.resize(n, a.most+2, 1, nil)
	a.h, a.b = make([]float64, a.ld*a.ld), make([]float64, a.ld)
	err := a.run()
	if _, ok := err.(*SpectrumError); err != nil && !ok {
		return nil, err
	}
	return a.result(), err
}

// An arnoldi is a decomposition A V = V H + v bᵀ, with V the first size vectors of the basis
// and v the one after them.
type arnoldi struct {
	solver
	apply InexactMap
	opt   ArnoldiOptions
	most  int // vectors of V
	want  int // eigenvalues, with those that belong to the last

	size, ld  int
	h, b      []float64 // H, rows ld apart, and b
	form      *schur    // of H from row and column locked on
	rest      []float64 // Zᵀb
	converged int       // leading columns of the form

	// locked is the number of vectors of V that have converged, while a space beside them is
	// searched for more; 0 otherwise.
	locked int
	least  float64 // modulus of the least eigenvalue of those, or that from which they matter

	largest          float64 // modulus
	products, starts int
	done             bool
}

// run extends and restarts the space until all that is wanted has converged.
func (a *arnoldi) run() error {
	a.begin()
	for !a.done {
		if a.products >= a.opt.MaxProducts {
			return &SpectrumError{a.converged, a.want, a.products}
		}
		if err := a.extend(); err != nil {
			return err
		}
		a.decompose()
		switch {
		case a.locked > 0:
			a.verify()
		case a.converged >= a.form.whole(a.want) && a.size >= a.want:
			if a.done = a.opt.Unverified; !a.done {
				a.lock()
			}
		case a.invariant():
			a.keep(a.size)
			a.begin()
		case a.size == a.most:
			a.truncate()
		}
	}
	return nil
}

// begin starts a space beside the vectors there are, or finds that there is none.
func (a *arnoldi) begin() {
	a.opt.Start(a.basis.add(a.size), a.starts)
	a.starts++
	a.insert()
}

// insert makes the vector after those of V orthogonal to them and of norm 1.
func (a *arnoldi) insert() {
	a.column = make([]float64, a.size)
	v := a.basis.at(a.size)
	before, after := a.orthogonalize(a.column)
	a.done = a.size == a.most || !(after > exhausted*before)
	floats.Scale(1/after, v)
	clear(a.b)
}

// extend adds v to V.
func (a *arnoldi) extend() error {
	k := a.size
	w := a.basis.add(k + 1)
	if err := a.apply(w, a.basis.at(k), a.tolerance()); err != nil {
		return err
	}
	a.products++
	copy(a.h[k*a.ld:], a.b[:k])
	a.column = make([]float64, k+1)
	before, after := a.orthogonalize(a.column)
	if math.IsNaN(before) || math.IsInf(before, 0) {
		return errors.New("krylov: Arnoldi: a product is not finite")
	}
	for i, v := range a.column {
		a.h[i*a.ld+k] = v
	}
	clear(a.b)
	a.size++
	if after > exhausted*before { // else V is invariant
		a.b[k] = after
		floats.Scale(1/after, w)
	}
	return nil
}

// tolerance returns the accuracy that the next product needs: what has nearly converged has
// small components along the vectors to come.
func (a *arnoldi) tolerance() float64 {
	if a.locked > 0 {
		return verifyTol
	}
	tol := 0.1 * a.opt.Tol
	if a.form == nil || a.form.n != a.size || a.size < a.want {
		return tol
	}
	worst := tol
	for i := 0; i < a.want; i += a.form.width(i) {
		worst = max(worst, a.residual(i))
	}
	return max(tol, min(tol/worst, verifyTol))
}

// decompose finds the Schur form and what of it has converged.
func (a *arnoldi) decompose() {
	n := a.size - a.locked
	f := newSchur(a.h[a.locked*(a.ld+1):], n, a.ld)
	a.form, a.rest = f, make([]float64, n)
	for i := range a.rest {
		for j, b := range a.b[a.locked:a.size] {
			a.rest[i] += f.z[j*n+i] * b
		}
	}
	a.largest = max(a.largest, cmplx.Abs(f.values[0]))
	a.converged = 0
	for a.converged < n && a.residual(a.converged) <= a.opt.Tol {
		a.converged += f.width(a.converged)
	}
}

// residual returns that of the block that begins at column i, relative to its eigenvalue.
func (a *arnoldi) residual(i int) float64 {
	r := math.Abs(a.rest[i])
	if a.form.width(i) == 2 {
		r = math.Hypot(r, a.rest[i+1])
	}
	return r / max(cmplx.Abs(a.form.values[i]), a.opt.Range*a.largest)
}

// invariant says whether V is.
func (a *arnoldi) invariant() bool { return floats.Norm(a.b, 1) == 0 }

// lock keeps what is wanted, all of which has converged, and begins a space beside it.
func (a *arnoldi) lock() {
	a.want = a.form.whole(a.want)
	a.least = max(cmplx.Abs(a.form.values[a.want-1]), a.opt.Range*a.largest)
	a.keep(a.want)
	a.locked = a.want
	a.begin()
}

// verify looks at the largest eigenvalue beside those that are locked, once it is known well
// enough: a smaller one ends the search, as does a full space, others are added to what has to
// converge.
func (a *arnoldi) verify() {
	size, doubt := cmplx.Abs(a.form.values[0]), a.residual(0)
	switch {
	case doubt < verified && size*(1+2*doubt) < a.least && size < (1-2*verifyTol)*a.least, a.size == a.most:
		a.done = true
	case doubt < verified && size > a.least*(1+2*doubt+2*verifyTol):
		a.resume()
	case doubt < verifyTol || a.invariant():
		a.want += a.form.width(0)
		a.resume()
	}
}

// resume starts from the vector of the largest eigenvalue beside those that are locked.
func (a *arnoldi) resume() {
	n, first := a.form.n, make([]float64, a.size)
	for j := range n {
		first[a.locked+j] = a.form.z[j*n]
	}
	a.combine(first, 1, a.locked)
	a.size, a.locked = a.locked, 0
	a.insert()
}

// keep makes the leading count Schur vectors, which have converged, all of V.
func (a *arnoldi) keep(count int) {
	a.project(count)
	clear(a.b)
}

// truncate drops trailing Schur vectors.
func (a *arnoldi) truncate() {
	count := a.form.whole(min(max(a.converged, a.want)+(a.most-a.want)/2, a.most-2))
	v := a.basis.at(a.size)
	a.project(count)
	copy(a.basis.at(count), v)
	clear(a.b)
	copy(a.b, a.rest[:count])
}

// project makes the leading count Schur vectors V, and T their H.
func (a *arnoldi) project(count int) {
	f := a.form
	c := make([]float64, f.n*count)
	for j := range count {
		for i := range f.n {
			c[j*f.n+i] = f.z[i*f.n+j]
		}
		copy(a.h[j*a.ld:j*a.ld+count], f.t[j*f.n:])
	}
	a.combine(c, count, 0)
	a.size = count
}

// combine sets the vectors to, to+1, … of the basis to count sums of its first ones, whose
// coefficients follow each other in c.
func (a *arnoldi) combine(c []float64, count, to int) {
	n := len(c) / count
	pieces.Run(a.basis.padded, pieceSize, func(_, lo, hi int) {
		sums := make([]float64, count*(hi-lo))
		for j := range count {
			a.basis.combine(sums[j*(hi-lo):(j+1)*(hi-lo)], c[j*n:(j+1)*n], lo)
		}
		for j := range count {
			copy(a.basis.piece(to+j, lo, hi), sums[j*(hi-lo):])
		}
	})
}

// result returns the eigenvectors of what has converged.
func (a *arnoldi) result() *Eigensystem {
	e := &Eigensystem{Products: a.products}
	if a.locked > 0 {
		a.size, a.locked = a.locked, 0
		clear(a.b)
	}
	a.decompose() // the form may be of what was searched beside, or of a space that was projected since
	count := a.form.whole(min(a.want, a.converged))
	if count == 0 {
		return e
	}
	values, vectors := a.form.eigenvectors(count, together*a.opt.Tol)
	var c []float64
	for _, y := range vectors {
		c = append(c, y...)
	}
	a.combine(c, count, 0)
	e.Values = values
	for j := 0; j < count; j++ {
		v := a.basis.at(j)
		if imag(e.Values[j]) == 0 {
			floats.Scale(1/floats.Norm(v, 2), v)
			e.Vectors = append(e.Vectors, v)
			continue
		}
		w := a.basis.at(j + 1)
		scale := 1 / math.Hypot(floats.Norm(v, 2), floats.Norm(w, 2))
		floats.Scale(scale, v)
		floats.Scale(scale, w)
		e.Vectors = append(e.Vectors, v, w)
		j++
	}
	return e
}
