package audit

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ness-fp/ness/fp"
)

var long = flag.Bool("long", false, "run studies of some minutes too")

// small is an audit of a study.
func small(seed uint64, walkers bool) Options {
	return Options{Seed: seed, NoEnsemble: !walkers, Walkers: 64, Relaxations: 20, NoiseSteps: 1000, MaxPoints: 4e5}
}

// sound are problems where all assumptions hold by construction, by a seed, but for the keys that are named.
var sound = []struct {
	name     string
	src      func(seed uint64) string
	violated []string
}{
	{"normal data, with replacement", func(seed uint64) string { return mean(2000, 4, seed, "") }, nil},
	{"normal data, without replacement", func(seed uint64) string { return mean(2000, 8, seed, ", sampling: without-replacement") }, nil},
	{"normal data, with momentum", func(seed uint64) string { return mean(2000, 4, seed, ", momentum: 0.3") }, nil},
	{"normal noise of a formula in the plane", func(uint64) string { return isotropic("1") }, nil},
	{"regression in the plane", plane, []string{"tempered-posterior"}},
}

// plane is the regression of noise s on normal features of covariance H. Its Σ is s²H but for a part of
// 3η tr H/2B = 2e-3, which commutes with the curvature H: there is no current, and the covariance of the density
// is (η/2B)s² times the identity, where that of Gibbs is as H⁻¹. Gradients are products, of excess kurtosis 6,
// whose means of 64 are 0.023·6/64 = 0.002 from normal; and of 20000 samples H and Σ/s² differ by 1/√20000.
func plane(seed uint64) string {
	return fmt.Sprintf("variables: [x, y]\nsgd: {data: {generate: {samples: 20000, weights: [1, -0.5], covariance: [[1, 0.3], [0.3, 1]], noise: 0.5, seed: %d}}, model: linear-regression, learning_rate: 0.05, batch_size: 64}\n"+
		"domain: {x: {min: 0.93, max: 1.07, cells: 36}, y: {min: -0.57, max: -0.43, cells: 36}}", seed)
}

// Where all assumptions hold, at most 1 % of 1000 audits call any of them violated: by the levels
// of the tests it should be 0.1 %. What is violated by construction is called so in all. (Without -long 25
// audits, of which 5 with walkers.)
func TestSoundProblemsRaiseNoAlarm(t *testing.T) {
	skipShort(t)
	audits := 5
	if *long {
		audits = 200
	}
	for k, p := range sound {
		t.Run(p.name, func(t *testing.T) {
			alarms, open := 0, map[string]int{}
			start := time.Now()
			for i := range audits {
				seed := uint64(1000*k + i + 1)
				r := audited(t, p.src(seed), small(seed, *long || i == 0))
				said, alarm := 0, false
				for _, f := range r.Violated() {
					if slices.Contains(p.violated, f.Key) {
						said++
						continue
					}
					alarm = true
					t.Logf("seed %d: %s: %s", seed, f.Key, f.Sentence)
				}
				if alarm {
					alarms++
				}
				if said != len(p.violated) {
					t.Errorf("seed %d: %d of %v are called violated", seed, said, p.violated)
				}
				for _, f := range r.Findings {
					if f.Applies && f.Kind == Assumption && f.Verdict == fp.CannotTell {
						open[f.Key]++
					}
				}
			}
			t.Logf("%d of %d audits raise an alarm; left open: %v; %.3f s an audit", alarms, audits, open, time.Since(start).Seconds()/float64(audits))
			if 100*alarms > audits {
				t.Errorf("%d of %d audits raise an alarm", alarms, audits)
			}
		})
	}
}

// broken are problems with one assumption violated by construction, by a generator of parameters,
// and the findings that have to say so.
var broken = []struct {
	name    string
	src     func(rng *rand.Rand) string
	keys    []string
	walkers bool
}{
	{"Student's t of 2 to 3 degrees of freedom", func(rng *rand.Rand) string {
		return heavy(2000, 4, fmt.Sprintf("student-t: %.3f", 2+rng.Float64()), rng.Uint64N(1e6))
	}, []string{"normal-noise"}, false},
	{"α-stable noise, α from 1.2 to 1.35", func(rng *rand.Rand) string {
		src := heavy(10000, 4, fmt.Sprintf("stable: %.3f", 1.2+0.15*rng.Float64()), rng.Uint64N(1e6))
		return strings.Replace(src, "domain: auto", "domain: {x: {min: -600, max: 600, cells: 3000}}", 1) // some are 30 wide
	}, []string{"normal-noise", "finite-variance"}, false},
	{"ηλ from 0.3 to 0.8", func(rng *rand.Rand) string { return line(fmt.Sprintf("%.3f", 0.3+0.5*rng.Float64()), "") }, []string{"small-steps", "order-in-rate"}, false},
	{"ηλ from 0.6 to 0.9, seen by walkers", func(rng *rand.Rand) string { return line(fmt.Sprintf("%.3f", 0.6+0.3*rng.Float64()), "") }, []string{"walkers"}, true},
	{"η₀/√k", func(rng *rand.Rand) string {
		return line(fmt.Sprintf("{schedule: inverse-sqrt, initial: %.3f}", 0.01+0.09*rng.Float64()), "")
	}, []string{"constant-rate"}, false},
	{"momentum from 0.85 to 0.95", func(rng *rand.Rand) string {
		return line("0.02", fmt.Sprintf(", momentum: %.3f", 0.85+0.1*rng.Float64()))
	}, []string{"no-momentum"}, false},
	{"a fifth to a half of all samples in a batch", func(rng *rand.Rand) string { return mean(200, 40+rng.IntN(61), rng.Uint64N(1e6), "") }, []string{"small-batch"}, false},
	{"epochs of 20 to 500 batches", func(rng *rand.Rand) string {
		return mean(2000, 4+rng.IntN(97), rng.Uint64N(1e6), ", sampling: epochs")
	}, []string{"white-noise"}, false},
	{"Σ of rank 1", func(rng *rand.Rand) string {
		c := 0.5 + rng.Float64()
		return fmt.Sprintf("variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1, %.4f], [%.4f, %.4f^2]], learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -1.4, max: 1.4, cells: 32}, y: {min: -1.4, max: 1.4, cells: 32}}", c, c, c)
	}, []string{"definite-noise"}, false},
	{"Σ that grows with θ", func(rng *rand.Rand) string {
		return fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1 + %.3f*x^2, learning_rate: 0.05, batch_size: 1}\ndomain: {x: {min: -4, max: 4, cells: 256}}", 2+4*rng.Float64())
	}, []string{"constant-noise"}, false},
	{"noise that does not commute with the curvature", func(rng *rand.Rand) string {
		c := 0.3 + 0.3*rng.Float64()
		return fmt.Sprintf("variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1, %.3f], [%.3f, 1]], learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -0.8, max: 0.8, cells: 32}, y: {min: -0.6, max: 0.6, cells: 32}}", c, c)
	}, []string{"detailed-balance"}, false},
	{"isotropic noise that varies along level sets of the loss", func(rng *rand.Rand) string {
		c := 3 + 3*rng.Float64()
		return fmt.Sprintf("variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1 + %.3f*x^2, 0], [0, 1 + %.3f*x^2]], learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -1.4, max: 1.4, cells: 32}, y: {min: -1.2, max: 1.2, cells: 32}}", c, c)
	}, []string{"detailed-balance"}, false},
	{"noise of different size along the axes", func(rng *rand.Rand) string {
		return fmt.Sprintf("variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[1, 0], [0, %.3f]], learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -0.8, max: 0.8, cells: 32}, y: {min: -1, max: 1, cells: 32}}", 2+2*rng.Float64())
	}, []string{"tempered-posterior", "dropped-curl", "form-determinant", "form-inverse-noise"}, false},
	{"flat and crossing valleys", func(rng *rand.Rand) string {
		flat := []string{"x^2 + y^4", "x^4 + y^4 + x^2*y^2", "x^2*y^2"}[rng.IntN(3)]
		return fmt.Sprintf("variables: [x, y]\nsgd: {loss: %.3f*(%s), noise_covariance: [[1, 0], [0, 1]], learning_rate: 0.1, batch_size: 1}\ndomain: {x: {min: -2, max: 2, cells: 32}, y: {min: -2, max: 2, cells: 32}}", 0.5+rng.Float64(), flat)
	}, []string{"regular-minima"}, false},
}

// Of audits of problems with an assumption violated by construction, 99 % say so. (Without -long one
// of each.)
func TestViolationsAreCaught(t *testing.T) {
	skipShort(t)
	audits := 1
	if *long {
		audits = 100
	}
	for k, p := range broken {
		t.Run(p.name, func(t *testing.T) {
			caught, missed := 0, map[string]int{}
			for i := range audits {
				seed := uint64(1000*k + i + 1)
				opt := small(seed, p.walkers)
				opt.Relaxations = 200
				if slices.Contains(p.keys, "regular-minima") {
					opt.MaxPoints = 4e6
				}
				r := audited(t, p.src(rand.New(rand.NewPCG(seed, 0))), opt)
				all := true
				for _, key := range p.keys {
					if f := find(t, r, key); f.Verdict != fp.Violated {
						all = false
						missed[key]++
						t.Logf("seed %d: %s: %s", seed, key, f.Sentence)
					}
				}
				if all {
					caught++
				}
			}
			t.Logf("%d of %d audits say so", caught, audits)
			if 100*caught < 99*audits {
				t.Errorf("only %d of %d audits say so; missed: %v", caught, audits, missed)
			}
		})
	}
}
