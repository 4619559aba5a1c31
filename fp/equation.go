package fp

import "github.com/ness-fp/ness/operators"

// A Func evaluates some components at a block of points: dst[c][i] is component c
// at point i. x[a] holds coordinate a, either of every point or one value that all
// points share. It must be safe for concurrent use.
type Func func(dst, x [][]float64)

// Pointwise returns the Func that calls f for one point after the other; f sets
// dst, of as many components, from the point x.
func Pointwise(f func(dst, x []float64)) Func {
	return func(dst, x [][]float64) {
		at, out := make([]float64, len(x)), make([]float64, len(dst))
		for i := range dst[0] {
			for a := range x {
				at[a] = x[a][min(i, len(x[a])-1)]
			}
			f(out, at)
			for c := range dst {
				dst[c][i] = out[c]
			}
		}
	}
}

// An Equation is the effective drift and the diffusion tensor in J = v p − D∇p.
type Equation struct {
	Dim int
	// Potential says whether a potential φ with v = −D∇φ + w is known. Then Eval
	// gives w in place of v, and exp(−φ) is stationary where w = 0.
	Potential bool
	// Eval gives v (or w), d components; D, packed upper triangle by rows; and φ
	// where there is one.
	Eval Func
	// Drift gives b in the convention that the problem was given in; nil where that is v.
	Drift Func
	// Ito gives the drift v + ∇·D in the sense of Itô where it is known in closed form, else
	// nil; see [Problem.ItoDrift].
	Ito Func
	// Diffusion gives D alone, packed, where that costs less than Eval; else nil. See
	// [Problem.Diffusion].
	Diffusion Func
	// ConstantDiffusion is D, packed, where it is known not to depend on θ, else nil.
	ConstantDiffusion []float64
}

// components returns how many components Eval gives.
func (e *Equation) components() int {
	n := e.Dim + e.Dim*(e.Dim+1)/2
	if e.Potential {
		n++
	}
	return n
}

// Gibbs returns the equation with v = −D∇φ + w, whose stationary density is
// exp(−φ)/Z where w = 0. w may be nil. In the sense of Itô the drift is
// b = −D∇φ + ∇·D + w.
func Gibbs(dim int, potential, diffusion, w Func) Equation {
	packed := dim * (dim + 1) / 2
	return Equation{Dim: dim, Potential: true, Diffusion: diffusion, Eval: func(dst, x [][]float64) {
		if w == nil {
			zero(dst[:dim])
		} else {
			w(dst[:dim], x)
		}
		diffusion(dst[dim:dim+packed], x)
		potential(dst[dim+packed:], x)
	}}
}

func zero(dst [][]float64) {
	for _, c := range dst {
		clear(c)
	}
}

// withoutPotential returns the same equation with v = w − D∇φ in place of φ, which
// schemes cannot use beyond absorbing walls. ∇φ is differenced over the given steps.
func withoutPotential(e Equation, step []float64) Equation {
	d, packed := e.Dim, e.Dim*(e.Dim+1)/2
	potential := func(dst, x [][]float64) {
		all := block(e.components(), len(dst[0]))
		e.Eval(all, x)
		copy(dst[0], all[d+packed])
	}
	return Equation{Dim: d, Eval: func(dst, x [][]float64) {
		m := len(dst[0])
		all := block(e.components(), m)
		e.Eval(all, x)
		for c := range dst {
			copy(dst[c], all[c])
		}
		for j := range d {
			slope := difference(potential, 1, m, x, j, step[j])[0]
			for i := range d {
				for p, s := range slope {
					dst[i][p] -= dst[d+operators.Packed(d, i, j)][p] * s
				}
			}
		}
	}}
}
