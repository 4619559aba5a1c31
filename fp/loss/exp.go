package loss

import "math"

// exp2s holds the bits of 2^{j/256}.
var exp2s = func() (t [256]uint64) {
	for j := range t {
		t[j] = math.Float64bits(math.Exp2(float64(j) / 256))
	}
	return t
}()

// minusExp sets scale and frac so that exp(−|x|) = scale·(1 + frac), and from that
// exp(−|x|) − 1 = (scale−1) + scale·frac, without cancellation. From exp(−700) on,
// which is 1e-304, it falls no more. All three slices have the same length, and none
// overlaps another.
//
// With −|x| = (k/256) ln 2 + r the scale is 2^{k/256}, taken from a table, and frac is
// e^r − 1 for |r| ≤ ln2/512 = 0.00135, the Taylor polynomial up to r⁴: what it leaves
// out is r⁵/120 < 4e-17. The relative error of the exponential is below 2⁻⁵¹, that of
// exp − 1 below 1e-13 (where exp is near 1, that of the scale counts 370-fold).
//
// Tang, ACM Trans. Math. Softw. 15 (1989) 144.
func minusExp(scale, frac, x []float64) {
	scale, frac = scale[:len(x)], frac[:len(x)]
	for i, v := range x {
		k, r := reduced(v)
		scale[i] = math.Float64frombits(exp2s[k%256] + k/256<<52)
		frac[i] = expTail(r)
	}
}

// expTail returns e^r − 1 for small r.
func expTail(r float64) float64 {
	return r + float64(float64(r*r)*(0.5+float64(r*(1.0/6+float64(r*(1.0/24))))))
}

// reduced returns r and, in its 20 lowest bits, k of −|x| = (k/256) ln 2 + r.
func reduced(x float64) (k uint64, r float64) {
	const (
		toGrid = 256 / math.Ln2
		// ln2/256 in two parts: 32 bits, so that its product with k is exact, and the rest.
		ln2Hi = 0x1.62e42feep-9
		ln2Lo = 0x1.a39ef35793c76p-41
		// Adding it rounds to an integer, which then stands in the lowest bits.
		shift = 0x1.8p52
	)
	x = math.Float64frombits(math.Float64bits(x) | 1<<63)
	if x < -700 {
		x = -700
	}
	shifted := float64(x*toGrid) + shift
	kf := shifted - shift
	return math.Float64bits(shifted), (x - float64(kf*ln2Hi)) - float64(kf*ln2Lo)
}
