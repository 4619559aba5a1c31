package compare

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// A9, whose density is known by quadrature and has tails w^−6.4, as a stochastic differential
// equation: walkers have that density, cell by cell, and the moments that follow from the
// coefficients alone, b = c − aw and D = s(αw² + βw + κ), of which three values say all:
//
//	E w = c/a,   E w² = (c E w + s(β E w + κ))/(a − sα).
//
// Platen's scheme with ah = 0.02 errs by (ah)² = 4e-4 of a variance, a twentieth of its standard error.
// Walkers are told from the density in the sense of Hänggi and Klimontovich, ∝ D p.
func TestHeavyTailsAreThoseOfQuadrature(t *testing.T) {
	skipLong(t)
	c := exact.LinearRegression()
	ito, tensor := c.Problem.ItoDrift(nil), c.Problem.Diffusion()
	b := func(w float64) float64 { return valuesAt(ito, 1, []float64{w})[0][0] }
	d := func(w float64) float64 { return valuesAt(tensor, 1, []float64{w})[0][0] }
	drift, slope := b(0), b(0)-b(1)
	noise, linear, square := d(0), (d(1)-d(-1))/2, (d(1)+d(-1))/2-d(0)
	mean := drift / slope
	variance := (drift*mean+linear*mean+noise)/(slope-square) - mean*mean

	s, err := NewSDE(c.Problem, nil, 0.02/slope)
	if err != nil {
		t.Fatal(err)
	}
	s.Scheme = Platen
	const tau = 50 // steps
	g := c.Grid(96)
	e := run(t, s, Initial{Points: [][]float64{{mean}}}, Options{Walkers: 2048, Seed: 1, BurnIn: 14 * tau, Every: tau / 10, Grid: g}, 74*tau)
	m := e.Moments()
	t.Logf("mean %.4f ± %.4f, want %.4f; variance %.4f ± %.4f, want %.4f", m.Mean[0], m.MeanErr[0], mean, m.Cov[0], m.CovErr[0], variance)
	checkWithin(t, "mean", m.Mean[0], m.MeanErr[0], mean)
	checkWithin(t, "variance", m.Cov[0], m.CovErr[0], variance)

	p := c.Density(g)
	other := grid.NewField(g)
	copy(other.Values, atCenters(g, func(x []float64) float64 { return d(x[0]) * c.PointDensity(x) }))
	total := other.Integral()
	for i := range other.Values {
		other.Values[i] /= total
	}
	h := e.Histogram()
	for _, density := range []struct {
		name string
		q    *grid.Field
		fits bool
	}{{"quadrature", p, true}, {"Hänggi–Klimontovich", other, false}} {
		distances, err := h.Distances(density.q)
		if err != nil {
			t.Fatal(err)
		}
		x, err := h.ChiSquare(density.q)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: TV %+v, χ² %+v", density.name, distances.TV, x)
		for what, v := range map[string]Distance{"TV": distances.TV, "KL": distances.KL, "Hellinger": distances.Hellinger, "W₁": distances.Wasserstein1} {
			if (v.Judge(0) != fp.Violated) != density.fits {
				t.Errorf("%s: %s %+v", density.name, what, v)
			}
		}
		if (math.Abs(x.Z) < 5) != density.fits {
			t.Errorf("%s: χ² %+v", density.name, x)
		}
	}
}
