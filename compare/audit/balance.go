package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// mostCurrent is the share of the current, of it and diffusion, that counts as no flow. The density is then 0.001
// (of noise that does not commute with the curvature) to 0.004 (of isotropic noise that varies) in total
// variation from that of detailed balance, a fifth of the 0.02 within which densities agree: a flow matters by
// itself before it moves the density.
const mostCurrent = 0.01

// balance finds whether probability flows in the stationary state to an extent that matters, and
// whether it does at all, in the three ways of [fp.JudgeBalance].
func (s *subject) balance() []Finding {
	f := Finding{
		Key: "detailed-balance", Name: "detailed balance", Claim: "no probability flows in the stationary state, J = 0", Applies: true,
		Rule: Rule{
			Text:  fmt.Sprintf("holds where the current is at most %g of itself and the diffusion that would balance the drift, with three numerical errors, or where balance is exact by the force or the rates", mostCurrent),
			Limit: mostCurrent,
		},
	}
	current := s.solution.Current()
	cycles, err := fp.CycleBalance(s.problem, s.grid)
	if err != nil {
		cycles = fp.BalanceTest{Statistic: math.NaN(), Error: math.NaN(), Reason: err.Error()}
	}
	b := fp.JudgeBalance(s.solution.ForceBalance(), cycles, s.solution.CurrentBalance(current, s.estimate))
	share, shareErr := s.solution.CurrentShare(current, s.estimate)
	f.Statistics = []Statistic{{"current", "share of the current, of it and diffusion", share, shareErr}}
	for _, t := range []struct {
		key, name string
		test      fp.BalanceTest
	}{{"force", "curl of the force D⁻¹v", b.Force}, {"cycles", "Kolmogorov's criterion", b.Cycles}} {
		f.Statistics = append(f.Statistics, Statistic{t.key, t.name, t.test.Statistic, t.test.Error})
	}
	entropy := Statistic{"entropy-production", "entropy production, nats per unit time", s.solution.EntropyProduction(current), math.NaN()}
	if s.estimate != nil {
		entropy.Error = s.estimate.EntropyProduction
	}
	f.Statistics = append(f.Statistics, entropy)
	f.Verdict, f.Sentence = judgeFlow(&b, share, shareErr)
	size := Map{Key: "current_size", Name: "|J|", Values: make([]float64, s.grid.Cells())}
	for i := range size.Values {
		for _, j := range current.At {
			size.Values[i] = math.Hypot(size.Values[i], j[i])
		}
	}
	f.Maps = []Map{size}
	return []Finding{f}
}

// judgeFlow returns the verdict on the share of the current, and a sentence that says whether balance
// is exact as well. Nobody can tell where one test finds exact balance and the current is large; and
// where the density is too narrow for the grid only a large one tells something.
func judgeFlow(b *fp.DetailedBalance, share, err float64) (fp.Verdict, string) {
	if b.Verdict == fp.Holds {
		return fp.Holds, "no probability flows: " + b.Reason
	}
	v := judge(share, 3*err, mostCurrent)
	exactly := b.Force.Verdict == fp.Holds || b.Cycles.Verdict == fp.Holds
	unresolved := math.IsNaN(b.Current.Statistic)
	if v == fp.Violated && (exactly || unresolved && b.Verdict != fp.Violated) || v == fp.Holds && unresolved {
		v = fp.CannotTell
	}
	exact := pick(b.Verdict, "", "balance is not exact: ", "it is not certain whether balance is exact: ") + b.Reason
	return v, fmt.Sprintf("%s: the current is %s of itself and the diffusion that would balance the drift; %s",
		pick(v, "hardly any probability flows", "probability circulates", "it is not certain how much probability flows"), estimated(share, err), exact)
}
