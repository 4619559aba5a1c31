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

// Variables returns the variables that occur in the formula, in alphabetical order.
func (e Expr) Variables() []string {
	var names []string
	e.n.walk(map[*node]bool{}, func(n *node) {
		if n.op == opVar {
			names = append(names, n.name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// walk visits the node and all below it, each once.
func (n *node) walk(seen map[*node]bool, visit func(n *node)) {
	if n == nil || seen[n] {
		return
	}
	seen[n] = true
	visit(n)
	n.a.walk(seen, visit)
	n.b.walk(seen, visit)
}

// Divisors returns the parts of the formula that it divides by: denominators, bases of
// negative powers, and cosines of what a tangent is taken of.
func (e Expr) Divisors() []Expr {
	var list []Expr
	e.n.walk(map[*node]bool{}, func(n *node) {
		switch n.op {
		case opDiv:
			list = append(list, Expr{n.b})
		case opTan:
			list = append(list, apply(opCos, Expr{n.a}))
		case opPow, opPowCall:
			if v, ok := (Expr{n.b}).Const(); ok && v < 0 {
				list = append(list, Expr{n.a})
			}
		}
	})
	return slices.DeleteFunc(list, func(d Expr) bool { return len(d.Variables()) == 0 })
}

// Equal says whether both formulas do the same operations on the same numbers, up to
// the order of the operands of + and *. If so, they have the same bits everywhere.
func (e Expr) Equal(f Expr) bool {
	c := newCompiler(slices.Concat(e.Variables(), f.Variables()))
	return c.emit(e.n) == c.emit(f.n)
}
