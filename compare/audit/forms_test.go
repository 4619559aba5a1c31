package audit

import (
	"fmt"
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// normalTV is the total variation distance of normal laws of deviations 1 and r > 1: they
// cross at x² = 2 ln r/(1 − r⁻²).
func normalTV(r float64) float64 {
	x := math.Sqrt(2 * math.Log(r) / (1 - 1/(r*r)))
	return math.Erf(x/math.Sqrt2) - math.Erf(x/r/math.Sqrt2)
}

// Where Σ = I the formula with the determinant is that of Gibbs, and right; with Σ = σ²I it
// has the temperature σ² times too small; and that with Σ⁻¹ for Σ always has it four times too
// large.
func TestFormulasHoldWhereTheirAssumptionsDo(t *testing.T) {
	const line = "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: %s, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.6, max: 1.6, cells: 256}}"
	for _, c := range []struct {
		variance    string
		determinant float64
	}{{"1", 0}, {"2.25", normalTV(1.5)}} {
		r := audited(t, fmt.Sprintf(line, c.variance), quick)
		for _, f := range []struct {
			key  string
			want float64
		}{{"form-gibbs", 0}, {"form-closed-form", 0}, {"form-local-gaussian", 0}, {"form-determinant", c.determinant}, {"form-inverse-noise", normalTV(2)}} {
			got := find(t, r, f.key)
			// Formulas are averaged over cells to order h⁴, (h/σ)⁴/2880 of the density; where p = q
			// within a cell some h²/4 |p′ − q′| of the distance is lost, twice.
			tol := 1e-6
			if f.want > 0 {
				tol = 5e-4
			}
			if tv := got.Statistics[0].Value; math.Abs(tv-f.want) > tol {
				t.Errorf("Σ = %s: %s: distance %.8f, want %.8f", c.variance, f.key, tv, f.want)
			}
			if wrong := f.want > 0.02; wrong != (got.Verdict == fp.Violated) {
				t.Errorf("Σ = %s: %s: %v at a distance of %.3g", c.variance, f.key, got.Verdict, f.want)
			}
		}
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
