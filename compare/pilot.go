package compare

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"
)

// This file finds how long a process takes to forget. Between two tallies t apart the mean of
// functionals φ of the coordinates, given where a walker was, is taken to be linear in them,
//
//	E[φ(θ_{k+t}) | θ_k] = m + K(t)ᵀ (φ(θ_k) − m′),
//
// and K(t) is found by least squares over all walkers and steps. Its eigenvalues are those of
// the generator, e^{−t/τ} in modulus, where the functionals span an eigenspace, as coordinates
// and their products do for linear drift; the slowest is underestimated otherwise if detailed
// balance holds, the less the larger t is. They are the same before walkers have come to rest.
//
// Williams, Kevrekidis, Rowley, J. Nonlinear Sci. 25 (2015) 1307.
// Noé, Nüske, Multiscale Model. Simul. 11 (2013) 635.

const (
	frames      = 256 // tallies of every walker that are looked at
	enoughTimes = 50  // relaxation times that are to fit into them
	mostLag     = frames / 8
	walkersEach = 8       // at least, for every functional
	patience    = 1 << 13 // steps for which nothing has to move, that nothing is expected to
)

// Forgotten is what a burn-in leaves of where walkers started.
const Forgotten = 1e-6

// faded is the burn-in in relaxation times.
var faded = -math.Log(Forgotten)

// PilotWalkers and PilotSteps are how many walkers a pilot run has, and steps of each at most,
// where that is not said.
const (
	PilotWalkers = 256
	PilotSteps   = 1 << 20
)

// PilotOptions tunes [Pilot]. The zero value is a good choice.
type PilotOptions struct {
	// Walkers is their number; 0 means [PilotWalkers]. At least 16.
	Walkers int
	// Seed fixes, with a walker's number, all its random numbers. Another one than that of
	// the real run keeps the two independent.
	Seed uint64
	// Workers is the number of goroutines; 0 means one per core. Results do not depend on it.
	Workers int
	// MaxSteps bounds the steps of each walker, at least 512; 0 means [PilotSteps], in which
	// relaxation times up to 10⁴ steps are found. The pilot takes 100 to 200 relaxation times.
	MaxSteps int
	// Periods has the period of each coordinate, 0 for one that is none; nil: none is. What is
	// looked at then are its cosine and sine.
	Periods []float64
	// Progress gets the number of steps that all walkers have done, every now and then.
	Progress func(step int)
}

// A Relaxation is how long a process takes to forget where it was.
type Relaxation struct {
	// Steps is the relaxation time τ in steps: the largest of
	//
	//	exponential  −t/ln|λ(t)| of the slowest of all combinations of the functionals that
	//	             are looked at, at the first lag t = 1, 2, 4, … with |λ| < 1/e,
	//	             or an eighth of N;
	//	integrated   N B/2C of the combination with the largest variance B of walkers' means
	//	             over N steps, per variance C of all, over (1 + √(n/W))², what chance
	//	             makes of 1 in the largest of n functionals of W walkers;
	//	remembered   N/ln 10⁶ if walkers that started at one point still have other means over
	//	             these N steps, before which there were as many, than all.
	//
	// The first two agree where one mode dominates; the second alone sees a slow mode that
	// contributes little to every functional, the first alone one that oscillates, the third
	// a few walkers in a well that they do not leave. Functionals are the
	// coordinates, and velocities if there are any, with all products of two if that makes no
	// more than a functional per 8 walkers, else with their squares, else without. Its
	// statistical error is some 3 %, by which equally slow modes raise it too. If not Mixed it
	// is a lower bound; 0 where nothing moves.
	Steps float64
	// Mixed says whether at least 50 relaxation times fitted into the last half of the steps.
	// It is a statement about the places where walkers have been: a well that none starts
	// in, or enters, is not seen.
	Mixed bool
	// Length is how many steps every walker has done.
	Length int
}

// BurnIn returns the steps after which less than 1e-6 is left of where walkers started,
// e^{−t/τ} < 1e-6, as t = τ ln 10⁶ = 13.8 τ rounded up: with a start some deviations away this
// is below what 10¹⁰ independent samples can tell.
func (r Relaxation) BurnIn() int { return int(math.Ceil(r.Steps * faded)) }

// mostEvery is the most steps between tallies that [Relaxation.Every] takes, and how many where nothing is said.
const mostEvery = 24

// Every returns after how many steps Δ to tally: a tenth of τ, from 1 to 24. Means of tallies
// have a variance (Δ/2τ) coth(Δ/2τ) as large as those of all steps: 1.0008 for a tenth. A cell
// is left long before τ, so that its count gains by more: with 64 × 64 cells and τ = 18 the floor
// of TV for Δ = 24 is four times that for Δ = 1, and 17 times the steps would make up for it;
// with τ = 1800 it is 1.7 times as large for Δ = 180 as for 24. A tally in every step adds a third
// to the time of the fastest walkers, in every 24th a fortieth: there is nothing left to save.
//
// It is at most so many, and has no factor in common with the length of an epoch of the process:
// else the same of its steps were tallied every time, along which means and variances differ.
func (r Relaxation) Every(p Process, most int) int {
	every := max(1, min(int(r.Steps/10), mostEvery, most))
	for Phases(p, every) > 1 {
		every--
	}
	return every
}

// Phases returns the factor that a number of steps has in common with an epoch of a process: of an epoch
// only one step of so many is ever tallied.
func Phases(p Process, every int) int {
	a, b := every, p.period()
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// Pilot runs a few walkers to find the relaxation time of a process, by which BurnIn and Every
// of the real run can be chosen. Its walkers are tallied in the second half of runs of 512,
// 1024, … steps until the half is 50 relaxation times long, or nothing moves in 8192 steps, or MaxSteps are done. Starting
// points should be in all wells that are known, fewer of them than walkers: if walkers do not
// move between wells in the time there is, the relaxation is not Mixed.
//
// Errors are those of [New] and [Ensemble.Run], a learning rate that changes, and options that
// are out of range.
func Pilot(ctx context.Context, p Process, initial Initial, opt PilotOptions) (Relaxation, error) {
	if err := p.check(); err != nil {
		return Relaxation{}, err
	}
	opt = opt.withDefaults()
	if err := opt.check(p); err != nil {
		return Relaxation{}, err
	}
	w := &watch{opt: &opt, starts: len(initial.Points)}
	e, err := New(p, initial, Options{
		Walkers: opt.Walkers, Seed: opt.Seed, Workers: opt.Workers, Groups: max(2, opt.Workers), Every: 1, Record: w.record, Progress: opt.Progress,
	})
	if err != nil {
		return Relaxation{}, err
	}
	w.ensemble, w.kept = e, mat.NewDense(frames*opt.Walkers, e.coordinates(opt.Periods), nil)
	var r Relaxation
	for w.half = frames; 2*w.half <= opt.MaxSteps; w.half *= 2 {
		if err := e.Run(ctx, 2*w.half); err != nil {
			return r, err
		}
		r.Length = 2 * w.half
		r.Steps = w.relaxation()
		if r.Steps == 0 && w.half >= patience && w.frozen() {
			return r, nil
		}
		if r.Mixed = r.Steps > 0 && enoughTimes*r.Steps <= float64(w.half); r.Mixed {
			return r, nil
		}
		r.Steps = min(r.Steps, float64(w.half)) // no more can be told
	}
	return r, nil
}

func (o PilotOptions) withDefaults() PilotOptions {
	o.Walkers = orElse(o.Walkers, PilotWalkers)
	o.Workers = orElse(o.Workers, runtime.GOMAXPROCS(0))
	o.MaxSteps = orElse(o.MaxSteps, PilotSteps)
	return o
}

func (o *PilotOptions) check(p Process) error {
	switch {
	case o.Walkers < 2*walkersEach:
		return fmt.Errorf("pilot: want at least %d walkers, have %d", 2*walkersEach, o.Walkers)
	case o.MaxSteps < 2*frames:
		return fmt.Errorf("pilot: want at least %d steps, have %d", 2*frames, o.MaxSteps)
	case o.Periods != nil && len(o.Periods) != p.dim():
		return fmt.Errorf("pilot: want a period or 0 for each of the %d parameters, have %d", p.dim(), len(o.Periods))
	}
	for a, v := range o.Periods {
		if !(v >= 0) || math.IsInf(v, 1) {
			return fmt.Errorf("pilot: periods[%d]: want a period or 0, have %g", a, v)
		}
	}
	s, ok := p.(*SGD)
	for k := 1; ok && k <= o.MaxSteps; k *= 2 {
		if first, later := s.Schedule.Rate(0), s.Schedule.Rate(k); later != first {
			return fmt.Errorf("pilot: want a constant learning rate, have %g at step 0 and %g at step %d: the relaxation time changes with it", first, later, k)
		}
	}
	return nil
}

// coordinates returns how many numbers of a walker a pilot keeps.
func (e *Ensemble) coordinates(periods []float64) int {
	n := len(e.theta) + len(e.velocity)
	for _, v := range periods {
		if v > 0 {
			n++
		}
	}
	return n
}

// A watch keeps coordinates of walkers at 256 steps, evenly spread over the second half of a
// run: rows of kept are walkers, those of one step after those of the step before.
type watch struct {
	opt      *PilotOptions
	ensemble *Ensemble
	starts   int // walkers start at points in turn
	half     int
	kept     *mat.Dense
}

func (w *watch) record(step, first int, theta [][]float64) {
	stride := w.half / frames
	if step <= w.half || step%stride != 0 {
		return
	}
	at := ((step-w.half)/stride-1)*w.opt.Walkers + first
	for i := range theta[0] {
		w.keep(w.kept.RawRowView(at+i), first+i)
	}
}

// keep sets row to the coordinates of a walker.
func (w *watch) keep(row []float64, walker int) {
	row = row[:0]
	for a, t := range w.ensemble.theta {
		if w.opt.Periods == nil || w.opt.Periods[a] == 0 {
			row = append(row, t[walker])
			continue
		}
		sin, cos := math.Sincos(2 * math.Pi / w.opt.Periods[a] * t[walker])
		row = append(row, cos, sin)
	}
	for _, v := range w.ensemble.velocity {
		row = append(row, v[walker])
	}
}

// frozen says whether all walkers stay where they are at the first of the steps.
func (w *watch) frozen() bool {
	_, n := w.kept.Dims()
	of := func(frame int) mat.Matrix {
		return w.kept.Slice(frame*w.opt.Walkers, (frame+1)*w.opt.Walkers, 0, n)
	}
	for frame := range frames {
		if !mat.Equal(of(0), of(frame)) {
			return false
		}
	}
	return true
}

// relaxation returns τ from what has been kept.
func (w *watch) relaxation() float64 {
	x := whitened(functionals(standardized(w.kept), w.opt.Walkers/walkersEach))
	if x == nil {
		return 0
	}
	stride := float64(w.half / frames)
	walkers := w.opt.Walkers
	return stride * max(exponentialTime(x, walkers), integratedTime(x, walkers), remembered(x, walkers, w.starts))
}
