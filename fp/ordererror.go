package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/accurate"
)

// This file estimates errors of the accurate operator's solutions by those of other orders.

// A view is an attempt to be compared with others.
type view struct {
	pointValues
	j [][]float64 // its current at the points, once asked for
}

// linearView returns the view of the linear form at p.
func (h *highOrder) linearView(op *accurate.Operator, p []float64) *view {
	return &view{pointValues: pointValues{h, &attempt{scheme: SchemeLinear, op: op, p: p}}}
}

// relativeView returns the view of the stage at p.
func (h *highOrder) relativeView(s *stage, p []float64) *view {
	q := h.normalized(s.op, p)
	_, top := largest(p)
	return &view{pointValues: pointValues{h, &attempt{scheme: SchemeLogarithmic, op: s.op, blend: s.blend, p: q, unit: q[top] / p[top]}}}
}

// vectors returns J at the points.
func (v *view) vectors() [][]float64 {
	if v.j == nil {
		v.j = v.op.Current(v.flow())
	}
	return v.j
}

// production returns the entropy production, and about what is left out in tails.
func (v *view) production() (rate, left float64) {
	return v.entropyProduction(v.op, v.p, v.vectors(), v.least())
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
// logarithmic form's, whose orders differ less, d₁. Up to order 6 (4 of the logarithmic form)
// the distance to order w+2 is the error itself, where the grid bears that order; twice that
// is the estimate.
func (h *highOrder) estimateErrors(a *attempt, main *view, at func(order int) *view) {
	w := h.weights(a.op)
	var near *view
	factor := 1.0
	switch {
	case a.order < 8 && gridBears(h.grid, a.order+2) && a.err == nil && a.scheme == SchemeLinear:
		near, factor = at(a.order+2), 2
		a.orders = viewDistance(w, main, near).scaled(factor)
		a.resolved = a.order == 2 || weightedL1(w, main.p, at(a.order-2).p) >= 2*a.orders.Density
	case a.order > 4:
		near = at(a.order - 2)
		next := viewDistance(w, near, at(a.order-4))
		a.orders = viewDistance(w, main, near)
		a.resolved = next.Density >= 4*a.orders.Density || a.orders.Density < negligibleError
		if a.resolved && a.scheme == SchemeLinear {
			a.orders = a.orders.extrapolated(next)
		}
	case gridBears(h.grid, a.order+2):
		near, factor = at(a.order+2), 2
		a.orders = viewDistance(w, main, near).scaled(factor)
		a.resolved = a.orders.Density < fairlyResolved
	case a.order > 2:
		near = at(a.order - 2)
		a.orders = viewDistance(w, main, near)
		a.resolved = a.orders.Density < fairlyResolved
	default: // too few cells for any other order: that of the star generator is as good a guess
		near = h.linearView(a.op, h.normalized(a.op, h.star))
		a.orders = viewDistance(w, main, near)
	}
	rate, left := main.production()
	other, _ := near.production()
	a.orders.EntropyProduction = factor*math.Abs(rate-other) + left + a.orders.Current*math.Abs(rate)
}

// negligibleError is the difference of orders that nobody asks to be smaller.
const negligibleError = 1e-9

// fairlyResolved is the difference of neighbouring low orders below which a grid counts as
// resolving the density.
const fairlyResolved = 1e-2

// viewDistance returns the differences of density and current of two views under the
// integration weights w.
func viewDistance(w []float64, x, y *view) (e ErrorEstimate) {
	e.Density = weightedL1(w, x.p, y.p)
	jx, jy := x.vectors(), y.vectors()
	var size float64
	for a := range jx {
		e.Current += weightedL1(w, jx[a], jy[a])
		size += weightedL1(w, jx[a], nil)
	}
	e.Current /= size
	return e
}

// weightedL1 returns Σ w|x − y|, where y = nil means 0.
func weightedL1(w, x, y []float64) float64 {
	parts := make([]float64, pieces.Count(len(w), pieceCells))
	pieces.Run(len(w), pieceCells, func(k, lo, hi int) {
		var sum float64
		if y == nil {
			for i := lo; i < hi; i++ {
				sum += w[i] * math.Abs(x[i])
			}
		} else {
			for i := lo; i < hi; i++ {
				sum += w[i] * math.Abs(x[i]-y[i])
			}
		}
		parts[k] = sum
	})
	return floats.Sum(parts)
}

func (e ErrorEstimate) scaled(c float64) ErrorEstimate {
	return ErrorEstimate{Density: c * e.Density, Current: c * e.Current}
}

// extrapolated returns d₁√(10 d₁/d₂), at most d₁, of the differences of fields.
func (e ErrorEstimate) extrapolated(next ErrorEstimate) ErrorEstimate {
	f := func(d1, d2 float64) float64 { return d1 * math.Sqrt(min(10*d1/d2, 1)) }
	return ErrorEstimate{Density: f(e.Density, next.Density), Current: f(e.Current, next.Current)}
}

// addFloor sets the estimate to what orders say and, of the relative errors, what they do not
// see; that of values which diverged may have any sign.
func (a *attempt) addFloor(floor float64) {
	floor = math.Abs(floor)
	a.estimate, a.floor = a.orders, floor
	a.estimate.Density += floor
	a.estimate.Current += floor
}
