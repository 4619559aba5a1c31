package compare

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// GrowthOfSecondMoments returns the factor by which second moments of θ around the minimum are multiplied in a step: the
// variance of SGD is infinite where it is above 1, which may be long before the mean diverges, and it is 1 but for
// rounding where the loss has no curvature along some direction. It is the spectral radius of
//
//	S ↦ S − η(HS + SH) + η²(α⟨x xᵀSx xᵀ⟩ + β HSH), H = ⟨x xᵀ⟩,
//
// of linear regression with means over all samples, α = 1/B and β = 1 − 1/B with replacement, and without
// α = (n−B)/(B(n−1)), β = (B−1)n/(B(n−1)). It is NaN for other losses, epochs, momentum, rates that
// change, and numbers that overflow.
func (s *SGD) GrowthOfSecondMoments() float64 {
	eta, constant := s.Schedule.(fp.ConstantRate)
	if !constant || s.Loss == nil || s.Loss.Model() != loss.LinearRegression || s.Sampling == fp.Epochs || s.Momentum != 0 {
		return math.NaN()
	}
	d := s.Loss.Dim()
	step := mat.NewDense(packed(d), packed(d), nil) // of one component of S in a column
	h, fourth := featureMoments(s.Loss)
	alpha, beta := s.repeats()
	var hs, hsh mat.Dense
	for column, k := 0, 0; k < d; k++ {
		for l := k; l < d; l++ {
			unit := mat.NewSymDense(d, nil)
			unit.SetSym(k, l, 1)
			hs.Mul(h, unit)
			hsh.Mul(&hs, h)
			for row, i := 0, 0; i < d; i++ {
				for j := i; j < d; j++ {
					v := unit.At(i, j) - float64(eta)*(hs.At(i, j)+hs.At(j, i))
					v += float64(eta*eta) * (alpha*fourth.At(row, column) + beta*hsh.At(i, j))
					step.Set(row, column, v)
					row++
				}
			}
			column++
		}
	}
	var eigen mat.Eigen
	if sum := mat.Sum(step); math.IsNaN(sum) || math.IsInf(sum, 0) || !eigen.Factorize(step, mat.EigenNone) { // it would not end
		return math.NaN()
	}
	var radius float64
	for _, v := range eigen.Values(nil) {
		radius = max(radius, cmplx.Abs(v))
	}
	return radius
}

// repeats returns α and β.
func (s *SGD) repeats() (alpha, beta float64) {
	n, b := float64(s.Loss.Samples()), float64(s.Batch)
	switch {
	case s.Sampling == fp.FullBatch || n == 1:
		return 0, 1
	case s.Sampling == fp.WithoutReplacement:
		return (n - b) / (b * (n - 1)), (b - 1) * n / (b * (n - 1))
	}
	return 1 / b, 1 - 1/b
}

// featureMoments returns ⟨x xᵀ⟩ and, for packed S, the matrix of S ↦ ⟨x xᵀSx xᵀ⟩.
func featureMoments(l *loss.Loss) (h *mat.SymDense, fourth *mat.Dense) {
	d, n := l.Dim(), l.Samples()
	h, fourth = mat.NewSymDense(d, nil), mat.NewDense(packed(d), packed(d), nil)
	products := make([]float64, packed(d)) // of x xᵀ
	twice := make([]float64, packed(d))    // as often as they are in xᵀSx
	for i := range n {
		x := l.Data().X[i*d : (i+1)*d]
		c := 0
		for k := range d {
			for m := k; m < d; m++ {
				products[c] = x[k] * x[m]
				twice[c] = products[c]
				if m > k {
					twice[c] *= 2
				}
				h.SetSym(k, m, h.At(k, m)+products[c]/float64(n))
				c++
			}
		}
		fourth.RankOne(fourth, 1/float64(n), mat.NewVecDense(c, products), mat.NewVecDense(c, twice))
	}
	return h, fourth
}
