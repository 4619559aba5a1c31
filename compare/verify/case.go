package verify

import (
	"context"
	"math"
)

// A Case is an exact result, and studies of how well it is met.
type Case struct {
	ID       string // "A1"
	Title    string
	Sentence string // what is exact
	Studies  []Study
}

// A Study measures something at rising sizes.
type Study struct {
	Name   string // how it is computed: "order 8"
	Of     string // what Measurement.Error is the error of, and in which norm
	Unit   string // what sizes count: "cells"
	Sizes  []int  // ascending
	Quick  int    // how many of the sizes a quick run takes; 0: it leaves the study out
	Limits []Limit
	// Order is the expected order of Error in the size, and Slack how far the last that is
	// observed may be from it; 0 where errors are not to fall: at round-off, or of sampling.
	Order, Slack float64
	// Reason says why the order may be off by Slack.
	Reason string
	// Measure returns what is measured at a size. It should end early, with the error of the
	// context, where that is cancelled.
	Measure func(ctx context.Context, n int) (Measurement, error)
}

// sizes returns those of a run.
func (s *Study) sizes(quick bool) []int {
	if quick {
		return s.Sizes[:s.Quick]
	}
	return s.Sizes
}

// floor returns the error up to which it is round-off, so that orders mean nothing.
func (s *Study) floor() float64 {
	for _, l := range s.Limits {
		if l.Quantity == Error {
			return l.Floor
		}
	}
	return 0
}

// Measurements returns how many a run makes.
func (c *Case) Measurements(quick bool) (n int) {
	for k := range c.Studies {
		n += len(c.Studies[k].sizes(quick))
	}
	return n
}

// A Quantity is a kind of error.
type Quantity int

// The quantities that are measured. All are 0 of the exact answer.
const (
	Error             Quantity = iota // what [Study.Of] says
	Current                           // of J, relative L1; absolute, 1/T, where J = 0
	EntropyProduction                 // relative; absolute, nats/T, where it is 0
	Mass                              // |∫p − 1|
	Negative                          // mass below 0
	Deviation                         // largest, in standard errors
	Quantities                        // their number
)

var quantityNames = [Quantities]string{"error", "current", "entropy production", "mass", "negative mass", "deviation"}

// String returns the quantity's name.
func (q Quantity) String() string { return quantityNames[q] }

// A Measurement is one number for every quantity, NaN where there is none to measure.
type Measurement [Quantities]float64

// nothing returns a measurement of nothing.
func nothing() (m Measurement) {
	for q := range m {
		m[q] = math.NaN()
	}
	return m
}

// A Limit bounds a quantity at every size.
type Limit struct {
	Quantity Quantity
	// At is the limit at the last size of the study; at size n it is At·(last/n)^Order, but
	// not below Floor.
	At, Order, Floor    float64
	Reason, FloorReason string
}

// at returns the limit at size n of a study whose last size is given, and its reason.
func (l *Limit) at(n, last int) (limit float64, reason string) {
	if limit = l.At * math.Pow(float64(last)/float64(n), l.Order); limit < l.Floor {
		return l.Floor, l.FloorReason
	}
	return limit, l.Reason
}
