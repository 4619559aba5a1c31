package main

import (
	"math"
	"testing"
)

// Noise is measured beside the first minimum, where the mean gradient is not 0 and can be told from it: 0.1
// above along every axis. Without a minimum that is 0.1 above 0; what is given is taken as it is.
func TestNoiseIsMeasuredBesideTheMinimum(t *testing.T) {
	const fit = "version: 1\nvariables: [v, w]\nsgd: {data: {generate: {samples: 32, weights: [1, -0.5], noise: 0, seed: 3}}, model: linear-regression, learning_rate: 0.1, batch_size: 8}\ndomain: {v: {min: -2, max: 2, cells: 8}, w: {min: -2, max: 2, cells: 8}}\n"
	const slope = "version: 1\nvariables: [x]\nequation: {drift: [\"1\"], diffusion: 1}\ndomain: {x: {min: -1, max: 1, cells: 8}}\n"
	for _, c := range []struct {
		text     string
		at, want []float64
	}{
		{fit, nil, []float64{1.1, -0.4}},
		{fit, []float64{1, -0.5}, []float64{1, -0.5}},
		{slope, nil, []float64{0.1}},
	} {
		fl := noiseFlags{at: c.at}
		have, err := fl.where(fileOf(t, c.text))
		if err != nil || len(have) != len(c.want) {
			t.Fatalf("have %g, %v, want %g", have, err, c.want)
		}
		for a, v := range c.want {
			// Minimisation ends at gradients below 1e-9, here of a loss of curvatures near 1.
			if math.Abs(have[a]-v) > 1e-8 {
				t.Errorf("have %g, want %g", have, c.want)
			}
		}
	}
}
