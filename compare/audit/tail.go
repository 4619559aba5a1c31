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
// Hill's estimate is α̂ = k/ΣE_i, with the error α/√k; 2αΣE_i = 2kα/α̂ has the law χ²_2k, whose
// quantiles give limits of α.
//
// Any numbers give an estimate, so that there is an index only on a plateau, where it does not
// rise along the tail. The alternative is a tail like exp(−x^τ), that of normal numbers among
// them, whose spacings have means ∝ 1/ln(n/i): a plateau is where the likelihood of equal means is
// 1/level times as large, which happens to the other with a chance below the level. (Both are of E_i/ΣE_i,
// whose law no scale changes.)
//
// Where a power law begins further out, as that of α-stable numbers with α from 1.5 to 2 does, the estimate is
// above α and falls along the tail: limits from below are told only where no part further out has an
// index that is clearly smaller, or, down to a thirty-second of the tail, within three errors of 2. Of a power law
// ΣE of disjoint parts are independent, with ratios of the law F.
//
// Hill, Ann. Stat. 3 (1975) 1163. Beirlant et al., Statistics of Extremes (2004), §4.

const (
	tailShare     = 0.1 // of all samples
	fewestTail    = 25  // spacings: an index is known to a fifth then
	finiteSquares = 2   // the index up to which a variance is infinite
	// fewestOuter is how many spacings the smallest part has that is held against the rest of a tail.
	fewestOuter = 25
	// fewestSteady is how many spacings a tail has of which two halvings, to a quarter of it, can be looked at.
	fewestSteady = 4 * fewestOuter
	// leastSteady is the chance below which an index falls. It is large because what falls by chance is
	// only left open: of 300 sets of 10⁴ α-stable numbers with α = 1.95 43 pass and without 161 would, and it
	// leaves open no set of Student's t with 3 degrees of freedom more.
	leastSteady = 0.3
	// outerErrors is by how many errors indices of parts are above 2, and outerHalvings how many parts that is
	// asked of, each half of the one before: of the smallest of long tails errors are too large. With one
	// error for all parts of 300 sets of 1000 α-stable numbers 3, 71 and 202 pass with α = 1.7, 1.8 and 1.9,
	// and with three for these 0, 1 and 29, and of normal ones 297; of 10⁴ numbers 2, 2 and 6, and 0, 0
	// and 1. Of Student's t with 3 degrees of freedom 8 of 300 sets of 10⁴ pass, 71 of 2·10⁴, and all of 40 of
	// 1.6·10⁵.
	outerErrors, outerHalvings = 3, 5
)

// plateauLogs is the ratio of likelihoods of a plateau, in nats.
var plateauLogs = -math.Log(level)

// A tailFit is what Hill's estimator says.
type tailFit struct {
	index, err float64
	k          int
	// plateau is the logarithm of the likelihood ratio of a power law and a tail that falls faster.
	plateau float64
	// steady is the least chance that a power law has an index as small in a part of its tail further
	// out, times the number of parts, 0 of fewer spacings than fewestSteady.
	steady float64
	// outer is the least index of the outerHalvings largest of these parts, less outerErrors standard errors.
	outer float64
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
	fit.steady, fit.outer = outerParts(x, k)
	return fit, true
}

// outerParts holds the outer half, quarter, … of k spacings of sorted numbers, down to fewestOuter, against the
// others: tailFit.steady and tailFit.outer.
func outerParts(x []float64, k int) (steady, outer float64) {
	if k < fewestSteady {
		return 0, 0
	}
	sums := make([]float64, k+1)
	for i := 1; i <= k; i++ {
		sums[i] = sums[i-1] + float64(i)*math.Log(x[i-1]/x[i])
	}
	least, parts := 1.0, 0.0
	outer = math.Inf(1)
	for m := k / 2; m >= fewestOuter; m /= 2 {
		count, others := float64(m), float64(k-m)
		ratio := sums[m] / count / ((sums[k] - sums[m]) / others)
		if math.IsInf(ratio, 1) { // the others are all the same
			return 0, 0
		}
		least = min(least, distuv.F{D1: 2 * count, D2: 2 * others}.Survival(ratio))
		if parts++; parts <= outerHalvings {
			outer = min(outer, count/sums[m]*(1-outerErrors/math.Sqrt(count)))
		}
	}
	return min(1, parts*least), outer
}

// limit returns the limit that the index of a power law is below with such a chance, α̂ times a quantile of
// χ²_2k over 2k.
func (t tailFit) limit(chance float64) float64 {
	k := 2 * float64(t.k)
	return t.index * distuv.ChiSquared{K: k}.Quantile(chance) / k
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
		{"steady", "chance that a power law has an index as small further out, 0 of too few spacings", worst.steady, 0},
		{"outer", fmt.Sprintf("least index further out, less %d errors, 0 of too few spacings", outerErrors), worst.outer, 0},
		{"spacings", "samples in the tail", float64(worst.k), 0},
	}
	f.Verdict, f.Sentence = worst.verdict(level / float64(len(points)))
}

// verdict says whether a variance is finite, with limits of the index of such a chance. Without a plateau no
// index is infinite variance's, for there is none; and no index is finite variance's that falls along the
// tail, or comes near 2 there.
func (t tailFit) verdict(chance float64) (fp.Verdict, string) {
	plateau, steady := t.plateau > plateauLogs, t.steady > leastSteady && t.outer > finiteSquares
	far := t.limit(chance) > finiteSquares
	switch estimate := fmt.Sprintf("%.2f ± %.2f", t.index, t.err); {
	case far && t.k < fewestSteady:
		return fp.CannotTell, fmt.Sprintf("whether the variance is finite is open: Hill's estimate, %s, is above 2, but %d samples in the tail are too few to tell whether it falls further out", estimate, t.k)
	case far && !steady:
		return fp.CannotTell, "whether the variance is finite is open: Hill's estimate, " + estimate + ", is above 2, but falls, or is within three errors of 2, further out in the tail"
	case far && plateau:
		return fp.Holds, "the variance is finite: the tail is a power law with an index above 2, " + estimate
	case far:
		return fp.Holds, "the variance is finite: the tail is no power law with an index up to 2 (Hill's estimate, " + estimate + ", is above 2 and has no plateau)"
	case plateau && t.limit(1-chance) <= finiteSquares:
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
