package plot

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// isAt says whether an image has a colour at a point of the page, or within a pixel of it: that much
// a thin line may be off by rounding.
func isAt(img image.Image, x, y vg.Length, want color.RGBA) bool {
	for _, dx := range []vg.Length{0, -px, px} {
		for _, dy := range []vg.Length{0, -px, px} {
			if at(img, x+dx, y+dy) == want {
				return true
			}
		}
	}
	return false
}

// Points, bars and the reference of a series are where their numbers say, and the whole of every bar
// is in the panel.
func TestCurvesAreDrawnInPlace(t *testing.T) {
	s := Series{
		XLabel: "lag", YLabel: "correlation", X: []float64{1, 2, 3}, Y: []float64{0.1, -0.2, 0.3},
		Err: []float64{0.05, 0.05, 0.2}, Reference: []float64{0.2, 0.2, 0.2},
	}
	img := picture(t, func(w io.Writer) error { return Curve(w, PNG, "title", s) })
	c := s.chart(s.ranges())
	newCharts(PNG, "title", nil, nil, c)
	if c.ylo > -0.3 || c.yhi < 0.7 {
		t.Errorf("the axis goes from %g to %g, and bars from −0.3 to 0.7", c.ylo, c.yhi)
	}
	for i, x := range s.X {
		end := 2*s.Err[i] - 0.01
		for _, y := range []float64{s.Y[i], s.Y[i] - end, s.Y[i] + end} {
			if !isAt(img, c.x(x), c.y(y), driftInk) {
				t.Errorf("nothing is drawn at (%g, %g)", x, y)
			}
		}
		if at(img, c.x(x), c.y(s.Y[i]+end+0.03)) == driftInk {
			t.Errorf("the bar of point %d is too long", i)
		}
	}
	drawn := 0
	for i := range 100 {
		if isAt(img, c.x(1.2+0.006*float64(i)), c.y(0.2), ink) {
			drawn++
		}
	}
	if drawn < 50 || drawn > 85 { // dashes of 5, gaps of 3, and a pixel at either end
		t.Errorf("%d of 100 places along the reference are drawn", drawn)
	}
}

// Axes of two decades and more are logarithmic, and what is not above 0 is nowhere on them; many
// points are joined.
func TestCurvesOfDecades(t *testing.T) {
	s := Series{X: []float64{1, 10, 100, 1000}, Y: []float64{1e-4, 1e-2, math.NaN(), 1}}
	img := picture(t, func(w io.Writer) error { return Curve(w, PNG, "title", s) })
	c := s.chart(s.ranges())
	newCharts(PNG, "title", nil, nil, c)
	for _, i := range []int{0, 1, 3} {
		if !isAt(img, c.x(float64(i)), c.y(math.Log10(s.Y[i])), driftInk) {
			t.Errorf("point %d is not drawn", i)
		}
	}
	var many Series
	for i := range manyPoints + 1 {
		many.X, many.Y = append(many.X, float64(i)), append(many.Y, float64(i%2))
	}
	img = picture(t, func(w io.Writer) error { return Curve(w, PNG, "title", many) })
	c = many.chart(many.ranges())
	newCharts(PNG, "title", nil, nil, c)
	for i := range manyPoints { // half way between two points
		if !isAt(img, c.x(float64(i)+0.5), c.y(0.5), driftInk) {
			t.Errorf("points %d and %d are not joined", i, i+1)
		}
	}
}

func TestCurvesSayWhatTheyShow(t *testing.T) {
	s := Series{XLabel: "the lag", YLabel: "the height", X: []float64{1, 2}, Y: []float64{3, 4}}
	all := s
	all.Err, all.Reference = []float64{1, 1}, []float64{3, 3}
	for _, k := range []struct {
		s            Series
		has, without []string
	}{
		{s, []string{"the lag", "the height", "measured"}, []string{"expected", "standard errors"}},
		{all, []string{"measured", "expected", "±2 standard errors"}, nil},
	} {
		var b bytes.Buffer
		if err := Curve(&b, SVG, "", k.s); err != nil {
			t.Fatal(err)
		}
		for _, text := range k.has {
			if !strings.Contains(b.String(), text) {
				t.Errorf("the figure does not say %q", text)
			}
		}
		for _, text := range k.without {
			if strings.Contains(b.String(), text) {
				t.Errorf("the figure says %q", text)
			}
		}
	}
	nan := []float64{math.NaN(), math.NaN()}
	if err := Curve(io.Discard, SVG, "", Series{X: s.X, Y: nan}); err == nil {
		t.Error("nothing to draw is no error")
	}
}

// Cells have the colours of their values in place, those without one that of no value. Fields that
// are nowhere below 0 begin at 0, others are symmetric about it.
func TestScalarsAreDrawnInPlace(t *testing.T) {
	axes := []Axis{{Name: "x", Edges: []float64{0, 1, 4, 10}}, {Name: "y", Edges: []float64{0, 7, 10}}}
	for _, k := range []struct {
		v      []float64
		cm     *colorMap
		lo, hi float64
	}{
		{[]float64{1, 2, 3, 4, math.NaN(), 5}, densityMap(), 0, 5},
		{[]float64{1, -2, 3, -4, math.NaN(), 2}, signed("", "", []float64{1, -4}).cm, -4, 4},
	} {
		img := picture(t, func(w io.Writer) error { return Scalar(w, PNG, "title", axes, "name", k.v) })
		left, bottom := leftMargin(vertical(axes[1], longSide)), img.Bounds().Dy()-bottomMargin
		for i, v := range k.v {
			want := beyond
			if !math.IsNaN(v) {
				want = k.cm.at((v - k.lo) / (k.hi - k.lo))
			}
			for _, x := range corners(axes[0].Edges[i%3], axes[0].Edges[i%3+1]) {
				for _, y := range corners(axes[1].Edges[i/3], axes[1].Edges[i/3+1]) {
					if got := color.RGBAModel.Convert(img.At(left+x, bottom-1-y)); got != want {
						t.Errorf("cell %d at (%d, %d): colour %v, want %v", i, x, y, got, want)
					}
				}
			}
		}
	}
}

// Errors are where their numbers say, and the triangle beside the last has the slope that is
// expected, whatever the errors do. Errors of 0 are left out.
func TestConvergenceIsDrawnInPlace(t *testing.T) {
	list := []Errors{
		{Name: "good", Sizes: []float64{10, 20, 40}, Error: []float64{1e-2, 2.5e-3, 6.25e-4}, Order: 2},
		{Name: "bad", Sizes: []float64{10, 20, 40}, Error: []float64{1e-4, 0, 5e-5}, Order: 4},
	}
	img := picture(t, func(w io.Writer) error { return Convergence(w, PNG, "title", "cells", "error", list) })
	c := convergenceChart("cells", "error", list)
	newCharts(PNG, "title", nil, nil, c)
	for i, s := range list {
		ink, _ := convergenceStyle(i)
		for k, n := range s.Sizes {
			if e := s.Error[k]; e > 0 && !isAt(img, c.x(math.Log10(n)), c.y(math.Log10(e)), ink) {
				t.Errorf("%s: the error at %g is not drawn", s.Name, n)
			}
		}
		// Along the long side, from 0.012 of the width right of the last error on, 0.05 wide.
		width := c.xhi - c.xlo
		x0, y0 := math.Log10(40)+0.012*width, math.Log10(slices.Min(s.Error[2:]))
		found := 0
		for k := range 20 {
			f := (float64(k) + 0.5) / 20
			if isAt(img, c.x(x0+0.05*width*f), c.y(y0+s.Order*0.05*width*(1-f)), ink) {
				found++
			}
		}
		if found < 18 { // rounding may take a pixel or two of a line that is 0.7 points wide
			t.Errorf("%s: %d of 20 places along a slope of −%g are drawn", s.Name, found, s.Order)
		}
	}
}

func TestConvergenceChecksItsInput(t *testing.T) {
	for name, s := range map[string]Errors{
		"size 0": {Sizes: []float64{0, 1}, Error: []float64{1, 1}}, "NaN": {Sizes: []float64{1, 2}, Error: []float64{1, math.NaN()}},
	} {
		if err := Convergence(io.Discard, SVG, "", "", "", []Errors{s}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
