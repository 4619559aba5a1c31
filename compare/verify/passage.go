package verify

import (
	"context"
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// passages returns the studies of A11 on the double well L = (x²−1)²/4.
func passages() []Study {
	time := Study{
		Name: "mean passage time", Of: "time from −1 to 0.75, relative", Unit: "cells", Sizes: []int{200, 600, 1800}, Quick: 3,
		Order: 2, Slack: 0.05, Reason: orderReason,
		Measure: func(_ context.Context, n int) (Measurement, error) {
			m := nothing()
			c := exact.DoubleWell(0.1)
			g := c.Grid(n)
			s, err := fp.SolvePassage(c.Problem, g, func(x []float64) bool { return x[0] > passageEnd }, fp.PassageOptions{})
			if err != nil {
				return m, err
			}
			i, _ := g.Find([]float64{passageStart})
			m[Error] = math.Abs(s.Time.Values[i]/c.PassageTime(passageStart, passageEnd) - 1)
			return m, nil
		},
	}
	time.limit(Error, 1.5e-7, 2)
	rate := Study{
		Name: "rate, weak noise", Of: "rate over Kramers' to order D, relative", Unit: "1/D", Sizes: []int{25, 50, 100, 200}, Quick: 4,
		Order: 2, Slack: 0.25, Reason: "the term of order D³ still shows",
		Measure: func(_ context.Context, n int) (Measurement, error) {
			m := nothing()
			d := 1 / float64(n)
			c := exact.DoubleWell(d)
			g := c.Grid(4000)
			s, err := fp.SolveTransition(c.Problem, g,
				func(x []float64) bool { return x[0] < -passageEnd },
				func(x []float64) bool { return x[0] > passageEnd }, fp.PassageOptions{})
			if err != nil {
				return m, err
			}
			m[Error] = math.Abs(s.Rate/exact.KramersRate(d) - 1)
			return m, nil
		},
	}
	rate.limit(Error, 1.7e-4, 2)
	return []Study{time, rate}
}

// The start is a centre of cells, and the end an edge, of 200 cells on [−2.5, 2.5] and of odd
// multiples.
const passageStart, passageEnd = -1.0125, 0.75
