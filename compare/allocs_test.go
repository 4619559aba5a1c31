package compare

import (
	"context"
	"fmt"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// Steps allocate nothing: a longer run makes as many allocations as a short one, but for a few of the runtime's. One
// for each buffer of steps would be 20 more.
func TestStepsAllocateNothing(t *testing.T) {
	skipLong(t)
	check := func(name string, p Process, opt Options) {
		t.Helper()
		opt.Walkers, opt.Workers, opt.Groups = 32, 1, 2
		e, err := New(p, Initial{Points: [][]float64{make([]float64, p.dim())}}, opt)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		allocations := func(buffers int) float64 {
			return testing.AllocsPerRun(1, func() {
				if err := e.Run(context.Background(), e.Step()+buffers*buffered); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			})
		}
		if short, long := allocations(2), allocations(22); long > short+5 {
			t.Errorf("%s: 20 more buffers make %g allocations more", name, long-short)
		}
	}
	for _, c := range models {
		for _, s := range []fp.Sampling{fp.WithReplacement, fp.WithoutReplacement, fp.Epochs, fp.FullBatch} {
			sgd := &SGD{Loss: someLoss(t, c.model, c.d, 200), Schedule: fp.ConstantRate(0.01), Sampling: s, Momentum: 0.5}
			if s != fp.FullBatch {
				sgd.Batch = 4
			}
			check(fmt.Sprint(c.model, c.d, s), sgd, Options{})
		}
	}
	regression := &SGD{Loss: someLoss(t, loss.LinearRegression, 2, 200), Schedule: fp.InverseSqrtRate(0.01), Batch: 4, Sampling: fp.Epochs}
	check("counted", regression, Options{Grid: box(t, 16, 3, 2), MaxOutside: 1, Every: 5})
	check("watched", regression, Options{NoiseLags: 3})
	check("formula", &SGD{Formula: &fp.LossFormula{Dim: 2, Grad: fourWells, NoiseCov: tensor}, Schedule: fp.ConstantRate(0.01), Batch: 4, InjectedNoise: 0.1}, Options{})
	for _, s := range []SDE{{Diffusion: tensor}, {ConstantDiffusion: []float64{0.1, 0, 0.1}, Increments: ThreePoint}, {Diffusion: tensor, Scheme: Platen}} {
		s.Dim, s.Drift, s.Step = 2, fourWells, 0.01
		check(fmt.Sprint("scheme", s.Scheme, s.Increments), &s, Options{})
	}
}
