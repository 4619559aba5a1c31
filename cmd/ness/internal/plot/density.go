package plot

import (
	"io"
	"strconv"

	"gonum.org/v1/plot/vg/draw"
)

// Density draws a density on two axes as colours with contours at fixed
// fractions of its maximum.
func Density(w io.Writer, f Format, title string, axes []Axis, density []float64) error {
	if err := check("Density", 2, axes, density); err != nil {
		return err
	}
	s := linear(densityMap(), "density p", density)
	if len(s.levels) > 0 {
		s.notes = append([]string{contourNote}, s.notes...)
	}
	c, p := newMap(f, title, axes, s.notes, s)
	p.cells(c.Canvas, axes[0], axes[1], density, s)
	p.contours(c.Canvas, axes[0], axes[1], density, s)
	p.finish(c, axes, s)
	return c.write(w)
}

// LogDensity draws the potential −ln(p / max p) of a density on two axes, in
// nats, up to 50. Cells beyond that, and cells with p ≤ 0, have a colour of
// their own, named on the colour bar.
func LogDensity(w io.Writer, f Format, title string, axes []Axis, density []float64) error {
	if err := check("LogDensity", 2, axes, density); err != nil {
		return err
	}
	s := logarithmic(density)
	notes := s.notes
	if len(s.levels) > 0 {
		notes = append([]string{"contours every " + plural(s.levels[0], "nat")}, notes...)
	}
	c, p := newMap(f, title, axes, notes, s)
	p.cells(c.Canvas, axes[0], axes[1], density, s)
	p.contours(c.Canvas, axes[0], axes[1], density, s)
	p.finish(c, axes, s)
	return c.write(w)
}

// longSide is the longer side of the panel of a map, in pixels.
const longSide = 1130

// panelSize returns the sides of a panel for two axes, in pixels: to the same
// scale if that needs a ratio of sides below 2.5, else square.
func panelSize(x, y Axis, long int) (w, h int) {
	ratio := (y.hi() - y.lo()) / (x.hi() - x.lo())
	switch {
	case ratio > 2.5 || ratio < 1/2.5:
		return long, long
	case ratio > 1:
		return int(float64(long)/ratio + 0.5), long
	}
	return long, int(float64(long)*ratio + 0.5)
}

// newMap returns a page with its heading, the empty panel for two axes, and room for
// colour bars.
func newMap(f Format, title string, axes []Axis, notes []string, bars ...*scale) (page, panel) {
	x, y := axes[0], axes[1]
	w, h := panelSize(x, y, longSide)
	left := leftMargin(vertical(y, h))
	c := newPage(f, left+w+rightMargin(bars, h), bottomMargin+h+topMargin(len(notes)))
	p := newPanel(left, bottomMargin, w, h, x.lo(), x.hi(), y.lo(), y.hi())
	heading(c, p.rect.Min.X, p.rect.Max.X, title, notes)
	return c, p
}

// horizontal returns name and labels of a horizontal axis w pixels long.
func horizontal(a Axis, w int) side { return newSide(a.Name, ruleAlong(a.lo(), a.hi(), w)) }

// vertical returns name and labels of a vertical axis h pixels long.
func vertical(a Axis, h int) side { return newSide(a.Name, rule(a.lo(), a.hi(), max(2, h/120))) }

// finish draws what lies on top of the colours: frame and colour bars.
func (p panel) finish(c page, axes []Axis, bars ...*scale) {
	p.frame(c.Canvas, horizontal(axes[0], p.w), vertical(axes[1], p.h))
	p.colorBars(c.Canvas, bars)
}

// cells fills the panel with the colours of the pixels' means.
func (p panel) cells(c draw.Canvas, x, y Axis, density []float64, s *scale) {
	c.DrawImage(p.rect, paint(pixels(x, y, density, p.w, p.h), p.w, p.h, s))
}

// plural returns a number of things, as "1 nat" and "5 nats".
func plural(n float64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.FormatFloat(n, 'g', 3, 64) + " " + thing
}
