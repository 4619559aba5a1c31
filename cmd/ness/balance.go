package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

func balanceCommand() *cobra.Command {
	var fl balanceFlags
	cmd := &cobra.Command{
		Use:   "balance FILE",
		Short: "Say whether detailed balance holds: status 0 it holds, 1 violated, 3 cannot tell",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return fl.balance(cmd.OutOrStdout(), args[0])
		},
	}
	fl.add(cmd)
	cmd.Flags().BoolVar(&fl.json, "json", false, "print the verdict as JSON, like detailed_balance in summary.json")
	cmd.Flags().BoolVarP(&fl.quiet, "quiet", "q", false, "print nothing but errors")
	return cmd
}

type balanceFlags struct {
	inputFlags
	json, quiet bool
}

func (fl *balanceFlags) balance(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	f, err := fl.read(name)
	if err != nil {
		return err
	}
	if err := f.HasStationary(); err != nil {
		return err
	}
	g, notes, doubts, err := box(name, f)
	if err != nil {
		return err
	}
	b, err := solvedBalance(f.Problem, g)
	if err != nil {
		return locate(name, f, err)
	}
	b.Warnings = append(append([]string{}, doubts...), b.Warnings...)
	if fl.json {
		err = output.WriteJSON(w, b)
	} else {
		describe(w, f, g, notes)
		b.print(w)
	}
	if err != nil {
		return err
	}
	return judged("detailed balance", b.verdict)
}

// A balanceReport is what `ness balance` prints.
type balanceReport struct {
	balanceSummary
	DroppedCurl *droppedCurlSummary `json:"dropped_curl"` // null where there is no curl, or no solution
	Warnings    []string            `json:"warnings"`

	verdict fp.Verdict
}

// droppedCurlSummary is [fp.DroppedCurl].
type droppedCurlSummary struct {
	Dropped  measuredSummary `json:"dropped"`
	Mismatch measuredSummary `json:"mismatch"`
}

// solvedBalance judges detailed balance with a solution on the grid, or without where that does
// not converge.
func solvedBalance(p *fp.Problem, g *grid.Grid) (*balanceReport, error) {
	opt := fp.StationaryOptions{MaxMemory: memory()}
	s, err := fp.SolveStationary(p, g, opt)
	var diverged *fp.ConvergenceError
	switch {
	case errors.As(err, &diverged):
		b := fp.JudgeBalance(fp.ForceBalance(p, g), cycleBalance(p, g), fp.BalanceTest{})
		return &balanceReport{balanceSummary: summarizeBalance(b), verdict: b.Verdict, Warnings: []string{"judged without the solution: " + err.Error()}}, nil
	case err != nil:
		return nil, err
	}
	e, doubts := estimate(s, opt)
	b := judgeBalance(s, s.Current(), e)
	r := &balanceReport{balanceSummary: summarizeBalance(b), verdict: b.Verdict, Warnings: append(append([]string{}, s.Warnings...), doubts...)}
	if d, ok := s.DroppedCurl(); ok {
		r.DroppedCurl = &droppedCurlSummary{
			measuredSummary{output.Float(d.Dropped), output.Float(d.DroppedError)},
			measuredSummary{output.Float(d.Mismatch), output.Float(d.MismatchError)},
		}
	}
	return r, nil
}

// print prints the report.
func (r *balanceReport) print(w io.Writer) {
	r.balanceSummary.print(w)
	if d := r.DroppedCurl; d != nil {
		line(w, "curl of the current", "%v of its terms are ε D ∂∂p, which vanish where D is a multiple of the identity, and only there", d.Dropped)
	}
	for _, warning := range r.Warnings {
		line(w, "warning", "%s", warning)
	}
}

// estimate returns the error estimate of a solution, nil with the reason where it has none.
func estimate(s *fp.Stationary, opt fp.StationaryOptions) (e *fp.ErrorEstimate, doubts []string) {
	v, ok, err := s.EstimateError(opt)
	switch {
	case err != nil:
		return nil, []string{fmt.Sprintf("no error estimate: on half as many cells, %v", err)}
	case !ok:
		return nil, []string{"no error estimate: it wants an even number of cells, 6 or more, along every axis"}
	}
	return &v, nil
}

// balanceSummary is a verdict on detailed balance, with the three tests behind it.
type balanceSummary struct {
	Verdict string             `json:"verdict"`
	Reason  string             `json:"reason"`
	Force   balanceTestSummary `json:"force"`
	Cycles  balanceTestSummary `json:"cycles"`
	Current balanceTestSummary `json:"current"`
}

type balanceTestSummary struct {
	Statistic output.Float `json:"statistic"`
	Error     output.Float `json:"error"`
	Verdict   string       `json:"verdict"`
	Reason    string       `json:"reason"`
}

func summarizeBalance(b fp.DetailedBalance) balanceSummary {
	return balanceSummary{b.Verdict.String(), b.Reason, summarizeTest(b.Force), summarizeTest(b.Cycles), summarizeTest(b.Current)}
}

func summarizeTest(t fp.BalanceTest) balanceTestSummary {
	return balanceTestSummary{output.Float(t.Statistic), output.Float(t.Error), t.Verdict.String(), t.Reason}
}

// print says what the verdict is, and what each test found.
func (b *balanceSummary) print(w io.Writer) {
	line(w, "detailed balance", "%s", b.Verdict)
	for _, t := range []struct {
		label string
		test  balanceTestSummary
	}{{"of the force", b.Force}, {"of the rates", b.Cycles}, {"of the solution", b.Current}} {
		if t.test.Reason != "" {
			line(w, "  "+t.label, "%s: %s", t.test.Verdict, t.test.Reason)
		}
	}
}
