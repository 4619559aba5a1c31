package fp

import (
	"math"

	"github.com/ness-fp/ness/operators"
)

// This file inverts diffusion tensors, of at most three dimensions, by their Cholesky factors.

// singular is the part of an entry of D's diagonal below which what elimination leaves of it may be
// round-off, and of D's trace below which an eigenvalue may.
const singular = 1e-12

// factor sets l to the Cholesky factor of a packed D; false where D is singular to round-off.
func factor(l *[3][3]float64, packed []float64, d int) bool {
	for a := range d {
		for b := a; b < d; b++ {
			l[b][a] = packed[operators.Packed(d, a, b)]
			for m := range a {
				l[b][a] -= l[a][m] * l[b][m]
			}
			if b > a {
				l[b][a] /= l[a][a]
			} else if l[a][a] > singular*packed[operators.Packed(d, a, a)] {
				l[a][a] = math.Sqrt(l[a][a])
			} else {
				return false
			}
		}
	}
	return true
}

// substitute replaces v by (L Lᵀ)⁻¹ v.
func substitute(l *[3][3]float64, v []float64) {
	for a := range v {
		for m := range a {
			v[a] -= l[a][m] * v[m]
		}
		v[a] /= l[a][a]
	}
	for a := len(v) - 1; a >= 0; a-- {
		for m := a + 1; m < len(v); m++ {
			v[a] -= l[m][a] * v[m]
		}
		v[a] /= l[a][a]
	}
}

// inverseTimes replaces v by D⁻¹v of a packed D; false where D is singular to round-off.
func inverseTimes(packed, v []float64) bool {
	var l [3][3]float64
	if !factor(&l, packed, len(v)) {
		return false
	}
	substitute(&l, v)
	return true
}

// inverseWithCondition is [inverseTimes] with tr D · tr D⁻¹, which is no less than the condition
// number. Where D is singular to round-off that and v are NaN.
func inverseWithCondition(packed, v []float64) (condition float64) {
	var l [3][3]float64
	d := len(v)
	if !factor(&l, packed, d) {
		for a := range v {
			v[a] = math.NaN()
		}
		return math.NaN()
	}
	substitute(&l, v)
	var trace, inverse float64
	for a := range d {
		trace += packed[operators.Packed(d, a, a)]
		var e [3]float64
		e[a] = 1
		substitute(&l, e[:d])
		inverse += e[a]
	}
	return trace * inverse
}
