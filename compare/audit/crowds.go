package audit

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file lets walkers run: SGD itself, and twins of it with one thing changed: normal noise of the
// same Σ(θ), batches in epochs or one at a time, another learning rate at the same η/B, no momentum.

// mostEvaluations bounds the steps of a crowd, in samples gone through: some seconds.
const mostEvaluations = 1e9

// A walk is what a crowd of walkers does.
type walk uint8

const (
	walkItself   walk = iota // SGD as the file has it
	walkNormal               // independent normal noise of the same covariance
	walkEpochs               // batches in epochs
	walkSingle               // independent batches without replacement
	walkRescaled             // independent batches, another learning rate and batch size: [subject.otherRate]
	walkPlain                // independent batches, no momentum at the rate η/(1−μ)
	walks
)

// What has seeds beside walks of SGD.
const (
	pilotRun    = walks + iota // of SGD itself
	plainPilot                 // of that without momentum
	walkKinetic                // of the kinetic equation
	seeds
)

// String says who walks.
func (w walk) String() string {
	return [...]string{
		walkItself: "walkers", walkNormal: "walkers with normal noise", walkEpochs: "walkers in epochs",
		walkSingle: "walkers without epochs", walkRescaled: "walkers at another rate",
		walkPlain: "walkers without momentum", walkKinetic: "walkers of the kinetic equation",
	}[w]
}

// crowds are what has become of walkers.
type crowds struct {
	of       [walks]crowd
	kinetic  crowd
	pilot    compare.Relaxation
	diverged bool
}

// A crowd is what walkers have left, or the error that says why there is nothing.
type crowd struct {
	*compare.Histogram
	moments *compare.Moments
	err     error
}

// processes are those of the walks that make sense for the problem, nil of others. A walk that SGD
// itself does is its own.
func (s *subject) processes() (list [walks]*fp.SGD) {
	if s.opt.NoEnsemble || s.sgd == nil || !isConstant(s.sgd.Schedule) {
		return list
	}
	list[walkItself] = s.sgd
	if s.sgd.Loss != nil && s.batchVariance() > 0 {
		list[walkNormal] = s.normalSGD()
		if s.epochSteps() > 1 {
			list[walkEpochs], list[walkSingle] = s.withSampling(fp.Epochs), s.withSampling(fp.WithoutReplacement)
		}
	}
	if v, err := s.otherRate(); err == nil {
		p := s.inIndependentBatches()
		p.Schedule, p.Batch = fp.ConstantRate(v.Rate), v.Batch
		list[walkRescaled] = &p
	}
	if s.sgd.Momentum > 0 {
		p := s.inIndependentBatches()
		p.Schedule, p.Momentum = fp.ConstantRate(timeStep(s.sgd)), 0
		list[walkPlain] = &p
	}
	return list
}

// timeStep returns the time of the equation that a step takes, η/(1−μ). Recursions of the same time step,
// batches and injected noise have the same equation: of that noise, which is part of the gradient, too.
func timeStep(p *fp.SGD) float64 { return p.Schedule.Rate(0) / (1 - p.Momentum) }

// inIndependentBatches is the recursion with batches that do not depend on each other, those of an epoch
// one at a time.
func (s *subject) inIndependentBatches() fp.SGD {
	p := *s.sgd
	if p.Sampling == fp.Epochs {
		p.Sampling = fp.WithoutReplacement
	}
	return p
}

func isConstant(s fp.Schedule) bool {
	_, ok := s.(fp.ConstantRate)
	return ok
}

// withSampling is the recursion with batches drawn in another way, itself where it is no other.
func (s *subject) withSampling(way fp.Sampling) *fp.SGD {
	if s.sgd.Sampling == way {
		return s.sgd
	}
	p := *s.sgd
	p.Sampling = way
	return &p
}

// walksAhead returns how many crowds will run.
func (s *subject) walksAhead() (count int) {
	for k, p := range s.processes() {
		if p != nil && (walk(k) == walkItself || p != s.sgd) {
			count++
		}
	}
	if count > 0 && s.sgd.Momentum > 0 && !s.hasVelocities() {
		count++ // of the kinetic equation
	}
	return count
}

// runWalkers lets all crowds run.
func (s *subject) runWalkers() *crowds {
	c := &crowds{}
	if why := s.noWalkers(); why != "" {
		for k := range c.of {
			c.of[k].err = errors.New(why)
		}
		c.kinetic.err = errors.New(why)
		return c
	}
	s.work.begin("pilot run", 1)
	var err error
	if c.pilot, err = s.relaxation(s.sgd, pilotRun); err != nil {
		s.work.skip(float64(s.walksAhead() * walkWork))
	}
	for k, p := range s.processes() {
		switch to := &c.of[k]; {
		case err != nil:
			to.err = err
		case p == nil:
			to.err = errors.New("the problem has no such walkers")
		case walk(k) != walkItself && p == s.sgd:
			*to = c.of[walkItself]
		case walk(k) == walkPlain:
			*to = s.walkWithout(p)
		default:
			*to = s.walk(walk(k), p, c.pilot)
		}
	}
	if c.kinetic.err = err; err == nil {
		var p *fp.SGD
		if p, c.kinetic.err = s.rolling(); p != nil {
			c.kinetic = s.walk(walkKinetic, p, c.pilot)
		}
	}
	var diverged *compare.DivergedError
	c.diverged = errors.As(c.of[walkItself].err, &diverged) || errors.Is(c.of[walkItself].err, errRunAway)
	return c
}

// relaxation returns the relaxation time that a pilot run finds. Errors: those of [compare.Pilot], and
// errNotMixed.
func (s *subject) relaxation(p *fp.SGD, k walk) (compare.Relaxation, error) {
	opt := compare.PilotOptions{Seed: s.seed(k), MaxSteps: 1 << 16, Periods: s.grid.Periods()}
	r, err := compare.Pilot(s.opt.Context, (*compare.SGD)(p), compare.Initial{Points: s.drawn(128)}, opt)
	if err == nil && !r.Mixed {
		err = errNotMixed
	}
	return r, err
}

// seed returns that of a walk or a pilot run.
func (s *subject) seed(k walk) uint64 { return random.Derive(s.opt.Seed, uint64(k)) }

// errNotMixed says that walkers stay near where they start for longer than the pilot run, so that more of
// them would tell nothing.
var errNotMixed = errors.New("walkers did not forget where they started: nothing is told")

// noWalkers says why no walkers run, "" where they do.
func (s *subject) noWalkers() string {
	switch {
	case s.sgd == nil:
		return "an equation stands for no SGD"
	case s.opt.NoEnsemble:
		return "no walkers were asked for"
	case !isConstant(s.sgd.Schedule):
		return "the learning rate changes, so that walkers have no stationary density"
	}
	return ""
}

// walkWithout lets walkers without momentum run. Their relaxation time is found anew: at the rate η/(1−μ)
// SGD may oscillate for long, or diverge, where a heavy ball does not.
func (s *subject) walkWithout(p *fp.SGD) crowd {
	s.work.begin("pilot run", 0)
	pilot, err := s.relaxation(p, plainPilot)
	c := crowd{err: err}
	if err != nil {
		s.work.skip(walkWork)
	} else {
		c = s.walk(walkPlain, p, pilot)
	}
	if c.err != nil {
		c.err = fmt.Errorf("without momentum, at the rate η/(1−μ) = %.4g: %w", timeStep(p), c.err)
	}
	return c
}

// walk lets walkers run that start from the density of the equation, with the relaxation time of SGD
// itself by the pilot run, or at the same time step.
func (s *subject) walk(k walk, p *fp.SGD, pilot compare.Relaxation) crowd {
	slower := timeStep(s.sgd) / timeStep(p)
	pilot.Steps *= slower
	steps := float64(s.opt.Relaxations) * pilot.Steps / max(1, slower) // as many as SGD itself does, at most
	steps = min(steps, mostEvaluations/(s.evaluations(p)*float64(s.opt.Walkers)))
	burn, every := pilot.BurnIn(), pilot.Every((*compare.SGD)(p), math.MaxInt)
	total := burn + int(math.Ceil(max(10*float64(every), 10*pilot.Steps, steps)))
	if k == walkPlain {
		total = max(total, pilot.Length) // where they run away they take some hundred steps to get far
	}
	s.work.begin(k.String(), walkWork)
	e, err := compare.New((*compare.SGD)(p), compare.Initial{Points: s.drawn(s.opt.Walkers)}, compare.Options{
		Walkers: s.opt.Walkers, Seed: s.seed(k), BurnIn: burn, Every: every, Grid: s.grid, MaxOutside: 1,
		Progress: func(step int) { s.work.reach(float64(step) / float64(total)) },
	})
	if err != nil {
		return crowd{err: err}
	}
	if err := e.Run(s.opt.Context, total); err != nil {
		return crowd{err: err}
	}
	if s.haveRunAway(e.Theta()) {
		return crowd{err: errRunAway}
	}
	return crowd{Histogram: e.Histogram(), moments: e.Moments()}
}

// errRunAway says that walkers diverge, also those that are finite still.
var errRunAway = errors.New("walkers run away: half of them are more than a thousand boxes from the box")

// haveRunAway says whether half of the walkers are so far away, where none of a density has its median that is
// within the box for the most part. Round periodic axes they may go as far as they like.
func (s *subject) haveRunAway(theta [][]float64) bool {
	const far = 1000
	away := 0
	for w := range theta[0] {
		for a, t := range theta {
			axis := s.grid.Axis(a)
			middle := (axis.Min() + axis.Max()) / 2
			if !axis.IsPeriodic() && math.Abs(t[w]-middle) > far*axis.Length() {
				away++
				break
			}
		}
	}
	return 2*away > len(theta[0])
}

// evaluations returns how many samples a step takes, roughly: a full gradient where noise is normal and
// Σ is wanted, which of some models is a polynomial.
func (s *subject) evaluations(p *fp.SGD) float64 {
	const few = 32
	switch {
	case p.Loss != nil:
		return float64(p.Batch)
	case s.sgd.Loss == nil || s.sgd.Loss.Model() == loss.LinearRegression || s.sgd.Loss.Model() == loss.DeepLinear:
		return few
	}
	return 2 * float64(s.sgd.Loss.Samples())
}

// normalSGD is the same recursion with independent normal noise of the same covariance.
func (s *subject) normalSGD() *fp.SGD {
	evaluators := sync.Pool{New: func() any { return s.sgd.Loss.Evaluator() }}
	at := func(take func(e *loss.Evaluator, dst []float64)) fp.Func {
		return fp.Pointwise(func(dst, x []float64) {
			e := evaluators.Get().(*loss.Evaluator)
			defer evaluators.Put(e)
			e.Eval(x)
			take(e, dst)
		})
	}
	p := *s.sgd
	factor := s.batchVariance() * float64(s.batch())
	p.Loss, p.Sampling = nil, fp.WithReplacement
	p.Formula = &fp.LossFormula{
		Dim:  s.sgd.Loss.Dim(),
		Grad: at(func(e *loss.Evaluator, dst []float64) { copy(dst, e.Grad) }),
		NoiseCov: at(func(e *loss.Evaluator, dst []float64) {
			for k, v := range e.NoiseCov {
				dst[k] = factor * v
			}
		}),
	}
	return &p
}

// independent is the crowd of independent batches that is as close to SGD itself as there is, and
// has the covariance of its noise.
func (s *subject) independent() *crowd {
	if s.sgd != nil && s.sgd.Sampling == fp.Epochs && s.epochSteps() > 1 {
		return &s.crowds.of[walkSingle]
	}
	return &s.crowds.of[walkItself]
}
