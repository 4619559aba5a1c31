package audit

import (
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/fp"
)

// walkers has a finding on whether SGD itself has the density of the equation.
func (s *subject) walkers() []Finding {
	f := Finding{
		Key: "walkers", Name: "SGD itself", Claim: "SGD has the stationary density of the equation",
		Rule: Rule{Text: fmt.Sprintf("holds up to a total variation distance of %g with five standard errors and the numerical one, violated beyond that and what sampling makes, and where walkers diverge", s.opt.Within), Limit: s.opt.Within, Level: 3e-7},
	}
	c := &s.crowds.of[walkItself]
	switch {
	case s.crowds.diverged:
		f.Applies, f.Verdict = true, fp.Violated
		f.Statistics = []Statistic{{"tv", "total variation distance of walkers from the solution", 1, 0}}
		f.Sentence = "SGD has no stationary density: " + c.err.Error()
		return []Finding{f}
	case c.err == errNotMixed:
		f.Applies, f.Sentence = true, c.err.Error()
		f.Statistics = []Statistic{{"relaxation", "relaxation time, steps, at least", s.crowds.pilot.Steps, math.NaN()}}
		return []Finding{f}
	case c.err != nil:
		return []Finding{f.notApplicable(c.err.Error())}
	}
	d, err := c.Distances(s.solution.Density)
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
	f.Verdict = d.TV.JudgeAgainst(s.opt.Within, s.densityError())
	if f.Verdict == fp.Holds && float64(slices.Max(c.Counts)) > coarseCell*float64(c.Total()) {
		f.Verdict = fp.CannotTell // within a cell they may differ
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("walkers are within %.2g of the solution in total variation", d.TV.Value),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes at most %.2g", d.TV.Value, d.TV.Floor),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes up to %.2g: more of them would tell", d.TV.Value, d.TV.Floor))
	f.Maps = []Map{{Key: "walkers", Name: "density of walkers", Values: c.Density().Values}}
	return []Finding{f}
}

// coarseCell is the part of walkers in one cell from which on cells hide differences.
const coarseCell = 0.2
