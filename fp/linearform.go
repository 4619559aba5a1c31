package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file solves R(p) = 0 for point values, which is linear in p: conservative, of the
// order asked for, but not positive where the grid is too coarse.

// linearForm returns the operators of all orders with damping, blended with the star
// generator's flux.
func (h *highOrder) linearForm(b blend) func(order int) *accurate.Operator {
	c := h.blended(h.base, h.shares(h.star, b), [3][]float64{}, nil)
	return func(order int) *accurate.Operator {
		op := h.operator(order)
		return op.With(op.Damped(c))
	}
}

// residualWeight returns the weights of rates of change in GMRES, over those out of cells
// and over densities ref to the power ½, at least 1e-10; without ref over the first alone.
func (h *highOrder) residualWeight(ref []float64) []float64 {
	w := make([]float64, len(h.outflow))
	for i, d := range h.outflow {
		w[i] = 1 / d
		if ref != nil {
			w[i] /= sqrtAtLeast(ref[i])
		}
	}
	return w
}

// improve changes p until R(p), in the norm of GMRES, is below tol times scale, or below
// tol times what it was where scale is 0. It returns what R was.
func (h *highOrder) improve(op *accurate.Operator, p []float64, tol, scale float64, most int) (first float64, stats krylov.Stats, err error) {
	rhs, e := make([]float64, len(p)), make([]float64, len(p))
	op.Apply(rhs, p)
	floats.Scale(-1, rhs)
	weight := h.residualWeight(nil)
	for i, w := range weight {
		e[i] = w * rhs[i]
	}
	first = floats.Norm(e, 2)
	clear(e)
	if first == 0 || first <= tol*scale {
		if scale > 0 {
			stats.Residual = first / scale
		}
		return first, stats, nil
	}
	if scale > 0 {
		tol *= scale / first
	}
	stats, err = krylov.GMRES(op.Apply, h.precondition(nil), rhs, e, krylov.Options{
		Tol: tol, MaxIterations: most, Restart: min(most, h.vectors), Weight: weight, Workspace: &h.workspace,
	})
	floats.Add(p, e)
	if scale > 0 {
		stats.Residual *= first / scale
	}
	return first, stats, err
}

// settle returns the correction that the star generator makes of what is left of R(p), and
// its size relative to p. Where probability hardly passes from one well to another residuals
// are small whatever the weights of the wells are; this tells.
func (h *highOrder) settle(op *accurate.Operator, p []float64) (e []float64, size float64) {
	rates := make([]float64, len(p))
	op.Apply(rates, p)
	return h.correction(rates, p)
}

// correction returns what the star generator adds to p to undo the rates, and its size.
func (h *highOrder) correction(rates, p []float64) (e []float64, size float64) {
	e = make([]float64, len(p))
	h.precondition(nil)(e, rates)
	floats.Scale(-1, e)
	var sum float64
	for i, v := range h.cell {
		size += v * math.Abs(e[i])
		sum += v * p[i]
	}
	return e, size / sum
}
