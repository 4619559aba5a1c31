package plot

import (
	"math"
	"slices"
)

// This file follows a vector field on the page, in points from the panel's lower
// left corner.

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

// A field is the current on the page. Between cell centres it is bilinear; from
// the outer centres to the walls it is constant along the normal.
type field struct {
	x, y   []float64 // cell centres on the page, points
	jx, jy []float64 // current over its greatest magnitude
	p      []float64 // density over its maximum
	sx, sy float64   // points per unit of each axis
	w, h   float64   // the panel, points
}

// Where p or |J| is below these fractions of its maximum, round-off and
// truncation of the solver decide the direction of J.
const (
	minDensity = 1e-6
	minCurrent = 1e-4
)

func newField(p panel, x, y Axis, density, jx, jy []float64) (f *field, max float64) {
	f = &field{w: p.rect.Size().X.Points(), h: p.rect.Size().Y.Points()}
	f.sx, f.sy = f.w/(x.hi()-x.lo()), f.h/(y.hi()-y.lo())
	f.x, f.y = onPage(x, f.sx), onPage(y, f.sy)
	for i := range jx {
		max = math.Max(max, math.Hypot(jx[i], jy[i]))
	}
	_, pmax := extrema(density)
	if max == 0 || pmax <= 0 {
		return f, 0
	}
	f.jx, f.jy, f.p = scaled(jx, max), scaled(jy, max), scaled(density, pmax)
	return f, max
}

// onPage returns the cell centres in points from the first edge.
func onPage(a Axis, s float64) []float64 {
	c := centers(a.Edges)
	for i := range c {
		c[i] = (c[i] - a.lo()) * s
	}
	return c
}

func scaled(v []float64, by float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x / by
	}
	return out
}

// at implements flow: strength is |J| over its maximum.
func (f *field) at(x, y float64) (ux, uy, strength float64, ok bool) {
	if !(x >= 0 && x <= f.w && y >= 0 && y <= f.h) {
		return 0, 0, 0, false
	}
	i, s := bracket(f.x, x)
	j, t := bracket(f.y, y)
	n := len(f.x)
	k00, k01 := j*n+i, j*n+min(i+1, n-1)
	k10, k11 := k00, k01
	if j+1 < len(f.y) {
		k10, k11 = k00+n, k01+n
	}
	w00, w01, w10, w11 := (1-s)*(1-t), s*(1-t), (1-s)*t, s*t
	at := func(v []float64) float64 { return w00*v[k00] + w01*v[k01] + w10*v[k10] + w11*v[k11] }
	jx, jy := at(f.jx), at(f.jy)
	strength = math.Hypot(jx, jy)
	if strength < minCurrent || at(f.p) < minDensity {
		return 0, 0, 0, false
	}
	ux, uy = jx*f.sx, jy*f.sy
	l := math.Hypot(ux, uy)
	return ux / l, uy / l, strength, true
}

// bracket returns i and t with x = c[i] + t (c[i+1] − c[i]), t in [0, 1]; outside
// of c the nearest end.
func bracket(c []float64, x float64) (i int, t float64) {
	k, _ := slices.BinarySearch(c, x)
	switch {
	case k == 0:
		return 0, 0
	case k == len(c):
		return len(c) - 1, 0
	}
	return k - 1, (x - c[k-1]) / (c[k] - c[k-1])
}
