package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file plans ensembles: what walkers do, where from, how long.

// A plan is an ensemble that is ready to run.
type plan struct {
	process compare.Process
	name    string
	start   string // where walkers start, in words

	variables []string
	descent   int // steps to burn in at least
	initial   compare.Initial
	// relaxation is what the pilot run found, nil without one.
	relaxation *compare.Relaxation
	options    compare.Options
	steps      int // after the burn-in
	stepsFound bool
	falls      bool   // the learning rate, while walkers are counted
	still      bool   // without noise where walkers start or get to
	ask        string // flag that asks for more than is done unasked, "" where it was given
	warnings   []string
}

// fewRelaxations is how many relaxation times walkers are counted for where nothing asks for more:
// they leave half as many independent samples of each.
const fewRelaxations = 500

// plan chooses what the flags leave open: as many relaxation times as are wanted, unless steps
// are given. A context that is done is its error.
func (fl *ensembleFlags) plan(ctx context.Context, f *fp.File, g *grid.Grid, relaxations float64, bar io.Writer) (*plan, error) {
	p := &plan{steps: fl.steps, stepsFound: fl.steps == 0, ask: "--steps", variables: f.Problem.Variables}
	var err error
	if p.initial, p.start, err = startOf(f, g, fl); err != nil {
		return nil, err
	}
	if err := fl.choose(p, f, g); err != nil {
		return nil, err
	}
	p.options = compare.Options{
		Walkers: fl.walkers, Seed: fl.seed, BurnIn: fl.burnIn, Every: fl.every, Grid: g, MaxOutside: fl.outside,
	}
	if sgd := f.SGD(); sgd != nil && fl.isSGD(f) {
		if _, constant := sgd.Schedule.(fp.ConstantRate); !constant {
			p.withoutPilot(sgd.Schedule)
			return p, p.check()
		}
		if f.HasNoise() != nil { // a pilot would run to its end
			p.still, p.warnings = true, append(p.warnings, "all samples in every batch leave no noise: walkers go down to a minimum, and stay there")
			p.withoutPilot(sgd.Schedule)
			return p, p.check()
		}
	}
	if err := fl.pilot(ctx, p, g, relaxations, bar); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check says whether anything would be counted.
func (p *plan) check() error {
	every := p.options.Every
	if p.steps < every {
		return fmt.Errorf("--steps: want at least --every, %d, have %d", every, p.steps)
	}
	if k := compare.Phases(p.process, every); k > 1 {
		p.warnings = append(p.warnings, fmt.Sprintf("--every %d and the steps of an epoch have the factor %d in common: of %[2]d steps the same one is always counted, and means and variances differ along an epoch", every, k))
	}
	return nil
}

// withoutPilot fills in what is open where the learning rate changes, so that no relaxation
// time is one for all steps.
func (p *plan) withoutPilot(rate fp.Schedule) {
	o := &p.options
	if p.stepsFound {
		p.steps = 10000
	}
	if o.BurnIn < 0 {
		o.BurnIn = 0
	}
	if o.Every == 0 {
		o.Every = 1
	}
	if first, last := rate.Rate(o.BurnIn), rate.Rate(p.total()-1); first != last {
		p.falls = true // no schedule rises
		p.warnings = append(p.warnings, fmt.Sprintf("the learning rate changes from %.4g to %.4g while walkers are counted: no law is stationary, and what is told is the mean over these steps; see --burn-in and --steps", first, last))
	}
}

// pilot fills in what is open by the relaxation time.
func (fl *ensembleFlags) pilot(ctx context.Context, p *plan, g *grid.Grid, relaxations float64, bar io.Writer) error {
	o := &p.options
	if !p.stepsFound && o.BurnIn >= 0 && o.Every > 0 {
		return nil
	}
	show := startPilot(bar)
	r, err := compare.Pilot(ctx, p.process, p.initial, compare.PilotOptions{Seed: ^fl.seed, Periods: g.Periods(), Progress: show.set})
	show.stop()
	if err != nil {
		return err
	}
	p.relaxation = &r
	if r.Steps == 0 {
		p.still, p.warnings = true, append(p.warnings, "nothing moves: there is no noise where walkers start")
	} else if !r.Mixed {
		p.warnings = append(p.warnings, fmt.Sprintf("in %d steps the walkers of a pilot run did not forget where they started: the relaxation time is longer than %.3g steps, and so should the burn-in be", r.Length, r.Steps))
	}
	if most := int(p.most() / 2); o.BurnIn < 0 {
		if o.BurnIn = max(r.BurnIn(), p.descent); o.BurnIn > most {
			p.warnings = append(p.warnings, fmt.Sprintf("a burn-in of %d steps would be right; %d are as many as are done without being asked for: see --burn-in", o.BurnIn, most))
			o.BurnIn = most
		}
	}
	if o.Every == 0 {
		most := math.MaxInt
		if !p.stepsFound {
			most = p.steps / fewestCounts
		}
		o.Every = r.Every(p.process, most)
	}
	if p.stepsFound {
		p.enough(relaxations * r.Steps)
	}
	return nil
}

// fewestCounts is how often each walker is counted at least, where that is not said.
const fewestCounts = 10

// enough bounds the steps that are planned without being asked for.
func (p *plan) enough(steps float64) {
	every := p.options.Every
	if most := p.most(); steps > most && p.ask != "" {
		p.warnings = append(p.warnings, fmt.Sprintf("%.3g steps would be right; %.3g are as many as are done without being asked for: see %s", steps, most, p.ask))
		steps = most
	}
	p.steps = max(fewestCounts, int(steps)/every) * every
}

// most returns the steps of each walker that take some minutes at most.
func (p *plan) most() float64 {
	all := 2e9
	if _, ok := p.process.(*compare.SDE); ok {
		all = 2e8 // formulas cost more than samples
	}
	return all / float64(p.options.Walkers)
}

func (fl *ensembleFlags) isSGD(f *fp.File) bool {
	return fl.process == "sgd" || fl.process == "auto" && f.SGD() != nil
}

// choose sets the process.
func (fl *ensembleFlags) choose(p *plan, f *fp.File, g *grid.Grid) error {
	if fl.isSGD(f) {
		if f.SGD() == nil {
			return errors.New("--process sgd: the file has no section sgd to draw minibatches for")
		}
		if fl.step != 0 {
			return errors.New("--step: is for stochastic differential equations; the step of SGD is its learning rate")
		}
		sgd := (*compare.SGD)(f.SGD())
		p.process, p.name = sgd, "SGD"
		// Rounding makes less than that of 1, where the loss has no curvature along some direction; how long second
		// moments take along others is not known then.
		flat := 1e-9 / (1 - sgd.Momentum)
		switch growth := sgd.GrowthOfSecondMoments(); {
		case growth < 1-flat:
			p.descent = int(math.Ceil(math.Log(compare.Forgotten) / math.Log(growth))) // longer than by the relaxation time where tails are heavy
		case growth > 1+flat:
			p.warnings = append(p.warnings, fmt.Sprintf("second moments of SGD are multiplied by %.4g in a step at this learning rate, though means are not: its variance is infinite, and covariances and errors of walkers mean little", growth))
		}
		if f.SGD().Sampling == fp.Epochs { // their anti-correlated noise hides slow modes from pilots
			p.descent = descentSteps(f, p.initial.Points)
		}
		return f.CheckStable(p.initial.Points)
	}
	if err := f.HasStationary(); err != nil {
		return err
	}
	length := make([]float64, g.Dim())
	for a := range length {
		length[a] = g.Axis(a).Length()
	}
	h := fl.step
	if h == 0 {
		h = compare.DefaultStep(f.Problem, length, stepPoints(g, p.initial.Points))
	}
	if math.IsNaN(h) || math.IsInf(h, 0) {
		return fmt.Errorf("--step: want a time: around %s the drift does not tell one", p.start)
	}
	sde, err := compare.NewSDE(f.Problem, length, h)
	if err != nil {
		return err
	}
	if fl.process != "euler-maruyama" {
		sde.Scheme = compare.Platen
	}
	p.process, p.name = sde, fmt.Sprintf("stochastic differential equation, %v, time step %.4g", sde.Scheme, h)
	return nil
}

// descentSteps returns the steps after which gradient descent has forgotten where it
// started, ln 10⁶ (1−μ)/(ηλ) for the smallest positive curvature λ at the points.
func descentSteps(f *fp.File, points [][]float64) int {
	sgd, flattest := f.SGD(), math.Inf(1)
	for _, x := range points {
		var eigen mat.EigenSym
		if !eigen.Factorize(f.Problem.Landscape.Hessian(x), false) {
			continue
		}
		values := eigen.Values(nil)
		for _, v := range values {
			if v > 1e-9*values[len(values)-1] { // not round-off
				flattest = min(flattest, v)
			}
		}
	}
	return int(-math.Log(compare.Forgotten) * (1 - sgd.Momentum) / (sgd.Schedule.Rate(0) * flattest))
}

// stepPoints returns the points by which a time step is chosen: where walkers start, and with
// periodic axes, round which they come everywhere, also others.
func stepPoints(g *grid.Grid, starts [][]float64) [][]float64 {
	const others = 64
	for a := range g.Dim() {
		if g.Axis(a).IsPeriodic() {
			return slices.Concat(starts, evenly(g, others))
		}
	}
	return starts
}
