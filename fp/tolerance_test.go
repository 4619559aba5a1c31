package fp_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// Grids are refined until the estimate meets the tolerance, in one, two and three
// dimensions, by factors of 2 or 3/2; one that meets it is kept.
func TestGridsAreRefinedToTheTolerance(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		c     *exact.Case
		first int
		tol   float64
		cells []int
	}{
		{exact.DoubleWell1D(), 32, 1e-4, nil},
		{exact.Rotation2D(1), 32, 1e-4, []int{64, 64}},
		{exact.Rotation2D(1), 64, 1e-4, []int{64, 64}},
		{exact.LimitCycle(), 64, 1e-5, []int{128, 128}},
		{exact.Rotation3D(), 20, 5e-3, []int{30, 30, 30}},
	} {
		if k.c.Dim() == 3 && testing.Short() {
			continue
		}
		g := k.c.Grid(k.first)
		s, err := fp.SolveToTolerance(k.c.Problem, g, k.tol, fp.StationaryOptions{})
		if err != nil {
			t.Errorf("%s: %v", k.c.Name, err)
			continue
		}
		wantSound(t, s)
		fine := s.Density.Grid
		if cells := fine.Shape(); k.cells != nil && !slices.Equal(cells, k.cells) {
			t.Errorf("%s: %v cells, want %v", k.c.Name, cells, k.cells)
		}
		for a := range g.Dim() {
			if fine.Axis(a).Min() != g.Axis(a).Min() || fine.Axis(a).Max() != g.Axis(a).Max() {
				t.Errorf("%s: another box", k.c.Name)
			}
		}
		e, ok, err := s.EstimateError(fp.StationaryOptions{})
		if !ok || err != nil || !(e.Density <= k.tol) {
			t.Errorf("%s: estimate %.3g, want ≤ %.3g (%v, %v)", k.c.Name, e.Density, k.tol, ok, err)
		}
		if d := grid.L1(s.Density, k.c.Density(fine)); !(d <= k.tol) {
			t.Errorf("%s, %v cells: error %.3g, want ≤ %.3g", k.c.Name, fine.Shape(), d, k.tol)
		}
	}
}

// Where the next grid does not fit in memory, the best result comes with an error that says
// what it is worth and what was not tried.
func TestToleranceOutOfReach(t *testing.T) {
	c := exact.LimitCycle()
	const memory = 8 * (60 + 20) * 96 * 96 // enough for 64², not for 128²
	s, err := fp.SolveToTolerance(c.Problem, c.Grid(32), 1e-12, fp.StationaryOptions{MaxMemory: memory})
	var short *fp.ToleranceError
	if !errors.As(err, &short) || s == nil {
		t.Fatalf("%v, %v; want a result and a ToleranceError", s, err)
	}
	if !slices.Equal(short.Cells, []int{128, 128}) || short.Tol != 1e-12 || short.Cause != nil {
		t.Errorf("%+v, want 128² cells not tried and no cause", short)
	}
	if !strings.Contains(err.Error(), "[128 128] cells would take") {
		t.Errorf("message %q", err)
	}
	wantSound(t, s)
	e, _, _ := s.EstimateError(fp.StationaryOptions{})
	if !slices.Equal(s.Density.Grid.Shape(), []int{64, 64}) || e.Density != short.Estimate {
		t.Errorf("result of %v cells with the estimate %.3g, want 64² and %.3g", s.Density.Grid.Shape(), e.Density, short.Estimate)
	}
}

// Where no grid that fits gives a converged result, the error says why, and the first
// result comes with it.
func TestToleranceWithoutConvergence(t *testing.T) {
	s, err := fp.SolveToTolerance(vanDerPol(0.01), walled(t, 24, [2]float64{-4, 4}, [2]float64{-6, 6}), 1e-3, fp.StationaryOptions{Order: 8, MaxMemory: 8 * 80 * 36 * 36})
	var short *fp.ToleranceError
	var diverged *fp.ConvergenceError
	if !errors.As(err, &short) || !errors.As(err, &diverged) || s == nil {
		t.Fatalf("%v, %v; want a ToleranceError because of a ConvergenceError", s, err)
	}
	if !math.IsInf(short.Estimate, 1) {
		t.Errorf("estimate %g of what did not converge", short.Estimate)
	}
}

// What is wrong with the problem or the options is not a matter of cells.
func TestToleranceKeepsOtherErrors(t *testing.T) {
	c := exact.DoubleWell1D()
	c.Box[0].Upper = grid.Absorbing
	var absorbing *fp.AbsorbingError
	if s, err := fp.SolveToTolerance(c.Problem, c.Grid(32), 1e-3, fp.StationaryOptions{}); s != nil || !errors.As(err, &absorbing) {
		t.Errorf("%v, %v; want an AbsorbingError", s, err)
	}
	var tooFew *fp.OrderError
	if s, err := fp.SolveToTolerance(exact.LimitCycle().Problem, exact.LimitCycle().Grid(8), 1e-3, fp.StationaryOptions{Order: 8}); s != nil || !errors.As(err, &tooFew) {
		t.Errorf("%v, %v; want an OrderError", s, err)
	}
}
