package plot

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// A Marginal is a histogram on one axis, with its standard error, in the units of a density.
type Marginal struct {
	Axis           Axis
	Histogram, Err []float64
}

// A Named is a density by its marginals, one for each axis, nil where there is none.
type Named struct {
	Name   string
	Values [][]float64
}

// Sizes of the panels of MarginalsCompared, in pixels.
const (
	marginalWidth  = 900
	marginalHeight = 640
)

// MarginalsCompared draws for each axis the histogram with a band of ±2 standard errors and
// the lines of up to ten densities, of which the first stands out; the figure says which others are left
// out. Panels end at 2.5 times the highest that the histogram or the first density is; higher lines are cut off.
func MarginalsCompared(w io.Writer, f Format, title string, marginals []Marginal, densities []Named) error {
	var more []string
	for _, d := range densities[min(len(densities), len(pencils)):] {
		more = append(more, d.Name)
	}
	densities = densities[:len(densities)-len(more)]
	above := make([]bool, len(densities))
	var charts []*chart
	var shown []curve
	for k, m := range marginals {
		q, err := m.curve(k, densities)
		if err != nil {
			return err
		}
		for i, d := range densities {
			if _, hi := extrema(d.Values[k]); hi > q.hi {
				above[i] = true
			}
		}
		shown = append(shown, q)
		charts = append(charts, m.chart(q))
	}
	keys := []key{shown[0].traces[0].key()}
	var higher []string
	for i, d := range densities {
		keys = append(keys, key{name: d.Name, line: pencils[i]})
		if above[i] {
			higher = append(higher, d.Name)
		}
	}
	note := "band: ±2 standard errors"
	if len(higher) > 0 {
		note += "; cut off at the top: " + strings.Join(higher, "; ")
	}
	notes := []string{note}
	if len(more) > 0 {
		notes = append(notes, fmt.Sprintf("left out after %d densities: %s", len(pencils), strings.Join(more, "; ")))
	}
	c := newCharts(f, title, notes, keys, charts...)
	for k, t := range charts {
		a, _ := thin(marginals[k].Axis, marginals[k].Histogram)
		t.curve(c.Canvas, a, shown[k])
		t.finish(c)
	}
	return c.write(w)
}

// chart returns the panel of q.
func (m Marginal) chart(q curve) *chart {
	return newChart(marginalWidth, marginalHeight, m.Axis.lo(), m.Axis.hi(), q.lo, q.hi,
		horizontal(m.Axis, marginalWidth), newSide(q.name, rule(q.lo, q.hi, 5)))
}

// curve returns what the panel of axis k shows, with the histogram as the first trace.
func (m Marginal) curve(k int, densities []Named) (curve, error) {
	const fn = "MarginalsCompared"
	if err := check(fn, 1, []Axis{m.Axis}, m.Histogram, m.Err); err != nil {
		return curve{}, err
	}
	_, steps := thin(m.Axis, m.Histogram)
	_, band := thin(m.Axis, scaled(m.Err, 0.5))
	q := curve{name: "p(" + m.Axis.Name + ")"}
	q.traces = append(q.traces, trace{name: "histogram", line: pencil(sampleInk, 0.8), v: steps, err: band, band: bandInk})
	for i := range steps {
		q.hi = math.Max(q.hi, steps[i]+band[i])
	}
	most := q.hi
	for i, d := range densities {
		if d.Values[k] == nil {
			continue
		}
		if err := check(fn, 1, []Axis{m.Axis}, d.Values[k]); err != nil {
			return curve{}, fmt.Errorf("%w (%s)", err, d.Name)
		}
		_, v := thin(m.Axis, d.Values[k])
		_, hi := extrema(v)
		if i == 0 {
			q.hi = math.Max(q.hi, hi)
		}
		most = math.Max(most, hi)
		q.traces = append(q.traces, trace{name: d.Name, line: pencils[i], v: v, smooth: true})
	}
	if q.hi = 1.06 * math.Min(most, 2.5*q.hi); !(q.hi > 0) {
		q.hi = 1
	}
	return q, nil
}
