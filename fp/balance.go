package fp

import (
	"fmt"
	"math"
	"strings"
)

// This file judges whether the stationary state is in detailed balance, J = 0 everywhere,
// which three tests ask in ways that fail differently:
//
//   - of the force u = D⁻¹v, whose curl and whose integrals round periodic axes vanish
//     exactly in detailed balance, from the coefficients alone: see [ForceBalance];
//   - of the rates of a discretisation, by Kolmogorov's criterion: see [CycleBalance];
//   - of the solution, by its current: see [Stationary.CurrentBalance].
//
// Each is a statistic relative to what it would be if nothing balanced, with a bound on its
// numerical error.
//
// Kolmogorov, Math. Ann. 112 (1936) 155. Risken, The Fokker–Planck Equation, section 6.4.

// A Verdict is the answer to a claim.
type Verdict uint8

// The verdicts. The zero value leaves the claim open.
const (
	CannotTell Verdict = iota
	Holds
	Violated
)

// String returns the verdict as summaries write it.
func (v Verdict) String() string { return [...]string{"cannot tell", "holds", "violated"}[v] }

// A BalanceTest is one way's answer to whether detailed balance holds.
//
// It is violated where Statistic − 3 Error exceeds 1e-9, which the rounding of numbers in
// coefficients does not reach, and holds where Statistic + 3 Error is at most 1e-7, so that
// turning the drift by 1e-6 of itself is excluded.
type BalanceTest struct {
	Statistic float64 // 0 in detailed balance, of order 1 far from it
	Error     float64 // of Statistic, numerical
	Verdict   Verdict
	Reason    string // "" of a test that was not made
}

// leastViolation is what a statistic less its errors has to exceed, and mostBalanced what it
// may be with them, see [BalanceTest].
const leastViolation, mostBalanced = 1e-9, 1e-7

// clearViolation is a violation that kinks do not feign: up to 3e-4 was seen in equilibrium.
const clearViolation = 1e-2

// judged returns the test of a statistic with its error by the rule of [BalanceTest]. what
// describes the statistic.
func judged(statistic, err float64, what string) BalanceTest {
	t := BalanceTest{Statistic: statistic, Error: err}
	switch {
	case t.least() > leastViolation:
		t.Verdict = Violated
	case statistic+3*err <= mostBalanced:
		t.Verdict = Holds
	}
	t.Reason = fmt.Sprintf("%s: %.3g ± %.1g", what, statistic, err)
	return t
}

// balanced returns the test that holds without a calculation.
func balanced(why string) BalanceTest { return BalanceTest{Verdict: Holds, Reason: why} }

// undecided returns the test that cannot be made.
func undecided(why string) BalanceTest {
	return BalanceTest{Statistic: math.NaN(), Error: math.NaN(), Reason: why}
}

// least returns what the statistic is at least.
func (t *BalanceTest) least() float64 { return t.Statistic - 3*t.Error }

// doubted returns the test with its verdict withdrawn where that was that balance holds.
func (t BalanceTest) doubted(why string) BalanceTest {
	if t.Verdict == Holds {
		t.Verdict = CannotTell
	}
	t.Reason += "; " + why
	return t
}

// together returns the test of a claim that is true if all parts are: the part most
// violated, else one that cannot tell, else the least certain one.
func together(parts []BalanceTest) BalanceTest {
	worst := parts[0]
	for _, t := range parts[1:] {
		if t.rank() > worst.rank() || t.rank() == worst.rank() && t.weight() > worst.weight() {
			worst = t
		}
	}
	return worst
}

func (t *BalanceTest) rank() int { return [...]int{Holds: 0, CannotTell: 1, Violated: 2}[t.Verdict] }

func (t *BalanceTest) weight() float64 {
	if t.Verdict == Violated {
		return t.least()
	}
	return t.Statistic + 3*t.Error
}

// A DetailedBalance is the verdict of three tests, with those.
type DetailedBalance struct {
	Verdict Verdict
	Reason  string

	Force, Cycles, Current BalanceTest
}

// JudgeBalance returns one verdict on detailed balance: violated if any test says so, holds if
// one says so and none the contrary. Where one finds a violation that another, as it says,
// would have seen and did not, one of the two errors is wrong, and nobody can tell which: a
// force may have features between the points where it is sampled, rates and solutions a grid
// too coarse for their estimates. Where the force has been sampled and leaves it open, it may
// have kinks or jumps, at which the errors of the other two tests are not to be trusted: then
// these count if they find a violation of a hundredth, and not else. A test that cannot tell stands
// against one that says holds where it shows more than half its error, where errors that fall as h²
// leave a third: it may have seen what the other has between its points. The zero BalanceTest stands for a test that was not made.
func JudgeBalance(force, cycles, current BalanceTest) DetailedBalance {
	b := DetailedBalance{Force: force, Cycles: cycles, Current: current}
	rough := force.Verdict == CannotTell && force.Reason != "" && !math.IsNaN(force.Statistic)
	say := map[Verdict][]string{}
	var most float64 // that is certainly violated
	var hint bool    // of a violation
	for _, t := range []*BalanceTest{&force, &cycles, &current} {
		if rough && t != &force && t.Verdict != CannotTell && !(t.Verdict == Violated && t.least() > clearViolation) {
			t.Verdict = CannotTell
			t.Reason += ", which counts for nothing where the force may have kinks"
		}
		if t.Reason != "" {
			say[t.Verdict] = append(say[t.Verdict], t.Reason)
		}
		switch {
		case t.Verdict == Violated:
			most = max(most, t.least())
		case t.Verdict == CannotTell && t.Statistic > mostBalanced && 2*t.Statistic > t.Error:
			hint = true
		}
	}
	violated, holds := strings.Join(say[Violated], "; "), strings.Join(say[Holds], "; ")
	switch {
	case violated != "" && holds != "" && most > 10*mostBalanced:
		b.Reason = fmt.Sprintf("tests contradict each other: violated by %s; but balanced by %s", violated, holds)
	case violated != "":
		b.Verdict, b.Reason = Violated, violated
	case holds != "" && hint:
		b.Reason = fmt.Sprintf("balanced by %s; but there are hints of a violation: %s", holds, strings.Join(say[CannotTell], "; "))
	case holds != "":
		b.Verdict, b.Reason = Holds, holds
	case len(say[CannotTell]) > 0:
		b.Reason = strings.Join(say[CannotTell], "; ")
	default:
		b.Reason = "no test was made"
	}
	return b
}
