package fp_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// One drift and one tensor in three conventions, against what files say of each, whose noise
// factors are symmetric and positive, so that they are the symmetric roots.
func TestOneDriftInThreeConventions(t *testing.T) {
	const files = "variables: [x, y]\nequation: {drift: [\"-x + y^2\", \"-y\"], calculus: CALCULUS, "
	g := someGrid(t)
	at := [][]float64{{0.3, -0.7}, {-1.1, 0.4}, {0.9, 0.8}}
	for _, noise := range []string{
		"noise_factor: [[\"1 + 0.2*x^2\", 0], [0, \"1 + 0.1*cos(y)\"]]",
		"noise_factor: [[\"1 + 0.2*x^2\", \"0.3*sin(x*y)\"], [\"0.3*sin(x*y)\", \"1 + 0.1*cos(y)\"]]",
	} {
		calculi := []fp.Calculus{fp.ItoCalculus, fp.StratonovichCalculus, fp.HanggiKlimontovichCalculus}
		for _, from := range calculi {
			p := read(t, strings.ReplaceAll(files, "CALCULUS", from.String())+noise+"}").Problem
			for _, to := range calculi {
				want := read(t, strings.ReplaceAll(files, "CALCULUS", to.String())+noise+"}").Problem
				have, ok := p.InCalculus(to, g)
				if !ok || have.Calculus != to {
					t.Fatalf("%v of %v: %v %v", to, from, have, ok)
				}
				for _, x := range at {
					h, w := evaluate(&have.Equation, x), evaluate(&want.Equation, x)
					for c := range w {
						// differences of fourth order over h = 1/64: h⁴/30 times fifth derivatives of order 1
						if math.Abs(h[c]-w[c]) > 1e-8 {
							t.Errorf("%s: %v of %v at %v: component %d is %v, want %v", noise, to, from, x, c, h[c], w[c])
						}
					}
				}
			}
		}
	}
	if _, ok := read(t, "variables: [x]\nequation: {potential: x^2, diffusion: 1}").Problem.InCalculus(fp.ItoCalculus, g); ok {
		t.Error("a potential has another convention")
	}
}

func someGrid(t *testing.T) *grid.Grid {
	t.Helper()
	var axes []grid.Axis
	for range 2 {
		a, err := grid.Uniform(-2, 2, 32, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, a)
	}
	return grid.New(axes...)
}

// In three dimensions the root is by eigenvectors: its square is 2D, and it is symmetric, so
// that half the divergence of a tensor D = s(x)²I/2 is the Stratonovich correction.
func TestStratonovichInThreeDimensions(t *testing.T) {
	const file = "variables: [x, y, z]\nequation: {drift: [\"-x\", \"-y\", \"-z\"], calculus: CALCULUS, noise_factor: [[\"2 + 0.2*x\", 0.3, 0], [0.3, 1.5, \"0.1*y\"], [0, \"0.1*y\", \"1 + 0.2*z\"]]}"
	var axes []grid.Axis
	for range 3 {
		a, err := grid.Uniform(-1, 1, 16, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, a)
	}
	have, _ := read(t, strings.ReplaceAll(file, "CALCULUS", "ito")).Problem.InCalculus(fp.StratonovichCalculus, grid.New(axes...))
	want := read(t, strings.ReplaceAll(file, "CALCULUS", "stratonovich")).Problem
	for _, x := range [][]float64{{0.3, -0.7, 0.2}, {-0.9, 0.4, 0.6}} {
		h, w := evaluate(&have.Equation, x), evaluate(&want.Equation, x)
		for c := range w {
			if math.Abs(h[c]-w[c]) > 1e-10 { // the factor is linear: differences are exact to round-off over h = 1/64
				t.Errorf("at %v: component %d is %v, want %v", x, c, h[c], w[c])
			}
		}
	}
}
