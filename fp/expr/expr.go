package expr

import "slices"

// An Expr is a formula. It never changes, and parts of it may be shared with others.
// The zero value is not valid.
type Expr struct{ n *node }

// A node is a finite number, a variable, or an operation on one or two operands.
type node struct {
	op   op
	val  float64 // of opNum
	name string  // of opVar
	a, b *node   // operands; b is nil where there is one
}

// Const returns the value of a formula that is a number.
func (e Expr) Const() (float64, bool) { return e.n.val, e.n.op == opNum }

// is says whether e is the number v.
func (e Expr) is(v float64) bool { return e.n.op == opNum && e.n.val == v }

// Uses says whether the variable occurs in the formula.
func (e Expr) Uses(variable string) bool { return slices.Contains(e.Variables(), variable) }

// Variables returns the variables that occur in the formula, in alphabetical order.
func (e Expr) Variables() []string {
	var names []string
	seen := map[*node]bool{nil: true}
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if n.op == opVar {
			names = append(names, n.name)
		}
		visit(n.a)
		visit(n.b)
	}
	visit(e.n)
	slices.Sort(names)
	return slices.Compact(names)
}

// Equal says whether both formulas do the same operations on the same numbers, up to
// the order of the operands of + and *. If so, they have the same bits everywhere.
func (e Expr) Equal(f Expr) bool {
	c := newCompiler(slices.Concat(e.Variables(), f.Variables()))
	return c.emit(e.n) == c.emit(f.n)
}
