package compare

import (
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/fp/loss"
)

// someLoss is a model with d parameters on n random samples.
func someLoss(t testing.TB, model loss.Model, d, n int) *loss.Loss {
	t.Helper()
	features := d
	switch model {
	case loss.TanhNeuron:
		features = d - 1
	case loss.DeepLinear:
		features = 1
	}
	rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	data := &loss.Data{Features: make([]string, features)}
	for range n {
		y := 0.5 * rng.NormFloat64()
		for range features {
			x := rng.NormFloat64()
			data.X = append(data.X, x)
			y += 0.7 * x
		}
		if model.IsClassifier() {
			y = float64(rng.IntN(2))
		}
		data.Y = append(data.Y, y)
	}
	l, err := loss.New(model, data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
