package expr

import "math"

// The loops of a Tape. dst may be an operand. Each gives the bits of op.value.

// mapVector sets dst = op(a); the frequent functions without a call through a pointer.
func mapVector(o op, dst, a []float64) {
	dst = dst[:len(a)]
	switch o {
	case opNeg:
		for i, v := range a {
			dst[i] = -v
		}
	case opExp:
		for i, v := range a {
			dst[i] = math.Exp(v)
		}
	case opSin:
		for i, v := range a {
			dst[i] = math.Sin(v)
		}
	case opCos:
		for i, v := range a {
			dst[i] = math.Cos(v)
		}
	case opSqrt:
		for i, v := range a {
			dst[i] = math.Sqrt(v)
		}
	default:
		f := functions[o].value
		for i, v := range a {
			dst[i] = f(v, 0)
		}
	}
}

// vectors sets dst = op(a, b).
func vectors(o op, dst, a, b []float64) {
	dst, b = dst[:len(a)], b[:len(a)]
	switch o {
	case opAdd:
		for i, v := range a {
			dst[i] = v + b[i]
		}
	case opSub:
		for i, v := range a {
			dst[i] = v - b[i]
		}
	case opMul:
		for i, v := range a {
			dst[i] = v * b[i]
		}
	case opDiv:
		for i, v := range a {
			dst[i] = v / b[i]
		}
	default:
		for i, v := range a {
			dst[i] = o.value(v, b[i])
		}
	}
}

// vectorScalar sets dst = op(a, y).
func vectorScalar(o op, dst, a []float64, y float64) {
	dst = dst[:len(a)]
	switch o {
	case opAdd:
		for i, v := range a {
			dst[i] = v + y
		}
	case opSub:
		for i, v := range a {
			dst[i] = v - y
		}
	case opMul:
		for i, v := range a {
			dst[i] = v * y
		}
	case opDiv:
		for i, v := range a {
			dst[i] = v / y
		}
	default:
		for i, v := range a {
			dst[i] = o.value(v, y)
		}
	}
}

// scalarVector sets dst = op(x, b).
func scalarVector(o op, dst []float64, x float64, b []float64) {
	dst = dst[:len(b)]
	switch o {
	case opAdd, opMul: // commute, to the last bit
		vectorScalar(o, dst, b, x)
	case opSub:
		for i, v := range b {
			dst[i] = x - v
		}
	case opDiv:
		for i, v := range b {
			dst[i] = x / v
		}
	default:
		for i, v := range b {
			dst[i] = o.value(x, v)
		}
	}
}
