package operators

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// bernoulliSlowly sums eᶻ − 1 as a series at z/2ᵏ and squares k times, in 400 bits.
func bernoulliSlowly(z float64) float64 {
	if z == 0 {
		return 1
	}
	const bits = 400
	num := func(v float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(v) }
	_, exp := math.Frexp(z)
	halvings := max(0, exp+8) // |z/2ᵏ| < 2⁻⁸: 40 terms reach 2⁻⁴⁸⁰
	x := num(math.Ldexp(z, -halvings))
	e, term := num(0), num(1) // e = eˣ − 1
	for n := 1; n <= 40; n++ {
		term.Mul(term, x).Quo(term, num(float64(n)))
		e.Add(e, term)
	}
	for range halvings { // e^{2x} − 1 = e(e + 2), with no cancellation for either sign until e → −1
		e.Mul(e, new(big.Float).SetPrec(bits).Add(e, num(2)))
	}
	b, _ := num(0).Quo(num(z), e).Float64()
	return b
}

func TestBernoulliIsAccurate(t *testing.T) {
	check := func(t rapid.TB, z float64) {
		want := bernoulliSlowly(z)
		if got := Bernoulli(z); math.Abs(got-want) > 2.5*0x1p-53*want {
			t.Fatalf("B(%v) = %.17g, want %.17g: off by %.3g units of 2⁻⁵³", z, got, want, (got/want-1)*0x1p53)
		}
	}
	for _, z := range []float64{0, 5e-324, -1e-300, 1e-17, -1e-17, 1e-8, 0.5, -0.5, 39.999, 40, 40.001, 707, -707} {
		check(t, z)
	}
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.SampledFrom([]float64{-1, 1}).Draw(t, "sign")
		check(t, sign*math.Exp(rapid.Float64Range(-40, math.Log(707)).Draw(t, "ln|z|")))
	})
}

func TestBernoulliIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.Float64Range(-700, 700).Draw(t, "z")
		up, down := Bernoulli(z), Bernoulli(-z)
		minus, plus := bernoullis(z)
		// One of them is the same, the other a sum of two numbers ≥ 0 to 3 units.
		if math.Abs(minus-down) > 6*0x1p-53*down || math.Abs(plus-up) > 6*0x1p-53*up {
			t.Errorf("B(−z) and B(z) are %.17g and %.17g, together %.17g and %.17g at z = %g", down, up, minus, plus, z)
		}
		// Two values within 2.5 units each, a sum and, for the ratio, eᶻ within one unit.
		if math.Abs(down-up-z) > 6*0x1p-53*(down+up+math.Abs(z)) {
			t.Errorf("B(−z) − B(z) = %.17g at z = %.17g", down-up, z)
		}
		if math.Abs(down-math.Exp(z)*up) > 8*0x1p-53*down {
			t.Errorf("B(−z) = %.17g, eᶻB(z) = %.17g at z = %g", down, math.Exp(z)*up, z)
		}
	})
}

func TestBernoulliFades(t *testing.T) {
	for _, z := range []float64{750, 1e4, math.MaxFloat64} {
		if b := Bernoulli(z); b != 0 {
			t.Errorf("B(%g) = %g, want 0", z, b)
		}
		if b := Bernoulli(-z); b != z {
			t.Errorf("B(%g) = %g, want %g", -z, b, z)
		}
	}
}

// Where D → 0 the fitted weights go over to upwind, without overflow on the way.
func TestFittedGoesOverToUpwind(t *testing.T) {
	for _, d := range []float64{0, 1e-320, 1e-200, 1e-5} {
		out, back := fitted(3, d, 0, 0.5)
		if math.Abs(out-3) > 1e-15*3 || back > 1e-200 { // z > 1e5: B(−z) = z to the last bit
			t.Errorf("D = %g: weights %g, %g, want 3, 0", d, out, back)
		}
		out, back = fitted(-3, d, 0, 0.5)
		if math.Abs(back-3) > 1e-15*3 || out > 1e-200 {
			t.Errorf("D = %g: weights %g, %g, want 0, 3", d, out, back)
		}
	}
	// Just below and above the limit the weights agree.
	const d = 0.5 / 700
	a, _ := fitted(1-1e-9, d, 0, 0.5)
	b, _ := fitted(1+1e-9, d, 0, 0.5)
	if math.Abs(a-b) > 3e-9 {
		t.Errorf("weights jump from %g to %g at the limit", a, b)
	}
}
