package plot

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
)

// This file draws quantities that change in time.

// A Falling is a quantity ≥ 0 that tends to 0, at ascending times > 0; NaN where it is not known.
type Falling struct {
	Name          string // with its unit
	Times, Values []float64
}

// fallingDecades is how far below its largest value a quantity is drawn: less is round-off.
const fallingDecades = 18

// Course draws quantities against time side by side, all logarithmic. Values of 0 are not drawn,
// and a quantity without a value above 0 has no panel.
func Course(w io.Writer, f Format, title string, list []Falling) error {
	var charts []*chart
	var lines [][][2]float64
	for _, q := range list {
		if err := checkGaps("Course", len(q.Times), q.Times, q.Values); err != nil {
			return err
		}
		pts := q.decades()
		if len(pts) == 0 {
			continue
		}
		var x, y interval
		for _, p := range pts {
			x.include(p[0])
			y.include(p[1])
		}
		x, y = x.widened(0.02, 0.1), y.widened(0.05, 0.1)
		charts = append(charts, newChart(pointsWidth, pointsHeight, x.lo, x.hi, y.lo, y.hi,
			newSide("time t in T", ruleLog(x.lo, x.hi)), newSide(q.Name, ruleLog(y.lo, y.hi))))
		lines = append(lines, pts)
	}
	if len(charts) == 0 {
		return fmt.Errorf("plot: Course: want a quantity with values above 0")
	}
	c := newCharts(f, title, nil, nil, charts...)
	for i, t := range charts {
		var pts []vg.Point
		for _, p := range lines[i] {
			pts = append(pts, vg.Point{X: t.x(p[0]), Y: t.y(p[1])})
		}
		c.StrokeLines(pencil(driftInk, 1.2), pts)
		t.finish(c)
	}
	return c.write(w)
}

// decades returns the points of q in decades.
func (q Falling) decades() (pts [][2]float64) {
	_, most := extrema(q.Values)
	for i, v := range q.Values {
		if v > 0 && q.Times[i] > 0 && v >= most*math.Pow(10, -fallingDecades) {
			pts = append(pts, [2]float64{math.Log10(q.Times[i]), math.Log10(v)})
		}
	}
	return pts
}

// A Frame is one of several pictures to be shown one after the other: all have the same scale.
type Frame struct {
	Caption string
	Density []float64
	// Top is the largest density of the scale: what is above has the colour of its end, or is cut
	// off.
	Top float64
	// Last is the density that the frames tend to, to be drawn beside each on one axis; nil for
	// none.
	Last []float64
}

// DensityFrame draws a density on one axis or two; on three its marginals, which have scales of
// their own.
func DensityFrame(w io.Writer, f Format, title string, axes []Axis, frame Frame) error {
	if err := check("DensityFrame", len(axes), axes, frame.Density); err != nil {
		return err
	}
	title = join(title, frame.Caption)
	switch len(axes) {
	case 1:
		return frame.onLine(w, f, title, axes[0])
	case 2:
		return frame.inPlane(w, f, title, axes)
	}
	return Marginals3D(w, f, title, axes, frame.Density)
}

// join puts a caption behind a title.
func join(title, caption string) string {
	if title == "" {
		return caption
	}
	return title + ": " + caption
}

const frameNote = "contours at 1, 3, 10, 30, 50, 70, 90 % of the scale"

func (r *Frame) inPlane(w io.Writer, f Format, title string, axes []Axis) error {
	s := linear(densityMap(), "density p", []float64{0, r.Top})
	c, p := newMap(f, title, axes, []string{frameNote}, s)
	p.cells(c.Canvas, axes[0], axes[1], r.Density, s)
	p.contours(c.Canvas, axes[0], axes[1], r.Density, s)
	p.finish(c, axes, s)
	return c.write(w)
}

func (r *Frame) onLine(w io.Writer, f Format, title string, axis Axis) error {
	upper := curve{name: "density p", hi: 1.06 * r.Top}
	lower := curve{name: "−ln(p / largest p)", hi: logCap}
	add := func(name string, p []float64, line int) {
		_, v := thin(axis, p)
		phi := make([]float64, len(v))
		for i, x := range v {
			if phi[i] = math.Log(r.Top / x); !(x > 0) || phi[i] > logCap {
				phi[i] = math.NaN()
			}
		}
		upper.traces = append(upper.traces, trace{name: name, line: pencils[line], v: v})
		lower.traces = append(lower.traces, trace{name: name, line: pencils[line], v: phi})
	}
	add("at time t", r.Density, 0)
	if r.Last != nil {
		if err := checkValues("DensityFrame", axis.cells(), r.Last); err != nil {
			return err
		}
		add("stationary", r.Last, 1)
	}
	thinned, _ := thin(axis, r.Density)
	return curves(w, f, title, nil, thinned, upper, lower)
}
