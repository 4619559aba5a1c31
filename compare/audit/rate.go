package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether the learning rate is small and constant, whether momentum is forgotten
// fast, and whether batches are few of the samples.

const (
	// MostStep is ηλ/(1+μ), the part of the way to a minimum that a step goes, and momentum's ηλ/(1−μ)²,
	// that count as small. By the first a variance errs by 1/(1 − 0.05), which moves a normal density by
	// 0.013 in total variation; by the second the rate of relaxation, to first order by μηλ/(1−μ)², a tenth.
	MostStep = 0.1
	// quantile is the share of the probability whose curvatures are at most the one that counts, so that
	// what is steep in the tails alone does not decide.
	quantile = 0.95
	// mostFraction is the part of the samples in a batch that counts as small: without replacement noise
	// has 0.9 of the variance then, which moves a normal density by 0.025, about the 0.02 within which
	// densities agree.
	mostFraction = 0.1
	// curvatureError is the relative error of eigenvalues of Hessians by differences over h = (1 + |θ|)/1000: h²/6 of
	// fourth derivatives, 1e-6 of λ where these are up to 6λ/(1 + |θ|)², and of quadratics round-off, 1e-13|∇L|.
	curvatureError = 1e-6
)

// curvature returns the quantile of the largest eigenvalue of ∇²L over the density, right to curvatureError, NaN
// where it is known for less of the probability.
func (s *subject) curvature() (value float64, m Map) {
	m = Map{Key: "curvature", Name: "largest eigenvalue of ∇²L", Values: make([]float64, s.grid.Cells())}
	for i := range m.Values {
		m.Values[i] = math.NaN()
	}
	type cell struct{ value, mass float64 }
	var cells []cell
	x := make([]float64, s.grid.Dim())
	var eigen mat.EigenSym
	for _, i := range s.typicalCells() {
		s.grid.Center(x, i)
		if !eigen.Factorize(s.problem.Landscape.Hessian(x), false) {
			continue
		}
		if m.Values[i] = slices.Max(eigen.Values(nil)); !math.IsNaN(m.Values[i]) {
			cells = append(cells, cell{m.Values[i], s.mass[i]})
		}
	}
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(a.value, b.value) })
	var sum float64
	for _, c := range cells {
		if sum += c.mass; sum >= quantile {
			return c.value, m
		}
	}
	return math.NaN(), m
}

// steps has findings on the learning rate, on momentum, and on the size of batches.
func (s *subject) steps() []Finding {
	return []Finding{s.smallRate(), s.smallOrder(), s.constantRate(), s.noMomentum(), s.fewSamples()}
}

// smallRate finds whether x = ηλ/(1+μ) is small. On a quadratic of curvature λ the heavy ball
// θ_{k+1} = (1 + μ − ηλ)θ_k − μθ_{k−1} + ηξ_k is an autoregression of second order, of variance
//
//	η² E ξ² (1 + μ)/((1 − μ)((1 + μ)² − (1 + μ − ηλ)²)) = [η E ξ²/(2λ(1 − μ))]/(1 − x/2),
//
// in brackets that of the equation with the rate η/(1−μ), and diverges from x = 2 on.
//
// Box, Jenkins, Time Series Analysis, section 3.2.
func (s *subject) smallRate() Finding {
	f := Finding{
		Key: "small-steps", Name: "small learning rate", Claim: "a step goes a small part of the way to a minimum, ηλ ≪ 1, λ the largest curvature at typical θ",
		Rule: Rule{Text: fmt.Sprintf("holds up to ηλ/(1+μ) = %g at %g of the probability", MostStep, quantile), Limit: MostStep},
	}
	if s.sgd == nil {
		return f.notApplicable("an equation has no learning rate")
	}
	f.Applies = true
	lambda, m := s.curvature()
	x := s.file.SGDVariant().Rate * lambda / (1 + s.sgd.Momentum)
	err := curvatureError * math.Abs(x)
	f.Statistics = []Statistic{
		{"step", "ηλ/(1+μ)", x, err},
		{"curvature", "largest eigenvalue of ∇²L", lambda, curvatureError * math.Abs(lambda)},
		{"stability", "ηλ over 2(1+μ), where SGD diverges", x / 2, err / 2},
	}
	f.Verdict = judgeUpTo(x, err, MostStep)
	f.Maps = []Map{m}
	if x >= 2 {
		f.Sentence = fmt.Sprintf("SGD diverges where the curvature is %.3g: ηλ/(1+μ) is %.3g, and has to be below 2", lambda, x)
		return f
	}
	excess := 1 / (1 - x/2)
	f.Statistics = append(f.Statistics, Statistic{"variance", "variance on a quadratic of that curvature, over the equation's", excess, 0})
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("a step goes %.2g of the way to a minimum: on a quadratic the variance is %.4g times the equation's", x, excess),
		fmt.Sprintf("a step goes %.2g of the way to a minimum: on a quadratic the variance is %.3g times the equation's", x, excess),
		"the curvature is not known")
	return f
}

// smallOrder finds whether the density changes from first to second order in η, drift and noise,
// whichever the file has, and tells how walkers leave both.
func (s *subject) smallOrder() Finding {
	f := Finding{
		Key: "order-in-rate", Name: "first order in the learning rate", Claim: "the densities of first and second order in η, of drift and noise, are the same, and mean and covariance of walkers do not refute the first",
		Rule: Rule{Text: fmt.Sprintf("holds up to a total variation distance of %g between first and second order, with its numerical error; left open where walkers are farther from the first by mean and covariance, with five standard errors", s.opt.Within), Limit: s.opt.Within},
	}
	e, ratio, err := s.orders()
	if err != nil {
		return f.notApplicable(err.Error())
	}
	f.Applies = true
	move := e.TV
	f.Statistics = []Statistic{{"tv", "total variation distance", move.Value, move.Error}}
	f.Verdict = judge(move.Value, move.Error, s.opt.Within)
	f.Maps = []Map{ratio}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("the second order in η is %.2g from the first in total variation", move.Value),
		fmt.Sprintf("the second order in η is %.2g from the first in total variation: the first does not do", move.Value),
		fmt.Sprintf("the second order in η is %s from the first in total variation", estimated(move.Value, move.Error)))
	if s.file.SGDVariant().Order == 2 {
		f.Sentence += "; the density that is audited has the drift of second order"
	}
	if s.noWalkers() == "" {
		s.tellRates(&f)
	}
	return f
}

// noMomentum finds whether the heavy ball is overdamped: with γ = (1−μ)/√η in the time k√η it is
// where λ ≪ γ², and then momentum is nothing but the rate η/(1−μ). It is not where velocities certainly move the
// density all the same, as where noise varies over what the ball rolls in its memory, D″/γ², of which λ knows
// nothing.
func (s *subject) noMomentum() Finding {
	f := Finding{
		Key: "no-momentum", Name: "no momentum", Claim: "momentum is forgotten before θ moves, ηλ/(1−μ)² ≪ 1",
		Rule: Rule{Text: fmt.Sprintf("holds without momentum, or up to ηλ/(1−μ)² = %g at %g of the probability, unless the kinetic equation moves the density by more than %g in total variation, with its numerical error", MostStep, quantile, s.opt.Within), Limit: MostStep},
	}
	if s.sgd == nil {
		return f.notApplicable("an equation has no momentum")
	}
	f.Applies = true
	mu := s.sgd.Momentum
	if mu == 0 {
		f.Verdict, f.Sentence = fp.Holds, "there is no momentum"
		f.Statistics = []Statistic{{"inertia", "ηλ/(1−μ)²", 0, 0}}
		return f
	}
	lambda, _ := s.curvature()
	inertia := s.file.SGDVariant().Rate * lambda / ((1 - mu) * (1 - mu))
	err := curvatureError * math.Abs(inertia)
	f.Statistics = []Statistic{{"inertia", "ηλ/(1−μ)²", inertia, err}, {"memory", "memory of momentum, steps", 1 / (1 - mu), 0}}
	f.Verdict = judgeUpTo(inertia, err, MostStep)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("momentum is forgotten within %.3g steps, before θ moves: it only makes the rate η/(1−μ)", 1/(1-mu)),
		fmt.Sprintf("momentum is remembered for %.3g steps while θ moves, ηλ/(1−μ)² = %.2g: the ball rolls", 1/(1-mu), inertia),
		"the curvature is not known")
	if f.Verdict != fp.Violated && s.kinetic.moves(s.opt.Within) {
		f.Verdict = fp.Violated
		f.Sentence = fmt.Sprintf("momentum is remembered for %.3g steps, in which noise is another though curvature hardly moves θ, ηλ/(1−μ)² = %.2g", 1/(1-mu), inertia)
	}
	f.Sentence += fmt.Sprintf("; the density that is audited is that of SGD without momentum at the rate η/(1−μ) = %.4g", timeStep(s.sgd))
	s.tellVelocities(&f)
	s.tellMomentum(&f)
	return f
}

// tellVelocities adds to a finding what the kinetic equation says.
func (s *subject) tellVelocities(f *Finding) {
	k := s.kinetic
	if k.err != nil {
		f.Sentence += "; it is not set against one with velocities: " + k.err.Error()
		return
	}
	tv := k.effect.TV
	if k.effect.Sampled {
		f.Statistics = append(f.Statistics,
			Statistic{"kinetic-tv", "total variation distance of walkers of the kinetic equation from the solution", tv.Value, tv.Error},
			Statistic{"kinetic-floor", "what sampling and time steps make of it", tv.Floor, 0})
		f.Sentence += fmt.Sprintf("; walkers of the kinetic equation, which has velocities too, are %.2g from it in total variation, of which sampling and time steps make up to %.2g", tv.Value, tv.Floor)
	} else {
		f.Statistics = append(f.Statistics, Statistic{"kinetic-tv", "total variation distance of the kinetic equation's θ-marginal from the solution", tv.Value, tv.Error})
		f.Curves = []Curve{k.ratio}
		f.Sentence += fmt.Sprintf("; the θ-marginal of the kinetic equation, which has velocities too, is %s from it in total variation", estimated(tv.Value, tv.Error))
	}
	if _, most := k.effect.Range(); f.Verdict == fp.Violated && most <= s.opt.Within {
		f.Sentence += ": it changes times, and hardly the density"
	}
}

// tellMomentum adds to a finding how far walkers with momentum are from such without.
func (s *subject) tellMomentum(f *Finding) {
	e, err := s.withoutMomentum()
	if err != nil {
		return // the ranking says why
	}
	f.Statistics = append(f.Statistics,
		Statistic{"tv", "total variation distance of walkers with momentum and without", e.TV.Value, e.TV.Error},
		Statistic{"floor", "what sampling makes of it", e.TV.Floor, 0})
	f.Sentence += fmt.Sprintf("; walkers with momentum are %.2g from such without at that rate in total variation, of which sampling makes up to %.2g", e.TV.Value, e.TV.Floor)
}

// fewSamples finds whether batches are few of the samples.
func (s *subject) fewSamples() Finding {
	f := Finding{
		Key: "small-batch", Name: "batches few of the samples", Claim: "B ≪ n, so that samples are as good as new ones",
		Rule: Rule{Text: fmt.Sprintf("holds up to B/n = %g", mostFraction), Limit: mostFraction},
	}
	if s.sgd == nil || s.sgd.Loss == nil {
		return f.notApplicable("there are no samples to draw from")
	}
	if s.sgd.Sampling == fp.FullBatch {
		return f.notApplicable("full batches have no noise")
	}
	f.Applies = true
	n, b := float64(s.sgd.Loss.Samples()), float64(s.batch())
	f.Statistics = []Statistic{
		{"fraction", "B/n", b / n, 0},
		{"factor", "(n−B)/(n−1), the factor of Σ/B without replacement", (n - b) / max(1, n-1), 0},
	}
	f.Verdict = judge(b/n, 0, mostFraction)
	f.Sentence = fmt.Sprintf("a batch has %.2g of all samples", b/n)
	if f.Verdict == fp.Violated {
		f.Sentence += fmt.Sprintf(": drawn without replacement, the noise has %.2g of the variance Σ/B", (n-b)/max(1, n-1))
	}
	return f
}
