package fp_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// aligned is problem F: an anisotropy of 50:1 at 30°, with φ = 2|x|² and D∇φ against it.
func aligned() *fp.Problem {
	c, s := math.Cos(math.Pi/6), math.Sin(math.Pi/6)
	const r = 1.0 / 50
	return &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) {
			a, b, d := c*c+r*s*s, c*s*(1-r), s*s+r*c*c
			dst[0], dst[1] = -4*(a*x[0]+b*x[1]), -4*(b*x[0]+d*x[1])
		}),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = c*c+r*s*s, c*s*(1-r), s*s+r*c*c }))}
}

// GMRES with the frozen cycle of the star generator solves Selling's, however anisotropic,
// to what elimination gives; iterations are logged.
func TestSellingByGMRES(t *testing.T) {
	skipLong(t)
	box := func(half float64, n int) *grid.Grid {
		ax, err := grid.Uniform(-half, half, n, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		return grid.New(ax, ax)
	}
	for _, k := range []struct {
		name string
		p    *fp.Problem
		g    *grid.Grid
		most int
	}{
		{"A2, ratio 0.05", exact.Rotation2D(0.05).Problem, box(4, 128), 100},
		{"A2, ratio 0.001", exact.Rotation2D(0.001).Problem, box(4, 128), 100},
		{"A4", exact.FullTensor().Problem, box(3, 128), 40},
		{"F", aligned(), box(2.5, 128), 200},
	} {
		want, err := fp.SolveStationary(k.p, k.g, fp.StationaryOptions{Solver: fp.SolverDirect})
		if err != nil {
			t.Fatal(err)
		}
		got, err := fp.SolveStationary(k.p, k.g, fp.StationaryOptions{Solver: fp.SolverMultigrid})
		if err != nil {
			t.Errorf("%s: %v, %+v, residual %g", k.name, err, got.Solver.Krylov, got.Residual)
			continue
		}
		if d := grid.L1(got.Density, want.Density); d > 1e-9 { // the tolerance of 1e-11, amplified by the condition
			t.Errorf("%s: differs by %.2g", k.name, d)
		}
		if n := got.Solver.Krylov.Iterations; n > k.most {
			t.Errorf("%s: %d iterations, want at most %d", k.name, n, k.most)
		}
		t.Logf("%s: %d iterations to %.1e, negative mass %.2g", k.name, got.Solver.Krylov.Iterations, got.Solver.Krylov.Residual, got.NegativeMass())
	}
}

// Multigrid and elimination agree on graded, periodic and odd axes, in the plane and in
// space, through first guesses on coarser grids.
func TestMultigridAgreesWithElimination(t *testing.T) {
	axis := func(ax grid.Axis, err error) grid.Axis {
		if err != nil {
			t.Fatal(err)
		}
		return ax
	}
	graded := axis(grid.Sinh(-2.5, 2.5, 97, grid.Reflecting, grid.Reflecting, 0.3, 0.6))
	even := axis(grid.Uniform(-2.5, 2.5, 130, grid.Reflecting, grid.Reflecting))
	ring := axis(grid.Uniform(-math.Pi, math.Pi, 75, grid.Periodic, grid.Periodic))
	short := axis(grid.Uniform(-2, 2, 18, grid.Reflecting, grid.Reflecting))
	washboard := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = 0.8-math.Sin(x[0])+0.3*math.Cos(x[1]), -math.Sin(x[1]) }),
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1], dst[2] = 0.3, 0, 0.2+0.1*math.Sin(x[0]) }))}
	for name, k := range map[string]struct {
		p *fp.Problem
		g *grid.Grid
	}{
		"limit cycle, graded":  {exact.LimitCycle().Problem, grid.New(graded, even)},
		"wells, potential":     {exact.QuadWell(0.05).Problem, grid.New(even, graded)},
		"washboard, rings":     {washboard, grid.New(ring, ring)},
		"eight wells in space": {exact.OctoWell(0.15).Problem, grid.New(short, short, short)},
	} {
		want, err := fp.SolveStationary(k.p, k.g, fp.StationaryOptions{Solver: fp.SolverDirect})
		if err != nil {
			t.Fatal(err)
		}
		got, err := fp.SolveStationary(k.p, k.g, fp.StationaryOptions{Solver: fp.SolverMultigrid})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, m := range want.Mass {
			// The tolerance of 1e-11 times a hundred cells across.
			if m > 1e-200 && math.Abs(got.Mass[i]/m-1) > 1e-8 {
				t.Errorf("%s: cell %d has %g, want %g", name, i, got.Mass[i], m)
				break
			}
		}
		if n := got.Solver.Multigrid.Cycles; n > 30 {
			t.Errorf("%s: %d cycles", name, n)
		}
	}
}

// A tolerance that cycles cannot meet leads to elimination with a warning, or, where that
// would not fit, to an error with the best there is.
func TestCyclesThatDoNotConvergeFallBack(t *testing.T) {
	c := exact.LimitCycle()
	g := c.Grid(72)
	s, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: fp.OrderMonotone, Tol: 1e-30})
	if err != nil || s.Solver.Solver != fp.SolverDirect || len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], "solved by elimination") {
		t.Errorf("%v, %v, %q", err, s.Solver.Solver, s.Warnings)
	}
	var diverged *fp.ConvergenceError
	s, err = fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: fp.OrderMonotone, Tol: 1e-30, MaxMemory: 1000})
	if !errors.As(err, &diverged) || s == nil || s.Density.Integral() < 0.999 || !strings.Contains(strings.Join(s.Warnings, "\n"), "memory") {
		t.Errorf("%v, %v", err, s)
	}
	var tooLarge *fp.MemoryError
	if _, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Solver: fp.SolverDirect, MaxMemory: 1000}); !errors.As(err, &tooLarge) {
		t.Errorf("direct in 1000 bytes: %v", err)
	}
	// A full tensor goes to GMRES where elimination does not fit.
	full := exact.FullTensor()
	s, err = fp.SolveStationary(full.Problem, full.Grid(64), fp.StationaryOptions{Order: fp.OrderMonotone, MaxMemory: 1000})
	if err != nil || s.Solver.Krylov.Iterations == 0 {
		t.Errorf("full tensor: %v", err)
	}
}
