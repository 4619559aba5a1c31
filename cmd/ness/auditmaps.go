package main

import (
	"io"
	"math"

	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/compare/audit"
)

// This file draws what findings show: fields as maps, on a line as curves.

// seriesOf returns a curve to draw.
func seriesOf(c audit.Curve) plot.Series {
	return plot.Series{XLabel: c.XLabel, YLabel: c.YLabel, X: c.X, Y: c.Y, Err: c.Err, Reference: c.Reference, Measured: c.Measured, Expected: c.Expected}
}

// isEmpty says whether no number is finite.
func isEmpty(v []float64) bool {
	lo, _ := finiteRange(v)
	return math.IsNaN(lo)
}

// drawMap returns what draws a map.
func drawMap(in *input, m audit.Map) func(io.Writer) error {
	axes := plotAxes(in.file.Problem.Variables, in.grid)
	if m.Axes != nil {
		all := axes
		axes = nil
		for _, a := range m.Axes {
			axes = append(axes, all[a])
		}
	}
	return func(w io.Writer) error {
		if len(axes) == 1 {
			return plot.Curve(w, plot.PNG, m.Name, plot.Series{XLabel: axes[0].Name, YLabel: m.Name, X: in.grid.Axis(0).Centers(), Y: m.Values, Measured: m.Name})
		}
		return plot.Scalar(w, plot.PNG, m.Name, axes, m.Name, m.Values)
	}
}
