package accurate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// unit is half the distance from 1 to the next number, what one operation rounds off.
const unit = 0x1p-53

// The weights of the k-th derivative at x give k! for (t−x)ᵏ and 0 for other powers, up to
// the degree of the polynomial through the nodes.
func TestFiniteDifferencesAreExactForPolynomials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := make([]float64, rapid.IntRange(1, 12).Draw(t, "nodes"))
		for m := range nodes {
			nodes[m] = float64(m) + rapid.Float64Range(0, 0.8).Draw(t, "offset")
		}
		// An order of nodes that is not ascending is as good.
		nodes = rapid.Permutation(nodes).Draw(t, "order")
		x := rapid.Float64Range(-1, float64(len(nodes))+1).Draw(t, "x")
		most := rapid.IntRange(0, len(nodes)-1).Draw(t, "most")
		factorial := 1.0
		for k, w := range fornberg(x, nodes, most) {
			factorial *= max(1, float64(k))
			var size float64
			for _, v := range w {
				size = max(size, math.Abs(v))
			}
			for j := range nodes {
				var sum, powers float64
				for m, v := range w {
					q := math.Pow(nodes[m]-x, float64(j))
					sum += v * q
					powers += math.Abs(q)
				}
				want := 0.0
				if j == k {
					want = factorial
				}
				// Every node added rescales all weights, by a handful of operations on numbers no
				// larger than the gaps of .2 between nodes let them be.
				if limit := 100 * float64(len(nodes)) * unit * size * powers; math.Abs(sum-want) > limit {
					t.Errorf("derivative %d of (t−x)^%d is %g, want %g ± %.1g", k, j, sum, want, limit)
				}
			}
		}
	})
}

// The digits are those that measurements were made with.
func TestEndWeightsAreThoseOfTheDesign(t *testing.T) {
	for order, want := range map[int][]float64{
		2: {},
		4: {1.0542, .9625, .9542, 1.0292},
		6: {1.1044, .8560, .9729, 1.0827, 1.0384, .9185, 1.0270},
		8: {1.1515, .6928, 1.1148, 1.1544, .9364, .8659, 1.0333, 1.1328, .8936, 1.0244},
	} {
		got := endWeights(order)
		if len(got) != len(want) {
			t.Fatalf("order %d: %d weights, want %d", order, len(got), len(want))
		}
		for i, w := range want {
			if math.Abs(got[i]-w) > 0.5e-4 { // 4 decimals were written down
				t.Errorf("order %d, cell %d: %.6f, want %.4f", order, i, got[i], w)
			}
		}
	}
}

// The rule Σ ω f(i+½) gives the integral over the axis of polynomials of degree w−2; of
// all weights that do, those of one end taken alone are closest to 1: 1 + a polynomial of
// degree w−2.
func TestEndWeightsIntegratePolynomials(t *testing.T) {
	for _, order := range Orders {
		r := closure(order)
		end := endWeights(order)
		for i, w := range end {
			if !(w > 0) {
				t.Errorf("order %d: weight %d is %g, want > 0", order, i, w)
			}
		}
		for _, n := range []int{2 * r, 2*r + 5} {
			for k := range order - 1 {
				var sum, size float64
				for i := range n {
					w := 1.0
					if i < len(end) {
						w = end[i]
					}
					if j := n - 1 - i; j < len(end) {
						w = end[j]
					}
					v := w * math.Pow((float64(i)+0.5)/float64(n), float64(k))
					sum, size = sum+v, size+v
				}
				want := float64(n) / float64(k+1)
				// A product, a power and a sum of n terms of one sign.
				if math.Abs(sum-want) > float64(n+3)*unit*size {
					t.Errorf("order %d, %d cells: ∫(ξ/n)^%d = %.17g, want %.17g", order, n, k, sum, want)
				}
			}
		}
		if order > 2 {
			// Differences of order w−1 of a polynomial of degree w−2 are 0, here of numbers below
			// 2 with binomial coefficients that sum to 2^{w−1}.
			for i := range r - order + 1 {
				var d float64
				for m, c := range binomials(order) {
					d += c * end[i+m]
				}
				if limit := float64(order) * unit * 2 * math.Exp2(float64(order-1)); math.Abs(d) > limit {
					t.Errorf("order %d: weights are not nearest to 1, difference %g at %d, want 0 ± %.1g", order, d, i, limit)
				}
			}
		}
	}
}

func TestBinomialsAreTheHighestDifference(t *testing.T) {
	for _, n := range Orders {
		w := binomials(n)
		factorial := 1.0
		for k := range n {
			factorial *= max(1, float64(k))
			var d float64 // all numbers are whole and below 8·7⁷
			for m, c := range w {
				d += c * math.Pow(float64(m), float64(k))
			}
			want := 0.0
			if k == n-1 {
				want = -factorial // n is even, so the last weight is −1
			}
			if w[0] != 1 || d != want {
				t.Errorf("difference on %d values of m^%d is %g, want %g; first weight %g", n, k, d, want, w[0])
			}
		}
	}
}

func TestIntegralWeightsAreExactForPolynomials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// On more than 10 nodes the polynomials go beyond the degree of Gauss–Legendre.
		nodes := make([]float64, rapid.IntRange(1, 10).Draw(t, "nodes"))
		for m := range nodes {
			nodes[m] = float64(m) + rapid.Float64Range(0, 0.8).Draw(t, "offset")
		}
		a := rapid.Float64Range(0, float64(len(nodes))).Draw(t, "a")
		b := a + rapid.Float64Range(0.1, 2).Draw(t, "length")
		w := integralWeights(a, b, nodes)
		var size float64
		for _, v := range w {
			size = max(size, math.Abs(v))
		}
		middle := 0.5 * (a + b)
		for j := range nodes {
			var sum, powers float64
			for m, v := range w {
				q := math.Pow(nodes[m]-middle, float64(j))
				sum += v * q
				powers += math.Abs(q)
			}
			want := 0.0
			if j%2 == 0 {
				want = 2 * math.Pow(0.5*(b-a), float64(j+1)) / float64(j+1)
			}
			// As of fornberg, on five points.
			if limit := 100 * float64(len(nodes)) * unit * size * powers; math.Abs(sum-want) > limit {
				t.Errorf("∫(t−m)^%d over [%g, %g] is %g, want %g ± %.1g", j, a, b, sum, want, limit)
			}
		}
	})
}

// Gauss–Legendre on eight nodes is exact to degree 15.
func TestGaussLegendreOnEightNodes(t *testing.T) {
	for k := range 16 {
		var sum float64
		for q, x := range gaussNodes {
			sum += gaussWeights[q] * math.Pow(x, float64(k))
		}
		want := 0.0
		if k%2 == 0 {
			want = 2 / float64(k+1)
		}
		if math.Abs(sum-want) > 16*0x1p-53 { // eight products, weights of 2 in all
			t.Errorf("∫x^%d = %.17g, want %.17g", k, sum, want)
		}
	}
}
