package fp

import (
	"errors"
	"sort"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// This file is about coefficients that change in time.

// A Course is a problem for every time t ≥ 0, or an error where there is none. Problems must not
// change, and the same pointer says that nothing has: operators are made anew for every other.
type Course func(t float64) (*Problem, error)

// Fixed returns the course of a problem whose coefficients do not change.
func Fixed(p *Problem) Course { return func(float64) (*Problem, error) { return p, nil } }

// move sets the operator to that at time t, with the rates of change.
func (e *Evolution) move(t float64) error {
	before := e.dynamics
	p, err := e.course(t)
	if err != nil {
		return err
	}
	if err := e.use(p); err != nil {
		return atTime(t, err)
	}
	if e.dynamics != before {
		e.apply(e.rates, e.u)
	}
	return nil
}

// atTime returns an error of coefficients with the time they are of.
func atTime(t float64, err error) error {
	var at *CoefficientError
	if errors.As(err, &at) {
		at.Time = t
	}
	return err
}

// bend returns about the error of taking coefficients from the middle of a step of length
// τ, the difference from Simpson's rule for ∫A dt u: (τ/6)(A₀ − 2A½ + A₁)u, and sets steady
// to whether they do not change. It is of third order in τ, as what commutators add is.
func (e *Evolution) bend(step float64) ([]float64, error) {
	var ends [2]*Problem
	for k := range ends {
		var err error
		if ends[k], err = e.course(e.state.Time + float64(k)*step); err != nil {
			return nil, err
		}
	}
	e.steady = ends[0] == e.problem && ends[1] == e.problem
	if e.steady {
		return nil, nil
	}
	sum := append([]float64(nil), e.rates...)
	floats.Scale(-2, sum)
	for k, p := range ends {
		y, err := newDynamics(p, e.grid, e.opt.Order)
		if err != nil {
			return nil, atTime(e.state.Time+float64(k)*step, err)
		}
		rates := make([]float64, len(sum))
		y.apply(rates, e.u)
		floats.Add(sum, rates)
	}
	floats.Scale(step/6, sum)
	return sum, nil
}

// Course returns the problem of the file at every time, that of time 0 being f.Problem.
//
// Formulas of the section equation may have the time t. Of a section sgd with a schedule, time
// is that of the gradient flow, t_k = Σ_{j<k} η_j/(1−μ) after k steps, so that the drift −∇L is not
// scaled and D ∝ η/(1−μ); between t_k and t_{k+1} the rate is linear in t. Each step up to the
// latest time asked for takes 8 bytes.
func (f *File) Course() Course {
	switch {
	case f.at != nil:
		c := &lastCourse{of: f.at, problem: f.Problem}
		return c.at
	case f.changesRate():
		c := &sgdCourse{file: f, times: []float64{0}, last: f.Problem}
		return c.at
	}
	return Fixed(f.Problem)
}

// IsSteady says whether the coefficients are the same at all times.
func (f *File) IsSteady() bool { return f.at == nil && !f.changesRate() }

// changesRate says whether the file is of SGD with a learning rate that is no constant.
func (f *File) changesRate() bool {
	if f.source == nil {
		return false
	}
	_, constant := f.source.sgd.Schedule.(ConstantRate)
	return !constant
}

// A lastCourse keeps the last problem.
type lastCourse struct {
	of      Course
	mu      sync.Mutex
	time    float64
	problem *Problem
}

func (c *lastCourse) at(t float64) (*Problem, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t == c.time {
		return c.problem, nil
	}
	p, err := c.of(t)
	if err == nil {
		c.time, c.problem = t, p
	}
	return p, err
}

// An sgdCourse is a schedule as a function of time.
type sgdCourse struct {
	file  *File
	mu    sync.Mutex
	times []float64 // t_k
	last  *Problem
}

// at returns the problem at time t, the last one while the rate is the same.
func (c *sgdCourse) at(t float64) (p *Problem, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.file.SGDVariant()
	if v.Rate = c.rate(t); v.Rate != c.last.LearningRate {
		if p, err = c.file.Variant(v, nil); err != nil {
			return nil, err
		}
		c.last = p
	}
	return c.last, nil
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
