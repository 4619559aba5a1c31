package compare

import (
	"context"
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// SGD on L = |θ|²/2 with noise I, B = 1, is a chain whose steps are correlated over 1/η and
// whose law is N(0, s²I), s² = η/(2 − η). Distances from it are their floors, and what
// Gibbs says, s² = η/2, is found to be wrong by 5 %.
func TestSGDAgainstItsExactLaw(t *testing.T) {
	skipLong(t)
	const eta = 0.1
	const variance = eta / (2 - eta)
	ax, err := grid.Uniform(-1.5, 1.5, 48, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax, ax)
	exact := bell(g, []float64{0, 0}, math.Sqrt(variance))
	loss := atCenters(g, func(x []float64) float64 { return (x[0]*x[0] + x[1]*x[1]) / 2 })
	gibbs := must(t)(Gibbs(g, loss, 1, eta))
	sgd := &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(eta), Batch: 1}
	start := Initial{Points: [][]float64{{0, 0}}, Cov: []float64{variance, 0, variance}}
	run := func(seed uint64, walkers, steps int) *Ensemble {
		e, err := New(sgd, start, Options{Walkers: walkers, Seed: seed, Every: 1, Grid: g})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background(), steps); err != nil {
			t.Fatal(err)
		}
		return e
	}
	distances := func(e *Ensemble, q *grid.Field) []Distance {
		d, err := e.Histogram().Distances(q)
		if err != nil {
			t.Fatal(err)
		}
		return []Distance{d.TV, d.KL, d.Hellinger, d.Wasserstein1}
	}
	const times = 40
	var value, floor [4]float64
	for seed := range uint64(times) {
		e := run(seed, 128, 300)
		for k, d := range distances(e, exact) {
			value[k], floor[k] = value[k]+d.Value/times, floor[k]+d.Floor/times
			if d.Judge(0) == fp.Violated {
				t.Errorf("seed %d, distance %d: false alarm: %+v", seed, k, d)
			}
		}
	}
	// Visits of rare cells come in runs of several lengths, not one as the floor takes them;
	// of 40 values of W₁, which vary by 40 % each, the mean is good to 6 %.
	for k, tol := range []float64{0.05, 0.1, 0.05, 0.25} {
		t.Logf("distance %d: mean %.4g, floor %.4g", k, value[k], floor[k])
		near(t, "floor over mean", floor[k]/value[k], 1, tol)
	}

	e := run(1000, 1024, 2000)
	for k, d := range distances(e, gibbs) {
		if d.Judge(0) != fp.Violated {
			t.Errorf("distance %d: Gibbs is not told from the law: %+v", k, d)
		}
	}
	for _, c := range []struct {
		q    *grid.Field
		fits bool
	}{{exact, true}, {gibbs, false}} {
		x, err := e.Histogram().ChiSquare(c.q)
		if err != nil {
			t.Fatal(err)
		}
		s, err := e.Moments().Scores(c.q)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("χ² %+v, means %.2f, covariances %.2f", x, s.MeanZ, s.CovZ)
		if (x.Z < 5) != c.fits {
			t.Errorf("χ²: %+v, fits: %t", x, c.fits)
		}
		if (math.Abs(s.CovZ[0]) < 5 && math.Abs(s.CovZ[2]) < 5) != c.fits {
			t.Errorf("scores of the covariance %.2f, fits: %t", s.CovZ, c.fits)
		}
		if !(math.Abs(s.CovZ[1]) < 5 && math.Abs(s.MeanZ[0]) < 5 && math.Abs(s.MeanZ[1]) < 5) {
			t.Errorf("scores of means %.2f and covariance %.2f", s.MeanZ, s.CovZ[1])
		}
	}
}

// A distance decides at five errors beyond what the density's own error allows.
func TestJudgeAgainst(t *testing.T) {
	d := Distance{Value: 0.05, Err: 0.001, Floor: 0.002}
	for _, c := range []struct {
		within, e float64
		want      fp.Verdict
	}{
		{0.0425, 0, fp.Violated}, // 0.05 − 0.002 − 0.005 = 0.043
		{0.0435, 0, fp.CannotTell},
		{0.0425, 0.002, fp.CannotTell}, // the density is off by 0.001
		{0.0545, 0, fp.CannotTell},     // 0.05 + 0.005
		{0.0555, 0, fp.Holds},
		{0.0555, 0.002, fp.CannotTell},
		{0.0555, math.NaN(), fp.CannotTell},
		{0.001, math.NaN(), fp.CannotTell},
	} {
		if v := d.JudgeAgainst(c.within, c.e); v != c.want {
			t.Errorf("within %g, error %g: %v, want %v", c.within, c.e, v, c.want)
		}
	}
}
