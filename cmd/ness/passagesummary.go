package main

import (
	"errors"
	"fmt"
	"io"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
)

// passageSummary is what summary.json holds of passages. Keys are stable.
type passageSummary struct {
	Program  string           `json:"program"`
	Command  string           `json:"command"`
	Problem  problemSummary   `json:"problem"`
	Method   string           `json:"method"`
	Unknowns int              `json:"unknowns"`
	SGDStep  *output.Float    `json:"sgd_step"` // in units of time; null without SGD, or where times are not those of SGD
	From     *regionSummary   `json:"from"`     // null without --from
	To       *regionSummary   `json:"to"`       // null where only walls end walks
	There    directionSummary `json:"there"`
	// The others are null without --from.
	Back *directionSummary `json:"back"`
	// Flux is the number of transitions per unit of time in the stationary state, each way;
	// Duration the mean time from the last visit of one set to the first of the other.
	Flux      *output.Float      `json:"flux"`
	Imbalance *output.Float      `json:"imbalance"`
	Duration  *output.Float      `json:"duration"`
	Kramers   *kramersSummary    `json:"kramers"`
	NoKramers string             `json:"no_kramers"` // why it is null
	Seconds   map[string]float64 `json:"seconds"`
	Warnings  []string           `json:"warnings"`
	Files     []string           `json:"files"`
}

type regionSummary struct {
	Condition string        `json:"condition"`
	Cells     int           `json:"cells"`
	Weight    *output.Float `json:"weight"` // null where no density is stationary
}

// directionSummary is one way between two sets.
type directionSummary struct {
	// Time is the mean first-passage time of starts in the stationary density of the set, or of
	// all, or uniform in the box where walls absorb.
	Time     output.Float  `json:"time"`
	Steps    *output.Float `json:"steps"` // the same, of SGD
	HalfGrid *output.Float `json:"half_grid"`
	// Shortest and Longest are those of starts in the set, or anywhere else than the target.
	Shortest     output.Float   `json:"shortest"`
	Longest      output.Float   `json:"longest"`
	LongestFrom  []output.Float `json:"longest_from"`
	Rate         *output.Float  `json:"rate"` // null without --from
	RateHalfGrid *output.Float  `json:"rate_half_grid"`
}

type kramersSummary struct {
	From        []output.Float   `json:"from"`
	To          []output.Float   `json:"to"`
	Passes      [][]output.Float `json:"passes"`
	Barrier     output.Float     `json:"barrier"`
	BarrierBack output.Float     `json:"barrier_back"`
	Rate        output.Float     `json:"rate"`
	Back        output.Float     `json:"rate_back"`
}

func (e *exit) summarize(in *input, half *exit, warnings []string) *passageSummary {
	step := in.step
	s := &passageSummary{
		Program: "ness", Command: "passage", Problem: summarizeProblem(in.file, in.grid, in.notes),
		Method: e.there.Scheme.String(), Unknowns: in.grid.Cells(), SGDStep: number(step, step > 0),
		From: e.summarizeRegion(e.from), To: e.summarizeRegion(e.to), Warnings: append([]string{}, warnings...),
	}
	var halfThere, halfBack *fp.Passage
	if half != nil {
		halfThere, halfBack = half.there, half.back
	}
	s.There = e.direction(e.there, e.from, e.to, half, halfThere, step)
	t := e.transition
	if t == nil {
		return s
	}
	back := e.direction(e.back, e.to, e.from, half, halfBack, step)
	s.Back = &back
	s.There.Rate, s.Back.Rate = number(t.Rate, true), number(t.Back, true)
	if half != nil {
		s.There.RateHalfGrid, s.Back.RateHalfGrid = number(apart(t.Rate, half.transition.Rate), true), number(apart(t.Back, half.transition.Back), true)
	}
	s.Flux, s.Imbalance, s.Duration = number(t.Flux, true), number(t.Imbalance, true), number(e.duration(), true)
	s.addKramers(t)
	return s
}

func (e *exit) summarizeRegion(r *region) *regionSummary {
	if r.set == nil {
		return nil
	}
	s := &regionSummary{Condition: r.condition, Cells: int(floats.Sum(indicator(r.cells)))}
	if e.density != nil {
		s.Weight = number(inside(e.density, r.cells).Integral(), true)
	}
	return s
}

// direction summarises the way from a region to the target.
func (e *exit) direction(time *fp.Passage, start, target *region, half *exit, halfTime *fp.Passage, step float64) directionSummary {
	mean := e.average(time, start.set)
	d := directionSummary{Time: output.Float(mean), Steps: number(mean/step, step > 0)}
	if half != nil {
		d.HalfGrid = number(apart(mean, half.average(halfTime, start.set)), true)
	}
	shortest, longest := -1, -1
	for i, tau := range time.Time.Values {
		if target.cells[i] || start.set != nil && !start.cells[i] {
			continue
		}
		if shortest < 0 || tau < time.Time.Values[shortest] {
			shortest = i
		}
		if longest < 0 || tau > time.Time.Values[longest] {
			longest = i
		}
	}
	d.Shortest, d.Longest = output.Float(time.Time.Values[shortest]), output.Float(time.Time.Values[longest])
	x := make([]float64, time.Time.Grid.Dim())
	time.Time.Grid.Center(x, longest)
	d.LongestFrom = output.Floats(x)
	return d
}

// duration is the mean time on the way, Σ m q⁻q⁺ over the flux.
func (e *exit) duration() (sum float64) {
	t := e.transition
	for i, v := range t.Density.Grid.Volumes() {
		sum += v * t.Density.Values[i] * t.Forward.Values[i] * t.Backward.Values[i]
	}
	return sum / t.Flux
}

func (s *passageSummary) addKramers(t *fp.Transition) {
	k, err := t.Kramers()
	var no *fp.KramersError
	if errors.As(err, &no) {
		s.NoKramers = no.What
		return
	}
	s.Kramers = &kramersSummary{
		From: output.Floats(k.From), To: output.Floats(k.To), Barrier: output.Float(k.Barrier), BarrierBack: output.Float(k.BarrierBack),
		Rate: output.Float(k.Rate), Back: output.Float(k.Back),
	}
	for _, x := range k.Passes {
		s.Kramers.Passes = append(s.Kramers.Passes, output.Floats(x))
	}
}

func (s *passageSummary) print(w io.Writer) {
	line(w, "method", "%s generator, elimination, %d unknowns", s.Method, s.Unknowns)
	printTimeUnit(w, s.SGDStep)
	s.From.print(w, "from")
	s.To.print(w, "to")
	fmt.Fprintln(w)
	printTable(w, s.table())
	fmt.Fprintln(w)
	switch {
	case s.Flux != nil:
		line(w, "flux", "%.6g transitions per T each way, on the way for %.4g T in the mean", float64(*s.Flux), float64(*s.Duration))
	case s.To == nil || s.To.Weight == nil:
		line(w, "mean", "over starts uniform in the box: walls absorb, no density is stationary")
	default:
		line(w, "mean", "over starts in the stationary density, those in the target included")
	}
	s.printKramers(w)
	printSeconds(w, s.Seconds)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

func (r *regionSummary) print(w io.Writer, label string) {
	if r == nil {
		return
	}
	weight := ""
	if r.Weight != nil {
		weight = fmt.Sprintf(", of the stationary density %.6g", float64(*r.Weight))
	}
	line(w, label, "%s: %d cells%s", r.Condition, r.Cells, weight)
}

// table has a column for each direction.
func (s *passageSummary) table() [][]string {
	ways := []*directionSummary{&s.There}
	rows := [][]string{{"", "there"}}
	if s.Back != nil {
		ways = append(ways, s.Back)
		rows[0] = append(rows[0], "back")
	}
	add := func(label string, of func(d *directionSummary) string) {
		row := []string{label}
		for _, d := range ways {
			row = append(row, of(d))
		}
		rows = append(rows, row)
	}
	add("mean first-passage time", func(d *directionSummary) string { return fmt.Sprintf("%.10g", float64(d.Time)) })
	if s.SGDStep != nil {
		add("  in steps of SGD", func(d *directionSummary) string { return optional(d.Steps, "%.6g") })
	}
	add("  relative difference to half the grid", func(d *directionSummary) string { return optional(d.HalfGrid, "%.1e") })
	add("  shortest", func(d *directionSummary) string { return fmt.Sprintf("%.6g", float64(d.Shortest)) })
	add("  longest", func(d *directionSummary) string {
		return fmt.Sprintf("%.6g, from %s", float64(d.Longest), pointText(floatsOf(d.LongestFrom)))
	})
	if s.Back == nil {
		return rows
	}
	add("rate, per T with the set behind", func(d *directionSummary) string { return optional(d.Rate, "%.10g") })
	add("  relative difference to half the grid", func(d *directionSummary) string { return optional(d.RateHalfGrid, "%.1e") })
	if k := s.Kramers; k != nil {
		rows = append(rows,
			[]string{"  by Kramers' formula", fmt.Sprintf("%.6g", float64(k.Rate)), fmt.Sprintf("%.6g", float64(k.Back))},
			[]string{"  over a barrier of", fmt.Sprintf("%.6g", float64(k.Barrier)), fmt.Sprintf("%.6g", float64(k.BarrierBack))})
	}
	return rows
}

func (s *passageSummary) printKramers(w io.Writer) {
	switch {
	case s.Kramers != nil:
		var passes [][]float64
		for _, x := range s.Kramers.Passes {
			passes = append(passes, floatsOf(x))
		}
		line(w, "Kramers' formula", "for weak noise, with an error of about 1 over the barrier; passes at %s", pointsText(passes))
	case s.NoKramers != "":
		line(w, "Kramers' formula", "left out: %s", s.NoKramers)
	}
}
