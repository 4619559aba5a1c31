package compare

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// This file has the stationary densities of stochastic gradient descent that are proposed
// as formulas, each exact under its assumption only, as normalised densities on a grid.
//
// Inputs are values at the cell centres: the loss L, and the covariance Σ of the gradient
// of one sample, packed upper triangle by rows, a slice per component. They depend on
// the learning rate η and the batch B through rate = η/B alone. From ln p at the centres
// cell averages follow to order 4 (3 in cells at walls): of exp of the line through the neighbours,
// and of the curvature to first order,
//
//	ln p̄ = ln p + Σ_a [ln(sinh(s_a/2)/(s_a/2)) + h_a² ∂²_a ln p/24],   s_a = h_a ∂_a ln p,
//
// which wants cells no wider than the deviation of what they are to show. Everything stays
// in logarithms until the largest is 1, so tails are right down to 1e-300 of it, then 0.

// Gibbs returns p ∝ exp(−2L/(rate σ²)): stationary where Σ = σ²I everywhere. For σ² see
// [IsotropicNoise] and [MeanIsotropicNoise].
func Gibbs(g *grid.Grid, loss []float64, variance, rate float64) (*grid.Field, error) {
	if err := errors.Join(positive("variance", variance), positive("rate", rate)); err != nil {
		return nil, err
	}
	return fromLog(g, "the loss is not finite", func(i int) float64 { return -2 * loss[i] / (rate * variance) })
}

// IsotropicNoise returns σ² = tr Σ/d in one cell.
func IsotropicNoise(noise [][]float64, i int) float64 {
	d := dimOf(noise)
	var trace float64
	for a := range d {
		trace += noise[diagonal(d, a)][i]
	}
	return trace / float64(d)
}

// MeanIsotropicNoise returns the mean of tr Σ/d over a density.
func MeanIsotropicNoise(noise [][]float64, p *grid.Field) float64 {
	var mean, mass float64
	for i, v := range p.Grid.Volumes() {
		mean += IsotropicNoise(noise, i) * p.Values[i] * v
		mass += p.Values[i] * v
	}
	return mean / mass
}

// InverseNoisePosterior returns p ∝ exp(−β L/σ²(θ)), β = B/(2η), σ² = tr Σ/d: how
// exp(−βΣ⁻¹L) can be read as a number. It is not stationary, not even for Σ = σ²I, where
// [Gibbs] has four times the exponent.
func InverseNoisePosterior(g *grid.Grid, loss []float64, noise [][]float64, rate float64) (*grid.Field, error) {
	if err := positive("rate", rate); err != nil {
		return nil, err
	}
	return fromLog(g, "the loss is not finite, or there is no noise", func(i int) float64 { return -loss[i] / (2 * rate * IsotropicNoise(noise, i)) })
}

// DeterminantPosterior returns p ∝ det Σ^{-1/2} exp(−(2B/η) L): stationary for Σ = I,
// where it is [Gibbs], and not in general. Σ must be positive definite at all centres.
func DeterminantPosterior(g *grid.Grid, loss []float64, noise [][]float64, rate float64) (*grid.Field, error) {
	if err := positive("rate", rate); err != nil {
		return nil, err
	}
	d := dimOf(noise)
	var chol mat.Cholesky
	packedNoise := make([]float64, len(noise))
	return fromLog(g, "the loss is not finite, or the noise not positive definite", func(i int) float64 {
		for k, c := range noise {
			packedNoise[k] = c[i]
		}
		if !chol.Factorize(unpacked(d, packedNoise)) {
			return math.NaN()
		}
		return -0.5*chol.LogDet() - 2*loss[i]/rate
	})
}

// Ito1D returns p ∝ (1/D) exp(∫ b/D dx), stationary for dx = b dt + √(2D) dW (Itô)
// between reflecting walls. The integral from centre to centre is by five Gauss points in
// either half of a cell.
func Ito1D(g *grid.Grid, drift, diffusion func(x float64) float64) (*grid.Field, error) {
	phi, x, err := driftOverNoise(g, drift, diffusion)
	if err != nil {
		return nil, err
	}
	return fromLog(g, notFinite, func(i int) float64 { return phi[i] - math.Log(diffusion(x[i])) })
}

// HanggiKlimontovich1D returns p ∝ exp(∫ b/D dx), stationary between reflecting walls where drift and
// noise are read in the sense of Hänggi and Klimontovich, J = bp − Dp′, by the integral of [Ito1D].
func HanggiKlimontovich1D(g *grid.Grid, drift, diffusion func(x float64) float64) (*grid.Field, error) {
	phi, _, err := driftOverNoise(g, drift, diffusion)
	if err != nil {
		return nil, err
	}
	return fromLog(g, notFinite, func(i int) float64 { return phi[i] })
}

const notFinite = "drift over noise is not finite"

// driftOverNoise returns ∫ b/D dx from the first centre to all of them, and the centres.
func driftOverNoise(g *grid.Grid, drift, diffusion func(x float64) float64) (phi, x []float64, err error) {
	if g.Dim() != 1 {
		return nil, nil, fmt.Errorf("grid: want one axis, have %d", g.Dim())
	}
	ax := g.Axis(0)
	edges := ax.Edges()
	x = ax.Centers()
	ratio := func(x float64) float64 { return drift(x) / diffusion(x) }
	phi = make([]float64, len(x))
	for i := 1; i < len(x); i++ {
		phi[i] = phi[i-1] + gauss(ratio, x[i-1], edges[i]) + gauss(ratio, edges[i], x[i])
	}
	return phi, x, nil
}

// gauss integrates over [a, b] by the rule of Gauss and Legendre with five points.
func gauss(f func(float64) float64, a, b float64) float64 {
	return quad.Fixed(f, a, b, 5, quad.Legendre{}, 0)
}

// LocalGaussian returns N(θ*, S) inside the box, HS + SH = rate Σ(θ*), and S: stationary
// near a minimum θ* with Hessian H for small noise (Ornstein–Uhlenbeck). hess, noise and S
// are packed upper triangles by rows. Errors: H or S is not positive definite.
//
// Mandt, Hoffman, Blei, J. Mach. Learn. Res. 18 (2017) 134.
func LocalGaussian(g *grid.Grid, minimum, hess, noise []float64, rate float64) (*grid.Field, []float64, error) {
	d := g.Dim()
	s, err := lyapunov(d, hess, noise, rate)
	if err != nil {
		return nil, nil, err
	}
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		return nil, nil, errors.New("noise: want a positive definite stationary covariance: some direction has no noise")
	}
	x := make([]float64, d)
	r, solved := mat.NewVecDense(d, x), mat.NewVecDense(d, nil)
	p, err := fromLog(g, "the stationary covariance is too close to a singular one", func(i int) float64 {
		g.Center(x, i)
		for a := range x {
			x[a] -= minimum[a]
		}
		if chol.SolveVecTo(solved, r) != nil { // too ill-conditioned to be believed
			return math.NaN()
		}
		return -0.5 * mat.Dot(r, solved)
	})
	return p, repacked(s), err
}

// lyapunov solves HS + SH = rate Σ in the eigenvectors of H: S_ab = rate Σ_ab/(λ_a + λ_b).
func lyapunov(d int, hess, noise []float64, rate float64) (*mat.SymDense, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(unpacked(d, hess), true) || !(eigen.Values(nil)[0] > 0) {
		return nil, errors.New("curvature: want a Hessian with positive eigenvalues, as at a minimum")
	}
	lambda := eigen.Values(nil)
	var v, in, s mat.Dense
	eigen.VectorsTo(&v)
	in.Product(v.T(), unpacked(d, noise), &v)
	for a := range d {
		for b := range d {
			in.Set(a, b, rate*in.At(a, b)/(lambda[a]+lambda[b]))
		}
	}
	s.Product(&v, &in, v.T())
	sym := mat.NewSymDense(d, nil)
	for a := range d {
		for b := a; b < d; b++ {
			sym.SetSym(a, b, s.At(a, b))
		}
	}
	return sym, nil
}

// CorrectedLoss returns L + (η/4)|∇L|², with which the equation describes SGD to second
// order in η at fixed times and for a fixed batch. Stationary densities relative to their
// width stay of first order, and variances err twice as much at a quadratic minimum (see
// [WeakOrder]). grad has a slice per coordinate.
//
// Li, Tai, E, J. Mach. Learn. Res. 20 (2019) 40.
func CorrectedLoss(loss []float64, grad [][]float64, eta float64) []float64 {
	c := append([]float64(nil), loss...)
	for _, component := range grad {
		for i, v := range component {
			c[i] += eta / 4 * v * v
		}
	}
	return c
}

// fromLog returns the density whose logarithm at the centres is known but for a constant. The error says
// at which point it is no number, and why that may be.
func fromLog(g *grid.Grid, why string, log func(i int) float64) (*grid.Field, error) {
	at := make([]float64, g.Cells())
	for i := range at {
		at[i] = log(i)
		if math.IsNaN(at[i]) || math.IsInf(at[i], 0) {
			x := make([]float64, g.Dim())
			g.Center(x, i)
			list := make([]string, len(x))
			for a, v := range x {
				list[a] = fmt.Sprintf("%.6g", v)
			}
			return nil, fmt.Errorf("the density is not a number at (%s), where %s", strings.Join(list, ", "), why)
		}
	}
	p := grid.NewField(g)
	top := math.Inf(-1)
	idx := make([]int, g.Dim())
	for i, v := range at {
		g.Indices(idx, i)
		p.Values[i] = v
		for a, k := range idx {
			p.Values[i] += averaging(g, a, k, i, at)
		}
		top = max(top, p.Values[i])
	}
	for i, v := range p.Values {
		p.Values[i] = math.Exp(v - top)
	}
	z := p.Integral()
	for i := range p.Values {
		p.Values[i] /= z
	}
	return p, nil
}

// averaging returns what the average over a cell along one axis adds to ln p at its centre.
func averaging(g *grid.Grid, a, k, i int, at []float64) float64 {
	slope, curve := derivatives(g, a, k, i, at)
	h := g.Axis(a).Width(k)
	return logSinhc(h*slope/2) + h*h*curve/24
}

// derivatives returns the first and second along axis a of values at the centres, in cell i,
// number k along the axis: those of the parabola through it and its neighbours, at the ends
// of an axis through the three last.
func derivatives(g *grid.Grid, a, k, i int, at []float64) (slope, curve float64) {
	ax := g.Axis(a)
	n, stride := ax.Cells(), g.Stride(a)
	mid := k
	if !ax.IsPeriodic() {
		mid = min(max(k, 1), n-2)
	}
	value := func(k int) (x, f float64) {
		w, _ := ax.Wrap(k)
		turn := float64((k-w)/n) * ax.Length()
		return ax.Center(w) + turn, at[i+(w-i/stride%n)*stride]
	}
	x0, f0 := value(mid - 1)
	x1, f1 := value(mid)
	x2, f2 := value(mid + 1)
	left, right := (f1-f0)/(x1-x0), (f2-f1)/(x2-x1)
	curve = 2 * (right - left) / (x2 - x0)
	x := ax.Center(k)
	return left + curve/2*(2*x-x0-x1), curve
}

// logSinhc returns ln(sinh x/x) without overflow.
func logSinhc(x float64) float64 {
	x = math.Abs(x)
	if x < 1e-3 {
		return x * x / 6 // and −x⁴/180, below 1e-14
	}
	return x + math.Log(-math.Expm1(-2*x)/(2*x))
}

func positive(name string, v float64) error {
	if !(v > 0) {
		return fmt.Errorf("%s: want a positive number, have %g", name, v)
	}
	return nil
}

// dimOf returns the dimension of tensors with that many components, d(d+1)/2.
func dimOf(noise [][]float64) int {
	for d := 1; ; d++ {
		if packed(d) == len(noise) {
			return d
		}
		if packed(d) > len(noise) {
			panic("compare: noise: not an upper triangle")
		}
	}
}

// diagonal returns the place of component (a, a) in a packed triangle: the first of row a of a symmetric
// matrix, or of column a of a lower triangular one.
func diagonal(d, a int) int { return a*d - a*(a-1)/2 }

func unpacked(d int, t []float64) *mat.SymDense {
	s := mat.NewSymDense(d, nil)
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			s.SetSym(a, b, t[k])
			k++
		}
	}
	return s
}

func repacked(s *mat.SymDense) []float64 {
	var t []float64
	for a := range s.SymmetricDim() {
		for b := a; b < s.SymmetricDim(); b++ {
			t = append(t, s.At(a, b))
		}
	}
	return t
}
