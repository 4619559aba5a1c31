package loss

import "math"

// This file has the two functions that gradients of single samples need, for many at once.
// Products are wrapped in float64(), which keeps compilers from fusing them with sums: the
// kernels for several numbers at once, where the processor has them, compute the same bits.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out lanes_amd64.s -stubs lanes_stubs_amd64.go -pkg loss

// Sigmoids sets dst = 1/(1 + e^−x) with a relative error below 2⁻⁵⁰ while |x| < 700, beyond
// which it changes no more. len(dst) = len(x); they may be the same.
func Sigmoids(dst, x []float64) {
	dst = dst[:len(x)]
	done := sigmoidsAtOnce(dst, x)
	dst, x = dst[done:], x[done:]
	for i, v := range x {
		k, r := reduced(v)
		scale := math.Float64frombits(exp2s[k%256] + k/256<<52)
		q := scale + float64(scale*expTail(r)) // e^−|x|
		// q where v is negative, else 1: as bits, for a branch here is a coin toss.
		const one = 0x3ff << 52
		negative := uint64(int64(math.Float64bits(v)) >> 63)
		top := math.Float64frombits(one ^ (one^math.Float64bits(q))&negative)
		dst[i] = top / (1 + q)
	}
}

// Tanhs sets dst = tanh x with an error below 2⁻⁵¹, and below 1e-12 |x| where x is small.
// len(dst) = len(x); they may be the same.
func Tanhs(dst, x []float64) {
	dst = dst[:len(x)]
	done := tanhsAtOnce(dst, x)
	dst, x = dst[done:], x[done:]
	for i, v := range x {
		k, r := reduced(2 * v)
		scale := math.Float64frombits(exp2s[k%256] + k/256<<52)
		rise := (1 - scale) - float64(scale*expTail(r)) // 1 − e^−2|x|
		dst[i] = math.Float64frombits(math.Float64bits(rise/(2-rise)) | math.Float64bits(v)&(1<<63))
	}
}
