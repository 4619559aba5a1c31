package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

type solveFlags struct {
	inputFlags
	outputFlags
	order, solver  string
	split          string
	tol, tolerance float64 // 0 where not given
	positive       bool
}

func solveCommand() *cobra.Command {
	var fl solveFlags
	cmd := &cobra.Command{
		Use:   "solve FILE",
		Short: "Find the stationary density and current of a problem file",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.solve(cmd.OutOrStdout(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().StringVar(&fl.order, "order", "auto", "`ORDER` of accuracy: auto, 2, 4, 6, 8, or monotone for a generator")
	cmd.Flags().BoolVar(&fl.positive, "positive", false, "solve for ln p: positive, and right far into the tails, at some times the cost")
	cmd.Flags().Float64Var(&fl.tolerance, "tolerance", 0, "refine the grid until the density is right to this relative L1 `ERROR`, by the estimate")
	limit(cmd, "tolerance", 1e-13, below1)
	cmd.Flags().StringVar(&fl.solver, "solver", "auto", "`NAME` of the way to the null vector of a generator: auto, multigrid or direct; the last two imply --order monotone")
	cmd.Flags().Float64Var(&fl.tol, "tol", 0, "`RESIDUAL` that iterations have to reach: of generators entrywise in multigrid, or in the norm of GMRES (default 3e-12), and in that of the linear form (default: what suits the error of the grid)")
	limit(cmd, "tol", 1e-15, below1)
	cmd.Flags().StringVar(&fl.split, "split", defaultSplit, "`FIELD` whose gradient, solenoidal and harmonic part are told and written: "+strings.Join(splitFields, ", "))
	return cmd
}

// garbagePercent is how much of the heap may be garbage before it is collected, over what is in
// use. All but a little of it are arrays of numbers, into which the collector does not look: at
// the default of 100 a solution takes as long, and a quarter more memory.
const garbagePercent = 30

func (fl *solveFlags) solve(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	defer debug.SetGCPercent(debug.SetGCPercent(garbagePercent))
	opt, err := fl.options()
	if err != nil {
		return err
	}
	folder, err := fl.prepare("-o")
	if err != nil {
		return err
	}
	if folder != nil {
		defer folder.Abort()
	}
	watch := &stopwatch{seconds: map[string]float64{}}
	watch.start("read")
	f, err := fl.read(name)
	if err != nil {
		return err
	}
	if err := f.HasStationary(); err != nil {
		return err
	}
	watch.start("box")
	g, notes, doubts, err := box(name, f)
	if err != nil {
		return err
	}
	if fl.split == "force" { // before all the work, whether there is one
		if _, err := f.Problem.ForceField(g); err != nil {
			return locate(name, f, err)
		}
	}
	opt.Stage = watch.start
	s, err := fl.stationary(f.Problem, g, opt)
	if s == nil {
		return locate(name, f, err)
	}
	g = s.Density.Grid
	var diverged *fp.ConvergenceError
	errors.As(err, &diverged)
	s.Warnings = append(doubts, s.Warnings...)
	watch.start("estimate")
	e, doubts := estimate(s, opt)
	s.Warnings = append(s.Warnings, doubts...)
	watch.start("current")
	a, accountErr := newAccount(s, s.Current(), e, fl.split)
	if accountErr != nil {
		return locate(name, f, accountErr)
	}
	watch.stop()
	var rough *fp.ToleranceError
	if errors.As(err, &rough) {
		s.Warnings = append(s.Warnings, rough.Error())
	}
	if e != nil && e.Density > 0.1 && s.Order == fp.OrderMonotone {
		s.Warnings = append(s.Warnings, fmt.Sprintf("the density changes by %.2g between this grid and half of it: it is not resolved; refine the grid", e.Density))
	}
	sum := summarize(f, s, a, e, notes)
	sum.Converged = diverged == nil
	sum.Seconds = watch.seconds
	describe(w, f, g, notes)
	sum.print(w)
	ctx, stop := untilInterrupt() // before, there is nothing to remove
	defer stop()
	if e := fl.write(ctx, w, folder, result{
		files: files(f.Problem, s, a), figures: figures(f.Problem, s, a), summary: sum, names: &sum.Files,
	}); e != nil {
		return e
	}
	return err
}

// stationary solves on the grid, or on finer ones where a tolerance is given. Where the
// result is not nil it is fit to look at whatever the error.
func (fl *solveFlags) stationary(p *fp.Problem, g *grid.Grid, opt fp.StationaryOptions) (*fp.Stationary, error) {
	if fl.tolerance > 0 {
		return fp.SolveToTolerance(p, g, fl.tolerance, opt)
	}
	return fp.SolveStationary(p, g, opt)
}

// options turns the flags into options of the solver.
func (fl *solveFlags) options() (opt fp.StationaryOptions, err error) {
	if opt.Solver, err = fp.ParseSolver(fl.solver); err != nil {
		return opt, fmt.Errorf("--solver: %w", err)
	}
	if err := checkSplit(fl.split); err != nil {
		return opt, err
	}
	if opt.Order, err = fp.ParseOrder(fl.order); err != nil {
		return opt, fmt.Errorf("--order: %w", err)
	}
	opt.Positive = fl.positive
	monotone := opt.Order == fp.OrderMonotone
	switch {
	case opt.Solver != fp.SolverAuto && !monotone && (opt.Order != fp.OrderAuto || fl.positive):
		return opt, fmt.Errorf("--solver %s is for generators: want --order monotone beside it, or neither --order nor --positive", fl.solver)
	case monotone && fl.positive:
		return opt, errors.New("--positive: a generator's density is positive already; leave out one of --order monotone and --positive")
	}
	opt.Tol, opt.MaxMemory = fl.tol, memory()
	return opt, nil
}

// errInterrupted says that the user stopped the program before the result was in place.
var errInterrupted = errors.New("interrupted; nothing was written")

// files lists what is written besides figures and the summary.
func files(p *fp.Problem, s *fp.Stationary, a *account) []output.File {
	files := []output.File{{Name: "solution.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, arrays(p, s, a)) }}}
	if s.Density.Grid.Dim() == 1 {
		return files
	}
	name, write := "solution.vtr", output.WriteVTR
	if s.Density.Grid.IsUniform() {
		name, write = "solution.vti", output.WriteVTI
	}
	return append(files, output.File{Name: name, Write: func(w io.Writer) error {
		edges, scalars, vectors := vtkArrays(s, a)
		return write(w, edges, scalars, vectors)
	}})
}

// drawFigures draws figures on all cores, and then writes them in the order of their names.
func drawFigures(ctx context.Context, folder *output.Folder, figures map[string]func(io.Writer) error) error {
	names := slices.Sorted(maps.Keys(figures))
	drawn, errs := make([]bytes.Buffer, len(names)), make([]error, len(names))
	pieces.Run(len(names), 1, func(k, _, _ int) {
		if errs[k] = errInterrupted; ctx.Err() == nil {
			errs[k] = figures[names[k]](&drawn[k])
		}
	})
	for k, name := range names {
		switch err := errs[k]; {
		case errors.Is(err, errInterrupted):
			return err
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := folder.Write(name, func(w io.Writer) error { _, err := drawn[k].WriteTo(w); return err }); err != nil {
			return err
		}
	}
	return nil
}

// A stopwatch adds up the seconds of named stages.
type stopwatch struct {
	name    string
	since   time.Time
	seconds map[string]float64
}

func (s *stopwatch) start(name string) {
	s.stop()
	s.name, s.since = name, time.Now()
}

func (s *stopwatch) stop() {
	if s.name != "" {
		s.seconds[s.name] += time.Since(s.since).Seconds()
	}
	s.name = ""
}
