package compare

import (
	"crypto/sha256"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/fp"
)

// An SGD is the recursion of the same fields, a [Process].
type SGD fp.SGD

func (s *SGD) check() error { return (*fp.SGD)(s).Check() }

func (s *SGD) dim() int { return (*fp.SGD)(s).Dim() }

func (s *SGD) hasVelocity() bool { return s.Momentum != 0 }

// lanes keeps indices and orders of samples within caches.
func (s *SGD) lanes() int {
	const most, indices, orders = 32, 64 << 10, 256 << 10
	n := most
	if s.Loss != nil && s.Sampling != fp.FullBatch {
		n = min(n, indices/(buffered*s.Batch))
		if s.Sampling == fp.Epochs {
			n = min(n, orders/s.Loss.Samples())
		}
	}
	return max(n, 1)
}

func (s *SGD) period() int {
	if s.Sampling == fp.Epochs {
		return s.Loss.Samples() / s.Batch
	}
	return 1
}

func (s *SGD) traits(at []float64) []trait {
	rates := fmt.Sprintf("%#v", s.Schedule) // all of those of package fp, and of others the first
	for k := 0; k <= 1e6; k = 10*k + 1 {
		rates += fmt.Sprintf(" %x", s.Schedule.Rate(k))
	}
	traits := []trait{
		{"process", "sgd"},
		{"batch size", fmt.Sprint(s.Batch)},
		{"sampling", fmt.Sprint(s.Sampling)},
		{"momentum", fmt.Sprintf("%x", s.Momentum)},
		{"injected noise", fmt.Sprintf("%x", s.InjectedNoise)},
		{"learning rate", rates},
	}
	if s.Loss == nil {
		return append(traits,
			trait{"loss", fmt.Sprintf("formula %x", valuesAt(s.Formula.Grad, s.Formula.Dim, at))},
			trait{"noise covariance", fmt.Sprintf("%x", valuesAt(s.Formula.NoiseCov, packed(s.Formula.Dim), at))})
	}
	data := sha256.New()
	fmt.Fprintf(data, "%x %x", s.Loss.Data().X, s.Loss.Data().Y)
	return append(traits, trait{"loss", s.Loss.Model().String()}, trait{"data", string(data.Sum(nil))})
}

func packed(d int) int { return d * (d + 1) / 2 }

// valuesAt returns the components of f at a point.
func valuesAt(f fp.Func, count int, at []float64) [][]float64 {
	x, v := columns(len(at), 1), columns(count, 1)
	for a := range at {
		x[a][0] = at[a]
	}
	f(v, x)
	return v
}

func (s *SGD) runner() runner {
	d := s.dim()
	r := &sgdRunner{sgd: s, injected: math.Sqrt(s.InjectedNoise)}
	if s.Loss != nil {
		r.gradient = newMinibatches(s)
	} else {
		r.gradient = &gaussian{formula: s.Formula, batch: float64(s.Batch), factorizer: newFactorizer(d, s.lanes())}
		r.deviates.perStep = d
	}
	if s.InjectedNoise > 0 {
		r.atInjected = r.deviates.perStep
		r.deviates.perStep += d
	}
	return r
}

// A gradient is where g_B comes from.
type gradient interface {
	resume(b *block)
	draw(b *block)
	// descend subtracts rate·g_B(θ) of steps k, k + 1, … from out, one for each rate. Beyond one step out is b.theta,
	// and there are no deviates: z has those of one step.
	descend(out [][]float64, b *block, k int, rates []float64, z [][]float64)
}

type sgdRunner struct {
	sgd        *SGD
	gradient   gradient
	deviates   normals
	z          [][]float64 // deviates of one step
	atInjected int         // the first that is for injected noise
	injected   float64     // its standard deviation
	rates      [buffered]float64
}

func (r *sgdRunner) resume(b *block) { r.gradient.resume(b) }

func (r *sgdRunner) draw(b *block) {
	r.gradient.draw(b)
	if r.deviates.perStep > 0 {
		r.deviates.draw(b.sources)
	}
}

func (r *sgdRunner) advance(b *block, from, to int) {
	r.setRates(b.start, from, to)
	if r.sgd.Momentum == 0 && r.deviates.perStep == 0 {
		r.gradient.descend(b.theta, b, from, r.rates[from:to], nil)
		return
	}
	for k := from; k < to; k++ {
		r.step(b, k)
	}
}

// setRates sets those of steps from, …, to − 1 from a start on.
func (r *sgdRunner) setRates(start, from, to int) {
	rates := r.rates[from:to]
	if constant, ok := r.sgd.Schedule.(fp.ConstantRate); ok { // calls would cost a percent of the fastest steps
		for i := range rates {
			rates[i] = float64(constant)
		}
		return
	}
	for i := range rates {
		rates[i] = r.sgd.Schedule.Rate(start + from + i)
	}
}

func (r *sgdRunner) step(b *block, k int) {
	r.z = r.deviates.of(k, r.z[:0])
	out := b.theta
	if mu := r.sgd.Momentum; mu != 0 {
		out = b.velocity
		for _, v := range out {
			floats.Scale(mu, v)
		}
	}
	r.gradient.descend(out, b, k, r.rates[k:k+1], r.z)
	if r.injected > 0 {
		r.inject(out, r.rates[k])
	}
	if r.sgd.Momentum != 0 {
		for a, t := range b.theta {
			floats.Add(t, b.velocity[a])
		}
	}
}

// inject subtracts rate·√s N.
func (r *sgdRunner) inject(out [][]float64, rate float64) {
	scale := rate * r.injected
	for a, o := range out {
		z := r.z[r.atInjected+a]
		for w := range o {
			o[w] -= float64(scale * z[w])
		}
	}
}

// noise sets dst to the gradient noise ξ = g − g_B of step k, without what is injected.
func (r *sgdRunner) noise(dst [][]float64, b *block, k int) {
	m := r.gradient.(*minibatches)
	for _, x := range dst {
		clear(x)
	}
	r.rates[k] = 1 // advance sets it anew
	m.descend(dst, b, k, r.rates[k:k+1], nil)
	if m.full == nil {
		m.full = &whole{r.sgd.Loss.Evaluator(), make([]float64, len(dst))}
	}
	m.full.step(dst, b.theta, &m.batches, 0, -1/float64(m.batches.n))
}

// minibatches are mean gradients of samples.
type minibatches struct {
	sampler sampler
	descent descent
	batches batches
	full    *whole // for noise
	words   bool
	factors [buffered]float64 // rates over the size of batches
}

func newMinibatches(s *SGD) *minibatches {
	n, size := s.Loss.Samples(), s.Batch
	if s.Sampling == fp.FullBatch {
		size = n
	}
	words, gradients := wordsServe(s.Loss, s.Sampling, size), newDescent(s.Loss, s.Sampling, size)
	return &minibatches{
		sampler: newSampler(s.Sampling, n, size, words),
		descent: gradients,
		batches: batches{size: size, n: uint64(n), woven: woven(gradients, s.Sampling)},
		words:   words,
	}
}

func (m *minibatches) resume(b *block) { m.sampler.resume(b.sources, b.start) }

func (m *minibatches) draw(b *block) {
	switch count := b.walkers() * m.batches.each(); {
	case m.words && len(m.batches.words) < count/4:
		m.batches.words = make([]uint64, count/4)
	case !m.words && m.sampler != noSampler{} && len(m.batches.indices) < count:
		m.batches.indices = make([]uint32, count)
	}
	m.sampler.draw(&m.batches, b.sources, b.start)
}

func (m *minibatches) descend(out [][]float64, b *block, k int, rates []float64, _ [][]float64) {
	factors := m.factors[:len(rates)]
	for i, rate := range rates {
		factors[i] = rate / float64(m.batches.size)
	}
	m.descent.descend(out, b.theta, &m.batches, k, factors)
}

// gaussian is the gradient of a formula with normal noise.
type gaussian struct {
	formula    *fp.LossFormula
	batch      float64
	factorizer *factorizer
	grad, cov  [][]float64
}

func (m *gaussian) resume(*block) {}
func (m *gaussian) draw(*block)   {}

func (m *gaussian) descend(out [][]float64, b *block, _ int, rates []float64, z [][]float64) {
	d, rate := m.formula.Dim, rates[0]
	if m.grad == nil || len(m.grad[0]) != b.walkers() {
		m.grad, m.cov = columns(d, b.walkers()), columns(packed(d), b.walkers())
	}
	m.formula.Grad(m.grad, b.theta)
	m.formula.NoiseCov(m.cov, b.theta)
	b.indefinite += int64(m.factorizer.factor(m.cov))
	for a, o := range out {
		for w, g := range m.grad[a] {
			o[w] -= float64(rate * g)
		}
	}
	addProduct(out, m.cov, z[:d], -rate/math.Sqrt(m.batch))
}
