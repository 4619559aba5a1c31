package verify

import (
	"context"
	"io"
	"math"
	"strings"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// tails returns the study of single cells far from the wells of A3: a generator made of
// differences of the potential has the masses e^{−φ}V at the centres, whatever their size.
func tails() []Study {
	s := Study{
		Name: "tails, monotone", Of: "single cells above 1e-200, relative", Unit: "cells", Sizes: []int{64, 128, 256}, Quick: 2,
		Measure: func(_ context.Context, n int) (Measurement, error) {
			m := nothing()
			c := exact.QuadWell(0.03)
			s, err := fp.SolveStationary(c.Problem, c.Grid(n), fp.StationaryOptions{Order: fp.OrderMonotone})
			if err != nil {
				return m, err
			}
			m[Error] = tailError(c, s)
			return m, nil
		},
	}
	// Cycles stop at an entrywise residual of 3e-12; where 256 cells lie between, errors add up.
	s.Limits = []Limit{{Quantity: Error, At: 1e-9, Floor: 1e-9, Reason: "cycles stop at an entrywise residual of 3e-12, and errors of up to 256 cells in a row add up"}}
	return []Study{s}
}

// tailError returns the largest relative error of a cell's mass over that of the largest.
func tailError(c *exact.Case, s *fp.Stationary) (worst float64) {
	const least = 1e-200
	g := s.Density.Grid
	x := make([]float64, g.Dim())
	top := 0
	for i, m := range s.Mass {
		if m > s.Mass[top] {
			top = i
		}
	}
	g.Center(x, top)
	level := c.LogDensity(x)
	for i, m := range s.Mass {
		g.Center(x, i)
		if want := math.Exp(c.LogDensity(x) - level); want > least {
			worst = max(worst, math.Abs(m/s.Mass[top]/want-1))
		}
	}
	return worst
}

// regression is the problem of A9 as a file, with its data.
const (
	regression = `version: 1
variables: [w]
sgd:
  data: {file: twelve.csv, features: [x], target: y}
  model: linear-regression
  learning_rate: 0.5
  batch_size: 1
domain:
  w: {min: -40, max: 40}
`
	twelve = "x,y\n-1.6,-1.1\n-1.2,-1.4\n-0.9,-0.2\n-0.5,-0.6\n-0.2,0.3\n0.1,-0.2\n0.3,0.5\n0.6,0.1\n0.8,1.2\n1.1,0.6\n1.4,1.9\n1.7,1.0\n"
)

// fromData returns the study of A9 from the samples themselves: loss, noise covariance and
// equation are made of them.
func fromData() []Study {
	s := Study{
		Name: "from the samples", Of: "density, L1", Unit: "cells", Sizes: line, Quick: len(line),
		Measure: func(_ context.Context, n int) (Measurement, error) {
			f, err := fp.ReadProblem(strings.NewReader(regression), fp.ReadOptions{
				Name: "regression.yaml",
				Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(twelve)), nil },
			})
			if err != nil {
				return nothing(), err
			}
			c := exact.LinearRegression()
			g := c.Grid(n)
			sol, err := fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
			if err != nil {
				return nothing(), err
			}
			return compared(sol, sol.Current(), c.Reference(g)), nil
		},
	}
	s.limit(Error, 1e-12, 0) // ∇·D, of second moments of the data, has some more roundings
	s.limit(Current, 1e-13, 0)
	s.limit(EntropyProduction, 1e-12, 0)
	s.conserves(0, 0, true)
	return []Study{s}
}
