package fp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// The error estimate bounds the error: in at least 95 of 100 solutions the density is right
// to three times it, and the current as well. It is not so cautious as to be useless: where
// nothing is said of resolution, below a hundred times the error of the density.
//
// With -long all orders are tried, on more grids.
func TestEstimatesBoundErrors(t *testing.T) {
	skipLong(t)
	sizes := map[int][]int{1: {32, 64, 128}, 2: {48, 64, 96}, 3: {24}}
	options := []fp.StationaryOptions{{}, {Order: 4}, {Order: 6}}
	if *long {
		sizes = map[int][]int{1: {32, 48, 64, 96, 128, 256}, 2: {24, 32, 48, 64, 96, 128, 256}, 3: {24, 32, 48}}
		options = append(options, fp.StationaryOptions{Order: 2}, fp.StationaryOptions{Order: 8}, fp.StationaryOptions{Positive: true}, fp.StationaryOptions{Order: 4, Positive: true})
	}
	var density, current, cautious tally
	for _, c := range append(exact.All(), rotated(0.05), rotated(0.001), exact.QuadWellDrift(0.05)) {
		if c.Dim() == 3 && !*long {
			continue
		}
		for _, n := range sizes[c.Dim()] {
			g := c.Grid(n)
			want := c.Density(g)
			for _, opt := range options {
				s, err := fp.SolveStationary(c.Problem, g, opt)
				var tooFew *fp.OrderError
				var diverged *fp.ConvergenceError
				if errors.As(err, &tooFew) {
					continue
				} else if errors.As(err, &diverged) {
					continue // not to be quoted, and says so
				} else if err != nil {
					t.Fatal(err)
				}
				estimate, ok, err := s.EstimateError(fp.StationaryOptions{})
				if !ok || err != nil {
					t.Fatalf("%s, n=%d: EstimateError: %v, %v", c.Name, n, ok, err)
				}
				what := fmt.Sprintf("%s, n=%d, order %v, positive %v, %v %v", c.Name, n, opt.Order, opt.Positive, s.Scheme, s.Order)
				// Below 1e-11 errors are those of the exact cases' normalisation.
				e := grid.L1(s.Density, want)
				if e > 1e-11 {
					density.count(e <= 3*estimate.Density, what, e, estimate.Density)
				}
				if e > 1e-11 && s.Scheme != fp.SchemeGibbs && !strings.Contains(strings.Join(s.Warnings, " "), "resolved") {
					cautious.count(estimate.Density <= 100*e, what, e, estimate.Density)
				}
				if s.Scheme == fp.SchemeNodal || s.Scheme == fp.SchemeGibbs || estimate.Current != estimate.Current {
					continue // exact, or not told
				}
				if j := currentError(s, c.PointCurrent); j.error > 1e-11 {
					current.count(j.error <= 3*estimate.Current*j.own, what, j.error, estimate.Current*j.own)
				}
			}
		}
	}
	for _, k := range []struct {
		what string
		*tally
	}{{"density, error and estimate", &density}, {"current, error and estimate", &current}, {"error and cautious estimate", &cautious}} {
		t.Logf("%s: %d of %d as wanted", k.what, k.all-len(k.offenders), k.all)
		if 20*len(k.offenders) > k.all || k.all == 0 {
			t.Errorf("%s: %d of %d are not as wanted:\n%s", k.what, len(k.offenders), k.all, strings.Join(k.offenders, "\n"))
		}
	}
}

// A tally counts claims, and those that do not hold.
type tally struct {
	all       int
	offenders []string
}

func (c *tally) count(holds bool, what string, err, estimate float64) {
	c.all++
	if !holds {
		c.offenders = append(c.offenders, fmt.Sprintf("%s: %.2g, %.2g", what, err, estimate))
	}
}

// exp(−φ) is exact at the points, but averages of cells are of the order asked for, and the
// estimate says how far off they are: at order 2 as at others.
func TestEstimateOfAveragesInEquilibrium(t *testing.T) {
	c := exact.QuadWell(0.15)
	for _, w := range []fp.Order{2, 4, 6} {
		s := solveWith(t, c.Problem, c.Grid(24), fp.StationaryOptions{Order: w})
		e, _, _ := s.EstimateError(fp.StationaryOptions{})
		if d := grid.L1(s.Density, c.Density(s.Density.Grid)); !(d <= e.Density) {
			t.Errorf("order %v: error %.3g, estimate %.3g", w, d, e.Density)
		}
	}
}
