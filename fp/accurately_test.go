package fp_test

import (
	"flag"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
)

var long = flag.Bool("long", false, "run studies of some minutes too")

// skipLong leaves out tests that are long arithmetic, and start no goroutines that shorter
// ones do not, where the race detector makes them ten times as long. Elsewhere they run beside each
// other, after all tests that change the number of processors: most of them keep one busy.
func skipLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long arithmetic")
	}
	t.Parallel()
}

// rotated is A2 in the box [−4, 4]², some 8 deviations, with noise across of the given
// strength relative to that along.
func rotated(ratio float64) *exact.Case {
	c, s := math.Cos(math.Pi/6), math.Sin(math.Pi/6)
	off := 0.2 * c * s * (1 - ratio)
	k := exact.OrnsteinUhlenbeck("rotation", mat.NewDense(2, 2, []float64{1, 3, -3, 1.5}), mat.NewSymDense(2, []float64{
		0.2 * (c*c + ratio*s*s), off,
		off, 0.2 * (s*s + ratio*c*c),
	}))
	for a := range k.Box {
		k.Box[a].Min, k.Box[a].Max = -4, 4
	}
	return k
}

// vanDerPol is x″ = 2(1 − x²)x′ − x with noise of strength d in both coordinates.
func vanDerPol(d float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = x[1], 2*(1-x[0]*x[0])*x[1]-x[0] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = d, 0, d }))}
}

// walled returns a box of equal cells between reflecting walls.
func walled(t testing.TB, n int, ends ...[2]float64) *grid.Grid {
	t.Helper()
	axes := make([]grid.Axis, len(ends))
	for a, e := range ends {
		var err error
		if axes[a], err = grid.Uniform(e[0], e[1], n, grid.Reflecting, grid.Reflecting); err != nil {
			t.Fatal(err)
		}
	}
	return grid.New(axes...)
}

// solveWith solves a problem on a grid, and checks what holds of every result.
func solveWith(t testing.TB, p *fp.Problem, g *grid.Grid, opt fp.StationaryOptions) *fp.Stationary {
	t.Helper()
	s, err := fp.SolveStationary(p, g, opt)
	if err != nil {
		t.Fatalf("%s, %v cells, order %v: %v", p.Title, g.Shape(), opt.Order, err)
	}
	wantSound(t, s)
	return s
}

// wantSound fails unless density and current are those of something stationary: nothing
// negative, of mass 1 to round-off, and with a divergence that GMRES has solved for.
func wantSound(t testing.TB, s *fp.Stationary) {
	t.Helper()
	what := s.Problem.Title
	for i, v := range s.Density.Values {
		if !(v >= 0) {
			t.Errorf("%s: density %g in cell %d", what, v, i)
			break
		}
	}
	// Sums run over at most 1024 numbers along an axis, of one sign, and two axes.
	if got := s.Density.Integral(); math.Abs(got-1) > 2048*0x1p-53 {
		t.Errorf("%s: Σ p V − 1 = %.3g", what, got-1)
	}
	// The linear form's rates of change fall to 1e-8 of those of the star generator's density,
	// which are below the turnover. The logarithmic form's steps end where what is left
	// of them, 10 times which is part of the estimate, does not matter to the density.
	limit := 1e-8
	if s.Scheme == fp.SchemeLogarithmic {
		e, _, _ := s.EstimateError(fp.StationaryOptions{})
		limit += 10 * e.Density
	}
	if r := s.DivergenceResidual(s.Current()); !(r <= limit) {
		t.Errorf("%s, %v cells: ∇·J is %.3g of the turnover, want ≤ %.3g", what, s.Density.Grid.Shape(), r, limit)
	}
}

// The density at the orders chosen for the grid is as accurate as is asked of this
// program, and so is the current. Limits are the aims; beside them what was measured, of
// which the part of the discretisation falls as h⁸ and that of the walls as h⁷.
func TestTargetsOfAccuracy(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		c                *exact.Case
		n                int
		density, current float64 // 0: not asked
	}{
		{exact.QuadWellDrift(0.15), 128, 1e-7, 0}, // 8.6e-8
		{rotated(0.05), 128, 2e-6, 0},             // 1.1e-6
		{rotated(0.05), 256, 1e-8, 0},             // 5.0e-9
		{rotated(0.05), 384, 1e-9, 0},             // 2.6e-10
		{rotated(0.001), 128, 4e-6, 0},            // 1.9e-6
		{exact.Rotation2D(1), 128, 1e-8, 1e-5},    // 4.9e-9, 8.4e-9
		{exact.FullTensor(), 128, 1e-8, 1e-6},     // 9.6e-9, 2.0e-8
		{exact.FullTensor(), 256, 2e-11, 0},       // 1.9e-11
		{exact.LimitCycle(), 128, 1.5e-7, 0},      // 9.5e-8
		{exact.Underdamped(), 128, 2e-7, 0},       // 1.6e-7
		{exact.Underdamped(), 256, 2e-9, 0},       // 1.4e-9
		{exact.MildTensor3D(), 64, 1.5e-5, 0},     // 1.1e-5
	} {
		if k.c.Dim() == 3 && testing.Short() {
			continue
		}
		s := solveWith(t, k.c.Problem, k.c.Grid(k.n), fp.StationaryOptions{})
		if d := grid.L1(s.Density, k.c.Density(s.Density.Grid)); !(d <= k.density) {
			t.Errorf("%s, n=%d: error of the density %.3g, want ≤ %.3g", k.c.Name, k.n, d, k.density)
		}
		if k.current == 0 {
			continue
		}
		if e := currentError(s, k.c.PointCurrent); !(e.relative() <= k.current) {
			t.Errorf("%s, n=%d: error of the current %.3g, want ≤ %.3g", k.c.Name, k.n, e.relative(), k.current)
		}
		if len(s.Warnings) > 0 {
			t.Errorf("%s, n=%d: %q", k.c.Name, k.n, s.Warnings)
		}
	}
}

// A currentDifference is Σ_a Σ|J_a − J*_a|V, with the size of each.
type currentDifference struct{ error, exact, own float64 }

func (d currentDifference) relative() float64 { return d.error / d.exact }

// currentError compares a solution's current with the exact one, at its own points.
func currentError(s *fp.Stationary, exact func(dst, x []float64)) (e currentDifference) {
	g := s.Density.Grid
	points, idx := accurate.Points(g, -1), make([]int, g.Dim())
	x, want := make([]float64, g.Dim()), make([]float64, g.Dim())
	got := s.Current().At
	for i, v := range g.Volumes() {
		g.Indices(idx, i)
		for a, k := range idx {
			x[a] = points[a][k]
		}
		exact(want, x)
		for a, j := range want {
			e.error += math.Abs(got[a][i]-j) * v
			e.exact += math.Abs(j) * v
			e.own += math.Abs(got[a][i]) * v
		}
	}
	return e
}

// Van der Pol's limit cycle has slow arcs and fast ones, and ridges as narrow as two
// cells. Its density is known from a grid fine enough: errors fall a hundredfold from 256²
// to 512², and coarser grids are measured against averages of 1024².
func TestVanDerPolMeetsAFineGrid(t *testing.T) {
	if !*long {
		t.Skip("takes some minutes; run with -long")
	}
	for _, k := range []struct {
		d      float64
		n      []int
		limits []float64
	}{
		{0.05, []int{128, 512}, []float64{2e-3, 2e-6}},
		// At 256² order 4 of the logarithmic form does not converge; order 2 is off by 5.3e-2,
		// where order 4 would be by 6e-3.
		{0.01, []int{256, 512}, []float64{6e-2, 5e-5}},
	} {
		ends := [][2]float64{{-4, 4}, {-6, 6}}
		fine := solveWith(t, vanDerPol(k.d), walled(t, 1024, ends...), fp.StationaryOptions{}).Density
		for m, n := range k.n {
			s := solveWith(t, vanDerPol(k.d), walled(t, n, ends...), fp.StationaryOptions{})
			if d := grid.L1(s.Density, restrictTo(t, fine, s.Density.Grid)); !(d <= k.limits[m]) {
				t.Errorf("D=%g, n=%d: differs from n=1024 by %.3g, want ≤ %.3g", k.d, n, d, k.limits[m])
			}
		}
	}
}

// restrictTo returns the averages of f on a grid of cells 2ᵏ times as wide.
func restrictTo(t testing.TB, f *grid.Field, g *grid.Grid) *grid.Field {
	t.Helper()
	for f.Grid.Cells() > g.Cells() {
		coarse, ok := f.Grid.Coarsen()
		if !ok {
			t.Fatal("odd number of cells")
		}
		f = grid.Restrict(f, coarse)
	}
	return f
}
