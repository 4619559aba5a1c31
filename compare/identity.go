package compare

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
)

// This file judges means over groups of draws. Components may be constant, or linear
// functions of others: Σ is only semi-definite. What does not vary has to be as expected
// but for round-off, and the rest is tested in the directions in which it does vary.

// A noiseScale is the size of what a mean is taken of, and of its round-off.
type noiseScale struct {
	sd    []float64 // standard deviations
	floor []float64 // bounds of round-off
	unit  float64   // of covariances, over the products of two of sd
}

func newNoiseScale(d int) noiseScale {
	return noiseScale{sd: make([]float64, d), floor: make([]float64, d), unit: 1}
}

// times returns the scale of numbers that are c times as large.
func (s noiseScale) times(c float64) noiseScale {
	return noiseScale{scaledBy(c, s.sd), scaledBy(c, s.floor), s.unit}
}

// mean tests a mean, of which there is a row for each group.
func (s noiseScale) mean(rows [][]float64, expected []float64) Identity {
	return testMean(rows, expected, s.sd, s.floor)
}

// covariance tests a mean of products of two components, packed.
func (s noiseScale) covariance(rows [][]float64, expected []float64) Identity {
	var scale, floor []float64
	for a, u := range s.sd {
		for b := a; b < len(s.sd); b++ {
			v := s.sd[b]
			scale = append(scale, s.unit*u*v)
			floor = append(floor, u*s.floor[b]+s.floor[a]*v+s.floor[a]*s.floor[b])
		}
	}
	return testMean(rows, expected, scale, floor)
}

func (i Identity) named(name, formula string) Identity {
	i.Name, i.Formula = name, formula
	return i
}

// leastEigenvalue is that of a correlation matrix below which a direction does not vary:
// its standard deviation is 1e-5 of those of the components, ten of which are mostFrozen.
const leastEigenvalue, mostFrozen = 1e-10, 1e-4

// testMean compares the mean of rows with what is expected. With one row nothing varies.
func testMean(rows [][]float64, expected, scale, floor []float64) Identity {
	t := Identity{Expected: expected}
	groups := len(rows)
	right := true           // all that does not vary
	var free []int          // components that vary
	var deviation []float64 // of these, in standard errors
	x := make([]float64, groups)
	for k, want := range expected {
		for g, row := range rows {
			x[g] = row[k]
		}
		mean, se := estimate(x)
		if groups == 1 {
			se = 0
		}
		t.Measured, t.Err = append(t.Measured, mean), append(t.Err, se)
		off := math.Abs(mean - want)
		switch {
		case se > floor[k]:
			free, deviation = append(free, k), append(deviation, (mean-want)/se)
		case !(off <= floor[k]+5*se):
			right = false
		}
		if scale[k] > 0 {
			t.Bound = max(t.Bound, (off+5*se+floor[k])/scale[k])
		}
	}
	t2, frozen := t.hotelling(rows, free, deviation)
	t.P, t.Z = 1, 0
	switch {
	case !right || !(frozen <= mostFrozen):
		t.P, t.Z = 0, mostZ
	case t.Freedom > 0:
		t.P, t.Z = hotellingChance(t2, t.Freedom, groups)
		t.Z = max(-mostZ, min(t.Z, mostZ))
	}
	switch {
	case t.P < FalseAlarm:
		t.Verdict = fp.Violated
	case t.Bound <= mostUnseen:
		t.Verdict = fp.Holds
	}
	return t
}

// mostZ is a normal deviate beyond which probabilities are no more numbers.
const mostZ = 37

// hotelling returns T² of the components that vary, in the eigenvectors of the correlation
// between groups that have more than leastEigenvalue, whose number is Freedom, and the
// largest deviation in the others.
func (i *Identity) hotelling(rows [][]float64, free []int, deviation []float64) (t2, frozen float64) {
	if len(free) == 0 {
		return 0, 0
	}
	groups := float64(len(rows))
	correlation := mat.NewSymDense(len(free), nil)
	for a, k := range free {
		for b, l := range free[:a+1] {
			var sum float64
			for _, row := range rows {
				sum += (row[k] - i.Measured[k]) / i.Err[k] * ((row[l] - i.Measured[l]) / i.Err[l])
			}
			correlation.SetSym(a, b, sum/(groups*(groups-1)))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(correlation, true) {
		return 0, math.NaN()
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	for j, v := range eigen.Values(nil) {
		var along float64
		for a, z := range deviation {
			along += vectors.At(a, j) * z
		}
		if v > leastEigenvalue {
			i.Freedom++
			t2 += along * along / v
		} else {
			frozen = max(frozen, math.Abs(along))
		}
	}
	return t2, frozen
}
