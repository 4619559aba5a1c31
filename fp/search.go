package fp

import (
	"math/cmplx"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/krylov"
)

// This file searches the inverse of A and that of Aᵀ for the same eigenvalues.

// attempts is how often both sides are searched until they agree. A start that happens to have
// next to nothing of one vector of a multiple eigenvalue, as one of some thousand has, can miss it.
const attempts = 4

// A search is for the eigenvectors of a map, of masses or of functions, beside known ones:
// Σ along_j (against_j·x) is taken off all x. They are those of vectors times a factor, in the
// 2-norm, and 0 where that is.
type search struct {
	solve          krylov.InexactMap
	along, against [][]float64
	factor, noise  []float64 // noise is the size of vectors to start from
}

// apply sets dst to the map of x, less what is known.
func (s *search) apply(dst, x []float64, tol float64) error {
	err := s.solve(dst, x, tol)
	takeOff(dst, s.along, s.against)
	return err
}

// find returns eigenvalues of largest modulus; seeds give other starts.
func (s *search) find(seed uint64, opt krylov.ArnoldiOptions) (*krylov.Eigensystem, error) {
	n := len(s.factor)
	x, y := make([]float64, n), make([]float64, n)
	apply := func(dst, v []float64, tol float64) error {
		s.divide(x, v)
		err := s.apply(y, x, tol)
		floats.MulTo(dst, y, s.factor)
		return err
	}
	opt.Start = func(dst []float64, k int) {
		r := rand.New(rand.NewPCG(seed, uint64(k)))
		for i, w := range s.noise {
			x[i] = w * r.NormFloat64()
		}
		takeOff(x, s.along, s.against)
		floats.MulTo(dst, x, s.factor)
	}
	e, err := krylov.Arnoldi(apply, n, opt)
	if err != nil {
		return nil, err
	}
	for _, v := range e.Vectors {
		s.divide(v, v)
	}
	return e, nil
}

// divide sets dst to v over the factor.
func (s *search) divide(dst, v []float64) {
	for i, f := range s.factor {
		x := v[i]
		dst[i] = 0
		if f > 0 {
			dst[i] = x / f
		}
	}
}

// polish solves once more with the vectors themselves, all of a space alike. That damps what is
// left of fast modes in slow ones, so that these are right also where they are many decades
// below their largest values, as between wells.
func (s *search) polish(vectors [][]float64) error {
	for j, v := range vectors {
		x := make([]float64, len(v))
		if err := s.apply(x, v, polishTol); err != nil {
			return err
		}
		vectors[j] = x
	}
	return nil
}

// polishTol is the accuracy of polishing.
const polishTol = 1e-10

// bothSides returns the eigenvalues of largest modulus of two maps that have the same ones.
func (d *spectral) bothSides(right, left *search, count int) (v, u *krylov.Eigensystem, err error) {
	opt := krylov.ArnoldiOptions{Count: count, Tol: d.tol, Range: d.decades}
	products := 0
	for attempt := range uint64(attempts) {
		if v, err = right.find(2*attempt, opt); err != nil {
			return nil, nil, err
		}
		opt.Count = max(count, len(v.Values))
		if u, err = left.find(2*attempt+1, opt); err != nil {
			return nil, nil, err
		}
		products += v.Products + u.Products
		if same(v.Values, u.Values, d.decades) {
			v.Products, u.Products = products, 0
			return v, u, nil
		}
		opt.Count = max(opt.Count, len(u.Values))
	}
	return nil, nil, &ModesError{v.Values, u.Values}
}

// same says whether two lists of eigenvalues are, as far down as they matter.
func same(v, u []complex128, decades float64) bool {
	if reach(v, decades) != reach(u, decades) {
		return false
	}
	for j, l := range v[:reach(v, decades)] {
		if cmplx.Abs(l-u[j]) > mismatch*cmplx.Abs(l) {
			return false
		}
	}
	return true
}

// reach returns how many leading values are no more than so far below the largest; both of a
// pair, which have the same modulus.
func reach(values []complex128, decades float64) (n int) {
	for n < len(values) && cmplx.Abs(values[n]) >= decades*cmplx.Abs(values[0]) {
		n++
	}
	return n
}

// mismatch is the relative distance of eigenvalues of A and Aᵀ that are not the same: it leaves
// room for eigenvectors that are almost parallel.
const mismatch = 1e-3

// takeOff takes Σ along_j (against_j·x) off x.
func takeOff(x []float64, along, against [][]float64) {
	c := make([]float64, len(along))
	for j, v := range against {
		c[j] = floats.Dot(v, x)
	}
	for j, v := range along {
		floats.AddScaled(x, -c[j], v)
	}
}
