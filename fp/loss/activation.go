package loss

import "math"

// This file has the two functions that gradients of single samples need, for many at once.

// Sigmoids sets dst = 1/(1 + e^−x) with a relative error below 2⁻⁵⁰ while |x| < 700, beyond
// which it changes no more. len(dst) = len(x); they may be the same.
func Sigmoids(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		k, r := reduced(v)
		scale := math.Float64frombits(math.Float64bits(exp2s[k%256]) + k/256<<52)
		q := scale + scale*(r+r*r*(0.5+r*(1.0/6+r*(1.0/24)))) // e^−|x|
		top := math.Float64bits(q)
		if int64(math.Float64bits(v)) >= 0 { // as bits, for a branch here is a coin toss
			top = math.Float64bits(1)
		}
		dst[i] = math.Float64frombits(top) / (1 + q)
	}
}

// Tanhs sets dst = tanh x with an error below 2⁻⁵¹, and below 1e-12 |x| where x is small.
// len(dst) = len(x); they may be the same.
func Tanhs(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		k, r := reduced(2 * v)
		scale := math.Float64frombits(math.Float64bits(exp2s[k%256]) + k/256<<52)
		drop := (scale - 1) + scale*(r+r*r*(0.5+r*(1.0/6+r*(1.0/24)))) // e^−2|x| − 1
		dst[i] = math.Copysign(drop/(2+drop), v)
	}
}
