package main

import (
	"fmt"
	"io"
	"math"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/fp"
)

// This file tells what became of an evolution, on the screen and in files.

// courseSummary is what summary.json of `ness evolve` holds.
type courseSummary struct {
	Program   string           `json:"program"`
	Command   string           `json:"command"`
	Problem   problemSummary   `json:"problem"`
	Evolution evolutionSummary `json:"evolution"`
	Warnings  []string         `json:"warnings"`
	Files     []string         `json:"files"`
}

// evolutionSummary is [fp.EvolutionState] at the end, with how it came about. Numbers that there
// are not are null.
type evolutionSummary struct {
	Order      string       `json:"order"`
	Start      string       `json:"start"`
	Until      string       `json:"until"`
	Reached    bool         `json:"reached"` // the end
	Time       output.Float `json:"time"`
	Steps      int          `json:"steps"`
	Rejected   int          `json:"rejected_steps"`
	Iterations int          `json:"iterations"`
	Tol        output.Float `json:"step_tolerance"`
	Rate       output.Float `json:"rate"`
	// Distance is the estimate of the evolution alone, StationaryDistance that from the density
	// that ness solve finds.
	Distance           output.Float   `json:"distance_estimate"`
	StationaryDistance output.Float   `json:"stationary_distance"`
	Entropy            output.Float   `json:"relative_entropy"`
	Mass               output.Float   `json:"mass"`
	NegativeMass       output.Float   `json:"negative_mass"`
	Repaired           output.Float   `json:"repaired_mass"`
	Times              []output.Float `json:"times"`
	Seconds            output.Float   `json:"seconds"`
}

func summarizeCourse(in *input, c *course, err error) *courseSummary {
	s := c.State()
	e := evolutionSummary{
		Order: c.Order().String(), Start: c.start, Until: stationaryEnd, Reached: err == nil,
		Time: output.Float(s.Time), Steps: s.Steps, Rejected: s.Rejected, Iterations: s.Iterations,
		Tol: output.Float(c.options.Tol), Rate: output.Float(s.Rate), Distance: output.Float(s.Distance), Entropy: output.Float(s.Entropy), StationaryDistance: output.Float(c.FromStationary()),
		Mass: output.Float(s.Mass), NegativeMass: output.Float(s.Negative), Repaired: output.Float(s.Repaired),
		Times: output.Floats(c.times), Seconds: output.Float(c.seconds),
	}
	if end := c.options.End; end > 0 {
		e.Until = fmt.Sprintf("%g", end)
	}
	sum := &courseSummary{
		Program: "ness", Command: "evolve", Problem: summarizeProblem(in.file, in.grid, in.notes),
		Evolution: e, Warnings: c.warnings,
	}
	if share, at := c.negative(); share > mostNegative {
		sum.Warnings = append(sum.Warnings, fmt.Sprintf("%.2g of the mass is below 0 at time %.4g: the grid does not resolve the density; want more --cells, or --order monotone", share, at))
	}
	if d := float64(e.StationaryDistance); e.Until == stationaryEnd && e.Reached && d > farDistance {
		sum.Warnings = append(sum.Warnings, fmt.Sprintf("nothing seems to change any more, yet the density of ness solve at this order is %.2g away (L1): where the grid does not resolve it solve takes other operators, and between wells probability may hardly pass", d))
	}
	if err != nil {
		sum.Warnings = append(sum.Warnings, err.Error())
	}
	return sum
}

// stationaryEnd is the end of an evolution until nothing changes.
const stationaryEnd = "stationary"

// farDistance is the distance in the L1 norm from which densities that should be the same are not.
const farDistance = 1e-3

// mostNegative is the share of the mass below 0 that is worth a warning.
const mostNegative = 1e-6

func (sum *courseSummary) print(w io.Writer) {
	e := &sum.Evolution
	line(w, "start", "%s", e.Start)
	line(w, "operator", "%s", e.operator())
	line(w, "steps", "%d, and %d rejected, with an error of %.2g each; %d iterations", e.Steps, e.Rejected, float64(e.Tol), e.Iterations)
	line(w, "time", "%.6g", float64(e.Time))
	line(w, "rate of change", "%.3g (‖∂p/∂t‖₁)", float64(e.Rate))
	if d := float64(e.Distance); !math.IsInf(d, 0) {
		line(w, "left to change", "%.2g (L1, by estimate)", d)
	}
	if d := float64(e.StationaryDistance); !math.IsNaN(d) {
		line(w, "from stationary", "%.3g (L1), relative entropy %.3g", d, float64(e.Entropy))
	}
	line(w, "mass", "%.12g, negative %.2g, repaired %.2g", float64(e.Mass), float64(e.NegativeMass), float64(e.Repaired))
	line(w, "seconds", "%.2f", float64(e.Seconds))
	for _, warning := range sum.Warnings {
		line(w, "warning", "%s", warning)
	}
}

func (c *course) files() []output.File {
	return []output.File{{Name: "evolution.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, c.arrays()) }}}
}

// operator says what the operator is worth. With 48 cells to 16 standard deviations, a normal density that
// relaxes on a line is off by 9e-3 (L1) with a generator, by 2e-5 at order 8, and with 96 by 2e-3 and 5e-7.
func (e *evolutionSummary) operator() string {
	if e.Order == fp.OrderMonotone.String() {
		return "order monotone: positive, but until the density is stationary of second order alone; --order 8 is closer where cells resolve it"
	}
	return "order " + e.Order
}

// arrays lists the contents of evolution.npz: the density at the end, under the name that
// initial.file looks for, those at the times asked for, and what is told of each step.
func (c *course) arrays() []output.Array {
	g := c.in.grid
	var all []float64
	for _, p := range c.densities {
		all = append(all, p...)
	}
	list := append([]output.Array{
		{Name: "density", Shape: g.Shape(), Data: c.Density().Values},
		{Name: "times", Shape: []int{len(c.times)}, Data: c.times},
		{Name: "densities", Shape: append(g.Shape(), len(c.times)), Data: all},
	}, axisArrays(c.in.file.Problem.Variables, g)...)
	if c.stationary != nil {
		list = append(list, output.Array{Name: "stationary", Shape: g.Shape(), Data: c.stationary.Density.Values})
	}
	for k, name := range traceNames {
		column := make([]float64, len(c.trace))
		for i, row := range c.trace {
			column[i] = row[k]
		}
		list = append(list, output.Array{Name: "trace_" + name, Shape: []int{len(column)}, Data: column})
	}
	return list
}

// figures lists the pictures of an evolution.
func (c *course) figures() map[string]func(io.Writer) error {
	p := c.in.file.Problem
	return map[string]func(io.Writer) error{
		"density.png": func(w io.Writer) error {
			return densityFigure(w, p.Title, plotAxes(p.Variables, c.in.grid), c.Density().Values)
		},
		"course.png": func(w io.Writer) error { return plot.Course(w, plot.PNG, p.Title, c.curves()) },
	}
}

// curves returns what has to fall as the density gets stationary.
func (c *course) curves() []plot.Falling {
	column := func(k int) (v []float64) {
		for _, row := range c.trace {
			v = append(v, row[k])
		}
		return v
	}
	times := column(0)
	return []plot.Falling{
		{Name: "rate of change ‖∂p/∂t‖₁ in T⁻¹", Times: times, Values: column(3)},
		{Name: "entropy relative to the stationary density in nats", Times: times, Values: column(5)},
	}
}
