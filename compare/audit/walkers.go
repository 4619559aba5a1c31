package audit

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file lets walkers run: SGD itself, in epochs, and with normal noise of the same Σ(θ).

// mostEvaluations bounds the steps of walkers that want Σ(θ) at each, in samples gone through.
const mostEvaluations = 1e9

// crowds are histograms of walkers, nil where they have not been run.
type crowds struct {
	sgd, normal, epochs *compare.Histogram
	mixed               bool // whether walkers forgot where they started
	why                 string
}

// runWalkers fills in the histograms that make sense for the problem.
func (s *subject) runWalkers() *crowds {
	c := &crowds{}
	switch {
	case s.opt.NoEnsemble:
		c.why = "no walkers were asked for"
		return c
	case s.sgd == nil:
		c.why = "an equation stands for no SGD"
		return c
	case !isConstant(s.sgd.Schedule):
		c.why = "the learning rate changes, so that walkers have no stationary density"
		return c
	}
	process := (*compare.SGD)(s.sgd)
	pilot, err := compare.Pilot(s.opt.Context, process, compare.Initial{Points: s.drawn(128)}, compare.PilotOptions{Seed: ^s.opt.Seed, MaxSteps: 1 << 16})
	if err != nil {
		c.why = err.Error()
		return c
	}
	c.mixed = pilot.Mixed
	run := func(p *fp.SGD, seed uint64, relaxations int) *compare.Histogram {
		h, err := s.walk((*compare.SGD)(p), pilot, seed, relaxations)
		if err != nil && c.why == "" {
			c.why = err.Error()
		}
		return h
	}
	c.sgd = run(s.sgd, s.opt.Seed, s.opt.Relaxations)
	if c.sgd == nil || s.sgd.Loss == nil || s.batchVariance() == 0 {
		return c
	}
	c.normal = run(s.normalSGD(), s.opt.Seed+1, s.affordable(pilot))
	if epochs := *s.sgd; s.epochSteps() > 1 {
		epochs.Sampling = fp.Epochs
		if s.sgd.Sampling == fp.Epochs { // what walkers do, without the order
			epochs.Sampling = fp.WithoutReplacement
		}
		c.epochs = run(&epochs, s.opt.Seed+2, s.opt.Relaxations)
	}
	return c
}

func isConstant(s fp.Schedule) bool {
	_, ok := s.(fp.ConstantRate)
	return ok
}

// walk returns the histogram of walkers that start from the density of the equation.
func (s *subject) walk(p compare.Process, pilot compare.Relaxation, seed uint64, relaxations int) (*compare.Histogram, error) {
	burn, every := pilot.BurnIn(), pilot.Every()
	steps := max(10*every, int(math.Ceil(float64(relaxations)*pilot.Steps)))
	e, err := compare.New(p, compare.Initial{Points: s.drawn(s.opt.Walkers)}, compare.Options{
		Walkers: s.opt.Walkers, Seed: seed, BurnIn: burn, Every: every, Grid: s.grid, MaxOutside: 1,
	})
	if err != nil {
		return nil, err
	}
	if err := e.Run(s.opt.Context, burn+steps); err != nil {
		return nil, err
	}
	return e.Histogram(), nil
}

// affordable returns for how many relaxation times walkers with normal noise are counted, whose
// steps cost a full gradient.
func (s *subject) affordable(pilot compare.Relaxation) int {
	each := 32.0
	if m := s.sgd.Loss.Model(); m != loss.LinearRegression && m != loss.DeepLinear {
		each = 2 * float64(s.sgd.Loss.Samples())
	}
	most := mostEvaluations / (each * float64(s.opt.Walkers) * max(1, pilot.Steps))
	return max(10, int(min(float64(s.opt.Relaxations), most)))
}

// normalSGD is the same recursion with normal noise of the same covariance.
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

// walkers has a finding on whether SGD itself has the density of the equation.
func (s *subject) walkers() []Finding {
	f := Finding{
		Key: "walkers", Name: "SGD itself", Claim: "SGD has the stationary density of the equation",
		Rule: Rule{Text: fmt.Sprintf("holds up to a total variation distance of %g with five standard errors and the numerical one, violated beyond that and what sampling makes", s.opt.Within), Limit: s.opt.Within, Level: 3e-7},
	}
	h := s.crowds.sgd
	if h == nil {
		return []Finding{f.notApplicable(s.crowds.why)}
	}
	d, err := h.Distances(s.solution.Density)
	if err != nil {
		return []Finding{f.notApplicable(err.Error())}
	}
	f.Applies = true
	f.Statistics = []Statistic{
		{"tv", "total variation distance of walkers from the solution", d.TV.Value, d.TV.Err},
		{"floor", "what sampling makes of it", d.TV.Floor, 0},
		{"hellinger", "Hellinger distance", d.Hellinger.Value, d.Hellinger.Err},
		{"outside", "walkers outside the box", d.Outside, 0},
	}
	if s.crowds.mixed {
		f.Verdict = d.TV.JudgeAgainst(s.opt.Within, s.densityError())
	}
	if f.Verdict == fp.Holds && float64(slices.Max(h.Counts)) > coarseCell*float64(h.Total()) {
		f.Verdict = fp.CannotTell // within a cell they may differ
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("walkers are within %.2g of the solution in total variation", d.TV.Value),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes at most %.2g", d.TV.Value, d.TV.Floor),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes up to %.2g: more of them would tell", d.TV.Value, d.TV.Floor))
	if !s.crowds.mixed {
		f.Sentence = "walkers did not forget where they started: nothing is told"
	}
	f.Maps = []Map{{Key: "walkers", Name: "density of walkers", Values: h.Density().Values}}
	return []Finding{f}
}

// coarseCell is the part of walkers in one cell from which on cells hide differences.
const coarseCell = 0.2
