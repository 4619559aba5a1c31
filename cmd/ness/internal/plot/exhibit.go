package plot

import (
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws several fields side by side, each on two axes in the colours of its own scale.

// A exhibit is a field on two axes, one value per cell, NaN where it has none.
type exhibit struct {
	x, y    Axis
	v       []float64
	s       *scale
	caption string
	lines   []float64   // values with a contour
	borders [][]float64 // fields of 0 and 1 whose border is drawn
}

// drawRow draws exhibits side by side; neighbours on the same axes share the vertical one.
func drawRow(w io.Writer, f Format, title string, notes []string, exhibits []exhibit) error {
	var tiles []*tile
	for k, q := range exhibits {
		notes = append(notes, q.s.notes...)
		tiles = append(tiles, &tile{
			x: q.x, y: q.y, caption: q.caption, bars: []*scale{q.s},
			follows: k > 0 && exhibits[k-1].x.Name == q.x.Name && exhibits[k-1].y.Name == q.y.Name,
		})
	}
	c := newRow(f, title, notes, tiles)
	for k, t := range tiles {
		q := exhibits[k]
		t.cells(c.Canvas, q.x, q.y, q.v, q.s)
		t.contourValues(c.Canvas, q)
		for _, b := range q.borders {
			t.border(c.Canvas, q.x, q.y, b)
		}
		t.finish(c)
	}
	return c.write(w)
}

// contourValues draws the contours of q, where it has values.
func (p panel) contourValues(c draw.Canvas, q exhibit) {
	if len(q.lines) == 0 {
		return
	}
	axes, v := coarsen([]Axis{q.x, q.y}, q.v, contourCells)
	unit := (q.s.top - q.s.bottom) / 10 // a step or so of interpolation
	l := newLattice(axes[0], axes[1], scaled(v, unit))
	for _, at := range q.lines {
		p.contour(c, l, at/unit, contourLine(q.s, at))
	}
}

// border draws where a field of 0 and 1 changes.
func (p panel) border(c draw.Canvas, x, y Axis, v []float64) {
	axes, v := coarsen([]Axis{x, y}, v, contourCells)
	p.contour(c, newLattice(axes[0], axes[1], v), 0.5, pencil(black, 1, vg.Length(4), vg.Length(2)))
}

// meanAlong returns the mean of v over the third axis with the density as its weight, of equal
// weight where that is nil; NaN where there is next to none.
func (q plane) meanAlong(axes []Axis, density, v []float64) []float64 {
	if density == nil {
		density = make([]float64, len(v))
		for i := range density {
			density[i] = 1
		}
	}
	_, top := extrema(density)
	weight, product := make([]float64, len(v)), make([]float64, len(v))
	for i, p := range density {
		if p > 0 && !math.IsNaN(v[i]) {
			weight[i], product[i] = p/top, p/top*v[i]
		}
	}
	mean, total := q.project(axes, product), q.project(axes, weight)
	_, most := extrema(total)
	for i, w := range total {
		if w < minDensity*most {
			mean[i] = math.NaN()
			continue
		}
		mean[i] /= w
	}
	return mean
}
