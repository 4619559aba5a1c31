// Package expr reads the formulas of problem files, differentiates them, and
// evaluates them for blocks of points.
//
// # Grammar
//
// A formula is a real function of named variables. It has numbers (2, 0.5, 1e-3; 1/3
// is a third), names, parentheses, the functions that [Functions] lists, and
//
//	x^y  x**y        power, from the right: 2^3^2 = 2^(3²), 2^-1 = ½
//	-x  +x           sign, weaker than a power: −x^2 = −(x²)
//	x*y  x/y         from the left: a/b/c = (a/b)/c
//	x+y  x-y         from the left
//
// Names are the variables and constants that the caller declares, and pi and e, which
// no declared name may hide. Constants are replaced by their values. [ParseCondition] reads
// comparisons of formulas, with "and", "or" and "not". In formulas anything else that
// the parser underneath (github.com/expr-lang/expr) would take, such as conditions,
// comparisons, lists, text or comments, is refused: every error is an [*Error], which
// says where, what was wanted and what was found.
//
// # Values
//
// A formula must be finite wherever it is evaluated. On that condition expressions are
// simplified as they are built: 0·x = 0, x^0 = 1, x+0 = x, 1·x = x, and constants are
// folded; the sign of a zero is not kept. Products and sums are never reordered or
// distributed, so that a formula gives the same bits on every run, in every block, for
// any number of goroutines. e^x is computed as exp(x). A power with constant exponent n
// or n+½ of magnitude up to 64 is computed by repeated squaring and at most one square
// root, with relative error below (|n|+3)·2⁻⁵³; other powers by [math.Pow].
//
// Derivatives are exact rules on the expression, correct wherever each part of them is
// finite. At the kinks of abs, min and max they give the mean of both sides; sign counts
// as constant.
//
// # Cost
//
// A [Tape] computes 512 points at a time, instruction by instruction, with numbers and
// variables that all points share as scalar operands: about 0.35 ns per operation and
// point, besides what sin, exp and the like take.
package expr
