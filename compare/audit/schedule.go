package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether the learning rate is constant.

const (
	// mostChange is the change of ln η, the width of the density by half of it, that counts as none.
	mostChange = 0.1
	// longestRun is the number of steps up to which a schedule is looked at.
	longestRun = 1e8
)

// constantRate holds the change of η against the first rate, of which the density is, and tells how
// much ln η changes within a relaxation time.
func (s *subject) constantRate() Finding {
	f := Finding{
		Key: "constant-rate", Name: "constant learning rate", Claim: "η stays at its first rate, of which the density is",
		Rule: Rule{Text: fmt.Sprintf("holds where ln η changes by at most %g from the first rate to the end of the schedule, or within %g steps", mostChange, longestRun), Limit: mostChange},
	}
	if s.sgd == nil {
		return f.notApplicable("an equation has no learning rate")
	}
	if isConstant(s.sgd.Schedule) {
		f.Applies, f.Verdict, f.Sentence = true, fp.Holds, "the learning rate is constant"
		f.Statistics = []Statistic{{"change", "change of ln η since the first rate", 0, 0}}
		return f
	}
	modes, err := fp.SolveModes(s.problem, s.grid, fp.ModesOptions{Count: 1})
	if err != nil {
		return f.notApplicable("the relaxation time was not found: " + err.Error())
	}
	f.Applies = true
	r := relaxing{modes.Modes[0].Time, s.sgd.Momentum}
	since, within, curve := r.changes(s.sgd.Schedule)
	f.Curves = []Curve{curve}
	f.Statistics = []Statistic{
		{"change", "largest change of ln η since the first rate", since, 0},
		{"within", "largest change of ln η within a relaxation time", within, 0},
		{"relaxation", "relaxation time at the first rate, steps", r.steps(s.sgd.Schedule.Rate(0)), 0},
	}
	f.Verdict = judge(since, 0, mostChange)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("η changes little, ln η by %.2g", since),
		fmt.Sprintf("η changes, ln η by up to %.2g, within a relaxation time by up to %.2g", since, within),
		"the change of η is not a number")
	if math.IsInf(since, 1) {
		f.Sentence = "η becomes 0, or less than any number, so that ln η changes without bound"
	}
	f.Sentence += fmt.Sprintf("; the density that is audited is that of the first rate, %.4g", s.sgd.Schedule.Rate(0))
	return f
}

// A relaxing is how SGD forgets: the relaxation time T of the equation, whose time is kη/(1−μ), and μ.
type relaxing struct{ time, momentum float64 }

// steps returns the relaxation time at a rate in steps, T(1−μ)/η, and at least −2/ln μ: a heavy ball that
// rolls shrinks by √μ with every step.
//
// Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964).
func (r relaxing) steps(rate float64) float64 {
	return max(r.time*(1-r.momentum)/rate, -2/math.Log(r.momentum))
}

// changes returns the largest change of ln η since the first rate, and within a relaxation time, with its
// course, at steps of looks. Both are infinite where η becomes 0. Rates of schedules do not grow, so that
// what changes before is less.
func (r relaxing) changes(s fp.Schedule) (since, within float64, c Curve) {
	c = Curve{Key: "rate_change", Name: "change of the learning rate", XLabel: "step", YLabel: "change of ln η within a relaxation time"}
	rate := func(k float64) float64 { return s.Rate(int(min(k, 1e15))) }
	for _, k := range r.looks(s) {
		eta := rate(k)
		later := rate(k + r.steps(eta))
		change := logChange(eta, later)
		since, within = max(since, logChange(s.Rate(0), later)), max(within, change)
		c.X, c.Y = append(c.X, k), append(c.Y, change)
		if eta == 0 {
			break
		}
	}
	return since, within, c
}

// cosineLooks is at how many steps a cosine is looked at.
const cosineLooks = 1000

// looks returns the steps up to longestRun at which a schedule is looked at, ascending: of a cosine from the
// first to the last, equally spaced; of others such that grow by a twentieth, from ten relaxation times of the
// first rate on, and of rates that drop each the last one before a drop, from which on as many fall within a
// relaxation time as can, later ones at least as many as these.
func (r relaxing) looks(s fp.Schedule) (at []float64) {
	if s, ok := s.(fp.CosineRate); ok {
		last := min(float64(s.Steps), longestRun)
		count := min(last, cosineLooks)
		for i := 0.0; i <= count; i++ {
			at = append(at, math.Floor(i*last/count))
		}
		return at
	}
	drops, _ := s.(fp.StepDecayRate)
	for k := 10 * r.steps(s.Rate(0)); ; k = 1.05*k + 1 {
		if every := float64(drops.Every); every > 0 {
			k = (math.Floor(k/every)+1)*every - 1
		}
		at = append(at, min(k, longestRun))
		if k >= longestRun {
			return at
		}
	}
}

// logChange returns |ln(to/from)|, infinite where one of them is 0.
func logChange(from, to float64) float64 {
	if from == 0 || to == 0 {
		return math.Inf(1)
	}
	return math.Abs(math.Log(to / from))
}
