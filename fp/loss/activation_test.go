package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestActivationsAreThoseOfMath(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := []float64{0, math.Copysign(0, -1), 1e-300, 1e-9, -1e-9, 699, -699, 750, -750, 1e300, -1e300}
	for range 100000 {
		x = append(x, 20*rng.NormFloat64(), rng.NormFloat64(), 1e-3*rng.NormFloat64())
	}
	s, th := make([]float64, len(x)), make([]float64, len(x))
	Sigmoids(s, x)
	Tanhs(th, x)
	for i, v := range x {
		if p, _ := sigmoid(v); math.Abs(v) < 700 && !(math.Abs(s[i]-p) <= 0x1p-50*p) {
			t.Fatalf("sigmoid of %g: %g, want %g", v, s[i], p)
		}
		if want := math.Tanh(v); !(math.Abs(th[i]-want) <= min(0x1p-51, 1e-12*math.Abs(v))) {
			t.Fatalf("tanh of %g: %g, want %g", v, th[i], want)
		}
	}
	Sigmoids(x, x)
	for i := range x {
		if x[i] != s[i] {
			t.Fatal("in place the sigmoid is another")
		}
	}
}
