//go:build !purego

package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Kernels for lanes give the bits of the loops, for any length and in place, on both sides
// of where the exponential ends, with infinities; NaN stays NaN.
func TestLanesChangeNoBit(t *testing.T) {
	most := lanes
	if most == 0 {
		t.Skip("the processor has no kernels")
	}
	defer func() { lanes = most }()
	rng := rand.New(rand.NewPCG(5, 6))
	special := []float64{0, math.Copysign(0, -1), 1e-300, -1e-9, 700, -700, 350, -350.0001, 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
	for n := range 70 {
		x := make([]float64, n)
		for i := range x {
			x[i] = 20 * rng.NormFloat64()
			if rng.IntN(4) == 0 {
				x[i] = special[rng.IntN(len(special))]
			}
		}
		for _, f := range []func(dst, x []float64){Sigmoids, Tanhs} {
			without := make([]float64, n)
			lanes = 0
			f(without, x)
			for lanes = most; lanes >= 4; lanes /= 2 {
				with := append([]float64(nil), x...)
				f(with, with)
				for i, v := range with {
					if math.Float64bits(v) != math.Float64bits(without[i]) && !(math.IsNaN(v) && math.IsNaN(without[i]) && math.IsNaN(x[i])) {
						t.Fatalf("of %g: %g with %d lanes, %g without", x[i], v, lanes, without[i])
					}
				}
			}
		}
	}
}
