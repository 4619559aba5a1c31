package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare"
)

// Steps are bounded where nobody asked for them, and the warning has the flag that asks.
func TestStepsAreBoundedUnlessAskedFor(t *testing.T) {
	const wanted = 1e9 // of 4096 walkers are some hours
	for _, ask := range []string{"", "--eta-samples"} {
		p := plan{process: &compare.SGD{}, ask: ask, options: compare.Options{Walkers: 4096, Every: 10}}
		p.enough(wanted)
		bounded := p.steps < wanted
		if warned := len(p.warnings) == 1 && strings.HasSuffix(p.warnings[0], "see "+ask); bounded != (ask != "") || warned != bounded {
			t.Errorf("%q: %d steps, %q", ask, p.steps, p.warnings)
		}
	}
}

// planned is the plan of flags for walkers of a problem file.
func planned(t *testing.T, text string, fl ensembleFlags) *plan {
	t.Helper()
	f := fileOf(t, text)
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	fl.process, fl.outside = "auto", 1
	p, err := fl.plan(context.Background(), f, g, fewRelaxations, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Where second moments forget later than means, at a large learning rate, walkers burn in until they have.
func TestBurnInsWaitForSecondMoments(t *testing.T) {
	for rate, later := range map[string]bool{"0.1": false, "0.65": true} {
		p := planned(t, "version: 1\nvariables: [w]\nsgd: {data: {generate: {samples: 30, weights: [1], noise: 0.5, seed: 3}}, model: linear-regression, learning_rate: "+rate+", batch_size: 1}\ndomain: {w: {min: -9, max: 9, cells: 16}}\n",
			ensembleFlags{walkers: 64, burnIn: -1, seed: 5})
		want := p.relaxation.BurnIn()
		if later {
			growth := p.process.(*compare.SGD).GrowthOfSecondMoments()
			want = 0
			for left := 1.0; left > 1e-6 && growth < 1; left *= growth {
				want++
			}
			if want < 2*p.relaxation.BurnIn() || growth >= 1 {
				t.Fatalf("rate %s: second moments times %g in a step, relaxation time %g", rate, growth, p.relaxation.Steps)
			}
		}
		if have := p.options.BurnIn; have != want {
			t.Errorf("rate %s: a burn-in of %d, want %d", rate, have, want)
		}
	}
}

// A burn-in that a pilot run found is cut where it takes half of all that is done unasked, 2e9 steps of
// walkers, and a warning has both; one that was given is not.
func TestLongBurnInsAreCut(t *testing.T) {
	for _, c := range []struct {
		walkers, given int
		most           int // 1e9/walkers
		cut            bool
	}{
		{1e6, -1, 1000, false},
		{1e8, -1, 10, true}, // more than the flag takes; no walker is made
		{1e8, 500, 10, false},
	} {
		p := planned(t, parabola, ensembleFlags{walkers: c.walkers, burnIn: c.given, seed: 5})
		right := p.relaxation.BurnIn()   // on a parabola with a relaxation time of 2 steps
		if right <= 10 || right >= 500 { // 13.8 times 1.96 ± 3 %
			t.Fatalf("a burn-in of %d", right)
		}
		want := right
		switch {
		case c.cut:
			want = c.most
		case c.given > 0:
			want = c.given
		}
		told := strings.Contains(strings.Join(p.warnings, "\n"), fmt.Sprintf("a burn-in of %d steps would be right; %d are as many as are done without being asked for: see --burn-in", right, c.most))
		if p.options.BurnIn != want || told != c.cut {
			t.Errorf("%d walkers, given %d: burn-in %d, want %d; warnings %q", c.walkers, c.given, p.options.BurnIn, want, p.warnings)
		}
	}
}

// Formulas of equations cost ten times what samples do, and are bounded by a tenth of the steps.
func TestEquationsAreBoundedSooner(t *testing.T) {
	for _, c := range []struct {
		process compare.Process
		want    float64
	}{{&compare.SGD{}, 500}, {&compare.SDE{}, 50}} {
		p := plan{process: c.process, options: compare.Options{Walkers: 4e6}}
		if have := p.most(); have != c.want {
			t.Errorf("%T: %g, want %g", c.process, have, c.want)
		}
	}
}

// A pilot run has the complement of the seed: walkers of the run that it plans are independent of its own.
func TestPilotsAreIndependentOfWhatTheyPlan(t *testing.T) {
	for _, seed := range []uint64{0, 7} {
		p := planned(t, parabola, ensembleFlags{walkers: 64, burnIn: -1, seed: seed})
		for _, c := range []struct {
			seed uint64
			same bool
		}{{^seed, true}, {seed, false}} {
			r, err := compare.Pilot(context.Background(), p.process, p.initial, compare.PilotOptions{Seed: c.seed, Periods: []float64{0}})
			if err != nil {
				t.Fatal(err)
			}
			if same := r == *p.relaxation; same != c.same {
				t.Errorf("seed %d: planned by %+v, with seed %d %+v", seed, *p.relaxation, c.seed, r)
			}
		}
		if p.options.Seed != seed {
			t.Errorf("seed %d, want %d", p.options.Seed, seed)
		}
	}
}
