package verify

import (
	"context"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// failing returns the quantities of which a study fails, in a quick run.
func failing(t *testing.T, s Study) map[string]bool {
	t.Helper()
	r, err := Run(context.Background(), &Case{ID: "X", Studies: []Study{s}}, Options{Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Studies[0].Err; err != nil {
		t.Fatal(err)
	}
	list := map[string]bool{}
	for _, c := range r.Studies[0].Checks {
		if !c.Passed {
			list[c.What] = true
		}
	}
	return list
}

// cycle returns the study of A7 at order 4 with another way to solve it.
func cycle(t *testing.T, change func(p *fp.Problem), after func(s *fp.Stationary)) Study {
	t.Helper()
	w := onGrid(4, 4, 0.1, plane, 2.4e-6, 3e-6, 1.8e-8)
	s := stationaries(exact.LimitCycle, w)[0]
	s.Measure = func(_ context.Context, n int) (Measurement, error) {
		c := exact.LimitCycle()
		p := *c.Problem
		change(&p)
		sol, err := fp.SolveStationary(&p, c.Grid(n), w.opt)
		if err != nil {
			return nothing(), err
		}
		j := sol.Current()
		after(sol)
		return compared(sol, j, c.Reference(c.Grid(n))), nil
	}
	return s
}

// drift returns b = (1 − r²)(x, y)·pull + ω(−y, x) with D = εI.
func drift(pull, omega, eps float64) func(p *fp.Problem) {
	return func(p *fp.Problem) {
		p.Equation = fp.HanggiKlimontovich(2, fp.Pointwise(func(dst, x []float64) {
			a := pull * (1 - x[0]*x[0] - x[1]*x[1])
			dst[0], dst[1] = a*x[0]-omega*x[1], a*x[1]+omega*x[0]
		}), fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = eps, 0, eps }))
	}
}

// Every limit can fail, and for its own quantity alone: a rotation the other way has the same
// density and entropy production, more drift and diffusion alike the same density and current.
func TestEveryLimitCanFail(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	none := func(*fp.Stationary) {}
	negative := heatCourse(1.2).inSpace(4, 4, 0.1, 1e-10, []int{12, 24, 48}, 5*2.7e-6)
	for _, k := range []struct {
		name string
		s    Study
		want string
	}{
		{"nothing", cycle(t, drift(1, 2, 0.1), none), ""},
		{"current", cycle(t, drift(1, -2, 0.1), none), "current"},
		{"entropy production", cycle(t, drift(1.01, 2, 0.101), none), "entropy production"},
		{"mass", cycle(t, drift(1, 2, 0.1), func(s *fp.Stationary) {
			for i := range s.Density.Values {
				s.Density.Values[i] *= 1 + 1e-9
			}
		}), "mass"},
		{"negative mass", negative, "negative mass"},
	} {
		got := failing(t, k.s)
		if k.want == "" && len(got) != 0 || k.want != "" && (len(got) != 1 || !got[k.want]) {
			t.Errorf("%s: %v fail", k.name, got)
		}
	}
	// A drift that is 1 % off fails in the density and its order.
	if got := failing(t, cycle(t, drift(1.01, 2, 0.1), none)); !got["error"] || !got["order"] {
		t.Errorf("a wrong drift: %v fail", got)
	}
}
