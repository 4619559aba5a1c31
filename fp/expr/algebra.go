package expr

import "math"

// This file builds expressions. Each function simplifies where the value stays the
// same for every finite operand; nothing is reordered.

// Num returns a number. It panics unless v is finite.
func Num(v float64) Expr {
	if !finite(v) {
		panic("expr: Num: want a finite number")
	}
	return Expr{&node{op: opNum, val: v}}
}

// Var returns a variable.
func Var(name string) Expr { return Expr{&node{op: opVar, name: name}} }

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

// Mul returns a·b, which is 0 where either is the number 0.
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

// Div returns a/b, which is 0 where a is the number 0 and b is not.
func Div(a, b Expr) Expr {
	switch {
	case b.is(1):
		return a
	case b.is(-1):
		return Neg(a)
	case a.is(0) && !b.is(0):
		return Num(0)
	case a.n.op == opNeg:
		return Neg(Div(Expr{a.n.a}, b))
	case b.n.op == opNeg:
		return Neg(Div(a, Expr{b.n.a}))
	}
	return apply(opDiv, a, b)
}

// Pow returns a^b; e^b as exp(b).
func Pow(a, b Expr) Expr {
	switch {
	case b.is(0):
		return Num(1)
	case b.is(1):
		return a
	case a.is(math.E):
		return apply(opExp, b)
	}
	return apply(opPow, a, b)
}

// apply returns op(a) or op(a, b), as a number where the operands are numbers and the
// value is finite.
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
		if v := o.value(x, y); finite(v) {
			return Num(v)
		}
	}
	return Expr{n}
}

func finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }
