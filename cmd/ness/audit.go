package main

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare/audit"
	"github.com/ness-fp/ness/fp"
)

type auditFlags struct {
	inputFlags
	outputFlags
	within       float64
	walkers      int
	walkersGiven bool // whether they were
	seed         uint64
	noEnsemble   bool
	json         bool
}

func auditCommand() *cobra.Command {
	var fl auditFlags
	cmd := &cobra.Command{
		Use:   "audit FILE",
		Short: "Measure every assumption behind the equation: status 0 all hold, 1 one is violated, 3 cannot tell of one",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given, fl.walkersGiven = cmd.Flags().Changed("output"), cmd.Flags().Changed("walkers")
			return fl.audit(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	f := cmd.Flags()
	f.Float64Var(&fl.within, "within", 0.02, "total variation `DISTANCE` up to which densities agree")
	limit(cmd, "within", above0, below1)
	f.Var(newWhole(&fl.walkers, 1024), "walkers", "`NUMBER` of walkers of ensembles")
	limit(cmd, "walkers", 64, 1<<20)
	f.Uint64Var(&fl.seed, "seed", 1, "`SEED` of all random numbers")
	f.BoolVar(&fl.noEnsemble, "no-ensemble", false, "leave out what takes long runs of walkers")
	f.BoolVar(&fl.json, "json", false, "print the result as JSON")
	return cmd
}

// options checks the flags.
func (fl *auditFlags) options() (audit.Options, error) {
	if fl.walkersGiven && fl.noEnsemble {
		return audit.Options{}, errors.New("--walkers: has no meaning with --no-ensemble")
	}
	return audit.Options{
		Seed: fl.seed, Within: fl.within, Walkers: fl.walkers, NoEnsemble: fl.noEnsemble,
		Solve: fp.StationaryOptions{MaxMemory: memory()},
	}, nil
}

func (fl *auditFlags) audit(w, progress io.Writer, name string) error {
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	opt, err := fl.options()
	if err != nil {
		return err
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, audit.Check)
	if err != nil {
		return err
	}
	defer in.abort()
	r, err := watchedAudit(in, opt, progress)
	if err != nil {
		return in.locate(err)
	}
	r.Warnings = append(append([]string{}, in.doubts...), r.Warnings...)
	sum := summarizeAudit(in, r, fl.seed)
	if in.folder != nil && !fl.noPlots {
		sum.nameFigures(in, r)
	}
	ctx, stop := untilInterrupt() // before, there is nothing to remove
	defer stop()
	if err := fl.tell(ctx, w, in, r, sum); err != nil {
		return err
	}
	return judged("audit", verdictOf(r))
}

// watchedAudit shows how far the audit has come.
func watchedAudit(in *input, opt audit.Options, progress io.Writer) (*audit.Report, error) {
	var mu sync.Mutex // the bar is drawn at any time
	var now string
	show := startStatus(progress, "auditing", func() string {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	defer show.stop()
	opt.Progress = func(share float64, doing string) {
		mu.Lock()
		now = doing
		mu.Unlock()
		show.set(int(share * thousandths))
	}
	return audit.Audit(in.file, in.grid, opt)
}

// tell prints and writes what was found.
func (fl *auditFlags) tell(ctx context.Context, w io.Writer, in *input, r *audit.Report, sum *auditSummary) error {
	text := w
	if fl.json {
		text = io.Discard
	}
	describe(text, in.file, in.grid, in.notes)
	sum.print(text)
	pictures := map[string][]byte{}
	if err := fl.write(ctx, text, in.folder, result{
		figures: kept(pictures, auditFigures(in, r)),
		more: func(_ context.Context, folder *output.Folder) error {
			return folder.Write("audit.html", func(w io.Writer) error { return writePage(w, in, r, sum, pictures) })
		},
		summary: sum, names: &sum.Files,
	}); err != nil {
		return err
	}
	if fl.json {
		return output.WriteJSON(w, sum)
	}
	return nil
}

// verdictOf returns that of all assumptions: violated if one is, and holds if nobody cannot tell of
// any that applies.
func verdictOf(r *audit.Report) fp.Verdict {
	v := fp.Holds
	for _, f := range r.Findings {
		switch {
		case f.Kind != audit.Assumption || !f.Applies:
		case f.Verdict == fp.Violated:
			return fp.Violated
		case f.Verdict == fp.CannotTell:
			v = fp.CannotTell
		}
	}
	return v
}
