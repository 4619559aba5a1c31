package audit

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file ranks assumptions by how far the stationary density moves when one of them is made, or
// given up.

// A rankedList grows by effects, and by what could not be ranked.
type rankedList struct {
	effects  []Effect
	unranked []Unranked
}

func (l *rankedList) add(e Effect) { l.effects = append(l.effects, e) }

func (l *rankedList) cannot(key, name string, err error) {
	l.unranked = append(l.unranked, Unranked{key, name, err.Error()})
}

// has says whether something has been said of that key.
func (l *rankedList) has(key string) bool {
	return slices.ContainsFunc(l.effects, func(e Effect) bool { return e.Key == key }) ||
		slices.ContainsFunc(l.unranked, func(u Unranked) bool { return u.Key == key })
}

// ranking returns all effects that can be computed, in their places, and the assumptions among the findings
// that have none.
func (s *subject) ranking(findings []Finding) ([]Effect, []Unranked) {
	var l rankedList
	s.solvedEffects(&l)
	s.formulaEffects(&l)
	s.sampledEffects(&l)
	for _, f := range findings {
		if f.Kind != Assumption || l.has(f.Key) {
			continue
		}
		why := withoutDensity[f.Key]
		if !f.Applies {
			why = f.Sentence
		}
		l.cannot(f.Key, f.Name, errors.New(why))
	}
	place(l.effects)
	return l.effects, l.unranked
}

// withoutDensity says of assumptions why there is no density with and one without them.
var withoutDensity = map[string]string{
	"finite-variance": "noise without a variance has no equation of this kind to compare with",
	"small-steps":     "ranked by what it does: without momentum by first order in the learning rate, and as part of the equation as a whole",
	"constant-rate":   "while the rate changes there is no stationary density to compare with",
	"no-momentum":     "there is no momentum",
	"small-batch":     "a batch has all samples: drawn without replacement it has no noise",
	"white-noise":     "an epoch is one batch",
	"definite-noise":  "no density goes without it: it says whether the force D⁻¹v exists",
	"regular-minima":  "it is about how volumes of low loss scale, of which no density is made",
}

// place sorts effects, the largest first, by what total variation has beyond sampling, and sets their places:
// first after those that are certainly farther, last before those that are certainly nearer.
func place(list []Effect) {
	slices.SortStableFunc(list, func(a, b Effect) int { return cmp.Compare(b.TV.Beyond(), a.TV.Beyond()) })
	for i := range list {
		least, most := list[i].Range()
		list[i].First, list[i].Last = 1, len(list)
		for k := range list {
			low, high := list[k].Range()
			switch {
			case k == i:
			case low > most:
				list[i].First++
			case high < least:
				list[i].Last--
			}
		}
	}
}

// roundOff is what rounding of some thousand steps leaves of masses.
const roundOff = 1e-12

// between is the effect of another density in place of the solution, with its relative L1 error.
func (s *subject) between(key, name, how string, p *grid.Field, e float64) Effect {
	return apart(key, name, how, s.solution.Density, p, s.densityError()+e)
}

// apart is the effect of density q in place of p, with the sum of their relative L1 errors.
func apart(key, name, how string, p, q *grid.Field, sum float64) Effect {
	shift := func(m fp.Measured) Shift { return Shift{Value: m.Value, Error: m.Error} }
	return Effect{Key: key, Name: name, How: how, TV: shift(tvBetween(p, q, sum)), Hellinger: shift(hellingerBetween(p, q, sum))}
}

// formulaEffects are those of densities that are proposed, among the candidates, and of others that there are.
func (s *subject) formulaEffects(l *rankedList) {
	for _, w := range []struct{ candidate, key, name, how string }{
		{"gibbs", "tempered-posterior", "tempered posterior", "exp(−2BL/ησ²) for the solution"},
		{"fokker-planck-ito", "calculus-ito", "calculus: Itô", "the same coefficients in the sense of Itô"},
		{"fokker-planck-stratonovich", "calculus-stratonovich", "calculus: Stratonovich", "the same coefficients in the sense of Stratonovich"},
		{"fokker-planck-haenggi-klimontovich", "calculus-haenggi-klimontovich", "calculus: Hänggi–Klimontovich", "the same coefficients in the sense of Hänggi and Klimontovich, J = bp − D∇p"},
	} {
		for _, c := range s.candidates {
			switch {
			case c.Key != w.candidate:
			case c.Err != nil:
				l.cannot(w.key, w.name, c.Err)
			default:
				l.add(s.between(w.key, w.name, w.how, c.Density, c.Error))
			}
		}
	}
	if e, _, err := s.orders(); err == nil { // else its finding says why not
		l.add(e)
	}
	if k := s.kinetic; k != nil {
		l.addOr(k.effect, k.err)
	}
}

// solvedEffects are those of other equations.
func (s *subject) solvedEffects(l *rankedList) {
	add := func(key, name, how string, solve func() (*grid.Field, float64, error)) {
		if p, e, err := solve(); err != nil {
			l.cannot(key, name, err)
		} else {
			l.add(s.between(key, name, how, p, e))
		}
	}
	add("constant-noise", "Σ constant", "the mean of Σ over the density for Σ(θ)", func() (*grid.Field, float64, error) {
		mean := s.meanDiffusion()
		return s.withDiffusion(func(dst, _ [][]float64) {
			for k := range dst {
				for i := range dst[k] {
					dst[k][i] = mean[k]
				}
			}
		})
	})
	add("detailed-balance", "detailed balance", "the potential of the force D⁻¹v, as if it had one, by paths along the axes from the mean", s.balanced)
	if s.sgd == nil || s.sgd.Loss == nil || s.sgd.Sampling == fp.FullBatch || s.batch() == s.sgd.Loss.Samples() {
		return
	}
	factor, how := s.otherFactor()
	add("small-batch", "batches few of the samples", how, func() (*grid.Field, float64, error) {
		return s.withDiffusion(s.noiseTimes(factor))
	})
}

// otherFactor returns what Σ is to be multiplied by where batches are drawn with replacement for
// without, or the other way round.
func (s *subject) otherFactor() (factor float64, how string) {
	n, b := float64(s.sgd.Loss.Samples()), float64(s.batch())
	factor = (n - b) / (n - 1)
	if s.sgd.Sampling == fp.WithReplacement {
		return factor, "batches without replacement for those with"
	}
	return 1 / factor, "batches with replacement for those without"
}

// noiseTimes is D with a factor at Σ, and none at injected noise.
func (s *subject) noiseTimes(factor float64) fp.Func {
	injected := s.file.SGDVariant().Rate / (1 - s.sgd.Momentum) / 2 * s.sgd.InjectedNoise
	d, plain := s.grid.Dim(), s.problem.Diffusion()
	return func(dst, x [][]float64) {
		plain(dst, x)
		for k := range dst {
			for i := range dst[k] {
				dst[k][i] *= factor
			}
		}
		for a := range d {
			for i := range dst[diagonal(d, a)] {
				dst[diagonal(d, a)][i] += injected * (1 - factor)
			}
		}
	}
}

// meanDiffusion returns E D, packed.
func (s *subject) meanDiffusion() []float64 {
	mean := s.meanNoise()
	if s.sgd != nil {
		for k := range mean {
			mean[k] *= s.tensorScale()
		}
	}
	return mean
}

// withDiffusion solves with another tensor and the same drift in the sense of Itô.
func (s *subject) withDiffusion(tensor fp.Func) (*grid.Field, float64, error) {
	d := s.grid.Dim()
	length, step := make([]float64, d), make([]float64, d)
	for a := range length {
		length[a] = s.grid.Axis(a).Length()
		step[a] = length[a] / float64(8*s.grid.Axis(a).Cells())
	}
	p := *s.problem
	p.Calculus = fp.ItoCalculus
	p.Equation = fp.Ito(d, s.problem.ItoDrift(length), tensor, fp.Divergence(d, tensor, step))
	return s.solved(&p)
}

// sampledEffects are those between walkers, each with one thing changed: normal noise is set against
// noise of data in independent batches, as it is itself, and epochs against single batches of the same
// covariance.
func (s *subject) sampledEffects(l *rankedList) {
	if s.sgd == nil {
		return
	}
	c := &s.crowds.of
	if self := &c[walkItself]; self.err != nil {
		l.cannot("walkers", theWhole, self.err)
	} else if d, err := self.Distances(s.solution.Density); err != nil {
		l.cannot("walkers", theWhole, err)
	} else {
		l.add(s.fromSolution("walkers", theWhole, "walkers of SGD and the solution", d))
	}
	if s.sgd.Momentum > 0 {
		l.addOr(s.withoutMomentum())
	}
	if s.sgd.Loss == nil || s.batchVariance() == 0 {
		return
	}
	l.addOr(twins("normal-noise", "normal noise", "walkers with independent batches and such with normal noise of the same Σ(θ)", s.independent(), &c[walkNormal]))
	if s.epochSteps() > 1 {
		l.addOr(twins("white-noise", "white noise", "walkers with independent batches without replacement and such in epochs", &c[walkSingle], &c[walkEpochs]))
	}
}

const theWhole = "the equation as a whole"

// fromSolution is the effect between walkers and the solution, with its numerical error.
func (s *subject) fromSolution(key, name, how string, d *compare.Distances) Effect {
	e := sampled(key, name, how, d, 1)
	e.TV.Error += s.densityError() / 2 // half of an L1 distance is one in total variation
	e.Hellinger.Error += s.densityError()
	return e
}

// withoutMomentum is the effect of momentum: SGD without it at the rate η/(1−μ) has the same equation.
func (s *subject) withoutMomentum() (Effect, error) {
	return twins("no-momentum", "SGD without momentum", "walkers with independent batches and such without momentum at the rate η/(1−μ), of the same equation", s.independent(), &s.crowds.of[walkPlain])
}

// addOr adds an effect, or says why there is none.
func (l *rankedList) addOr(e Effect, err error) {
	if err != nil {
		l.cannot(e.Key, e.Name, err)
		return
	}
	l.add(e)
}

// twins returns the effect between two crowds. Errors: there is none of them, or those of
// [compare.Histogram.Distances]; key and name are set all the same.
func twins(key, name, how string, a, b *crowd) (Effect, error) {
	e := Effect{Key: key, Name: name}
	if err := cmp.Or(a.err, b.err); err != nil {
		return e, err
	}
	d, err := a.Distances(b.Density())
	if err != nil {
		return e, err
	}
	return sampled(key, name, how, d, floorOf(a.Histogram, b.Histogram)), nil
}

// floorOf is what the floor of the distance of a histogram becomes when the density that it is set
// against is one of another: variances of cells add up.
func floorOf(h, other *compare.Histogram) float64 {
	return math.Sqrt(1 + float64(h.Total())/float64(other.Total()))
}

// sampled is an effect between walkers; the floor and the error are so many times as large.
func sampled(key, name, how string, d *compare.Distances, times float64) Effect {
	shift := func(x compare.Distance) Shift { return Shift{x.Value, times * x.Err, times * x.Floor} }
	return Effect{Key: key, Name: name, How: how, TV: shift(d.TV), Hellinger: shift(d.Hellinger), Sampled: true}
}
