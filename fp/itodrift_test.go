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

// diff returns ∂w/∂x_a.
func (w wave) diff(x []float64, a int) float64 {
	k := 2 * math.Pi * [2]float64{w.kx, w.ky}[a]
	return w.a * k * math.Cos(2*math.Pi*(w.kx*x[0]+w.ky*x[1])+w.phase)
}

// On random waves σ_ik, b_i and φ, with D = σσᵀ/2,
//
//	Stratonovich        b_i + ½σ_jk ∂_jσ_ik
//	Hänggi–Klimontovich b_i + ∂_jD_ij,   ∂_jD_ij = ½(σ_jk ∂_jσ_ik + σ_ik ∂_jσ_jk)
//	potential           b_i + ∂_jD_ij − D_ij ∂_jφ
//
// are what differences find. Products of two waves have wave numbers up to 2·2π·1.5·√2 = 27:
// with steps of 7.4e-5, for a length of 0.1, h⁴27⁵/30 is 1.5e-11, and round-off 2⁻⁵³·4/h is
// 6e-12; values are below 10, and some tens are summed.
func TestItoDriftOfRandomProblems(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	random := func() wave {
		return wave{r.Float64(), 3*r.Float64() - 1.5, 3*r.Float64() - 1.5, 2 * math.Pi * r.Float64()}
	}
	var worst float64
	for range 30 {
		var sigma [2][2]wave
		var b [2]wave
		for i := range b {
			b[i], sigma[i] = random(), [2]wave{random(), random()}
		}
		phi := random()
		drift := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = b[0].at(x), b[1].at(x) })
		factor := fp.Pointwise(func(dst, x []float64) {
			for c := range dst {
				dst[c] = sigma[c/2][c%2].at(x)
			}
		})
		// across is ½σ_jk ∂_jσ_ik, along ½σ_ik ∂_jσ_jk.
		parts := func(x []float64, i int) (across, along float64) {
			for j := range 2 {
				for k := range 2 {
					across += sigma[j][k].at(x) * sigma[i][k].diff(x, j) / 2
					along += sigma[i][k].at(x) * sigma[j][k].diff(x, j) / 2
				}
			}
			return across, along
		}
		correction := fp.Pointwise(func(dst, x []float64) {
			for i := range dst {
				_, dst[i] = parts(x, i)
			}
		})
		diffusion := fp.FromFactor(2, 2, factor)
		potential := fp.Pointwise(func(dst, x []float64) { dst[0] = phi.at(x) })
		equations := []fp.Equation{
			fp.Stratonovich(2, 2, drift, factor, correction),
			fp.HanggiKlimontovich(2, drift, diffusion),
			fp.Gibbs(2, potential, diffusion, drift),
		}
		for range 10 {
			x := []float64{r.Float64(), r.Float64()}
			d := at(diffusion, 3, x...)
			for k, e := range equations {
				got := at((&fp.Problem{Equation: e}).ItoDrift([]float64{0.1, 0.1}), 2, x...)
				for i := range got {
					across, along := parts(x, i)
					want := b[i].at(x) + across
					if k > 0 {
						want += along
					}
					if k > 1 {
						want -= d[i]*phi.diff(x, 0) + d[i+1]*phi.diff(x, 1)
					}
					worst = max(worst, math.Abs(got[i]-want))
				}
			}
		}
	}
	if worst > 1e-10 {
		t.Errorf("error %.3g", worst)
	}
	t.Logf("error %.3g", worst)
}
