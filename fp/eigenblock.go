package fp

import (
	"fmt"
	"math"
	"math/cmplx"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/operators/krylov"
)

// This file improves approximate eigenvectors of A and of Aᵀ together. With V masses, U functions,
// UᵀV = 1 and M = UᵀA V, the eigenvectors of M make V and U the best there are in their spaces, and M
// blocks B on the diagonal: a number for a real eigenvalue, two rows and columns for a pair of
// conjugates. What vectors v of a block lack solves
//
//	P (A d − d B) = −(A v − v B),   P = 1 − m 1ᵀ − V Uᵀ,
//
// with m the stationary masses: the correction of Jacobi and Davidson, but beside all that is known,
// so that nothing near B is left in the operator. Functions have the same with Aᵀ, Bᵀ and Pᵀ. Errors of
// eigenvalues are products of those of both sides.
//
// Sleijpen, van der Vorst, SIAM J. Matrix Anal. Appl. 17 (1996) 401; of both sides: Hochstenbach,
// Sleijpen, Linear Algebra Appl. 358 (2003) 145.

// An eigenblock is approximate eigenvectors of both sides.
type eigenblock struct {
	d               *spectral
	values          []complex128 // of pairs, that with Im λ > 0 first
	right, left     [][]float64  // V and U, as in [spectrum]
	rates, backward [][]float64  // A V and AᵀU
	products        int          // linear problems solved so far
}

// newEigenblock returns the best approximations in the spaces of masses and of functions, as many.
func newEigenblock(d *spectral, right, left [][]float64) (*eigenblock, error) {
	b := &eigenblock{d: d, right: right, left: left}
	mass, one := [][]float64{d.mass}, [][]float64{d.ones()}
	for j := range right {
		takeOff(right[j], mass, one)
		takeOff(left[j], one, mass)
	}
	return b, b.separate()
}

// asOne is the relative distance of eigenvalues whose vectors are left mixed.
const asOne = 1e-6

// separate makes V and U eigenvectors as far as M tells, UᵀV = 1, and finds what A makes of them.
func (b *eigenblock) separate() error {
	n, m := len(b.d.weight), len(b.right)
	images := func(of [][]float64, apply krylov.Map) [][]float64 {
		out := make([][]float64, m)
		for j, v := range of {
			out[j] = make([]float64, n)
			apply(out[j], v)
		}
		return out
	}
	both(func() { b.rates = images(b.right, b.d.apply) }, func() { b.backward = images(b.left, b.d.applyT) })
	overlap, rates := gram(b.left, b.right), gram(b.left, b.rates)
	var inverse mat.Dense // M⁻¹
	if err := inverse.Solve(rates, overlap); err != nil {
		return fmt.Errorf("approximate eigenvectors depend on each other: %w", err)
	}
	if math.IsNaN(mat.Sum(&inverse)) || math.IsInf(mat.Sum(&inverse), 0) {
		return errUnsettled
	}
	theta, columns := krylov.Eigenvectors(inverse.RawMatrix().Data, m, asOne)
	b.values = reciprocals(0, theta, columns)
	vectors := mat.NewDense(m, m, nil)
	for j, c := range columns {
		vectors.SetCol(j, c)
	}
	var product, dual mat.Dense // dualᵀ overlap vectors = 1
	product.Mul(overlap, vectors)
	if err := dual.Inverse(product.T()); err != nil {
		return fmt.Errorf("approximate eigenvectors depend on each other: %w", err)
	}
	b.right, b.rates = combined(b.right, vectors), combined(b.rates, vectors)
	b.left, b.backward = combined(b.left, &dual), combined(b.backward, &dual)
	return nil
}

// reciprocals returns the eigenvalues λ = shift + 1/θ of those of an inverse, of pairs that with
// Im λ > 0 first, and changes the vectors, real and imaginary part of that of a pair, accordingly.
func reciprocals(shift float64, theta []complex128, vectors [][]float64) (values []complex128) {
	for j, t := range theta { // where Im θ > 0, Im λ < 0, and v̄ is the vector of λ̄
		values = append(values, complex(shift, 0)+1/cmplx.Conj(t))
		if imag(t) < 0 {
			floats.Scale(-1, vectors[j])
		}
	}
	return values
}

// gram returns the products left_i·right_j.
func gram(left, right [][]float64) *mat.Dense {
	m := len(left)
	g, rows := mat.NewDense(m, m, nil), krylov.NewBlock(left...)
	for j, v := range right {
		g.SetCol(j, rows.Dots(v))
	}
	return g
}

// combined returns the vectors times c.
func combined(vectors [][]float64, c *mat.Dense) [][]float64 {
	all := krylov.NewBlock(vectors...)
	_, columns := c.Dims()
	out := make([][]float64, columns)
	for j := range out {
		out[j] = make([]float64, len(vectors[0]))
		all.Add(out[j], mat.Col(nil, j, c))
	}
	return out
}

// both runs two functions at the same time.
func both(f, g func()) {
	var wg sync.WaitGroup
	wg.Go(g)
	f()
	wg.Wait()
}
