package fp

import "github.com/ness-fp/ness/operators"

// This file reads a drift b and a diffusion tensor D in one of three conventions:
//
//	Itô                  J = b p − ∇·(D p)             v = b − ∇·D
//	Stratonovich         J_i = b_i p − ½σ_ik ∂_j(σ_jk p)   v_i = b_i − ½σ_ik ∂_jσ_jk
//	Hänggi–Klimontovich  J = b p − D∇p                 v = b
//
// (∇·D)_i = ∂_jD_ij. Stratonovich needs the noise factor σ, for which D = σσᵀ/2:
// turning σ by a rotation that depends on position changes the drift, not D.

// A Calculus is the convention that reads a drift and a noise.
type Calculus uint8

// The conventions. The zero value is the one that SGD obeys.
const (
	ItoCalculus Calculus = iota
	StratonovichCalculus
	HanggiKlimontovichCalculus
)

// String returns the name that problem files use.
func (c Calculus) String() string {
	return [...]string{"ito", "stratonovich", "haenggi-klimontovich"}[c]
}

// Ito returns the equation of dθ = b dt + σ dW in the sense of Itô, with D = σσᵀ/2
// packed. divergence gives ∇·D; see [Divergence] where it is not known in closed form.
func Ito(dim int, drift, diffusion, divergence Func) Equation {
	e := HanggiKlimontovich(dim, drift, diffusion)
	e.Drift, e.Ito = drift, drift
	plain := e.Eval
	e.Eval = func(dst, x [][]float64) {
		plain(dst, x)
		subtract(dst[:dim], divergence, x)
	}
	return e
}

// Stratonovich returns the equation of dθ = b dt + σ∘dW with a noise factor σ of
// dim rows and the given number of columns, by rows. correction gives
// ½σ_ik ∂_jσ_jk; see [NoiseFactorDivergence].
func Stratonovich(dim, columns int, drift, factor, correction Func) Equation {
	e := HanggiKlimontovich(dim, drift, FromFactor(dim, columns, factor))
	e.Drift = drift
	plain := e.Eval
	e.Eval = func(dst, x [][]float64) {
		plain(dst, x)
		subtract(dst[:dim], correction, x)
	}
	return e
}

// HanggiKlimontovich returns the equation with J = b p − D∇p.
func HanggiKlimontovich(dim int, drift, diffusion Func) Equation {
	return Equation{Dim: dim, Diffusion: diffusion, Eval: func(dst, x [][]float64) {
		drift(dst[:dim], x)
		diffusion(dst[dim:], x)
	}}
}

// FromFactor returns D = σσᵀ/2, packed, of a noise factor of dim rows.
func FromFactor(dim, columns int, factor Func) Func {
	return func(dst, x [][]float64) {
		s := block(dim*columns, len(dst[0]))
		factor(s, x)
		for i := range dim {
			for j := i; j < dim; j++ {
				d := dst[operators.Packed(dim, i, j)]
				for p := range d {
					var sum float64
					for k := range columns {
						sum += s[i*columns+k][p] * s[j*columns+k][p]
					}
					d[p] = sum / 2
				}
			}
		}
	}
}

// Divergence returns ∇·D of a packed tensor by central differences of fourth order
// over the given steps along each axis: f reaches two steps to either side.
func Divergence(dim int, diffusion Func, step []float64) Func {
	return func(dst, x [][]float64) {
		zero(dst)
		for j := range dim {
			diff := difference(diffusion, dim*(dim+1)/2, len(dst[0]), x, j, step[j])
			for i := range dim {
				for p, v := range diff[operators.Packed(dim, i, j)] {
					dst[i][p] += v
				}
			}
		}
	}
}

// NoiseFactorDivergence returns ½σ_ik ∂_jσ_jk by the differences of [Divergence].
func NoiseFactorDivergence(dim, columns int, factor Func, step []float64) Func {
	return func(dst, x [][]float64) {
		zero(dst)
		s := block(dim*columns, len(dst[0]))
		factor(s, x)
		for j := range dim {
			diff := difference(factor, dim*columns, len(dst[0]), x, j, step[j])
			for i := range dim {
				for k := range columns {
					for p, v := range diff[j*columns+k] {
						dst[i][p] += 0.5 * s[i*columns+k][p] * v
					}
				}
			}
		}
	}
}

// difference returns ∂f/∂x_axis, (f(−2) − 8f(−1) + 8f(1) − f(2))/12h, of n components at m points.
func difference(f Func, n, m int, x [][]float64, axis int, h float64) [][]float64 {
	out, at := block(n, m), block(n, m)
	shifted := append([][]float64(nil), x...)
	for _, node := range []struct{ steps, weight float64 }{{-2, 1}, {-1, -8}, {1, 8}, {2, -1}} {
		moved := make([]float64, len(x[axis]))
		for i, v := range x[axis] {
			moved[i] = v + node.steps*h
		}
		shifted[axis] = moved
		f(at, shifted)
		for c := range out {
			for p, v := range at[c] {
				out[c][p] += node.weight * v / (12 * h)
			}
		}
	}
	return out
}

func subtract(dst [][]float64, f Func, x [][]float64) {
	s := block(len(dst), len(dst[0]))
	f(s, x)
	for c := range dst {
		for p, v := range s[c] {
			dst[c][p] -= v
		}
	}
}

// block returns n slices of m numbers.
func block(n, m int) [][]float64 {
	flat := make([]float64, n*m)
	b := make([][]float64, n)
	for c := range b {
		b[c] = flat[c*m : (c+1)*m]
	}
	return b
}
