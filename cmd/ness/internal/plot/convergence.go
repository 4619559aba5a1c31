package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws errors that fall with the size of a grid, and the slopes they should have.

// Errors is a series of errors at rising sizes, with the order q expected, error ∝ size^−q.
type Errors struct {
	Name         string
	Sizes, Error []float64
	Order        float64
}

// convergenceInks tell series apart, and repeat with another glyph.
var convergenceInks = []color.RGBA{driftInk, diffusionInk, lossInk, sampleInk, {R: 0x8c, G: 0x56, B: 0x1a, A: 0xff}}

// convergenceGlyphs are of the first, second, … time round the inks.
var convergenceGlyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}

// Convergence draws errors against sizes, both logarithmic, with a triangle of the expected
// slope beside the end of each series. Errors that are 0 are left out.
func Convergence(w io.Writer, f Format, title, size, quantity string, series []Errors) error {
	var keys []key
	for i, s := range series {
		if err := checkValues("Convergence", len(s.Sizes), s.Sizes, s.Error); err != nil {
			return err
		}
		for _, n := range s.Sizes {
			if !(n > 0) {
				return fmt.Errorf("plot: Convergence: %s: want a size above 0, have %g", s.Name, n)
			}
		}
		ink, glyph := convergenceStyle(i)
		keys = append(keys, key{name: s.Name, line: pencil(ink, 1), mark: glyph})
	}
	t := convergenceChart(size, quantity, series)
	c := newCharts(f, title, []string{"triangles: the expected order"}, keys, t)
	for i, s := range series {
		t.errors(c.Canvas, i, s)
	}
	t.finish(c)
	return c.write(w)
}

// convergenceChart returns the panel that holds all errors above 0, and triangles beside them.
func convergenceChart(size, quantity string, series []Errors) *chart {
	var x, y interval
	for _, s := range series {
		for k, n := range s.Sizes {
			if s.Error[k] > 0 {
				x.include(math.Log10(n))
				y.include(math.Log10(s.Error[k]))
			}
		}
	}
	x, y = x.widened(0.08, 0.05), y.widened(0.08, 0.3)
	x.hi += 0.12 * (x.hi - x.lo) // room for triangles
	return newChart(pointsWidth, pointsHeight, x.lo, x.hi, y.lo, y.hi, newSide(size, ruleLog(x.lo, x.hi)), newSide(quantity, ruleLog(y.lo, y.hi)))
}

func convergenceStyle(i int) (color.RGBA, draw.GlyphStyle) {
	n := len(convergenceInks)
	ink := convergenceInks[i%n]
	return ink, draw.GlyphStyle{Color: ink, Radius: dotRadius, Shape: convergenceGlyphs[i/n%len(convergenceGlyphs)]}
}

// errors draws a series and its triangle.
func (t *chart) errors(c draw.Canvas, i int, s Errors) {
	ink, glyph := convergenceStyle(i)
	var at []vg.Point
	last := -1
	for k, n := range s.Sizes {
		if s.Error[k] > 0 {
			at = append(at, vg.Point{X: t.x(math.Log10(n)), Y: t.y(math.Log10(s.Error[k]))})
			last = k
		}
	}
	c.StrokeLines(pencil(ink, 1), at)
	for _, p := range at {
		c.DrawGlyph(glyph, p)
	}
	if len(at) > 1 && s.Order > 0 {
		t.triangle(c, ink, math.Log10(s.Sizes[last]), math.Log10(s.Error[last]), s.Order)
	}
}

// triangle draws a right triangle of slope −order with its lower corner right of a point, and
// the order beside it.
func (t *chart) triangle(c draw.Canvas, ink color.RGBA, x, y, order float64) {
	wide := 0.05 * (t.xhi - t.xlo)
	x += 0.012 * (t.xhi - t.xlo)
	a := vg.Point{X: t.x(x), Y: t.y(y + order*wide)}
	b := vg.Point{X: t.x(x + wide), Y: t.y(y)}
	corner := vg.Point{X: b.X, Y: a.Y}
	c.StrokeLines(pencil(ink, 0.7), []vg.Point{a, b, corner, a})
	st := style(tickSize, text.XLeft, text.YCenter)
	st.Color = ink
	fillCentered(c, st, corner.X+labelGap, (a.Y+b.Y)/2, strconv.FormatFloat(order, 'g', 3, 64))
}
