package fp_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// A wave is a smooth function on the box [0, 1]², periodic where whole is set.
type wave struct{ a, kx, ky, phase float64 }

func (w wave) at(x []float64) float64 {
	return w.a * math.Sin(2*math.Pi*(w.kx*x[0]+w.ky*x[1])+w.phase)
}

func drawWave(t *rapid.T, most float64, periodic [2]bool, name string) wave {
	k := func(a int) float64 {
		if periodic[a] {
			return float64(rapid.IntRange(-2, 2).Draw(t, name+": waves"))
		}
		return rapid.Float64Range(-1.5, 1.5).Draw(t, name+": waves")
	}
	return wave{rapid.Float64Range(0, most).Draw(t, name), k(0), k(1), rapid.Float64Range(0, 2*math.Pi).Draw(t, name+": phase")}
}

// randomProblem draws a drift of waves, between walls one that leads back to the middle, a
// full tensor that varies, and half of the time a potential, on a box of few cells.
func randomProblem(t *rapid.T) (*fp.Problem, *grid.Grid) {
	var axes [2]grid.Axis
	var periodic [2]bool
	for a := range axes {
		periodic[a] = rapid.Bool().Draw(t, "periodic")
		n := rapid.IntRange(4, 40).Draw(t, "cells")
		var err error
		switch {
		case periodic[a]:
			axes[a], err = grid.Uniform(0, 1, n, grid.Periodic, grid.Periodic)
		case rapid.Bool().Draw(t, "graded"):
			axes[a], err = grid.Sinh(0, 1, n, grid.Reflecting, grid.Reflecting, 0.4, 0.5)
		default:
			axes[a], err = grid.Uniform(0, 1, n, grid.Reflecting, grid.Reflecting)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	noise := math.Exp(rapid.Float64Range(math.Log(1e-3), math.Log(10)).Draw(t, "log noise"))
	pull := rapid.Float64Range(0, 20).Draw(t, "pull")
	rho := drawWave(t, 0.9, periodic, "correlation")
	ratio := drawWave(t, 1, periodic, "ratio")
	v := [2]wave{drawWave(t, 3, periodic, "drift x"), drawWave(t, 3, periodic, "drift y")}
	height := drawWave(t, 3, periodic, "potential")
	drift := fp.Pointwise(func(dst, x []float64) {
		for a := range dst {
			if dst[a] = v[a].at(x); !periodic[a] {
				dst[a] -= pull * (x[a] - 0.5)
			}
		}
	})
	tensor := fp.Pointwise(func(dst, x []float64) {
		r := math.Exp(ratio.at(x))
		dst[0], dst[1], dst[2] = noise*r, noise*rho.at(x), noise/r
	})
	p := &fp.Problem{Title: "random", Variables: []string{"x", "y"}}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		p.Equation = fp.Gibbs(2, fp.Pointwise(func(dst, x []float64) { dst[0] = height.at(x) }), tensor, nil)
	case 1:
		p.Equation = fp.Gibbs(2, fp.Pointwise(func(dst, x []float64) { dst[0] = height.at(x) }), tensor, drift)
	default:
		p.Equation = fp.HanggiKlimontovich(2, drift, tensor)
	}
	return p, grid.New(axes[:]...)
}

// Whatever the problem and the grid, the density is ≥ 0 and of mass 1, and either the
// divergence of the current is small, or an error or a warning says what is amiss.
func TestRandomProblemsAreSolvedOrDoubted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, g := randomProblem(t)
		opt := fp.StationaryOptions{
			Order:    rapid.SampledFrom([]fp.Order{fp.OrderAuto, fp.OrderAuto, fp.OrderMonotone, 2, 4, 6, 8}).Draw(t, "order"),
			Positive: rapid.IntRange(0, 3).Draw(t, "positive") == 0,
		}
		s, err := fp.SolveStationary(p, g, opt)
		var tooFew *fp.OrderError
		var diverged *fp.ConvergenceError
		if errors.As(err, &tooFew) {
			if slices.Min(g.Shape()) >= 20 {
				t.Fatalf("%v", err)
			}
			return
		}
		if err != nil && (!errors.As(err, &diverged) || opt.Order == fp.OrderAuto) || s == nil {
			t.Fatalf("%v, %v", s, err)
		}
		for i, v := range s.Density.Values {
			if !(v >= 0) || opt.Positive && s.Scheme == fp.SchemeLogarithmic && v == 0 {
				t.Fatalf("density %g in cell %d", v, i)
			}
		}
		if m := s.Density.Integral(); math.Abs(m-1) > 1600*0x1p-53 { // as many cells, of one sign
			t.Errorf("Σ p V − 1 = %.3g", m-1)
		}
		j := s.Current()
		e, _, estimateErr := s.EstimateError(fp.StationaryOptions{})
		if estimateErr != nil {
			t.Errorf("EstimateError: %v", estimateErr)
		}
		if e.Density < 0 || math.IsNaN(e.Density) {
			t.Errorf("estimate %g", e.Density)
		}
		// As in wantSound: GMRES down to 1e-8 of the turnover, which cells as large as 1/16 of the
		// box can hold more of than all.
		if r := s.DivergenceResidual(j); !(r <= 1e-7+10*e.Density) && err == nil && len(s.Warnings) == 0 {
			t.Errorf("%v %v: ∇·J is %.3g of the turnover, estimate %.3g", s.Scheme, s.Order, r, e.Density)
		}
		if rate := s.EntropyProduction(j); !(rate >= 0) {
			t.Errorf("entropy production %g", rate)
		}
		if s.Scheme == fp.SchemeGibbs && (s.EntropyProduction(j) != 0 || strings.Contains(strings.Join(s.Warnings, ""), "resolved")) {
			t.Errorf("in equilibrium entropy is produced at the rate %g, %q", s.EntropyProduction(j), s.Warnings)
		}
	})
}

// With Péclet numbers of some hundred per cell rates differ so much that multigrid cycles on
// the star generator end in numbers that are none; elimination does not.
func TestRatesOfVeryDifferentSize(t *testing.T) {
	v := [2]wave{{1, 1.5, 1.5, 2}, {1, 0.5, 0.6875, 0.25}}
	height, rho, ratio := wave{1, 1.5, 1.5, 1}, wave{0.9, 1.5, 1.5, 1}, wave{1, 0.25, 1.5, 1}
	const noise = 1e-3
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.Gibbs(2,
		fp.Pointwise(func(dst, x []float64) { dst[0] = height.at(x) }),
		fp.Pointwise(func(dst, x []float64) {
			r := math.Exp(ratio.at(x))
			dst[0], dst[1], dst[2] = noise*r, noise*rho.at(x), noise/r
		}),
		fp.Pointwise(func(dst, x []float64) {
			for a := range dst {
				dst[a] = v[a].at(x) - 8*(x[a]-0.5)
			}
		}))}
	s, err := fp.SolveStationary(p, walled(t, 21, [2]float64{0, 1}, [2]float64{0, 1}), fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range s.Density.Values {
		if !(v >= 0) {
			t.Fatalf("density %g in cell %d", v, i)
		}
	}
	if len(s.Warnings) == 0 { // most is in one cell
		t.Error("no warning")
	}
}
