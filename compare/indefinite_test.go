package compare

import (
	"bytes"
	"context"
	"math"
	"sync/atomic"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Steps that begin where noise is no covariance are counted, whoever takes them: as many as walkers have been there
// before their last step. An ensemble that goes on from a saved one has the same number.
func TestIndefiniteStepsAreCounted(t *testing.T) {
	const walkers, steps, half = 100, 60, 31
	variance := func(x float64) float64 { return 1 - 2*x*x }
	noise := fp.Pointwise(func(dst, x []float64) { dst[0] = variance(x[0]) })
	descent := fp.Pointwise(func(dst, x []float64) { dst[0] = -x[0] })
	start := Initial{Points: [][]float64{{0}, {3}, {0.5}}}
	for name, p := range map[string]Process{
		"SGD":      &SGD{Formula: &fp.LossFormula{Dim: 1, Grad: fp.Pointwise(func(dst, x []float64) { dst[0] = x[0] }), NoiseCov: noise}, Schedule: fp.ConstantRate(0.4), Batch: 1},
		"momentum": &SGD{Formula: &fp.LossFormula{Dim: 1, Grad: fp.Pointwise(func(dst, x []float64) { dst[0] = x[0] }), NoiseCov: noise}, Schedule: fp.ConstantRate(0.2), Batch: 1, Momentum: 0.5},
		"Euler":    &SDE{Dim: 1, Step: 0.1, Drift: descent, Diffusion: noise},
		"Platen":   &SDE{Dim: 1, Step: 0.1, Drift: descent, Diffusion: noise, Scheme: Platen},
	} {
		var want int64
		for w := range walkers {
			if variance(start.Points[w%3][0]) < 0 {
				want++
			}
		}
		var seen atomic.Int64
		opt := Options{Walkers: walkers, Seed: 3, Workers: 1, Every: 1, Record: func(step, _ int, theta [][]float64) {
			for _, x := range theta[0] {
				if step < steps && variance(x) < 0 {
					seen.Add(1)
				}
			}
		}}
		e, err := New(p, start, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background(), steps); err != nil {
			t.Fatal(err)
		}
		if want += seen.Load(); e.Indefinite() != want || want < walkers || want > walkers*steps/2 {
			t.Errorf("%s: %d, want %d", name, e.Indefinite(), want)
		}
		for _, workers := range []int{2, 5} {
			var state bytes.Buffer
			first, second := resumable(t, p, start, workers), resumable(t, p, start, 1)
			if err := first.Run(context.Background(), half); err != nil {
				t.Fatal(err)
			}
			if err := first.Save(&state); err != nil {
				t.Fatal(err)
			}
			if err := second.Restore(&state); err != nil {
				t.Fatal(err)
			}
			if err := second.Run(context.Background(), steps); err != nil {
				t.Fatal(err)
			}
			if second.Indefinite() != want || first.Indefinite() >= want {
				t.Errorf("%s: %d workers: %d of %d, want %d", name, workers, first.Indefinite(), second.Indefinite(), want)
			}
		}
	}
	whole := &SGD{Formula: quadratic([]float64{1, 0, 1}, []float64{1, 1, 1}, 0), Schedule: fp.ConstantRate(0.1), Batch: 1} // of rank one
	e, err := New(whole, Initial{Points: [][]float64{{0, math.Pi}}}, Options{Walkers: walkers, Every: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(context.Background(), steps); err != nil || e.Indefinite() != 0 {
		t.Errorf("a covariance: %d, %v", e.Indefinite(), err)
	}
}

func resumable(t *testing.T, p Process, start Initial, workers int) *Ensemble {
	t.Helper()
	e, err := New(p, start, Options{Walkers: 100, Seed: 3, Workers: workers, Every: 1})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
