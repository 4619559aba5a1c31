package exact

import (
	"cmp"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// This file has what linear drift b = −A x with constant D does in time: normal densities
// stay normal, and the rates of relaxation are sums of eigenvalues of A.

// Relax returns mean and covariance at time t of what is N(mean, cov) at time 0,
//
//	m(t) = e^{−At} m,   C(t) = S + e^{−At}(C − S)e^{−Aᵀt},   A S + S Aᵀ = 2D.
//
// It panics as [Lyapunov] does.
func Relax(a *mat.Dense, diffusion *mat.SymDense, mean []float64, cov *mat.SymDense, t float64) ([]float64, *mat.SymDense) {
	d := len(mean)
	s := Lyapunov(a, diffusion)
	var flow, rest, left mat.Dense
	flow.Scale(-t, a)
	flow.Exp(&flow)
	rest.Sub(cov, s)
	left.Product(&flow, &rest, flow.T())
	out := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			out.SetSym(i, j, s.At(i, j)+0.5*(left.At(i, j)+left.At(j, i)))
		}
	}
	m := make([]float64, d)
	product(&flow)(m, mean)
	return m, out
}

// Normal returns the cell averages of N(mean, cov), cov ≻ 0, on a grid.
func Normal(g *grid.Grid, mean []float64, cov *mat.SymDense) *grid.Field {
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		panic("exact: Normal: covariance not positive definite")
	}
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		panic("exact: Normal: " + err.Error())
	}
	logZ := 0.5 * (float64(len(mean))*math.Log(2*math.Pi) + chol.LogDet())
	return averages(g, func(x []float64) float64 {
		q := -logZ
		for i, v := range x {
			for j, w := range x {
				q -= 0.5 * inv.At(i, j) * (v - mean[i]) * (w - mean[j])
			}
		}
		return math.Exp(q)
	})
}

// LinearSpectrum returns the count eigenvalues nearest to 0 of the Fokker–Planck operator of
// b = −A x, the stationary 0 left out: −Σ n_i a_i with whole n_i ≥ 0 of A's eigenvalues a_i,
// by modulus, of a pair of conjugates the one with Im > 0 first.
//
// Metafune, Pallara, Priola, J. Funct. Anal. 196 (2002) 40.
func LinearSpectrum(a *mat.Dense, count int) []complex128 {
	var eig mat.Eigen
	if !eig.Factorize(a, mat.EigenNone) {
		panic("exact: LinearSpectrum: no eigenvalues")
	}
	all := []complex128{0}
	for _, v := range eig.Values(nil) {
		var more []complex128
		for _, l := range all {
			for n := range count + 1 { // those of one a_i alone would do
				more = append(more, l-complex(float64(n), 0)*v)
			}
		}
		all = more
	}
	slices.SortFunc(all, CompareModulus)
	return all[1 : count+1]
}

// CompareModulus orders eigenvalues by modulus, and those of equal modulus, to 1e-9, with the
// larger imaginary part first.
func CompareModulus(x, y complex128) int {
	if d := cmplx.Abs(x) - cmplx.Abs(y); math.Abs(d) > 1e-9*(1+cmplx.Abs(x)) {
		return cmp.Compare(d, 0)
	}
	return cmp.Compare(imag(y), imag(x))
}
