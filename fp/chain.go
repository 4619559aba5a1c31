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
	// residual is Σ|R| over the turnover.
	residual float64
	estimate ErrorEstimate
	resolved bool  // orders differ by less the higher they are
	err      error // nil where it converged
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
	w := a.op.Weights()
	for i, v := range a.p {
		sum += w[i] * h.volume[i] * min(v, 0)
	}
	return sum
}

// normalized returns p with Σ ω√g p = 1.
func (h *highOrder) normalized(op *accurate.Operator, p []float64) []float64 {
	w := op.Weights()
	for i, v := range h.volume {
		w[i] *= v
	}
	out := append([]float64(nil), p...)
	floats.Scale(1/floats.Dot(w, p), out)
	return out
}

const (
	leastBlend     = 1e-14
	iterationLimit = 150
)

// firstBlend returns hi of the linear form on a grid, and the tolerance of GMRES relative to
// the star generator's residual: about the errors to be expected, and lowered where those
// turn out to be smaller.
func firstBlend(g *grid.Grid) (hi, tol float64) {
	if g.Dim() > 2 || fewest(g) < 192 {
		return 1e-8, 1e-8
	}
	return 1e-10, 1e-9
}

// fewest returns the least number of cells along any axis.
func fewest(g *grid.Grid) int { return slices.Min(g.Shape()) }

// linear solves the linear form, and again with a tolerance and a blend that suit the
// error where that is below the first ones.
func (h *highOrder) linear(order int) *attempt {
	hi, tol := firstBlend(h.grid)
	a := &attempt{scheme: SchemeLinear, order: order, blend: blendFrom(hi)}
	p := append([]float64(nil), h.star...)
	a.op = h.linearForm(order, a.blend)
	scale, stats, err := h.improve(a.op, p, tol, 0, iterationLimit)
	a.its, a.err = stats.Iterations, err
	h.judgeLinear(a, p, stats.Residual)
	if size := a.estimate.discretization; err == nil && a.resolved && size < 3*a.estimate.floor {
		goal := max(0.1*size, leastBlend)
		a.blend = blendFrom(goal)
		a.op = h.linearForm(order, a.blend)
		_, stats, err = h.improve(a.op, p, max(size, 1e-13), scale, iterationLimit)
		a.its, a.err = a.its+stats.Iterations, err
		h.judgeLinear(a, p, max(size, 1e-13))
	}
	return a
}

// judgeLinear fills in what the attempt with the values p is worth; residual is that of
// GMRES.
func (h *highOrder) judgeLinear(a *attempt, p []float64, residual float64) {
	a.p = h.normalized(a.op, p)
	rates := make([]float64, len(p))
	a.op.Apply(rates, a.p)
	a.residual = floats.Norm(rates, 1) / h.turnover(a.p)
	main := h.view(a.op, a.p, a.op.Flow(a.p), wellAbove)
	h.estimateErrors(a, main, func(order int) view {
		op := h.linearForm(order, a.blend)
		q := append([]float64(nil), a.p...)
		_, stats, _ := h.improve(op, q, 1e-2, 0, estimateIterations) // a rough one will do
		a.its += stats.Iterations
		q = h.normalized(op, q)
		return h.view(op, q, op.Flow(q), wellAbove)
	})
	a.estimate.addFloor(0.3*a.blend.hi + 0.05*residual)
	if residual < min(closeEnough*a.estimate.discretization, mostResidual) {
		a.err = nil
	}
}

const estimateIterations = 30

// closeEnough is the residual of GMRES over the error estimate that is as good as none: the
// error it leaves is some 0.05 of it. But rates of change have to be small as well.
const closeEnough, mostResidual = 1e-3, 1e-7

// tailBlends are the blends of the logarithmic form, each from the solution at the one before.
var tailBlends = []blend{{1e-5, 1e-9}, {1e-8, 1e-12}, {1e-11, 1e-15}, {1e-16, 1e-22}}

// mostLeft is what a last Newton step may change at most.
const mostLeft = 1e-4

// logarithmic solves the logarithmic form from the star generator's density: at the order
// given, or if that fails at rising orders up to it; then with the tails further out.
func (h *highOrder) logarithmic(order int, rising bool) *attempt {
	a := &attempt{scheme: SchemeLogarithmic, blend: tailBlends[0]}
	p := h.positiveStar()
	last := append([]float64(nil), p...)
	left := mostLeft
	most := math.Inf(1) // residual
	try := func(order int, b blend) bool {
		s, change := h.refine(order, b, p)
		a.its += s.its
		if !(change < 1e-10 || change < left) || !(s.size < most) {
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
		a.err = &krylov.ConvergenceError{Tol: mostLeft, Stats: krylov.Stats{Iterations: a.its, Residual: math.NaN()}}
	}
	h.judgeLogarithmic(a, last)
	return a
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
	a.p = main.p
	_, top := largest(p)
	a.unit = a.p[top] / p[top]
	h.estimateErrors(a, main, func(order int) view {
		s := h.newStage(order, a.blend, p)
		z, _ := s.direction(p, h.residualWeight(nil), 1e-2)
		a.its += s.its
		trial := make([]float64, len(p))
		s.advance(trial, p, z, 0)
		return h.relativeView(s, trial)
	})
	a.estimate.addFloor(0.3*a.blend.hi + 10*a.left)
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

// A view is a density with its current at the points.
type view struct {
	p       []float64
	current [][]float64
	entropy float64
	left    float64 // of entropy production, in tails
}

// view returns the view of the fluxes f of p.
func (h *highOrder) view(op *accurate.Operator, p []float64, f *accurate.Flow, least float64) view {
	v := view{p: p, current: op.Current(f)}
	v.entropy, v.left = h.entropyProduction(op, p, v.current, least)
	return v
}

// relativeView returns the view of the stage at p.
func (h *highOrder) relativeView(s *stage, p []float64) view {
	q := h.normalized(s.op, p)
	_, top := largest(p)
	return h.view(s.op, q, relativeFlow(s.op, q[top]/p[top]), s.blend.hi)
}

func largest(p []float64) (float64, int) {
	i := floats.MaxIdx(p)
	return p[i], i
}

// estimateErrors sets the attempt's error estimate, from its view and those at other orders.
//
// With d₁ the distance to order w−2 and d₂ that from there to order w−4, the error of order
// w falls short of d₁ about as d₁ does of d₂ where it comes from the interior, and about is d₁
// where it comes from walls. The linear form's estimate is between, d₁√(10 d₁/d₂); the
// logarithmic form's, whose orders differ less, d₁. Up to order 6 the distance to order w+2 is
// the error itself, where the grid bears that order.
func (h *highOrder) estimateErrors(a *attempt, main view, at func(order int) view) {
	w := a.op.Weights()
	for i, v := range h.volume {
		w[i] *= v
	}
	defer func() { a.estimate.EntropyProduction += main.left }()
	switch {
	case a.order < 8 && h.bears(a.order+2) && a.err == nil && a.scheme == SchemeLinear:
		up := at(a.order + 2)
		a.estimate = distance2(w, main, up).scaled(2)
		a.resolved = true
		if a.order > 2 {
			down := at(a.order - 2)
			a.resolved = distance2(w, main, down).discretization >= 2*a.estimate.discretization
		}
	case a.order > 4:
		near, far := at(a.order-2), at(a.order-4)
		bound, next := distance2(w, main, near), distance2(w, near, far)
		a.resolved = next.discretization >= 4*bound.discretization
		a.estimate = bound
		if a.resolved && a.scheme == SchemeLinear {
			a.estimate = bound.extrapolated(next)
		}
	case a.order > 2:
		a.estimate = distance2(w, main, at(a.order-2))
	default:
		a.estimate = distance2(w, main, view{p: h.normalized(a.op, h.star), current: main.current, entropy: math.NaN()})
		a.estimate.Current = math.NaN()
	}
}

// bears says whether the grid has cells enough for that order.
func (h *highOrder) bears(order int) bool { return gridBears(h.grid, order) }

func gridBears(g *grid.Grid, order int) bool {
	for a := range g.Dim() {
		if ax := g.Axis(a); ax.Cells() < accurate.LeastCells(order, ax.IsPeriodic()) {
			return false
		}
	}
	return order <= 8
}

// distance2 returns the differences of two views under the integration weights w.
func distance2(w []float64, x, y view) (e ErrorEstimate) {
	for i, v := range w {
		e.Density += v * math.Abs(x.p[i]-y.p[i])
	}
	var size float64
	for a := range x.current {
		for i, v := range w {
			e.Current += v * math.Abs(x.current[a][i]-y.current[a][i])
			size += v * math.Abs(x.current[a][i])
		}
	}
	e.Current /= size
	e.EntropyProduction = math.Abs(x.entropy - y.entropy)
	e.discretization = e.Density
	return e
}

func (e ErrorEstimate) scaled(c float64) ErrorEstimate {
	return ErrorEstimate{Density: c * e.Density, Current: c * e.Current, EntropyProduction: c * e.EntropyProduction, discretization: c * e.discretization}
}

// extrapolated returns d₁√(10 d₁/d₂), at most d₁, of each difference.
func (e ErrorEstimate) extrapolated(next ErrorEstimate) ErrorEstimate {
	f := func(d1, d2 float64) float64 { return d1 * math.Sqrt(min(10*d1/d2, 1)) }
	x := ErrorEstimate{Density: f(e.Density, next.Density), Current: f(e.Current, next.Current), EntropyProduction: f(e.EntropyProduction, next.EntropyProduction)}
	x.discretization = x.Density
	return x
}

// addFloor adds to the relative errors what estimates by orders do not see.
func (e *ErrorEstimate) addFloor(floor float64) {
	e.floor = floor
	e.Density += floor
	e.Current += floor
}

// fewestCells is the number of cells along an axis from which order 8 is better than 6.
var fewestCells = [...]int{1: 64, 2: 64, 3: 96}

// autoOrder returns the order that suits the grid, 0 where it has too few cells for any.
func autoOrder(g *grid.Grid) int {
	for _, w := range []int{8, 6, 4, 2} {
		if gridBears(g, w) && (w < 8 || fewest(g) >= fewestCells[g.Dim()]) {
			return w
		}
	}
	return 0
}

// negativeMass is the negative mass of point values that counts as none.
const negativeMass = 1e-12

// solve runs the chain: the best attempt, and why it went that way.
func (h *highOrder) solve(opt StationaryOptions) (*attempt, []string) {
	order := int(opt.Order)
	if opt.Order == OrderAuto {
		order = autoOrder(h.grid)
	}
	if h.equilibrium != nil {
		return h.equilibriumAttempt(order), nil
	}
	var why []string
	var linear *attempt
	if !opt.Positive {
		linear = h.linear(order)
		reason := h.objection(linear)
		if reason == "" {
			return linear, nil
		}
		why = append(why, fmt.Sprintf("the linear form of order %d %s", order, reason))
		if linear.err == nil && !h.isNegative(linear) && h.grid.Cells() > worthTrying {
			return linear, append(why, "on this many cells the logarithmic form would take long")
		}
	}
	a := h.logarithmic(order, opt.Order == OrderAuto)
	if linear != nil && linear.err == nil && !h.isNegative(linear) && (a.err != nil || linear.estimate.Density <= a.estimate.Density) {
		return linear, append(why, "and the logarithmic form is no better")
	}
	return a, why
}

// worthTrying is the number of cells up to which the logarithmic form is tried in place of a
// linear solution that is not resolved, but nothing worse.
const worthTrying = 1 << 14

// isNegative says whether a linear attempt has more mass below 0 than errors explain.
func (h *highOrder) isNegative(a *attempt) bool {
	return h.negative(a) < -max(negativeMass, a.estimate.Density)
}

// objection says what speaks against a linear attempt; "" for nothing.
func (h *highOrder) objection(a *attempt) string {
	switch {
	case a.err != nil:
		var slow *krylov.ConvergenceError
		errors.As(a.err, &slow)
		return fmt.Sprintf("did not converge (residual %.2g of its start after %d iterations)", slow.Stats.Residual, a.its)
	case !a.resolved:
		return fmt.Sprintf("is not resolved (orders differ by %.2g)", a.estimate.Density)
	case h.isNegative(a):
		return fmt.Sprintf("leaves a mass of %.2g below 0", h.negative(a))
	}
	return ""
}
