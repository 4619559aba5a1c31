package random

import "math"

// This file draws normal deviates by the ziggurat: the area under f(x) = exp(−x²/2), x ≥ 0,
// is covered by 256 layers of equal area v. Layer j ≥ 1 is the rectangle up to x_j between
// f(x_j) and f(x_{j+1}); layer 0 the rectangle up to x_1 = r below f(r) with the tail
// beyond, as if it were one up to x_0 = v/f(r). A point of layer j within x_{j+1} lies
// under the curve whatever its height, which is so in 99 % of all draws.
//
// No product is fused with a sum, and the exponential is our own, so that processors with and without
// fused operations draw the same bits.
//
// Marsaglia and Tsang, J. Stat. Softw. 5 (2000) 8.

// For 256 layers tailFrom is r, and area v = r f(r) + √(π/2) erfc(r/√2).
const (
	tailFrom = 3.6541528853610088
	area     = 0.0049286732339746548702
)

// A layer of the ziggurat. Positions are odd integers within ±2⁵⁶, times scale.
type layer struct {
	scale        float64 // x_j 2⁻⁵⁶
	inside       int64   // even: positions below it are within x_{j+1}
	lower, upper float64 // f(x_j), f(x_{j+1})
}

var layers = func() (t [256]layer) {
	f := func(x float64) float64 { return exp(-float64(x*x) / 2) }
	x, next := area/f(tailFrom), tailFrom
	for j := range t {
		t[j] = layer{scale: x * 0x1p-56, inside: int64(next/x*0x1p56) &^ 1, lower: f(x), upper: f(next)}
		x = next
		if j >= len(t)-2 {
			next = 0
			continue
		}
		height := f(x) + area/x
		for range 20 { // Newton's steps to f(next) = height
			next += (f(next) - height) / float64(next*f(next))
		}
	}
	return t
}()

// inverseFactorials are 1/13!, 1/12!, …, 1/0!.
var inverseFactorials = [...]float64{
	1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
	1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
}

// exp returns eˣ for −700 < x ≤ 0 with a relative error below 1e-15.
func exp(x float64) float64 {
	const ln2High, ln2Low = 0x1.62e42fee00000p-1, 0x1.a39ef35793c76p-33 // the first has 21 zeros at its end
	k := math.Round(x / math.Ln2)
	r := x - float64(k*ln2High) - float64(k*ln2Low)
	p := 0.0
	for _, c := range &inverseFactorials { // Taylor's polynomial of degree 13 for |r| ≤ 0.35
		p = c + float64(p*r)
	}
	return math.Ldexp(p, int(k))
}

// Normals fills dst with independent normal deviates of mean 0 and variance 1 and returns
// the stream after them. Layer and position come from different bits of one word.
func Normals(dst []float64, g Stream) Stream { return NormalsEvery(dst, 1, g) }

// NormalsEvery is Normals for dst[0], dst[every], dst[2·every], …
func NormalsEvery(dst []float64, every int, g Stream) Stream {
	for i := 0; i < len(dst); i += every {
		var x uint64
		x, g = g.Next()
		l := &layers[x%256]
		u := int64(x)>>7 | 1
		v := float64(u) * l.scale
		if uint64(u+l.inside) > uint64(2*l.inside) {
			v, g = outside(x, g)
		}
		dst[i] = v
	}
	return g
}

// outside returns the deviate that begins with a word whose position is not inside.
func outside(x uint64, g Stream) (float64, Stream) {
	for {
		l := &layers[x%256]
		u := int64(x)>>7 | 1
		v := float64(u) * l.scale
		switch {
		case uint64(u+l.inside) <= uint64(2*l.inside):
			return v, g
		case x%256 == 0:
			return tail(v, g)
		}
		var y float64
		y, g = unit(g)
		if l.lower+float64(y*(l.upper-l.lower)) < exp(-float64(v*v)/2) {
			return v, g
		}
		x, g = g.Next()
	}
}

// tail returns a deviate beyond tailFrom, with the sign of v.
func tail(v float64, g Stream) (float64, Stream) {
	for {
		var a, b float64
		a, g = unit(g)
		b, g = unit(g)
		x := -math.Log(a) / tailFrom
		if -2*math.Log(b) > x*x {
			return math.Copysign(tailFrom+x, v), g
		}
	}
}

// unit returns a number uniform between 0 and 1, neither of which it ever is.
func unit(g Stream) (float64, Stream) {
	x, g := g.Next()
	return (float64(x>>12) + 0.5) * 0x1p-52, g
}
