package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp/checkpoint"
)

// This file runs ensembles that are planned, and goes on with those that were interrupted.

// A walk is an ensemble that has run, perhaps not to the end.
type walk struct {
	*plan
	*compare.Ensemble
	seconds     float64
	done        int // steps, by this program run
	interrupted bool
}

// run runs the ensemble of a plan, or goes on with a saved one. What comes with the error
// of a context that is done, or of walkers outside the box, is fit to look at.
func (p *plan) run(ctx context.Context, bar io.Writer, saved io.Reader) (*walk, error) {
	var show *progress
	opt := p.options
	opt.Progress = func(step int) { show.set(step) }
	e, err := compare.New(p.process, p.initial, opt)
	if err != nil {
		return nil, err
	}
	if saved != nil {
		if err := e.Restore(saved); err != nil {
			return nil, err
		}
		if err := p.checkGone(e.Farthest()); err != nil {
			return nil, err
		}
	}
	first, total := e.Step(), p.total()
	show = startProgress(bar, "simulating", first, total, "million walker steps", float64(p.options.Walkers)/1e6)
	defer show.stop()
	began := time.Now()
	err = e.Run(ctx, total)
	r := &walk{plan: p, Ensemble: e, seconds: time.Since(began).Seconds(), done: e.Step() - first, interrupted: ctx.Err() != nil}
	var outside *compare.OutsideError
	if err != nil && !r.interrupted && !errors.As(err, &outside) {
		return nil, err
	}
	if outside != nil {
		err = r.tooNarrow(outside)
	}
	return r, err
}

// tooNarrow says in which axes of the box three standard deviations of the walkers find no room, and what can be done.
func (r *walk) tooNarrow(err *compare.OutsideError) error {
	m, k := r.Moments(), 0
	var where strings.Builder
	for a, name := range r.variables {
		ax, deviation := r.options.Grid.Axis(a), math.Sqrt(m.Cov[k])
		if room := min(m.Mean[a]-ax.Min(), ax.Max()-m.Mean[a]); !ax.IsPeriodic() && !(room >= 3*deviation) { // also where deviations overflow
			fmt.Fprintf(&where, "; %s is %.3g ± %.3g (standard deviation), the box %.4g … %.4g", name, m.Mean[a], deviation, ax.Min(), ax.Max())
		}
		k += len(r.variables) - a
	}
	return fmt.Errorf("%w%s: widen the box (domain), or accept more (--max-outside)", err, where.String())
}

// errNotResumed says that a saved ensemble cannot go on; nothing is to be written over it.
var errNotResumed = errors.New("--resume")

// checkGone refuses to go on with walkers that have gone farther than all are to go.
func (p *plan) checkGone(farthest int) error {
	if farthest <= p.total() {
		return nil
	}
	return fmt.Errorf("%w: --steps: walkers of the interrupted run have done up to %d after the burn-in; want at least as many, have %d", errNotResumed, farthest-p.options.BurnIn, p.steps)
}

// stateName is the file of an interrupted ensemble.
const stateName = "ensemble.state"

// files lists arrays under a name, and the state of an ensemble that was interrupted.
func (r *walk) files(name string, arrays []output.Array) []output.File {
	list := []output.File{{Name: name, Write: func(w io.Writer) error { return output.WriteNPZ(w, arrays) }}}
	if r.interrupted {
		list = append(list, output.File{Name: stateName, Write: r.Save})
	}
	return list
}

// walk runs the ensemble, from where a previous run was interrupted where that is asked for.
func (fl *ensembleFlags) walk(ctx context.Context, p *plan, command, dir string, bar io.Writer) (*walk, error) {
	if !fl.resume {
		return p.run(ctx, bar, nil)
	}
	path := filepath.Join(dir, stateName)
	switch was, files, err := resultIn(dir); {
	case err == nil && was != command:
		return nil, fmt.Errorf("--resume: %s holds a result of ness %s, not of ness %s", dir, was, command)
	case err == nil && !slices.Contains(files, stateName):
		return nil, fmt.Errorf("--resume: the run in %s was finished, of which nothing is kept to go on from", dir)
	}
	return p.resume(ctx, bar, path)
}

// resume goes on with the ensemble of a file.
func (p *plan) resume(ctx context.Context, bar io.Writer, path string) (*walk, error) {
	saved, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--resume: no interrupted ensemble: %w", err)
	}
	defer saved.Close()
	r, err := p.run(ctx, bar, bufio.NewReader(saved))
	if errors.Is(err, checkpoint.ErrDamaged) || errors.Is(err, checkpoint.ErrOther) {
		return nil, fmt.Errorf("%w: %s: %w", errNotResumed, path, err)
	}
	return r, err
}

// resultIn returns the command that left a result, and what files it left.
func resultIn(dir string) (command string, files []string, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		return "", nil, err
	}
	var s struct {
		Command string   `json:"command"`
		Files   []string `json:"files"`
	}
	err = json.Unmarshal(data, &s)
	return s.Command, s.Files, err
}

// total returns the steps of each walker, burn-in and all.
func (p *plan) total() int { return p.options.BurnIn + p.steps }

// errStopped says that the user stopped an ensemble; what was gathered is kept.
var errStopped = errors.New("interrupted")

// stopped is the error of an interrupted run.
func (r *walk) stopped(saved bool) error {
	hint := ""
	if saved {
		hint = "; the same command with --resume goes on"
	}
	at := fmt.Sprintf("step %d", r.Step())
	if f := r.Farthest(); f > r.Step() { // walkers run block after block
		at = fmt.Sprintf("steps %d to %d, by walker,", r.Step(), f)
	}
	return fmt.Errorf("%w at %s of %d%s", errStopped, at, r.total(), hint)
}
