package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomData are n samples of k features and targets of either kind, normal or classes.
func randomData(n, k int, classes bool) *Data {
	r := rand.New(rand.NewPCG(7, uint64(k)))
	d := &Data{Target: "y"}
	for f := range k {
		d.Features = append(d.Features, fmt.Sprint("x", f))
	}
	for range n {
		for range k {
			d.X = append(d.X, r.NormFloat64())
		}
		y := r.NormFloat64()
		if classes {
			y = float64(r.IntN(2))
		}
		d.Y = append(d.Y, y)
	}
	return d
}

func mustNew(t testing.TB, m Model, d *Data) *Loss {
	t.Helper()
	l, err := New(m, d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// losses lists every model, with one and with several features.
func losses(t testing.TB) map[string]*Loss {
	all := map[string]*Loss{}
	for m := range Model(len(modelNames)) {
		for _, k := range []int{1, 2, 3} {
			if m == DeepLinear && k > 1 {
				continue
			}
			all[fmt.Sprintf("%v/k=%d", m, k)] = mustNew(t, m, randomData(42, k, m.IsClassifier()))
		}
	}
	return all
}

func packed(d, i, j int) int {
	if i > j {
		i, j = j, i
	}
	return i*d - i*(i-1)/2 + j - i
}

// step is h of the central differences.
const step = 1e-5

// Central differences are off by h² f‴/6 + 2⁻⁵³ |f|/h. At h = 1e-5 with f and f‴ up to
// about 20 for these data that is 3e-10 + 2e-10.
const differenceTol = 5e-10

func difference(up, down float64) float64 { return (up - down) / (2 * step) }

// Gradient, Hessian and ∇·Σ against differences of value, gradient and Σ.
func TestDerivativesAgreeWithDifferences(t *testing.T) {
	for name, l := range losses(t) {
		d := l.Dim()
		theta := []float64{0.4, 0.1, -0.2, -0.5}[:d]
		e, up, down := l.Evaluator(), l.Evaluator(), l.Evaluator()
		e.Eval(theta)
		div := make([]float64, d)
		for j, at := range theta {
			theta[j] = at + step
			up.Eval(theta)
			theta[j] = at - step
			down.Eval(theta)
			theta[j] = at
			if want := difference(up.Value, down.Value); math.Abs(e.Grad[j]-want) > differenceTol {
				t.Errorf("%s: ∂L/∂θ_%d = %v, differences give %v", name, j, e.Grad[j], want)
			}
			for i := range d {
				got, want := e.Hess[packed(d, i, j)], difference(up.Grad[i], down.Grad[i])
				if math.Abs(got-want) > differenceTol {
					t.Errorf("%s: ∂g_%d/∂θ_%d = %v, differences give %v", name, i, j, got, want)
				}
				div[i] += difference(up.NoiseCov[packed(d, i, j)], down.NoiseCov[packed(d, i, j)])
			}
		}
		for i, want := range div {
			if math.Abs(e.NoiseCovDiv[i]-want) > float64(d)*differenceTol { // a sum of d differences
				t.Errorf("%s: (∇·Σ)_%d = %v, differences give %v", name, i, e.NoiseCovDiv[i], want)
			}
		}
	}
}

// The same for every sample by itself. The neuron's third derivatives are up to 300
// where a feature is 3, and h² f‴/6 up to 5e-9.
func TestSampleDerivativesAgreeWithDifferences(t *testing.T) {
	for name, l := range losses(t) {
		d := l.Dim()
		theta := []float64{0.4, 0.1, -0.2, -0.5}[:d]
		g, up, down := make([]float64, d), make([]float64, d), make([]float64, d)
		h := make([]float64, d*(d+1)/2)
		for s := range l.Samples() {
			l.SampleGrad(g, s, theta)
			l.SampleHess(h, s, theta)
			for j, at := range theta {
				theta[j] = at + step
				upValue := l.SampleValue(s, theta)
				l.SampleGrad(up, s, theta)
				theta[j] = at - step
				downValue := l.SampleValue(s, theta)
				l.SampleGrad(down, s, theta)
				theta[j] = at
				if want := difference(upValue, downValue); math.Abs(g[j]-want) > 10*differenceTol {
					t.Errorf("%s: sample %d: ∂ℓ/∂θ_%d = %v, differences give %v", name, s, j, g[j], want)
				}
				for i := range d {
					if want := difference(up[i], down[i]); math.Abs(h[packed(d, i, j)]-want) > 10*differenceTol {
						t.Errorf("%s: sample %d: ∂g_%d/∂θ_%d = %v, differences give %v", name, s, i, j, h[packed(d, i, j)], want)
					}
				}
			}
		}
	}
}
