package compare

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/grid"
)

func msteps(b *testing.B, p Process, opt Options, start []float64) {
	opt.Workers = 1
	opt.Walkers = 1024
	if opt.Every == 0 {
		opt.BurnIn = math.MaxInt // nothing is tallied
	}
	e, err := New(p, Initial{Points: [][]float64{start}}, opt)
	if err != nil {
		b.Fatal(err)
	}
	per := 24000
	if s, ok := p.(*SGD); ok && s.Loss != nil {
		per = max(240, 24000/max(1, s.Batch/8))
	}
	for b.Loop() {
		if err := e.Run(context.Background(), e.Step()+per); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(per)*1024/1e6/b.Elapsed().Seconds(), "Msteps/s")
}

// With GODEBUG=cpu.avx512ifma=off it measures draws without products of 52 bits, with cpu.avx512f=off kernels for AVX2,
// with cpu.avx2=off too those for SSE2, and with -tags purego the loops in Go. (The runtime says it does not know
// cpu.avx512ifma; package cpu does.)
func BenchmarkSGD(b *testing.B) {
	type c struct {
		model   loss.Model
		d, n, B int
		s       fp.Sampling
		mu      float64
		every   int
	}
	for _, c := range []c{
		{loss.LinearRegression, 2, 1000, 8, fp.WithReplacement, 0, 0},   // word path where there are no lanes
		{loss.LinearRegression, 2, 10000, 8, fp.WithReplacement, 0, 0},  // where words are thrown away
		{loss.LinearRegression, 2, 12000, 8, fp.WithReplacement, 0, 0},  // index path
		{loss.LinearRegression, 2, 1000, 6, fp.WithReplacement, 0, 0},   // index path
		{loss.LinearRegression, 2, 100000, 8, fp.WithReplacement, 0, 0}, // rows beyond L2
		{loss.LinearRegression, 2, 1000, 8, fp.WithReplacement, 0.9, 0},
		{loss.LinearRegression, 2, 1000, 8, fp.WithReplacement, 0, 24},
		{loss.LinearRegression, 2, 1000, 8, fp.WithoutReplacement, 0, 0},
		{loss.LinearRegression, 2, 1000, 8, fp.Epochs, 0, 0},
		{loss.LinearRegression, 2, 1000, 1, fp.WithReplacement, 0, 0},
		{loss.LinearRegression, 1, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.LinearRegression, 3, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.LinearRegression, 4, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.DeepLinear, 2, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.LogisticRegression, 2, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.TanhNeuron, 2, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.LogisticRegression, 3, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.TanhNeuron, 3, 1000, 8, fp.WithReplacement, 0, 0},
		{loss.LogisticRegression, 2, 1000, 1, fp.WithReplacement, 0, 0},
	} {
		name := fmt.Sprintf("model=%v/d=%d/n=%d/B=%d/sampling=%v/mu=%g/every=%d", c.model, c.d, c.n, c.B, c.s, c.mu, c.every)
		b.Run(name, func(b *testing.B) {
			l := someLoss(b, c.model, c.d, c.n)
			opt := Options{Every: c.every}
			if c.every > 0 {
				opt.Grid, opt.MaxOutside = box(b, 512, 3, c.d), 1
			}
			msteps(b, &SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: c.B, Sampling: c.s, Momentum: c.mu}, opt, make([]float64, c.d))
		})
	}
}

func box(t testing.TB, n int, half float64, d int) *grid.Grid {
	axes := make([]grid.Axis, d)
	for a := range axes {
		var err error
		if axes[a], err = grid.Uniform(-half, half, n, grid.Reflecting, grid.Reflecting); err != nil {
			t.Fatal(err)
		}
	}
	return grid.New(axes...)
}

func BenchmarkSDE(b *testing.B) {
	for _, c := range []struct {
		name string
		sde  SDE
	}{
		{"em/noise=constant/increments=gaussian", SDE{ConstantDiffusion: []float64{0.1, 0, 0.1}}},
		{"em/noise=constant/increments=three-point", SDE{ConstantDiffusion: []float64{0.1, 0, 0.1}, Increments: ThreePoint}},
		{"em/noise=tensor/increments=gaussian", SDE{Diffusion: tensor}},
		{"platen/noise=tensor/increments=gaussian", SDE{Diffusion: tensor, Scheme: Platen}},
	} {
		b.Run("scheme="+c.name, func(b *testing.B) {
			s := c.sde
			s.Dim, s.Drift, s.Step = 2, fourWells, 0.01
			msteps(b, &s, Options{}, []float64{0, 0})
		})
	}
}

// BenchmarkTwoCores compares linear regression on two cores with one, taking turns, and reports the median gain, for the
// 4096 walkers of the default; with a quarter of them the gain is a fifth less.
func BenchmarkTwoCores(b *testing.B) {
	const steps = 4800
	l := someLoss(b, loss.LinearRegression, 2, 1000)
	var ensembles [2]*Ensemble
	for k := range ensembles {
		var err error
		if ensembles[k], err = New(&SGD{Loss: l, Schedule: fp.ConstantRate(0.05), Batch: 8}, Initial{Points: [][]float64{{0, 0}}}, Options{Workers: k + 1}); err != nil {
			b.Fatal(err)
		}
	}
	ratio, seconds := turns(b, ensembles, steps)
	b.ReportMetric(ratio, "speedup")
	b.ReportMetric(steps*4096/1e6/seconds, "Msteps/s")
}

// turns lets two ensembles take so many steps by turns, and returns the median ratio of the times of the first and the
// second, and the median time of the second.
func turns(b *testing.B, ensembles [2]*Ensemble, steps int) (ratio, second float64) {
	var ratios, seconds []float64
	for b.Loop() {
		var took [2]float64
		for k, e := range ensembles {
			began := time.Now()
			if err := e.Run(context.Background(), e.Step()+steps); err != nil {
				b.Fatal(err)
			}
			took[k] = time.Since(began).Seconds()
		}
		ratios, seconds = append(ratios, took[0]/took[1]), append(seconds, took[1])
	}
	slices.Sort(ratios)
	slices.Sort(seconds)
	return ratios[len(ratios)/2], seconds[len(seconds)/2]
}
