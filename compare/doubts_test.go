package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Each doubt appears where there is a reason, and alone: on θ ← θ − ηλθ + noise with relaxation
// time 1/ηλ in steps, per coordinate.
func TestDoubtsHaveTheirReasons(t *testing.T) {
	skipLong(t)
	for name, c := range map[string]struct {
		rates  [2]float64 // ηλ
		points [][]float64
		opt    Options
		steps  int
		want   []string
	}{
		"well mixed":                {[2]float64{0.1, 0.2}, [][]float64{{0, 0}}, Options{Walkers: 1024, BurnIn: 140, Every: 1}, 1140, nil},
		"nothing yet":               {[2]float64{0.1, 0.2}, [][]float64{{0, 0}}, Options{Walkers: 64, BurnIn: 140, Every: 1}, 100, []string{"0 walkers"}},
		"apart":                     {[2]float64{1e-7, 0.2}, [][]float64{{-30, 0}, {30, 0}}, Options{Walkers: 1024, BurnIn: 140, Every: 1}, 1140, []string{"x: walkers stay apart"}},
		"a run of eight times":      {[2]float64{0.1, 0.01}, [][]float64{{0, 0}}, Options{Walkers: 1024, BurnIn: 1400, Every: 1}, 2200, []string{"y: walkers have hardly forgotten"}},
		"no burn-in":                {[2]float64{0.1, 0.2}, [][]float64{{300, 0}}, Options{Walkers: 1024, Every: 1}, 1000, []string{"x: the mean still changes"}},
		"few walkers, long enough":  {[2]float64{0.1, 0.1}, [][]float64{{0, 0}}, Options{Walkers: 16, BurnIn: 140, Every: 1}, 140 + 2000, nil},
		"few walkers, not for long": {[2]float64{0.1, 0.1}, [][]float64{{0, 0}}, Options{Walkers: 16, BurnIn: 140, Every: 1}, 140 + 300, []string{"x: there are only", "y: there are only"}},
	} {
		s := &SGD{Formula: quadratic([]float64{c.rates[0], 0, c.rates[1]}, []float64{1, 0, 1}, 0), Schedule: fp.ConstantRate(1), Batch: 1}
		got := run(t, s, Initial{Points: c.points}, c.opt, c.steps).Moments().Doubts([]string{"x", "y"}[:len(c.points[0])], false)
		ok := len(got) == len(c.want)
		for k := range got {
			ok = ok && strings.HasPrefix(got[k], c.want[k])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Where the learning rate falls, nobody is told to run longer; else everybody is.
func TestDoubtsWhereTheRateFalls(t *testing.T) {
	nan := math.NaN()
	for what, m := range map[string]*Moments{
		"too seldom": {Between: []float64{1}, Within: []float64{1}, SplitRHat: []float64{nan}, EffectiveSamples: []float64{1e6}},
		"apart":      {Between: []float64{2}, Within: []float64{1}, SplitRHat: []float64{2}, EffectiveSamples: []float64{1e6}},
		"forgotten":  {Between: []float64{0.5}, Within: []float64{1}, SplitRHat: []float64{2}, EffectiveSamples: []float64{1e6}},
		"only":       {Between: []float64{0.5}, Within: []float64{1}, SplitRHat: []float64{1}, EffectiveSamples: []float64{10}},
	} {
		m.Walkers, m.Mean, m.Trend, m.WalkerCovs = 2, []float64{0}, []float64{0}, [][]float64{{1, 2}}
		for _, falls := range []bool{false, true} {
			got := m.Doubts([]string{"x"}, falls)
			if len(got) != 1 || !strings.Contains(got[0], what) || strings.Contains(got[0], "run longer") == falls || strings.Contains(got[0], "%!") {
				t.Errorf("%s, %v: %q", what, falls, got)
			}
		}
	}
}

// The error of a variance is doubted where few walkers make it: of tails w^−2.2 that leave variances of walkers no
// variance, not of exponential ones; on the axis that has them, and on no other.
func TestHeavyTailsAreDoubted(t *testing.T) {
	for _, walkers := range []int{64, 1024, 65536} {
		heavy, light := make([]float64, walkers), make([]float64, walkers)
		for w := range walkers {
			above := (float64(w) + 0.5) / float64(walkers)
			heavy[w], light[w] = math.Pow(above, -1/1.2), -math.Log(above)
		}
		for k, want := range []string{"x: the error of the variance", "", "y: the error of the variance"} {
			m := &Moments{
				Walkers: walkers, Mean: []float64{0, 0}, Between: []float64{0.1, 0.1}, Within: []float64{1, 1},
				SplitRHat: []float64{1, 1}, Trend: []float64{0, 0}, EffectiveSamples: []float64{1e6, 1e6},
				WalkerCovs: [][]float64{light, light, light},
			}
			m.WalkerCovs[k] = heavy
			got := strings.Join(m.Doubts([]string{"x", "y"}, false), "\n")
			if !strings.HasPrefix(got, want) || (want == "") != (got == "") || strings.Contains(got, "\n") {
				t.Errorf("%d walkers, component %d: %q", walkers, k, got)
			}
		}
	}
}

// Walkers are mixed where R̂ is at most 1.1 and they vary more than their means do: each alone is not
// enough, on any coordinate that has a name and moves.
func TestMixedWantsBoth(t *testing.T) {
	for _, c := range []struct {
		rHat, between, within float64
		want                  bool
	}{
		{1.05, 0.1, 1, true},
		{1.1, 1, 1, true}, // both at their bounds
		{1.2, 0.1, 1, false},
		{math.NaN(), 0.1, 1, false},
		{1.05, 2, 1, false},
		{math.NaN(), 0, 0, true}, // stands still
	} {
		m := &Moments{Mean: []float64{0, 0}, SplitRHat: []float64{1, c.rHat}, Between: []float64{0, c.between}, Within: []float64{1, c.within}}
		if have := m.Mixed([]string{"x", "y"}); have != c.want {
			t.Errorf("%+v: have %v", c, have)
		}
		if !m.Mixed([]string{"x", ""}) {
			t.Errorf("%+v: a coordinate without a name is looked at", c)
		}
	}
}
