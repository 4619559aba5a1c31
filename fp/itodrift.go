package fp

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// This file reads an equation, whatever the convention it was given in, as the stochastic
// differential equation dθ = b dt + σ dW in the sense of Itô, whose drift is b = v + ∇·D.

// differenceStep is the step of fourth-order differences per length over which a function
// changes, 2⁻⁵²ᐟ⁵: where h⁴|f⁽⁵⁾|/30, what they leave out, and 2⁻⁵³·1.5|f|/h, their round-off,
// are about as large. Derivatives are then good to 1e-12 of |f| per length. The minimum is
// flat: if f changes over a hundredth of that length the error is 1e-6 of f's own slope, if
// over a hundred times that length the round-off is 1e-10 of it.
const differenceStep = 7.4e-4

// ItoDrift returns the drift b = v + ∇·D of the equation in the sense of Itô, d components.
//
// It is [Equation.Ito] where that is known; otherwise ∇·D and the slope of a potential are
// differenced over 7.4e-4 of length, one number per axis: a distance over which coefficients
// change, such as the extent of the box. nil stands for 1 along all axes. Points to either
// side by two steps are evaluated, beyond walls too.
func (p *Problem) ItoDrift(length []float64) Func {
	e := p.Equation
	if e.Ito != nil {
		return e.Ito
	}
	step := make([]float64, e.Dim)
	for a := range step {
		step[a] = differenceStep
		if length != nil {
			step[a] *= length[a]
		}
	}
	plain := e
	if e.Potential {
		plain = withoutPotential(e, step)
	}
	divergence := Divergence(e.Dim, p.Diffusion(), step)
	return func(dst, x [][]float64) {
		m := len(dst[0])
		all := block(plain.components(), m)
		plain.Eval(all, x)
		divergence(dst, x)
		for c := range dst {
			for i, v := range all[c] {
				dst[c][i] += v
			}
		}
	}
}

// Diffusion returns D, a packed upper triangle by rows.
func (p *Problem) Diffusion() Func {
	e := p.Equation
	if e.Diffusion != nil {
		return e.Diffusion
	}
	return func(dst, x [][]float64) {
		all := block(e.components()-len(dst), len(dst[0]))
		at := append([][]float64(nil), all[:e.Dim]...)
		at = append(at, dst...)
		e.Eval(append(at, all[e.Dim:]...), x)
	}
}

// FastestRate returns the largest |λ| of all eigenvalues λ of ∂b_i/∂x_j at a point, in 1/T,
// where b is the drift of [Problem.ItoDrift]; the derivatives are differenced likewise. With
// numbers that are none it is NaN.
func (p *Problem) FastestRate(x, length []float64) float64 {
	d := len(x)
	drift := p.ItoDrift(length)
	at := make([][]float64, d)
	for a := range x {
		at[a] = x[a : a+1]
	}
	jacobian := mat.NewDense(d, d, nil)
	for j := range d {
		h := differenceStep
		if length != nil {
			h *= length[j]
		}
		for i, slope := range difference(drift, d, 1, at, j, h) {
			if math.IsNaN(slope[0]) || math.IsInf(slope[0], 0) {
				return math.NaN()
			}
			jacobian.Set(i, j, slope[0])
		}
	}
	var eigen mat.Eigen
	if !eigen.Factorize(jacobian, mat.EigenNone) {
		return math.NaN()
	}
	var fastest float64
	for _, v := range eigen.Values(nil) {
		fastest = max(fastest, math.Hypot(real(v), imag(v)))
	}
	return fastest
}
