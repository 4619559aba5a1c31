package fp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// withConventions returns the equations of σ, b and φ = (x² + 2y²)/2 + 0.3 sin(x + y) at the
// head of convention_test.go, with their drifts in the sense of Itô written out by hand; with
// σ_ik ∂_jσ_jk/2 + σ_jk ∂_jσ_ik/2 = ∇·D for that of Stratonovich.
func withConventions() map[string]struct {
	equation fp.Equation
	ito      func(dst, x []float64)
} {
	drift, diffusion, divergence := fp.Pointwise(pull), fp.Pointwise(tensor), fp.Pointwise(tensorDivergence)
	add := func(sign float64, terms ...func(dst, x []float64)) func(dst, x []float64) {
		return func(dst, x []float64) {
			pull(dst, x)
			for _, f := range terms {
				var v [2]float64
				f(v[:], x)
				dst[0] += sign * v[0]
				dst[1] += sign * v[1]
			}
		}
	}
	potential := func(dst, x []float64) {
		dst[0] = (x[0]*x[0]+2*x[1]*x[1])/2 + 0.3*math.Sin(x[0]+x[1])
	}
	descend := func(dst, x []float64) {
		var d [3]float64
		tensor(d[:], x)
		c := 0.3 * math.Cos(x[0]+x[1])
		gx, gy := x[0]+c, 2*x[1]+c
		dst[0], dst[1] = -d[0]*gx-d[1]*gy, -d[1]*gx-d[2]*gy
	}
	type entry = struct {
		equation fp.Equation
		ito      func(dst, x []float64)
	}
	return map[string]entry{
		"ito": {fp.Ito(2, drift, diffusion, divergence), pull},
		"stratonovich": {
			fp.Stratonovich(2, 2, drift, fp.Pointwise(factor), fp.Pointwise(factorDivergence)),
			func(dst, x []float64) {
				var c [2]float64
				factorDivergence(c[:], x)
				add(1, tensorDivergence)(dst, x)
				dst[0] -= c[0]
				dst[1] -= c[1]
			},
		},
		"haenggi-klimontovich": {fp.HanggiKlimontovich(2, drift, diffusion), add(1, tensorDivergence)},
		"potential":            {fp.Gibbs(2, fp.Pointwise(potential), diffusion, drift), add(1, tensorDivergence, descend)},
	}
}

// Differences over 7.4e-4 of a length of 1 leave h⁴/30 = 1e-14 of the fifth derivatives, which
// are below 30 here, and 2⁻⁵³/h = 1.5e-13 of values below 30, ten of which are summed.
const differenced = 5e-11

func TestItoDriftOfAllConventions(t *testing.T) {
	for name, c := range withConventions() {
		p := &fp.Problem{Variables: []string{"x", "y"}, Equation: c.equation}
		r := rand.New(rand.NewPCG(2, 3))
		for range 50 {
			x := []float64{4*r.Float64() - 2, 4*r.Float64() - 2}
			for _, length := range [][]float64{nil, {2, 0.5}} {
				var want [2]float64
				c.ito(want[:], x)
				for i, got := range at(p.ItoDrift(length), 2, x...) {
					if !(math.Abs(got-want[i]) <= differenced) {
						t.Errorf("%s at %v: b[%d] is %.15g, want %.15g", name, x, i, got, want[i])
					}
				}
			}
			var d [3]float64
			tensor(d[:], x)
			if got := at(p.Diffusion(), 3, x...); !slices.Equal(got, at(c.equation.Eval, eqComponents(c.equation), x...)[2:5]) || math.Abs(got[1]-d[1]) > 1e-14 {
				t.Errorf("%s: D is %v, want %v", name, got, d)
			}
		}
	}
}

func eqComponents(e fp.Equation) int {
	if e.Potential {
		return 6
	}
	return 5
}

// Formulas of a file give the drift in closed form; what differences make of its effective
// drift is the same.
func TestItoDriftOfFiles(t *testing.T) {
	sigma := `[["1 + x^2/4", "sin(x+y)"], ["y/2", "2 + cos(x)"]]`
	for name, section := range map[string]string{
		"ito":                  "{drift: [\"-x\", \"-y^3\"], noise_factor: " + sigma + "}",
		"stratonovich":         "{drift: [\"-x\", \"-y^3\"], calculus: stratonovich, noise_factor: " + sigma + "}",
		"haenggi-klimontovich": "{drift: [\"-x\", \"-y^3\"], calculus: haenggi-klimontovich, noise_factor: " + sigma + "}",
		"potential":            "{drift: [\"-x\", \"-y^3\"], potential: \"(x^2+2*y^2)/2 + 0.3*sin(x+y)\", noise_factor: " + sigma + "}",
	} {
		src := fmt.Sprintf("version: 1\nvariables: [x, y]\nequation: %s\ndomain: {x: {min: -3, max: 3, cells: 8}, y: {min: -3, max: 3, cells: 8}}\n", section)
		f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Problem.Equation.Ito == nil {
			t.Errorf("%s: no closed form", name)
		}
		unknown := *f.Problem
		unknown.Equation.Ito = nil
		r := rand.New(rand.NewPCG(4, 5))
		for range 20 {
			x := []float64{4*r.Float64() - 2, 4*r.Float64() - 2}
			var want [2]float64
			withConventions()[name].ito(want[:], x)
			differences := at(unknown.ItoDrift(nil), 2, x...)
			for i, got := range at(f.Problem.ItoDrift(nil), 2, x...) {
				if !(math.Abs(got-want[i]) <= 64*0x1p-53*30) { // some tens of roundings of terms below 30
					t.Errorf("%s at %v: b[%d] is %.15g, want %.15g", name, x, i, got, want[i])
				}
				if !(math.Abs(differences[i]-want[i]) <= differenced) {
					t.Errorf("%s at %v: differenced b[%d] is %.15g, want %.15g", name, x, i, differences[i], want[i])
				}
			}
		}
	}
}

func TestConstantDiffusionIsKnownFromFormulas(t *testing.T) {
	for diffusion, want := range map[string][]float64{
		`[[0.2, "0.1*c"], ["0.1*c", 0.3]]`: {0.2, 0.05, 0.3},
		`0.2`:                              {0.2, 0, 0.2},
		`[0.2, "x^2"]`:                     nil,
	} {
		f, err := fp.ReadProblem(strings.NewReader("version: 1\nvariables: [x, y]\nconstants: {c: 0.5}\nequation: {drift: [\"-x\", \"-y\"], diffusion: "+diffusion+
			"}\ndomain: {x: {min: -3, max: 3, cells: 8}, y: {min: -3, max: 3, cells: 8}}\n"), fp.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Problem.Equation.ConstantDiffusion; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", diffusion, got, want)
		}
	}
}

// The Jacobian of b = (−x − 3y + x³, 3x − 1.5y) at x = 0.5 has eigenvalues λ with
// λ² + 1.75λ + 9.375 = 0, of modulus √9.375.
func TestFastestRate(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0]-3*x[1]+x[0]*x[0]*x[0], 3*x[0]-1.5*x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.1, 0, 0.1 }))}
	for _, length := range [][]float64{nil, {3, 0.3}} {
		// The drift has the round-off of a differenced D, 1e-13, and its slope that over 7e-4·0.3.
		if got, want := p.FastestRate([]float64{0.5, 0.2}, length), math.Sqrt(9.375); !(math.Abs(got-want) <= 1e-8) {
			t.Errorf("rate %.12g, want %.12g", got, want)
		}
	}
}
