// Package expr reads the formulas of problem files, differentiates them, and
// evaluates them for blocks of points.
//
// A formula is a real function of named variables: numbers, + − * / ^ with the usual
// precedence (−x^2 is −(x²), 2^3^2 is 2^(3²), 1/3 is a third), parentheses, the
// constants pi and e and those that the caller defines, and the functions of
// [Functions]. Anything else is refused with its column.
//
// Expressions are simplified as they are built: constants are folded, and 0·x is 0,
// which is right wherever x is finite. Sums are never reordered, and the same
// formula always gives the same bits.
package expr
