package krylov

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// Blocks do what loops over their vectors do, of any length and number, and keep their own copies.
func TestBlocksAreTheirVectors(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	random := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		return x
	}
	for _, n := range []int{5, 64, 1000, 3000} {
		for _, count := range []int{1, 7, 13} {
			var v, w [][]float64
			for range count {
				v, w = append(v, random(n)), append(w, random(n))
			}
			block, against, x := NewBlock(v...), NewBlock(w...), random(n)
			want := slices.Clone(x)
			c := make([]float64, count)
			for j := range v {
				c[j] = floats.Dot(w[j], x)
			}
			for j := range v {
				floats.AddScaled(want, -c[j], v[j])
				clear(v[j])
			}
			for j, got := range against.Dots(x) {
				if math.Abs(got-c[j]) > 1e-11 { // round-off of sums of 3000 terms of about 1
					t.Errorf("%d vectors of %d: product %d is %g, want %g", count, n, j, got, c[j])
				}
			}
			block.TakeOff(x, against)
			if d := floats.Distance(x, want, math.Inf(1)); d > 1e-10 { // 13 times that
				t.Errorf("%d vectors of %d: %g off", count, n, d)
			}
		}
	}
}
