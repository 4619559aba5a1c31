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

// shifted returns the study of A12 at η = 0.1 of a quadratic about another minimum.
func shifted(by float64) Study {
	s := quadraticWalkers()[0]
	s.Measure = func(ctx context.Context, n int) (Measurement, error) {
		f := quadratic()
		grad := f.Grad
		f.Grad = func(dst, x [][]float64) {
			grad(dst, x)
			for i := range dst[0] {
				dst[0][i] -= by
			}
		}
		return walkQuadratic(ctx, f, n, 0.1, discreteCovariance(0.1))
	}
	return s
}

// Where a limit is its floor, its reason is that of the floor: every limit of every case has one.
func TestEveryLimitHasAReason(t *testing.T) {
	for _, c := range All() {
		for _, s := range c.Studies {
			if s.Order != 0 && s.Reason == "" {
				t.Errorf("%s, %s: no reason for the slack of the order", c.ID, s.Name)
			}
			for _, l := range s.Limits {
				for _, n := range s.Sizes {
					if limit, reason := l.at(n, s.Sizes[len(s.Sizes)-1]); reason == "" {
						t.Errorf("%s, %s: no reason for a limit of %g on the %v at %d", c.ID, s.Name, limit, l.Quantity, n)
					}
				}
			}
		}
	}
	l := Limit{At: 1, Order: 2, Floor: 2, Reason: "the error", FloorReason: "the floor"}
	for n, want := range map[int]string{10: "the floor", 5: "the error"} { // 1 and 4 without a floor
		if limit, got := l.at(n, 10); got != want || limit != max(2, 100/float64(n*n)) {
			t.Errorf("at %d: %g for %s, want %s", n, limit, got, want)
		}
	}
}

// Every limit can fail, and for its own quantity alone: a rotation the other way has the same
// density and entropy production, more drift and diffusion alike the same density and current, and a
// quadratic about another minimum the same covariance.
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
		{"no shift", shifted(0), ""},
		{"deviation", shifted(0.02), "deviation"}, // some twenty standard errors of the mean
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
