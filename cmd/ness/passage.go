package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

type passageFlags struct {
	inputFlags
	outputFlags
	from, to string
}

func passageCommand() *cobra.Command {
	var fl passageFlags
	cmd := &cobra.Command{
		Use:     "passage FILE --to CONDITION [--from CONDITION]",
		Short:   "Find mean first-passage times, committors and rates between sets",
		Example: "  ness passage testdata/problems/a1_double_well_1d.yaml --from 'x < -0.8' --to 'x > 0.8'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.passage(cmd.OutOrStdout(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().StringVar(&fl.to, "to", "", "`CONDITION` of the set that walkers go to: comparisons of formulas with and, or, not (absorbing walls belong to it; where there are some it may be left out)")
	cmd.Flags().StringVar(&fl.from, "from", "", "`CONDITION` of the set that walkers come from: for committors and rates")
	return cmd
}

// sets reads the conditions; a set that is not given is nil.
func (fl *passageFlags) sets(f *fp.File) (from, to fp.Set, err error) {
	for _, k := range []struct {
		flag, src string
		set       *fp.Set
	}{{"--from", fl.from, &from}, {"--to", fl.to, &to}} {
		if k.src == "" {
			continue
		}
		if *k.set, err = f.Set(k.src); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", k.flag, err)
		}
	}
	return from, to, nil
}

// will says whether the file has times of passage.
func (fl *passageFlags) will(f *fp.File) error {
	if fl.from != "" && fl.to == "" {
		return errors.New("--from: wants --to beside it, the set that walkers go to")
	}
	return f.HasStationary()
}

func (fl *passageFlags) passage(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, fl.will)
	if err != nil {
		return err
	}
	defer in.abort()
	from, to, err := fl.sets(in.file)
	if err != nil {
		return err
	}
	r, err := newPassageReport(in, from, to)
	if err != nil {
		return fl.explain(in, err)
	}
	sum := r.summarize(fl.from, fl.to)
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	if in.folder == nil {
		return nil
	}
	if err := fl.write(in.folder, r.files(), r.figures(), func(names []string) any {
		sum.Files = names
		return sum
	}); err != nil {
		return err
	}
	line(w, "written to", "%s", fl.dir)
	return nil
}

// explain names the flags that an error about sets is of.
func (fl *passageFlags) explain(in *input, err error) error {
	var set *fp.SetError
	switch {
	case errors.As(err, &set) && fl.from != "":
		return fmt.Errorf("--from %q --to %q: %w", fl.from, fl.to, err)
	case errors.As(err, &set):
		return fmt.Errorf("--to %q: %w", fl.to, err)
	}
	return in.locate(err)
}

// A passageReport is how walkers get to a set, and how between two.
type passageReport struct {
	in       *input
	sets     [][]float64 // 1 in cells of the sets
	there    *fp.Passage // to the set that walkers go to, and
	back     *fp.Passage // to the one that they come from, nil without one
	between  *fp.Transition
	kramers  *fp.Kramers // nil where the formula does not apply,
	without  error       // and why
	rough    *passageReport
	mean     float64 // mean time there from the other set; without one from the stationary density, NaN where walls absorb
	meanBack float64
}

// newPassageReport solves on the grid, and on half of it for an idea of the error.
func newPassageReport(in *input, from, to fp.Set) (*passageReport, error) {
	r, err := solvePassages(in.file.Problem, in.grid, from, to)
	if err != nil {
		return nil, err
	}
	r.in = in
	if coarse, ok := in.grid.Coarsen(); ok {
		if half, err := solvePassages(in.file.Problem, coarse, from, to); err == nil { // sets may be too thin for it
			r.rough = half
		}
	}
	if r.between != nil {
		r.kramers, r.without = r.between.Kramers()
	}
	return r, nil
}

func solvePassages(p *fp.Problem, g *grid.Grid, from, to fp.Set) (*passageReport, error) {
	opt := fp.PassageOptions{MaxMemory: memory()}
	r := &passageReport{mean: math.NaN(), meanBack: math.NaN()}
	var err error
	if from != nil { // first, since it says what is wrong with both
		if r.between, err = fp.SolveTransition(p, g, from, to, opt); err != nil {
			return nil, err
		}
		if r.back, err = fp.SolvePassage(p, g, from, opt); err != nil {
			return nil, err
		}
	}
	if r.there, err = fp.SolvePassage(p, g, to, opt); err != nil {
		return nil, err
	}
	for _, set := range []fp.Set{from, to} {
		r.sets = append(r.sets, indicator(g, set))
	}
	switch {
	case from != nil:
		r.mean = r.there.MeanFrom(within(r.between.Density, r.sets[0]))
		r.meanBack = r.back.MeanFrom(within(r.between.Density, r.sets[1]))
	case !g.HasWall(grid.Absorbing):
		s, err := fp.SolveStationary(p, g, fp.StationaryOptions{Order: fp.OrderMonotone, MaxMemory: memory()})
		if err == nil {
			r.mean = r.there.MeanFrom(s.Density)
		}
	}
	return r, nil
}

// indicator returns 1 in the cells of a set.
func indicator(g *grid.Grid, set fp.Set) []float64 {
	v := make([]float64, g.Cells())
	if set == nil {
		return v
	}
	for i, in := range fp.CellsWhere(g, set) {
		if in {
			v[i] = 1
		}
	}
	return v
}

// within returns a density in a set alone.
func within(p *grid.Field, set []float64) *grid.Field {
	f := grid.NewField(p.Grid)
	for i, v := range p.Values {
		f.Values[i] = v * set[i]
	}
	return f
}

// passageSummary is what summary.json of `ness passage` holds. Numbers that there are not are
// null.
type passageSummary struct {
	Program  string          `json:"program"`
	Command  string          `json:"command"`
	Problem  problemSummary  `json:"problem"`
	From     string          `json:"from"`
	To       string          `json:"to"`
	Method   string          `json:"method"`
	Time     passageMeasured `json:"mean_time"`
	TimeBack passageMeasured `json:"mean_time_back"`
	Longest  output.Float    `json:"longest_mean_time"`
	Rate     passageMeasured `json:"rate"`
	RateBack passageMeasured `json:"rate_back"`
	Flux     passageMeasured `json:"flux"`
	Kramers  *kramersSummary `json:"kramers"` // null where the formula does not apply
	Without  string          `json:"no_kramers"`
	Steps    output.Float    `json:"sgd_steps_per_time"`
	Warnings []string        `json:"warnings"`
	Files    []string        `json:"files"`
}

// passageMeasured is a number, and its relative difference to half the grid.
type passageMeasured struct {
	Value output.Float `json:"value"`
	Half  output.Float `json:"half_grid_difference"`
}

type kramersSummary struct {
	From     []output.Float   `json:"from"`
	To       []output.Float   `json:"to"`
	Passes   [][]output.Float `json:"passes"`
	Barrier  output.Float     `json:"barrier"`
	Back     output.Float     `json:"barrier_back"`
	Rate     output.Float     `json:"rate"`
	RateBack output.Float     `json:"rate_back"`
}

func (r *passageReport) summarize(from, to string) *passageSummary {
	s := &passageSummary{
		Program: "ness", Command: "passage", Problem: summarizeProblem(r.in.file, r.in.grid, r.in.notes), From: from, To: to,
		Method: r.there.Scheme.String(), Longest: output.Float(slices.Max(r.there.Time.Values)), Steps: none,
		Warnings: append([]string{}, r.in.doubts...),
	}
	measure := func(of func(r *passageReport) float64) passageMeasured {
		m := passageMeasured{output.Float(of(r)), none}
		if r.rough != nil {
			m.Half = output.Float(math.Abs(of(r.rough)/of(r) - 1))
		}
		return m
	}
	transition := func(of func(t *fp.Transition) float64) passageMeasured {
		if r.between == nil {
			return passageMeasured{none, none}
		}
		return measure(func(r *passageReport) float64 { return of(r.between) })
	}
	s.Time = measure(func(r *passageReport) float64 { return r.mean })
	s.TimeBack = measure(func(r *passageReport) float64 { return r.meanBack })
	s.Rate = transition(func(t *fp.Transition) float64 { return t.Rate })
	s.RateBack = transition(func(t *fp.Transition) float64 { return t.Back })
	s.Flux = transition(func(t *fp.Transition) float64 { return t.Flux })
	if per := stepsPer(r.in.file.Problem); per > 0 {
		s.Steps = output.Float(per)
	}
	if k := r.kramers; k != nil {
		s.Kramers = &kramersSummary{
			From: output.Floats(k.From), To: output.Floats(k.To), Barrier: output.Float(k.Barrier), Back: output.Float(k.BarrierBack),
			Rate: output.Float(k.Rate), RateBack: output.Float(k.Back),
		}
		for _, x := range k.Passes {
			s.Kramers.Passes = append(s.Kramers.Passes, output.Floats(x))
		}
	} else if r.without != nil {
		s.Without = r.without.Error()
	}
	return s
}

// text prints a number with its difference to half the grid.
func (m passageMeasured) text(unit string) string {
	t := fmt.Sprintf("%.8g %s", float64(m.Value), unit)
	if !math.IsNaN(float64(m.Half)) {
		t += fmt.Sprintf(" (half the grid: %.1e off)", float64(m.Half))
	}
	return t
}

func (s *passageSummary) print(w io.Writer) {
	line(w, "method", "%s generator, elimination", s.Method)
	if s.To != "" {
		line(w, "to", "%s", s.To)
	} else {
		line(w, "to", "absorbing walls")
	}
	if s.From == "" {
		if !math.IsNaN(float64(s.Time.Value)) {
			line(w, "mean time", "%s from the stationary density", s.Time.text("T"))
		}
		line(w, "longest mean time", "%.8g T", float64(s.Longest))
	} else {
		line(w, "from", "%s", s.From)
		line(w, "mean time there", "%s from the stationary density in it", s.Time.text("T"))
		line(w, "mean time back", "%s", s.TimeBack.text("T"))
		line(w, "rate there", "%s", s.Rate.text("1/T"))
		line(w, "rate back", "%s", s.RateBack.text("1/T"))
		line(w, "transitions", "%s", s.Flux.text("1/T each way"))
		s.printKramers(w)
	}
	if !math.IsNaN(float64(s.Steps)) {
		line(w, "unit of time", "T = %.6g steps of SGD", float64(s.Steps))
	}
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

func (s *passageSummary) printKramers(w io.Writer) {
	k := s.Kramers
	if k == nil {
		line(w, "Eyring and Kramers", "does not apply: %s", s.Without)
		return
	}
	line(w, "Eyring and Kramers", "%.6g 1/T there, %.6g 1/T back; barriers %.4g and %.4g, of which it is the limit", float64(k.Rate), float64(k.RateBack), float64(k.Barrier), float64(k.Back))
}
