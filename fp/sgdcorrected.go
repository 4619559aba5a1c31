package fp

import (
	"sync"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/operators"
)

// corrected returns the equation whose stationary density is that of the recursion to order
// η² where Σ is constant and the noise normal: with H = ∇²L, M = I + (η/2)H and the Itô drift
// b and tensor D of first order,
//
//	b' = b − (η/2)(H∇L − D:∇∇∇L),   D' = M D M.
//
// To first order in η it is the equation that the steps of Euler and Maruyama, which SGD with
// normal noise is, obey to second order. Derivatives of H and of D' − D are central
// differences over the steps given.
//
// Zygalakis, SIAM J. Sci. Comput. 33 (2011) 102.
func (s *sgdSource) corrected(v SGDVariant, step []float64) Equation {
	v.Order = 2
	slow, _, _ := s.scales(v)
	d := len(s.variables)
	packed := d * (d + 1) / 2
	plain := s.withHessian(v)
	change := func(dst, all [][]float64) { // D' − D
		for i := range dst[0] {
			var h, t [3][3]float64
			for a := range d {
				for b := range d {
					k := operators.Packed(d, a, b)
					t[a][b], h[a][b] = all[d+k][i], slow/2*all[d+packed+k][i]
				}
			}
			for a := range d {
				for b := a; b < d; b++ {
					var c float64
					for k := range d {
						c += h[a][k]*t[k][b] + t[a][k]*h[k][b]
						for l := range d {
							c += h[a][k] * t[k][l] * h[l][b]
						}
					}
					dst[operators.Packed(d, a, b)][i] = c
				}
			}
		}
	}
	eval := func(dst, x [][]float64) {
		n := len(dst[0])
		all, up, down := block(d+2*packed, n), block(d+2*packed, n), block(d+2*packed, n)
		here, above, below := block(packed, n), block(packed, n), block(packed, n)
		plain(all, x)
		change(here, all)
		for a := range d {
			copy(dst[a], all[a])
		}
		for j := range d {
			plain(up, moved(x, j, step[j]))
			plain(down, moved(x, j, -step[j]))
			change(above, up)
			change(below, down)
			for a := range d {
				k := operators.Packed(d, a, j)
				for i := range dst[a] {
					dst[a][i] -= (above[k][i] - below[k][i]) / (2 * step[j])
					for b := range d { // D_jb ∂_j H_ba
						m := d + packed + operators.Packed(d, a, b)
						dst[a][i] += slow / 2 * all[d+operators.Packed(d, j, b)][i] * (up[m][i] - down[m][i]) / (2 * step[j])
					}
				}
			}
		}
		for k := range packed {
			for i := range dst[d+k] {
				dst[d+k][i] = all[d+k][i] + here[k][i]
			}
		}
	}
	return Equation{Dim: d, Eval: eval}
}

// moved returns points shifted along an axis.
func moved(x [][]float64, axis int, by float64) [][]float64 {
	m := append([][]float64(nil), x...)
	m[axis] = make([]float64, len(x[axis]))
	for i, v := range x[axis] {
		m[axis][i] = v + by
	}
	return m
}

// withHessian returns v = b − ∇·D, D and ∇²L, both packed.
func (s *sgdSource) withHessian(v SGDVariant) Func {
	slow, sigma, injected := s.scales(v)
	if s.sgd.Loss != nil {
		return dataHessian(s.sgd.Loss, slow, sigma, injected)
	}
	diffusion := s.diffusion(sigma, injected)
	all := minusDivergence(descent(s.loss, s.variables, slow), diffusion, s.variables)
	all = append(all, diffusion...)
	for a, v := range s.variables {
		for _, w := range s.variables[a:] {
			all = append(all, s.loss.Diff(v).Diff(w))
		}
	}
	return expr.Compile(all, s.variables).Eval
}

func dataHessian(l *loss.Loss, slow, sigma, injected float64) Func {
	evaluators := sync.Pool{New: func() any { return l.Evaluator() }}
	return Pointwise(func(dst, x []float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		effective(e, dst, x, slow, sigma, injected)
		copy(dst[len(dst)-len(e.Hess):], e.Hess)
	})
}
