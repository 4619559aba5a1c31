package loss

import (
	"fmt"
	"math"
)

// Data are n samples of k features and a target, all of them finite.
type Data struct {
	Features []string
	Target   string
	X        []float64 // n × k, by rows
	Y        []float64 // n
	// Intercept says that the first feature is the constant 1.
	Intercept bool
}

// Samples returns n.
func (d *Data) Samples() int { return len(d.Y) }

// Standardize brings every feature but the intercept, and the target if asked, to
// mean 0 and variance 1 (with divisor n). Targets that are classes stay as they are,
// see [Model.IsClassifier]. A constant column is a [CSVError], and leaves d unchanged.
func (d *Data) Standardize(target bool) error {
	k := len(d.Features)
	first := 0
	if d.Intercept {
		first = 1
	}
	for f := first; f < k; f++ {
		if constant(d.X, f, k) {
			return cannotStandardize(d.Features[f], d.X[f])
		}
	}
	if target && constant(d.Y, 0, 1) {
		return cannotStandardize(d.Target, d.Y[0])
	}
	for f := first; f < k; f++ {
		standardize(d.X, f, k)
	}
	if target {
		standardize(d.Y, 0, 1)
	}
	return nil
}

func cannotStandardize(column string, v float64) error {
	return &CSVError{Column: column, Msg: fmt.Sprintf("is %g in every sample, and cannot be standardised", v)}
}

// constant says whether x[first], x[first+step], … are all the same.
func constant(x []float64, first, step int) bool {
	for i := first; i < len(x); i += step {
		if x[i] != x[first] {
			return false
		}
	}
	return true
}

// standardize brings x[first], x[first+step], …, which differ, to mean 0 and variance
// 1. They are divided by the largest first, so that no sum overflows, and centred
// twice: the second time removes the round-off of the first mean, which is not small
// beside numbers that hardly differ.
func standardize(x []float64, first, step int) {
	var size float64
	for i := first; i < len(x); i += step {
		size = max(size, math.Abs(x[i]))
	}
	for i := first; i < len(x); i += step {
		x[i] /= size
	}
	var n, variance float64
	for range 2 {
		var mean float64
		n = 0
		for i := first; i < len(x); i += step {
			n++
			mean += x[i]
		}
		mean /= n
		for i := first; i < len(x); i += step {
			x[i] -= mean
		}
	}
	for i := first; i < len(x); i += step {
		variance += x[i] * x[i]
	}
	sd := math.Sqrt(variance / n)
	for i := first; i < len(x); i += step {
		x[i] /= sd
	}
}
