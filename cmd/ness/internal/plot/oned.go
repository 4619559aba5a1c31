package plot

import (
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot/text"
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
	all := []trace{{"drift part", driftInk, drift}, {"diffusion part", diffusionInk, diffusion}, {"J", ink, j}}
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
		curve{name: "current in T⁻¹", traces: traces, lo: lo - margin, hi: hi + margin, zero: true})
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

// A trace is cell values drawn as steps; NaN breaks it.
type trace struct {
	name string
	ink  color.RGBA
	v    []float64
}

func plainTrace(v []float64) []trace { return []trace{{"", ink, v}} }

// A curve is what one panel shows. Two or more traces have a legend above the panel.
type curve struct {
	name   string
	traces []trace
	lo, hi float64 // range of the panel; what lies outside is cut off
	fill   bool    // shade the area down to lo
	zero   bool    // draw the line v = 0
}

// Sizes of the two panels of a figure in one dimension, in pixels.
const (
	curveWidth  = 1330
	curveHeight = 520
	curveGap    = 50
	// legendHeight is what a legend adds to the gap.
	legendHeight = 24
)

// curves draws two panels, one above the other, over a common axis.
func curves(w io.Writer, f Format, title string, notes []string, a Axis, upper, lower curve) error {
	ends := []curve{lower, upper}
	var sides [2]side
	for i, q := range ends {
		sides[i] = newSide(q.name, rule(q.lo, q.hi, 5))
	}
	sides[0].labels = max(sides[0].labels, sides[1].labels)
	sides[1].labels = sides[0].labels
	left := leftMargin(sides[0])
	const right = 60
	gap := curveGap
	if len(lower.traces) > 1 {
		gap += legendHeight
	}
	c := newPage(f, left+curveWidth+right, bottomMargin+2*curveHeight+gap+topMargin(len(notes)))
	for i, q := range ends {
		y := bottomMargin + i*(curveHeight+gap)
		p := newPanel(left, y, curveWidth, curveHeight, a.lo(), a.hi(), q.lo, q.hi)
		p.curve(c.Canvas, a, q)
		bottom := horizontal(a, curveWidth)
		if i == 1 {
			bottom.bare = true
		}
		p.frame(c.Canvas, bottom, sides[i])
		if i == 1 {
			heading(c, p.rect.Min.X, p.rect.Max.X, title, notes)
		}
	}
	return c.write(w)
}

// curve draws the traces of q, and their legend if there are several.
func (p panel) curve(c draw.Canvas, a Axis, q curve) {
	if q.zero {
		stroke(c, gray, 0.4, []vg.Point{{X: p.rect.Min.X, Y: p.y(0)}, {X: p.rect.Max.X, Y: p.y(0)}})
	}
	for _, t := range q.traces {
		p.steps(c, a, q, t)
	}
	if len(q.traces) > 1 {
		p.legend(c, q.traces)
	}
}

// legend names the traces above the panel.
func (p panel) legend(c draw.Canvas, traces []trace) {
	const sample, gap = vg.Length(16), vg.Length(4)
	x, y := p.rect.Min.X, p.rect.Max.Y+vg.Length(8)
	st := style(tickSize, text.XLeft, text.YCenter)
	for _, t := range traces {
		stroke(c, t.ink, 1.2, []vg.Point{{X: x, Y: y}, {X: x + sample, Y: y}})
		fillCentered(c, st, x+sample+gap, y, t.name)
		x += sample + 4*gap + st.Width(t.name)
	}
}

// steps draws each unbroken run of cells of t.
func (p panel) steps(c draw.Canvas, a Axis, q curve, t trace) {
	var run []vg.Point
	flush := func() {
		if len(run) == 0 {
			return
		}
		if q.fill {
			area := append([]vg.Point{{X: run[0].X, Y: p.rect.Min.Y}}, run...)
			area = append(area, vg.Point{X: run[len(run)-1].X, Y: p.rect.Min.Y})
			c.FillPolygon(shade, area)
		}
		stroke(c, t.ink, 1, run)
		run = nil
	}
	for i, v := range t.v {
		if math.IsNaN(v) {
			flush()
			continue
		}
		y := p.y(math.Min(math.Max(v, q.lo), q.hi))
		run = append(run, vg.Point{X: p.x(a.Edges[i]), Y: y}, vg.Point{X: p.x(a.Edges[i+1]), Y: y})
	}
	flush()
}
