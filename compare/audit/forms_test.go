package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// normalTV is the total variation distance of normal laws of deviations 1 and r > 1: they
// cross at x² = 2 ln r/(1 − r⁻²).
func normalTV(r float64) float64 {
	x := math.Sqrt(2 * math.Log(r) / (1 - 1/(r*r)))
	return math.Erf(x/math.Sqrt2) - math.Erf(x/r/math.Sqrt2)
}

// Distances of normal laws of deviations 1 and r: Hellinger's is √(1 − √(2r/(1 + r²))), the mean of
// ln(p_1/p_r) over the first ln r + (r⁻² − 1)/2, and of its size with x² ~ χ² by quadrature.
func normalHellinger(r float64) float64 { return math.Sqrt(1 - math.Sqrt(2*r/(1+r*r))) }

func normalKL(r float64) float64 { return math.Log(r) + (1/(r*r)-1)/2 }

func normalLogRatio(r float64) (mean float64) {
	const h = 1e-3
	for x := -8.0; x < 8; x += h {
		mean += h * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) * math.Abs(math.Log(r)-x*x/2*(1-1/(r*r)))
	}
	return mean
}

// Where Σ = I the formula with the determinant is that of Gibbs, and right; with Σ = σ²I it
// has the temperature σ² times too small; and that with Σ⁻¹ for Σ always has it four times too
// large.
func TestFormulasHoldWhereTheirAssumptionsDo(t *testing.T) {
	const line = "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: %s, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.6, max: 1.6, cells: 256}}"
	for _, c := range []struct {
		variance    string
		determinant float64 // ratio of deviations, in either order
	}{{"1", 1}, {"2.25", 1 / 1.5}} {
		r := audited(t, fmt.Sprintf(line, c.variance), quick)
		for _, f := range []struct {
			key   string
			ratio float64 // of its deviation to that of the solution
		}{{"tempered-posterior", 1}, {"form-gibbs", 1}, {"form-closed-form", 1}, {"form-local-gaussian", 1}, {"form-determinant", c.determinant}, {"form-inverse-noise", 2}} {
			got := find(t, r, f.key)
			// Formulas are averaged over cells to order h⁴, (h/σ)⁴/2880 of the density; where p = q
			// within a cell some h²/4 |p′ − q′| of the total variation is lost, twice. Hellinger's is the
			// root of what is lost.
			want, tol := []float64{0, 0, 0, 0}, []float64{1e-6, 1e-5, 1e-8, 1e-4}
			if f.ratio != 1 {
				up := max(f.ratio, 1/f.ratio)
				want = []float64{normalTV(up), normalHellinger(up), normalKL(f.ratio), normalLogRatio(f.ratio)}
				tol = []float64{5e-4, 5e-4, 5e-4, 2e-3} // the last where formulas are below 1e-8 of the largest
			}
			for k, v := range want {
				if s := got.Statistics[k]; math.Abs(s.Value-v) > tol[k] {
					t.Errorf("Σ = %s: %s: %s %.8f, want %.8f", c.variance, f.key, s.Key, s.Value, v)
				}
			}
			if wrong := want[0] > 0.02; wrong != (got.Verdict == fp.Violated) {
				t.Errorf("Σ = %s: %s: %v at a distance of %.3g", c.variance, f.key, got.Verdict, want[0])
			}
		}
	}
}

// Both formulas with Σ(θ) are exact for noise that is made for them, on a line with ρ = η/B:
//
//	exp(−L/2ρΣ):        Σ = (1 + x²)⁻³, L = c(1 + x²) − ρΣ/2,   p ∝ exp(−c(1 + x²)⁴/2ρ)
//	Σ^−½ exp(−2L/ρ):    Σ = 1 + a exp(4L/ρ),
//
// as p ∝ Σ⁻¹ exp(−(2/ρ)∫L′/Σ) shows; and not with either's noise for the other, nor for that of Gibbs.
func TestFormulasOfVaryingNoiseHoldWhereNoiseIsMadeForThem(t *testing.T) {
	for _, c := range []struct {
		loss, noise  string
		right, wrong []string
	}{
		{"0.02*(1 + x^2) - 0.01/(1 + x^2)^3", "(1 + x^2)^(-3)", []string{"form-inverse-noise", "form-closed-form"}, []string{"form-determinant", "form-gibbs", "tempered-posterior"}},
		{"x^2/50", "1 + exp(4*x^2)/2", []string{"form-determinant", "form-closed-form"}, []string{"form-inverse-noise", "form-gibbs", "tempered-posterior"}},
	} {
		r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: %q, noise_covariance: %q, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.2, max: 1.2, cells: 512}}", c.loss, c.noise), quick)
		for _, key := range c.right {
			// Both are averages over cells, to order h⁴, of what at walls is to order h³.
			if f := find(t, r, key); f.Verdict != fp.Holds || f.Statistics[0].Value > 1e-4 {
				t.Errorf("Σ = %s: %s: %v: %s", c.noise, key, f.Verdict, f.Sentence)
			}
		}
		for _, key := range c.wrong {
			if f := find(t, r, key); f.Verdict != fp.Violated || !strings.Contains(f.Sentence, "most around x = ") {
				t.Errorf("Σ = %s: %s: %v: %s", c.noise, key, f.Verdict, f.Sentence)
			}
		}
	}
}

// In the plane with Σ = I both Gibbs and the formula with the determinant hold, and with Σ that grows
// with θ neither does.
func TestFormulasInThePlane(t *testing.T) {
	for noise, want := range map[string]fp.Verdict{"[[1, 0], [0, 1]]": fp.Holds, "[[1 + 40*x^2, 0], [0, 1 + 40*y^2]]": fp.Violated} {
		r := audited(t, "variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: "+noise+", learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -0.8, max: 0.8, cells: 48}, y: {min: -0.6, max: 0.6, cells: 48}}", quick)
		checkVerdicts(t, r, map[string]fp.Verdict{"form-determinant": want, "form-gibbs": want, "tempered-posterior": want, "form-inverse-noise": fp.Violated})
	}
}

// The map of the formula with four times the temperature is ln(q/p) = ln ½ + ⅜ x²/v, with v the
// variance of p.
func TestMapsShowWhereAFormulaFails(t *testing.T) {
	const v = 0.01
	r := audited(t, "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.2, max: 1.2, cells: 512}}", quick)
	m := find(t, r, "form-inverse-noise").Maps[0]
	for i, got := range m.Values {
		x := -1.2 + (float64(i)+0.5)*2.4/512
		if math.Abs(x) > 0.5 {
			continue
		}
		// Averages over cells of width h have h²/24 (ln p)″ and (ln p)′² more, 1e-3 at x = 5σ.
		if want := math.Log(0.5) + 0.375*x*x/v; math.Abs(got-want) > 2e-3*(1+x*x/v) {
			t.Errorf("x = %.3f: %.6f, want %.6f", x, got, want)
		}
	}
}
