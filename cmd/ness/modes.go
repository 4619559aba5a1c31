package main

import (
	"fmt"
	"io"
	"math"
	"math/cmplx"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
)

type modesFlags struct {
	inputFlags
	outputFlags
	order string
	count int
	tol   float64
	sets  int
}

func modesCommand() *cobra.Command {
	var fl modesFlags
	cmd := &cobra.Command{
		Use:   "modes FILE",
		Short: "Find the slowest modes of relaxation, their times, and the sets between which walkers rarely change",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.modes(cmd.OutOrStdout(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().IntVarP(&fl.count, "count", "k", 6, "`NUMBER` of eigenvalues, the stationary one not counted")
	cmd.Flags().StringVar(&fl.order, "order", "auto", "`ORDER` of accuracy: auto, 2, 4, 6, 8, or monotone for a generator, whose eigenvalues are right however far apart they are")
	cmd.Flags().Float64Var(&fl.tol, "tol", 1e-7, "`ACCURACY` of eigenvectors of the accurate operator; eigenvalues are good to about its square")
	cmd.Flags().IntVar(&fl.sets, "sets", 0, "`NUMBER` of metastable sets (default: as many as a gap between times by a factor of 5 tells apart)")
	return cmd
}

// mostModes bounds the number of modes: each takes several vectors of the size of the grid.
const mostModes = 100

func (fl *modesFlags) options() (opt fp.ModesOptions, err error) {
	if opt.Order, err = fp.ParseOrder(fl.order); err != nil {
		return opt, fmt.Errorf("--order: %w", err)
	}
	switch {
	case fl.count < 1 || fl.count > mostModes:
		return opt, fmt.Errorf("--count: want 1 to %d, have %d", mostModes, fl.count)
	case !(fl.tol >= 1e-10 && fl.tol <= 1e-2):
		return opt, fmt.Errorf("--tol: want a number from 1e-10 to 1e-2, have %g", fl.tol)
	case fl.sets < 0 || fl.sets > fl.count+1:
		return opt, fmt.Errorf("--sets: want 1 to %d, one more than --count, have %d", fl.count+1, fl.sets)
	}
	opt.Count, opt.Tol, opt.MaxMemory = fl.count, fl.tol, memory()
	return opt, nil
}

func (fl *modesFlags) modes(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	opt, err := fl.options()
	if err != nil {
		return err
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, (*fp.File).HasStationary)
	if err != nil {
		return err
	}
	defer in.abort()
	m, err := fp.SolveModes(in.file.Problem, in.grid, opt)
	if err != nil {
		return in.locate(err)
	}
	sets, err := fl.metastable(m)
	if err != nil {
		return err
	}
	r := &modesReport{Modes: m, in: in, sets: sets}
	r.halfGrid(opt)
	sum := r.summarize()
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

// metastable returns the sets that were asked for, or that the modes tell apart; nil where walls
// absorb.
func (fl *modesFlags) metastable(m *fp.Modes) (*fp.Metastable, error) {
	switch {
	case m.Density == nil && fl.sets > 1:
		return nil, fmt.Errorf("--sets: walls absorb, so there is no density to weigh sets with")
	case m.Density == nil:
		return nil, nil
	}
	for k, mode := range m.Modes[:min(len(m.Modes), max(0, fl.sets-1))] {
		if !mode.IsReal() {
			return nil, fmt.Errorf("--sets: want at most %d: mode %d is not real, and does not tell sets apart", k+1, k+1)
		}
	}
	if fl.sets-1 > len(m.Modes) {
		return nil, fmt.Errorf("--sets: want at most %d, one more than there are modes", len(m.Modes)+1)
	}
	return m.Metastable(fl.sets), nil
}

// A modesReport is modes with what is told of them.
type modesReport struct {
	*fp.Modes
	in    *input
	sets  *fp.Metastable // nil where walls absorb
	apart []float64      // from half the grid, nil where not known
}

// halfGrid solves on half the grid, for an idea of the error: none where that is too coarse.
func (r *modesReport) halfGrid(opt fp.ModesOptions) {
	if apart, ok, err := r.HalfGrid(opt); ok && err == nil {
		r.apart = apart
	}
}

// stepsPer returns the steps of SGD in a unit of time, 0 where there are none.
func stepsPer(p *fp.Problem) float64 {
	if p.LearningRate == 0 {
		return 0
	}
	return (1 - p.Momentum) / p.LearningRate
}

// modesSummary is what summary.json of `ness modes` holds.
type modesSummary struct {
	Program    string             `json:"program"`
	Command    string             `json:"command"`
	Problem    problemSummary     `json:"problem"`
	Method     string             `json:"method"`
	Order      string             `json:"order"`
	Modes      []modeSummary      `json:"modes"`
	Radius     output.Float       `json:"radius"`
	Problems   int                `json:"linear_problems"`
	Metastable *metastableSummary `json:"metastable"` // null where walls absorb
	Warnings   []string           `json:"warnings"`
	Files      []string           `json:"files"`
}

// modeSummary is [fp.Mode]. Of conjugates the one with im > 0 is told.
type modeSummary struct {
	Re           output.Float `json:"re"`
	Im           output.Float `json:"im"`
	Time         output.Float `json:"time"`
	Steps        output.Float `json:"sgd_steps"` // null where there are none
	Period       output.Float `json:"period"`    // null of real ones
	Residual     output.Float `json:"residual"`
	LeftResidual output.Float `json:"left_residual"`
	RoundOff     output.Float `json:"round_off"`
	HalfGrid     output.Float `json:"half_grid_difference"` // null where not known
}

// metastableSummary is [fp.Metastable].
type metastableSummary struct {
	Sets  int              `json:"sets"`
	Gap   output.Float     `json:"gap"`
	Mass  []output.Float   `json:"mass"`
	At    [][]output.Float `json:"largest_density_at"`
	Rates [][]output.Float `json:"rates"`
}

func (r *modesReport) summarize() *modesSummary {
	s := &modesSummary{
		Program: "ness", Command: "modes", Problem: summarizeProblem(r.in.file, r.in.grid, r.in.notes),
		Method: r.Scheme.String(), Order: r.Order.String(), Radius: output.Float(r.Radius), Problems: r.Products,
		Warnings: append(append([]string{}, r.in.doubts...), r.Warnings...),
	}
	per := stepsPer(r.Problem)
	for k, m := range r.Modes.Modes {
		q := modeSummary{
			Re: output.Float(real(m.Value)), Im: output.Float(imag(m.Value)), Time: output.Float(m.Time),
			Steps: none, Period: none, Residual: output.Float(m.Residual), LeftResidual: output.Float(m.LeftResidual),
			RoundOff: output.Float(m.RoundOff), HalfGrid: none,
		}
		if per > 0 {
			q.Steps = output.Float(m.Time * per)
		}
		if !m.IsReal() {
			q.Period = output.Float(2 * math.Pi / imag(m.Value))
		}
		if r.apart != nil {
			q.HalfGrid = output.Float(r.apart[k])
		}
		s.Modes = append(s.Modes, q)
	}
	if r.sets != nil {
		s.Metastable = r.summarizeSets()
	}
	return s
}

// none is a number that there is not: null in JSON.
var none = output.Float(math.NaN())

func (r *modesReport) summarizeSets() *metastableSummary {
	s := &metastableSummary{Sets: r.sets.Sets, Gap: output.Float(r.sets.Gap), Mass: output.Floats(r.sets.Mass)}
	for c := range r.sets.Sets {
		s.At = append(s.At, output.Floats(r.peak(c)))
		s.Rates = append(s.Rates, output.Floats(r.sets.Rates[c]))
	}
	return s
}

// peak returns the centre of the cell of a set with the largest density.
func (r *modesReport) peak(set int) []float64 {
	at, p := -1, r.Density.Values
	for i, label := range r.sets.Label {
		if label == set && (at < 0 || p[i] > p[at]) {
			at = i
		}
	}
	x := make([]float64, r.Grid.Dim())
	r.Grid.Center(x, max(at, 0))
	return x
}

func (s *modesSummary) print(w io.Writer) {
	line(w, "method", "%s operator of order %s, %d linear problems", s.Method, s.Order, s.Problems)
	sgd := slices.ContainsFunc(s.Modes, func(m modeSummary) bool { return !math.IsNaN(float64(m.Steps)) })
	head := fmt.Sprintf("  %4s  %-31s  %-12s  %-12s  %-8s  %-8s", "mode", "λ in 1/T", "time in T", "period in T", "residual", "half grid")
	if sgd {
		head += "  steps of SGD"
	}
	fmt.Fprintln(w, head)
	for k, m := range s.Modes {
		value, period := fmt.Sprintf("%.10g", float64(m.Re)), "-"
		if m.Im != 0 {
			value = fmt.Sprintf("%.8g ± %.8gi", float64(m.Re), float64(m.Im))
			period = fmt.Sprintf("%.6g", float64(m.Period))
		}
		half := "-"
		if !math.IsNaN(float64(m.HalfGrid)) {
			half = fmt.Sprintf("%.1e", float64(m.HalfGrid))
		}
		row := fmt.Sprintf("  %4d  %-31s  %-12.6g  %-12s  %-8.1e  %-8s", k+1, value, float64(m.Time), period, max(float64(m.Residual), float64(m.LeftResidual)), half)
		if sgd {
			row += fmt.Sprintf("  %.6g", float64(m.Steps))
		}
		fmt.Fprintln(w, row)
	}
	s.Metastable.print(w)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

func (s *metastableSummary) print(w io.Writer) {
	if s == nil {
		return
	}
	if s.Sets == 1 {
		line(w, "metastable sets", "none: no gap between the times")
		return
	}
	line(w, "metastable sets", "%d, which mix %.3g times as slowly as they relax", s.Sets, float64(s.Gap))
	for c := range s.Sets {
		leave := -float64(s.Rates[c][c])
		line(w, fmt.Sprintf("  set %d", c+1), "around %s, probability %.6g, left after a mean time of %.6g T", numbers(s.At[c]), float64(s.Mass[c]), 1/leave)
	}
}

// nameOf names a mode in figures.
func nameOf(k int, m *fp.Mode) string {
	if m.IsReal() {
		return fmt.Sprintf("mode %d: λ = %.5g T⁻¹, falls to 1/e in %.4g T", k+1, real(m.Value), m.Time)
	}
	return fmt.Sprintf("mode %d: λ = %.5g ± %.5gi T⁻¹, falls to 1/e in %.4g T and turns once in %.4g T", k+1, real(m.Value), imag(m.Value), m.Time, 2*math.Pi/cmplx.Abs(complex(0, imag(m.Value))))
}
