package audit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
)

// Where nobody can tell how far walkers are from the solution, the reason is what would tell: more of them
// where sampling hides it, a finer grid where its cells or the error of the solution do.
func TestWalkersSayWhatWouldTell(t *testing.T) {
	tv := func(value, err, floor float64) compare.Distance {
		return compare.Distance{Value: value, Err: err, Floor: floor}
	}
	for _, c := range []struct {
		name       string
		tv         compare.Distance
		e, fullest float64
		d          int
		want       fp.Verdict
		open       string
	}{
		{"near", tv(0.01, 0.001, 0.008), 0.001, 0.1, 1, fp.Holds, ""},
		{"far", tv(0.05, 0.001, 0.008), 0.001, 0.5, 1, fp.Violated, ""},
		{"far on a grid that sees neither", tv(0.05, 0.001, 0.008), 0.001, 0.51, 1, fp.CannotTell, "a cell has 0.51 of them or of it, too coarse for the equation"},
		{"far on such a grid in the plane", tv(0.05, 0.001, 0.008), 0.001, 0.26, 2, fp.CannotTell, "finer grid"},
		{"few walkers", tv(0.03, 0.002, 0.02), 0.001, 0.1, 1, fp.CannotTell, "more of them would tell"},
		{"few walkers on a coarse grid", tv(0.03, 0.002, 0.02), 0.001, 0.5, 1, fp.CannotTell, "more of them would tell"},
		{"coarse cells", tv(0.01, 0.001, 0.008), 0.001, 0.25, 1, fp.CannotTell, "a cell has 0.25 of them or of it, within which they may differ, so that a finer grid would tell"},
		{"coarse cells in the plane", tv(0.01, 0.001, 0.008), 0.001, 0.05, 2, fp.CannotTell, "finer grid"},
		{"fine cells in the plane", tv(0.01, 0.001, 0.008), 0.001, 0.03, 2, fp.Holds, ""},
		{"a rough solution", tv(0.01, 0.001, 0.008), 0.012, 0.1, 1, fp.CannotTell, "the numerical error of the solution is 0.006, so that a finer grid would tell"},
		{"a rough solution and few walkers", tv(0.03, 0.002, 0.02), 0.05, 0.1, 1, fp.CannotTell, "finer grid"},
		{"far from a rough solution", tv(0.03, 0.001, 0.002), 0.02, 0.1, 1, fp.CannotTell, "finer grid"},
		{"an unknown error", tv(0.01, 0.001, 0.008), math.NaN(), 0.1, 1, fp.CannotTell, "is not known"},
	} {
		v, open := judgeWalkers(c.tv, 0.02, c.e, c.fullest, c.d)
		if v != c.want || !strings.Contains(open, c.open) || (open == "") != (v != fp.CannotTell) {
			t.Errorf("%s: %v, %q; want %v, %q", c.name, v, open, c.want, c.open)
		}
	}
}

// Of cells three quarters of a deviation wide the fullest has 0.29 of the walkers: the sentence says that they
// are coarse, however many walkers there are.
func TestCoarseGridsAreSaidToBeSo(t *testing.T) {
	r := audited(t, "variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -0.45, max: 0.45, cells: 12}}", Options{MaxPoints: 1, Walkers: 512, Relaxations: 200})
	f := find(t, r, "walkers")
	if f.Verdict != fp.CannotTell || !strings.Contains(f.Sentence, "a finer grid would tell") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}

// Nor are walkers far from the equation where its density lies in one cell, and the estimate of its error with it.
func TestGridsThatSeeNothingViolateNothing(t *testing.T) {
	skipShort(t)
	const src = "variables: [x]\nsgd: {data: {intercept: true, generate: {samples: 40, weights: [0.5], noise: 1, seed: 3}}, model: linear-regression, learning_rate: 0.02, batch_size: 30}\ndomain: {x: {min: -0.8, max: 1.8, cells: %d}}"
	f := find(t, audited(t, fmt.Sprintf(src, 64), Options{MaxPoints: 1}), "walkers")
	if f.Verdict != fp.CannotTell || !strings.Contains(f.Sentence, "finer grid") {
		t.Errorf("%v: %s", f.Verdict, f.Sentence)
	}
}

// Where walkers leave a box that is too small the distance is that, and says nothing of the equation.
func TestWalkersOutsideTheBoxLeaveItOpen(t *testing.T) {
	skipShort(t)
	for domain, want := range map[string]fp.Verdict{"{x: {min: 0.05, max: 1, cells: 64}}": fp.CannotTell, "{x: {min: -1, max: 1, cells: 64}}": fp.Holds} {
		src := strings.Replace(line("0.02", ""), "auto", domain, 1)
		f := find(t, audited(t, src, Options{MaxPoints: 1, Points: 1, NoiseSteps: 8, Walkers: 512, Relaxations: 200}), "walkers")
		if f.Verdict != want || strings.Contains(f.Sentence, "outside the box, so that a wider one would tell") != (want == fp.CannotTell) {
			t.Errorf("%s: %v, %s", domain, f.Verdict, f.Sentence)
		}
	}
}
