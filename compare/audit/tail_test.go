package audit

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// tailsOf fits as many sets of numbers as are wanted, and counts verdicts.
func tailsOf(t *testing.T, sets, n int, chance float64, draw func() float64) map[fp.Verdict]int {
	t.Helper()
	verdicts := map[fp.Verdict]int{}
	for range sets {
		x := make([]float64, n)
		for i := range x {
			x[i] = draw()
		}
		fit, ok := hill(lengths(whitened(x, 1)))
		if !ok {
			t.Fatal("no fit")
		}
		v, _ := fit.verdict(chance)
		verdicts[v]++
	}
	return verdicts
}

// stable draws a symmetric α-stable number (Chambers, Mallows and Stuck 1976).
func stable(rng *rand.Rand, alpha float64) float64 {
	u, w := math.Pi*(rng.Float64()-0.5), rng.ExpFloat64()
	return math.Sin(alpha*u) / math.Pow(math.Cos(u), 1/alpha) * math.Pow(math.Cos(u-alpha*u)/w, (1-alpha)/alpha)
}

// Stable laws have no finite variance, though Hill's estimate from a tenth of 10⁴ numbers is above 2; and
// log-normal numbers have one, though that estimate is below. (With -long 300 sets of each law.)
func TestTailsThatBeginLateAreLeftOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	sets := 20
	if *long {
		sets = 300
	}
	for _, c := range []struct {
		n    int
		most [3]float64 // parts of sets that are called finite: half as many again as were seen, and a hundredth at least
	}{
		{1000, [3]float64{0.01, 0.01, 0.15}},  // 0, 1 and 29 of 300
		{10000, [3]float64{0.01, 0.01, 0.01}}, // 0, 0 and 1
	} {
		n, most := c.n, c.most
		for k, alpha := range []float64{1.7, 1.8, 1.9} {
			got := tailsOf(t, sets, n, level, func() float64 { return stable(rng, alpha) })
			t.Logf("α = %g, n = %d: %v", alpha, n, got)
			// and three deviations of chance
			if share := most[k]; float64(got[fp.Holds]) > share*float64(sets)+3*math.Sqrt(share*float64(sets)) {
				t.Errorf("α = %g, n = %d: %d of %d sets have a finite variance", alpha, n, got[fp.Holds], sets)
			}
		}
		got := tailsOf(t, sets, n, level, rng.NormFloat64)
		t.Logf("normal, n = %d: %v", n, got)
		if float64(got[fp.Holds]) < 0.9*float64(sets) {
			t.Errorf("normal, n = %d: %v", n, got)
		}
	}
	for _, sigma := range []float64{1.3, 2} {
		got := tailsOf(t, 20, 10000, level, func() float64 { return math.Exp(sigma * rng.NormFloat64()) })
		if got[fp.Violated] > 0 {
			t.Errorf("log-normal, %g: %v", sigma, got)
		}
	}
}

// Limits have the chances they are said to: of 2000 power laws with 25 spacings 20 ± 4.5 have an index that
// is above its upper limit of 1 %, and as many one below the lower; and at most three in ten are said to fall.
func TestLimitsOfIndices(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	pareto := func(n int) tailFit {
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Pow(1-rng.Float64(), -1.0/2)
		}
		fit, _ := hill(x)
		return fit
	}
	low, high := 0, 0
	for range 2000 {
		fit := pareto(250)
		if fit.limit(0.01) > 2 {
			low++
		}
		if fit.limit(0.99) < 2 {
			high++
		}
	}
	if off := 5 * 4.5; math.Abs(float64(low-20)) > off || math.Abs(float64(high-20)) > off || low == 0 || high == 0 {
		t.Errorf("%d and %d of 2000 indices are outside limits of 1 %%, want some 20", low, high)
	}
	falls := 0
	for range 400 {
		if pareto(4000).steady <= leastSteady {
			falls++
		}
	}
	// 0.3 of 400 by the sum of chances is the most, less where parts overlap; a tenth of that is no test.
	if falls > 120 || falls < 12 {
		t.Errorf("%d of 400 power laws fall, want at most some 120", falls)
	}
}
