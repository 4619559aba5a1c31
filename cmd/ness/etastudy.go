package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file studies how walkers leave the equation as the learning rate is halved at fixed
// η/B, and so at fixed noise: by the mean and the covariance of the stationary state.

// An etaStudy is the orders found, for each of several equations.
type etaStudy struct {
	rates    []float64
	batches  []int
	series   []studySeries
	warnings []string
	walks    []*walk // of every learning rate, the last of them perhaps interrupted
	err      error   // why there are fewer learning rates than were asked for
}

// interrupted says whether the user stopped the study.
func (s *etaStudy) interrupted() bool { return errors.Is(s.err, errStopped) }

// fits says whether there are learning rates enough to fit an order to.
func (s *etaStudy) fits() bool { return len(s.rates) >= 2 }

// studyStateName is the file of the ensemble of learning rate η/2ᵏ in an interrupted study.
func studyStateName(k int) string { return fmt.Sprintf("study-%d.state", k) }

// keepStudy refuses to go on with fewer halvings than an interrupted study in the folder, whose states
// would be lost.
func (fl *compareFlags) keepStudy() error {
	if !fl.resume {
		return nil
	}
	first := 0 // that would not go on
	if fl.study > 0 {
		first = fl.study + 1
	}
	return fl.keepState(studyStateName(first), "as large an --eta-study as was interrupted")
}

// A studySeries is an equation for every learning rate.
type studySeries struct {
	key, name string
	order     int
	correct   bool // the noise
	points    []compare.StudyPoint
	fit       compare.WeakOrder
	failure   error
}

// checkStudy says whether the file can be studied.
func (fl *compareFlags) checkStudy(f *fp.File) error {
	if fl.study == 0 {
		return nil
	}
	if f.SGD() == nil || !fl.isSGD(f) {
		return errors.New("--eta-study: wants walkers that do SGD")
	}
	batch, parts, walkers := f.SGDVariant().Batch, 1<<fl.study, compare.StudyWalkers(f.Problem.Dim())
	switch bias := finiteBias(f, batch, parts); {
	case fl.walkers < walkers:
		return fmt.Errorf("--walkers: want at least %d, 10 for each mean and covariance of the --eta-study, have %d", walkers, fl.walkers)
	case f.SGD().Sampling == fp.Epochs:
		// An epoch lasts as long in units of 1/λ, ηn/B, however small η is.
		return errors.New("--eta-study: at fixed η/B walkers that go through epochs do not come nearer to the equation, and have no order; want sampling with-replacement")
	case f.SGD().InjectedNoise > 0:
		return errors.New("--eta-study: keeps η/B and with it the noise, but injected noise falls with η, and would add to every order; want a file without sgd.injected_noise")
	case f.SGD().Sampling == fp.FullBatch:
		return errors.New("--eta-study: halves the batch size with the learning rate; a full batch has none to halve")
	case batch%parts != 0:
		return fmt.Errorf("--eta-study %d: halves the batch size with the learning rate, and wants one that %d divides, have %d", fl.study, parts, batch)
	case bias > mostBias:
		return fmt.Errorf("--eta-study %d: keeps η/B and with it the noise, but batches without replacement have (n−B)/(n−1) of it, which grows as B is halved from %d, n = %d: the order would be off by %.2g, want at most %g; want sampling with-replacement", fl.study, batch, f.SGD().Loss.Samples(), bias, mostBias)
	}
	return nil
}

// mostBias is the error of orders that is accepted.
const mostBias = 0.02

// finiteBias returns by how much the order is off because D is not the same at all learning rates:
// differences ∝ D have the factor n−B of batches that are drawn without replacement as well, which
// is (n−B/parts)/(n−B) times as large at the smallest learning rate as at the largest.
func finiteBias(f *fp.File, batch, parts int) float64 {
	if f.SGD().Sampling != fp.WithoutReplacement {
		return 0
	}
	n, b, m := float64(f.SGD().Loss.Samples()), float64(batch), float64(parts)
	return math.Log((n-b/m)/(n-b)) / math.Log(m)
}

// etaStudy returns what was found, perhaps for fewer learning rates than were asked for.
func (fl *compareFlags) etaStudy(ctx context.Context, f *fp.File, g *grid.Grid, c *comparison, progress io.Writer) *etaStudy {
	s := &etaStudy{series: []studySeries{{key: "order-1", name: "first-order drift", order: 1}}}
	if f.SGD().Momentum == 0 {
		s.series = append(s.series,
			studySeries{key: "order-2", name: "second-order drift", order: 2},
			studySeries{key: "corrected", name: "second-order drift and noise", order: 2, correct: true})
	} else {
		s.warnings = append(s.warnings, "study: the equation of second order is known without momentum alone; with it the first is all there is")
	}
	s.err = unmixed(c.walk.plan, f.SGDVariant().Rate) // a pilot run of the same walkers
	for k := 0; k <= fl.study && s.err == nil; k++ {
		s.err = fl.studyPoint(ctx, s, f, g, c.walk.plan, k, progress)
	}
	switch {
	case errors.Is(s.err, errUnmixed):
		s.warnings = append(s.warnings, s.err.Error())
	case ctx.Err() != nil:
		s.err = fmt.Errorf("%w in the study of learning rates", errStopped)
		if fl.given {
			s.err = fmt.Errorf("%w; the same command with --resume goes on", s.err)
		}
		if !s.fits() {
			s.warnings = append(s.warnings, "study: interrupted before two learning rates were done: there is no order yet")
		}
	}
	for k := range s.series {
		one := &s.series[k]
		one.fit, one.failure = compare.FitWeakOrder(one.points)
	}
	return s
}

// errUnmixed says that nobody knows how long walkers of a study have to run.
var errUnmixed = errors.New("study: walkers of a pilot run have not mixed")

// unmixed returns why walkers are not to be studied at a learning rate: burn-in and steps would be
// planned from a lower bound of the relaxation time, and the weights of wells be those of the start.
func unmixed(p *plan, rate float64) error {
	switch r := p.relaxation; {
	case r == nil || r.Mixed:
	case r.Steps == 0:
		return fmt.Errorf("%w at learning rate %g, for they do not move: it ends there", errUnmixed, rate)
	default:
		return fmt.Errorf("%w at learning rate %g in %d steps: it ends there", errUnmixed, rate, r.Length)
	}
	return nil
}

// studySeed returns the seed at the learning rate η/2ᵏ: ensembles have to be independent of
// one another, and of that of the comparison.
func studySeed(seed uint64, k int) uint64 { return random.Derive(seed, uint64(k)) }

// studyPoint adds the learning rate η/2ᵏ.
func (fl *compareFlags) studyPoint(ctx context.Context, s *etaStudy, f *fp.File, g *grid.Grid, main *plan, k int, progress io.Writer) error {
	v := f.SGDVariant()
	v.Rate, v.Batch = v.Rate/float64(int(1)<<k), v.Batch>>k
	references := make([]compare.StudyPoint, len(s.series))
	for i, one := range s.series {
		v.Order, v.CorrectNoise = one.order, one.correct
		var err error
		if references[i].Mean, references[i].Cov, err = s.reference(f, g, v); err != nil {
			return err
		}
	}
	sgd := compare.SGD(*f.SGD())
	sgd.Schedule, sgd.Batch = fp.ConstantRate(v.Rate), v.Batch
	p := &plan{process: &sgd, name: "SGD", initial: main.initial, stepsFound: true, variables: main.variables}
	if !fl.samplesGiven {
		p.ask = "--eta-samples"
	}
	p.options = compare.Options{Walkers: fl.walkers, Seed: studySeed(fl.seed, k), BurnIn: -1}
	if err := fl.pilot(ctx, p, g, 2*fl.studySamples/float64(fl.walkers), progress); err != nil {
		return err
	}
	if err := unmixed(p, v.Rate); err != nil {
		return err
	}
	r, err := fl.studyWalk(ctx, p, k, progress)
	if r != nil {
		s.walks = append(s.walks, r)
	}
	if err != nil {
		return err
	}
	m := r.Moments()
	for _, w := range append(p.warnings, m.Doubts(p.variables, p.falls)...) {
		s.warnings = append(s.warnings, fmt.Sprintf("study, learning rate %.6g: %s", v.Rate, w))
	}
	s.rates, s.batches = append(s.rates, v.Rate), append(s.batches, v.Batch)
	for i, reference := range references {
		reference.Rate, reference.Moments = v.Rate, m
		s.series[i].points = append(s.series[i].points, reference)
	}
	return nil
}

// studyWalk runs the ensemble of learning rate η/2ᵏ, from where an interrupted study left it.
func (fl *compareFlags) studyWalk(ctx context.Context, p *plan, k int, progress io.Writer) (*walk, error) {
	path := filepath.Join(fl.dir, studyStateName(k))
	if _, err := os.Stat(path); !fl.resume || err != nil {
		return p.run(ctx, progress, nil)
	}
	return p.resume(ctx, progress, path)
}

// studyTolerance is the error of the densities of a study, relative L1: far below what samples
// leave of mean and covariance, √(2/N).
const studyTolerance = 1e-6

// reference returns mean and covariance of the equation's density.
func (s *etaStudy) reference(f *fp.File, g *grid.Grid, v fp.SGDVariant) (mean, cov []float64, err error) {
	problem, err := f.Variant(v, g)
	if err != nil {
		return nil, nil, err
	}
	solution, err := fp.SolveToTolerance(problem, g, studyTolerance, fp.StationaryOptions{MaxMemory: memory()})
	if solution == nil {
		return nil, nil, err
	}
	if err != nil {
		s.warnings = append(s.warnings, fmt.Sprintf("study, learning rate %.6g: %v", v.Rate, err))
	}
	mean, cov = compare.DensityMoments(solution.Density)
	return mean, cov, nil
}
