package verify

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// This file studies stationary states: density, current and entropy production against a
// closed form.

// A way is how to solve a stationary problem, on which grids, and what to expect.
type way struct {
	name  string // the order's where it is ""
	opt   fp.StationaryOptions
	sizes []int
	quick int
	// order is that of density and current, 0 where they are exact but for round-off; slack is
	// that of the density's.
	order, slack float64
	// density, current and entropy are the errors measured at the last size, of which twice are
	// allowed; where order is 0 what round-off may leave. 0 stands for no limit.
	density, current, entropy float64
}

// stationaries returns a study for each way to solve a case.
func stationaries(c func() *exact.Case, ways ...way) (list []Study) {
	s := &stationary{exact: sync.OnceValue(c), references: map[int]*exact.Reference{}}
	for _, w := range ways {
		list = append(list, s.study(w))
	}
	return list
}

// A stationary is a case with its exact answers on grids of n cells along each axis.
type stationary struct {
	exact      func() *exact.Case
	references map[int]*exact.Reference
}

func (s *stationary) study(w way) Study {
	one := Study{
		Name: w.name, Of: "density, L1", Unit: "cells", Sizes: w.sizes, Quick: w.quick,
		Order: w.order, Slack: w.slack, Reason: orderReason,
		Measure: func(_ context.Context, n int) (Measurement, error) { return s.measure(n, w.opt) },
	}
	if one.Name == "" {
		one.Name = orderName(w.opt.Order)
	}
	one.limit(Error, w.density, w.order)
	one.limit(Current, w.current, w.order)
	one.limit(EntropyProduction, w.entropy, w.order)
	one.conserves(w.density, w.order, w.order == 0 || w.opt.Order == fp.OrderMonotone || w.opt.Positive)
	return one
}

func orderName(o fp.Order) string {
	if o >= 2 {
		return fmt.Sprintf("order %v", o)
	}
	return o.String()
}

// measure solves with n cells along each axis.
func (s *stationary) measure(n int, opt fp.StationaryOptions) (Measurement, error) {
	c := s.exact()
	g := c.Grid(n)
	sol, err := fp.SolveStationary(c.Problem, g, opt)
	if err != nil {
		return nothing(), err
	}
	if s.references[n] == nil {
		s.references[n] = c.Reference(g)
	}
	return compared(sol, sol.Current(), s.references[n]), nil
}

// compared holds a solution against the exact one.
func compared(s *fp.Stationary, j *fp.Current, r *exact.Reference) Measurement {
	m := nothing()
	e := r.Errors(s, j)
	m[Error], m[Current], m[EntropyProduction] = e.Density, e.Current, e.EntropyProduction
	m[Mass] = math.Abs(s.Density.Integral() - 1)
	m[Negative] = math.Abs(s.NegativeMass())
	return m
}
