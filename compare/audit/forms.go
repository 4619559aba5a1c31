package audit

import (
	"fmt"
	"math"
	"strings"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/grid"
)

// This file holds every density that is proposed for the process against the solution.

// shown is the density relative to its largest below which a map says nothing.
const shown = 1e-8

// forms has a finding for the tempered posterior, exp(−2BL/ησ²), which is an assumption of
// the picture, and one for each formula: every candidate that is no solution.
func (s *subject) forms() []Finding {
	list := []Finding{s.posterior()}
	for _, c := range s.candidates {
		if !strings.HasPrefix(c.Key, "fokker-planck") {
			list = append(list, s.form(c))
		}
	}
	return list
}

// posterior finds whether the stationary density is that of Gibbs.
func (s *subject) posterior() Finding {
	f := Finding{
		Key: "tempered-posterior", Name: "tempered posterior", Claim: "the stationary density is exp(−L/T)/Z for one temperature T",
		Rule: s.agreement(),
	}
	for _, c := range s.candidates {
		if c.Key == "gibbs" {
			g := s.form(c)
			if !g.Applies {
				return f.notApplicable(c.Err.Error())
			}
			f.Applies, f.Statistics, f.Verdict, f.Maps = true, g.Statistics, g.Verdict, g.Maps
			f.Sentence = "exp(−L/T), T = ησ²/2B: " + g.Sentence
			return f
		}
	}
	return f.notApplicable("the problem has no loss, or its tempered posterior has no meaning")
}

// form holds a formula against the solution.
func (s *subject) form(c compare.Candidate) Finding {
	f := Finding{
		Key: "form-" + c.Key, Name: c.Name + ", " + c.Formula, Kind: Formula, Claim: "the stationary density is " + c.Formula, Applies: true,
		Rule: s.agreement(),
	}
	if c.Err != nil {
		return f.notApplicable(c.Err.Error())
	}
	p, q := s.solution.Density, c.Density
	tv, hellinger := tvBetween(p, q, s.densityError()+c.Error), hellingerBetween(p, q, s.densityError()+c.Error)
	ratio := logRatios(p, q)
	kl, size := logarithms(p, q, ratio, s.densityError(), c.Error)
	f.Statistics = []Statistic{
		{"tv", "total variation distance", tv.Value, tv.Error},
		{"hellinger", "Hellinger distance", hellinger.Value, hellinger.Error},
		{"kl", "Kullback–Leibler divergence from the solution, nats", kl.Value, kl.Error},
		{"log-ratio", "mean size of the logarithm of the ratio to the solution", size.Value, size.Error},
	}
	f.Verdict = judge(tv.Value, tv.Error, s.opt.Within)
	f.Maps = []Map{{Key: "log_ratio_" + c.Key, Name: "ln(" + c.Name + "/solution)", Values: ratio}}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("agrees with the solution within %.2g in total variation", tv.Value),
		fmt.Sprintf("is wrong by %.2g in total variation, most around %s", tv.Value, s.place(s.farthest(c))),
		"is "+estimated(tv.Value, tv.Error)+" away in total variation")
	if s.sgd != nil && s.sgd.Momentum > 0 && strings.Contains(c.Formula, "η") {
		f.Sentence += "; η is that of the equation, η/(1−μ)"
	}
	return f
}

// agreement is the rule for densities.
func (s *subject) agreement() Rule {
	return Rule{Text: fmt.Sprintf("holds up to a total variation distance of %g from the solution, with its numerical error", s.opt.Within), Limit: s.opt.Within}
}

// logRatios returns ln(q/p) in every cell with enough of either, NaN in others.
func logRatios(p, q *grid.Field) []float64 {
	ratio := make([]float64, len(p.Values))
	top, _ := p.Max()
	for i, v := range p.Values {
		ratio[i] = math.NaN()
		if u := q.Values[i]; v > shown*top && u > 0 {
			ratio[i] = math.Log(u / v)
		}
	}
	return ratio
}

// farthest returns the centre of the cell with most of the distance per volume.
func (s *subject) farthest(c compare.Candidate) []float64 {
	p, at := s.solution.Density.Values, 0
	for i, q := range c.Density.Values {
		if math.Abs(q-p[i]) > math.Abs(c.Density.Values[at]-p[at]) {
			at = i
		}
	}
	x := make([]float64, s.grid.Dim())
	s.grid.Center(x, at)
	return x
}
