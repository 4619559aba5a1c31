package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether minibatch noise is normal where the density is. The gradients of samples are
// tested themselves, along their principal axes and a fan of directions, and as vectors: if they are normal, so are their means. If not, means
// of B have the skewness γ/√B and the excess kurtosis κ/B, so that they come closer to normal as B grows
// (Edgeworth), like B^−½ where samples are skewed and like 1/B where they are symmetric; and are never
// further away than 0.4748 E|z|³/√B (Berry and Esseen; Shevtsova, arXiv 1111.6554). How far they are
// is measured, for the batches of the problem and along a ladder of sizes.

const (
	berryEsseen = 0.4748
	// clearErrors is how many standard errors of sampling a distance is given: too few for one test of its
	// own, with a chance of 0.1 %, and enough beside those of normality, without which nothing is violated.
	clearErrors = 3
)

// gaussian has a finding on normality and one on the variance.
func (s *subject) gaussian() []Finding {
	normal := Finding{
		Key: "normal-noise", Name: "normal noise", Claim: "minibatch noise is normal at typical θ",
		Rule: Rule{
			Text:  fmt.Sprintf("violated where gradients of samples are not normal, with a chance below %.2g of all tests together, and means of minibatches drawn are also further than %g from normal, less %d standard errors, so that of normal noise the chance is at most the tests'; holds where these are closer than that along all directions looked at, with as many, unless only the test of vectors rejects normal ones", level, s.opt.Within, clearErrors),
			Limit: s.opt.Within, Level: level,
		},
	}
	tail := Finding{
		Key: "finite-variance", Name: "finite variance", Claim: "gradients of samples have a finite variance at typical θ, as n grows",
		Rule: Rule{Text: fmt.Sprintf("violated where the last tenth of samples is a power law x^−α, which shows as a plateau of Hill's estimate that tails like exp(−x^τ) have with a chance below %.2g, and α is at most 2 by a limit with that chance for a power law; holds where α is above 2 by such a limit and no part of the tail further out has a clearly smaller index or one within three errors of 2, which says nothing of power laws that begin beyond the samples", level), Limit: 2, Level: level},
	}
	both := func(why string) []Finding { return []Finding{normal.notApplicable(why), tail.notApplicable(why)} }
	switch {
	case s.sgd == nil:
		return both("an equation has normal noise by definition")
	case s.sgd.Loss == nil:
		return both("noise of a formula is drawn from a normal law")
	case s.batchVariance() == 0:
		return both("full batches have no noise")
	case s.sgd.Loss.Samples() < fewestNormal:
		return both(fmt.Sprintf("%d samples are too few to tell of their law, want %d", s.sgd.Loss.Samples(), fewestNormal))
	}
	axes := make([][][]float64, 0, s.opt.Points)
	for _, theta := range s.drawn(s.opt.Points) {
		if a := whitened(s.sampleGradients(theta), s.grid.Dim()); len(a) > 0 {
			axes = append(axes, a)
		}
	}
	if len(axes) == 0 {
		return both("there is no noise where the density is")
	}
	s.judgeNormal(&normal, axes)
	s.judgeTail(&tail, axes)
	return []Finding{normal, tail}
}

// sampleGradients returns g_i(θ), n × d by rows.
func (s *subject) sampleGradients(theta []float64) []float64 {
	l := s.sgd.Loss
	d := l.Dim()
	x := make([]float64, l.Samples()*d)
	for i := range l.Samples() {
		l.SampleGrad(x[i*d:(i+1)*d], i, theta)
	}
	return x
}

// judgeNormal tests at every point, and tells of the worst.
func (s *subject) judgeNormal(f *Finding, points [][][]float64) {
	f.Applies = true
	n, batch := float64(s.sgd.Loss.Samples()), s.batch()
	tests := normalTests{along: 1, joint: 1}
	several := false
	var worst minibatchLaw
	var distance measured
	for k, axes := range points {
		several = several || len(axes) > 1
		fan := directions(axes)
		tests.see(fan)
		tests.seeVectors(axes, s.opt.Seed, uint64(k))
		law := s.minibatchLaw(fan)
		if d := law.distance(batch); k == 0 || d.value > distance.value {
			distance, worst = d, law
		}
	}
	along, chance := tests.chances()
	h, by := shapeOf(worst.z), worst.scaling()
	f.Statistics = []Statistic{
		{"distance", fmt.Sprintf("distance of means of %d gradients from normal, of minibatches drawn", batch), distance.value, distance.err},
		{"edgeworth", "what Edgeworth's series says of it, from skewness and kurtosis", h.ofMeans(float64(batch), worst.share(batch)).distance(), math.NaN()},
		{"berry-esseen", "bound of Berry and Esseen on it, of draws with replacement", berryEsseen * h.third / math.Sqrt(float64(batch)), 0},
	}
	if by.ok {
		f.Statistics = append(f.Statistics,
			Statistic{"exponent", "exponent of B with which it falls, of minibatches drawn", by.exponent.value, by.exponent.err},
			Statistic{"exponent-edgeworth", "exponent of Edgeworth's series at the same B", by.predicted.value, math.NaN()})
	}
	f.Statistics = append(f.Statistics,
		Statistic{"chance", "least chance of any test, times their number", chance, 0},
		Statistic{"henze-zirkler", "chance of Henze and Zirkler's statistic, of gradients of samples", tests.joint, 0},
		// Of normal numbers γ and κ vary by √(6/n) and √(24/n).
		Statistic{"skewness", "skewness of gradients of samples", h.skewness, math.Sqrt(6 / n)},
		Statistic{"kurtosis", "excess kurtosis of gradients of samples", h.kurtosis, math.Sqrt(24 / n)})
	f.Verdict = judgeDistance(distance, chance, s.opt.Within)
	if f.Verdict == fp.Holds && several && chance < level && along >= level {
		f.Verdict = fp.CannotTell
		f.Sentence = fmt.Sprintf("gradients of samples are not normal as vectors, though they are along every direction looked at: how far means of %d of them are from normal is not measured by these", batch)
		return
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("means of %d gradients are within %.2g of normal", batch, max(0, distance.value)+clearErrors*distance.err),
		fmt.Sprintf("gradients of samples are not normal, with an excess kurtosis of %.3g, and means of %d of them are %.2g ± %.1g from normal", h.kurtosis, batch, distance.value, distance.err),
		fmt.Sprintf("%g samples do not tell whether means of %d are closer to normal than %g: they are %.2g ± %.1g away", n, batch, s.opt.Within, distance.value, distance.err))
	if by.ok {
		f.Sentence += fmt.Sprintf("; the distance falls like B to the power %.2f ± %.1g, by Edgeworth's series %.2f", by.exponent.value, by.exponent.err, by.predicted.value)
	}
	f.Curves = append(f.Curves, by.curve())
}

// normalTests are those of whether numbers are normal: how many, and the least chances of those along
// directions and of those of vectors.
type normalTests struct {
	count        int
	along, joint float64
}

// see tests skewness and kurtosis along directions.
func (t *normalTests) see(directions [][]float64) {
	for _, z := range directions {
		h, n := shapeOf(z), float64(len(z))
		t.along = min(t.along, skewnessChance(h.skewness, n), kurtosisChance(h.kurtosis, n))
		t.count += 2
	}
}

// seeVectors tests them as a whole.
func (t *normalTests) seeVectors(axes [][]float64, seed, stream uint64) {
	t.joint = min(t.joint, jointChance(axes, seed, stream))
	t.count++
}

// chances returns the least along any direction and the least of all, times the number of tests (Bonferroni).
func (t *normalTests) chances() (along, all float64) {
	n := float64(t.count)
	return min(1, n*t.along), min(1, n*min(t.along, t.joint))
}

// judgeDistance holds a distance from normal against a limit. What samples of a normal law may have, by
// the chance of tests, is no violation.
func judgeDistance(distance measured, chance, within float64) fp.Verdict {
	v := judge(distance.value, clearErrors*distance.err, within)
	if v == fp.Violated && chance >= level {
		return fp.CannotTell
	}
	return v
}

// minibatchLaw returns that of the direction whose means are furthest from normal by Edgeworth's series.
func (s *subject) minibatchLaw(axes [][]float64) (law minibatchLaw) {
	most := -1.0
	for _, z := range axes {
		l := minibatchLaw{z, s.sgd.Sampling == fp.WithReplacement, s.opt.Seed}
		if off := shapeOf(z).ofMeans(float64(s.batch()), l.share(s.batch())).series(); off > most {
			most, law = off, l
		}
	}
	return law
}

// curve shows distances by batch size.
func (s *scaling) curve() Curve {
	c := Curve{
		Key: "normality_batch", Name: "distance of minibatch noise from normal", XLabel: "batch size", YLabel: "distance",
		Measured: "minibatches drawn", Expected: "Edgeworth's series",
		X: s.batches, Reference: s.expected,
	}
	for _, m := range s.measured {
		c.Y, c.Err = append(c.Y, m.value), append(c.Err, m.err)
	}
	return c
}
