package audit

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
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
	r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + %g*x^2, learning_rate: %g, batch_size: 1}\ndomain: {x: {min: -4, max: 4, cells: 512}}", c, eta), quick)
	student := func(k float64) func(float64) float64 {
		return func(x float64) float64 { return math.Pow(1+c*x*x, -k-1/(eta*c)) }
	}
	variance := eta / 2 * (1 + c/(c*(1+2/(c*eta)-2)))
	for key, q := range map[string]func(float64) float64{
		"constant-noise":                func(x float64) float64 { return math.Exp(-x * x / (2 * variance)) },
		"calculus-stratonovich":         student(0.5),
		"calculus-haenggi-klimontovich": student(0),
	} {
		want := distanceOf(w, student(1), q)
		// Where p = q within a cell of a fourteenth of a deviation some (h/σ)²/20 of the distance is
		// lost.
		if got := effect(t, r, key).TV.Value; math.Abs(got-want) > 2e-3*want {
			t.Errorf("%s: %.6f, want %.6f", key, got, want)
		}
	}
	if !slices.IsSortedFunc(r.Ranking, func(a, b Effect) int { return -int(math.Copysign(1, a.TV.Beyond()-b.TV.Beyond())) }) {
		t.Error("the ranking is not sorted")
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
	// Of cells where p = q some (h/σ)²/10 is lost, cells being a fifth of a deviation wide.
	if got := effect(t, r, "detailed-balance").TV.Value; math.Abs(got-tv) > 0.02*tv {
		t.Errorf("%.6f, want %.6f", got, tv)
	}
}

// Batches of 10 of 40 samples drawn without replacement have 30/39 of the variance.
func TestEffectOfSmallBatches(t *testing.T) {
	r := audited(t, strings.Replace(mean(40, 10, 1, ""), "cells: 64", "cells: 512", 1), quick)
	want := normalTV(math.Sqrt(39.0 / 30))
	if got := effect(t, r, "small-batch").TV.Value; math.Abs(got-want) > 2e-3*want { // cells of a twelfth of a deviation
		t.Errorf("%.5f, want %.5f", got, want)
	}
}

// SGD with normal noise on x²/2 has the variance η/2/(1 − η/2), and walkers are as far from the
// equation's η/2. With noise of data that is normal, normal noise is no other; epochs are.
func TestEffectsBetweenWalkers(t *testing.T) {
	opt := Options{MaxPoints: 1, Walkers: 512, Relaxations: 200}
	r := audited(t, line("0.4", ""), opt)
	e := effect(t, r, "walkers")
	want := normalTV(1 / math.Sqrt(0.8))
	if got := e.TV.Value; got-e.TV.Floor-5*e.TV.Error > want || got+5*e.TV.Error < want {
		t.Errorf("walkers: %.4f ± %.1g with a floor of %.2g, want %.4f", got, e.TV.Error, e.TV.Floor, want)
	}
	if f := find(t, r, "walkers"); f.Verdict.String() != "violated" {
		t.Errorf("walkers: %v", f.Sentence)
	}
	opt.Relaxations = 100
	r = audited(t, mean(480, 8, 1, ""), opt)
	if e := effect(t, r, "normal-noise"); e.TV.Value > e.TV.Floor+5*e.TV.Error {
		t.Errorf("normal noise: %.4f ± %.1g with a floor of %.2g", e.TV.Value, e.TV.Error, e.TV.Floor)
	}
	if e := effect(t, r, "white-noise"); e.TV.Value < e.TV.Floor+10*e.TV.Error {
		t.Errorf("epochs: %.4f ± %.1g with a floor of %.2g", e.TV.Value, e.TV.Error, e.TV.Floor)
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
