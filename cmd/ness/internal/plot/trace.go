package plot

import (
	"math"
	"slices"
)

// This file follows a vector field on the page, in points from the panel's lower
// left corner.

// A sheet is the panel [0, w]×[0, h]; across sides that wrap it goes on at the
// opposite one.
type sheet struct {
	w, h  float64
	wraps [2]bool
}

func (b sheet) contains(x, y float64) bool { return x >= 0 && x <= b.w && y >= 0 && y <= b.h }

// enter returns the point of the sheet that (x, y), less than a period outside, is the
// same as; !ok if a wall lies between.
func (b sheet) enter(x, y float64) (ex, ey float64, ok bool) {
	if b.wraps[0] {
		x = wrap(x, b.w)
	}
	if b.wraps[1] {
		y = wrap(y, b.h)
	}
	return x, y, b.contains(x, y)
}

func wrap(x, period float64) float64 {
	switch {
	case x < 0:
		return x + period
	case x > period:
		return x - period
	}
	return x
}

// A flow gives the unit direction at (x, y) and how strong it is there, between
// 0 and 1; !ok where there is nothing to follow.
type flow interface {
	at(x, y float64) (ux, uy, strength float64, ok bool)
}

// A vertex is a point of a streamline.
type vertex struct {
	x, y     float64
	ux, uy   float64 // direction of the flow
	strength float64
}

// step moves v by h (against the flow if h < 0) along the flow with the classical
// Runge–Kutta method: an error of order h⁵ per step where the flow is smooth.
func step(f flow, v vertex, h float64) (vertex, bool) {
	ax, ay := v.ux, v.uy
	bx, by, _, ok1 := f.at(v.x+h/2*ax, v.y+h/2*ay)
	cx, cy, _, ok2 := f.at(v.x+h/2*bx, v.y+h/2*by)
	dx, dy, _, ok3 := f.at(v.x+h*cx, v.y+h*cy)
	if !ok1 || !ok2 || !ok3 {
		return v, false
	}
	return start(f, v.x+h/6*(ax+2*bx+2*cx+dx), v.y+h/6*(ay+2*by+2*cy+dy))
}

// start returns the vertex at (x, y).
func start(f flow, x, y float64) (vertex, bool) {
	ux, uy, s, ok := f.at(x, y)
	return vertex{x, y, ux, uy, s}, ok
}

// A field is a vector field on the page. Between cell centres it is bilinear; from
// the outer centres to walls it is constant along the normal.
type field struct {
	sheet
	x, y   knots
	nx     int       // cells along x
	jx, jy []float64 // over the unit of strength
	p      []float64 // density over its maximum; nil where there is none
	sx, sy float64   // points per unit of each axis
}

// knots are cell centres along an axis of the page, in points, with the cells they
// belong to. A periodic axis has the last before the first and the first after the
// last.
type knots struct {
	at   []float64
	cell []int
}

// Where p or |J| is below these fractions of its maximum, round-off and
// truncation of the solver decide the direction of J.
const (
	minDensity = 1e-6
	minCurrent = 1e-4
)

// newField returns the field (jx, jy) with strengths in multiples of unit > 0. density
// is nil, or somewhere positive.
func newField(p panel, x, y Axis, density, jx, jy []float64, unit float64) *field {
	f := &field{sheet: sheet{p.rect.Size().X.Points(), p.rect.Size().Y.Points(), [2]bool{x.Periodic, y.Periodic}}}
	f.sx, f.sy = f.w/(x.hi()-x.lo()), f.h/(y.hi()-y.lo())
	f.x, f.y, f.nx = onPage(x, f.sx), onPage(y, f.sy), x.cells()
	f.jx, f.jy = scaled(jx, unit), scaled(jy, unit)
	if density != nil {
		_, top := extrema(density)
		f.p = scaled(density, top)
	}
	return f
}

// strongest returns the greatest magnitude of (jx, jy); cells without a value, NaN,
// do not count.
func strongest(jx, jy []float64) (most float64) {
	for i := range jx {
		if s := math.Hypot(jx[i], jy[i]); s > most {
			most = s
		}
	}
	return most
}

// onPage returns the cell centres in points from the first edge.
func onPage(a Axis, s float64) knots {
	c := centers(a.Edges)
	k := knots{cell: make([]int, len(c))}
	for i := range c {
		c[i] = (c[i] - a.lo()) * s
		k.cell[i] = i
	}
	k.at = c
	if period, last := (a.hi()-a.lo())*s, len(c)-1; a.Periodic {
		k.at = slices.Concat([]float64{c[last] - period}, c, []float64{c[0] + period})
		k.cell = slices.Concat([]int{last}, k.cell, []int{0})
	}
	return k
}

func scaled(v []float64, by float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x / by
	}
	return out
}

// at implements flow: strength is |J| over the unit.
func (f *field) at(x, y float64) (ux, uy, strength float64, ok bool) {
	if x, y, ok = f.enter(x, y); !ok {
		return 0, 0, 0, false
	}
	i0, i1, s := f.x.bracket(x)
	j0, j1, t := f.y.bracket(y)
	k00, k01, k10, k11 := j0*f.nx+i0, j0*f.nx+i1, j1*f.nx+i0, j1*f.nx+i1
	w00, w01, w10, w11 := (1-s)*(1-t), s*(1-t), (1-s)*t, s*t
	at := func(v []float64) float64 { return w00*v[k00] + w01*v[k01] + w10*v[k10] + w11*v[k11] }
	jx, jy := at(f.jx), at(f.jy)
	strength = math.Hypot(jx, jy)
	if !(strength >= minCurrent) || f.p != nil && at(f.p) < minDensity {
		return 0, 0, 0, false
	}
	ux, uy = jx*f.sx, jy*f.sy
	l := math.Hypot(ux, uy)
	return ux / l, uy / l, strength, true
}

// bracket returns the cells of the knots around x and how far, from 0 to 1, x is on
// the way from one to the other; outside of the knots the nearest, twice.
func (k knots) bracket(x float64) (i, j int, t float64) {
	n, _ := slices.BinarySearch(k.at, x)
	switch {
	case n == 0:
		return k.cell[0], k.cell[0], 0
	case n == len(k.at):
		return k.cell[n-1], k.cell[n-1], 0
	}
	return k.cell[n-1], k.cell[n], (x - k.at[n-1]) / (k.at[n] - k.at[n-1])
}
