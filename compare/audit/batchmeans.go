package audit

import (
	"math"
	"sync"

	"github.com/ness-fp/ness/compare/random"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file draws minibatches at one θ, as SGD does, and measures how far the law of their means is from
// the normal one: the largest |F(x) − Φ(x)| at normalPoints of x, with F the distribution function of
// means over their deviation. A quarter of the draws tell at which x that is, and with which sign, and
// the others how much it is there: so the measured distance is not too large by what sampling makes of
// a maximum, and 0 ± its error, either sign, where means are normal.

const (
	normalPoints = 401 // of x from −normalReach to normalReach
	normalReach  = 4.0
	// mostDraws is how many minibatches are drawn at most, which leaves an error of 6e-4, ½/√(¾ 2²⁰), of a
	// distance, and mostIndices of how many samples all together: a tenth of a second or so.
	mostDraws, mostIndices = 1 << 20, 1 << 24
	drawPiece              = 1 << 12 // minibatches that share a stream of random numbers
)

// normalPoint returns x of a point.
func normalPoint(k int) float64 {
	return -normalReach + 2*normalReach*float64(k)/(normalPoints-1)
}

// normalCDF returns Φ(x).
func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// A minibatchLaw is that of sums of z over minibatches.
type minibatchLaw struct {
	z           []float64 // of samples, with mean 0 and variance 1
	replacement bool      // whether a sample may be in a batch more than once
	seed        uint64
}

// A measured distance has a standard error.
type measured struct{ value, err float64 }

// isClear says whether a distance is more than sampling makes, with a chance of 3e-5 for one that is not.
func (m measured) isClear() bool { return m.value > clearDistance*m.err }

// share returns the part f of all samples that a batch takes away from the next draws.
func (l *minibatchLaw) share(batch int) float64 {
	if l.replacement {
		return 0
	}
	return float64(batch) / float64(len(l.z))
}

// distance measures that of means of batches from normal.
func (l *minibatchLaw) distance(batch int) measured {
	where, rest := l.counts(batch)
	at, most := 0, 0.0
	for k := range where.below {
		if d := where.off(k); math.Abs(d) > math.Abs(most) {
			at, most = k, d
		}
	}
	phi := normalCDF(normalPoint(at))
	off := rest.off(at)
	p := phi + off/2 // between the two, so that no count of 0 is without error
	return measured{math.Copysign(1, most) * off, math.Sqrt(p * (1 - p) / float64(rest.total))}
}

// means counts those of minibatches up to each point.
type means struct {
	below [normalPoints]int
	total int
}

// off returns F(x) − Φ(x) at a point.
func (m *means) off(k int) float64 {
	return float64(m.below[k])/float64(m.total) - normalCDF(normalPoint(k))
}

// counts draws minibatches: a quarter of them for where, three for rest.
func (l *minibatchLaw) counts(batch int) (where, rest *means) {
	where, rest = &means{}, &means{}
	draws := max(4*drawPiece, min(mostDraws, mostIndices/batch))
	n := float64(len(l.z))
	deviation := math.Sqrt(float64(batch))
	if !l.replacement {
		deviation *= math.Sqrt((n - float64(batch)) / (n - 1))
	}
	var mu sync.Mutex
	pieces.Run(draws, drawPiece, func(k, lo, hi int) {
		var own [normalPoints + 1]int // by the first point that is not below
		l.draw(uint64(k), batch, hi-lo, func(sum float64) {
			step := math.Ceil((sum/deviation + normalReach) * (normalPoints - 1) / (2 * normalReach))
			own[int(min(max(step, 0), normalPoints))]++
		})
		mu.Lock()
		defer mu.Unlock()
		to := rest
		if k%4 == 0 {
			to = where
		}
		below := 0
		for i := range to.below {
			below += own[i]
			to.below[i] += below
		}
		to.total += hi - lo
	})
	return where, rest
}

// draw calls do with the sums of minibatches of a stream.
func (l *minibatchLaw) draw(stream uint64, batch, draws int, do func(sum float64)) {
	g := random.New(l.seed, stream)
	indices := make([]uint32, batch)
	fill := random.NewUniform(len(l.z)).Fill
	if !l.replacement {
		fill = random.NewSubset(len(l.z)).Fill
	}
	for range draws {
		g = fill(indices, g)
		var sum float64
		for _, i := range indices {
			sum += l.z[i]
		}
		do(sum)
	}
}

// A scaling is how distances fall with B.
type scaling struct {
	batches             []float64
	measured            []measured
	expected            []float64 // Edgeworth's series
	exponent, predicted measured  // of B^exponent, measured, and of the series with the same weights
	ok                  bool      // whether there are two distances or more that are not 0 by their errors
}

const (
	scalingStep = 4   // from one batch size to the next
	mostScaling = 256 // the largest: of larger ones mostIndices leave errors beyond 0.002, as large as most distances
	// fewestMeans is the smallest batch that a power is fitted to: means of fewer have the shape of
	// their samples.
	fewestMeans = 4
	// mostShare is how much of all samples a batch is at most that is drawn without replacement: with this
	// part f means have (1 − 2f)/√(1 − f) = 0.90 of the skewness of means of new samples, which bends the power.
	mostShare = 1.0 / 16
	// clearDistance is how many errors a distance is that a power of B is fitted to.
	clearDistance = 4
)

// scaling measures distances at B = 1, 4, 16, … until one is not clear, and fits a power of B to those that
// are, but for B = 1.
func (l *minibatchLaw) scaling() (s scaling) {
	h := shapeOf(l.z)
	for b := 1; b <= mostScaling && b <= len(l.z) && l.share(b) <= mostShare; b *= scalingStep {
		m := l.distance(b)
		s.batches, s.measured = append(s.batches, float64(b)), append(s.measured, m)
		s.expected = append(s.expected, h.ofMeans(float64(b), l.share(b)).distance())
		if !m.isClear() {
			break
		}
	}
	s.fit()
	return s
}

// fit finds the powers.
func (s *scaling) fit() {
	var x, y, theory, weight []float64
	for k, m := range s.measured {
		if m.isClear() && s.batches[k] >= fewestMeans {
			x, y = append(x, math.Log(s.batches[k])), append(y, math.Log(m.value))
			theory = append(theory, math.Log(s.expected[k]))
			weight = append(weight, m.value*m.value/(m.err*m.err))
		}
	}
	if s.ok = len(x) > 1; s.ok {
		s.exponent, s.predicted = slope(x, y, weight), slope(x, theory, weight)
	}
}

// slope returns that of the line through y with weights 1/variance, and its standard error, larger
// where the numbers are further from the line than their variances say.
func slope(x, y, weight []float64) (m measured) {
	var all, mx, my, xx, xy, misfit float64
	for k, w := range weight {
		all, mx, my = all+w, mx+w*x[k], my+w*y[k]
	}
	mx, my = mx/all, my/all
	for k, w := range weight {
		xx += w * (x[k] - mx) * (x[k] - mx)
		xy += w * (x[k] - mx) * (y[k] - my)
	}
	m.value = xy / xx
	for k, w := range weight {
		off := y[k] - my - m.value*(x[k]-mx)
		misfit += w * off * off
	}
	m.err = math.Sqrt(max(1, misfit/max(1, float64(len(x)-2))) / xx)
	return m
}
