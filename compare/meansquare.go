package compare

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// GrowthOfSecondMoments returns the factor by which second moments of θ around the minimum, and of v with momentum, are
// multiplied in a step: the variance of SGD is infinite where it is above 1, which may be long before the mean diverges,
// and it is 1 but for rounding where the loss has no curvature along some direction. It is the spectral radius of
//
//	S ↦ MSMᵀ + η²K(α⟨x xᵀXx xᵀ⟩ − (1 − β) HXH)Kᵀ, H = ⟨x xᵀ⟩,
//
// of linear regression with means over all samples, S of θ or of (θ, v), X that of θ, M = 1 − ηH or
// (1 − ηH, μ; −ηH, μ), and K = 1 or (1; 1). α = 1/B and β = 1 − 1/B with replacement, and without
// α = (n−B)/(B(n−1)), β = (B−1)n/(B(n−1)). It is NaN for other losses, epochs, rates that
// change, and numbers that overflow.
func (s *SGD) GrowthOfSecondMoments() float64 {
	_, constant := s.Schedule.(fp.ConstantRate)
	if !constant || s.Loss == nil || s.Loss.Model() != loss.LinearRegression || s.Sampling == fp.Epochs {
		return math.NaN()
	}
	h, fourth := featureMoments(s.Loss)
	mean, kick := s.meanStep(h)
	d, size := s.Loss.Dim(), mean.RawMatrix().Rows
	step := mat.NewDense(packed(size), packed(size), nil) // of one component of S in a column
	for column, component, k := 0, 0, 0; k < size; k++ {
		for l := k; l < size; l++ {
			unit := mat.NewSymDense(size, nil)
			unit.SetSym(k, l, 1)
			var next mat.Dense
			next.Product(mean, unit, mean.T())
			if l < d {
				var noise mat.Dense
				noise.Product(kick, s.excess(h, unit.SliceSym(0, d), fourth.ColView(component)), kick.T())
				next.Add(&next, &noise)
				component++
			}
			for row, i := 0, 0; i < size; i++ {
				for j := i; j < size; j++ {
					step.Set(row, column, next.At(i, j))
					row++
				}
			}
			column++
		}
	}
	return spectralRadius(step)
}

// excess returns η²(α⟨x xᵀXx xᵀ⟩ − (1 − β) HXH) of X = theta, with that mean packed.
func (s *SGD) excess(h *mat.SymDense, theta mat.Symmetric, mean mat.Vector) *mat.Dense {
	alpha, beta := s.repeats()
	scale := math.Pow(s.Schedule.Rate(0), 2)
	var m mat.Dense
	m.Product(h, theta, h)
	k := 0
	for i := range h.SymmetricDim() {
		for j := i; j < h.SymmetricDim(); j++ {
			v := scale * (alpha*mean.AtVec(k) - (1-beta)*m.At(i, j))
			m.Set(i, j, v)
			m.Set(j, i, v)
			k++
		}
	}
	return &m
}

// meanStep returns M and K.
func (s *SGD) meanStep(h *mat.SymDense) (mean, kick *mat.Dense) {
	d := h.SymmetricDim()
	size := d
	if s.Momentum != 0 {
		size = 2 * d
	}
	mean, kick = mat.NewDense(size, size, nil), mat.NewDense(size, d, nil)
	for a := range size {
		kick.Set(a, a%d, 1)
		mean.Set(a, a, 1)
	}
	for a := d; a < size; a++ {
		mean.Set(a, a, s.Momentum)
		mean.Set(a-d, a, s.Momentum)
	}
	var down mat.Dense
	down.Mul(kick, h)
	down.Scale(s.Schedule.Rate(0), &down)
	ofTheta := mean.Slice(0, size, 0, d).(*mat.Dense)
	ofTheta.Sub(ofTheta, &down)
	return mean, kick
}

// spectralRadius returns that of a matrix, and NaN where numbers have overflown.
func spectralRadius(a *mat.Dense) float64 {
	var eigen mat.Eigen
	if sum := mat.Sum(a); math.IsNaN(sum) || math.IsInf(sum, 0) || !eigen.Factorize(a, mat.EigenNone) { // it would not end
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
