package fp

import (
	"sort"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// This file is about coefficients that change in time.

// A Course is a problem for every time t ≥ 0. Problems must not change, and the same pointer
// says that nothing has: operators are made anew for every other.
type Course func(t float64) *Problem

// Fixed returns the course of a problem whose coefficients do not change.
func Fixed(p *Problem) Course { return func(float64) *Problem { return p } }

// move sets the operator to that at time t, with the rates of change.
func (e *Evolution) move(t float64) error {
	before := e.dynamics
	if err := e.use(e.course(t)); err != nil {
		return err
	}
	if e.dynamics != before {
		e.apply(e.rates, e.u)
	}
	return nil
}

// bend returns about the error of taking coefficients from the middle of a step of length
// τ, the difference from Simpson's rule for ∫A dt u: (τ/6)(A₀ − 2A½ + A₁)u, and sets steady
// to whether they do not change. It is of third order in τ, as what commutators add is.
func (e *Evolution) bend(step float64) ([]float64, error) {
	ends := [2]*Problem{e.course(e.state.Time), e.course(e.state.Time + step)}
	e.steady = ends[0] == e.problem && ends[1] == e.problem
	if e.steady {
		return nil, nil
	}
	sum := append([]float64(nil), e.rates...)
	floats.Scale(-2, sum)
	for _, p := range ends {
		y, err := newDynamics(p, e.grid, e.opt.Order)
		if err != nil {
			return nil, err
		}
		rates := make([]float64, len(sum))
		y.apply(rates, e.u)
		floats.Add(sum, rates)
	}
	floats.Scale(step/6, sum)
	return sum, nil
}

// Course returns the problem of the section sgd at every time, with the rate of its schedule
// in place of v.Rate, without correction of the noise. Time is that of the gradient flow, t_k = Σ_{j<k} η_j/(1−μ) after k
// steps, so that the drift −∇L is not scaled and D ∝ η/(1−μ); between t_k and t_{k+1} the
// rate is linear in t. Each step up to the latest time asked for takes 8 bytes. It panics where the file has no such section, or momentum goes with
// the second order; errors are those of [File.Variant].
func (f *File) Course(v SGDVariant) (Course, error) {
	s := f.source.sgd
	v.Rate, v.CorrectNoise = s.Schedule.Rate(0), false
	c := &sgdCourse{file: f, variant: v, times: []float64{0}}
	_, err := f.Variant(v, nil)
	return c.at, err
}

// An sgdCourse is a schedule as a function of time.
type sgdCourse struct {
	file    *File
	variant SGDVariant
	mu      sync.Mutex
	times   []float64 // t_k
	last    *Problem
}

// at returns the problem at time t, the last one while the rate is the same.
func (c *sgdCourse) at(t float64) *Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.variant
	if v.Rate = c.rate(t); c.last == nil || v.Rate != c.last.LearningRate {
		c.last, _ = c.file.Variant(v, nil) // the batch size is good for all rates
	}
	return c.last
}

// rate returns η at time t.
func (c *sgdCourse) rate(t float64) float64 {
	s := c.file.source.sgd
	for last := len(c.times) - 1; c.times[last] <= t; last++ {
		eta := s.Schedule.Rate(last) / (1 - s.Momentum)
		next := c.times[last] + eta
		if next == c.times[last] { // a rate that has come down to 0
			return s.Schedule.Rate(last)
		}
		c.times = append(c.times, next)
	}
	k := sort.Search(len(c.times), func(k int) bool { return c.times[k] > t }) - 1
	here, next := s.Schedule.Rate(k), s.Schedule.Rate(k+1)
	return here + (next-here)*min(1, (t-c.times[k])/(c.times[k+1]-c.times[k]))
}
