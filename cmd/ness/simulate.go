package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
)

type simulateFlags struct {
	walkerFlags
	lags   int
	record bool
}

func simulateCommand() *cobra.Command {
	var fl simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate FILE",
		Short: "Run an ensemble of walkers: SGD itself, or a stochastic differential equation",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.simulate(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	fl.add(cmd)
	cmd.Flags().Var(newWhole(&fl.lags, 0), "noise-lags", "largest lag `N` of the autocovariance of the gradient noise; 0 takes none")
	limit(cmd, "noise-lags", 0, 10000)
	cmd.Flags().BoolVar(&fl.record, "record", false, "write all that is counted to DIR/"+recordName)
	return cmd
}

func (fl *simulateFlags) simulate(w, progress io.Writer, name string) error {
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	if err := fl.checkOwn(); err != nil {
		return err
	}
	in, err := fl.open(name, func(f *fp.File) error { return fl.walkable(name, f) })
	if err != nil {
		return err
	}
	defer in.abort()
	if err := checkFormulas(in); err != nil {
		return in.locate(err)
	}
	ctx, stop := untilInterrupt()
	defer stop()
	p, err := fl.plan(ctx, in.file, in.grid, fewRelaxations, progress)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return locate(name, in.file, err)
	}
	if fl.lags >= p.steps {
		return fmt.Errorf("--noise-lags: want fewer than the %d steps after the burn-in, have %d", p.steps, fl.lags)
	}
	p.options.NoiseLags = fl.lags
	p.warnings = append(in.doubts, p.warnings...)
	r, err := fl.run(ctx, p, in.folder, progress)
	if r == nil {
		return locate(name, in.file, err)
	}
	return fl.tell(w, in, r, err)
}

// walkable says what walkers cannot do with a file.
func (fl *simulateFlags) walkable(name string, f *fp.File) error {
	if v := absorbs(f); v != "" {
		return fmt.Errorf("%s: domain.%s: walls absorb no walkers; want reflecting or periodic ones, or the command passage for the times until walls absorb", name, v)
	}
	if fl.lags > 0 && (!fl.isSGD(f) || f.SGD() == nil || f.SGD().Loss == nil) {
		return errors.New("--noise-lags: wants walkers that do SGD on data, whose batches are the noise")
	}
	if need, have := fl.noiseBytes(f.Problem.Dim()), memory(); need > have {
		return fmt.Errorf("--noise-lags: %d lags of %d walkers want %v of memory, have %v; fewer of either", fl.lags, fl.walkers, output.Bytes(need), output.Bytes(have))
	}
	return nil
}

// noiseBytes returns the memory that autocovariances of gradient noise take in d dimensions: of every
// walker and lag d numbers and d², and once again what a saved ensemble is read into.
func (fl *simulateFlags) noiseBytes(d int) int64 {
	if fl.lags == 0 {
		return 0
	}
	need := 8 * int64(fl.walkers) * int64(fl.lags+1) * int64(d+d*d)
	if fl.resume {
		need *= 2
	}
	return need
}

// checkFormulas samples the coefficients where they are formulas: of a negative variance walkers
// make none.
func checkFormulas(in *input) error {
	if sgd := in.file.SGD(); sgd != nil && sgd.Loss != nil {
		return nil
	}
	_, err := fp.SampleCenters(in.file.Problem, in.grid)
	return err
}

// tell prints and writes what the walkers did, and returns what the exit status is to say.
func (fl *simulateFlags) tell(w io.Writer, in *input, r *walk, err error) error {
	if fl.record && r.interrupted {
		r.warnings = append(r.warnings, recordName+" is 0 where walkers have not been yet")
	}
	sum := summarizeRun(in.file, in.grid, r)
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	// An interrupt has ended the walk; what it left is written.
	if err := fl.write(context.Background(), w, in.folder, result{
		files: r.files("histogram.npz", histogramArrays(in.file.Problem.Variables, r.Histogram())), figures: runFigures(in.file.Problem, r),
		summary: sum, names: &sum.Files,
	}); err != nil {
		return err
	}
	if r.interrupted {
		return r.stopped(in.folder != nil)
	}
	if err != nil {
		return locate(in.name, in.file, err)
	}
	return nil
}

// checkOwn says what is wrong with the flags that no other command has.
func (fl *simulateFlags) checkOwn() error {
	if fl.record && !fl.given {
		return errors.New("--record: wants -o DIR to write to")
	}
	return nil
}

// run runs the ensemble, from where a previous run was interrupted where that is asked for.
func (fl *simulateFlags) run(ctx context.Context, p *plan, folder *output.Folder, progress io.Writer) (*walk, error) {
	if err := fl.checkRecord(); err != nil {
		return nil, err
	}
	if fl.record {
		record, err := fl.recorder(p, folder)
		if err != nil {
			return nil, err
		}
		p.options.Record = record.add
		defer record.file.Close()
	}
	return fl.walk(ctx, p, "simulate", fl.dir, progress)
}
