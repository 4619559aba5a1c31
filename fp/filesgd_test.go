package fp_test

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Of L = x² + xy + 2y² with constant noise all variants are linear: with H = [[2, 1], [1, 4]],
// D = (η/2B) Σ they are −(H + ηH²/2)x and (1 + ηH/2) D (1 + ηH/2), written out here.
func TestVariantsOfAQuadratic(t *testing.T) {
	f := read(t, "variables: [x, y]\nsgd: {loss: x^2 + x*y + 2*y^2, noise_covariance: [[1, 0.3], [0.3, 2]], learning_rate: 0.4, batch_size: 8}")
	const eta, batch = 0.1, 2.0
	x := []float64{0.7, -0.4}
	d := [2][2]float64{{eta / 2 / batch, 0.3 * eta / 2 / batch}, {0.3 * eta / 2 / batch, 2 * eta / 2 / batch}}
	h := [2][2]float64{{2, 1}, {1, 4}}
	for _, c := range []struct {
		order   int
		correct bool
	}{{1, false}, {2, false}, {2, true}} {
		p, err := f.Variant(fp.SGDVariant{Rate: eta, Batch: batch, Order: c.order, CorrectNoise: c.correct}, someGrid(t))
		if err != nil {
			t.Fatal(err)
		}
		m := [2][2]float64{{1, 0}, {0, 1}}
		var drift [2]float64
		for i := range 2 {
			for j := range 2 {
				a := h[i][j]
				if c.order == 2 {
					a += eta / 2 * (h[i][0]*h[0][j] + h[i][1]*h[1][j])
				}
				drift[i] -= a * x[j]
				if c.correct {
					m[i][j] += eta / 2 * h[i][j]
				}
			}
		}
		var want []float64
		want = append(want, drift[:]...)
		for _, ij := range [][2]int{{0, 0}, {0, 1}, {1, 1}} {
			var s float64
			for k := range 2 {
				for l := range 2 {
					s += m[ij[0]][k] * d[k][l] * m[l][ij[1]]
				}
			}
			want = append(want, s)
		}
		for k, v := range evaluate(&p.Equation, x) {
			if math.Abs(v-want[k]) > 1e-10 { // differenced Hessians of a quadratic: round-off over 1e-3
				t.Errorf("%+v: component %d is %v, want %v", c, k, v, want[k])
			}
		}
	}
	if _, err := read(t, "variables: [w]\nsgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 1}").Variant(fp.SGDVariant{Rate: 0.1, Batch: 443, Order: 1}, nil); err == nil {
		t.Error("a batch of more samples than there are is accepted")
	}
}
