package expr

import (
	"math"
	"strconv"
	"strings"
)

// An Expr is a formula. It does not change; the zero value is not valid.
type Expr struct{ n *node }

// A node is a number, a variable, or an operation on one or two operands.
type node struct {
	op   op
	val  float64 // of opNum
	name string  // of opVar
	a, b *node
}

// Num returns a constant.
func Num(v float64) Expr { return Expr{&node{op: opNum, val: v}} }

// Var returns a variable.
func Var(name string) Expr { return Expr{&node{op: opVar, name: name}} }

// Const returns the value of a formula that is a constant.
func (e Expr) Const() (float64, bool) { return e.n.val, e.n.op == opNum }

func (e Expr) is(v float64) bool { return e.n.op == opNum && e.n.val == v }

// Equal says whether two formulas are built alike.
func (e Expr) Equal(f Expr) bool { return e.n.equal(f.n) }

func (n *node) equal(m *node) bool {
	if n == nil || m == nil || n == m {
		return n == m
	}
	return n.op == m.op && math.Float64bits(n.val) == math.Float64bits(m.val) && n.name == m.name && n.a.equal(m.a) && n.b.equal(m.b)
}

// Uses says whether the variable occurs in the formula.
func (e Expr) Uses(variable string) bool { return e.n.uses(variable) }

func (n *node) uses(v string) bool {
	return n != nil && (n.op == opVar && n.name == v || n.a.uses(v) || n.b.uses(v))
}

// apply returns op(a) or op(a, b), folded where the operands are constants.
func apply(o op, a Expr, b ...Expr) Expr {
	n := &node{op: o, a: a.n}
	x, constant := a.Const()
	var y float64
	if len(b) > 0 {
		n.b = b[0].n
		v, ok := b[0].Const()
		y, constant = v, constant && ok
	}
	if constant {
		return Num(o.value(x, y))
	}
	return Expr{n}
}

// Add returns a + b.
func Add(a, b Expr) Expr {
	switch {
	case a.is(0):
		return b
	case b.is(0):
		return a
	case b.n.op == opNeg:
		return Sub(a, Expr{b.n.a})
	}
	return apply(opAdd, a, b)
}

// Sub returns a − b.
func Sub(a, b Expr) Expr {
	switch {
	case b.is(0):
		return a
	case a.is(0):
		return Neg(b)
	case b.n.op == opNeg:
		return Add(a, Expr{b.n.a})
	}
	return apply(opSub, a, b)
}

// Neg returns −a.
func Neg(a Expr) Expr {
	if a.n.op == opNeg {
		return Expr{a.n.a}
	}
	return apply(opNeg, a)
}

// Mul returns a·b, and 0 where either is 0.
func Mul(a, b Expr) Expr {
	switch {
	case a.is(0) || b.is(0):
		return Num(0)
	case a.is(1):
		return b
	case b.is(1):
		return a
	case a.is(-1):
		return Neg(b)
	case b.is(-1):
		return Neg(a)
	case a.n.op == opNeg:
		return Neg(Mul(Expr{a.n.a}, b))
	case b.n.op == opNeg:
		return Neg(Mul(a, Expr{b.n.a}))
	}
	return apply(opMul, a, b)
}

// Div returns a/b.
func Div(a, b Expr) Expr {
	switch {
	case b.is(1):
		return a
	case a.is(0) && !b.is(0):
		return Num(0)
	case a.n.op == opNeg:
		return Neg(Div(Expr{a.n.a}, b))
	}
	return apply(opDiv, a, b)
}

// Pow returns a^b.
func Pow(a, b Expr) Expr {
	switch {
	case b.is(0):
		return Num(1)
	case b.is(1):
		return a
	}
	return apply(opPow, a, b)
}

// String returns a formula that reads back as the same function.
func (e Expr) String() string {
	var b strings.Builder
	e.n.write(&b, 0)
	return b.String()
}

// write adds n, in parentheses where it binds less tightly than outer asks.
func (n *node) write(b *strings.Builder, outer int) {
	info := infix[n.op]
	switch {
	case n.op == opNum:
		s := strconv.FormatFloat(n.val, 'g', -1, 64)
		if n.val < 0 || math.Signbit(n.val) {
			s = "(" + s + ")"
		}
		b.WriteString(s)
	case n.op == opVar:
		b.WriteString(n.name)
	case info.symbol == "":
		b.WriteString(functions[n.op].name + "(")
		n.a.write(b, 0)
		if n.b != nil {
			b.WriteString(", ")
			n.b.write(b, 0)
		}
		b.WriteString(")")
	default:
		if info.level < outer {
			b.WriteString("(")
		}
		if n.op == opNeg {
			b.WriteString("-")
			n.a.write(b, info.level+1)
		} else {
			n.a.write(b, info.left)
			b.WriteString(info.symbol)
			n.b.write(b, info.right)
		}
		if info.level < outer {
			b.WriteString(")")
		}
	}
}
