package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare/verify"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/spelling"
)

type verifyFlags struct {
	outputFlags
	quick, json, list bool
	cases             func() []*verify.Case
}

// verifyCommand is of the cases that are to be checked.
func verifyCommand(cases func() []*verify.Case) *cobra.Command {
	fl := verifyFlags{cases: cases}
	cmd := &cobra.Command{
		Use:   "verify [CASE…]",
		Short: "Check solvers and walkers against exact cases: status 0 all pass, 1 one fails",
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("report")
			return fl.verify(cmd.OutOrStdout(), cmd.ErrOrStderr(), args)
		},
	}
	cmd.Flags().BoolVar(&fl.quick, "quick", false, "fewer and smaller sizes, some seconds in all")
	cmd.Flags().BoolVar(&fl.list, "list", false, "list the cases, and check none")
	cmd.Flags().BoolVar(&fl.json, "json", false, "print the result as JSON, like summary.json of --report")
	cmd.Flags().StringVar(&fl.dir, "report", "", "folder `DIR` for summary.json and convergence plots")
	cmd.Flags().BoolVar(&fl.force, "force", false, "write into a folder that holds something else")
	cmd.Flags().BoolVarP(&fl.quiet, "quiet", "q", false, "print nothing but errors")
	return cmd
}

func (fl *verifyFlags) verify(w, progress io.Writer, names []string) error {
	cases, err := fl.choose(names)
	if err != nil {
		return err
	}
	if fl.list {
		for _, c := range cases {
			fmt.Fprintf(w, "%-4s %s\n     %s\n", c.ID, c.Title, c.Sentence)
		}
		return nil
	}
	folder, err := fl.prepare("--report")
	if err != nil {
		return err
	}
	if folder != nil {
		defer folder.Abort()
	}
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	text := w
	if fl.json {
		text = io.Discard
	}
	sum := &verifySummary{Program: "ness", Command: "verify", Quick: fl.quick, Cases: []caseSummary{}, Files: []string{}}
	var results []*verify.Result
	for _, c := range cases {
		r, err := runCase(c, fl.quick, progress)
		if err != nil {
			return err
		}
		results = append(results, r)
		sum.add(r).print(text)
	}
	sum.print(text)
	ctx, stop := untilInterrupt() // before, there is nothing to remove
	defer stop()
	if err := fl.write(ctx, text, folder, result{figures: verifyFigures(results), summary: sum, names: &sum.Files}); err != nil {
		return err
	}
	if fl.json {
		if err := output.WriteJSON(w, sum); err != nil {
			return err
		}
	}
	if sum.Failed > 0 {
		return &verdictError{"exact cases", fp.Violated}
	}
	return nil
}

// choose returns the cases of these names, all without any.
func (fl *verifyFlags) choose(names []string) (list []*verify.Case, err error) {
	all := fl.cases()
	if len(names) == 0 {
		return all, nil
	}
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	for _, name := range names {
		k := slices.IndexFunc(ids, func(id string) bool { return strings.EqualFold(id, name) })
		if k < 0 {
			hint := "want one of " + strings.Join(ids, ", ")
			if near := spelling.Nearest(name, ids); near != "" {
				hint = fmt.Sprintf("did you mean %s? (%s)", near, hint)
			}
			return nil, fmt.Errorf("unknown case %q: %s", name, hint)
		}
		if !slices.Contains(list, all[k]) {
			list = append(list, all[k])
		}
	}
	return list, nil
}

// runCase measures a case.
func runCase(c *verify.Case, quick bool, progress io.Writer) (*verify.Result, error) {
	bar := startProgress(progress, "verify "+c.ID, 0, c.Measurements(quick), "measurements", 1)
	defer bar.stop()
	return verify.Run(context.Background(), c, verify.Options{Quick: quick, Now: time.Now, Progress: bar.set})
}

// verifyFigures lists a figure of each case whose errors are to fall.
func verifyFigures(results []*verify.Result) map[string]func(io.Writer) error {
	figures := map[string]func(io.Writer) error{}
	for _, r := range results {
		if draw := convergenceFigure(r); draw != nil {
			figures[strings.ToLower(r.Case.ID)+".png"] = draw
		}
	}
	return figures
}
