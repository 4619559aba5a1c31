package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// This file tells what an ensemble did, in the summary, on the screen and in files.

// runSummary is what summary.json of `ness simulate` holds.
type runSummary struct {
	Program  string          `json:"program"`
	Command  string          `json:"command"`
	Problem  problemSummary  `json:"problem"`
	Ensemble ensembleSummary `json:"ensemble"`
	Warnings []string        `json:"warnings"`
	Files    []string        `json:"files"`
}

// ensembleSummary is [compare.Moments] with how they came about. Errors are between walkers.
type ensembleSummary struct {
	Process     string             `json:"process"`
	Walkers     int                `json:"walkers"`
	Steps       int                `json:"steps"`      // of each walker, after the burn-in
	MostSteps   int                `json:"most_steps"` // of those ahead where it was interrupted
	BurnIn      int                `json:"burn_in"`
	Every       int                `json:"every"`
	Seed        uint64             `json:"seed"`
	Start       string             `json:"start"`
	Relaxation  *relaxationSummary `json:"relaxation"` // null without a pilot run
	Interrupted bool               `json:"interrupted"`

	Counts           int              `json:"counts"` // of positions
	Outside          output.Float     `json:"outside"`
	Mean             []output.Float   `json:"mean"`
	MeanError        []output.Float   `json:"mean_error"`
	Covariance       [][]output.Float `json:"covariance"`
	CovarianceError  [][]output.Float `json:"covariance_error"`
	EffectiveSamples []output.Float   `json:"effective_samples"`
	SplitRHat        []output.Float   `json:"split_r_hat"`
	Trend            []output.Float   `json:"trend"`
	Noise            *noiseSummary    `json:"noise_autocovariance"` // null where it was not asked for
	Seconds          float64          `json:"seconds"`
	StepsPerSecond   output.Float     `json:"walker_steps_per_second"` // null where none was done

	winding []string // variables on periodic axes, whose averages are null
}

// relaxationSummary is [compare.Relaxation].
type relaxationSummary struct {
	Steps  output.Float `json:"steps"`
	Mixed  bool         `json:"mixed"`
	Length int          `json:"pilot_steps"`
}

// noiseSummary is [compare.NoiseCovariance].
type noiseSummary struct {
	Covariance [][]output.Float `json:"covariance"` // per lag, d × d by rows
	Error      [][]output.Float `json:"error"`
}

func summarizeRun(f *fp.File, g *grid.Grid, r *walk) *runSummary {
	sum := &runSummary{Program: "ness", Command: "simulate", Problem: summarizeProblem(f, g, nil)}
	sum.Ensemble, sum.Warnings = summarizeEnsemble(r)
	return sum
}

// straight returns the names of the variables, "" of those on periodic axes, round which walkers
// wind.
func (r *walk) straight() []string {
	names := slices.Clone(r.variables)
	for a := range names {
		if r.options.Grid.Axis(a).IsPeriodic() {
			names[a] = ""
		}
	}
	return names
}

// unwound sets moments to NaN that winding walkers do not have, and samples of those that stand still.
func (r *walk) unwound(m *compare.Moments) *compare.Moments {
	d := len(r.variables)
	if r.still {
		for a := range d {
			m.EffectiveSamples[a] = math.NaN()
		}
	}
	for a, name := range r.straight() {
		if name != "" {
			continue
		}
		for _, list := range [][]float64{m.Mean, m.MeanErr, m.EffectiveSamples, m.SplitRHat, m.Trend} {
			list[a] = math.NaN()
		}
		for b := range d {
			k := operators.Packed(d, a, b)
			m.Cov[k], m.CovErr[k] = math.NaN(), math.NaN()
		}
	}
	return m
}

func summarizeEnsemble(r *walk) (e ensembleSummary, warnings []string) {
	m := r.unwound(r.Moments())
	counted := func(step int) int { return max(0, step-r.options.BurnIn) }
	e = ensembleSummary{
		Process: r.name, Walkers: r.options.Walkers, Steps: counted(r.Step()), MostSteps: counted(r.Farthest()), BurnIn: r.options.BurnIn, Every: r.options.Every,
		Seed: r.options.Seed, Start: r.start, Interrupted: r.interrupted,
		Counts: m.Tallies, Outside: output.Float(r.Histogram().OutsideFraction()),
		Mean: output.Floats(m.Mean), MeanError: output.Floats(m.MeanErr),
		Covariance: square(m.Cov), CovarianceError: square(m.CovErr),
		EffectiveSamples: output.Floats(m.EffectiveSamples), SplitRHat: output.Floats(m.SplitRHat), Trend: output.Floats(m.Trend),
		Seconds: r.seconds, StepsPerSecond: r.speed(),
	}
	for a, name := range r.straight() {
		if name == "" {
			e.winding = append(e.winding, r.variables[a])
		}
	}
	if r := r.relaxation; r != nil {
		e.Relaxation = &relaxationSummary{output.Float(r.Steps), r.Mixed, r.Length}
	}
	if c := r.NoiseCovariance(); c != nil {
		e.Noise = &noiseSummary{}
		for h := range c.Cov {
			e.Noise.Covariance = append(e.Noise.Covariance, output.Floats(c.Cov[h]))
			e.Noise.Error = append(e.Noise.Error, output.Floats(c.Err[h]))
		}
	}
	warnings = append([]string{}, r.warnings...)
	if n := r.Indefinite(); n > 0 {
		warnings = append(warnings, fmt.Sprintf("in %d steps of walkers, those of the burn-in included, the covariance of the noise has a negative variance, along which they had no noise: formulas are checked in the box alone", n))
	}
	if m.Tallies == 0 {
		return e, append(warnings, "nothing has been counted yet: the burn-in is not over")
	}
	if o := e.Outside; o > 0 {
		warnings = append(warnings, fmt.Sprintf("%.3g of all counts lie outside the box", float64(o)))
	}
	if r.still {
		return e, warnings
	}
	return e, append(warnings, m.Doubts(r.straight(), r.falls)...)
}

// speed returns walker steps per second of this program run, NaN where it did none.
func (r *walk) speed() output.Float {
	if r.done == 0 {
		return output.Float(math.NaN())
	}
	return output.Float(float64(r.done) * float64(r.options.Walkers) / r.seconds)
}

// square returns a symmetric matrix of its packed triangle.
func square(packed []float64) (rows [][]output.Float) {
	d := 1
	for d*(d+1)/2 < len(packed) {
		d++
	}
	for i := range d {
		row := make([]output.Float, d)
		for j := range row {
			row[j] = output.Float(packed[operators.Packed(d, i, j)])
		}
		rows = append(rows, row)
	}
	return rows
}

func (s *runSummary) print(w io.Writer) {
	s.Ensemble.print(w)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

func (e *ensembleSummary) print(w io.Writer) {
	line(w, "process", "%s", e.Process)
	line(w, "walkers", "%d from %s, seed %d", e.Walkers, e.Start, e.Seed)
	if r := e.Relaxation; r != nil && r.Steps > 0 { // else nothing moves
		atLeast := ""
		if !r.Mixed {
			atLeast = "more than "
		}
		line(w, "relaxation time", "%s%.3g steps, from a pilot run of %d", atLeast, float64(r.Steps), r.Length)
	}
	steps := fmt.Sprint(e.Steps)
	if e.MostSteps > e.Steps {
		steps = fmt.Sprintf("%d to %d", e.Steps, e.MostSteps)
	}
	line(w, "steps", "%s after a burn-in of %d, counted every %d", steps, e.BurnIn, e.Every)
	if !math.IsNaN(float64(e.StepsPerSecond)) {
		line(w, "speed", "%.3g million walker steps per second, %.3g s", float64(e.StepsPerSecond)/1e6, e.Seconds)
	}
	if e.Counts == 0 {
		return
	}
	if len(e.winding) < len(e.Mean) {
		line(w, "effective samples", "%s, of %d counts", numbers(e.EffectiveSamples), e.Counts)
		line(w, "split R hat", "%s", numbers(e.SplitRHat))
		line(w, "mean", "%s", numbers(e.Mean))
		line(w, "  standard error", "%s", numbers(e.MeanError))
		printRows(w, "covariance", e.Covariance)
		printRows(w, "  standard error", e.CovarianceError)
	} else {
		line(w, "counts", "%d", e.Counts)
	}
	if len(e.winding) > 0 {
		line(w, "no averages", "of %s: they have no meaning on a periodic axis, round which walkers wind", strings.Join(e.winding, ", "))
	}
	e.printNoise(w)
}

func printRows(w io.Writer, label string, rows [][]output.Float) {
	for i, row := range rows {
		if i > 0 {
			label = ""
		}
		line(w, label, "%s", numbers(row))
	}
}

// printNoise prints the trace of the autocovariance over that at lag 0.
func (e *ensembleSummary) printNoise(w io.Writer) {
	if e.Noise == nil {
		return
	}
	for h, c := range correlations(e.Noise) {
		if h == 0 || h > 8 {
			continue
		}
		line(w, fmt.Sprintf("noise at lag %d", h), "%.4g ± %.2g of that at lag 0", c.Value, c.Error)
	}
}

// correlations returns the traces of the autocovariance of noise over that at lag 0; errors
// are as if components were as dependent as they can be.
func correlations(n *noiseSummary) []measuredSummary {
	var d int
	for d*d < len(n.Covariance[0]) {
		d++
	}
	trace := func(m []output.Float) (t float64) {
		for a := range d {
			t += float64(m[a*d+a])
		}
		return t
	}
	list := make([]measuredSummary, len(n.Covariance))
	all := trace(n.Covariance[0])
	for h := range list {
		list[h] = measuredSummary{output.Float(trace(n.Covariance[h]) / all), output.Float(trace(n.Error[h]) / all)}
	}
	return list
}

// histogramArrays lists the contents of histogram.npz.
func histogramArrays(variables []string, h *compare.Histogram) []output.Array {
	g := h.Grid
	counts, se := make([]float64, g.Cells()), h.MassError()
	for i, c := range h.Counts {
		counts[i] = float64(c)
		se[i] /= g.Volume(i)
	}
	list := []output.Array{
		{Name: "counts", Shape: g.Shape(), Data: counts},
		{Name: "density", Shape: g.Shape(), Data: h.Density().Values},
		{Name: "standard_error", Shape: g.Shape(), Data: se},
	}
	return append(list, axisArrays(variables, g)...)
}

// plotAxes are those of figures.
func plotAxes(variables []string, g *grid.Grid) []plot.Axis {
	axes := make([]plot.Axis, g.Dim())
	for k, v := range variables {
		axes[k] = plot.Axis{Name: v, Edges: g.Axis(k).Edges(), Periodic: g.Axis(k).IsPeriodic()}
	}
	return axes
}

// runFigures lists the pictures of an ensemble.
func runFigures(p *fp.Problem, r *walk) map[string]func(io.Writer) error {
	h := r.Histogram()
	axes, d := plotAxes(p.Variables, h.Grid), h.Density().Values
	list := map[string]func(io.Writer) error{}
	if r.Moments().Tallies == 0 {
		return list
	}
	list["histogram.png"] = func(w io.Writer) error {
		return densityFigure(w, p.Title, axes, d)
	}
	return list
}
