package compare

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Options say how many walkers there are and what is made of them. The zero value is a
// good choice where no histogram is wanted.
type Options struct {
	// Walkers is their number; 0 means 4096.
	Walkers int
	// Seed fixes, with a walker's number, all its random numbers.
	Seed uint64
	// Workers is the number of goroutines; 0 means one per core. Results do not depend on it.
	Workers int
	// BurnIn is the number of steps before anything is tallied.
	BurnIn int
	// Every says after how many steps, from BurnIn on, walkers are tallied; 0 means 24.
	// Steps of a walker are correlated: means lose nothing by a tally in every tenth of the
	// relaxation time, counts of cells do; [Relaxation.Every] weighs that against the cost.
	Every int
	// Grid is that of the histogram, with as many axes as there are parameters; nil: none.
	// Coordinates along its periodic axes are taken modulo the period.
	Grid *grid.Grid
	// Groups is how many groups of walkers have a histogram of their own, for errors per
	// cell, at 8 bytes per cell; 0 means 32, or Walkers if that is less. Workers beyond
	// this number have nothing to do.
	Groups int
	// NoiseLags is the largest lag of the autocovariance of gradient noise; 0: none is
	// taken. It wants data, and costs a full gradient at every step after BurnIn.
	NoiseLags int
	// RecordNoise gets, at every step after BurnIn, the number of steps done so far, the number
	// of the first of some walkers, their coordinates and the gradient noise ξ = g − g_B of the
	// step that comes next, a slice for each coordinate, not to be kept. It is called as Record
	// is, wants data and costs as NoiseLags.
	RecordNoise func(done, first int, theta, xi [][]float64)
	// MaxOutside is the fraction of tallies outside the Grid that is an error if it is
	// exceeded; 0 means 0.01, 1 never.
	MaxOutside float64
	// Record gets what is tallied: the step, the number of the first of some walkers and
	// their coordinates, a slice for each, not to be kept. It is called from all workers,
	// steps of one walker in order.
	Record func(step, first int, theta [][]float64)
	// Progress gets the number of steps that all walkers have done, every now and then.
	Progress func(step int)
}

func (o Options) withDefaults() Options {
	o.Walkers = orElse(o.Walkers, 4096)
	o.Workers = orElse(o.Workers, runtime.GOMAXPROCS(0))
	o.Every = orElse(o.Every, mostEvery)
	o.Groups = orElse(o.Groups, 32)
	if o.MaxOutside == 0 {
		o.MaxOutside = 0.01
	}
	return o
}

func orElse(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

func (o *Options) check(p Process) error {
	for _, c := range []struct {
		name        string
		have, least int
	}{{"walkers", o.Walkers, 2}, {"workers", o.Workers, 1}, {"burn-in", o.BurnIn, 0}, {"every", o.Every, 1}, {"groups", o.Groups, 2}, {"noise lags", o.NoiseLags, 0}} {
		if c.have < c.least {
			return fmt.Errorf("%s: want at least %d, have %d", c.name, c.least, c.have)
		}
	}
	if o.Grid != nil && o.Grid.Dim() != p.dim() {
		return fmt.Errorf("grid: want an axis for each of the %d parameters, have %d", p.dim(), o.Grid.Dim())
	}
	if o.Grid != nil && o.Grid.Cells() >= math.MaxInt32 {
		return fmt.Errorf("grid: want fewer than %d cells, have %d", math.MaxInt32, o.Grid.Cells())
	}
	if !(o.MaxOutside > 0 && o.MaxOutside <= 1) {
		return fmt.Errorf("outside: want a fraction in (0, 1], have %g", o.MaxOutside)
	}
	if s, ok := p.(*SGD); o.watchesNoise() && (!ok || s.Loss == nil) {
		return fmt.Errorf("noise lags: want SGD on data")
	}
	return nil
}

// watchesNoise says whether the gradient noise of every step is wanted.
func (o *Options) watchesNoise() bool { return o.NoiseLags > 0 || o.RecordNoise != nil }

// An Ensemble is walkers of a [Process] with what has been tallied of them.
type Ensemble struct {
	process Process
	initial Initial
	opt     Options
	lanes   int
	*state
}

// New returns an ensemble at step 0. Errors say what of its arguments is wrong.
func New(p Process, initial Initial, opt Options) (*Ensemble, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	opt = opt.withDefaults()
	if err := opt.check(p); err != nil {
		return nil, err
	}
	if err := initial.check(p.dim()); err != nil {
		return nil, err
	}
	opt.Groups = min(opt.Groups, opt.Walkers)
	e := &Ensemble{process: p, initial: initial, opt: opt, lanes: min(p.lanes(), opt.Walkers/opt.Groups)}
	e.state = e.newState()
	for w := range e.sources.now {
		e.sources.now[w] = random.New(opt.Seed, uint64(w))
	}
	initial.place(e.theta, e.sources.now)
	return e, nil
}

func (e *Ensemble) blocks() int { return pieces.Count(e.opt.Walkers, e.lanes) }

// group returns the first block of a group; its last is that before the first of the next.
func (e *Ensemble) group(g int) int { return g * e.blocks() / e.opt.Groups }

// Step returns how many steps all walkers have done.
func (e *Ensemble) Step() int {
	least := e.done[0]
	for _, k := range e.done {
		least = min(least, k)
	}
	return int(least)
}

// Farthest returns how many steps the walkers have done that are ahead of all others: more than
// [Ensemble.Step] where a run was cancelled, as blocks of walkers run one after another.
func (e *Ensemble) Farthest() int { return int(slices.Max(e.done)) }

// Indefinite returns how many steps, of all walkers together and with the burn-in, began where the noise of a
// formula is no covariance: it has a negative variance there along some direction, for which walkers have no noise.
// Points between steps, that Platen's scheme looks at, do not count.
func (e *Ensemble) Indefinite() (steps int64) {
	for _, n := range e.indefinite {
		steps += n
	}
	return steps
}

// Theta returns where the walkers are, a slice per coordinate. It is not to be changed,
// and changes when the ensemble runs.
func (e *Ensemble) Theta() [][]float64 { return e.theta }

// Velocity returns v of every walker, a slice per coordinate, which are empty without momentum.
func (e *Ensemble) Velocity() [][]float64 { return e.velocity }

// A DivergedError says that walkers have left all numbers, as they do where η is unstable.
type DivergedError struct{ Walkers, Of, Step int }

// Error returns how many, of how many, and by which step.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("%d of %d walkers are not finite by step %d: the learning rate or time step may be too large", e.Walkers, e.Of, e.Step)
}

// An OutsideError says that more than the accepted fraction of tallies lay outside the grid.
type OutsideError struct{ Fraction, Accepted float64 }

// Error returns both fractions.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("%.3g of all counts lie outside the box, more than the %g that is accepted", e.Fraction, e.Accepted)
}

// Run advances all walkers until they have done the given number of steps, counted from
// the beginning, and tallies them.
//
// If ctx is cancelled it stops after at most some 50 steps of each block and returns the
// error of ctx. What has been gathered is valid then, though some walkers are ahead of
// [Ensemble.Step]; Run goes on with the same bits. Walkers that are not finite are a
// [DivergedError]; too many outside the grid an [OutsideError], where the run is complete.
func (e *Ensemble) Run(ctx context.Context, step int) error {
	free := make(chan *worker, e.opt.Workers)
	for range min(e.opt.Workers, e.opt.Groups) {
		free <- e.newWorker()
	}
	for now := e.Step(); now < step; {
		target := min(step, now+e.round())
		pieces.RunOn(e.opt.Workers, e.opt.Groups, 1, func(g, _, _ int) {
			w := <-free
			for k := e.group(g); k < e.group(g+1); k++ {
				w.advance(ctx, k, g, target)
			}
			free <- w
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		if n := e.notFinite(); n > 0 {
			return &DivergedError{n, e.opt.Walkers, target}
		}
		now = target
		if e.opt.Progress != nil {
			e.opt.Progress(now)
		}
	}
	if f := e.outsideFraction(); f > e.opt.MaxOutside {
		return &OutsideError{f, e.opt.MaxOutside}
	}
	return nil
}

// outsideFraction is [Histogram.OutsideFraction] without a sum over cells.
func (e *Ensemble) outsideFraction() float64 {
	var outside uint64
	for _, c := range e.counts {
		outside += c[len(c)-1]
	}
	tallies := 0
	for k, done := range e.done {
		tallies += e.tallied(int(done)) * (min((k+1)*e.lanes, e.opt.Walkers) - k*e.lanes)
	}
	return float64(outside) / float64(max(1, tallies))
}

// round is the number of steps between looks at all walkers: some tenths of a second, in
// which the histogram of a group stays in the cache.
func (e *Ensemble) round() int {
	steps := max(1<<25/e.opt.Walkers, 16*e.process.period())
	return pieces.Count(steps, buffered) * buffered
}

func (e *Ensemble) notFinite() int {
	var count int
	for w := range e.opt.Walkers {
		var sum float64
		for _, t := range e.theta {
			sum += t[w] - t[w] // 0, or NaN
		}
		if math.IsNaN(sum) {
			count++
		}
	}
	return count
}

// A worker moves blocks.
type worker struct {
	*Ensemble
	runner    runner
	block     block
	sources   sources
	cells     []int32     // of walkers: scratch
	noise, xi [][]float64 // scratch, and that of a block: ξ of a step
}

func (e *Ensemble) newWorker() *worker {
	return &worker{
		Ensemble: e, runner: e.process.runner(),
		sources: newSources(e.lanes), cells: make([]int32, e.lanes),
		noise: columns(e.process.dim(), e.lanes),
	}
}

// advance moves one block to a step. Sources stay where they were when the buffer was
// drawn until all its steps are done: a run may end anywhere, and draw the same again.
func (w *worker) advance(ctx context.Context, number, group, target int) {
	lo, hi := number*w.lanes, min((number+1)*w.lanes, w.opt.Walkers)
	done := int(w.done[number])
	b := &w.block
	b.theta, b.velocity = cut(b.theta, w.theta, lo, hi), cut(b.velocity, w.velocity, lo, hi)
	b.sources = w.sources.of(0, hi-lo)
	b.start, b.indefinite = done-done%buffered, 0
	b.sources.set(w.state.sources.of(lo, hi))
	w.runner.resume(b)
	for done < target && ctx.Err() == nil {
		b.start = done - done%buffered
		w.runner.draw(b)
		for end := min(target, b.start+buffered); done < end; {
			if w.opt.watchesNoise() && done >= w.opt.BurnIn {
				w.tallyNoise(b, done, lo)
			}
			to := w.opt.pause(done, end)
			w.runner.advance(b, done-b.start, to-b.start)
			done = to
			if since := done - w.opt.BurnIn; since > 0 && since%w.opt.Every == 0 {
				w.tally(b, lo, group, since/w.opt.Every-1, done)
			}
		}
		if done == b.start+buffered {
			w.state.sources.of(lo, hi).set(b.sources)
		}
	}
	w.done[number] = int64(done)
	w.indefinite[number] += b.indefinite
}

// pause returns up to which step, end at most, walkers can go on from a step before something is
// to be done with them.
func (o *Options) pause(done, end int) int {
	switch since := done - o.BurnIn; {
	case since < 0:
		return min(end, o.BurnIn)
	case o.watchesNoise():
		return done + 1
	default:
		return done + min(end-done, o.Every-since%o.Every)
	}
}

// tally adds the positions of a block after a step, tallied so often before.
func (w *worker) tally(b *block, first, group, before, step int) {
	to := w.moments.segment(b.theta, first, before)
	summed, found := w.atOnce(to, b.theta, first)
	w.moments.add(to, b.theta, first, summed)
	if w.counter != nil {
		w.counter.count(w.counts[group], w.cells, b.theta, found)
	}
	if w.opt.Record != nil {
		w.opt.Record(step, first, b.theta)
	}
}

// tallied returns how often a walker has been tallied that has done so many steps.
func (e *Ensemble) tallied(done int) int { return max(0, done-e.opt.BurnIn) / e.opt.Every }
