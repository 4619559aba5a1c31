package plot

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// This file draws what tests found: curves with errors beside what they should be, and fields.

// A Series is points in order of X.
type Series struct {
	XLabel, YLabel string
	X, Y           []float64
	Err            []float64 // standard errors of Y, nil for none
	Reference      []float64 // what Y should be, NaN where that is not known; nil for none
	// Measured and Expected are the names of Y and Reference in the legend; "" for these two.
	Measured, Expected string
}

// manyPoints is the number from which points are joined instead of drawn.
const manyPoints = 60

// Curve draws a series, with bars of ±2 standard errors unless its points are many, and the reference
// as a dashed line. An axis is logarithmic where its numbers are above 0 and span two decades or more.
func Curve(w io.Writer, f Format, title string, s Series) error {
	const fn = "Curve"
	if err := checkGaps(fn, len(s.X), s.X, s.Y); err != nil {
		return err
	}
	x, y := s.ranges()
	if !x.any || !y.any {
		return fmt.Errorf("plot: %s: want numbers to draw", fn)
	}
	t := s.chart(x, y)
	var notes []string
	if s.bars() {
		notes = []string{"bars: ±2 standard errors"}
	}
	c := newCharts(f, title, notes, s.keys(), t)
	path := func(v []float64) (pts []vg.Point) {
		for i := range v {
			if a, b := x.at(s.X[i]), y.at(v[i]); !math.IsNaN(a + b) {
				pts = append(pts, vg.Point{X: t.x(a), Y: t.y(b)})
			}
		}
		return pts
	}
	if s.Reference != nil {
		c.StrokeLines(expectedLine, t.clip(c.Canvas).ClipLinesXY(path(s.Reference))...)
	}
	if s.many() {
		c.StrokeLines(pencil(dotStyles[0].ink, 1), t.clip(c.Canvas).ClipLinesXY(path(s.Y))...)
		t.finish(c)
		return c.write(w)
	}
	for i, v := range s.Y {
		if at := x.at(s.X[i]); s.bars() && !math.IsNaN(at) {
			lo, hi := y.at(v-2*s.Err[i]), y.at(v+2*s.Err[i])
			if math.IsNaN(lo) {
				lo = y.lo
			}
			t.bar(c.Canvas, dotStyles[0].ink, at, lo, hi, dotRadius)
		}
	}
	for _, at := range path(s.Y) {
		c.DrawGlyph(dotStyles[0].glyph(false, dotRadius), at)
	}
	t.finish(c)
	return c.write(w)
}

// many says whether points are joined.
func (s Series) many() bool { return len(s.X) > manyPoints }

// bars says whether there are bars of errors.
func (s Series) bars() bool { return s.Err != nil && !s.many() }

// expectedLine is that of a reference.
var expectedLine = pencil(ink, 1, 5, 3)

func (s Series) keys() []key {
	keys := []key{{name: cmp.Or(s.Measured, "measured"), mark: dotStyles[0].glyph(false, dotRadius)}}
	if s.many() {
		keys[0] = key{name: keys[0].name, line: pencil(dotStyles[0].ink, 1)}
	}
	if s.Reference != nil {
		keys = append(keys, key{name: cmp.Or(s.Expected, "expected"), line: expectedLine})
	}
	return keys
}

// ranges returns the axes, with room for bars.
func (s Series) ranges() (x, y seriesRange) {
	x, y = seriesAxis(s.X), seriesAxis(slices.Concat(s.Y, s.Reference))
	if s.bars() {
		y.includeBars(s.Y, s.Err)
	}
	x.widen()
	y.widen()
	return x, y
}

// chart returns the panel of these axes.
func (s Series) chart(x, y seriesRange) *chart {
	return newChart(pointsWidth, pointsHeight, x.lo, x.hi, y.lo, y.hi, newSide(s.XLabel, x.ruler(8)), newSide(s.YLabel, y.ruler(6)))
}

// A seriesRange is that of an axis, in decades where it is logarithmic.
type seriesRange struct {
	interval
	log bool
}

// seriesAxis returns the axis that suits numbers; NaN does not count.
func seriesAxis(v []float64) (r seriesRange) {
	lo, hi := extrema(v)
	r.log = lo > 0 && hi >= 100*lo
	for _, x := range v {
		if x = r.at(x); !math.IsNaN(x) {
			r.include(x)
		}
	}
	return r
}

// includeBars makes room for bars of ±2 standard errors, for their upper ends alone where the axis is
// logarithmic.
func (r *seriesRange) includeBars(v, err []float64) {
	for i, e := range err {
		for _, end := range []float64{v[i] - 2*e, v[i] + 2*e} {
			if x := r.at(end); !math.IsNaN(x) && !(r.log && end < v[i]) {
				r.include(x)
			}
		}
	}
}

// widen leaves room at both ends.
func (r *seriesRange) widen() {
	if r.any {
		r.interval = r.widened(0.05, 1e-3*math.Max(1e-12, math.Abs(r.hi)))
	}
}

// at returns where a number is on the axis, NaN for nowhere.
func (r seriesRange) at(v float64) float64 {
	switch {
	case math.IsInf(v, 0), r.log && v <= 0:
		return math.NaN()
	case r.log:
		return math.Log10(v)
	}
	return v
}

func (r seriesRange) ruler(n int) ruler {
	if r.log {
		return ruleLog(r.lo, r.hi)
	}
	return rule(r.lo, r.hi, n)
}

// Scalar draws a field on two axes, NaN where it has no value: from 0 where it is not negative, else
// in colours symmetric about 0.
func Scalar(w io.Writer, f Format, title string, axes []Axis, name string, v []float64) error {
	if err := check("Scalar", 2, axes); err != nil {
		return err
	}
	if err := checkGaps("Scalar", cells(axes), v); err != nil {
		return err
	}
	s := signed(name, "", v)
	if lo, hi := extrema(v); lo >= 0 && hi > 0 {
		s.cm, s.bottom, s.top = densityMap(), 0, hi
	}
	c, p := newMap(f, title, axes, s.notes, s)
	p.cells(c.Canvas, axes[0], axes[1], v, s)
	p.finish(c, axes, s)
	return c.write(w)
}
