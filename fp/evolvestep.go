package fp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/krylov"
)

// This file chooses steps in time.

// A StepError says that an evolution came to no end.
type StepError struct {
	State EvolutionState
	Cause error // [ErrRoundOff], [ErrUnstable], or of a step that could not be made shorter; nil after MaxSteps
}

// ErrRoundOff says that the density is still not stationary after a step so long that round-off
// of its rates of change moves a hundredth of the mass: probability hardly passes between wells.
// [SolveStationary] finds densities beyond.
var ErrRoundOff = errors.New("what is left to change is nothing but round-off")

// ErrUnstable says that more than ten times the mass is below 0: the accurate operator has
// modes that grow, which are those that the grid does not resolve.
var ErrUnstable = errors.New("densities below 0 grow: the grid is too coarse for this order; want more cells, a lower order or a generator")

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Cause }

func (e *StepError) Error() string {
	s := &e.State
	text := fmt.Sprintf("after %d steps", s.Steps)
	if e.Cause == nil {
		text += ", as many as were allowed"
	}
	text += fmt.Sprintf(", at time %.6g, the density changes at a rate of %.3g", s.Time, s.Rate)
	if !math.IsInf(s.Distance, 0) {
		text += fmt.Sprintf(", and is still some %.3g from stationary", s.Distance)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Run takes the evolution to its end. Errors: [StepError], those of [NewEvolution] where
// coefficients change, and those of Output and Progress.
func (e *Evolution) Run() error {
	for {
		if done, err := e.Step(); done || err != nil {
			return err
		}
	}
}

// Done says whether the end is reached: that of time, or a stationary density when no output
// is to come.
func (e *Evolution) Done() bool {
	if n := len(e.opt.Times); n > 0 && e.state.Time < e.opt.Times[n-1] {
		return false
	}
	return e.state.Time >= e.opt.end() || e.opt.StationaryTol > 0 && e.state.Distance <= e.opt.StationaryTol
}

// Step takes one step, unless the end is reached, and says whether it is then.
func (e *Evolution) Step() (done bool, err error) {
	if e.state.Steps == 0 && len(e.opt.Times) > 0 && e.opt.Times[0] == 0 {
		if err := e.output(0); err != nil {
			return false, err
		}
	}
	if e.Done() {
		return true, nil
	}
	if e.state.Steps >= e.opt.MaxSteps {
		return false, &StepError{State: e.state}
	}
	if err := e.advance(e.target()); err != nil {
		return false, err
	}
	if slices.Contains(e.opt.Times, e.state.Time) {
		if err := e.output(e.state.Time); err != nil {
			return false, err
		}
	}
	if e.opt.Progress != nil {
		if err := e.opt.Progress(e.state); err != nil {
			return false, err
		}
	}
	return e.Done(), nil
}

// target returns the next time that steps have to hit: an output, or the end.
func (e *Evolution) target() float64 {
	for _, t := range e.opt.Times {
		if t > e.state.Time {
			return t
		}
	}
	return e.opt.end()
}

func (e *Evolution) output(t float64) error {
	if e.opt.Output == nil {
		return nil
	}
	return e.opt.Output(t, e.Density())
}

// settledDistance is the distance from the known stationary density, of all mass, from which on nothing
// changes: of a generator it never grows.
const settledDistance = 1e-12

// advance takes a step that does not go beyond target, as long as errors allow. Of a density that is
// stationary it goes all the way: the errors of steps would be round-off, in proportion to their length.
func (e *Evolution) advance(target float64) error {
	s := &e.state
	if e.known != nil && s.Steps > 0 && !math.IsInf(target, 1) && e.FromStationary() <= settledDistance*e.mass {
		s.Step, s.Error, s.Time = target-s.Time, 0, target
		s.Steps++
		return nil
	}
	for {
		step, hits := s.stepTo(target, e.opt.MaxStep)
		err := e.try(step)
		if s.Iterations += e.trial.iterations; err == nil && e.trial.isGood {
			err := e.accept(step)
			if hits {
				s.Time = target
			}
			return err
		}
		var slow *krylov.ConvergenceError
		if err != nil && !errors.As(err, &slow) {
			return err
		}
		s.Rejected++
		s.next = step * e.trial.factor
		if !(s.Time+s.next > s.Time) {
			return &StepError{State: *s, Cause: err}
		}
	}
}

// stepTo returns the step to try, and whether it ends at target.
func (s *EvolutionState) stepTo(target, most float64) (step float64, hits bool) {
	step = min(s.next, most)
	switch left := target - s.Time; {
	case step >= left*(1-1e-6): // round-off of sums of steps is no reason for one more
		return left, true
	case 2*step > left: // two equal ones, rather than one that is tiny
		return left / 2, false
	}
	return step, false
}

// solverShare is the error of linear systems over the tolerance of steps; relative to their
// solutions it is at least leastSolver and at most mostSolver.
const solverShare, leastSolver, mostSolver = 1e-2, 1e-10, 1e-2

// solverTol returns the residual of linear systems relative to their right-hand sides, from
// about what a step will change.
func (e *Evolution) solverTol(step float64) float64 {
	size := step * e.state.Rate
	if e.state.Steps > 0 { // for steps so long that most of the rate is gone within them
		size = min(size, mostGrowth*e.state.pace*e.state.Step)
	}
	return min(max(solverShare*e.opt.Tol*e.mass/size, leastSolver), mostSolver)
}

// negativeShare is the mass that a generator's step may make negative, over the tolerance.
const negativeShare = 0.1

// try makes the trial of a step and judges it.
func (e *Evolution) try(step float64) error {
	r := e.trial
	r.iterations, r.isGood, r.factor = 0, false, 0.5
	extra, err := e.prepare(step)
	if err != nil {
		return err
	}
	if e.closed {
		e.inverse.along = e.u
	}
	if err := r.take(e.inverse, e.rates, step, e.solverTol(step), extra); err != nil {
		return err
	}
	fault := r.error / (e.opt.Tol * e.mass)
	var fall float64 // below 0
	if e.positive {
		fall = -negativePart(e.u, r.change) / (negativeShare * e.opt.Tol * e.mass)
	}
	if r.isGood = fault <= 1 && fall <= 1; r.isGood || fault > 1 {
		r.factor = min(max(safety/math.Cbrt(fault), leastFactor), mostGrowth)
	}
	return nil
}

// prepare sets the operator, its rates and its inverse to those of a step, and returns what
// changing coefficients add to its error, nil if they do not change.
func (e *Evolution) prepare(step float64) (extra []float64, err error) {
	if err := e.move(e.state.Time + step/2); err != nil {
		return nil, err
	}
	if extra, err = e.bend(step); err != nil {
		return nil, err
	}
	if shift := shiftOf(step); e.inverse == nil || e.inverse.shift != shift {
		e.inverse, err = e.newInverse(shift)
	}
	return extra, err
}

// accept takes the trial. Errors: [StepError], after it is taken.
func (e *Evolution) accept(step float64) error {
	s, r := &e.state, e.trial
	floats.Add(e.u, r.change)
	if e.positive {
		for i, v := range e.u {
			if v < 0 {
				s.Repaired -= v
				e.u[i] = 0
			}
		}
	}
	if e.closed {
		floats.Scale(e.mass/total(e.u), e.u)
	}
	e.apply(e.rates, e.u)
	s.Time += step
	s.Steps++
	s.next = s.following(step, r.factor)
	pace := r.size / step
	switch {
	case !e.steady:
		s.Distance = math.Inf(1)
	case step >= s.Step:
		s.Distance = remaining(r.size/e.mass, pace/s.pace)
	}
	s.Step, s.pace, s.Error = step, pace, r.error/e.mass
	e.judge()
	switch {
	case s.Negative < -10*e.mass:
		return &StepError{*s, ErrUnstable}
	case e.opt.End == 0 && e.steady && !e.Done() && step*e.roundOff() > 0.01*e.mass:
		return &StepError{*s, ErrRoundOff}
	}
	return nil
}

// roundOff returns about the error of rates of change: a rounding of what flows to and fro.
func (e *Evolution) roundOff() (sum float64) {
	for i, v := range e.u {
		sum += e.weight[i] * math.Abs(v)
	}
	return 0x1p-53 * sum
}

// following returns the step to try after one that was taken, by the factor that its error
// allows. One cut short for its target only counts where it allows more, or not even that.
func (s *EvolutionState) following(step, factor float64) float64 {
	next := step
	if factor < 1 || factor >= leastGrowth {
		next *= factor
	}
	if step < s.next && factor >= 1 {
		return max(next, s.next)
	}
	return next
}

// remaining returns how far a density is from where it tends to: a change of that size has
// just been made, at a pace that is ratio times that of the step before, which was no longer.
// It is +Inf unless the pace has halved: then steps may be short against what decays.
func remaining(size, ratio float64) float64 {
	switch {
	case size == 0:
		return 0
	case ratio <= 0.5: // false for the first step
		return size / (1 - ratio)
	}
	return math.Inf(1)
}
