package audit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether gradient noise remembers. Two tests of z from noiseseries.go, of which
// the first sees short memories and the second long ones:
//
//   - Ljung and Box's, of lags up to H, with sums over their own squares so that heavy tails
//     do no harm: Q = Σ_h (Σ_k z_k z_{k+h})²/Σ_k (z_k z_{k+h})² ~ χ²_H;
//   - the variance of sums S over blocks of m steps, E S²/m = 1 of white noise. With κ the excess
//     kurtosis of z it has the variance (2 + κ/m)/N over N blocks: about χ² of N/(1 + κ/2m)
//     degrees of freedom.
//
// In epochs two batches of the same one share no sample, and have the correlation −B/(n − B),
// so that S of a whole epoch is 0 where B divides n.
//
// Ljung and Box, Biometrika 65 (1978) 297. Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70.
// Kühn and Rosenow, arXiv 2306.05300.

const (
	// mostLags is at how many lags noise is looked at: that of an epoch of M batches is at all of them up to
	// M − 1, the weaker the more there are, and its sum is told from sums over blocks.
	mostLags = 20
	// fewestWatched are the least in which noise is looked at, at one lag: lags go up to a quarter of the steps.
	fewestWatched = 4
	// mostMemory is the autocorrelation at one lag up to which noise is white: more than three times the
	// five errors, 5/√(64·512) = 0.028, that 64 walkers leave. What moves densities is the variance of sums.
	mostMemory = 0.1
	// mostOffFormula is how far the strength of anti-correlation may be from the formula's: with 0.9 of it
	// sums over an epoch keep a tenth of the variance of white noise, which moves a normal density by 0.024.
	mostOffFormula = 0.1
)

// mostLongTerm is how far the variance of sums over blocks may be from that of white noise: variances that
// differ by a share x move a normal density by φ(1) x = 0.242 x in total variation, that of one variable.
func (s *subject) mostLongTerm() float64 {
	return s.opt.Within * math.Sqrt(2*math.Pi*math.E)
}

// memory has a finding on whiteness, and one on the formula of epochs.
func (s *subject) memory() []Finding {
	white := Finding{
		Key: "white-noise", Name: "white noise", Claim: "gradient noise of different steps is uncorrelated",
		Rule: Rule{
			Text:  fmt.Sprintf("violated where Ljung and Box's test or that of the variance of sums over blocks has a chance below %.2g; holds where all autocorrelations are below %g and the variance of sums is within %.2g, with their errors", level, mostMemory, s.mostLongTerm()),
			Limit: level, Level: level,
		},
	}
	epochs := Finding{
		Key: "epoch-formula", Name: "anti-correlation of epochs", Kind: Formula, Claim: "batches of one epoch have the correlation −B/(n − B)",
		Rule: Rule{Text: fmt.Sprintf("holds where the strength is within %g of the formula's, with five standard errors, and is violated where it is further away, less as many", mostOffFormula), Limit: mostOffFormula},
	}
	both := func(why string) []Finding {
		return []Finding{white.notApplicable(why), epochs.notApplicable(why)}
	}
	switch {
	case s.sgd == nil:
		return both("an equation has white noise by definition")
	case s.sgd.Loss == nil:
		return both("noise of a formula is drawn anew at every step")
	case s.batchVariance() == 0:
		return both("full batches have no noise")
	case s.noiseSteps() < fewestWatched:
		return both(fmt.Sprintf("%d steps are too few to tell of memory, want %d", s.noiseSteps(), fewestWatched))
	}
	n, err := s.watchNoise()
	if err != nil {
		return both(err.Error())
	}
	if len(n.z) == 0 {
		return both("there is no noise where the density is")
	}
	s.judgeWhite(&white, n)
	if s.sgd.Sampling == fp.Epochs {
		s.judgeEpochs(&epochs, n)
	} else {
		epochs = epochs.notApplicable("batches are drawn independently")
	}
	return []Finding{white, epochs}
}

// isFar says whether walkers are further from the box than a million times its lengths, where rounding
// hides noise.
func (s *subject) isFar(theta [][]float64) bool {
	for a, t := range theta {
		ax := s.grid.Axis(a)
		for _, x := range t {
			if math.Abs(x-ax.Center(0)) > 1e6*ax.Length() {
				return true
			}
		}
	}
	return false
}

// judgeWhite tests every component, and tells of the worst.
func (s *subject) judgeWhite(f *Finding, n *noiseSeries) {
	f.Applies = true
	block := n.block(s.epochSteps())
	lags := min(mostLags, n.steps/fewestWatched)
	p, largest, spread := 1.0, 0.0, 0.0
	worst := longTerm{ratio: 1, p: 1}
	for a, z := range n.z {
		rho, q := selfNormalised(z, lags)
		p = min(p, chiSquareTail(q, float64(lags)))
		for _, r := range rho {
			largest = max(largest, math.Abs(r))
		}
		if l := sumsOver(z, block); l.p <= worst.p {
			worst = l
		}
		spread = 1 / math.Sqrt(float64(len(z)*(n.steps-lags)))
		f.Curves = append(f.Curves, s.autocorrelation(a, rho, spread, n.steps), s.spectrum(a, z))
	}
	// Two tests for each component (Bonferroni).
	w := whiteness{min(1, float64(2*len(n.z))*min(p, worst.p)), largest, spread, worst}
	f.Statistics = []Statistic{
		{"chance", "least chance of any test, times their number", w.chance, 0},
		{"ljung-box", fmt.Sprintf("chance of Ljung and Box's statistic, %d lags", lags), p, 0},
		{"sums", fmt.Sprintf("variance of sums over %d steps, over that of white noise", block), worst.ratio, worst.err},
		{"sums-chance", "chance of that variance", worst.p, 0},
		{"largest", "largest autocorrelation", largest, spread},
	}
	f.Verdict = w.verdict(s.mostLongTerm())
	seen := fmt.Sprintf("sums over %d steps have %.2g of the variance of white noise", block, worst.ratio)
	if p < worst.p {
		seen = fmt.Sprintf("autocorrelations at %d lags, up to %.2g, have a chance of %.1g together where noise is white", lags, largest, p)
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("gradient noise is white: no autocorrelation above %.2g, and sums over %d steps vary as they should", largest, block),
		"gradient noise remembers: "+seen,
		fmt.Sprintf("no memory was seen in gradient noise, but too little of it to exclude one: sums over %d steps have %.2g ± %.1g of the variance", block, worst.ratio, worst.err))
}

// A whiteness is what tests of white noise found: the least chance of any times their number, the largest
// autocorrelation with its standard error, and the variance of sums that is least likely.
type whiteness struct {
	chance, largest, spread float64
	sums                    longTerm
}

// verdict gives autocorrelations, of which there are many, five errors, and the variance of sums three.
func (w *whiteness) verdict(mostLongTerm float64) fp.Verdict {
	switch {
	case w.chance < level:
		return fp.Violated
	case w.largest+5*w.spread <= mostMemory && math.Abs(w.sums.ratio-1)+3*w.sums.err <= mostLongTerm:
		return fp.Holds
	}
	return fp.CannotTell
}

// judgeEpochs measures the strength A of the anti-correlation in units of the formula's, by
// E S² = m (1 − A (m − 1)B/(n − B)) for sums over m steps of an epoch.
func (s *subject) judgeEpochs(f *Finding, n *noiseSeries) {
	if s.epochSteps() < 2 {
		*f = f.notApplicable("an epoch is one batch")
		return
	}
	block := n.block(s.epochSteps())
	b, samples := float64(s.batch()), float64(s.sgd.Loss.Samples())
	unit := float64(block-1) * b / (samples - b)
	f.Applies = true
	strength, err := 0.0, 0.0
	for a, z := range n.z {
		var each []float64
		for _, w := range z {
			var squares, sums float64
			for lo := 0; lo+block <= n.steps; lo += block {
				var sum float64
				for _, v := range w[lo : lo+block] {
					sum += v
					squares += v * v
				}
				sums += sum * sum
			}
			each = append(each, (1-sums/squares)/unit)
		}
		mean, se := estimate(each)
		if a == 0 || math.Abs(mean-1) > math.Abs(strength-1) {
			strength, err = mean, se
		}
	}
	f.Statistics = []Statistic{
		{"off", "distance of the strength of the anti-correlation, over the formula's, from 1", math.Abs(strength - 1), err},
		{"strength", "strength of the anti-correlation over the formula's", strength, err},
	}
	f.Verdict = judge(math.Abs(strength-1), 5*err, mostOffFormula)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("batches of an epoch are anti-correlated as the formula says, %.3g of it", strength),
		fmt.Sprintf("batches of an epoch are anti-correlated %.3g times as much as the formula says", strength),
		fmt.Sprintf("batches of an epoch are anti-correlated %.3g ± %.1g times as much as the formula says", strength, err))
}

// block returns the length of sums: an epoch, or as much of one as there is.
func (n *noiseSeries) block(epoch int) int { return min(max(epoch, 2), n.steps) }

// selfNormalised returns the autocorrelations at lags 1 … H, and the statistic Q.
func selfNormalised(z [][]float64, lags int) (rho []float64, q float64) {
	for h := 1; h <= lags; h++ {
		var sum, squares, count float64
		for _, w := range z {
			for k, v := range w[h:] {
				p := v * w[k]
				sum += p
				squares += p * p
				count++
			}
		}
		rho = append(rho, sum/count)
		if squares > 0 {
			q += sum * sum / squares
		}
	}
	return rho, q
}

// A longTerm is the variance of sums over blocks, over that of white noise.
type longTerm struct{ ratio, err, p float64 }

// sumsOver tests the variance of sums over blocks of m steps.
func sumsOver(z [][]float64, m int) longTerm {
	var blocks, squares, second, fourth, count float64
	for _, w := range z {
		for lo := 0; lo+m <= len(w); lo += m {
			var sum float64
			for _, v := range w[lo : lo+m] {
				sum += v
				second += v * v
				fourth += v * v * v * v
				count++
			}
			squares += sum * sum / float64(m)
			blocks++
		}
	}
	kurtosis := max(0, fourth*count/(second*second)-3)
	freedom := blocks / (1 + kurtosis/float64(2*m))
	l := longTerm{ratio: squares / blocks, err: math.Sqrt(2 / freedom)}
	q := freedom * l.ratio
	l.p = min(1, 2*min(chiSquareTail(q, freedom), 1-chiSquareTail(q, freedom)))
	return l
}

// chiSquareTail is the chance of a χ² above q.
func chiSquareTail(q, freedom float64) float64 {
	return distuv.ChiSquared{K: freedom}.Survival(q)
}

// estimate returns the mean of independent numbers and its standard error.
func estimate(x []float64) (mean, se float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	var ss float64
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss / (n * (n - 1)))
}
