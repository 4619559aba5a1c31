package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/checkpoint"
)

type evolveFlags struct {
	inputFlags
	outputFlags
	order              string
	until              string
	times              []string
	tol, stationaryTol float64
	maxSteps           int
	checkpoint         string
	every              time.Duration
	resume             bool
	animate            bool
}

func evolveCommand() *cobra.Command {
	var fl evolveFlags
	cmd := &cobra.Command{
		Use:   "evolve FILE",
		Short: "Let the density of a problem file evolve in time, to a time or until nothing changes",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			if cmd.Flags().Changed("times") && len(fl.times) == 0 {
				return errors.New("--times: want some")
			}
			return fl.evolve(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&fl.order, "order", "auto", "`ORDER` of accuracy: auto, 2, 4, 6, 8, or monotone for a generator, which is auto on a line and where the accurate operator makes 1 % of the mass negative: exact in the end, of second order until then; 8 is more accurate where cells resolve the densities")
	f.StringVar(&fl.until, "until", "", "`END`: a time, or stationary (default: the last of the --times, or stationary)")
	f.StringSliceVar(&fl.times, "times", nil, "`TIMES` at which to keep the density: numbers, FROM:TO:COUNT evenly, FROM:TO:COUNT:log in equal ratios")
	f.Float64Var(&fl.tol, "tol", 1e-4, "`ERROR` of one step in time, in the L1 norm")
	limit(cmd, "tol", 1e-12, below1)
	f.Float64Var(&fl.stationaryTol, "stationary-tol", 1e-10, "`DISTANCE` in the L1 norm, by estimate, at which a density is stationary")
	limit(cmd, "stationary-tol", 1e-14, below1)
	f.Var(newWhole(&fl.maxSteps, 100000), "max-steps", "`NUMBER` of steps after which to give up")
	limit(cmd, "max-steps", 1, mostSteps)
	f.StringVar(&fl.checkpoint, "checkpoint", "", "`PATH` of the file that keeps the state (default: DIR.state)")
	f.DurationVar(&fl.every, "checkpoint-every", 30*time.Second, "`TIME` between two saved states")
	f.BoolVar(&fl.resume, "resume", false, "go on from the saved state")
	f.BoolVar(&fl.animate, "animate", false, "draw the density at each of the --times, as frames and as an animated GIF")
	return cmd
}

// options checks the flags and turns them into options of an evolution.
func (fl *evolveFlags) options() (opt fp.EvolutionOptions, err error) {
	if opt.Order, err = fp.ParseOrder(fl.order); err != nil {
		return opt, fmt.Errorf("--order: %w", err)
	}
	if opt.Times, err = parseTimes(fl.times); err != nil {
		return opt, fmt.Errorf("--times: %w", err)
	}
	if err := fl.end(&opt); err != nil {
		return opt, err
	}
	switch {
	case fl.every <= 0:
		return opt, fmt.Errorf("--checkpoint-every: want a time above 0, have %v", fl.every)
	case fl.animate && (!fl.given || len(opt.Times) < 2):
		return opt, errors.New("--animate: wants -o DIR, and --times of at least two frames")
	}
	opt.Tol, opt.MaxSteps = fl.tol, fl.maxSteps
	if fl.checkpoint == "" && fl.given {
		fl.checkpoint = statePath(fl.dir)
	}
	if fl.resume && fl.checkpoint == "" {
		return opt, errors.New("--resume: wants --checkpoint PATH, or the -o DIR of the interrupted run")
	}
	return opt, checkState(fl.checkpoint, fl.resume, fl.force)
}

// end sets the end.
func (fl *evolveFlags) end(opt *fp.EvolutionOptions) error {
	var last float64
	if n := len(opt.Times); n > 0 {
		last = opt.Times[n-1]
	}
	switch fl.until {
	case "":
		opt.End = last
	case stationaryEnd:
	default:
		end, err := strconv.ParseFloat(fl.until, 64)
		if err != nil || !(end > 0) || math.IsInf(end, 1) {
			return fmt.Errorf("--until: want a time > 0 or stationary, have %q", fl.until)
		}
		if last > end {
			return fmt.Errorf("--times: want none after the end, %g, have %g", end, last)
		}
		opt.End = end
	}
	if opt.End == 0 {
		opt.StationaryTol = fl.stationaryTol
	}
	return nil
}

func (fl *evolveFlags) evolve(w, progress io.Writer, name string) error {
	if fl.quiet {
		w, progress = io.Discard, io.Discard
	}
	opt, err := fl.options()
	if err != nil {
		return err
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, func(f *fp.File) error { return fl.check(f, &opt) })
	if err != nil {
		return err
	}
	defer in.abort()
	in.takeStep()
	c, err := fl.begin(in, &opt)
	if err != nil {
		return in.locate(err)
	}
	ctx, stop := untilInterrupt() // before, there is nothing to save
	defer stop()
	err = c.run(ctx, progress)
	if (err == nil || isEndless(err)) && c.isBroken() {
		if err = c.toGenerator(); err == nil {
			err = c.run(ctx, progress)
		}
	}
	if err != nil && !isEndless(err) {
		return in.locate(err)
	}
	if s := c.State(); err == nil && s.Negative < -worstNegative*s.Mass {
		err = &fp.StepError{State: s, Cause: fp.ErrUnstable}
	}
	return fl.tell(ctx, w, in, c, err)
}

// worstNegative is the share of the mass below 0 from which a density is of no use.
const worstNegative = 0.01

// check says why the file cannot evolve to that end.
func (fl *evolveFlags) check(f *fp.File, opt *fp.EvolutionOptions) error {
	if err := f.HasEquation(); err != nil {
		return err
	}
	if opt.End == 0 && !f.IsSteady() {
		return fmt.Errorf("the coefficients change in time, so no density is stationary: %w", errNoEnd)
	}
	if opt.End == 0 && absorbs(f) != "" {
		return fmt.Errorf("walls absorb, so no density is stationary: %w", errNoEnd)
	}
	return nil
}

var errNoEnd = errors.New("want --until TIME")

// begin makes the evolution, or takes up the one that was interrupted.
func (fl *evolveFlags) begin(in *input, opt *fp.EvolutionOptions) (*course, error) {
	p, words, err := in.file.InitialDensity(in.grid)
	if err != nil {
		return nil, err
	}
	c := newCourse(fl, in, p, words)
	opt.Output, opt.Progress = c.keep, func(s fp.EvolutionState) error { return c.step(&s) }
	c.options = *opt
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if !fl.resume {
		return c, nil
	}
	err = c.restore()
	if errors.Is(err, checkpoint.ErrOther) && opt.Order == fp.OrderAuto && c.Order() != fp.OrderMonotone {
		if c.toGenerator() == nil && c.restore() == nil { // begun again
			return c, nil
		}
	}
	return c, err
}

// isEndless says whether an error is of an evolution that came to no end, which is fit to look at.
func isEndless(err error) bool {
	var step *fp.StepError
	return errors.As(err, &step)
}

// tell prints and writes what became of the density, and returns what the exit status is to say.
func (fl *evolveFlags) tell(ctx context.Context, w io.Writer, in *input, c *course, err error) error {
	sum := summarizeCourse(in, c, err)
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	r := result{files: c.files(), figures: c.figures(), summary: sum, names: &sum.Files}
	if fl.animate {
		r.more = c.animate
	}
	if err := fl.write(ctx, w, in.folder, r); errors.Is(err, errInterrupted) {
		return c.stopped()
	} else if err != nil {
		return err
	}
	if err != nil {
		return locate(in.name, in.file, err)
	}
	return c.forget()
}
