package hodge

import (
	"testing"

	"github.com/ness-fp/ness/grid"
)

// Every residual tells of what is wrong with the parts: each is round-off before, and of the
// order of what is added to a single face after.
func TestResidualsSeeWhatIsWrong(t *testing.T) {
	x, err := grid.Uniform(0, 1, 12, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	y, err := grid.Uniform(0, 2, 10, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPlan(grid.New(x, y))
	f := grid.NewFaceField(p.grid)
	for a := range f.Flow {
		for i := range f.Flow[a] {
			f.Flow[a][i] = 1 + float64((i*i+3*a)%7)/7
		}
	}
	for row := range 10 { // the two layers of the seam are one
		f.Flow[0][row*13+12] = f.Flow[0][row*13]
	}
	inner := 5*13 + 6 // of faces across x
	for name, spoil := range map[string]struct {
		do  func(parts *Parts)
		see func(r Residuals) []float64
	}{
		"gradient": {func(q *Parts) { q.Gradient.Flow[0][inner] += 0.1 }, func(r Residuals) []float64 {
			return []float64{r.Sum, r.GradientCurl, r.Potential, r.GradientSolenoidal}
		}},
		"solenoidal": {func(q *Parts) { q.Solenoidal.Flow[0][inner] += 0.1 }, func(r Residuals) []float64 {
			return []float64{r.Sum, r.SolenoidalDivergence, r.Curl, r.GradientSolenoidal, r.SolenoidalHarmonic}
		}},
		"harmonic": {func(q *Parts) { q.Harmonic.Flow[0][inner] += 0.1 }, func(r Residuals) []float64 {
			return []float64{r.Sum, r.HarmonicDivergence, r.HarmonicCurl, r.GradientHarmonic, r.SolenoidalHarmonic}
		}},
	} {
		parts := p.Split(f)
		if m := parts.Residuals.Max(); m > 1e-13 { // some hundred roundings of 2⁻⁵³
			t.Fatalf("%s: %g before", name, m)
		}
		spoil.do(parts)
		for k, v := range spoil.see(p.residuals(f, parts, p.innerProducts(f, parts), newScratch(p.grid))) {
			if !(v > 1e-6) { // 0.1 of 2 through one face; inner products over some 250 faces
				t.Errorf("%s: residual %d is %g after", name, k, v)
			}
		}
	}
}
