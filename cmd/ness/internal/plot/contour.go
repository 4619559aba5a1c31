package plot

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws contours by marching squares. (The contours of gonum/plot come
// in the random order of a map.)

// contourCells bounds the cells per side that contours are drawn from: more are
// finer than pixels.
const contourCells = 1024

// contours draws the levels of s over the panel.
func (p panel) contours(c draw.Canvas, x, y Axis, density []float64, s *scale) {
	if len(s.levels) == 0 {
		return
	}
	axes, v := coarsen([]Axis{x, y}, density, contourCells)
	phi := make([]float64, len(v))
	for i, d := range v {
		phi[i] = s.potential(d)
	}
	l := newLattice(axes[0], axes[1], phi)
	for _, level := range s.levels {
		st := contourLine(s, level)
		at := level
		if s.form != nats {
			at = s.potential(level)
		}
		for _, line := range l.contour(at) {
			pts := make([]vg.Point, len(line))
			for i, q := range line {
				pts[i] = vg.Point{X: p.x(q[0]), Y: p.y(q[1])}
			}
			c.StrokeLines(st, pts)
		}
	}
}

// contour returns the lines z = level, each with z > level on its left; a closed
// line ends where it begins.
//
// A crossing lies on the edge between two nodes, numbered 2n for the edge from
// node n to the next in x and 2n+1 for the next in y. Seen from a square, with
// its corners in counterclockwise order, z falls through the level on some edges
// and rises on others; a line enters by an edge where it falls and leaves by one
// where it rises, which is where it falls for the square beyond.
func (l lattice) contour(level float64) [][][2]float64 {
	next := make([]int32, 2*len(l.z)) // edge by which a line goes on, plus 1
	entered := make([]bool, 2*len(l.z))
	nx := len(l.x)
	for j := range len(l.y) - 1 {
		for i := range nx - 1 {
			l.square(j*nx+i, level, next, entered)
		}
	}
	var lines [][][2]float64
	for _, open := range []bool{true, false} { // open lines have a first edge
		for e := range next {
			if next[e] != 0 && (!open || !entered[e]) {
				lines = append(lines, l.follow(e, level, next))
			}
		}
	}
	return lines
}

// square joins the crossings on the edges of the square whose first corner is
// node n.
func (l lattice) square(n int, level float64, next []int32, entered []bool) {
	nx := len(l.x)
	corners := [4]int{n, n + 1, n + nx + 1, n + nx}
	edges := [4]int{2 * n, 2*(n+1) + 1, 2 * (n + nx), 2*n + 1}
	var mean float64
	var high [4]bool
	for k, c := range corners {
		high[k] = l.z[c] > level
		mean += l.z[c] / 4
	}
	for k := range edges {
		if !high[k] || high[(k+1)%4] {
			continue
		}
		// z falls on edge k. Of two rising edges, a saddle, take the one that keeps
		// the centre on the side where its mean is.
		to := k
		if mean > level {
			for to = k + 1; high[to%4] || !high[(to+1)%4]; to++ {
			}
		} else {
			for to = k + 3; high[to%4] || !high[(to+1)%4]; to-- {
			}
		}
		next[edges[k]] = int32(edges[to%4]) + 1
		entered[edges[to%4]] = true
	}
}

// follow returns the line that begins on edge e and takes it out of next.
func (l lattice) follow(e int, level float64, next []int32) [][2]float64 {
	line := [][2]float64{l.crossing(e, level)}
	for next[e] != 0 {
		to := int(next[e]) - 1
		next[e] = 0
		line = append(line, l.crossing(to, level))
		e = to
	}
	return line
}

// crossing returns the point of edge e where z is level, by linear interpolation.
func (l lattice) crossing(e int, level float64) [2]float64 {
	n, nx := e/2, len(l.x)
	i, j := n%nx, n/nx
	if e%2 == 0 {
		t := (level - l.z[n]) / (l.z[n+1] - l.z[n])
		return [2]float64{l.x[i] + t*(l.x[i+1]-l.x[i]), l.y[j]}
	}
	t := (level - l.z[n]) / (l.z[n+nx] - l.z[n])
	return [2]float64{l.x[i], l.y[j] + t*(l.y[j+1]-l.y[j])}
}
