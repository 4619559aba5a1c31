package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

// minusExp against math.Exp and math.Expm1, which are within one unit themselves.
func TestMinusExp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	x := []float64{0, math.Copysign(0, -1), 1e-300, 1e-9, math.Ln2 / 512, 1, 40, 700}
	for range 20000 {
		x = append(x, 700*r.Float64(), r.NormFloat64(), 0.01*r.NormFloat64())
	}
	scale, frac := make([]float64, len(x)), make([]float64, len(x))
	minusExp(scale, frac, x)
	for i, v := range x {
		v = -math.Abs(v)
		if got, want := scale[i]+scale[i]*frac[i], math.Exp(v); math.Abs(got-want) > (0x1p-51+0x1p-52)*want {
			t.Errorf("exp(%v) = %v, want %v", v, got, want)
		}
		if got, want := (scale[i]-1)+scale[i]*frac[i], math.Expm1(v); math.Abs(got-want) > 1e-13*math.Abs(want) {
			t.Errorf("exp(%v) − 1 = %v, want %v", v, got, want)
		}
	}
}

func TestMinusExpFarOut(t *testing.T) {
	x := []float64{701, -1e10, math.MaxFloat64, math.Inf(1)}
	scale, frac := make([]float64, len(x)), make([]float64, len(x))
	minusExp(scale, frac, x)
	for i, v := range x {
		if got := scale[i] + scale[i]*frac[i]; !(got > 0 && got < 1e-303) {
			t.Errorf("exp(−|%v|) = %v, want 1e-304", v, got)
		}
	}
}
