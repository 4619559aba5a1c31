package fp_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file tests what is said of problems that high order is not made for.

// sloped is dx = −sign(x − c) dt, dy = −y dt with noise 0.2: p ∝ exp(−5|x − c| − 2.5y²).
func sloped(c float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = math.Copysign(1, c-x[0]), -x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.2, 0, 0.2 }))}
}

// At a kink of the potential all orders err alike, and half the grid tells by how much.
func TestErrorAtAKinkIsEstimated(t *testing.T) {
	const c = 0.1037
	g := walled(t, 64, [2]float64{-4, 4}, [2]float64{-3, 3})
	s := solveWith(t, sloped(c), g, fp.StationaryOptions{})
	e, _, err := s.EstimateError(fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// The marginal of x integrates in closed form.
	m := s.Density.Marginal(0)
	primitive := func(x float64) float64 {
		return math.Copysign(0.5*(1-math.Exp(-5*math.Abs(x-c))), x-c) // of 2.5 exp(−5|x − c|), up to 1e-8 in all
	}
	want := grid.NewField(m.Grid)
	for i := range want.Values {
		edges := m.Grid.Axis(0).Edges()
		want.Values[i] = (primitive(edges[i+1]) - primitive(edges[i])) / m.Grid.Volume(i)
	}
	d := grid.L1(m, want)
	if d < 1e-3 {
		t.Fatalf("error %.2g: the kink is not there to be tested", d)
	}
	if e.Density < d/3 || e.Density > 100*d { // as everywhere
		t.Errorf("estimate %.2g of an error of %.2g", e.Density, d)
	}
}

// What a jump of D leaves out of ∇·D is warned of, not of a step that the grid resolves, nor
// where the convention wants no derivative.
func TestJumpOfTheDiffusionIsWarnedOf(t *testing.T) {
	for _, k := range []struct {
		step func(x float64) float64
		c    fp.Calculus
		want bool
	}{
		{func(x float64) float64 { return math.Copysign(1, x-0.3) }, fp.ItoCalculus, true},
		{func(x float64) float64 { return math.Tanh((x - 0.3) / 0.3) }, fp.ItoCalculus, false},
		{func(x float64) float64 { return math.Copysign(1, x-0.3) }, fp.HanggiKlimontovichCalculus, false},
	} {
		p := &fp.Problem{Variables: []string{"x"}, Calculus: k.c, Equation: fp.HanggiKlimontovich(1,
			fp.Pointwise(func(dst, x []float64) { dst[0] = -x[0] }),
			fp.Pointwise(func(dst, x []float64) { dst[0] = 0.35 + 0.15*k.step(x[0]) }))}
		s := solveWith(t, p, walled(t, 128, [2]float64{-4, 4}), fp.StationaryOptions{})
		if got := strings.Contains(strings.Join(s.Warnings, " "), "jumps near x = 0.28"); got != k.want {
			t.Errorf("%v: warned %v, want %v: %q", k.c, got, k.want, s.Warnings)
		}
	}
}

// A density a fifth of a cell wide leaves the linear form negative by more than any estimate
// excuses, and the logarithmic one without convergence.
func TestNegativeMassIsNotKept(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0]-3*x[1], 3*x[0]-1.5*x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.01, 0, 0.01 }))}
	s := solveWith(t, p, walled(t, 64, [2]float64{-20, 20}, [2]float64{-20, 20}), fp.StationaryOptions{})
	if m := s.NegativeMass(); m < -1e-3 {
		t.Errorf("%v: negative mass %.2g", s.Scheme, m)
	}
	if len(s.Warnings) == 0 {
		t.Error("no warning")
	}
}

// Two valleys that probability hardly passes between have equal weights where the problem
// is the same for both.
func TestWeightsOfValleysAreSettled(t *testing.T) {
	f := shipped(t, "deep_linear.yaml", 128)
	in := fp.Interval{Min: -6.4, Max: 6.4, Cells: 128}
	d := fp.Domain{Intervals: []fp.Interval{in, in}}
	g, err := d.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	s := solveWith(t, f.Problem, g, fp.StationaryOptions{Order: 8})
	mean, _ := s.Moments()
	for _, m := range mean {
		if math.Abs(m) > 1e-3 { // half the smallest error estimate there, 0.02, times the distance of the valleys' ends
			t.Errorf("mean %v, want 0", mean)
		}
	}
}
