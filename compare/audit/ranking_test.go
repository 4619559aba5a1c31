package audit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
)

// effect returns the effect of that key.
func effect(t *testing.T, r *Report, key string) Effect {
	t.Helper()
	for _, e := range r.Ranking {
		if e.Key == key {
			return e
		}
	}
	t.Fatalf("no effect %q", key)
	return Effect{}
}

// distanceOf returns the total variation distance of two functions of x in [−w, w], each divided
// by its integral.
func distanceOf(w float64, p, q func(x float64) float64) (tv float64) {
	const n = 40000
	var zp, zq float64
	for i := range n {
		x := w * (2*(float64(i)+0.5)/n - 1)
		zp, zq = zp+p(x), zq+q(x)
	}
	for i := range n {
		x := w * (2*(float64(i)+0.5)/n - 1)
		tv += math.Abs(p(x)/zp-q(x)/zq) / 2
	}
	return tv
}

// For L = x²/2 and Σ = 1 + cx² all densities are known: with rate η, (1 + cx²)^{−k−1/ηc} with
// k = 1 for Itô, 1/2 for Stratonovich and 0 for Hänggi and Klimontovich, and a normal one of
// variance (η/2) E Σ for constant noise.
func TestEffectsOfNoiseAndCalculusAreThoseOfClosedForms(t *testing.T) {
	const c, eta, w = 2.0, 0.1, 4.0
	student := func(k float64) func(float64) float64 {
		return func(x float64) float64 { return math.Pow(1+c*x*x, -k-1/(eta*c)) }
	}
	variance := eta / 2 * (1 + c/(c*(1+2/(c*eta)-2)))
	for _, cells := range []int{64, 128, 512} {
		r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + %g*x^2, learning_rate: %g, batch_size: 1}\ndomain: {x: {min: -4, max: 4, cells: %d}}", c, eta, cells), quick)
		for key, q := range map[string]func(float64) float64{
			"constant-noise":                func(x float64) float64 { return math.Exp(-x * x / (2 * variance)) },
			"calculus-stratonovich":         student(0.5),
			"calculus-haenggi-klimontovich": student(0),
		} {
			want := distanceOf(w, student(1), q)
			// Cells are half a deviation wide at most: errors are within what is estimated, and that is
			// of second order.
			e := effect(t, r, key)
			if off := math.Abs(e.TV.Value - want); off > e.TV.Error || e.TV.Error > 0.4*want*math.Pow(64/float64(cells), 2) {
				t.Errorf("%s, %d cells: %.6f ± %.1g, want %.6f", key, cells, e.TV.Value, e.TV.Error, want)
			}
		}
		if !slices.IsSortedFunc(r.Ranking, func(a, b Effect) int { return -cmp.Compare(a.TV.Beyond(), b.TV.Beyond()) }) {
			t.Error("the ranking is not sorted")
		}
	}
}

// dθ = −Aθ dt with constant D has the force −Mθ, M = D⁻¹A, and its potential by paths is that of
// the symmetric part of M; the density is normal with AS + SAᵀ = 2D. Here D = 0.1, A = [[1, 0.4],
// [−0.8, 2]]: the symmetric part is 10 [[1, −0.2], [−0.2, 2]].
func TestEffectOfDetailedBalanceIsThatOfTheSymmetricForce(t *testing.T) {
	r := audited(t, "variables: [x, y]\nequation: {drift: [-x - 0.4*y, 0.8*x - 2*y], diffusion: [[0.1, 0], [0, 0.1]]}\ndomain: {x: {min: -2, max: 2, cells: 64}, y: {min: -1.6, max: 1.6, cells: 64}}", quick)
	// S by hand: S_xx + 0.4 S_xy = 0.1, −0.8 S_xy + 2 S_yy = 0.1, 3 S_xy − 0.8 S_xx + 0.4 S_yy = 0.
	// With S_xx = 0.1 − 0.4s, S_yy = 0.05 + 0.4s: 3s − 0.08 + 0.32s + 0.02 + 0.16s = 0.
	s := 0.06 / 3.48
	xx, yy := 0.1-0.4*s, 0.05+0.4*s
	det := xx*yy - s*s
	var tv, zp, zq float64
	const n = 800
	for pass := range 2 {
		for i := range n {
			for j := range n {
				x, y := 4*((float64(i)+0.5)/n-0.5), 3.2*((float64(j)+0.5)/n-0.5)
				p := math.Exp(-(yy*x*x - 2*s*x*y + xx*y*y) / (2 * det))
				q := math.Exp(-10 * (x*x - 0.4*x*y + 2*y*y) / 2)
				if pass == 0 {
					zp, zq = zp+p, zq+q
				} else {
					tv += math.Abs(p/zp-q/zq) / 2
				}
			}
		}
	}
	// Of cells where p = q some (h/σ)²/10 is lost, cells being a fifth of a deviation wide; the error that
	// is told is of the same order.
	if e := effect(t, r, "detailed-balance"); math.Abs(e.TV.Value-tv) > min(0.02*tv, e.TV.Error) || e.TV.Error > 0.1*tv {
		t.Errorf("%.6f ± %.1g, want %.6f", e.TV.Value, e.TV.Error, tv)
	}
}

// Batches of 10 of 40 samples drawn without replacement have 30/39 of the variance, but for noise that
// is injected.
func TestEffectOfSmallBatches(t *testing.T) {
	skipShort(t)
	for _, c := range []struct {
		more, how string
		injected  float64
	}{
		{"", "batches without replacement for those with", 0},
		{", sampling: without-replacement", "batches with replacement for those without", 0},
		{", injected_noise: 0.2", "batches without replacement for those with", 0.2},
		{", sampling: epochs, injected_noise: 0.2", "batches with replacement for those without", 0.2},
	} {
		src := strings.Replace(mean(40, 10, 1, c.more), "cells: 64", "cells: 512", 1)
		f, _ := problemOf(t, src)
		noise := f.SGD().Loss.Evaluator()
		noise.Eval([]float64{0.5})
		injected := c.injected * 10 / noise.NoiseCov[0]
		want := normalTV(math.Sqrt((1 + injected) / (30.0/39 + injected)))
		e := effect(t, audited(t, src, quick), "small-batch")
		if math.Abs(e.TV.Value-want) > e.TV.Error || e.TV.Error > 0.01*want || e.How != c.how { // cells of a twelfth of a deviation
			t.Errorf("%q: %.5f ± %.1g, want %.5f; %s", c.more, e.TV.Value, e.TV.Error, want, e.How)
		}
	}
}

// SGD with normal noise on x²/2 has 1/(1 − x/2) times the equation's variance, x = η/(1+μ) with momentum
// and the equation that of the rate η/(1−μ): walkers are as far from the solution.
func TestEffectOfTheWholeIsThatOfWalkers(t *testing.T) {
	for _, src := range []string{line("0.4", ""), line("0.6", ", momentum: 0.5")} {
		r := audited(t, src, Options{MaxPoints: 1, Walkers: 512, Relaxations: 200})
		e := effect(t, r, "walkers")
		want := normalTV(1 / math.Sqrt(0.8))
		if least, most := e.Range(); least > want || most < want || !e.Resolved() || least < want/2 {
			t.Errorf("walkers: %.4f ± %.1g with a floor of %.2g, want %.4f", e.TV.Value, e.TV.Error, e.TV.Floor, want)
		}
		if f := find(t, r, "walkers"); f.Verdict != fp.Violated {
			t.Errorf("walkers: %v", f.Sentence)
		}
	}
}

// Noise of normal data is normal, in epochs too: what epochs move is the memory of noise alone, by as much
// however the file draws batches, with replacement as well, where the variance is 39/30 of that without.
func TestTwinsDifferInOneThing(t *testing.T) {
	skipShort(t)
	var least, most float64 = 0, 1
	for _, sampling := range []string{"with-replacement", "without-replacement", "epochs"} {
		src := strings.Replace(mean(40, 10, 1, ", sampling: "+sampling), "learning_rate: 0.02", "learning_rate: 0.2", 1)
		r := audited(t, strings.Replace(src, "min: -0.2, max: 1.2", "min: -0.5, max: 1.7", 1), Options{MaxPoints: 1, Walkers: 512, Relaxations: 100})
		white := effect(t, r, "white-noise")
		if !white.Resolved() {
			t.Errorf("%s: epochs: %.4f ± %.1g with a floor of %.2g", sampling, white.TV.Value, white.TV.Error, white.TV.Floor)
		}
		lo, hi := white.Range()
		if least, most = max(least, lo), min(most, hi); least > most {
			t.Errorf("%s: epochs: %.4f ± %.1g, and before at least %.4f, at most %.4f", sampling, white.TV.Value, white.TV.Error, least, most)
		}
		// 40 numbers are not quite normal, which means of 10 hide.
		if e := effect(t, r, "normal-noise"); e.TV.Value-e.TV.Floor-5*e.TV.Error > 0.005 {
			t.Errorf("%s: normal noise: %.4f ± %.1g with a floor of %.2g", sampling, e.TV.Value, e.TV.Error, e.TV.Floor)
		}
	}
}

// Between crowds of the same law the distance is its floor, on the average.
func TestFloorsBetweenCrowds(t *testing.T) {
	skipShort(t)
	var value, floor float64
	for seed := range uint64(16) {
		f, g := problemOf(t, mean(480, 8, seed, ""))
		subject, err := newSubject(f, g, Options{Seed: seed, Walkers: 256, Relaxations: 40}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		var l rankedList
		subject.sampledEffects(&l) // all that an audit has of walkers
		e := effect(t, &Report{Ranking: l.effects}, "normal-noise")
		value, floor = value+e.TV.Value, floor+e.TV.Floor
	}
	// Few cells and slow modes matter: of 60 such distances the scatter is 0.48 of the floor, and the mean
	// 1.04(6); of sixteen 0.12 is chance. Without the other crowd's share it would be √2.
	if r := value / floor; r < 0.7 || r > 1.3 {
		t.Errorf("distances are %.3f of their floors", r)
	}
}

// Every assumption is either ranked or named with the reason why not, once.
func TestNothingIsLeftOutOfTheRanking(t *testing.T) {
	skipShort(t)
	for name, c := range map[string]struct {
		src  string
		opt  Options
		want map[string]string // of some that are not ranked
	}{
		"equation":   {"variables: [x]\nequation: {drift: [-x], diffusion: 1}\ndomain: {x: {min: -5, max: 5, cells: 32}}", quick, map[string]string{"walkers": "an equation stands for no SGD", "detailed-balance": ""}},
		"no walkers": {mean(200, 8, 1, ""), quick, map[string]string{"normal-noise": "no walkers were asked for", "white-noise": "no walkers were asked for", "walkers": "no walkers were asked for"}},
		"schedule":   {line("{schedule: inverse-sqrt, initial: 0.02}", ""), Options{MaxPoints: 1}, map[string]string{"walkers": "the learning rate changes", "constant-rate": "while the rate changes"}},
		"momentum":   {line("0.02", ", momentum: 0.5"), quick, map[string]string{"order-in-rate": "without momentum", "no-momentum": "no walkers were asked for"}},
		"divergence": {line("2.5", ""), Options{MaxPoints: 1}, map[string]string{"walkers": "not finite"}},
		"ring":       {"variables: [x]\nequation: {drift: [\"0.5 - cos(x)\"], diffusion: 1}\ndomain: {x: {min: 0, max: \"2*pi\", cells: 32, boundary: periodic}}", quick, map[string]string{"detailed-balance": "axis x is periodic"}},
		"full batch": {strings.Replace(mean(40, 40, 1, ", injected_noise: 0.1, sampling: full-batch"), "batch_size: 40, ", "", 1), quick, map[string]string{
			"small-batch": "full batches have no noise", "white-noise": "full batches have no noise", "normal-noise": "full batches have no noise",
		}},
		"all samples": {mean(40, 40, 1, ""), quick, map[string]string{"small-batch": "a batch has all samples", "white-noise": "an epoch is one batch"}},
		"two thirds":  {mean(42, 28, 1, ", sampling: epochs"), quick, map[string]string{"white-noise": "an epoch is one batch"}},
		"most":        {mean(40, 30, 1, ""), quick, map[string]string{"white-noise": "an epoch is one batch"}},
		"deep valley": {"variables: [x]\nsgd: {loss: (x^2-1)^2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.6, max: 1.6, cells: 64}}", Options{MaxPoints: 1}, map[string]string{"walkers": "did not forget"}},
	} {
		r := audited(t, c.src, c.opt)
		said := map[string]int{}
		for _, e := range r.Ranking {
			said[e.Key]++
		}
		for _, u := range r.Unranked {
			said[u.Key]++
			if u.Why == "" || u.Name == "" {
				t.Errorf("%s: %s: no reason", name, u.Key)
			}
			if want, ok := c.want[u.Key]; ok && (want == "" || !strings.Contains(u.Why, want)) {
				t.Errorf("%s: %s: %q, want %q", name, u.Key, u.Why, want)
			}
			delete(c.want, u.Key)
		}
		for key, want := range c.want {
			if want != "" {
				t.Errorf("%s: %s is ranked", name, key)
			}
		}
		for _, f := range r.Findings {
			if f.Kind == Assumption && said[f.Key] != 1 {
				t.Errorf("%s: %s is told of %d times", name, f.Key, said[f.Key])
			}
		}
	}
}

// Of crowds that failed and histograms that cannot be compared the reason is kept.
func TestFailedTwinsAreNamed(t *testing.T) {
	g := uniformBox(t, 1, 0, 1, 3)
	full := crowd{Histogram: &compare.Histogram{Grid: g, Counts: []uint64{4, 4, 4}, Groups: [][]uint64{{2, 2, 2, 0}, {2, 2, 2, 0}}}}
	failed, alone := crowd{err: errors.New("it rained")}, full
	alone.Histogram = &compare.Histogram{Grid: g, Counts: full.Counts, Groups: full.Groups[:1]}
	var l rankedList
	l.addOr(twins("a", "A", "", &full, &failed))
	l.addOr(twins("b", "B", "", &failed, &full))
	l.addOr(twins("c", "C", "", &alone, &full))
	l.addOr(twins("d", "D", "", &full, &full))
	if len(l.unranked) != 3 || len(l.effects) != 1 || l.unranked[0] != (Unranked{"a", "A", "it rained"}) || l.unranked[1].Why != "it rained" || !strings.Contains(l.unranked[2].Why, "2 groups") {
		t.Errorf("%+v, %+v", l.unranked, l.effects)
	}
	s := &subject{candidates: []compare.Candidate{{Key: "gibbs", Err: errors.New("no minimum")}, {Key: "local-gaussian", Err: errors.New("not asked for")}}}
	l.unranked = nil
	if s.formulaEffects(&l); len(l.unranked) != 1 || l.unranked[0] != (Unranked{"tempered-posterior", "tempered posterior", "no minimum"}) {
		t.Errorf("%+v", l.unranked)
	}
	l.unranked = append(l.unranked, Unranked{Key: "a"})
	if !l.has("a") || !l.has("d") || l.has("e") {
		t.Error("what has been told of is not known")
	}
}

// Places are those that error bars leave open; floors are taken off, and five standard errors count.
func TestPlacesHaveErrorBars(t *testing.T) {
	list := []Effect{
		{Key: "far", TV: Shift{Value: 0.5, Error: 0.1}},
		{Key: "walkers", TV: Shift{Value: 0.3, Error: 0.01, Floor: 0.02}, Sampled: true},         // 0.23 to 0.35
		{Key: "near walkers", TV: Shift{Value: 0.24, Error: 0.001, Floor: 0.005}, Sampled: true}, // 0.23 to 0.245
		{Key: "floor", TV: Shift{Value: 0.199, Error: 0.002, Floor: 0.19}, Sampled: true},        // 0 to 0.21
		{Key: "small", TV: Shift{Value: 0.004, Error: 0.001}},                                    // 0.003 to 0.005
		{Key: "error", TV: Shift{Value: 0.001, Error: 0.001}},                                    // 0 to 0.002
		{Key: "nobody knows", TV: Shift{Value: 0.0001, Error: math.NaN()}},                       // 0 to 1
	}
	place(list)
	for k, want := range []struct {
		first, last int
		resolved    bool
	}{{1, 2, true}, {2, 4, true}, {2, 4, true}, {4, 7, false}, {4, 6, true}, {5, 7, false}, {1, 7, false}} {
		if e := list[k]; e.First != want.first || e.Last != want.last || e.Resolved() != want.resolved {
			t.Errorf("%s: places %d to %d, %v, want %v", e.Key, e.First, e.Last, e.Resolved(), want)
		}
	}
	if b := list[3].TV.Beyond(); math.Abs(b-0.009) > 1e-15 {
		t.Errorf("beyond the floor: %g", b)
	}
}

// What sampling makes of a distance does not count in the order.
func TestEffectsAreSortedByWhatIsBeyondSampling(t *testing.T) {
	list := []Effect{{Key: "floor", TV: Shift{Value: 0.3, Floor: 0.29}, Sampled: true}, {Key: "small", TV: Shift{Value: 0.02}}, {Key: "far", TV: Shift{Value: 0.1}}}
	place(list)
	if list[0].Key != "far" || list[1].Key != "small" || list[2].Key != "floor" {
		t.Errorf("%+v", list)
	}
}

// An audit has the same bits for the same seed on any number of cores, and others for another.
func TestAuditsAreDeterministic(t *testing.T) {
	text := func(seed uint64, cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		r := audited(t, mean(200, 8, 1, ""), Options{Seed: seed, Walkers: 128, Relaxations: 20, MaxPoints: 2e4})
		return fmt.Sprintf("%v", *r)
	}
	one := text(1, 1)
	if text(1, 2) != one {
		t.Error("two cores find something else than one")
	}
	if text(2, 2) == one {
		t.Error("the seed does not matter")
	}
}

// Between histograms of the same number of tallies the variances of cells are twice as large, and
// beside one of a quarter five times.
func TestFloorsOfTwoHistograms(t *testing.T) {
	h, quarter := &compare.Histogram{Counts: []uint64{80, 20}}, &compare.Histogram{Counts: []uint64{20, 5}}
	if a, b := floorOf(h, h), floorOf(h, quarter); a != math.Sqrt2 || b != math.Sqrt(5) {
		t.Errorf("%g, %g", a, b)
	}
}
