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
	opAtan2
	opSinh
	opCosh
	opTanh
	opAsinh
	opAcosh
	opAtanh
	opExp
	opExpm1
	opLog
	opLog1p
	opSqrt
	opErf
	opAbs
	opSign
	opMin
	opMax
	opPowCall // pow(x, y), read as x^y
	opCount
)

// A Function is one that formulas may call.
type Function struct {
	Name      string
	Arguments int
	Doc       string // what it is, in a few words
}

// A function is an entry of the table from which formulas are read, evaluated and
// differentiated.
type function struct {
	Function
	// value returns f(x), or f(x, y).
	value func(x, y float64) float64
	// slopes returns ∂f/∂x and, for two arguments, ∂f/∂y, given f itself.
	slopes func(f, x, y Expr) (byX, byY Expr)
}

// functions is indexed by op; operators have no name in it.
var functions [opCount]function

// The table is filled here because its slopes refer to it.
func init() {
	one := Num(1)
	half := Num(0.5)
	square := func(x Expr) Expr { return Mul(x, x) }
	over := func(x Expr) Expr { return Div(one, x) }
	// 1−x² without cancellation near ±1.
	complement := func(x Expr) Expr { return Mul(Sub(one, x), Add(one, x)) }
	// ½(1 + sign(x−y)): 1 where x > y, 0 where x < y, ½ where they are equal, without rounding.
	step := func(x, y Expr) Expr { return Add(half, Mul(half, apply(opSign, Sub(x, y)))) }

	unary(opSin, "sin", "sine, of radians", math.Sin, func(_, x Expr) Expr { return apply(opCos, x) })
	unary(opCos, "cos", "cosine, of radians", math.Cos, func(_, x Expr) Expr { return Neg(apply(opSin, x)) })
	unary(opTan, "tan", "tangent, of radians", math.Tan, func(f, _ Expr) Expr { return Add(one, square(f)) })
	unary(opAsin, "asin", "inverse sine, in [-pi/2, pi/2]", math.Asin, func(_, x Expr) Expr { return over(apply(opSqrt, complement(x))) })
	unary(opAcos, "acos", "inverse cosine, in [0, pi]", math.Acos, func(_, x Expr) Expr { return Neg(over(apply(opSqrt, complement(x)))) })
	unary(opAtan, "atan", "inverse tangent, in (-pi/2, pi/2)", math.Atan, func(_, x Expr) Expr { return over(Add(one, square(x))) })
	binary(opAtan2, "atan2", "atan2(y, x): the angle of the point (x, y), in (-pi, pi]", math.Atan2, func(_, y, x Expr) (Expr, Expr) {
		r2 := Add(square(x), square(y))
		return Div(x, r2), Neg(Div(y, r2))
	})
	unary(opSinh, "sinh", "hyperbolic sine", math.Sinh, func(_, x Expr) Expr { return apply(opCosh, x) })
	unary(opCosh, "cosh", "hyperbolic cosine", math.Cosh, func(_, x Expr) Expr { return apply(opSinh, x) })
	// Not 1 − tanh², which cancels for large x.
	unary(opTanh, "tanh", "hyperbolic tangent", math.Tanh, func(_, x Expr) Expr { return over(square(apply(opCosh, x))) })
	unary(opAsinh, "asinh", "inverse hyperbolic sine", math.Asinh, func(_, x Expr) Expr { return over(apply(opSqrt, Add(one, square(x)))) })
	unary(opAcosh, "acosh", "inverse hyperbolic cosine, x >= 1", math.Acosh, func(_, x Expr) Expr {
		return over(apply(opSqrt, Mul(Sub(x, one), Add(x, one))))
	})
	unary(opAtanh, "atanh", "inverse hyperbolic tangent, |x| < 1", math.Atanh, func(_, x Expr) Expr { return over(complement(x)) })
	unary(opExp, "exp", "exponential", math.Exp, func(f, _ Expr) Expr { return f })
	unary(opExpm1, "expm1", "exp(x) - 1, accurate near 0", math.Expm1, func(_, x Expr) Expr { return apply(opExp, x) })
	unary(opLog, "log", "natural logarithm, x > 0", math.Log, func(_, x Expr) Expr { return over(x) })
	unary(opLog1p, "log1p", "log(1 + x), accurate near 0", math.Log1p, func(_, x Expr) Expr { return over(Add(one, x)) })
	unary(opSqrt, "sqrt", "square root, x >= 0", math.Sqrt, func(f, _ Expr) Expr { return Div(half, f) })
	unary(opErf, "erf", "error function", math.Erf, func(_, x Expr) Expr {
		return Mul(Num(2/math.SqrtPi), apply(opExp, Neg(square(x))))
	})
	unary(opAbs, "abs", "absolute value", math.Abs, func(_, x Expr) Expr { return apply(opSign, x) })
	unary(opSign, "sign", "-1, 0 or 1", sign, func(_, _ Expr) Expr { return Num(0) })
	binary(opMin, "min", "the smaller of two", func(x, y float64) float64 { return min(x, y) }, func(_, x, y Expr) (Expr, Expr) { return step(y, x), step(x, y) })
	binary(opMax, "max", "the larger of two", func(x, y float64) float64 { return max(x, y) }, func(_, x, y Expr) (Expr, Expr) { return step(x, y), step(y, x) })
	binary(opPowCall, "pow", "pow(x, y): x^y", nil, nil) // becomes opPow
}

func unary(o op, name, doc string, f func(float64) float64, slope func(f, x Expr) Expr) {
	functions[o] = function{
		Function: Function{name, 1, doc},
		value:    func(x, _ float64) float64 { return f(x) },
		slopes:   func(f, x, _ Expr) (Expr, Expr) { return slope(f, x), Expr{} },
	}
}

func binary(o op, name, doc string, f func(x, y float64) float64, slopes func(f, x, y Expr) (byX, byY Expr)) {
	functions[o] = function{Function{name, 2, doc}, f, slopes}
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

// Functions returns what formulas may call.
func Functions() []Function {
	var list []Function
	for _, f := range functions {
		if f.Name != "" {
			list = append(list, f.Function)
		}
	}
	return list
}

// functionNames returns the names of [Functions].
func functionNames() []string {
	var names []string
	for _, f := range Functions() {
		names = append(names, f.Name)
	}
	return names
}

// value applies the operation to numbers, exactly as the loops of a Tape do.
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
