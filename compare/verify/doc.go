// Package verify holds the solvers and simulators of this module against problems whose
// answers are known, as studies that can be run anywhere: `ness verify` is their command.
//
// A [Case] is data: what is exact, and a [Study] for each way to compute it, with sizes,
// the order q at which the error has to fall, error ∝ n^−q, and a [Limit] for every quantity
// that is measured, with the reason for its value. [Run] measures and judges.
//
// Reasons are of three kinds. Round-off, by the operations that go in. Discretisation: C n^−q
// with a C that was measured once, twice of which is allowed: smaller than what an error of
// 1e-3 in any coefficient leaves, where orders are high. Sampling: five standard errors, which
// a true claim exceeds with probability below 6e-7 per number.
package verify
