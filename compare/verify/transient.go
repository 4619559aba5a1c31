package verify

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// This file studies densities that change in time, and rates of relaxation.

// A course is a problem with the exact density at every time.
type course struct {
	problem *fp.Problem
	grid    func(n int) *grid.Grid
	density func(g *grid.Grid, t float64) *grid.Field
	end     float64
}

// evolve takes the density at time 0 to the end and compares.
func (c *course) evolve(ctx context.Context, cells int, opt fp.EvolutionOptions) (Measurement, error) {
	m := nothing()
	g := c.grid(cells)
	opt.End = c.end
	opt.Progress = func(fp.EvolutionState) error { return ctx.Err() }
	e, err := fp.NewEvolution(fp.Fixed(c.problem), c.density(g, 0), opt)
	if err == nil {
		err = e.Run()
	}
	if err != nil {
		return m, err
	}
	m[Error] = grid.L1(e.Density(), c.density(g, c.end))
	m[Mass] = math.Abs(e.State().Mass - 1)
	m[Negative] = math.Abs(e.State().Negative)
	return m, nil
}

const evolvedOf = "density at the end, L1"

// inSpace returns the study of an order, with steps so short that they do not show.
func (c *course) inSpace(o fp.Order, q, slack, tol float64, sizes []int, measured float64) Study {
	s := Study{
		Name: "in time, " + orderName(o), Of: evolvedOf, Unit: "cells", Sizes: sizes, Quick: 2,
		Order: q, Slack: slack, Reason: orderReason,
		Measure: func(ctx context.Context, n int) (Measurement, error) {
			return c.evolve(ctx, n, fp.EvolutionOptions{Order: o, Tol: tol})
		},
	}
	s.limit(Error, measured, q)
	s.conserves(measured, q, o == fp.OrderMonotone)
	return s
}

// inSteps returns the study of so many equal steps on a grid that does not show.
func (c *course) inSteps(cells int, sizes []int, measured float64) Study {
	s := Study{
		Name: "steps of TR-BDF2", Of: evolvedOf, Unit: "steps", Sizes: sizes, Quick: 2,
		Order: 2, Slack: 0.1, Reason: "the next term of the error in the step still shows at these sizes",
		Measure: func(ctx context.Context, n int) (Measurement, error) {
			step := c.end / float64(n)
			return c.evolve(ctx, cells, fp.EvolutionOptions{Order: 8, Tol: 1, InitialStep: step, MaxStep: step})
		},
	}
	s.limit(Error, measured, 2)
	s.conserves(measured, 2, false)
	return s
}

// turning is the drift of the studies of A2.
func turning() (a *mat.Dense, diffusion *mat.SymDense) {
	return mat.NewDense(2, 2, []float64{1, 3, -3, 1.5}), mat.NewSymDense(2, []float64{0.3, 0.1, 0.1, 0.2})
}

// linearTransients returns studies of a normal density that relaxes.
func linearTransients() []Study {
	a, diffusion := turning()
	c := exact.OrnsteinUhlenbeck("Ornstein–Uhlenbeck process", a, diffusion)
	relax := &course{
		problem: c.Problem, grid: c.Grid, end: 0.7,
		density: func(g *grid.Grid, t float64) *grid.Field {
			at, wide := []float64{0.2 * g.Axis(0).Max(), 0.2 * g.Axis(1).Max()}, max(g.Axis(0).Max(), g.Axis(1).Max())/10
			mean, cov := exact.Relax(a, diffusion, at, mat.NewSymDense(2, []float64{wide * wide, 0, 0, wide * wide}), t)
			return exact.Normal(g, mean, cov)
		},
	}
	high := relax.inSpace(8, 8, 1, 1e-10, []int{48, 64}, 2.5e-6)
	high.Quick = 0 // some ten seconds of short steps
	return []Study{
		relax.inSpace(4, 4, 0.4, 1e-8, []int{48, 72, 96}, 1e-4),
		high,
		relax.inSteps(96, []int{20, 40, 80}, 1.5e-4),
	}
}

// heatTransients returns studies of Fourier modes that decay.
func heatTransients() []Study {
	heat := heatCourse(0.3)
	return []Study{
		heat.inSpace(fp.OrderMonotone, 2, 0.05, 1e-8, []int{24, 48, 96}, 9.1e-5),
		heat.inSpace(4, 4, 0.1, 1e-10, []int{12, 24, 48}, 2.7e-6),
		heat.inSpace(6, 6, 0.3, 1e-11, []int{12, 24}, 1.7e-6),
		heat.inSteps(32, []int{10, 20, 40, 80}, 1.5e-7),
	}
}

// heatCourse returns modes of the given amplitude: above ½ there are negative densities.
func heatCourse(amplitude float64) *course {
	diffusion := []float64{0.3, 0.1}
	c := exact.Heat(diffusion...)
	return &course{
		problem: c.Problem, grid: c.Grid, end: 1.5,
		density: func(g *grid.Grid, t float64) *grid.Field { return exact.FourierModes(g, amplitude, t, diffusion...) },
	}
}

// linearSpectrum returns the study of the six slowest rates of A2. The box is 11 standard
// deviations to either side, since their modes feel a wall at 8.
func linearSpectrum() []Study {
	a, diffusion := turning()
	const count = 6
	s := Study{
		Name: "slowest rates, order 8", Of: "eigenvalues, relative", Unit: "cells", Sizes: []int{96, 128}, Quick: 1,
		Measure: func(_ context.Context, n int) (Measurement, error) {
			c := exact.OrnsteinUhlenbeck("Ornstein–Uhlenbeck process", a, diffusion)
			for k := range c.Box {
				c.Box[k].Min *= 11.0 / 8
				c.Box[k].Max *= 11.0 / 8
			}
			m, err := fp.SolveModes(c.Problem, c.Grid(n), fp.ModesOptions{Count: count, Order: 8})
			if err != nil {
				return nothing(), err
			}
			return comparedSpectrum(m, exact.LinearSpectrum(a, count))
		},
	}
	// Modes reach far out, where cells are few to a width: the error falls faster, and no order shows.
	s.Limits = []Limit{{Quantity: Error, At: 2.6e-8, Order: 8, Reason: twiceReason}}
	return []Study{s}
}

// comparedSpectrum holds the slowest modes against eigenvalues.
func comparedSpectrum(m *fp.Modes, want []complex128) (Measurement, error) {
	out := nothing()
	var got []complex128
	for _, mode := range m.Modes {
		got = append(got, mode.Value)
		if !mode.IsReal() {
			got = append(got, cmplx.Conj(mode.Value))
		}
	}
	if len(got) < len(want) {
		return out, fmt.Errorf("%d eigenvalues, want %d", len(got), len(want))
	}
	// Each exact one is compared with the nearest that was found and is not taken yet.
	out[Error] = 0
	for _, l := range want {
		k := 0
		for i, v := range got {
			if cmplx.Abs(v-l) < cmplx.Abs(got[k]-l) {
				k = i
			}
		}
		out[Error] = max(out[Error], cmplx.Abs(got[k]-l)/cmplx.Abs(l))
		got = slices.Delete(got, k, k+1)
	}
	return out, nil
}
