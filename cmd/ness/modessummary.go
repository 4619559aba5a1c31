package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
)

// modesSummary is what summary.json holds of modes. Keys are stable.
type modesSummary struct {
	Program     string         `json:"program"`
	Command     string         `json:"command"`
	Problem     problemSummary `json:"problem"`
	Method      string         `json:"method"`
	Order       string         `json:"order"`
	Unknowns    int            `json:"unknowns"`
	Eigenvalues int            `json:"eigenvalues"` // conjugates counted
	// Radius is the modulus below which no eigenvalue is missing.
	Radius     output.Float       `json:"radius"`
	Products   int                `json:"products"`
	SGDStep    *output.Float      `json:"sgd_step"` // in units of time; null without SGD, or where times are not those of SGD
	Modes      []modeSummary      `json:"modes"`
	Metastable *metastableSummary `json:"metastable"` // null where walls absorb
	Seconds    map[string]float64 `json:"seconds"`
	Warnings   []string           `json:"warnings"`
	Files      []string           `json:"files"`
}

// modeSummary is [fp.Mode].
type modeSummary struct {
	Real         output.Float  `json:"real"`
	Imag         output.Float  `json:"imag"`
	Time         output.Float  `json:"time"`
	Steps        *output.Float `json:"steps"` // the same, of SGD
	Period       *output.Float `json:"period"`
	Residual     output.Float  `json:"residual"`
	LeftResidual output.Float  `json:"left_residual"`
	RoundOff     output.Float  `json:"round_off"`
	HalfGrid     *output.Float `json:"half_grid"`
}

// metastableSummary is [fp.Metastable].
type metastableSummary struct {
	Sets    int                    `json:"sets"`
	Gap     output.Float           `json:"gap"`
	Members []metastableSetSummary `json:"members"`
}

type metastableSetSummary struct {
	Weight      output.Float   `json:"weight"`
	DensestAt   []output.Float `json:"densest_at"`
	TimeToLeave *output.Float  `json:"time_to_leave"` // null of the only set
	Steps       *output.Float  `json:"steps"`
	Rates       []output.Float `json:"rates"` // to each set, in 1/T
}

// number returns a number that may be absent.
func number(v float64, given bool) *output.Float {
	if !given {
		return nil
	}
	f := output.Float(v)
	return &f
}

func (r *relaxation) summarize(in *input, warnings []string) *modesSummary {
	s := &modesSummary{
		Program: "ness", Command: "modes", Problem: summarizeProblem(in.file, in.grid, in.notes),
		Method: r.Scheme.String(), Order: r.Order.String(), Unknowns: r.Grid.Cells(), Eigenvalues: r.Count,
		Radius: output.Float(r.Radius), Products: r.Products, SGDStep: number(r.step, r.step > 0),
		Warnings: append([]string{}, warnings...),
	}
	for k, m := range r.Modes.Modes {
		one := modeSummary{
			Real: output.Float(real(m.Value)), Imag: output.Float(imag(m.Value)), Time: output.Float(m.Time),
			Steps:  number(m.Time/r.step, r.step > 0),
			Period: number(2*math.Pi/imag(m.Value), !m.IsReal()), Residual: output.Float(m.Residual),
			LeftResidual: output.Float(m.LeftResidual), RoundOff: output.Float(m.RoundOff),
		}
		if r.half != nil {
			one.HalfGrid = number(r.half[k], true)
		}
		s.Modes = append(s.Modes, one)
	}
	if r.sets != nil {
		s.Metastable = r.summarizeSets()
	}
	return s
}

func (r *relaxation) summarizeSets() *metastableSummary {
	s := &metastableSummary{Sets: r.sets.Sets, Gap: output.Float(r.sets.Gap)}
	for c, weight := range r.sets.Mass {
		leaves := -r.sets.Rates[c][c]
		s.Members = append(s.Members, metastableSetSummary{
			Weight: output.Float(weight), DensestAt: output.Floats(r.densest(c)), Rates: output.Floats(r.sets.Rates[c]),
			TimeToLeave: number(1/leaves, r.sets.Sets > 1), Steps: number(1/leaves/r.step, r.sets.Sets > 1 && r.step > 0),
		})
	}
	return s
}

// densest returns the centre of the cell of the largest density in a set.
func (r *relaxation) densest(set int) []float64 {
	best := slices.Index(r.sets.Label, set)
	for i, l := range r.sets.Label {
		if l == set && r.Density.Values[i] > r.Density.Values[best] {
			best = i
		}
	}
	x := make([]float64, r.Grid.Dim())
	r.Grid.Center(x, best)
	return x
}

// method describes the operator in a line.
func (s *modesSummary) method() string {
	if s.Order == fp.OrderMonotone.String() {
		return fmt.Sprintf("%s generator, elimination, %d unknowns", s.Method, s.Unknowns)
	}
	return fmt.Sprintf("order %s, %s form, %d unknowns", s.Order, s.Method, s.Unknowns)
}

func (s *modesSummary) print(w io.Writer) {
	line(w, "method", "%s", s.method())
	line(w, "eigenvalues", "%d beside 0, conjugates counted, from %d linear problems; none is missing with |λ| < %.6g, but what turns faster may be slower than some of these", s.Eigenvalues, s.Products, float64(s.Radius))
	printTimeUnit(w, s.SGDStep)
	fmt.Fprintln(w)
	printTable(w, s.table())
	fmt.Fprintln(w)
	if s.Metastable != nil {
		s.Metastable.print(w)
	}
	printSeconds(w, s.Seconds)
	for _, warning := range s.Warnings {
		line(w, "warning", "%s", warning)
	}
}

// printTimeUnit says what times are in.
func printTimeUnit(w io.Writer, step *output.Float) {
	if step == nil {
		line(w, "times", "in T, the unit of time of the equation")
		return
	}
	line(w, "times", "in T, the unit of time of the equation; a step of SGD is %.6g T", float64(*step))
}

// table has a row for every mode.
func (s *modesSummary) table() [][]string {
	head := []string{"mode", "Re λ", "Im λ", "time −1/Re λ"}
	if s.SGDStep != nil {
		head = append(head, "in steps")
	}
	rows := [][]string{append(head, "period", "residual", "of u", "round-off", "half grid")}
	for k, m := range s.Modes {
		row := []string{fmt.Sprint(k + 1), fmt.Sprintf("%.10g", float64(m.Real)), fmt.Sprintf("%.10g", float64(m.Imag)), fmt.Sprintf("%.6g", float64(m.Time))}
		if m.Imag != 0 {
			row[2] = "±" + row[2]
		}
		if s.SGDStep != nil {
			row = append(row, optional(m.Steps, "%.6g"))
		}
		row = append(row, optional(m.Period, "%.6g"), fmt.Sprintf("%.1e", float64(m.Residual)), fmt.Sprintf("%.1e", float64(m.LeftResidual)),
			fmt.Sprintf("%.1e", float64(m.RoundOff)), optional(m.HalfGrid, "%.1e"))
		rows = append(rows, row)
	}
	return rows
}

// optional writes a number that may be absent.
func optional(v *output.Float, format string) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, float64(*v))
}

func (s *metastableSummary) print(w io.Writer) {
	if s.Sets == 1 {
		line(w, "metastable sets", "none: no gap of 5 or more in the times of the slowest real modes")
		return
	}
	line(w, "metastable sets", "%d: the slowest mode among them takes %.3g times as long as the next", s.Sets, float64(s.Gap))
	rows := [][]string{{"set", "weight", "densest at", "time to leave"}}
	steps := s.Members[0].Steps != nil
	if steps {
		rows[0] = append(rows[0], "in steps")
	}
	rows[0] = append(rows[0], "rates to sets 1, 2, …")
	for c, m := range s.Members {
		row := []string{fmt.Sprint(c + 1), fmt.Sprintf("%.6g", float64(m.Weight)), pointText(floatsOf(m.DensestAt)), optional(m.TimeToLeave, "%.6g")}
		if steps {
			row = append(row, optional(m.Steps, "%.6g"))
		}
		rates := ""
		for k, rate := range m.Rates {
			if k == c {
				rates += " -"
			} else {
				rates += fmt.Sprintf(" %.4g", float64(rate))
			}
		}
		rows = append(rows, append(row, rates[1:]))
	}
	printTable(w, rows)
	if s.hasNegativeRates() {
		line(w, "", "rates below 0 are of a projection onto sets with soft borders: of jumps between those two nothing can be told")
	}
}

// hasNegativeRates says whether the rate from a set to another is below 0, as rates between soft sets, which
// are those of a projection and not of jumps, may be.
func (s *metastableSummary) hasNegativeRates() bool {
	for c, m := range s.Members {
		for k, rate := range m.Rates {
			if k != c && rate < 0 {
				return true
			}
		}
	}
	return false
}

// floatsOf returns plain numbers.
func floatsOf(v []output.Float) []float64 {
	x := make([]float64, len(v))
	for i := range v {
		x[i] = float64(v[i])
	}
	return x
}
