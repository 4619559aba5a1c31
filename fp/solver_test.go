package fp_test

import (
	"math"
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
