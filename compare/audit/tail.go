package audit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/ness-fp/ness/fp"
)

// This file estimates the index α of a tail, P(X > x) ~ x^−α. With X_1 ≥ X_2 ≥ … the spacings
// E_i = i ln(X_i/X_{i+1}), i ≤ k, of such a tail are independent and exponential with mean 1/α:
// Hill's estimate is α = k/ΣE_i, with the error α/√k.
//
// Any numbers give an estimate, so that there is an index only on a plateau, where it does not
// change along the tail. The alternative is a tail like exp(−x^τ), that of normal numbers among
// them, whose spacings have means ∝ 1/ln(n/i): a plateau is where the likelihood of equal means is
// e⁷ times as large, which happens to the other less than once in a thousand times.
//
// Hill, Ann. Stat. 3 (1975) 1163. Beirlant et al., Statistics of Extremes (2004), §4.

const (
	tailShare     = 0.1 // of all samples
	fewestTail    = 25  // spacings
	plateauLogs   = 7   // nats
	finiteSquares = 2   // the index up to which a variance is infinite
)

// A tailFit is what Hill's estimator says.
type tailFit struct {
	index, err float64
	k          int
	// plateau is the logarithm of the likelihood ratio of a power law and a tail that falls faster.
	plateau float64
}

// hill fits the tail of numbers > 0, which it sorts.
func hill(x []float64) (fit tailFit, ok bool) {
	slices.SortFunc(x, func(a, b float64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	k := int(tailShare * float64(len(x)))
	if k < fewestTail || !(x[k] > 0) {
		return fit, false
	}
	var sum, weighted, logs float64
	for i := 1; i <= k; i++ {
		e := float64(i) * math.Log(x[i-1]/x[i])
		rise := math.Log(float64(len(x)) / float64(i))
		sum += e
		weighted += e * rise
		logs += math.Log(rise)
	}
	if sum == 0 {
		return fit, false
	}
	count := float64(k)
	fit = tailFit{index: count / sum, k: k}
	fit.err = fit.index / math.Sqrt(count)
	// −k ln(mean) − k of either law; that of means θ/r_i has Σ ln r_i more.
	fit.plateau = -count*math.Log(sum/count) + count*math.Log(weighted/count) - logs
	return fit, true
}

// lengths returns those of vectors from their medians along all axes: the mean of numbers with heavy
// tails may lie far from nearly all of them, and their distances from there have no tail.
func lengths(axes [][]float64) []float64 {
	length := make([]float64, len(axes[0]))
	for _, z := range axes {
		sorted := slices.Sorted(slices.Values(z))
		median := sorted[len(sorted)/2]
		for i, v := range z {
			length[i] = math.Hypot(length[i], v-median)
		}
	}
	return length
}

// judgeTail fits the lengths of the whitened gradients at every point, and tells of the heaviest.
func (s *subject) judgeTail(f *Finding, points [][][]float64) {
	f.Applies = true
	worst := tailFit{index: math.Inf(1)}
	for _, axes := range points {
		length := lengths(axes)
		fit, ok := hill(length)
		if !ok {
			*f = f.notApplicable(fmt.Sprintf("%d samples have too short a tail", len(length)))
			return
		}
		if fit.index < worst.index {
			worst = fit
			f.Curves = []Curve{hillPlot(length, fit.k)}
		}
	}
	f.Statistics = []Statistic{
		{"index", "index of the tail (Hill)", worst.index, worst.err},
		{"plateau", "logarithm of the likelihood ratio of a power law and a tail that falls faster", worst.plateau, 0},
		{"spacings", "samples in the tail", float64(worst.k), 0},
	}
	f.Verdict, f.Sentence = worst.verdict(distuv.UnitNormal.Quantile(1 - level/float64(len(points))))
}

// verdict says whether a variance is finite, with so many standard errors. Without a plateau no index is
// infinite variance's, for there is none.
func (t tailFit) verdict(errors float64) (fp.Verdict, string) {
	plateau := t.plateau > plateauLogs
	far := t.index-errors*t.err > finiteSquares
	switch estimate := fmt.Sprintf("%.2f ± %.2f", t.index, t.err); {
	case plateau && far:
		return fp.Holds, "the variance is finite: the tail is a power law with an index above 2, " + estimate
	case far:
		return fp.Holds, "the variance is finite: the tail is no power law with an index up to 2 (Hill's estimate, " + estimate + ", is above 2 and has no plateau)"
	case plateau && t.index+errors*t.err <= finiteSquares:
		return fp.Violated, "the variance is infinite as samples grow in number: the tail is a power law with an index of at most 2, " + estimate
	case plateau:
		return fp.CannotTell, "the tail is a power law with an index of " + estimate + ", too close to 2 to tell whether the variance is finite"
	default:
		return fp.CannotTell, "whether the variance is finite is open: Hill's estimate, " + estimate + ", is not clearly above 2, but has no plateau, so that the tail may be no power law"
	}
}

// hillPlot is Hill's estimate by the number of spacings, of sorted numbers.
func hillPlot(x []float64, most int) Curve {
	c := Curve{
		Key: "hill", Name: "Hill's estimate of the tail index", XLabel: "samples in the tail", YLabel: "index",
		Measured: "Hill's estimate", Expected: "2: infinite variance up to here",
	}
	var sum float64
	for i := 1; i <= most; i++ {
		sum += float64(i) * math.Log(x[i-1]/x[i])
		if i < 5 || sum == 0 {
			continue
		}
		k := float64(i)
		c.X, c.Y, c.Err = append(c.X, k), append(c.Y, k/sum), append(c.Err, math.Sqrt(k)/sum)
		c.Reference = append(c.Reference, finiteSquares)
	}
	return c
}
