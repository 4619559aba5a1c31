package plot

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// This file draws histograms of simulated walkers against densities.

// A Histogram is what walkers were counted as, in the units of a density.
type Histogram struct {
	Density []float64 // counts over their total and the volume of the cell
	Err     []float64 // its standard error
	// Samples is how many independent samples would have such errors. It gives errors to
	// cells that no or few walkers visited.
	Samples float64
}

// Comparison1D draws a histogram on one axis with a band of ±2 standard errors s and the
// line of a density, and below it their difference z in standard errors, with
//
//	s = max(Err, √(p(1−pV)/(NV)))
//
// for the density p, the width V of the cell and the number N of samples. Cells without
// visits of which less than half a sample was expected, NpV < 1/2, have no z. Where cells
// are smaller than pixels, the upper panel shows means, with a band that is wide enough
// whatever their correlation, and the lower one the range of z.
func Comparison1D(w io.Writer, f Format, title string, axis Axis, h Histogram, density []float64) error {
	axes := []Axis{axis}
	if err := h.check("Comparison1D", 1, axes, density); err != nil {
		return err
	}
	z := h.deviations(axes, density, h.errors(axes, density))
	notes := append([]string{"band: ±2 standard errors; " + beyondTwo(z)}, linear(densityMap(), "", density).notes...)
	thinned, _ := thin(axis, density)
	return curves(w, f, title, append(notes, cut(z, mostErrors)...), thinned, h.upper(axis, density), differences(z))
}

// upper returns the panel of a histogram and a density on one axis.
func (h Histogram) upper(axis Axis, density []float64) curve {
	_, band := thin(axis, scaled(h.errors([]Axis{axis}, density), 0.5))
	_, steps := thin(axis, h.Density)
	_, line := thin(axis, density)
	top := headroom(line)
	for i := range steps {
		top = math.Max(top, 1.06*(steps[i]+band[i]))
	}
	return curve{name: "density p", hi: top, traces: []trace{
		{name: "histogram", line: pencil(sampleInk, 0.8), v: steps, err: band, band: bandInk},
		{name: "density", line: pencils[0], v: line, smooth: true},
	}}
}

// mostErrors is the greatest z on an axis.
const mostErrors = 8

// differences returns the panel of z, up to at least ±3.
func differences(z []float64) curve {
	lo, hi := extrema(z)
	limit := math.Min(math.Max(math.Max(-lo, hi), 3), mostErrors)
	z = slices.Clone(z)
	for i, v := range z {
		if math.Abs(v) > limit {
			z[i] = math.Copysign(limit, v)
		}
	}
	middle, half := ranges(z, curveWidth)
	return curve{
		name: "histogram − density, in standard errors", lo: -1.06 * limit, hi: 1.06 * limit, marks: []float64{-2, 0, 2},
		traces: []trace{{line: pencil(ink, 0.8), v: middle, err: half, band: ink}},
	}
}

// Comparison draws a histogram on two axes, a density, both in the colours of one scale with
// the contours of the density, and their difference in standard errors as in
// [Comparison1D], from −5 to 5; what is beyond has the colour of the end. Where cells are
// smaller than pixels, the third panel shows some of them: numbers in units of their own
// error have no mean. Where most cells hold less than a few samples, wider ones tell more.
func Comparison(w io.Writer, f Format, title string, axes []Axis, h Histogram, density []float64) error {
	if err := h.check("Comparison", 2, axes, density); err != nil {
		return err
	}
	s := h.errors(axes, density)
	z := h.deviations(axes, density, s)
	common := h.scale(density, s)
	units := deviationScale(z)
	notes := []string{beyondTwo(z) + "; grey: neither visited nor expected to be"}
	if len(common.levels) > 0 {
		notes = append([]string{contourNote + " of the density"}, notes...)
	}
	tiles := comparisonTiles(axes, common, units)
	c := newRow(f, title, slices.Concat(notes, common.notes, units.notes), tiles)
	for i, v := range [][]float64{h.Density, density} {
		tiles[i].cells(c.Canvas, axes[0], axes[1], v, common)
		tiles[i].contours(c.Canvas, axes[0], axes[1], density, common)
	}
	t := tiles[2]
	c.DrawImage(t.rect, paint(nearest(axes[0], axes[1], z, t.w, t.h), t.w, t.h, units))
	for _, t := range tiles {
		t.finish(c)
	}
	return c.write(w)
}

// comparisonTiles returns the panels of Comparison.
func comparisonTiles(axes []Axis, common, units *scale) []*tile {
	x, y := axes[0], axes[1]
	return []*tile{
		{x: x, y: y, caption: "histogram"},
		{x: x, y: y, caption: "density", follows: true, bars: []*scale{common}},
		{x: x, y: y, caption: "(histogram − density) / error", follows: true, bars: []*scale{units}},
	}
}

// check returns an error for what cannot be drawn, as the function check does.
func (h Histogram) check(fn string, dims int, axes []Axis, density []float64) error {
	if err := check(fn, dims, axes, density, h.Density, h.Err); err != nil {
		return err
	}
	if !(h.Samples > 0) || h.Samples > greatest {
		return fmt.Errorf("plot: %s: want a number of samples above 0, have %g", fn, h.Samples)
	}
	return nil
}

// errors returns the standard errors of the histogram, not below those that independent
// samples of the density have.
func (h Histogram) errors(axes []Axis, density []float64) []float64 {
	s := make([]float64, len(density))
	for i, p := range density {
		v := volume(axes, i)
		s[i] = math.Max(h.Err[i], math.Sqrt(math.Max(p, 0)*math.Max(1-p*v, 0)/(h.Samples*v)))
	}
	return s
}

// leastExpected is the number of samples below which no visit to a cell says nothing.
const leastExpected = 0.5

// deviations returns (histogram − density)/s, NaN where nothing was expected and found.
func (h Histogram) deviations(axes []Axis, density, s []float64) []float64 {
	z := make([]float64, len(density))
	for i, p := range density {
		if h.Density[i] == 0 && p*volume(axes, i)*h.Samples < leastExpected {
			z[i] = math.NaN()
			continue
		}
		z[i] = (h.Density[i] - p) / s[i]
	}
	return z
}

// scale returns the common scale of histogram and density. It goes up to where the
// histogram is by two standard errors: a single walker in a small cell does not stretch it.
func (h Histogram) scale(density, err []float64) *scale {
	s := linear(densityMap(), "density p", density)
	for i, v := range h.Density {
		s.top = math.Max(s.top, v-2*err[i])
	}
	if _, hi := extrema(h.Density); hi > s.top {
		s.notes = append(s.notes, "the histogram goes up to "+number(hi)+"; it has the darkest colour above the scale")
	}
	return s
}

// deviationScale is that of differences in standard errors.
func deviationScale(z []float64) *scale {
	const limit = 5
	s := &scale{cm: signedMap(), label: "standard errors", bottom: -limit, top: limit}
	s.notes = cut(z, limit)
	if slices.ContainsFunc(z, math.IsNaN) {
		s.overflow = "none"
	}
	return s
}

// cut says up to where z goes if that is beyond ±limit, which is what is drawn then.
func cut(z []float64, limit float64) []string {
	lo, hi := extrema(z)
	switch most := math.Max(-lo, hi); {
	case math.IsInf(most, 1):
		return []string{fmt.Sprintf("differences whose error is 0 are drawn as ±%g", limit)}
	case most > limit:
		return []string{fmt.Sprintf("differences up to %s standard errors are drawn as ±%g", number(most), limit)}
	}
	return nil
}

// beyondTwo says how many of the cells with a value differ by more than two standard errors.
func beyondTwo(z []float64) string {
	beyond, all := 0, 0
	for _, v := range z {
		if math.IsNaN(v) {
			continue
		}
		all++
		if math.Abs(v) > 2 {
			beyond++
		}
	}
	if all == 0 {
		return "no walkers, and none expected"
	}
	share := strconv.FormatFloat(100*float64(beyond)/float64(all), 'f', 1, 64)
	return fmt.Sprintf("%s %% of %d cells differ by more than 2 standard errors (4.6 %% if normal)", share, all)
}

// ranges merges cells as thin does and returns the middle and half the width of the range
// of v in each, NaN where it has no value.
func ranges(v []float64, n int) (middle, half []float64) {
	k := max(1, (len(v)+n-1)/n)
	for i := 0; i < len(v); i += k {
		lo, hi := extrema(v[i:min(i+k, len(v))])
		if lo > hi {
			lo, hi = math.NaN(), math.NaN()
		}
		middle, half = append(middle, lo+(hi-lo)/2), append(half, (hi-lo)/2)
	}
	return middle, half
}
