package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether minibatch noise is normal where the density is. The gradients of
// samples are tested themselves: if they are normal, so are their means. If not, means of B have
// the skewness γ/√B and the excess kurtosis κ/B, and their distribution function is off the normal
// one by, to leading order (Edgeworth),
//
//	|γ|/√B max|1 − x²|φ/6 + |κ|/B max|3x − x³|φ/24 = 0.0665 |γ|/√B + 0.0230 |κ|/B,
//
// φ the normal density; and by no more than 0.4748 E|z|³/√B (Berry and Esseen; Shevtsova,
// arXiv 1111.6554).

const (
	edgeworthSkewness = 0.06649038006690545  // φ(0)/6
	edgeworthKurtosis = 0.022941159978543724 // the largest of |3x − x³| φ(x)/24, at x² = 3 − √6
	berryEsseen       = 0.4748
	// henzeSamples is how many samples the test as a whole takes, at a cost of their square.
	henzeSamples = 400
)

// gaussian has a finding on normality and one on the variance.
func (s *subject) gaussian() []Finding {
	normal := Finding{
		Key: "normal-noise", Name: "normal noise", Claim: "minibatch noise is normal at typical θ",
		Rule: Rule{
			Text:  fmt.Sprintf("violated where gradients of samples are not normal, with a chance below %.2g of all tests together, and means of B are further than %g from normal; holds where these are closer than that, with three errors", level, s.opt.Within),
			Limit: s.opt.Within, Level: level,
		},
	}
	tail := Finding{
		Key: "finite-variance", Name: "finite variance", Claim: "gradients of samples have a finite variance at typical θ, as n grows",
		Rule: Rule{Text: fmt.Sprintf("violated where the tail has an index, on a plateau, that is at most 2 with a chance of error below %.2g; holds where it is above 2 with as much certainty", level), Limit: 2, Level: level},
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
	n, batch := float64(s.sgd.Loss.Samples()), float64(s.batch())
	chance, tests, distance, bound := 1.0, 0, 0.0, 0.0
	var worst shape
	henze := 1.0
	for _, axes := range points {
		for _, z := range axes {
			h := shapeOf(z)
			chance = min(chance, skewnessChance(h.skewness, n), kurtosisChance(h.kurtosis, n))
			tests += 2
			if d := h.distance(batch); d >= distance {
				distance, worst = d, h
			}
			bound = max(bound, berryEsseen*h.third/math.Sqrt(batch))
		}
		_, p := henzeZirkler(firstOf(axes, henzeSamples))
		henze = min(henze, p)
		tests++
	}
	chance = min(1, float64(tests)*min(chance, henze))
	// Of normal numbers γ and κ vary by √(6/n) and √(24/n).
	err := shape{skewness: math.Sqrt(6 / n), kurtosis: math.Sqrt(24 / n)}.distance(batch)
	f.Statistics = []Statistic{
		{"distance", fmt.Sprintf("distance of means of %g gradients from normal, to leading order", batch), distance, err},
		{"chance", "least chance of any test, times their number", chance, 0},
		{"henze-zirkler", "chance of Henze and Zirkler's statistic, of gradients of samples", henze, 0},
		{"skewness", "skewness of gradients of samples", worst.skewness, math.Sqrt(6 / n)},
		{"kurtosis", "excess kurtosis of gradients of samples", worst.kurtosis, math.Sqrt(24 / n)},
		{"berry-esseen", "bound of Berry and Esseen on the distance", bound, 0},
	}
	switch {
	case chance < level && distance > s.opt.Within:
		f.Verdict = fp.Violated
	case distance+3*err <= s.opt.Within:
		f.Verdict = fp.Holds
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("means of %g gradients are within %.2g of normal", batch, distance),
		fmt.Sprintf("gradients of samples are not normal, with an excess kurtosis of %.3g, and means of %g of them are about %.2g from normal", worst.kurtosis, batch, distance),
		fmt.Sprintf("%g samples do not tell whether means of %g are closer to normal than %g", n, batch, s.opt.Within))
	c := Curve{Key: "normality_batch", Name: "distance of minibatch noise from normal", XLabel: "batch size", YLabel: "distance"}
	for b := 1.0; b <= n; b *= 2 {
		c.X, c.Y = append(c.X, b), append(c.Y, worst.distance(b))
		c.Reference = append(c.Reference, berryEsseen*worst.third/math.Sqrt(b))
	}
	f.Curves = append(f.Curves, c)
}

// distance returns that of means of B from normal, to leading order.
func (s shape) distance(batch float64) float64 {
	return edgeworthSkewness*math.Abs(s.skewness)/math.Sqrt(batch) + edgeworthKurtosis*math.Abs(s.kurtosis)/batch
}

// firstOf returns so many numbers of each axis, at most.
func firstOf(axes [][]float64, count int) [][]float64 {
	list := make([][]float64, len(axes))
	for a, z := range axes {
		list[a] = z[:min(count, len(z))]
	}
	return list
}
