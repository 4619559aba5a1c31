package expr

import "math"

// An op is what a node does.
type op uint8

const (
	opNum op = iota
	opVar
	opNeg
	opAdd
	opSub
	opMul
	opDiv
	opPow
	opSin
	opCos
	opTan
	opAsin
	opAcos
	opAtan
	opSinh
	opCosh
	opTanh
	opExp
	opLog
	opLog1p
	opExpm1
	opSqrt
	opErf
	opAbs
	opSign
	opMin
	opMax
	opCount
)

// infix gives the symbol and the precedence of operators: of the whole, and what
// each side must have to go without parentheses.
var infix = [opCount]struct {
	symbol             string
	level, left, right int
}{
	opAdd: {" + ", 1, 1, 2},
	opSub: {" - ", 1, 1, 2},
	opMul: {"*", 2, 2, 3},
	opDiv: {"/", 2, 2, 3},
	opNeg: {"-", 3, 0, 0},
	opPow: {"^", 5, 6, 5},
}

// A function is an operation that formulas call by name.
type function struct {
	name  string
	arity int
	value func(x, y float64) float64
	// slope returns the derivative by the only argument x; nil for the functions of
	// two arguments, which Diff knows.
	slope func(x Expr) Expr
}

var functions [opCount]function

// init and not a composite literal: the slopes refer to the table.
func init() {
	one := func(o op, name string, f func(float64) float64, slope func(x Expr) Expr) {
		functions[o] = function{name, 1, func(x, _ float64) float64 { return f(x) }, slope}
	}
	square := func(x Expr) Expr { return Mul(x, x) }
	over := func(x Expr) Expr { return Div(Num(1), x) }
	one(opSin, "sin", math.Sin, func(x Expr) Expr { return apply(opCos, x) })
	one(opCos, "cos", math.Cos, func(x Expr) Expr { return Neg(apply(opSin, x)) })
	one(opTan, "tan", math.Tan, func(x Expr) Expr { return Add(Num(1), square(apply(opTan, x))) })
	one(opAsin, "asin", math.Asin, func(x Expr) Expr { return over(apply(opSqrt, Sub(Num(1), square(x)))) })
	one(opAcos, "acos", math.Acos, func(x Expr) Expr { return Neg(over(apply(opSqrt, Sub(Num(1), square(x))))) })
	one(opAtan, "atan", math.Atan, func(x Expr) Expr { return over(Add(Num(1), square(x))) })
	one(opSinh, "sinh", math.Sinh, func(x Expr) Expr { return apply(opCosh, x) })
	one(opCosh, "cosh", math.Cosh, func(x Expr) Expr { return apply(opSinh, x) })
	one(opTanh, "tanh", math.Tanh, func(x Expr) Expr { return Sub(Num(1), square(apply(opTanh, x))) })
	one(opExp, "exp", math.Exp, func(x Expr) Expr { return apply(opExp, x) })
	one(opLog, "log", math.Log, over)
	one(opLog1p, "log1p", math.Log1p, func(x Expr) Expr { return over(Add(Num(1), x)) })
	one(opExpm1, "expm1", math.Expm1, func(x Expr) Expr { return apply(opExp, x) })
	one(opSqrt, "sqrt", math.Sqrt, func(x Expr) Expr { return Div(Num(0.5), apply(opSqrt, x)) })
	one(opErf, "erf", math.Erf, func(x Expr) Expr {
		return Mul(Num(2/math.Sqrt(math.Pi)), apply(opExp, Neg(square(x))))
	})
	one(opAbs, "abs", math.Abs, func(x Expr) Expr { return apply(opSign, x) })
	one(opSign, "sign", sign, func(Expr) Expr { return Num(0) })
	functions[opMin] = function{name: "min", arity: 2, value: func(x, y float64) float64 { return min(x, y) }}
	functions[opMax] = function{name: "max", arity: 2, value: func(x, y float64) float64 { return max(x, y) }}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0, or NaN
}

// Functions returns the names that formulas may call.
func Functions() []string {
	var names []string
	for _, f := range functions {
		if f.name != "" {
			names = append(names, f.name)
		}
	}
	return names
}

// value applies the operation to numbers.
func (o op) value(x, y float64) float64 {
	switch o {
	case opNeg:
		return -x
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opPow:
		return power(x, y)
	}
	return functions[o].value(x, y)
}

// power returns x^y as the tape computes it: by multiplications for small integers,
// with a square root for half-integers.
func power(x, y float64) float64 {
	if n, half, ok := smallPower(y); ok {
		v := intPower(x, n)
		if half {
			v *= math.Sqrt(x)
		}
		if y < 0 {
			return 1 / v
		}
		return v
	}
	return math.Pow(x, y)
}

// smallPower says whether |y| is n or n + ½ with n ≤ 64.
func smallPower(y float64) (n int, half, ok bool) {
	a := math.Abs(y)
	if !(a <= 64) || 2*a != math.Trunc(2*a) {
		return 0, false, false
	}
	return int(a), a != math.Trunc(a), true
}

// intPower returns xⁿ by repeated squaring.
func intPower(x float64, n int) float64 {
	v := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			v *= x
		}
		x *= x
	}
	return v
}
