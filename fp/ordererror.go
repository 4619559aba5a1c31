package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/accurate"
)

// This file estimates errors of the accurate operator's solutions by those of other orders.

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
// logarithmic form's, whose orders differ less, d₁. Up to order 6 (4 of the logarithmic form)
// the distance to order w+2 is the error itself, where the grid bears that order; twice that
// is the estimate.
func (h *highOrder) estimateErrors(a *attempt, main view, at func(order int) view) {
	w := h.weights(a.op)
	switch {
	case a.order < 8 && gridBears(h.grid, a.order+2) && a.err == nil && a.scheme == SchemeLinear:
		a.estimate = viewDistance(w, main, at(a.order+2)).scaled(2)
		a.resolved = a.order == 2 || viewDistance(w, main, at(a.order-2)).discretization >= 2*a.estimate.discretization
	case a.order > 4:
		near := at(a.order - 2)
		bound, next := viewDistance(w, main, near), viewDistance(w, near, at(a.order-4))
		a.resolved = next.discretization >= 4*bound.discretization || bound.discretization < negligibleError
		a.estimate = bound
		if a.resolved && a.scheme == SchemeLinear {
			a.estimate = bound.extrapolated(next)
		}
	case gridBears(h.grid, a.order+2):
		a.estimate = viewDistance(w, main, at(a.order+2)).scaled(2)
		a.resolved = a.estimate.discretization < fairlyResolved
	default:
		a.estimate = viewDistance(w, main, at(max(a.order-2, 2)))
		a.resolved = a.order > 2 && a.estimate.discretization < fairlyResolved
	}
	a.estimate.EntropyProduction += main.left + a.estimate.Current*math.Abs(main.entropy)
}

// negligibleError is the difference of orders that nobody asks to be smaller.
const negligibleError = 1e-9

// fairlyResolved is the difference of neighbouring low orders below which a grid counts as
// resolving the density.
const fairlyResolved = 1e-2

// viewDistance returns the differences of two views under the integration weights w.
func viewDistance(w []float64, x, y view) (e ErrorEstimate) {
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

// extrapolated returns d₁√(10 d₁/d₂), at most d₁, of the differences of fields; those of a
// number may be small by chance.
func (e ErrorEstimate) extrapolated(next ErrorEstimate) ErrorEstimate {
	f := func(d1, d2 float64) float64 { return d1 * math.Sqrt(min(10*d1/d2, 1)) }
	x := ErrorEstimate{Density: f(e.Density, next.Density), Current: f(e.Current, next.Current), EntropyProduction: e.EntropyProduction}
	x.discretization = x.Density
	return x
}

// addFloor adds to the relative errors what estimates by orders do not see.
func (e *ErrorEstimate) addFloor(floor float64) {
	e.floor = floor
	e.Density += floor
	e.Current += floor
}
