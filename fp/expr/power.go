package expr

import "math"

// maxPower bounds |y| in powers x^y that are computed by multiplications: 6 squarings.
const maxPower = 64

// splitPower writes |y| as n, or as n + ½ if half is set, where |y| ≤ maxPower and that
// is possible.
func splitPower(y float64) (n int, half, ok bool) {
	a := math.Abs(y)
	if !(a <= maxPower) || 2*a != math.Trunc(2*a) {
		return 0, false, false
	}
	return int(a), a != math.Trunc(a), true
}

// power returns x^y with the bits that a [Tape] gives, whose instructions
// compiler.power emits in the same order: xⁿ by squaring x and multiplying the squares
// for the digits of n, lowest first; times √x for a half; the reciprocal if y < 0.
func power(x, y float64) float64 {
	n, half, ok := splitPower(y)
	if !ok {
		return math.Pow(x, y)
	}
	v := 1.0
	for square := x; n > 0; n >>= 1 {
		if n&1 == 1 {
			v *= square
		}
		square *= square
	}
	if half {
		v *= math.Sqrt(x)
	}
	if y < 0 {
		return 1 / v
	}
	return v
}
