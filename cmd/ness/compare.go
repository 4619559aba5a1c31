package main

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

type compareFlags struct {
	walkerFlags
	within       float64
	study        int
	studySamples float64
	samplesGiven bool // whether they were
}

func compareCommand() *cobra.Command {
	var fl compareFlags
	cmd := &cobra.Command{
		Use:   "compare FILE",
		Short: "Compare stationary densities with walkers: status 0 within the tolerance, 1 violated, 3 cannot tell",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given, fl.samplesGiven = cmd.Flags().Changed("output"), cmd.Flags().Changed("eta-samples")
			return fl.compare(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	fl.add(cmd)
	cmd.Flags().Float64Var(&fl.within, "within", 0.02, "total variation `DISTANCE` up to which a density agrees")
	limit(cmd, "within", above0, below1)
	cmd.Flags().Var(newWhole(&fl.study, 0), "eta-study", "halve learning rate and batch size so many `TIMES`, and fit the order in the learning rate at which walkers leave the equation")
	limit(cmd, "eta-study", 0, 20)
	cmd.Flags().Float64Var(&fl.studySamples, "eta-samples", 2e7, "`NUMBER` of independent samples at each learning rate of the study: N leave errors of √(2/N) of a variance")
	limit(cmd, "eta-samples", 1000, 1e12)
	return cmd
}

func (fl *compareFlags) compare(w, progress io.Writer, name string) error {
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	if fl.samplesGiven && fl.study == 0 {
		return errors.New("--eta-samples: has no meaning without --eta-study")
	}
	if err := fl.keepStudy(); err != nil {
		return err
	}
	in, err := fl.open(name, fl.comparable)
	if err != nil {
		return err
	}
	defer in.abort()
	d, err := solveDensities(in)
	if err != nil {
		return in.locate(err)
	}
	ctx, stop := untilInterrupt() // before, there is nothing to keep
	defer stop()
	c, err := fl.run(ctx, in.file, d, progress)
	if c == nil {
		return locate(name, in.file, err)
	}
	c.walk.warnings = append(in.doubts, c.walk.warnings...)
	if err := fl.tell(w, in, c); err != nil {
		return err
	}
	switch {
	case c.walk.interrupted:
		return c.walk.stopped(in.folder != nil)
	case err != nil:
		return locate(name, in.file, err)
	case c.study != nil && c.study.err != nil && !errors.Is(c.study.err, errUnmixed):
		return locate(name, in.file, c.study.err)
	}
	return c.judged()
}

// judged returns the error of the verdict; where a study has come to no end, nobody can tell what
// was asked.
func (c *comparison) judged() error {
	v := c.rows[0].verdict
	if v == fp.Holds && c.study != nil && c.study.err != nil {
		v = fp.CannotTell
	}
	return judged("comparison", v)
}

// comparable says whether the process of a file has a density to compare with: with epochs
// that of independent batches is; and whether it can be studied, where that is asked.
func (fl *compareFlags) comparable(f *fp.File) error {
	if err := fl.checkStudy(f); err != nil {
		return err
	}
	if s := f.SGD(); s != nil && s.Sampling == fp.Epochs {
		if _, constant := s.Schedule.(fp.ConstantRate); constant {
			return nil
		}
	}
	return f.HasStationary()
}

// densities are what walkers are set against.
type densities struct {
	*fp.Stationary
	candidates []compare.Candidate // the first of them is the solution
}

func solveDensities(in *input) (*densities, error) {
	opt := fp.StationaryOptions{MaxMemory: memory()}
	s, err := fp.SolveStationary(in.file.Problem, in.grid, opt)
	if err != nil {
		return nil, err
	}
	return &densities{s, compare.Candidates(in.file, s, opt)}, nil
}

// A comparison is walkers beside densities.
type comparison struct {
	within float64
	walk   *walk
	missed string // a stable point where no walker came, "" for none
	rows   []comparisonRow
	study  *etaStudy // nil without
}

// A comparisonRow is how far walkers are from a density; without distances where there is
// none.
type comparisonRow struct {
	compare.Candidate
	distances *compare.Distances
	chiSquare compare.ChiSquare
	scores    *compare.MomentScores
	verdict   fp.Verdict
	failure   error
}

// run simulates, and sets the walkers against the densities. What comes with an error is fit to look at.
func (fl *compareFlags) run(ctx context.Context, f *fp.File, s *densities, progress io.Writer) (*comparison, error) {
	g := s.Density.Grid
	p, err := fl.plan(ctx, f, g, max(fewRelaxations, relaxationsForFloor(s.Density, fl.within/4, fl.walkers)), progress)
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	if err != nil {
		return nil, err
	}
	r, err := fl.walk(ctx, p, "compare", fl.dir, progress)
	if r == nil {
		return nil, err
	}
	r.warnings = append(r.warnings, s.Warnings...)
	if sgd := f.SGD(); sgd != nil && sgd.Sampling == fp.Epochs {
		r.warnings = append(r.warnings, "walkers go through epochs, whose batches are not independent; the equations take them to be")
	}
	c := &comparison{within: fl.within, walk: r, missed: missedPoint(f.Problem.StablePoints(), s.Density, r.Histogram())}
	for _, one := range s.candidates {
		c.rows = append(c.rows, c.row(one))
	}
	if fl.study > 0 && !r.interrupted {
		if c.study = fl.etaStudy(ctx, f, g, c, progress); errors.Is(c.study.err, errNotResumed) {
			return nil, c.study.err
		}
	}
	return c, err
}

// relaxationsForFloor returns the relaxation times after which sampling alone leaves a total
// variation distance of the floor given: ½√(2/π) Σ √(p_i/N) of N independent samples, of which
// every two relaxation times of each walker make one.
func relaxationsForFloor(p *grid.Field, floor float64, walkers int) float64 {
	var roots float64
	for i, v := range p.Grid.Volumes() {
		roots += math.Sqrt(max(0, p.Values[i]*v))
	}
	n := roots * roots / (2 * math.Pi * floor * floor)
	return 2 * n / float64(walkers)
}

func (c *comparison) row(one compare.Candidate) comparisonRow {
	r := comparisonRow{Candidate: one, failure: one.Err, verdict: fp.CannotTell}
	if r.failure != nil {
		return r
	}
	h := c.walk.Histogram()
	if r.distances, r.failure = h.Distances(one.Density); r.failure != nil {
		return r
	}
	if r.chiSquare, r.failure = h.ChiSquare(one.Density); r.failure != nil {
		return r
	}
	m := c.walk.Moments()
	if r.scores, r.failure = m.Scores(one.Density); r.failure != nil {
		return r
	}
	if c.mixed(m) && c.missed == "" {
		r.verdict = r.distances.TV.JudgeAgainst(c.within, one.Error)
	}
	if r.verdict == fp.Holds && coarse(h) {
		r.verdict = fp.CannotTell // within a cell they may differ
	}
	return r
}

// coarse says whether a cell has so much of the histogram that cells hide differences.
func coarse(h *compare.Histogram) bool {
	return float64(slices.Max(h.Counts)) > 0.2*float64(h.Total())
}

// missedPoint returns a stable point that no walker came to although hundreds of counts are
// expected there, and "" if there is none: then walkers know nothing of a well.
func missedPoint(points [][]float64, p *grid.Field, h *compare.Histogram) string {
	const hundreds = 300
	for _, x := range points {
		i, ok := h.Grid.Find(x)
		if ok && h.Counts[i] == 0 && p.Values[i]*h.Grid.Volume(i)*float64(h.Total()) > hundreds {
			return pointText(x)
		}
	}
	return ""
}

// mixed says whether walkers forgot where they started: else the weights of wells are those
// of the start, and nothing can be told of them.
func (c *comparison) mixed(m *compare.Moments) bool {
	if r := c.walk.relaxation; r != nil && !r.Mixed {
		return false
	}
	return m.Mixed(c.walk.straight())
}

// tell prints and writes the comparison.
func (fl *compareFlags) tell(w io.Writer, in *input, c *comparison) error {
	sum := c.summarize(in.file, in.grid, in.notes)
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	return fl.write(context.Background(), w, in.folder, result{
		files: c.files(in.file.Problem.Variables), figures: c.figures(in.file.Problem),
		summary: sum, names: &sum.Files,
	})
}

// files lists the arrays, and what an interrupted comparison goes on from: the walkers, and where
// the study was stopped those of its learning rates as well.
func (c *comparison) files(variables []string) []output.File {
	list := c.walk.files("comparison.npz", c.arrays(variables))
	if c.study == nil || !c.study.interrupted() {
		return list
	}
	list = append(list, output.File{Name: stateName, Write: c.walk.Save})
	for k, r := range c.study.walks {
		list = append(list, output.File{Name: studyStateName(k), Write: r.Save})
	}
	return list
}

// arrays lists the contents of comparison.npz.
func (c *comparison) arrays(variables []string) []output.Array {
	h := c.walk.Histogram()
	list := append(histogramArrays(variables, h), output.Array{Name: "z", Shape: h.Grid.Shape(), Data: c.scores(h)})
	for _, r := range c.rows {
		if r.Density != nil {
			list = append(list, output.Array{Name: "density_" + r.Key, Shape: h.Grid.Shape(), Data: r.Density.Values})
		}
	}
	return list
}

// scores returns what the histogram has more than the first density in every cell, over its
// standard error; NaN where that is not known, no walker having been there.
func (c *comparison) scores(h *compare.Histogram) []float64 {
	z := h.MassError()
	for i, p := range h.Density().Values {
		v := h.Grid.Volume(i)
		if z[i] == 0 {
			z[i] = math.NaN()
		}
		z[i] = (p - c.rows[0].Density.Values[i]) * v / z[i]
	}
	return z
}

// figures lists the pictures of a comparison.
func (c *comparison) figures(p *fp.Problem) map[string]func(io.Writer) error {
	list := map[string]func(io.Writer) error{}
	h := c.walk.Histogram()
	if h.Total() == 0 {
		return list
	}
	axes := plotAxes(p.Variables, h.Grid)
	se := h.MassError()
	for i := range se {
		se[i] /= h.Grid.Volume(i)
	}
	samples := h.EffectiveSamples()
	if math.IsNaN(samples) {
		samples = float64(c.walk.options.Walkers)
	}
	histogram := plot.Histogram{Density: h.Density().Values, Err: se, Samples: samples}
	density := c.rows[0].Density.Values
	switch h.Grid.Dim() {
	case 1:
		list["comparison.png"] = func(w io.Writer) error {
			return plot.Comparison1D(w, plot.PNG, p.Title, axes[0], histogram, density)
		}
	case 2:
		list["comparison.png"] = func(w io.Writer) error {
			return plot.Comparison(w, plot.PNG, p.Title, axes, histogram, density)
		}
	}
	list["marginals.png"] = func(w io.Writer) error {
		marginals, named := c.marginals(axes)
		return plot.MarginalsCompared(w, plot.PNG, p.Title, marginals, named)
	}
	if c.study != nil && c.study.fits() {
		list["eta_study.png"] = func(w io.Writer) error { return c.study.draw(w, p.Title) }
	}
	return list
}

// marginals returns those of the histogram with their errors, and of the densities.
func (c *comparison) marginals(axes []plot.Axis) (marginals []plot.Marginal, named []plot.Named) {
	h := c.walk.Histogram()
	for a, ax := range axes {
		m := h.Marginal(a)
		se := m.MassError()
		for i := range se {
			se[i] /= m.Grid.Volume(i)
		}
		marginals = append(marginals, plot.Marginal{Axis: ax, Histogram: m.Density().Values, Err: se})
	}
	for _, r := range c.rows {
		if r.Density == nil {
			continue
		}
		n := plot.Named{Name: r.Name}
		for a := range axes {
			n.Values = append(n.Values, r.Density.Marginal(a).Values)
		}
		named = append(named, n)
	}
	return marginals, named
}
