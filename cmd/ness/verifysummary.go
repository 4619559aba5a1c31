package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/compare/verify"
)

// This file tells what came of the exact cases, on the screen, in JSON and in figures.

// verifySummary is what `ness verify` prints with --json, and summary.json of its report.
type verifySummary struct {
	Program string        `json:"program"`
	Command string        `json:"command"`
	Quick   bool          `json:"quick"`
	Passed  int           `json:"passed"` // cases
	Failed  int           `json:"failed"`
	Cases   []caseSummary `json:"cases"`
	Files   []string      `json:"files"`
}

type caseSummary struct {
	ID       string               `json:"id"`
	Title    string               `json:"title"`
	Exact    string               `json:"exact"`
	Passed   bool                 `json:"passed"`
	Studies  []verifyStudySummary `json:"studies"`
	Failures []string             `json:"failures"`
}

// verifyStudySummary is [verify.StudyResult]. Numbers that were not measured are null.
type verifyStudySummary struct {
	Name     string         `json:"name"`
	Error    string         `json:"error"` // what it is the error of
	Unit     string         `json:"unit"`  // of sizes
	Expected output.Float   `json:"expected_order"`
	Rows     []rowSummary   `json:"rows"`
	Checks   []checkSummary `json:"checks"`
	Failure  string         `json:"failure"`
	Passed   bool           `json:"passed"`
}

type rowSummary struct {
	Size      int          `json:"size"`
	Error     output.Float `json:"error"`
	Order     output.Float `json:"order"`
	Current   output.Float `json:"current_error"`
	Entropy   output.Float `json:"entropy_production_error"`
	Mass      output.Float `json:"mass_error"`
	Negative  output.Float `json:"negative_mass"`
	Deviation output.Float `json:"deviation"` // in standard errors
	Seconds   float64      `json:"seconds"`
}

type checkSummary struct {
	What   string       `json:"what"`
	Size   int          `json:"size"` // where it is worst
	Value  output.Float `json:"value"`
	Limit  output.Float `json:"limit"`
	Passed bool         `json:"passed"`
	Reason string       `json:"reason"`
}

// add appends a case.
func (s *verifySummary) add(r *verify.Result) *caseSummary {
	c := caseSummary{ID: r.Case.ID, Title: r.Case.Title, Exact: r.Case.Sentence, Passed: r.Passed(), Studies: []verifyStudySummary{}, Failures: []string{}}
	for k := range r.Studies {
		one := &r.Studies[k]
		c.Studies = append(c.Studies, summarizeStudy(one))
		c.Failures = append(c.Failures, failures(one)...)
	}
	s.Cases = append(s.Cases, c)
	if c.Passed {
		s.Passed++
	} else {
		s.Failed++
	}
	return &s.Cases[len(s.Cases)-1]
}

func summarizeStudy(r *verify.StudyResult) verifyStudySummary {
	s := verifyStudySummary{
		Name: r.Study.Name, Error: r.Study.Of, Unit: r.Study.Unit, Expected: output.Float(r.Study.Order), Passed: r.Passed(),
		Rows: []rowSummary{}, Checks: []checkSummary{},
	}
	if r.Study.Order == 0 {
		s.Expected = output.Float(math.NaN())
	}
	for _, row := range r.Rows {
		m := output.Floats(row.Measurement[:])
		s.Rows = append(s.Rows, rowSummary{
			row.N, m[verify.Error], output.Float(row.Order), m[verify.Current], m[verify.EntropyProduction],
			m[verify.Mass], m[verify.Negative], m[verify.Deviation], row.Time.Seconds(),
		})
	}
	for _, c := range r.Checks {
		s.Checks = append(s.Checks, checkSummary{c.What, c.N, output.Float(c.Value), output.Float(c.Limit), c.Passed, c.Reason})
	}
	if r.Err != nil {
		s.Failure = r.Err.Error()
	}
	return s
}

// failures says in words what did not pass.
func failures(r *verify.StudyResult) (list []string) {
	if r.Err != nil {
		list = append(list, fmt.Sprintf("%s: %v", r.Study.Name, r.Err))
	}
	for _, c := range r.Checks {
		switch {
		case c.Passed:
		case c.What == "order":
			list = append(list, fmt.Sprintf("%s: order %.2f at %d %s, want %g ± %.2g", r.Study.Name, c.Value, c.N, r.Study.Unit, r.Study.Order, c.Limit))
		default:
			list = append(list, fmt.Sprintf("%s: %s %.2g at %d %s, want at most %.2g", r.Study.Name, c.What, c.Value, c.N, r.Study.Unit, c.Limit))
		}
	}
	return list
}

// figure writes a number of a table, – where there is none.
func figure(format string, v output.Float) string {
	if math.IsNaN(float64(v)) {
		return "–"
	}
	return fmt.Sprintf(format, float64(v))
}

// print prints the table of a case, and its tolerances.
func (c *caseSummary) print(w io.Writer) {
	fmt.Fprintf(w, "%s  %s\n    %s\n", c.ID, c.Title, c.Exact)
	rows := [][]string{{"study", "size", "error", "order", "expected", "current", "entropy", "mass", "negative", "z", "seconds"}}
	for _, s := range c.Studies {
		name := s.Name
		for _, r := range s.Rows {
			rows = append(rows, []string{
				name, fmt.Sprintf("%d %s", r.Size, s.Unit), figure("%.2e", r.Error), figure("%.2f", r.Order), figure("%g", s.Expected),
				figure("%.1e", r.Current), figure("%.1e", r.Entropy), figure("%.0e", r.Mass), figure("%.0e", r.Negative), figure("%.1f", r.Deviation), fmt.Sprintf("%.2f", r.Seconds),
			})
			name = ""
		}
	}
	printTable(w, rows)
	fmt.Fprintln(w)
	c.printTolerances(w)
	fmt.Fprintln(w)
}

// printTolerances prints the limits of a case, those with one reason together.
func (c *caseSummary) printTolerances(w io.Writer) {
	var reasons [][2]string // what is bounded, and why
	limits := map[[2]string][]string{}
	for _, s := range c.Studies {
		for _, k := range s.Checks {
			key := [2]string{k.What, k.Reason}
			if limits[key] == nil {
				reasons = append(reasons, key)
			}
			text := fmt.Sprintf("%.2g", float64(k.Limit))
			if k.What == "order" {
				text = fmt.Sprintf("%g ± %.2g", float64(s.Expected), float64(k.Limit))
			}
			if list := limits[key]; len(list) == 0 || list[len(list)-1] != text {
				limits[key] = append(list, text)
			}
		}
	}
	for _, key := range reasons {
		sign := "≤ "
		if key[0] == "order" {
			sign = ""
		}
		line(w, key[0], "%s%s: %s", sign, strings.Join(limits[key], ", "), key[1])
	}
}

// print says which cases passed.
func (s *verifySummary) print(w io.Writer) {
	for _, c := range s.Cases {
		checks := 0
		for _, one := range c.Studies {
			checks += len(one.Checks)
		}
		verdict := "passed"
		if !c.Passed {
			verdict = "failed"
		}
		fmt.Fprintf(w, "  %-4s %s  %s (%d checks)\n", c.ID, verdict, c.Title, checks)
		for _, f := range c.Failures {
			fmt.Fprintf(w, "         %s\n", f)
		}
	}
	fmt.Fprintf(w, "  %d passed, %d failed\n", s.Passed, s.Failed)
}

// mostDrawn is the error from which a solver diverged, and a picture would show nothing else.
const mostDrawn = 1e10

// convergenceFigure returns what draws the errors of a case against sizes, nil where none are
// to fall.
func convergenceFigure(r *verify.Result) func(io.Writer) error {
	list, units := fallingErrors(r.Studies)
	if len(list) == 0 {
		return nil
	}
	return func(w io.Writer) error {
		return plot.Convergence(w, plot.PNG, r.Case.ID+": "+r.Case.Title, strings.Join(units, ", "), "error", list)
	}
}

// fallingErrors returns the errors that are to fall, of studies with two of them or more, and what their sizes
// count.
func fallingErrors(studies []verify.StudyResult) (list []plot.Errors, units []string) {
	for _, s := range studies {
		if s.Study.Order == 0 {
			continue
		}
		e := plot.Errors{Name: s.Study.Name, Order: s.Study.Order}
		for _, row := range s.Rows {
			if v := row.Measurement[verify.Error]; v < mostDrawn { // else, and not a number, it is for the table
				e.Sizes, e.Error = append(e.Sizes, float64(row.N)), append(e.Error, v)
			}
		}
		if len(e.Sizes) < 2 {
			continue
		}
		list = append(list, e)
		if !slices.Contains(units, s.Study.Unit) {
			units = append(units, s.Study.Unit)
		}
	}
	return list, units
}
