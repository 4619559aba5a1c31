package fp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file decides how the accurate operator is solved: in its linear form as long as
// that converges, is resolved and leaves nothing negative; else in the logarithmic form, at
// rising orders and with the star generator's share pushed further and further out.

// An attempt is point values found by the accurate operator.
type attempt struct {
	scheme Scheme // linear or logarithmic
	order  int
	blend  blend
	p      []float64          // Σ ω√g p = 1
	op     *accurate.Operator // of p, or of unit in the logarithmic form
	unit   float64
	its    int
	left   float64 // what the last step of the logarithmic form changed
	// unsettled is about what is wrong with the weights of wells, of all mass.
	unsettled float64
	// residual is Σ|R| over the turnover.
	residual float64
	// estimate is what solutions of other orders say, and beside it the floor that blends and
	// tolerances leave.
	estimate, orders ErrorEstimate
	floor            float64
	resolved         bool  // orders differ by less the higher they are
	err              error // nil where it converged
}

// least is the density, relative to the largest, from which ratios to it count.
func (a *attempt) least() float64 {
	if a.scheme == SchemeLinear {
		return wellAbove
	}
	return a.blend.hi
}

// negative returns the mass below 0 of the point values.
func (h *highOrder) negative(a *attempt) (sum float64) {
	for i, w := range h.weights(a.op) {
		sum += w * min(a.p[i], 0)
	}
	return sum
}

// normalized returns p with Σ ω√g p = 1.
func (h *highOrder) normalized(op *accurate.Operator, p []float64) []float64 {
	out := append([]float64(nil), p...)
	floats.Scale(1/floats.Dot(h.weights(op), p), out)
	return out
}

// weights returns ω√g, the mass of density 1 at every point; not to be changed.
func (h *highOrder) weights(op *accurate.Operator) []float64 {
	if h.masses[op.Order] == nil {
		w := op.Weights()
		floats.Mul(w, h.volume)
		h.masses[op.Order] = w
	}
	return h.masses[op.Order]
}

const iterationLimit = 150

// leastUnsettled is what weights of wells may be off, of all mass, before anybody asks: twice what
// the least tolerance leaves, or round-off would decide whether there are rounds to settle them.
const leastUnsettled = 2 * residualFloor * leastTolerance

// fewest returns the least number of cells along any axis.
func fewest(g *grid.Grid) int { return slices.Min(g.Shape()) }

// linear solves the linear form, with a blend and a tolerance that suit the error to be
// expected.
func (h *highOrder) linear(order int) *attempt {
	t := h.aim(order)
	a := &attempt{scheme: SchemeLinear, order: order, blend: t.blend, op: t.form(order)}
	p, stats, err := h.approach(t, order, h.fromCoarser(t, order))
	if err == nil {
		err = h.calm(t, order, p, &stats)
	}
	a.its, a.err = stats.Iterations, err
	e := h.judgeLinear(a, t.form, p, stats.Residual)
	tol := t.tol
	for k := 0; k < settleRounds && a.err == nil && a.unsettled > max(settleShare*a.orders.Density, leastUnsettled); k++ {
		p = append([]float64(nil), a.p...)
		floats.Add(p, e)
		tol *= 1e-2
		h.visit(h.visits())                                                             // weights of wells are long waves
		stats, a.err = h.improve(a.op, p, tol, t.scale*floats.Max(a.p), iterationLimit) // the star's largest value is 1
		a.its += stats.Iterations
		e = h.judgeLinear(a, t.form, p, stats.Residual)
	}
	return a
}

// judgeLinear makes p the attempt's, and fills in what it is worth; residual is that of GMRES. It
// returns the correction that the star generator makes of what is left of R(p).
func (h *highOrder) judgeLinear(a *attempt, form func(order int) *accurate.Operator, p []float64, residual float64) (e []float64) {
	a.p = h.normalized(a.op, p)
	rates := make([]float64, len(p))
	a.op.Apply(rates, a.p)
	a.residual = floats.Norm(rates, 1) / h.turnover(a.p)
	e, a.unsettled = h.correction(rates, a.p)
	h.compareLinear(a, form)
	a.addFloor(blendFloor*a.blend.hi + residualFloor*residual + 3*a.unsettled)
	if residual < min(closeEnough*a.orders.Density, mostResidual) {
		a.err = nil
	}
	return e
}

// compareLinear sets what other orders of the form say of the attempt.
func (h *highOrder) compareLinear(a *attempt, form func(order int) *accurate.Operator) {
	h.estimateErrors(a, h.linearView(a.op, a.p), func(order int) *view {
		op := form(order)
		q := append([]float64(nil), a.p...)
		stats, _ := h.improve(op, q, estimateTolerance, 0, estimateIterations)
		a.its += stats.Iterations
		return h.linearView(op, h.normalized(a.op, q)) // weights of this order will do
	})
}

// Solutions of other orders are only compared with, and may be rough: tolerances of the linear
// form and of a step of the logarithmic one, whose residuals say less.
const (
	estimateTolerance  = 0.3
	relativeTolerance  = 1e-2
	estimateIterations = 30
)

const (
	settleShare  = 0.5 // of the error estimate that weights of wells may be off
	settleRounds = 3   // of corrections to them
)

// closeEnough is the residual of GMRES over the error estimate that is as good as none: the
// error it leaves is some 0.05 of it. But rates of change have to be small as well.
const closeEnough, mostResidual = 1e-3, 1e-7

// tailBlends are the blends of the logarithmic form, each from the solution at the one before.
var tailBlends = []blend{{1e-5, 1e-9}, {1e-8, 1e-12}, {1e-11, 1e-15}, {1e-16, 1e-22}}

// mostLeft is what a last Newton step may change at most.
const mostLeft = 1e-3

// logarithmic solves the logarithmic form from the star generator's density: at the order
// given, or if that fails at rising orders up to it; then with the tails further out.
func (h *highOrder) logarithmic(order int, rising bool) *attempt {
	a := &attempt{scheme: SchemeLogarithmic, blend: tailBlends[0]}
	p := h.positiveStar()
	last := append([]float64(nil), p...)
	left := mostLeft
	most := 5e-4 // residual
	try := func(order int, b blend) bool {
		s, change := h.refine(order, b, p)
		a.its += s.its
		if !(change < 1e-10 || change < left) || !(s.size < most) || h.strays(p) {
			copy(p, last)
			return false
		}
		copy(last, p)
		a.order, a.blend, a.left, a.residual = order, b, change, s.size
		return true
	}
	if !try(order, tailBlends[0]) && rising {
		for _, w := range accurate.Orders {
			if w > order || !try(w, tailBlends[0]) && w > 2 {
				break
			}
		}
	}
	for _, b := range tailBlends[1:] {
		left, most = 0.03*a.blend.hi, max(10*a.residual, 1e-12) // or more would be lost than the tail is worth
		if a.order == 0 || !try(a.order, b) {
			break
		}
	}
	if a.order == 0 {
		a.order = order
		a.err = &newtonError{a.its}
	}
	h.judgeLogarithmic(a, last)
	return a
}

// A newtonError says that the logarithmic form did not converge at any order.
type newtonError struct{ iterations int }

func (e *newtonError) Error() string {
	return fmt.Sprintf("the logarithmic form did not converge in %d iterations of GMRES", e.iterations)
}

// strays says whether p has more than half of its mass where the star generator has none:
// that is first-order accurate at least, and a few cells of kinks can be a solution as well.
func (h *highOrder) strays(p []float64) bool {
	var apart, mass, star float64
	for i, v := range h.cell {
		mass += v * p[i]
		star += v * h.star[i]
	}
	for i, v := range h.cell {
		apart += v * math.Abs(p[i]/mass-h.star[i]/star)
	}
	return !(apart < 1)
}

// positiveStar returns the star generator's density, with a logarithm everywhere.
func (h *highOrder) positiveStar() []float64 {
	p := append([]float64(nil), h.star...)
	for i, v := range p {
		p[i] = max(v, smallestDensity)
	}
	return p
}

// judgeLogarithmic fills in what the attempt with the values p, of largest value 1, is
// worth.
func (h *highOrder) judgeLogarithmic(a *attempt, p []float64) {
	s := h.newStage(a.order, a.blend, p)
	a.op, a.residual = s.op, s.size
	main := h.relativeView(s, p)
	a.p, a.unit = main.p, main.unit
	h.estimateErrors(a, main, func(order int) *view {
		s := h.newStage(order, a.blend, p)
		z, _ := s.direction(p, h.residualWeight(nil), relativeTolerance, estimateIterations)
		a.its += s.its
		trial := make([]float64, len(p))
		s.advance(trial, p, z, 0)
		return h.relativeView(s, trial)
	})
	a.addFloor(0.3*a.blend.hi + 10*a.left)
}

// equilibriumAttempt returns exp(−φ), which is exact at the points.
func (h *highOrder) equilibriumAttempt(order int) *attempt {
	a := &attempt{scheme: SchemeGibbs, order: order, op: h.operator(order), resolved: true}
	a.p = h.normalized(a.op, h.equilibrium)
	rough := a.p // only the averages are not exact: those of the next lower order, or the values
	if order > 2 {
		rough = (&pointValues{h, &attempt{scheme: SchemeGibbs, op: h.operator(order - 2), p: a.p}}).averages()
	}
	for i, v := range (&pointValues{h, a}).averages() {
		a.estimate.Density += h.cell[i] * math.Abs(v-rough[i])
	}
	return a
}

// fewestCells is the number of cells along an axis from which order 8 is better than 6.
var fewestCells = [...]int{1: 64, 2: 64, 3: 96}

// leastAccurate is the number of cells along an axis below which solutions of all orders
// are equally wrong, and say nothing about each other.
const leastAccurate = 12

// autoOrder returns the order that suits the grid, 0 where it has too few cells for any.
func autoOrder(g *grid.Grid) int {
	if fewest(g) < leastAccurate {
		return 0
	}
	for _, w := range []int{8, 6, 4, 2} {
		if gridBears(g, w) && (w < 8 || fewest(g) >= fewestCells[g.Dim()]) {
			return w
		}
	}
	return 0
}

// lower returns the linear form at a lower order than the attempt's that did not converge,
// where one does; else the attempt.
func (h *highOrder) lower(a *attempt) *attempt {
	for order := a.order - 2; order >= 2; order -= 2 {
		if b := h.linear(order); b.err == nil && !h.isNegative(b) && b.estimate.Density < poor {
			return b
		}
	}
	return a
}

// poor is the error estimate from which a generator's density will do as well.
const poor = 0.1

// gridBears says whether the grid has cells enough for that order.
func gridBears(g *grid.Grid, order int) bool {
	for a := range g.Dim() {
		if ax := g.Axis(a); ax.Cells() < accurate.LeastCells(order, ax.IsPeriodic()) {
			return false
		}
	}
	return true
}

// negativeMass is the negative mass of point values that counts as none.
const negativeMass = 1e-12

// solve runs the chain from that order on, which may fall if it is free, in the logarithmic
// form alone if positive: the best attempt, and why it went that way.
func (h *highOrder) solve(order int, free, positive bool) (*attempt, []string) {
	if h.equilibrium != nil {
		return h.equilibriumAttempt(order), nil
	}
	var why []string
	var linear *attempt
	if !positive {
		linear = h.linear(order)
		reason := h.objection(linear)
		if reason == "" {
			return linear, nil
		}
		why = append(why, fmt.Sprintf("the linear form of order %d %s", order, reason))
		if linear.err == nil && !h.isNegative(linear) && h.grid.Cells() > worthTrying {
			return linear, append(why, "the logarithmic form would take long on this many cells")
		}
	}
	a := h.logarithmic(order, free)
	switch {
	case a.err == nil || linear == nil:
	case !free: // no other order will do: whatever the linear form came to
		return linear, append(why, a.err.Error())
	case linear.err != nil:
		return h.lower(linear), append(why, a.err.Error())
	}
	if linear != nil && linear.err == nil && !h.isNegative(linear) && (a.err != nil || linear.estimate.Density <= a.estimate.Density) {
		return linear, append(why, "the logarithmic form is no better")
	}
	return a, why
}

// worthTrying is the number of cells up to which the logarithmic form is tried in place of a
// linear solution that is not resolved, but nothing worse.
const worthTrying = 1 << 14

// mostNegative is the negative mass that no error estimate excuses.
const mostNegative = 1e-3

// isNegative says whether a linear attempt has more mass below 0 than errors explain.
func (h *highOrder) isNegative(a *attempt) bool {
	return h.negative(a) < -max(negativeMass, min(a.estimate.Density, mostNegative))
}

// objection says what speaks against a linear attempt; "" for nothing.
func (h *highOrder) objection(a *attempt) string {
	switch {
	case a.err != nil:
		var slow *krylov.ConvergenceError
		errors.As(a.err, &slow)
		return fmt.Sprintf("did not converge (residual %.2g of its start after %d iterations)", slow.Stats.Residual, a.its)
	case !a.resolved:
		return fmt.Sprintf("is not resolved (orders differ by %.2g)", a.orders.Density)
	case h.isNegative(a):
		return fmt.Sprintf("leaves a mass of %.2g below 0", h.negative(a))
	}
	return ""
}
