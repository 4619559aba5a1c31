package plot

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws contours by marching squares. (The contours of gonum/plot come
// in the random order of a map.)

// contourCells bounds the cells per side that contours are drawn from: they are two
// pixels wide, and a curve's sagitta over one is out of sight.
const contourCells = 512

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
		at := level
		if s.form != nats {
			at = s.potential(level)
		}
		p.contour(c, l, at, contourLine(s, level))
	}
}

// contour draws one level of l.
func (p panel) contour(c draw.Canvas, l lattice, level float64, st draw.LineStyle) {
	for _, line := range l.contour(level) {
		pts := make([]vg.Point, len(line))
		for i, q := range line {
			pts[i] = vg.Point{X: p.x(q[0]), Y: p.y(q[1])}
		}
		c.StrokeLines(st, pts)
	}
}

// Levels are equal steps through the range of a field. To be drawn, the field is
// divided by the step: then the limits of interpolation, see refine.go, suit it.
type levels struct {
	step float64
	at   []float64 // in steps
}

// evenLevels returns the levels (k + shift) step strictly between lo and hi, with a
// round step of which at most n fit; none where there is no range.
func evenLevels(lo, hi, shift float64, n int) levels {
	if !(hi > lo) {
		return levels{}
	}
	l := levels{step: niceStep((hi - lo) / float64(n))}
	if l.step == 0 {
		return levels{}
	}
	first := math.Floor(lo/l.step-shift) + 1
	for i := range n + 1 { // bounded even where lo/step has no fraction digits left
		if at := first + float64(i) + shift; at*l.step < hi {
			l.at = append(l.at, at)
		}
	}
	return l
}

// lossLevels returns level lines through the range that the loss, nil for none, has
// where the density is above minDensity of its maximum.
func lossLevels(density, loss []float64) levels {
	_, top := extrema(density)
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, l := range loss {
		if density[i] >= minDensity*top && !math.IsNaN(l) {
			lo, hi = math.Min(lo, l), math.Max(hi, l)
		}
	}
	return evenLevels(lo, hi, 0, 10)
}

// lossLines draws the level lines of a loss on cells.
func (p panel) lossLines(c draw.Canvas, axes []Axis, loss []float64, lv levels) {
	if len(lv.at) == 0 {
		return
	}
	axes, v := coarsen(axes, loss, contourCells)
	l := newLattice(axes[0], axes[1], scaled(v, lv.step))
	st := draw.LineStyle{Color: lossInk, Width: vg.Points(0.45), Dashes: []vg.Length{2.5, 2}}
	for _, at := range lv.at {
		p.contour(c, l, at, st)
	}
}

// contour returns the lines z = level, each with z > level on its left; a closed
// line ends where it begins. Lines end where z is NaN.
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
	if math.IsNaN(mean) {
		return
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
