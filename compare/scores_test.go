package compare

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// Of a Gaussian with tilted axes, and of a straight slope between walls, exact moments.
func TestFieldMoments(t *testing.T) {
	g := aBox(t, 96, 80)
	loss := atCenters(g, func(x []float64) float64 {
		u, v := x[0]-0.3, x[1]+0.2
		return u*u - u*v + v*v // S⁻¹ = [[2, −1], [−1, 2]], S = [[2, 1], [1, 2]]/3
	})
	mean, cov := DensityMoments(must(t)(Gibbs(g, loss, 2, 1)))
	// Errors of order 4, of averages and of moments: (0.2/0.58)⁴/24 = 6e-4.
	near(t, "mean 0", mean[0], 0.3, 1e-10)
	near(t, "mean 1", mean[1], -0.2, 1e-10)
	for k, want := range []float64{2. / 3, 1. / 3, 2. / 3} {
		near(t, "covariance", cov[k], want, 6e-4)
	}
	// p = (8 + x)/128 on [−8, 8] is a line in every cell: mean 8/3, variance 64/3 − 64/9.
	line := aBox(t, 10)
	f := grid.NewField(line)
	for i := range f.Values {
		f.Values[i] = (8 + line.Axis(0).Center(i)) / 128
	}
	mean, cov = DensityMoments(f)
	near(t, "mean of a slope", mean[0], 8./3, 1e-13)
	near(t, "variance of a slope", cov[0], 64./3-64./9, 1e-12)
}

// The error of a variance falls at least as h⁴, where that of cells as points is h²/12.
func TestFieldMomentsHaveOrder4(t *testing.T) {
	var last float64
	for _, n := range []int{16, 32, 64} { // of 1, 0.5 and 0.25 deviations
		q := bell(aBox(t, n), []float64{0.1}, 1)
		_, cov := DensityMoments(q)
		e := math.Abs(cov[0] - 1)
		t.Logf("n = %d: error %.3g", n, e)
		if n > 16 && e > last/12 && e > 1e-10 {
			t.Errorf("n = %d: error %g after %g", n, e, last)
		}
		last = e
	}
}

func TestScores(t *testing.T) {
	q := bell(aBox(t, 128, 128), []float64{0.5, 0}, 1)
	m := &Moments{Mean: []float64{0.7, -0.1}, MeanErr: []float64{0.1, 0.1}, Cov: []float64{1.3, 0.1, 1}, CovErr: []float64{0.1, 0.1, 0.1}}
	s, err := m.Scores(q)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{2, -1} {
		near(t, "mean", s.MeanZ[k], want, 1e-6)
	}
	for k, want := range []float64{3, 1, 0} {
		near(t, "covariance", s.CovZ[k], want, 1e-3) // (1/8)⁴/24 is 1e-5, over errors of 0.1
	}
	ring, err := grid.Uniform(0, 1, 8, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ring, q.Grid.Axis(0))
	s, err = m.Scores(&grid.Field{Grid: g, Values: constant(g, 1./16)})
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(s.MeanZ[0]) || !math.IsNaN(s.CovZ[1]) || math.IsNaN(s.MeanZ[1]) {
		t.Errorf("along a ring: %v %v", s.MeanZ, s.CovZ)
	}
	if _, err := m.Scores(bell(aBox(t, 8), []float64{0}, 1)); err == nil {
		t.Error("no error for another number of axes")
	}
}
