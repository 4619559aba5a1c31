package plot

import (
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Density1D draws a density on one axis, cell by cell, and below it the
// potential −ln(p / max p) up to 50 nats. Where p ≤ 0 or beyond that, the
// potential has no curve.
func Density1D(w io.Writer, f Format, title string, axis Axis, density []float64) error {
	if err := check("Density1D", 1, []Axis{axis}, density); err != nil {
		return err
	}
	axis, density = thin(axis, density)
	s := logarithmic(density)
	phi := make([]float64, len(density))
	for i, p := range density {
		if phi[i] = s.value(p); phi[i] > s.top {
			phi[i] = math.NaN()
		}
	}
	notes := linear(densityMap(), "", density).notes
	if s.overflow != "" {
		notes = append(notes, "no curve below where "+overflowPhrase(s.overflow))
	}
	return curves(w, f, title, notes, axis,
		curve{name: "density p", traces: plainTrace(density), lo: 0, hi: headroom(density), fill: true},
		curve{name: s.label, traces: plainTrace(phi), lo: 0, hi: 1.06 * s.top})
}

// overflowPhrase says what a scale's overflow means for the lower panel.
func overflowPhrase(label string) string {
	if label == "p ≤ 0" {
		return label
	}
	return "−ln(p / max p) " + label
}

// Current1D draws a density on one axis and below it the current J, whose value
// is written under the title: in one dimension a stationary current is the same
// everywhere, and by how much it is not tells about the solution.
//
// A caller who finds the current to be round-off passes nil or zeros. drift and
// diffusion, nil or one value per cell, are its parts vp and −D ∂p/∂x, drawn beside J.
func Current1D(w io.Writer, f Format, title string, axis Axis, density, j, drift, diffusion []float64) error {
	if j == nil {
		j = make([]float64, len(density))
	}
	if err := check("Current1D", 1, []Axis{axis}, density, j); err != nil {
		return err
	}
	all := []trace{
		{name: "drift part", line: pencil(driftInk, 1), v: drift},
		{name: "diffusion part", line: pencil(diffusionInk, 1), v: diffusion},
		{name: "J", line: pencil(ink, 1), v: j},
	}
	var traces []trace
	lo, hi := 0.0, 0.0
	for _, q := range all {
		if q.v == nil {
			continue
		}
		if err := checkGaps("Current1D", axis.cells(), q.v); err != nil {
			return err
		}
		least, most := extrema(q.v)
		lo, hi = math.Min(lo, least), math.Max(hi, most)
		_, q.v = thin(axis, q.v)
		traces = append(traces, q)
	}
	notes := append([]string{describe(axis, j)}, linear(densityMap(), "", density).notes...)
	axis, density = thin(axis, density)
	if lo == hi {
		lo, hi = -1, 1
	}
	margin := 0.15 * (hi - lo)
	return curves(w, f, title, notes, axis,
		curve{name: "density p", traces: plainTrace(density), lo: 0, hi: headroom(density), fill: true},
		curve{name: "current in T⁻¹", traces: traces, lo: lo - margin, hi: hi + margin, marks: []float64{0}})
}

// describe returns the mean of j over the axis and its range.
func describe(a Axis, j []float64) string {
	lo, hi := extrema(j)
	if lo == 0 && hi == 0 {
		return "no current"
	}
	var mean float64
	for i, v := range j {
		mean += v * (a.width(i) / (a.hi() - a.lo()))
	}
	// Round-off of a mean and of fluxes from cell values, of which there are few.
	if hi-lo <= 1e-12*math.Max(math.Abs(lo), math.Abs(hi)) {
		return "J = " + number(mean)
	}
	return "mean J = " + number(mean) + ", max J − min J = " + number(hi-lo)
}

// thin merges cells until there is one for each pixel.
func thin(a Axis, v []float64) (Axis, []float64) {
	axes, v := coarsen([]Axis{a}, v, curveWidth)
	return axes[0], v
}

// headroom returns the top of a panel for v ≥ 0.
func headroom(v []float64) float64 {
	if _, hi := extrema(v); hi > 0 {
		return 1.06 * hi
	}
	return 1
}

// A trace is cell values drawn as steps, or as a line through their centres; NaN breaks it.
type trace struct {
	name   string
	line   draw.LineStyle
	v      []float64
	err    []float64  // half the height of a band around the steps; nil for none
	band   color.RGBA // of the band
	smooth bool       // through the centres
}

func plainTrace(v []float64) []trace { return []trace{{line: pencil(ink, 1), v: v}} }

// pencil returns a line, of a width in points.
func pencil(col color.Color, width float64, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: col, Width: vg.Points(width), Dashes: dashes}
}

// A curve is what one panel shows. Two or more traces have a legend above the panel.
type curve struct {
	name   string
	traces []trace
	lo, hi float64   // range of the panel; what lies outside is cut off
	fill   bool      // shade the area below the steps, down to lo
	marks  []float64 // levels with a horizontal line, solid at 0, else dashed
}

// keys returns the legend of the panel.
func (q curve) keys() (list []key) {
	if len(q.traces) < 2 {
		return nil
	}
	for _, t := range q.traces {
		list = append(list, t.key())
	}
	return list
}

// Sizes of the two panels of a figure in one dimension, in pixels.
const (
	curveWidth  = 1330
	curveHeight = 520
	curveGap    = 50
	curveRight  = 60 // right of the panels
)

// curves draws two panels, one above the other, over a common axis.
func curves(w io.Writer, f Format, title string, notes []string, a Axis, upper, lower curve) error {
	ends := []curve{lower, upper}
	var sides [2]side
	var legends [2]legend
	for i, q := range ends {
		sides[i] = newSide(q.name, rule(q.lo, q.hi, 5))
		legends[i] = newLegend(q.keys(), curveWidth)
	}
	sides[0].labels = max(sides[0].labels, sides[1].labels)
	sides[1].labels = sides[0].labels
	left := leftMargin(sides[0])
	gap := curveGap + legends[0].height()
	c := newPage(f, left+curveWidth+curveRight, bottomMargin+2*curveHeight+gap+legends[1].height()+topMargin(len(notes)))
	for i, q := range ends {
		y := bottomMargin + i*(curveHeight+gap)
		p := newPanel(left, y, curveWidth, curveHeight, a.lo(), a.hi(), q.lo, q.hi)
		p.curve(c.Canvas, a, q)
		bottom := horizontal(a, curveWidth)
		bottom.bare = i == 1
		p.frame(c.Canvas, bottom, sides[i])
		legends[i].draw(c.Canvas, p.rect.Min.X, p.rect.Max.Y)
		if i == 1 {
			heading(c, p.rect.Min.X, p.rect.Max.X, title, notes)
		}
	}
	return c.write(w)
}

// curve draws the marks and the traces of q.
func (p panel) curve(c draw.Canvas, a Axis, q curve) {
	for _, v := range q.marks {
		line := pencil(gray, 0.4)
		if v != 0 {
			line.Dashes = []vg.Length{4, 3}
		}
		c.StrokeLine2(line, p.rect.Min.X, p.y(v), p.rect.Max.X, p.y(v))
	}
	for _, t := range q.traces {
		for _, r := range runs(t.v) {
			p.trace(c, a, q, t, r)
		}
	}
}

// A stretch is the cells from lo up to hi.
type stretch struct{ lo, hi int }

// runs returns the stretches of v without a gap.
func runs(v []float64) (list []stretch) {
	for i := 0; i < len(v); i++ {
		lo := i
		for i < len(v) && !math.IsNaN(v[i]) {
			i++
		}
		if i > lo {
			list = append(list, stretch{lo, i})
		}
	}
	return list
}

// trace draws the stretch r of t: area, band, line.
func (p panel) trace(c draw.Canvas, a Axis, q curve, t trace, r stretch) {
	if t.smooth {
		p.clip(c).StrokeLines(t.line, p.clip(c).ClipLinesXY(p.throughCenters(a, t.v, r))...)
		return
	}
	steps := p.steps(a, q, r, func(i int) float64 { return t.v[i] })
	if q.fill {
		last := steps[len(steps)-1]
		fillBetween(c, shade, steps, []vg.Point{{X: steps[0].X, Y: p.rect.Min.Y}, {X: last.X, Y: p.rect.Min.Y}})
	}
	if t.err != nil {
		up := p.steps(a, q, r, func(i int) float64 { return t.v[i] + t.err[i] })
		down := p.steps(a, q, r, func(i int) float64 { return t.v[i] - t.err[i] })
		fillBetween(c, t.band, up, down)
	}
	c.StrokeLines(t.line, steps)
}

// steps returns the outline of the cells r with the given heights, within the panel.
func (p panel) steps(a Axis, q curve, r stretch, at func(i int) float64) (pts []vg.Point) {
	for i := r.lo; i < r.hi; i++ {
		y := p.y(math.Min(math.Max(at(i), q.lo), q.hi))
		pts = append(pts, vg.Point{X: p.x(a.Edges[i]), Y: y}, vg.Point{X: p.x(a.Edges[i+1]), Y: y})
	}
	return pts
}

// throughCenters returns the points of the cells r of v. Those a thousand panels away are
// as far as any.
func (p panel) throughCenters(a Axis, v []float64, r stretch) (pts []vg.Point) {
	for i, x := range centers(a.Edges[r.lo : r.hi+1]) {
		away := math.Min(math.Max((v[r.lo+i]-p.ylo)/(p.yhi-p.ylo), -1e3), 1e3)
		pts = append(pts, vg.Point{X: p.x(x), Y: p.rect.Min.Y + vg.Length(away)*p.rect.Size().Y})
	}
	return pts
}

// clip returns the canvas within the panel.
func (p panel) clip(c draw.Canvas) *draw.Canvas {
	return &draw.Canvas{Canvas: c.Canvas, Rectangle: p.rect}
}

// fillBetween fills the area between two lines.
func fillBetween(c draw.Canvas, col color.Color, up, down []vg.Point) {
	area := slices.Clone(up)
	for _, q := range slices.Backward(down) {
		area = append(area, q)
	}
	c.FillPolygon(col, area)
}
