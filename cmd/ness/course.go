package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/checkpoint"
	"github.com/ness-fp/ness/grid"
)

// This file runs evolutions, and goes on with those that were interrupted.

// A course is an evolution with what is kept of it.
type course struct {
	*fp.Evolution
	options    fp.EvolutionOptions
	in         *input
	initial    *grid.Field
	start      string         // the initial density, in words
	stationary *fp.Stationary // nil where not known
	warnings   []string

	times     []float64   // of what is kept
	densities [][]float64 // cell averages
	trace     []traceRow  // one per step

	path    string // of the saved state; "" for none
	own     bool   // whether this run wrote it, or goes on from it
	every   time.Duration
	saved   time.Time
	stop    func() bool // says whether the user interrupts
	show    *progress
	text    atomic.Value // a string: where the evolution is
	seconds float64
}

// A traceRow is what is told of one step, in the order of traceNames.
type traceRow [7]float64

var traceNames = [...]string{"time", "step", "error", "rate", "distance", "entropy", "negative_mass"}

func rowOf(s *fp.EvolutionState) traceRow {
	return traceRow{s.Time, s.Step, s.Error, s.Rate, s.Distance, s.Entropy, s.Negative}
}

func newCourse(fl *evolveFlags, in *input, initial *grid.Field, start string) *course {
	return &course{in: in, initial: initial, start: start, path: fl.checkpoint, every: fl.every, saved: time.Now()}
}

// knownTol is the residual to which stationary densities are solved that others are measured by.
const knownTol = 1e-13

// prepare makes the evolution of the initial density, and the stationary one where there is one: else it
// notes why not.
func (c *course) prepare() (err error) {
	c.warnings = append([]string{}, c.in.doubts...)
	if !c.in.file.IsSteady() || c.in.grid.HasWall(grid.Absorbing) {
		c.Evolution, err = fp.NewEvolution(c.in.file.Course(), c.initial, c.options)
		return err
	}
	s, err := fp.SolveStationary(c.in.file.Problem, c.in.grid, fp.StationaryOptions{Order: c.options.Order, Tol: knownTol, MaxMemory: memory()})
	if err != nil {
		c.warnings = append(c.warnings, fmt.Sprintf("entropy is not told, as the stationary density is not known: %v", err))
	} else {
		c.stationary, c.options.Stationary = s, s
		for _, w := range s.Warnings {
			c.warnings = append(c.warnings, "of the stationary density: "+w)
		}
	}
	c.Evolution, err = fp.NewEvolution(c.in.file.Course(), c.initial, c.options)
	return err
}

// isBroken says whether so much mass is below 0 that the density is of no use, with an operator that order
// auto took.
func (c *course) isBroken() bool {
	share, _ := c.negative()
	return share > worstNegative && c.options.Order == fp.OrderAuto
}

// toGenerator prepares the course anew with a generator, whose densities are positive.
func (c *course) toGenerator() error {
	c.in.notes = append(c.in.notes, fmt.Sprintf("a generator was taken, as the cells do not resolve the densities: at order %v more than %g of the mass gets below 0", c.Order(), worstNegative))
	c.options.Order, c.options.Stationary, c.stationary = fp.OrderMonotone, nil, nil
	c.trace, c.times, c.densities = nil, nil, nil
	return c.prepare()
}

// keep takes a density that was asked for.
func (c *course) keep(t float64, p *grid.Field) error {
	c.times, c.densities = append(c.times, t), append(c.densities, p.Values)
	return nil
}

// negative returns the largest share of mass below 0, of the density at the end and of those kept, and at
// which time.
func (c *course) negative() (share, at float64) {
	s := c.State()
	share, at = -s.Negative/s.Mass, s.Time
	for k, p := range c.densities {
		var below, mass float64
		for i, v := range p {
			m := v * c.in.grid.Volume(i)
			below, mass = below-min(m, 0), mass+m
		}
		if below/mass > share {
			share, at = below/mass, c.times[k]
		}
	}
	return share, at
}

// run goes on to the end. The state is saved there too: it may take long to draw, and a run that came
// to no end may be given more steps.
func (c *course) run(ctx context.Context, bar io.Writer) error {
	c.stop = func() bool { return ctx.Err() != nil }
	c.show = startStatus(bar, "evolving", c.status)
	began := time.Now()
	err := c.Run()
	c.show.stop()
	c.seconds += time.Since(began).Seconds()
	if errors.Is(err, errStopped) {
		return c.stopped()
	}
	if failed := c.store(); err == nil || failed != nil && isEndless(err) {
		err = errors.Join(err, failed)
	}
	return err
}

// step takes what is told of a step, and saves the state from time to time, and when the user
// interrupts.
func (c *course) step(s *fp.EvolutionState) error {
	c.trace = append(c.trace, rowOf(s))
	c.text.Store(statusOf(s))
	c.show.set(int(thousandths * c.done(s)))
	stopped := c.stop()
	if stopped || time.Since(c.saved) >= c.every {
		if err := c.store(); err != nil {
			return err
		}
	}
	if stopped {
		return errStopped
	}
	return nil
}

// store saves the state, where there is a path for it and something to save.
func (c *course) store() error {
	if c.path == "" || c.State().Steps == 0 {
		return nil
	}
	c.saved, c.own = time.Now(), true
	return output.WriteFile(c.path, c.save)
}

// checkState says whether the file at a path is one that may be gone on from, or written over where
// that is asked for: a saved state, or none. Other files are never touched.
func checkState(path string, resume, force bool) error {
	if path == "" {
		return nil
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && resume:
		return fmt.Errorf("--resume: no interrupted evolution: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("--checkpoint: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("--checkpoint: %s is not a regular file", path)
	case resume:
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--checkpoint: %w", err)
	}
	defer file.Close()
	if !fp.IsSavedEvolution(file) {
		return fmt.Errorf("--checkpoint: %s is not a saved state, and would be written over", path)
	}
	if !force {
		return fmt.Errorf("--checkpoint: %s is a saved state: want --resume to go on from it, or --force to begin anew", path)
	}
	return nil
}

// statePath returns the default path of a saved state.
func statePath(dir string) string { return filepath.Clean(dir) + ".state" }

// keptMagic begins what was kept, behind the state of the evolution.
const keptMagic = "nesskept\x01"

// save writes the state and what was kept.
func (c *course) save(w io.Writer) error {
	if err := c.Save(w); err != nil {
		return err
	}
	return checkpoint.Write(w, keptMagic, c.mark(), c.kept)
}

// mark is a hash of the state that what was kept belongs to.
func (c *course) mark() [sha256.Size]byte {
	s := c.State()
	return sha256.Sum256(fmt.Appendf(nil, "%d %x %x %x", s.Steps, s.Time, s.Rate, s.Mass))
}

// kept calls do for all that is kept.
func (c *course) kept(do func(any) error) error {
	for _, v := range []any{c.trace, c.times} {
		if err := do(v); err != nil {
			return err
		}
	}
	for _, p := range c.densities {
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

// restore sets the course to the saved one. How much was kept follows from its state.
func (c *course) restore() error {
	file, err := os.Open(c.path)
	if err != nil {
		return fmt.Errorf("--resume: no interrupted evolution: %w", err)
	}
	defer file.Close()
	src := bufio.NewReaderSize(file, 1<<20)
	err = c.Restore(src)
	if err == nil {
		s := c.State()
		c.trace = make([]traceRow, s.Steps)
		for _, t := range c.options.Times {
			if t > s.Time {
				break
			}
			c.times, c.densities = append(c.times, 0), append(c.densities, make([]float64, c.in.grid.Cells()))
		}
		err = checkpoint.Read(src, keptMagic, c.mark(), c.kept)
	}
	if _, end := src.ReadByte(); err == nil && end == nil {
		err = checkpoint.ErrDamaged
	}
	if err != nil {
		return fmt.Errorf("--resume: %s: %w", c.path, err)
	}
	c.own = true
	return nil
}

// stopped is the error of an interrupted run.
func (c *course) stopped() error {
	s := c.State()
	if c.path == "" {
		return fmt.Errorf("%w at time %.6g, after %d steps; nothing was written", errStopped, s.Time, s.Steps)
	}
	return fmt.Errorf("%w at time %.6g, after %d steps; the same command with --resume goes on from %s", errStopped, s.Time, s.Steps, c.path)
}

// forget removes the saved state of a run that came to its end.
func (c *course) forget() error {
	if !c.own {
		return nil
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// done returns about the share of the work that is done: of steps, if they go on to be as long as
// the last, where the end is a time; else of how far the rate of change has to fall, at the pace
// at which it falls.
func (c *course) done(s *fp.EvolutionState) float64 {
	if end := c.options.End; end > 0 {
		return float64(s.Steps) / (float64(s.Steps) + (end-s.Time)/s.Step)
	}
	n := len(c.trace)
	if n < 2 {
		return 0
	}
	first, before := c.trace[0][3], c.trace[n-2][3]
	decay := math.Log(before/s.Rate) / s.Step
	last := math.Log(first / (c.options.StationaryTol * decay * s.Mass))
	if share := math.Log(first/s.Rate) / last; share > 0 && share < 1 {
		return share
	}
	return 0
}

// status says where the evolution is; others may ask while it goes on.
func (c *course) status() string {
	text, _ := c.text.Load().(string)
	return text
}

func statusOf(s *fp.EvolutionState) string {
	text := fmt.Sprintf("t = %.4g, step %d of length %.2g, ‖∂p/∂t‖ %.2e", s.Time, s.Steps, s.Step, s.Rate)
	if !math.IsNaN(s.Entropy) {
		text += fmt.Sprintf(", entropy %.2e", s.Entropy)
	}
	return text
}
