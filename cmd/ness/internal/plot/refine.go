package plot

import "math"

// This file makes of cell values the values at nodes that contours are drawn
// from: continued to the walls, and on coarse grids interpolated in between, so
// that the contours of few cells are curves.
//
// Between nodes stands the cubic with the slopes of the parabolas through three
// neighbours, exact for parabolas on any spacing. Slopes are limited to three
// times the lesser of the neighbouring differences, the condition of Fritsch and
// Carlson (SIAM J. Numer. Anal. 17 (1980) 238) under which monotonic data give a
// monotonic curve, and two nats per cell, which lets a hill with two equal cells
// on top be round. What is interpolated is −ln p, of a Gaussian a parabola.

// fineNodes is how many nodes per side make contours smooth on the page.
const fineNodes = 192

// A lattice is values at nodes x[i], y[j], x fastest.
type lattice struct {
	x, y, z []float64
}

// newLattice returns φ at the centres of cells, at the walls, and in between.
func newLattice(x, y Axis, phi []float64) lattice {
	cx, cy := centers(x.Edges), centers(y.Edges)
	return refine(cx, cy, phi, nodesOf(x), nodesOf(y))
}

// newCornerLattice returns φ at the corners of cells, and in between.
func newCornerLattice(x, y Axis, phi []float64) lattice {
	return refine(x.Edges, y.Edges, phi, between(x.Edges), between(y.Edges))
}

// refine returns at the nodes x, y the φ known at cx, cy.
func refine(cx, cy, phi, x, y []float64) lattice {
	l := lattice{x: x, y: y}
	nx := len(cx)
	rows := make([]float64, 0, len(cy)*len(x))
	for j := range cy {
		rows = append(rows, interpolate(cx, phi[j*nx:(j+1)*nx], l.x)...)
	}
	l.z = make([]float64, len(l.x)*len(l.y))
	col := make([]float64, len(cy))
	for i := range l.x {
		for j := range col {
			col[j] = rows[j*len(l.x)+i]
		}
		for j, z := range interpolate(cy, col, l.y) {
			l.z[j*len(l.x)+i] = z
		}
	}
	return l
}

// nodesOf returns the walls and the centres of a, and points in between.
func nodesOf(a Axis) []float64 {
	return between(append(append([]float64{a.lo()}, centers(a.Edges)...), a.hi()))
}

// between returns c and equally many points in each gap if there are fewer than
// fineNodes.
func between(c []float64) []float64 {
	k := max(1, (fineNodes+len(c)-1)/len(c))
	var out []float64
	for i := 1; i < len(c); i++ {
		for s := range k {
			out = append(out, c[i-1]+(c[i]-c[i-1])*float64(s)/float64(k))
		}
	}
	return append(out, c[len(c)-1])
}

// interpolate returns the values at the ascending points of the cubics through v
// at c; beyond the ends of c they go on as straight lines.
func interpolate(c, v, points []float64) []float64 {
	m := slopes(c, v)
	out := make([]float64, len(points))
	last := len(c) - 1
	i := 0
	for k, x := range points {
		for i < last && x >= c[i+1] {
			i++
		}
		if x < c[0] || i == last {
			out[k] = v[i] + m[i]*(x-c[i])
			continue
		}
		h := c[i+1] - c[i]
		t := (x - c[i]) / h
		out[k] = v[i]*(1+2*t)*(1-t)*(1-t) + v[i+1]*t*t*(3-2*t) +
			h*t*(1-t)*(m[i]*(1-t)-m[i+1]*t)
	}
	return out
}

// slopes returns the limited slopes of v at c.
func slopes(c, v []float64) []float64 {
	n := len(c)
	m := make([]float64, n)
	if n == 1 {
		return m
	}
	d := make([]float64, n-1)
	for i := range d {
		d[i] = (v[i+1] - v[i]) / (c[i+1] - c[i])
	}
	for i := 1; i < n-1; i++ {
		l, r := c[i]-c[i-1], c[i+1]-c[i]
		m[i] = limit((r*d[i-1]+l*d[i])/(l+r), d[i-1], d[i], math.Min(l, r))
	}
	// The outer parabolas, one-sided; two nodes have a straight line.
	m[0], m[n-1] = d[0], d[n-2]
	if n > 2 {
		m[0] = limit(2*d[0]-m[1], d[0], d[1], c[1]-c[0])
		m[n-1] = limit(2*d[n-2]-m[n-2], d[n-2], d[n-3], c[n-1]-c[n-2])
	}
	return m
}

// limit returns m, cut to three times the lesser of |a| and |b| and 2 over h.
func limit(m, a, b, h float64) float64 {
	most := 3*math.Min(math.Abs(a), math.Abs(b)) + 2/h
	return math.Min(math.Max(m, -most), most)
}
