package audit

import (
	"errors"
	"math"
	"math/rand/v2"
	"sort"
	"sync"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file watches the gradient noise of SGD along its way, in units of what its variance is
// there: with Σ and its factor f for the way batches are drawn,
//
//	z_a(k) = ξ_a(θ_k) / √(f Σ_aa(θ_k)/B),
//
// which has mean 0 and variance 1 given θ_k. So if batches are independent, z(k)z(k+h) has mean 0
// and variance 1 however Σ depends on θ: sums of these products need no estimate of a variance.

// A noiseSeries has z of walkers that start at points drawn from the density, component after
// component.
type noiseSeries struct {
	steps int
	z     [][][]float64 // [component][walker][step]; components without noise are left out
}

// noiseSteps returns for how many steps noise is watched: whole epochs where there are such.
func (s *subject) noiseSteps() int {
	if s.opt.NoiseSteps > 0 {
		return s.opt.NoiseSteps
	}
	epoch := s.epochSteps()
	return min(max(epochsWatched*epoch, (512+epoch-1)/epoch*epoch), max(8192/epoch, 1)*epoch, 1<<15)
}

// epochsWatched is for how many epochs noise is watched, where 8192 steps are enough of them: 64 walkers
// then see the variance of sums to a quarter of what white noise may be off.
const epochsWatched = 100

// epochSteps returns ⌊n/B⌋.
func (s *subject) epochSteps() int { return s.sgd.Loss.Samples() / s.batch() }

// batch returns B, n of full batches.
func (s *subject) batch() int { return s.file.SGDVariant().Batch }

// watchNoise runs the walkers.
func (s *subject) watchNoise() (*noiseSeries, error) {
	d, steps, walkers := s.grid.Dim(), s.noiseSteps(), s.opt.NoiseWalkers
	n := &noiseSeries{steps: steps, z: make([][][]float64, d)}
	for a := range n.z {
		n.z[a] = make([][]float64, walkers)
		for w := range n.z[a] {
			n.z[a][w] = make([]float64, steps)
		}
	}
	evaluators := sync.Pool{New: func() any { return s.sgd.Loss.Evaluator() }}
	scale := s.batchVariance()
	record := func(done, first int, theta, xi [][]float64) {
		e := evaluators.Get().(*loss.Evaluator)
		defer evaluators.Put(e)
		at := make([]float64, d)
		for w := range theta[0] {
			for a := range at {
				at[a] = theta[a][w]
			}
			e.Eval(at)
			for a := range at {
				if v := scale * e.NoiseCov[diagonal(d, a)]; v > 0 {
					n.z[a][first+w][done] = xi[a][w] / math.Sqrt(v)
				}
			}
		}
	}
	e, err := compare.New((*compare.SGD)(s.sgd), compare.Initial{Points: s.drawn(walkers)}, compare.Options{
		Walkers: walkers, Seed: s.opt.Seed, RecordNoise: record,
	})
	if err != nil {
		return nil, err
	}
	if err := e.Run(s.opt.Context, steps); err != nil {
		return nil, err
	}
	if s.isFar(e.Theta()) {
		return nil, errors.New("walkers diverge")
	}
	n.dropSilent()
	return n, nil
}

// dropSilent leaves out components that have no noise.
func (n *noiseSeries) dropSilent() {
	var kept [][][]float64
	for _, walkers := range n.z {
		var sum float64
		for _, z := range walkers {
			for _, v := range z {
				sum += math.Abs(v)
			}
		}
		if sum > 0 {
			kept = append(kept, walkers)
		}
	}
	n.z = kept
}

// batchVariance returns the variance of g_B over that of one sample, f/B.
func (s *subject) batchVariance() float64 {
	n, b := float64(s.sgd.Loss.Samples()), float64(s.batch())
	if s.sgd.Sampling == fp.WithReplacement {
		return 1 / b
	}
	return (n - b) / max(1, n-1) / b
}

// diagonal returns the place of component (a, a) in a packed triangle.
func diagonal(d, a int) int { return a*d - a*(a-1)/2 }

// drawn returns so many points drawn from the density, anywhere in their cells. They are the
// same for the same seed.
func (s *subject) drawn(count int) [][]float64 {
	rng := rand.New(rand.NewPCG(s.opt.Seed, 0x617564697420)) // a stream of its own
	sums := make([]float64, len(s.mass))
	var sum float64
	for i, m := range s.mass {
		sum += m
		sums[i] = sum
	}
	d := s.grid.Dim()
	points, idx := make([][]float64, count), make([]int, d)
	for k := range points {
		u := rng.Float64() * sum
		i := sort.SearchFloat64s(sums, u)
		s.grid.Indices(idx, min(i, len(sums)-1))
		x := make([]float64, d)
		for a, c := range idx {
			x[a] = s.grid.Axis(a).Center(c) + (rng.Float64()-0.5)*s.grid.Axis(a).Width(c)
		}
		points[k] = x
	}
	return points
}
