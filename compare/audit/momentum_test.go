package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// planeTV is the total variation distance of two normal laws in the plane with independent coordinates,
// the first of variances 1 and the second of these.
func planeTV(xx, yy float64) (tv float64) {
	const n, w = 1200, 8.0
	normal := func(x, v float64) float64 { return math.Exp(-x*x/(2*v)) / math.Sqrt(2*math.Pi*v) }
	h := 2 * w / n
	for i := range n {
		x := (float64(i)+0.5)*h - w
		for j := range n {
			y := (float64(j)+0.5)*h - w
			tv += h * h / 2 * math.Abs(normal(x, 1)*normal(y, 1)-normal(x, xx)*normal(y, yy))
		}
	}
	return tv
}

// On a quadratic of curvature λ with constant noise both variances are exact: 1/(1 − x/2) of the
// equation's with x = ηλ/(1+μ) for the heavy ball, and x = ηλ/(1−μ) without momentum at the rate η/(1−μ). Injected noise
// has to keep its temperature, and batches in epochs not to matter.
func TestEffectOfMomentumIsThatOfBothVariances(t *testing.T) {
	skipShort(t)
	ratio := func(eta, lambda, mu float64) float64 { // of variances, without and with momentum
		return (1 - eta*lambda/(1+mu)/2) / (1 - eta*lambda/(1-mu)/2)
	}
	wide := func(src string) string {
		src = strings.Replace(src, "learning_rate: 0.02", "learning_rate: 0.3", 1)
		return strings.Replace(src, "min: -0.2, max: 1.2", "min: -0.8, max: 1.8", 1)
	}
	for name, c := range map[string]struct {
		src  string
		want float64
	}{
		"on a line":            {line("0.4", ", momentum: 0.5"), normalTV(math.Sqrt(ratio(0.4, 1, 0.5)))},
		"injected noise":       {strings.Replace(line("0.04", ", momentum: 0.9, injected_noise: 1"), "covariance: 1", "covariance: 0.05", 1), normalTV(math.Sqrt(ratio(0.04, 1, 0.9)))},
		"in the plane":         {strings.Replace(isotropic("1"), "learning_rate: 0.02, batch_size: 1", "learning_rate: 0.02, batch_size: 1, momentum: 0.95", 1), planeTV(ratio(0.02, 1, 0.95), ratio(0.02, 2, 0.95))},
		"batches of samples":   {wide(mean(400, 4, 1, ", momentum: 0.6")), normalTV(math.Sqrt(ratio(0.3, 1, 0.6)))},
		"batches in epochs":    {wide(mean(400, 4, 1, ", momentum: 0.6, sampling: epochs")), normalTV(math.Sqrt(ratio(0.3, 1, 0.6)))},
		"full-batch and noise": {wide(mean(40, 40, 1, ", momentum: 0.6, sampling: full-batch, injected_noise: 0.2")), normalTV(math.Sqrt(ratio(0.3, 1, 0.6)))},
	} {
		r := audited(t, c.src, Options{MaxPoints: 1, Points: 1, NoiseSteps: 8, Walkers: 512, Relaxations: 200})
		e := effect(t, r, "no-momentum")
		if least, most := e.Range(); least > c.want || most < c.want || !e.Resolved() || least < c.want/3 {
			t.Errorf("%s: %.4f ± %.1g with a floor of %.2g, want %.4f", name, e.TV.Value, e.TV.Error, e.TV.Floor, c.want)
		}
		f := find(t, r, "no-momentum")
		if statistic(t, f, "tv") != e.TV.Value || errorOf(t, f, "tv") != e.TV.Error || statistic(t, f, "floor") != e.TV.Floor {
			t.Errorf("%s: the finding has %+v", name, f.Statistics)
		}
		if !strings.Contains(f.Sentence, fmt.Sprintf("%.2g from such without", e.TV.Value)) {
			t.Errorf("%s: %s", name, f.Sentence)
		}
	}
}

// SGD at the rate η/(1−μ) diverges from ηλ/(1−μ) = 2 on, the heavy ball from 2(1+μ)/(1−μ) on: of what lies
// between there is no rank, and a reason. Without momentum there is nothing to rank.
func TestMomentumThatCannotBeLeftOutIsNotRanked(t *testing.T) {
	opt := Options{MaxPoints: 1, Walkers: 64, Relaxations: 10}
	for more, want := range map[string]string{", momentum: 0.9": "without momentum, at the rate η/(1−μ) = 4: ", "": "there is no momentum"} {
		r := audited(t, line("0.4", more), opt)
		said := 0
		for _, u := range r.Unranked {
			if u.Key == "no-momentum" {
				said++
				if !strings.HasPrefix(u.Why, want) {
					t.Errorf("%q: %s", more, u.Why)
				}
			}
		}
		if said != 1 {
			t.Errorf("%q: told of %d times", more, said)
		}
		if f := find(t, r, "no-momentum"); slices.ContainsFunc(f.Statistics, func(s Statistic) bool { return s.Key == "tv" }) {
			t.Errorf("%q: a distance: %v", more, f.Statistics)
		}
		// The heavy ball itself goes on: with normal noise of a formula it is its own twin.
		if f := find(t, r, "walkers"); !f.Applies || f.Verdict == fp.Violated && len(f.Statistics) == 1 {
			t.Errorf("%q: %s", more, f.Sentence)
		}
	}
}

// Where walkers run away, but are finite still after the few steps they take, nothing is ranked by them either.
func TestWalkersThatRunAwayAreNotRanked(t *testing.T) {
	skipShort(t)
	src := strings.Replace(isotropic("1"), "learning_rate: 0.02, batch_size: 1", "learning_rate: 0.11, batch_size: 4, momentum: 0.9", 1) // 1.1·2 for y
	r := audited(t, strings.NewReplacer("0.7", "4", "0.5", "4").Replace(src), Options{MaxPoints: 1, Points: 1, NoiseSteps: 8, Walkers: 64, Relaxations: 10})
	if why := unranked(r, "no-momentum"); !strings.HasPrefix(why, "without momentum, at the rate η/(1−μ) = 1.1: walkers run away") {
		t.Errorf("no momentum: %q", why)
	}
	for _, c := range []struct {
		x    float64
		want bool
	}{{1000, false}, {8100, true}, {math.Inf(-1), true}} {
		s := &subject{grid: uniformBox(t, 2, -4, 4, 8)}
		for _, theta := range [][][]float64{{{0, c.x, c.x}, {0, 0, 0}}, {{0, 0, 0}, {c.x, c.x, 0}}} {
			if s.haveRunAway(theta) != c.want {
				t.Errorf("%v: %v", theta, !c.want)
			}
		}
		if s.haveRunAway([][]float64{{0, c.x}, {0, 0}}) {
			t.Errorf("one of two at %g", c.x)
		}
	}
	f, g := problemOf(t, round(1, 0.5).src())
	if s := (&subject{file: f, grid: g}); s.haveRunAway([][]float64{{1e9, 1e9, 1e9}}) {
		t.Error("walkers wind round a ring")
	}
}

// The walk without momentum is among those ahead, by which progress is told.
func TestWalksAheadCountThatWithoutMomentum(t *testing.T) {
	plane := func(more string) string {
		return strings.Replace(isotropic("1"), "batch_size: 1", "batch_size: 1"+more, 1)
	}
	for src, want := range map[string]int{ // walkers, and those without, at another rate, or of the kinetic equation
		line("0.1", ", momentum: 0.5"): 2, line("0.1", ""): 2, plane(", momentum: 0.5"): 3, plane(""): 2,
	} {
		f, g := problemOf(t, src)
		s := &subject{file: f, problem: f.Problem, sgd: f.SGD(), grid: g}
		if got := s.walksAhead(); got != want {
			t.Errorf("%q: %d walks, want %d", src, got, want)
		}
	}
}
