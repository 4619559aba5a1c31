package audit

import (
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
)

// walkers has a finding on whether SGD itself has the density of the equation.
func (s *subject) walkers() []Finding {
	f := Finding{
		Key: "walkers", Name: "SGD itself", Claim: "SGD has the stationary density of the equation",
		Rule: Rule{Text: fmt.Sprintf("holds up to a total variation distance of %g with five standard errors and the numerical one, violated beyond that and what sampling makes, and where walkers diverge; left open where a cell has more of them or of the density than %.2g and they agree, or %.2g and they do not", s.opt.Within, coarsest(s.grid.Dim()), unseen(s.grid.Dim())), Limit: s.opt.Within, Level: 1e-5},
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
		f.Statistics = []Statistic{
			{"tv", "total variation distance of walkers from the solution", math.NaN(), math.NaN()},
			{"relaxation", "relaxation time, steps, at least", s.crowds.pilot.Steps, math.NaN()},
		}
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
	fullest := max(float64(slices.Max(c.Counts))/float64(c.Total()), slices.Max(s.mass))
	var open string
	f.Verdict, open = judgeWalkers(d.TV, s.opt.Within, s.densityError(), fullest, s.grid.Dim())
	if inside := d.TV; f.Verdict == fp.Violated && d.Outside > 0 {
		// The density has nothing outside, so that all of this is in the distance.
		if inside.Value -= d.Outside; inside.JudgeAgainst(s.opt.Within, s.densityError()) != fp.Violated {
			f.Verdict, open = fp.CannotTell, fmt.Sprintf("%.2g of them are outside the box, so that a wider one would tell", d.Outside)
		}
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("walkers are within %.2g of the solution in total variation", d.TV.Value),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes at most %.2g", d.TV.Value, d.TV.Floor),
		fmt.Sprintf("walkers are %.2g from the solution in total variation, of which sampling makes up to %.2g: %s", d.TV.Value, d.TV.Floor, open))
	f.Maps = []Map{{Key: "walkers", Name: "density of walkers", Values: c.Density().Values}}
	return []Finding{f}
}

// coarsest returns the part of walkers in one cell from which on cells hide differences, 0.2 to the power of
// the dimension. Cells are half a deviation wide then, and of a distance of 0.02 between normal densities, one
// wider than the other or aside of it, hide up to a twentieth; of cells a deviation wide it is a fifth.
func coarsest(d int) float64 { return math.Pow(0.2, float64(d)) }

// unseen returns the part in one cell from which on the grid does not see the density, nor the estimate of its
// error how wrong it is, ½ to the power of the dimension: of cells 1.35 deviations wide.
func unseen(d int) float64 { return math.Pow(0.5, float64(d)) }

// judgeWalkers holds a total variation distance against a limit, with the relative L1 error e of the density
// and the part of walkers, or of the density, in the fullest cell, and says what would tell where nobody can.
func judgeWalkers(tv compare.Distance, limit, e, fullest float64, d int) (v fp.Verdict, open string) {
	v = tv.JudgeAgainst(limit, e)
	switch {
	case v == fp.Holds && fullest > coarsest(d):
		return fp.CannotTell, fmt.Sprintf("a cell has %.2g of them or of it, within which they may differ, so that a finer grid would tell", fullest)
	case v == fp.Violated && fullest > unseen(d):
		return fp.CannotTell, fmt.Sprintf("a cell has %.2g of them or of it, too coarse for the equation, so that a finer grid would tell", fullest)
	case v != fp.CannotTell:
		return v, ""
	case math.IsNaN(e):
		return v, "the numerical error of the solution is not known"
	case tv.Judge(limit) != fp.CannotTell || e/2 >= limit:
		return v, fmt.Sprintf("the numerical error of the solution is %.1g, so that a finer grid would tell", e/2)
	}
	return v, "more of them would tell"
}
