package plot

import (
	"image/color"
	"math"
	"strings"
)

// logCap is the greatest −ln(p / max p) drawn, in nats: e⁻⁵⁰ = 2e-22 is beyond
// any sampling and below the round-off of most solvers.
const logCap = 50

// contourFractions are the contours of a density, as fractions of its maximum.
var contourFractions = []float64{0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9}

const contourNote = "contours at 1, 3, 10, 30, 50, 70, 90 % of the maximum"

// A form is what a scale shows of a value v.
type form int

const (
	itself  form = iota
	nats         // −ln(v/max)
	decades      // log₁₀ v
	degrees      // v, an angle: only its labels are others
)

// A scale says how cell means become colours: what is shown, between which limits,
// with which contours.
type scale struct {
	cm          *colorMap
	label, unit string  // what is shown; unit "" where the label says it all
	bottom, top float64 // the range shown
	levels      []float64
	form        form
	max         float64 // of the form nats: greatest cell value of p
	overflow    string  // label of the colour beyond; "" if nothing has it
	notes       []string
}

// title returns what is written along a colour bar with the labels r.
func (s *scale) title(r ruler) string {
	if s.unit == "" {
		return r.name(s.label)
	}
	return s.label + " in " + strings.TrimSpace(r.factor+" "+s.unit)
}

// fraction returns where in the range a shown value is, from 0 to 1.
func (s *scale) fraction(v float64) float64 { return (v - s.bottom) / (s.top - s.bottom) }

// linear is the scale of p itself. A density without a positive value has the
// range [0, 1] and says so.
func linear(cm *colorMap, label string, density []float64) *scale {
	lo, hi := extrema(density)
	s := &scale{cm: cm, label: label, top: hi, max: hi}
	if hi <= 0 {
		s.top = 1
		s.notes = append(s.notes, "p is nowhere positive")
		return s
	}
	for _, f := range contourFractions {
		s.levels = append(s.levels, f*hi)
	}
	if lo < -1e-6*hi { // less is not visible, and within what finite volumes of high order do
		s.notes = append(s.notes, "p < 0, down to "+number(lo)+", is drawn as 0")
	}
	return s
}

// logarithmic is the scale of −ln(p / max p), in nats, up to logCap or the
// greatest value there is.
func logarithmic(density []float64) *scale {
	_, hi := extrema(density)
	s := &scale{cm: potentialMap(), label: "−ln(p / max p)", top: 1, form: nats, max: hi}
	if hi <= 0 {
		s.overflow = "p ≤ 0"
		s.notes = append(s.notes, "p is nowhere positive")
		return s
	}
	depth, capped, zeros := 0.0, false, false
	for _, p := range density {
		switch phi := s.value(p); {
		case p <= 0:
			zeros = true
		case phi > logCap:
			depth, capped = logCap, true
		default:
			depth = math.Max(depth, phi)
		}
	}
	if depth > 0 {
		s.top = depth
	}
	switch {
	case capped && zeros:
		s.overflow = "> 50, or p ≤ 0"
	case capped:
		s.overflow = "> 50"
	case zeros:
		s.overflow = "p ≤ 0"
	}
	step := niceStep(s.top / 12)
	for i := 1; step > 0 && float64(i)*step < s.top; i++ {
		s.levels = append(s.levels, float64(i)*step)
	}
	return s
}

// value returns what is shown for a mean v: of v ≤ 0 the forms nats and decades
// show ∞ and −∞.
func (s *scale) value(v float64) float64 {
	switch {
	case s.form == nats && v <= 0:
		return math.Inf(1)
	case s.form == nats:
		return math.Log(s.max) - math.Log(v)
	case s.form == decades && v <= 0:
		return math.Inf(-1)
	case s.form == decades:
		return math.Log10(v)
	}
	return v
}

// linearBound is out of sight of the contours of a density itself, the lowest of which is at ln 100.
const linearBound = 8

// potential returns −ln(p/max), from which contours are drawn, up to a bound out of sight of every
// level: beyond and where p ≤ 0 it is that, so that what is extrapolated from there is beyond too.
func (s *scale) potential(p float64) float64 {
	bound := 1.2 * logCap
	if s.form == itself {
		bound = linearBound
	}
	if p <= 0 {
		return bound
	}
	return min(bound, math.Log(s.max)-math.Log(p))
}

// color returns the colour of a mean, NaN where there is none.
func (s *scale) color(mean float64) color.RGBA {
	v := s.value(mean)
	// 1e-9: the logarithm of a pixel's mean rounds differently from a cell's.
	if math.IsNaN(v) || s.form == nats && s.overflow != "" && v > s.top+1e-9 {
		return beyond
	}
	return s.cm.at(s.fraction(v))
}

// extrema returns the least and the greatest number in v, ∞ and −∞ if there is none.
func extrema(v []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if x < lo {
			lo = x
		}
		if x > hi {
			hi = x
		}
	}
	return lo, hi
}
