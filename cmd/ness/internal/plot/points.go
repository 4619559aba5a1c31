package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws points with error bars: weak errors, autocovariances.

// Sizes of the panel for points, in pixels.
const (
	pointsWidth  = 1330
	pointsHeight = 900
)

// A dotStyle is how one series of points looks.
type dotStyle struct {
	ink         color.RGBA
	solid, open draw.GlyphDrawer
}

var dotStyles = []dotStyle{
	{driftInk, draw.CircleGlyph{}, draw.RingGlyph{}},
	{diffusionInk, draw.BoxGlyph{}, draw.SquareGlyph{}},
	{lossInk, draw.PyramidGlyph{}, draw.TriangleGlyph{}},
}

// dotRadius is that of a point, in points.
const dotRadius = vg.Length(3)

func (s dotStyle) glyph(open bool, r vg.Length) draw.GlyphStyle {
	g := draw.GlyphStyle{Color: s.ink, Radius: r, Shape: s.solid}
	if open {
		g.Shape = s.open
	}
	return g
}

// bar draws an error bar from lo to hi of the vertical scale, as far as it is in the panel.
func (p panel) bar(c draw.Canvas, col color.Color, x, lo, hi float64, cap vg.Length) {
	line := pencil(col, 0.8)
	at := p.x(x)
	for _, seg := range [][2]vg.Point{
		{{X: at, Y: p.y(lo)}, {X: at, Y: p.y(hi)}},
		{{X: at - cap, Y: p.y(lo)}, {X: at + cap, Y: p.y(lo)}},
		{{X: at - cap, Y: p.y(hi)}, {X: at + cap, Y: p.y(hi)}},
	} {
		c.StrokeLines(line, p.clip(c).ClipLinesXY(seg[:])...)
	}
}

// Weak is the weak error of a drift at several learning rates.
type Weak struct {
	Name       string
	Rates      []float64 // learning rates
	Error, Err []float64 // weak errors, of either sign, and their standard errors
	Resolved   []bool    // which errors are told from 0
	// A fit |error| = Factor η^Order, with the standard error of Order, NaN where there is
	// none; Factor is 0 without a fit.
	Factor, Order, OrderErr float64
}

// WeakOrder draws the sizes of weak errors, named with their unit, against the learning rate,
// both logarithmic, with bars of ±2 standard errors, and fits as lines. Of errors
// that are not resolved |error| + 2s is drawn, with their standard errors s, open and with an arrow.
func WeakOrder(w io.Writer, f Format, title, quantity string, series []Weak) error {
	if len(series) > len(dotStyles) {
		panic(fmt.Sprintf("plot: WeakOrder: want at most %d series, have %d", len(dotStyles), len(series)))
	}
	var keys []key
	var points [][]weakPoint
	for i, s := range series {
		p, err := s.points()
		if err != nil {
			return err
		}
		points = append(points, p)
		k := key{name: s.label(), mark: dotStyles[i].glyph(false, dotRadius)}
		if s.Factor > 0 {
			k.line = pencil(dotStyles[i].ink, 1)
		}
		keys = append(keys, k)
	}
	note := "bars: ±2 standard errors; open, with an arrow: not resolved, the error is below"
	if len(slices.Concat(points...)) == 0 {
		note = "no errors to draw"
	}
	t := weakChart(quantity, slices.Concat(points...))
	c := newCharts(f, title, []string{note}, keys, t)
	for i, s := range series {
		t.fit(c.Canvas, s, points[i], dotStyles[i])
		for _, q := range points[i] {
			t.weakPoint(c.Canvas, q, dotStyles[i])
		}
	}
	t.finish(c)
	return c.write(w)
}

// weakChart returns the panel for points.
func weakChart(quantity string, points []weakPoint) *chart {
	var x, y interval
	for _, q := range points {
		x.include(q.x)
		y.include(q.y)
		y.include(math.Min(q.hi, q.y+1))
	}
	x, y = x.widened(0.08, 0.15), y.widened(0.12, 0.3)
	return newChart(pointsWidth, pointsHeight, x.lo, x.hi, y.lo, y.hi,
		newSide("learning rate η in T", ruleLog(x.lo, x.hi)), newSide(quantity, ruleLog(y.lo, y.hi)))
}

// A weakPoint is a point in decades: of an error, or of a limit that it is below.
type weakPoint struct {
	dot
	limit bool
}

// points returns what is drawn of s; errors that are exactly 0 are not.
func (s Weak) points() (list []weakPoint, err error) {
	const fn = "WeakOrder"
	if err := checkGaps(fn, len(s.Rates), s.Rates, s.Error, s.Err); err != nil {
		return nil, err
	}
	if len(s.Resolved) != len(s.Rates) {
		panic(fmt.Sprintf("plot: %s: %s: want to know of %d errors whether they are resolved, have %d", fn, s.Name, len(s.Rates), len(s.Resolved)))
	}
	if s.Factor > 0 && !(math.Abs(s.Order) < 1e3) {
		return nil, fmt.Errorf("plot: %s: %s: want an order, have %g", fn, s.Name, s.Order)
	}
	for i, eta := range s.Rates {
		e, two := math.Abs(s.Error[i]), 2*s.Err[i]
		if !(eta > 0 && e >= 0 && two >= 0) {
			return nil, fmt.Errorf("plot: %s: %s: want a rate above 0 and an error with its standard error, have %g, %g ± %g", fn, s.Name, eta, s.Error[i], s.Err[i])
		}
		switch q := (weakPoint{dot: dot{x: math.Log10(eta), hi: math.Log10(e + two)}}); {
		case s.Resolved[i] && e > 0:
			q.y, q.lo = math.Log10(e), math.Log10(max(e-two, math.SmallestNonzeroFloat64)) // 0 is below the panel
			list = append(list, q)
		case e+two > 0:
			q.y, q.limit = q.hi, true
			list = append(list, q)
		}
	}
	return list, nil
}

// label returns the name of s with the order of its fit.
func (s Weak) label() string {
	if !(s.Factor > 0) {
		return s.Name
	}
	return s.Name + ": order " + uncertain(s.Order, s.OrderErr)
}

// fit draws the line of s as far as its points reach.
func (t *chart) fit(c draw.Canvas, s Weak, points []weakPoint, st dotStyle) {
	if !(s.Factor > 0) || len(points) == 0 {
		return
	}
	var r interval
	for _, q := range points {
		r.include(q.x)
	}
	var line []vg.Point
	for _, x := range []float64{r.lo, r.hi} {
		line = append(line, vg.Point{X: t.x(x), Y: t.y(math.Log10(s.Factor) + s.Order*x)})
	}
	c.StrokeLines(pencil(st.ink, 1), t.clip(c).ClipLinesXY(line)...)
}

// weakPoint draws an error with its bar, or a limit with an arrow.
func (t *chart) weakPoint(c draw.Canvas, q weakPoint, st dotStyle) {
	x, y := t.x(q.x), t.y(q.y)
	if q.limit {
		const shaft, barb = vg.Length(16), vg.Length(3)
		c.StrokeLine2(pencil(st.ink, 0.8), x, y-dotRadius, x, y-shaft)
		c.FillPolygon(st.ink, []vg.Point{{X: x, Y: y - shaft - barb}, {X: x - barb, Y: y - shaft + barb}, {X: x + barb, Y: y - shaft + barb}})
	} else {
		t.bar(c, st.ink, q.x, q.lo, q.hi, dotRadius)
	}
	c.DrawGlyph(st.glyph(q.limit, dotRadius), vg.Point{X: x, Y: y})
}

// An Autocovariances is that of one component of gradient noise, at lags 0, 1, 2, …, and its
// standard errors, in any unit.
type Autocovariances struct {
	Name     string
	Cov, Err []float64
}

// ratios returns Cov/Cov[0] and Err/Cov[0]; nil where there is no noise.
func (s Autocovariances) ratios(lags int) (v, err []float64, e error) {
	if err := checkValues("Autocovariance", lags+1, s.Cov, s.Err); err != nil {
		return nil, nil, err
	}
	if !(s.Cov[0] > 0) {
		return nil, nil, nil
	}
	v, err = scaled(s.Cov, s.Cov[0]), scaled(s.Err, s.Cov[0])
	return v, err, checkValues("Autocovariance", lags+1, v, err)
}

// Autocovariance draws Cov[h]/Cov[0] from lag h = 1 on with bars of ±2 standard errors
// Err[h]/Cov[0], of up to three components, all with the same number of lags. expected is
// what this ratio should be, one number per lag from 0 on; nil for no line.
func Autocovariance(w io.Writer, f Format, title string, series []Autocovariances, expected []float64) error {
	if len(series) == 0 || len(series) > len(dotStyles) || len(series[0].Cov) < 2 {
		panic(fmt.Sprintf("plot: Autocovariance: want 1 to %d components with lags above 0, have %d", len(dotStyles), len(series)))
	}
	lags := len(series[0].Cov) - 1
	notes := []string{"bars: ±2 standard errors"}
	var keys []key
	var dots [][]dot
	for i, s := range series {
		v, err, e := s.ratios(lags)
		if e != nil {
			return e
		}
		if v == nil {
			notes = append(notes, s.Name+": no noise")
		}
		var list []dot
		for h := 1; h < len(v); h++ {
			list = append(list, dot{float64(h) + beside(i, len(series)), v[h], v[h] - 2*err[h], v[h] + 2*err[h]})
		}
		dots = append(dots, list)
		keys = append(keys, key{name: s.Name, mark: dotStyles[i].glyph(false, dotRadius)})
	}
	expectation := pencil(ink, 1, 5, 3)
	if expected != nil {
		if err := checkValues("Autocovariance", lags+1, expected); err != nil {
			return err
		}
		keys = append(keys, key{name: "expected", line: expectation})
	}
	t := lagChart(lags, slices.Concat(dots...), expected)
	c := newCharts(f, title, notes, keys, t)
	c.StrokeLine2(pencil(gray, 0.4), t.rect.Min.X, t.y(0), t.rect.Max.X, t.y(0))
	var line []vg.Point
	for h := 1; h < len(expected); h++ {
		line = append(line, vg.Point{X: t.x(float64(h)), Y: t.y(expected[h])})
	}
	c.StrokeLines(expectation, line)
	radius := min(dotRadius, t.rect.Size().X/vg.Length(lags*len(series))/3)
	for i, list := range dots {
		for _, d := range list {
			t.bar(c.Canvas, dotStyles[i].ink, d.x, d.lo, d.hi, radius)
			c.DrawGlyph(dotStyles[i].glyph(false, radius), vg.Point{X: t.x(d.x), Y: t.y(d.y)})
		}
	}
	t.finish(c)
	return c.write(w)
}

// A dot is a point with its bar.
type dot struct{ x, y, lo, hi float64 }

// lagChart returns the panel for ratios at lags from 1 on, with 0 in it.
func lagChart(lags int, dots []dot, expected []float64) *chart {
	var y interval
	y.include(0)
	for _, d := range dots {
		y.include(d.lo)
		y.include(d.hi)
	}
	for h := 1; h < len(expected); h++ {
		y.include(expected[h])
	}
	y = y.widened(0.08, 1e-3)
	return newChart(pointsWidth, pointsHeight, 0.5, float64(lags)+0.5, y.lo, y.hi,
		newSide("lag in steps", ruleCount(lags)), newSide("noise autocovariance / that of lag 0", rule(y.lo, y.hi, 6)))
}

// beside returns by how much of a lag the points of series i of n are shifted.
func beside(i, n int) float64 { return 0.22 * (float64(i) - float64(n-1)/2) }

// An interval grows to hold numbers.
type interval struct {
	lo, hi float64
	any    bool
}

func (r *interval) include(v float64) {
	if !r.any {
		*r = interval{v, v, true}
	}
	r.lo, r.hi = math.Min(r.lo, v), math.Max(r.hi, v)
}

// widened adds a fraction of the length at both ends, and no less than least.
func (r interval) widened(fraction, least float64) interval {
	d := math.Max(fraction*(r.hi-r.lo), least)
	return interval{r.lo - d, r.hi + d, r.any}
}

// uncertain writes v with as many decimals as its error has to tell, as in 1.02 ± 0.03; as
// number does where the error is not a number above 0.
func uncertain(v, err float64) string {
	if !(err > 0) || math.IsInf(err, 1) {
		return number(v)
	}
	decimals := min(max(0, -int(math.Floor(math.Log10(err/2)))), 9)
	return mantissa(v, 0, decimals) + " ± " + strconv.FormatFloat(err, 'f', decimals, 64)
}
