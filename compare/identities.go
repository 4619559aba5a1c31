package compare

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file draws minibatches at one θ and compares the mean, covariance and autocovariance
// of their gradients g_B with what follows from the n gradients g_i of samples, with
// g = (1/n) Σ g_i, Σ = (1/n) Σ (g_i − g)(g_i − g)ᵀ and ξ = g − g_B:
//
//	with replacement      E g_B = g,  Cov ξ = Σ/B
//	without               E g_B = g,  Cov ξ = (n−B)/(n−1) Σ/B
//	epochs of M = ⌊n/B⌋   E ξ_k ξ_{k+h}ᵀ = −(M−h)/M Σ/(n−1), averaged over a whole number of epochs
//
// The last, for 1 ≤ h ≤ M, is that of two batches that share no sample, −Σ/(n−1), times the
// chance that both are of one epoch. Where B divides n it is −C (M−h)/(M(M−1)), C the
// covariance without replacement. All of this holds for any n vectors g_i, of whatever model.
//
// Kühn and Rosenow, arXiv 2306.05300. Cochran, Sampling Techniques (1977), ch. 2.

// IdentityOptions tune [NoiseIdentities]. All but Batch may be 0.
type IdentityOptions struct {
	// Batch is B, from 1 to the number of samples.
	Batch int
	// Batches is how many minibatches are drawn in each way, at least 2; it is rounded up
	// to the same multiple of 120 in every group, and of whole epochs. There are 64
	// groups, or 2d(d+1) if that is more. 0 means 2²⁰, or
	// what draws 2²⁷ samples if that is less: some seconds. It is at most what draws 10¹³.
	Batches int
	// Law is that of the samples, if they have one that is known: with it come identities
	// over data sets.
	Law *loss.Law
	// DataSets is how many data sets of n samples are drawn from Law, at least 2; it is
	// rounded up to the same number in every group, of at least 16, so that there are 1024
	// or more. 0 means 2¹⁴, or what draws 2²³ samples if that is less. A sample costs some
	// tenths of a microsecond, and there are at most 10¹¹.
	DataSets int
	// Seed fixes all random numbers.
	Seed uint64
	// Workers is the number of goroutines; 0 means one per core. Results do not depend on it.
	Workers int
}

// FalseAlarm is the chance that an [Identity] that holds is called violated: that of a
// normal deviate above 5.
const FalseAlarm = 2.866515718791939e-7

// mostUnseen is the Bound up to which an [Identity] holds.
const mostUnseen = 0.1

// An Identity is a property of gradient noise, measured.
//
// It is violated where P is below [FalseAlarm]. It holds where it is not violated and Bound
// is at most a tenth. Otherwise there is too little to tell: Bound falls as the square root
// of the number of draws.
type Identity struct {
	Name    string
	Formula string
	// Measured, Expected and Err, the standard error of Measured between groups of draws,
	// have a number for each parameter, or for each entry of a symmetric matrix, packed.
	Measured, Expected, Err []float64
	// Freedom is K, the number of independent directions in which draws vary; 0 where
	// nothing does, and Measured is Expected but for round-off.
	Freedom int
	// P is the chance of a deviation that is larger in Hotelling's sense if the identity
	// holds: uniform between 0 and 1 then, as far as means of groups are normal. (With the
	// fewest batches, of one sample with log-normal features, P of covariances was below 0.001
	// four times as often as it should, in 15 of 4000 cases; with 2¹⁷ batches in 1 of 300.)
	// 1 where nothing varies; 0 where what does not vary deviates.
	P float64
	// Z is the normal deviate with a chance P of a larger one, within ±37; 0 where P is 1.
	Z float64
	// Bound is how far off some component may still be: the largest of
	// |Measured − Expected| + 5 Err in units of noise, which is the standard deviation of
	// what a mean is taken of, for covariances the product of two of them, and for those of
	// different steps the part of it that is expected.
	Bound   float64
	Verdict fp.Verdict
}

// NoiseIdentities checks the identities of gradient noise at θ: for draws with and without
// replacement and in epochs that the mean gradient is unbiased, its covariance, and the estimator
// of Σ from 10 of them; that a full batch has no noise; with a Law that over data sets g has
// the mean and Σ_pop/n the covariance of the population, and Σ the mean (n−1)/n Σ_pop.
// (Without replacement and B = n there is nothing to estimate Σ from.)
//
// Each identity has its own false alarms, [FalseAlarm]; those of the same draws are not
// independent of each other. A context that is done ends the draws with its error. It is an error where θ is not finite or does not fit the loss,
// where an option is out of range, and where there is no population of the law, see
// [loss.Law.Population].
func NoiseIdentities(ctx context.Context, l *loss.Loss, theta []float64, opt IdentityOptions) ([]Identity, error) {
	if err := opt.check(l, theta); err != nil {
		return nil, err
	}
	var s *dataSets
	if opt.Law != nil {
		var err error
		if s, err = newDataSets(ctx, l, theta, &opt); err != nil {
			return nil, err
		}
	}
	t := newNoiseTest(ctx, l, theta, &opt)
	for _, v := range t.cov {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("theta: the covariance of gradients at %g overflows", theta)
		}
	}
	list := t.independent(fp.WithReplacement)
	list = append(list, t.independent(fp.WithoutReplacement)...)
	list = append(list, t.epochs(), t.fullBatch())
	if s != nil {
		list = append(list, s.identities()...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return list, nil
}

// Drawn returns the options with the numbers of batches and of data sets that are drawn, none without a law. In
// epochs there may be some more, to the end of one in each group.
func (o IdentityOptions) Drawn(l *loss.Loss) IdentityOptions {
	groups := groupsFor(l.Dim())
	perGroup := pieces.Count(orElse(o.Batches, min(1<<20, (1<<27)/max(1, o.Batch))), groups)
	o.Batches = pieces.Count(perGroup, leastPerGroup) * leastPerGroup * groups
	sets := orElse(o.DataSets, min(1<<14, (1<<23)/l.Samples()))
	o.DataSets = max(leastSets, pieces.Count(sets, groups)) * groups
	if o.Law == nil {
		o.DataSets = 0
	}
	return o
}

func (o *IdentityOptions) check(l *loss.Loss, theta []float64) error {
	n := l.Samples()
	switch {
	case len(theta) != l.Dim():
		return fmt.Errorf("theta: want %d numbers, have %d", l.Dim(), len(theta))
	case o.Batch < 1 || o.Batch > n:
		return fmt.Errorf("batch: want 1 to the %d samples there are, have %d", n, o.Batch)
	case o.Batches < 0 || o.Batches == 1:
		return fmt.Errorf("batches: want at least 2, have %d", o.Batches)
	case o.Batches > MostBatches(o.Batch):
		return fmt.Errorf("batches: want at most %d, which draw %.0e samples in each way, have %d", MostBatches(o.Batch), float64(mostDrawn), o.Batches)
	case o.DataSets < 0 || o.DataSets == 1:
		return fmt.Errorf("data sets: want at least 2, have %d", o.DataSets)
	case o.DataSets > MostDataSets(n):
		return fmt.Errorf("data sets: want at most %d, which have %.0e samples, have %d", MostDataSets(n), float64(mostGenerated), o.DataSets)
	case o.Workers < 0:
		return fmt.Errorf("workers: want at least 1, have %d", o.Workers)
	}
	for _, v := range theta {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("theta: want finite numbers, have %g", v)
		}
	}
	return nil
}

// What is drawn at most takes some hours.
const (
	mostDrawn     = 1e13 // samples, in each way
	mostGenerated = 1e11 // samples of data sets
)

// MostBatches returns how many minibatches of a size are drawn in each way at most.
func MostBatches(size int) int { return mostDrawn / size }

// MostDataSets returns how many data sets of so many samples are generated at most.
func MostDataSets(samples int) int { return mostGenerated / samples }

// estimatorBatches is m of the estimator Σ̂ = B/(m−1) Σ_j (g_{B_j} − ḡ)(g_{B_j} − ḡ)ᵀ.
const estimatorBatches = 10

// leastPerGroup is a multiple of estimatorBatches.
const leastPerGroup = 12 * estimatorBatches

// groupsFor is how many groups of draws there are for tests of packed matrices: so many
// that their covariance is known well.
func groupsFor(d int) int { return max(64, 4*packed(d)) }

// A noiseTest has what minibatches at one θ are made of.
type noiseTest struct {
	ctx             context.Context
	batch, perGroup int
	seed            uint64
	workers         int
	newSampler      func(s fp.Sampling, n, batch int) sampler
	xi              []float64 // g_i − g: n × d, by rows
	grad            []float64 // g
	cov             []float64 // Σ, packed
}

func newNoiseTest(ctx context.Context, l *loss.Loss, theta []float64, opt *IdentityOptions) *noiseTest {
	t := &noiseTest{
		ctx: ctx, batch: opt.Batch, perGroup: opt.Drawn(l).Batches / groupsFor(l.Dim()),
		seed: opt.Seed, workers: orElse(opt.Workers, runtime.GOMAXPROCS(0)),
		newSampler: func(s fp.Sampling, n, batch int) sampler { return newSampler(s, n, batch, false) },
	}
	t.xi, t.grad, t.cov = sampleNoise(l, theta)
	return t
}

// sampleNoise returns g_i − g of all samples, n × d by rows, their mean g, and Σ. The
// differences are centred twice, see [loss.Data.Standardize].
func sampleNoise(l *loss.Loss, theta []float64) (xi, grad, cov []float64) {
	d, n := l.Dim(), l.Samples()
	xi, grad, cov = make([]float64, n*d), make([]float64, d), make([]float64, packed(d))
	for i := range n {
		l.SampleGrad(xi[i*d:(i+1)*d], i, theta)
	}
	mean := make([]float64, d)
	for range 2 {
		clear(mean)
		for i, v := range xi {
			mean[i%d] += v
		}
		for a := range mean {
			mean[a] /= float64(n)
			grad[a] += mean[a]
		}
		for i := range xi {
			xi[i] -= mean[i%d]
		}
	}
	for i := range n {
		addOuter(cov, xi[i*d:(i+1)*d], 1/float64(n))
	}
	return xi, grad, cov
}

// addOuter adds s x xᵀ to dst, packed.
func addOuter(dst, x []float64, s float64) {
	k := 0
	for a, u := range x {
		for _, v := range x[a:] {
			dst[k] += float64(float64(s*u) * v)
			k++
		}
	}
}

func (t *noiseTest) dim() int     { return len(t.grad) }
func (t *noiseTest) samples() int { return len(t.xi) / t.dim() }

// factor is what Σ/B has to be multiplied by to be the covariance of one batch.
func (t *noiseTest) factor(s fp.Sampling) float64 {
	n, b := float64(t.samples()), float64(t.batch)
	if s == fp.WithReplacement {
		return 1
	}
	return (n - b) / math.Max(n-1, 1)
}

// draw calls add with g_B − g of so many batches of so many samples, one after the other,
// from the stream of a group. What it gets is not to be kept.
func (t *noiseTest) draw(s fp.Sampling, batch, group, steps int, add func(xi []float64)) {
	n, d := t.samples(), t.dim()
	b := &batches{indices: make([]uint32, buffered*batch), size: batch, n: uint64(n)}
	from := newSources(1)
	from.now[0] = random.New(t.seed, uint64(s)<<32|uint64(group))
	sampler := t.newSampler(s, n, batch)
	sampler.resume(from, 0)
	mean := make([]float64, d)
	for start := 0; start < steps && t.ctx.Err() == nil; start += buffered {
		sampler.draw(b, from, start)
		for k := range min(buffered, steps-start) {
			indices, _ := b.at(k, 0)
			clear(mean)
			for _, i := range indices[:batch] {
				for a, v := range t.xi[int(i)*d:][:d] {
					mean[a] += v
				}
			}
			for a := range mean {
				mean[a] /= float64(batch)
			}
			add(mean)
		}
	}
}

// groups returns rows of count numbers, one for each group, that fill sets.
func (t *noiseTest) groups(count int, fill func(group int, row []float64)) [][]float64 {
	rows := columns(groupsFor(t.dim()), count)
	pieces.RunOn(t.workers, len(rows), 1, func(g, _, _ int) { fill(g, rows[g]) })
	return rows
}

// independent checks mean, covariance and the estimator of Σ from batches that do not
// depend on each other.
func (t *noiseTest) independent(s fp.Sampling) []Identity {
	d, p := t.dim(), packed(t.dim())
	factor, size := t.factor(s), float64(t.batch)
	rows := t.groups(d+2*p, func(g int, row []float64) {
		mean, cov := row[:d], row[d:d+p]
		e := newEstimator(row[d+p:])
		t.draw(s, t.batch, g, t.perGroup, func(xi []float64) {
			for a, v := range xi {
				mean[a] += v
			}
			addOuter(cov, xi, 1)
			e.add(xi)
		})
		for k := range row {
			row[k] /= float64(t.perGroup)
		}
		for a := range mean {
			mean[a] += t.grad[a]
		}
		for k := range e.sum { // of sums over estimatorBatches
			e.sum[k] *= estimatorBatches * size / ((estimatorBatches - 1) * factor)
		}
	})
	noise := t.noise(factor/size, t.perGroup)
	how, times, back := "with replacement", "", ""
	if s == fp.WithoutReplacement {
		how, times, back = "without replacement", "(n−B)/(n−1) ", "(n−1)/(n−B) "
	}
	list := []Identity{
		noise.mean(cutRows(rows, 0, d), t.grad).named("mean of g_B is g, "+how, "E g_B = g"),
		noise.covariance(cutRows(rows, d, d+p), scaledBy(factor/size, t.cov)).named("covariance of g_B, "+how, "Cov g_B = "+times+"Σ/B"),
	}
	if factor > 0 {
		list = append(list, noise.times(math.Sqrt(size/factor)).covariance(cutRows(rows, d+p, d+2*p), t.cov).
			named("estimator of Σ from 10 batches, "+how, "E "+back+"B/(m−1) Σ_j (g_Bj − ḡ)(g_Bj − ḡ)ᵀ = Σ, m = 10"))
	}
	return list
}

// An estimator sums up (g_Bj − ḡ)(g_Bj − ḡ)ᵀ, ḡ the mean of estimatorBatches batches.
type estimator struct {
	sum  []float64
	last []float64 // of up to estimatorBatches
}

func newEstimator(sum []float64) *estimator { return &estimator{sum: sum} }

func (e *estimator) add(xi []float64) {
	d := len(xi)
	e.last = append(e.last, xi...)
	if len(e.last) < estimatorBatches*d {
		return
	}
	for a := range d {
		var mean float64
		for k := a; k < len(e.last); k += d {
			mean += e.last[k] / estimatorBatches
		}
		for k := a; k < len(e.last); k += d {
			e.last[k] -= mean
		}
	}
	for k := 0; k < len(e.last); k += d {
		addOuter(e.sum, e.last[k:k+d], 1)
	}
	e.last = e.last[:0]
}

// epochs checks the autocovariance at lag 1.
func (t *noiseTest) epochs() Identity {
	n, d := t.samples(), t.dim()
	perEpoch := n / t.batch
	pairs := pieces.Count(t.perGroup, perEpoch) * perEpoch
	rows := t.groups(packed(d), func(g int, row []float64) {
		last := make([]float64, 0, d)
		t.draw(fp.Epochs, t.batch, g, pairs+1, func(xi []float64) {
			if len(last) > 0 {
				addProducts(row, last, xi)
			}
			last = append(last[:0], xi...)
		})
		for k := range row {
			row[k] /= float64(pairs)
		}
	})
	c := float64(1-perEpoch) / float64(perEpoch) / math.Max(float64(n-1), 1)
	variance := t.factor(fp.WithoutReplacement) / float64(t.batch)
	noise := t.noise(variance, pairs)
	if perEpoch > 1 {
		noise.unit = -c / variance
	}
	return noise.covariance(rows, scaledBy(c, t.cov)).
		named("autocovariance at lag 1 in epochs", "E ξ_k ξ_{k+1}ᵀ = −(M−1)/M Σ/(n−1), M = ⌊n/B⌋")
}

// addProducts adds (x yᵀ + y xᵀ)/2 to dst, packed.
func addProducts(dst, x, y []float64) {
	k := 0
	for a := range x {
		for b := a; b < len(x); b++ {
			dst[k] += float64(x[a]*y[b])/2 + float64(x[b]*y[a])/2
			k++
		}
	}
}

// fullBatch checks that the order of samples does not matter where all are drawn.
func (t *noiseTest) fullBatch() Identity {
	n := t.samples()
	row := make([]float64, packed(t.dim()))
	t.draw(fp.WithoutReplacement, n, groupsFor(t.dim()), buffered, func(xi []float64) { addOuter(row, xi, 1.0/buffered) })
	return t.noise(0, n).covariance([][]float64{row}, make([]float64, len(row))).
		named("a full batch has no noise", "Cov g_B = 0, B = n without replacement")
}

// noise returns that of batches of so much of the variance of a sample, of which a group
// has so many.
func (t *noiseTest) noise(variance float64, perGroup int) noiseScale {
	d := t.dim()
	s := newNoiseScale(d)
	roundOff := float64(t.samples()+t.batch+perGroup+10) * 0x1p-52
	for a := range d {
		sd := math.Sqrt(t.cov[diagonal(d, a)])
		s.sd[a] = math.Sqrt(variance) * sd
		s.floor[a] = roundOff*sd + 0x1p-50*math.Abs(t.grad[a])
	}
	return s
}

func scaledBy(s float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for k, v := range x {
		y[k] = s * v
	}
	return y
}

func cutRows(rows [][]float64, lo, hi int) [][]float64 {
	part := make([][]float64, len(rows))
	for g, row := range rows {
		part[g] = row[lo:hi]
	}
	return part
}
