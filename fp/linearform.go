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
	forms := map[int]*accurate.Operator{}
	return func(order int) *accurate.Operator {
		if forms[order] == nil {
			op := h.operator(order)
			forms[order] = op.With(op.Damped(c))
		}
		return forms[order]
	}
}

// Bounds of what [highOrder.aim] returns: values below the least are of no use to anybody, and
// a blend above the largest would be seen in tails.
const (
	leastBlend, mostBlend         = 1e-14, 1e-8
	leastTolerance, mostTolerance = 5e-10, 1e-5
)

// What blends and tolerances leave of the density, relative to them, at most: measured.
const blendFloor, residualFloor = 0.3, 0.05

// floorShare is the part of the difference of two orders that each of them may leave.
const floorShare = 1e-2

// aimedDivergence is the largest tolerance times the largest rate of change of the star
// generator's density, over the largest flow to and fro of a cell. GMRES leaves up to some ten
// times that in one cell.
const aimedDivergence = 5e-10

// fineGrid is the number of cells along all axes from which most densities are found to
// fineBlend.
const fineGrid, fineBlend = 192, 1e-11

// aim returns the linear form with a blend that suits the error to be expected, and the
// tolerance of GMRES that does, relative to the star generator's residual.
func (h *highOrder) aim(order int) (form func(order int) *accurate.Operator, b blend, tol float64) {
	b = blendFrom(mostBlend)
	if fewest(h.grid) >= fineGrid {
		b = blendFrom(fineBlend)
	}
	form = h.linearForm(b)
	rates := make([]float64, len(h.star))
	form(order).Apply(rates, h.star)
	divergence := floats.Norm(rates, math.Inf(1)) / h.largestTurnover(h.star)
	size := h.foresee(form, order, rates)
	if hi := floorShare * size / blendFloor; hi < b.hi {
		b = blendFrom(max(hi, leastBlend))
		form = h.linearForm(b)
	}
	most := min(mostTolerance, aimedDivergence/divergence)
	return form, b, max(min(floorShare*size/residualFloor, most), leastTolerance)
}

// foresee returns about the distance from the solution of that order, in which the star
// generator's density has the rates given, to that of a neighbouring one, relative to it: what
// the two make of that density, under the preconditioner. Next to walls, where weights of the
// integral are not 1, the density differs in a way of its own, which is left out. The rates
// are lost.
func (h *highOrder) foresee(form func(order int) *accurate.Operator, order int, rates []float64) float64 {
	next := order - 2
	if next < 2 {
		next = 4
	}
	if !gridBears(h.grid, next) {
		return 0
	}
	other := make([]float64, len(rates))
	form(next).Apply(other, h.star)
	var left, mass float64
	for i, w := range h.operator(order).Weights() {
		if rates[i] -= other[i]; math.Abs(w-1) > 1e-9 {
			rates[i] = 0
		}
		left += rates[i]
		mass += h.cell[i] * h.star[i]
	}
	for i, p := range h.star { // rates sum to 0
		rates[i] -= left / mass * h.cell[i] * p
	}
	_, size := h.correction(rates, h.star)
	return size
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
