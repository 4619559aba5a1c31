// Package audit measures the assumptions behind the Fokker–Planck picture of stochastic
// gradient descent for one problem: that gradient noise is normal, of finite variance and
// white, that the learning rate is small and constant, that batches are few of the samples,
// that Σ is definite and constant, that there is detailed balance, and that minima are
// regular; and the formulas that are proposed for the stationary density.
//
// [Audit] returns a [Report] with a [Finding] for each: statistics with their uncertainty,
// the rule they are judged by, and a verdict. An assumption that has no meaning for a problem is
// there, and says so; a formula is where [compare.Candidates] has it, with a density or the reason why
// there is none. The [Report.Ranking] lists how far each assumption moves the stationary density, with
// the places that errors leave open, and [Report.Unranked] the others and why.
//
// Chances of false alarms are shared out: tests of random numbers or data call an assumption
// that holds violated in at most one of a thousand audits, all of them together (Bonferroni).
package audit
