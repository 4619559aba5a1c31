package audit

import (
	"math"

	"github.com/ness-fp/ness/fp"
)

// balance finds whether probability flows in the stationary state, in the three ways of
// [fp.JudgeBalance].
func (s *subject) balance() []Finding {
	f := Finding{
		Key: "detailed-balance", Name: "detailed balance", Claim: "no probability flows in the stationary state, J = 0", Applies: true,
		Rule: Rule{Text: "three tests, of the force, of the rates and of the solution, each 0 in balance: violated beyond 1e-9 and three numerical errors, holds where these stay below 1e-7", Limit: 1e-7},
	}
	current := s.solution.Current()
	cycles, err := fp.CycleBalance(s.problem, s.grid)
	if err != nil {
		cycles = fp.BalanceTest{Statistic: math.NaN(), Error: math.NaN(), Reason: err.Error()}
	}
	b := fp.JudgeBalance(s.solution.ForceBalance(), cycles, s.solution.CurrentBalance(current, s.estimate))
	for _, t := range []struct {
		key, name string
		test      fp.BalanceTest
	}{{"force", "curl of the force D⁻¹v", b.Force}, {"cycles", "Kolmogorov's criterion", b.Cycles}, {"current", "current of the solution", b.Current}} {
		f.Statistics = append(f.Statistics, Statistic{t.key, t.name, t.test.Statistic, t.test.Error})
	}
	entropy := Statistic{"entropy-production", "entropy production, nats per unit time", s.solution.EntropyProduction(current), math.NaN()}
	if s.estimate != nil {
		entropy.Error = s.estimate.EntropyProduction
	}
	f.Statistics = append(f.Statistics, entropy)
	f.Verdict = b.Verdict
	f.Sentence = pick(b.Verdict, "no probability flows: ", "probability circulates: ", "it is not certain whether probability circulates: ") + b.Reason
	size := Map{Key: "current_size", Name: "|J|", Values: make([]float64, s.grid.Cells())}
	for i := range size.Values {
		for _, j := range current.At {
			size.Values[i] = math.Hypot(size.Values[i], j[i])
		}
	}
	f.Maps = []Map{size}
	return []Finding{f}
}
