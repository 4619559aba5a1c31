package verify

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Options tune [Run]. The zero value is the whole of a case.
type Options struct {
	Quick bool
	// Now is the clock by which measurements are timed; nil: they are not.
	Now func() time.Time
	// Progress, if set, is called after every measurement with the number done.
	Progress func(done int)
}

// A Result is what came of a case.
type Result struct {
	Case    *Case
	Studies []StudyResult
}

// A StudyResult is the rows of a study, and how they stand to its limits.
type StudyResult struct {
	Study  *Study
	Rows   []Row
	Checks []Check
	Err    error // of the measurement after the last row; the study has failed then
}

// A Row is a measurement.
type Row struct {
	N int
	Measurement
	Order float64 // of the error since the row before, NaN in the first, and at round-off
	Time  time.Duration
}

// A Check holds the worst of all rows against a limit.
type Check struct {
	What   string  // the quantity, or "order"
	N      int     // where it is worst
	Value  float64 // NaN of an order that was not observed, for round-off
	Limit  float64 // of an order how far it may be off
	Used   float64 // part of the limit: above 1, or NaN, where it is not kept
	Passed bool
	Reason string
}

// Passed says whether all measurements could be made, and all limits are kept.
func (r *Result) Passed() bool {
	for k := range r.Studies {
		if !r.Studies[k].Passed() {
			return false
		}
	}
	return true
}

// Passed says so of a study.
func (r *StudyResult) Passed() bool {
	if r.Err != nil {
		return false
	}
	for _, c := range r.Checks {
		if !c.Passed {
			return false
		}
	}
	return true
}

// Run measures a case and judges it. What fails is in the result; the error is that of a
// cancelled context, with the studies that were done.
func Run(ctx context.Context, c *Case, opt Options) (*Result, error) {
	r := &Result{Case: c}
	done := 0
	for k := range c.Studies {
		s := &c.Studies[k]
		if len(s.sizes(opt.Quick)) == 0 {
			continue
		}
		one := StudyResult{Study: s}
		for _, n := range s.sizes(opt.Quick) {
			row, err := s.row(ctx, n, opt)
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if err != nil {
				one.Err = fmt.Errorf("%d %s: %w", n, s.Unit, err)
				break
			}
			one.add(row)
			done++
			if opt.Progress != nil {
				opt.Progress(done)
			}
		}
		one.judge()
		r.Studies = append(r.Studies, one)
	}
	return r, nil
}

// row measures at a size.
func (s *Study) row(ctx context.Context, n int, opt Options) (Row, error) {
	var start time.Time
	if opt.Now != nil {
		start = opt.Now()
	}
	m, err := s.Measure(ctx, n)
	row := Row{N: n, Measurement: m}
	if opt.Now != nil {
		row.Time = opt.Now().Sub(start)
	}
	return row, err
}

// add appends a row with its order.
func (r *StudyResult) add(row Row) {
	row.Order = math.NaN()
	if k := len(r.Rows); k > 0 && r.Study.Order != 0 {
		last := r.Rows[k-1]
		if min(last.Measurement[Error], row.Measurement[Error]) > r.Study.floor() {
			row.Order = math.Log(last.Measurement[Error]/row.Measurement[Error]) / math.Log(float64(row.N)/float64(last.N))
		}
	}
	r.Rows = append(r.Rows, row)
}

// judge holds the rows against the limits, and the order against the one expected.
func (r *StudyResult) judge() {
	if len(r.Rows) == 0 {
		return
	}
	for _, l := range r.Study.Limits {
		r.Checks = append(r.Checks, r.check(l))
	}
	if r.Study.Order != 0 && len(r.Rows) > 1 {
		r.Checks = append(r.Checks, r.checkOrder())
	}
}

// check returns how the row that uses most of a limit stands to it.
func (r *StudyResult) check(l Limit) Check {
	sizes := r.Study.Sizes
	worst := Check{Used: -1}
	for _, row := range r.Rows {
		c := Check{What: l.Quantity.String(), N: row.N, Value: row.Measurement[l.Quantity]}
		c.Limit, c.Reason = l.at(row.N, sizes[len(sizes)-1])
		if c.Used = c.Value / c.Limit; c.Value == 0 {
			c.Used = 0 // of a limit of 0
		}
		c.Passed = c.Value <= c.Limit
		if !(c.Used <= worst.Used) { // NaN is worst
			worst = c
		}
		if math.IsNaN(c.Used) {
			break
		}
	}
	return worst
}

// checkOrder holds the last order that was observed against the one expected. Where all errors
// are round-off there is none, and nothing to hold against it.
func (r *StudyResult) checkOrder() Check {
	c := Check{What: "order", N: r.Rows[len(r.Rows)-1].N, Value: math.NaN(), Limit: r.Study.Slack, Passed: true, Reason: r.Study.Reason}
	for _, row := range r.Rows {
		if !math.IsNaN(row.Order) {
			c.N, c.Value = row.N, row.Order
			c.Used = math.Abs(row.Order-r.Study.Order) / r.Study.Slack
			c.Passed = c.Used <= 1
		}
	}
	return c
}
