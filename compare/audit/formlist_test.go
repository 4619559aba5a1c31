package audit

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// exp(∫ b/D) is right for drift and noise in the sense of Hänggi and Klimontovich, and in that of Itô it
// lacks 1/D: for L = x²/2, Σ = 1 + cx² it is (1 + cx²)^(−1/ηc), and the map is ln(1 + cx²) and a constant.
func TestFormulaOfHanggiAndKlimontovichLacksNoiseInItoSense(t *testing.T) {
	const c, eta = 2.0, 0.1
	r := audited(t, "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + 2*x^2, learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -4, max: 4, cells: 512}}", quick)
	want := distanceOf(4, func(x float64) float64 { return math.Pow(1+c*x*x, -1-1/(eta*c)) }, func(x float64) float64 { return math.Pow(1+c*x*x, -1/(eta*c)) })
	f := find(t, r, "form-closed-form-haenggi-klimontovich")
	// Where both cross within a cell (h/σ)²/10 of the distance is lost, cells being a fifteenth of a
	// deviation wide: 5e-4.
	if tv := f.Statistics[0]; f.Verdict != fp.Violated || math.Abs(tv.Value-want) > 5e-4*want+tv.Error {
		t.Errorf("%v: %.6f, want %.6f", f.Verdict, tv.Value, want)
	}
	at, middle := f.Maps[0].Values, f.Maps[0].Values[256]
	for i, got := range at {
		x := -4 + (float64(i)+0.5)*8/512
		// Averages over cells have h²/24 of logarithmic derivatives more, those of both up to 10.
		if ratio := math.Log(1 + c*x*x); math.Abs(x) < 1.5 && math.Abs(got-middle-ratio) > 1e-3 {
			t.Errorf("x = %.3f: %.5f, want %.5f", x, got-middle, ratio)
		}
	}
	checkVerdicts(t, r, map[string]fp.Verdict{"form-closed-form": fp.Holds})

	r = audited(t, "variables: [x]\nequation: {drift: [x - x^3], diffusion: 0.2 + 0.1*x^2, calculus: haenggi-klimontovich}\ndomain: {x: {min: -3, max: 3, cells: 400}}", quick)
	checkVerdicts(t, r, map[string]fp.Verdict{"form-closed-form": fp.Holds, "form-closed-form-haenggi-klimontovich": fp.Holds})
}

// Every density that is no solution of an equation has a finding with a map, that of the potential and of
// the corrected loss too, which with isotropic noise is that of the drift of second order.
func TestEveryFormulaHasAFindingWithAMap(t *testing.T) {
	skipShort(t)
	sgd := "variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1, 0], [0, 1]], learning_rate: 0.3, batch_size: 1, drift_order: ORDER}\ndomain: {x: {min: -3, max: 3, cells: 64}, y: {min: -3, max: 3, cells: 64}}"
	for _, c := range []struct {
		src          string
		right, wrong []string
	}{
		{strings.ReplaceAll(sgd, "ORDER", "2"), []string{"form-gibbs-corrected"}, []string{"form-gibbs", "form-inverse-noise", "form-determinant", "form-local-gaussian"}},
		{strings.ReplaceAll(sgd, "ORDER", "1"), []string{"form-gibbs", "form-determinant", "form-local-gaussian"}, []string{"form-gibbs-corrected", "form-inverse-noise"}},
		{"variables: [x, y]\nequation: {potential: 2*x^2 + 3*y^2, drift: [3*y, -2*x], diffusion: 0.3}\ndomain: {x: {min: -2, max: 2, cells: 48}, y: {min: -2, max: 2, cells: 48}}", []string{"form-potential"}, nil},
	} {
		r := audited(t, c.src, quick)
		var have []string
		for _, f := range r.Findings {
			if !strings.HasPrefix(f.Key, "form-") {
				continue
			}
			have = append(have, f.Key)
			want := fp.Violated
			if slices.Contains(c.right, f.Key) {
				want = fp.Holds
			}
			if f.Verdict != want || len(f.Maps) != 1 || len(f.Maps[0].Values) == 0 {
				t.Errorf("%s: %v, want %v, %d maps: %s", f.Key, f.Verdict, want, len(f.Maps), f.Sentence)
			}
		}
		want := slices.Concat(c.right, c.wrong)
		slices.Sort(want)
		if slices.Sort(have); !slices.Equal(have, want) {
			t.Errorf("findings %v, want %v", have, want)
		}
	}
}
