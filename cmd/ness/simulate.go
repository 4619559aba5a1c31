package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// recordName is the file of all that was counted.
const recordName = "trajectories.npy"

type simulateFlags struct {
	inputFlags
	ensembleFlags
	outputFlags
	lags   int
	record bool
}

// outputFlags say where a result goes.
type outputFlags struct {
	dir            string
	given          bool // whether dir was
	force, noPlots bool
	quiet          bool
}

func (fl *outputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&fl.dir, "output", "o", "", "folder `DIR` for summary, arrays and figures; without it only the summary is printed")
	cmd.Flags().BoolVar(&fl.force, "force", false, "write into a folder that holds something else")
	cmd.Flags().BoolVar(&fl.noPlots, "no-plots", false, "write no figures")
	cmd.Flags().BoolVarP(&fl.quiet, "quiet", "q", false, "print nothing but errors")
}

// prepare returns the folder, nil without one.
func (fl *outputFlags) prepare() (*output.Folder, error) {
	if !fl.given {
		return nil, nil
	}
	return output.Prepare(fl.dir, fl.force)
}

func simulateCommand() *cobra.Command {
	var fl simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate FILE",
		Short: "Run an ensemble of walkers: SGD itself, or a stochastic differential equation",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.simulate(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.ensembleFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().IntVar(&fl.lags, "noise-lags", 0, "largest lag `N` of the autocovariance of the gradient noise; 0 takes none")
	cmd.Flags().BoolVar(&fl.record, "record", false, "write all that is counted to DIR/"+recordName)
	return cmd
}

func (fl *simulateFlags) simulate(w, progress io.Writer, name string) error {
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	if err := fl.checkAll(); err != nil {
		return err
	}
	folder, err := fl.prepare()
	if err != nil {
		return err
	}
	if folder != nil {
		defer folder.Abort()
	}
	f, err := fl.read(name)
	if err != nil {
		return err
	}
	g, notes, doubts, err := box(name, f)
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupt()
	defer stop()
	p, err := fl.plan(ctx, f, g)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return locate(name, f, err)
	}
	p.options.NoiseLags = fl.lags
	p.warnings = append(doubts, p.warnings...)
	r, err := fl.run(ctx, p, folder, progress)
	stop() // from here a second interrupt kills
	if r == nil {
		return locate(name, f, err)
	}
	return fl.tell(w, name, f, g, notes, folder, r, err)
}

// tell prints and writes what the walkers did, and returns what the exit status is to say.
func (fl *simulateFlags) tell(w io.Writer, name string, f *fp.File, g *grid.Grid, notes []string, folder *output.Folder, r *walk, err error) error {
	sum := summarizeRun(f, g, r)
	describe(w, f, g, notes)
	sum.print(w)
	if folder != nil {
		if err := fl.write(folder, f, r, sum); err != nil {
			return err
		}
		line(w, "written to", "%s", fl.dir)
	}
	if r.interrupted {
		return r.stopped(folder != nil)
	}
	if err != nil {
		return locate(name, f, err)
	}
	return nil
}

func (fl *simulateFlags) checkAll() error {
	switch {
	case fl.record && !fl.given:
		return errors.New("--record: wants -o DIR to write to")
	case fl.lags < 0 || fl.lags > 10000:
		return fmt.Errorf("--noise-lags: want 0 to 10000, have %d", fl.lags)
	}
	return fl.check(fl.given)
}

// run runs the ensemble, from where a previous run was interrupted where that is asked for.
func (fl *simulateFlags) run(ctx context.Context, p *plan, folder *output.Folder, progress io.Writer) (*walk, error) {
	if fl.record {
		record, err := fl.recorder(p, folder)
		if err != nil {
			return nil, err
		}
		p.options.Record = record.add
		defer record.file.Close()
	}
	return fl.walk(ctx, p, fl.dir, progress)
}

// A recorder writes what is counted, a number per coordinate, walker and count.
type recorder struct {
	plan *plan
	file *output.NPYFile
}

func (fl *simulateFlags) recorder(p *plan, folder *output.Folder) (*recorder, error) {
	shape := []int{p.options.Grid.Dim(), p.options.Walkers, p.steps / p.options.Every}
	const most = 1 << 40
	if bytes := 8 * float64(shape[0]) * float64(shape[1]) * float64(shape[2]); bytes > most {
		return nil, fmt.Errorf("--record: would write %v; fewer --steps or walkers, or a larger --every", output.Bytes(int64(bytes)))
	}
	previous := ""
	if fl.resume {
		previous = filepath.Join(fl.dir, recordName)
	}
	file, err := folder.CreateNPY(recordName, shape, previous)
	return &recorder{p, file}, err
}

// add takes some walkers at a step; many may be added at once.
func (r *recorder) add(step, first int, theta [][]float64) {
	o := &r.plan.options
	d, n := len(theta), len(theta[0])
	count := (step-o.BurnIn)/o.Every - 1
	buf := make([]float64, d*n)
	for a, t := range theta {
		for i, v := range t {
			buf[i*d+a] = v
		}
	}
	r.file.WriteAt(buf, (count*o.Walkers+first)*d)
}

// write puts all files into the folder and moves them into place.
func (fl *simulateFlags) write(folder *output.Folder, f *fp.File, r *walk, sum *runSummary) error {
	if r.interrupted {
		if err := folder.Write(stateName, r.Save); err != nil {
			return err
		}
	}
	if err := folder.Write("histogram.npz", func(w io.Writer) error {
		return output.WriteNPZ(w, histogramArrays(f.Problem.Variables, r.Histogram()))
	}); err != nil {
		return err
	}
	if !fl.noPlots {
		if err := drawFigures(context.Background(), folder, runFigures(f.Problem, r)); err != nil {
			return err
		}
	}
	sum.Files = folder.Names()
	if err := folder.Write("summary.json", func(w io.Writer) error { return output.WriteJSON(w, sum) }); err != nil {
		return err
	}
	return folder.Commit()
}
