package audit

import (
	"strings"
	"testing"
)

// Shares of the work grow from 0 to at most 1, and everything that takes long has a name; walkers come
// back while they run.
func TestProgressGrows(t *testing.T) {
	for name, src := range map[string]string{
		"walkers":   mean(480, 8, 1, ""),
		"momentum":  mean(480, 8, 1, ", momentum: 0.5"),
		"plane":     strings.Replace(isotropic("1"), "batch_size: 1", "batch_size: 1, momentum: 0.5", 1),
		"unstable":  line("0.4", ", momentum: 0.9"), // without momentum alone
		"no mixing": "variables: [x]\nsgd: {loss: (x^2-1)^2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.6, max: 1.6, cells: 64}}",
		"equation":  "variables: [x]\nequation: {drift: [-x], diffusion: 1}\ndomain: {x: {min: -5, max: 5, cells: 32}}",
	} {
		last, names := 0.0, map[string]int{}
		audited(t, src, Options{MaxPoints: 1, Walkers: 64, Relaxations: 10, NoiseSteps: 8, Points: 1, Progress: func(share float64, doing string) {
			if share < last || share > 1 || doing == "" {
				t.Errorf("%s: %q: %g after %g", name, doing, share, last)
			}
			last = share
			names[doing]++
		}})
		if last < 0.6 || last > 1 {
			t.Errorf("%s: the last part begins at %g", name, last)
		}
		if kinetic := names[walkKinetic.String()]; (kinetic > 1) != (name == "plane") {
			t.Errorf("%s: %v told of %d times", name, walkKinetic, kinetic)
		}
		without, all := map[string]walk{"walkers": walkPlain, "momentum": walkRescaled}[name]
		if !all {
			continue
		}
		for k := range walks {
			if (names[k.String()] < 2) != (k == without) {
				t.Errorf("%v: told of %d times", k, names[k.String()])
			}
		}
	}
}
