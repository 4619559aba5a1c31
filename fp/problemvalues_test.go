package fp_test

import (
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// evaluate returns what an equation gives at a point: v (or w), D packed, and φ.
func evaluate(e *fp.Equation, x []float64) []float64 {
	n := e.Dim + e.Dim*(e.Dim+1)/2
	if e.Potential {
		n++
	}
	dst, at := make([][]float64, n), make([][]float64, len(x))
	for c := range dst {
		dst[c] = make([]float64, 1)
	}
	for a := range at {
		at[a] = x[a : a+1]
	}
	e.Eval(dst, at)
	out := make([]float64, n)
	for c := range out {
		out[c] = dst[c][0]
	}
	return out
}

// The data of the tests below: three points, whose moments are sums one can write out.
const threePoints = "x,y\n1,2\n2,1\n-1,1\n"

// What a file says in words is what its equation gives in numbers: η, B, sampling,
// second-order drift, injected noise, the conventions, the factors ½.
func TestEquationsOfFiles(t *testing.T) {
	// Of threePoints and the model f = w x: g_i = x_i (w x_i − y_i).
	xs, ys := []float64{1, 2, -1}, []float64{2, 1, 1}
	moments := func(w float64) (g, h, s, ds float64) {
		var gg, gh float64
		for i, x := range xs {
			gi, hi := x*(w*x-ys[i]), x*x
			g += gi / 3
			h += hi / 3
			gg += gi * gi / 3
			gh += gi * hi / 3
		}
		return g, h, gg - g*g, 2 * (gh - g*h) // Σ and Σ′
	}
	const data = "data: {file: three.csv, features: [x], target: y}, model: linear-regression, learning_rate: 0.2, "
	const sgd1 = "variables: [w]\nsgd: {" + data
	for _, c := range []struct {
		name, src string
		at        []float64
		want      func(x []float64) []float64
	}{
		{"data", sgd1 + "batch_size: 2}", []float64{0.7}, func(x []float64) []float64 {
			g, _, s, ds := moments(x[0])
			return []float64{-g - 0.1/2*ds, 0.1 / 2 * s}
		}},
		{"data without replacement", sgd1 + "batch_size: 2, sampling: without-replacement}", []float64{0.7}, func(x []float64) []float64 {
			g, _, s, ds := moments(x[0])
			return []float64{-g - 0.1/2*0.5*ds, 0.1 / 2 * 0.5 * s} // (n−B)/(n−1) = 1/2
		}},
		{"data, momentum", sgd1 + "batch_size: 2, momentum: 0.75, injected_noise: 0.5}", []float64{0.7}, func(x []float64) []float64 {
			g, _, s, ds := moments(x[0])
			return []float64{-g - 0.4/2*ds, 0.4/2*s + 0.4*0.5} // the rate 0.2/(1−μ) = 0.8
		}},
		{"data, second order, injected noise", sgd1 + "batch_size: 1, drift_order: 2, injected_noise: 0.3}", []float64{-0.4}, func(x []float64) []float64 {
			g, h, s, ds := moments(x[0])
			return []float64{-g - 0.1*ds - 0.1*h*g, 0.1*s + 0.1*0.3}
		}},
		{
			"formulas", "variables: [x, y]\nsgd: {loss: \"x^2 + x*y^3\", noise_covariance: [[\"1+x^2\", \"0.2*y\"], [\"0.2*y\", 2]], learning_rate: 0.3, batch_size: 4, injected_noise: 0.5}",
			[]float64{0.5, -0.8},
			func(x []float64) []float64 {
				const k = 0.3 / 2 / 4
				return []float64{
					-(2*x[0] + x[1]*x[1]*x[1]) - k*(2*x[0]+0.2), -3*x[0]*x[1]*x[1] - 0,
					k*(1+x[0]*x[0]) + 0.15*0.5, k * 0.2 * x[1], k*2 + 0.15*0.5,
				}
			},
		},
		{
			"formulas, second order", "variables: [x, y]\nsgd: {loss: \"x^2*y\", noise_covariance: [[1, 0], [0, 2]], learning_rate: 0.3, batch_size: 3, drift_order: 2}",
			[]float64{0.5, -0.8},
			func(p []float64) []float64 {
				x, y := p[0], p[1]
				gx, gy := 2*x*y, x*x // and the Hessian is 2y, 2x; 2x, 0
				return []float64{-gx - 0.15*(2*y*gx+2*x*gy), -gy - 0.15*2*x*gx, 0.05, 0, 0.1}
			},
		},
		{
			"isotropic constant noise", "variables: [x]\nsgd: {loss: \"x^4\", noise_covariance: 2, learning_rate: 0.3, batch_size: 3, injected_noise: 1}",
			[]float64{0.9},
			func(x []float64) []float64 {
				const eps = 0.15 * (2.0/3 + 1)
				return []float64{0, eps, math.Pow(x[0], 4) / eps}
			},
		},
		{
			"Itô", "variables: [x, y]\nequation: {drift: [x, y], noise_factor: [[\"sin(y)\", x], [1, \"x*y\"]]}",
			[]float64{0.5, -0.8},
			func(p []float64) []float64 {
				x, y := p[0], p[1]
				s := math.Sin(y)
				// 2D = [[s²+x², s+x²y], [·, 1+x²y²]]
				return []float64{
					x - 0.5*(2*x+math.Cos(y)+x*x), y - 0.5*(2*x*y+2*x*x*y),
					0.5 * (s*s + x*x), 0.5 * (s + x*x*y), 0.5 * (1 + x*x*y*y),
				}
			},
		},
		{
			"Stratonovich", "variables: [x, y]\nequation: {calculus: stratonovich, drift: [x, y], noise_factor: [[\"sin(y)\", x], [1, \"x*y\"]]}",
			[]float64{0.5, -0.8},
			func(p []float64) []float64 {
				x, y := p[0], p[1]
				s := math.Sin(y)
				// ∂_jσ_jk: of k = 0: 0; of k = 1: 1 + x.
				return []float64{
					x - 0.5*x*(1+x), y - 0.5*x*y*(1+x),
					0.5 * (s*s + x*x), 0.5 * (s + x*x*y), 0.5 * (1 + x*x*y*y),
				}
			},
		},
		{
			"Hänggi–Klimontovich", "variables: [x, y]\nequation: {calculus: haenggi-klimontovich, drift: [x, y], diffusion: [[\"1+x^2\", \"0.1*x*y\"], [\"0.1*x*y\", 3]]}",
			[]float64{0.5, -0.8},
			func(p []float64) []float64 {
				return []float64{p[0], p[1], 1 + p[0]*p[0], 0.1 * p[0] * p[1], 3}
			},
		},
		{
			"potential", "variables: [x]\nconstants: {k: 3}\nequation: {potential: \"k*x^2\", drift: [0.5], diffusion: \"1+x^2\"}",
			[]float64{0.5},
			func(p []float64) []float64 { return []float64{0.5, 1.25, 0.75} },
		},
	} {
		f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+c.src+"\ndomain: auto\n"), fp.ReadOptions{
			Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(threePoints)), nil },
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, want := evaluate(&f.Problem.Equation, c.at), c.want(c.at)
		if len(got) != len(want) {
			t.Errorf("%s: %d numbers, want %d", c.name, len(got), len(want))
			continue
		}
		for k := range want {
			if math.Abs(got[k]-want[k]) > 1e-14*(1+math.Abs(want[k])) { // some dozen operations on numbers near 1
				t.Errorf("%s: component %d is %v, want %v", c.name, k, got[k], want[k])
			}
		}
	}
}

// The files of the exact cases say what the cases say.
func TestShippedFilesAreTheExactCases(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for name, c := range map[string]*exact.Case{
		"a1_double_well_1d.yaml": exact.DoubleWell1D(), "a2_rotating_ou.yaml": exact.Rotation2D(1),
		"a3_multi_well.yaml": exact.QuadWell(0.15), "a4_full_tensor.yaml": exact.FullTensor(),
		"a5_tilted_periodic.yaml": exact.TiltedPeriodic(), "a6_ratchet.yaml": exact.Ratchet(),
		"a7_limit_cycle.yaml": exact.LimitCycle(), "a9_linear_regression.yaml": exact.LinearRegression(),
	} {
		f := shipped(t, name, 32)
		if f.Problem.Equation.Potential != c.Problem.Equation.Potential {
			t.Errorf("%s: only one of file and case has a potential", name)
			continue
		}
		for range 20 {
			x := make([]float64, c.Dim())
			for a := range x {
				x[a] = c.Box[a].Min + r.Float64()*(c.Box[a].Max-c.Box[a].Min)
			}
			got, want := evaluate(&f.Problem.Equation, x), evaluate(&c.Problem.Equation, x)
			for k := range want {
				// Terms of up to some hundred that cancel, and the differences of the case's ∇·D.
				if math.Abs(got[k]-want[k]) > 1e-11*(1+math.Abs(want[k])) {
					t.Errorf("%s: component %d at %v is %v, in the case %v", name, k, x, got[k], want[k])
				}
			}
		}
	}
}

// Boundaries, gradings and cells arrive where the file puts them.
func TestDomainsOfFiles(t *testing.T) {
	src := `version: 1
variables: [x, y]
equation: {drift: ["-x", "-y"], diffusion: 1}
domain:
  x: {min: -1, max: "2*pi", cells: 8, boundary: {lower: absorbing, upper: reflecting}}
  y: {min: -3, max: 3, cells: 12, grading: {sinh: {towards: 1, scale: 0.25}}}
`
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Cells: []int{10, 14}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	x, y := g.Axis(0), g.Axis(1)
	if x.Cells() != 10 || y.Cells() != 14 || x.Max() != 2*math.Pi || x.Lower() != grid.Absorbing || x.Upper() != grid.Reflecting || y.Lower() != grid.Reflecting {
		t.Errorf("x: %d cells to %v, %v to %v; y: %d cells", x.Cells(), x.Max(), x.Lower(), x.Upper(), y.Cells())
	}
	want, err := grid.Sinh(-3, 3, 14, grid.Reflecting, grid.Reflecting, 1, 0.25)
	if err != nil {
		t.Fatal(err)
	}
	for k, e := range want.Edges() {
		if y.Edges()[k] != e {
			t.Errorf("edge %d of y is %v, want %v", k, y.Edges()[k], e)
		}
	}
}

// Poles between the samples are found, quotients with a limit and poles on a wall are not.
func TestPolesBetweenSamples(t *testing.T) {
	for _, c := range []struct {
		drift string
		pole  bool
	}{
		{"1/x", true},
		{"1/(x-0.3)", true},
		{"1/(x-0.3)^2", true},
		{"tan(2*x)", true},
		{"(x-0.3)^-3", true},
		{"sin(x)/x", false},
		{"1/(x^2+0.01)", false},
		{"1/(x-2)", false},
		{"(x^2-1)/(x-1)", false},
		{"x/3", false},
	} {
		src := "version: 1\nvariables: [x]\nequation: {drift: [\"" + c.drift + "\"], diffusion: 1}\ndomain: {x: {min: -2, max: 2, cells: 64}}\n"
		f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Name: "f.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Check(g)
		if (err != nil) != c.pole || c.pole && !strings.Contains(err.Error(), "f.yaml:3:20: equation.drift[0]: has a pole in the box") {
			t.Errorf("%s: %v", c.drift, err)
		}
	}
	src := "version: 1\nvariables: [x, y]\nequation: {drift: [\"-x/(x^2+y^2)\", \"-y\"], diffusion: 1}\ndomain: {x: {min: -2, max: 2.1, cells: 64}, y: {min: -2, max: 2, cells: 64}}\n"
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Name: "f.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(g); err == nil {
		t.Error("a pole at a point of the plane was not found")
	}
}

// Equal formulas written in two ways are a symmetric tensor.
func TestSymmetryLeavesRoomForRoundOff(t *testing.T) {
	src := "version: 1\nvariables: [x, y]\nequation: {drift: [\"-x\", \"-y\"], diffusion: [[1, \"0.1*(1-cos(x)^2)\"], [\"0.1*sin(x)^2\", 1]]}\ndomain: {x: {min: -1, max: 1, cells: 9}, y: {min: -1, max: 1, cells: 9}}\n"
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(g); err != nil {
		t.Error(err)
	}
}

// An unresolved line says so: with b = −1e4 x and D = 1 all mass lies within one of 8 cells.
func TestUnresolvedLineWarns(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = -1e4 * x[0] }), fp.Pointwise(func(dst, _ []float64) { dst[0] = 1 }))}
	for n, warns := range map[int]bool{8: true, 512: false} {
		ax, err := grid.Uniform(-1, 1, n, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		s, err := fp.SolveStationary(p, grid.New(ax), fp.StationaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if (len(s.Warnings) > 0) != warns {
			t.Errorf("%d cells: warnings %q", n, s.Warnings)
		}
	}
}

// Where D is too anisotropic for any offset the diffusion that had to be added is told.
func TestRegularizationIsAWarning(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0], -x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 1, 0.57, 0.57*0.57 }))}
	ax, err := grid.Uniform(-4, 4, 32, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fp.SolveStationary(p, grid.New(ax, ax), fp.StationaryOptions{Order: fp.OrderMonotone})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(s.Warnings, "\n"), "too anisotropic") || !(s.Generator.Regularization > 0) {
		t.Errorf("warnings %q", s.Warnings)
	}
	if got := operators.SellingReach(s.Coefficients); got != s.Generator.Reach || got < 2 {
		t.Errorf("reach %d without the generator, %d of it", got, s.Generator.Reach)
	}
}

// Sets of points by conditions in the variables and constants of a file.
func TestSetsOfFiles(t *testing.T) {
	f := read(t, "variables: [x, y]\nconstants: {r: 0.5}\nequation: {drift: [-x, -y], diffusion: 1}")
	set, err := f.Set("x^2 + y^2 < r^2 and y > 0")
	if err != nil {
		t.Fatal(err)
	}
	if !set([]float64{0.3, 0.3}) || set([]float64{0.3, -0.3}) || set([]float64{0.4, 0.4}) {
		t.Error("another set")
	}
	if _, err := f.Set("z < 1"); err == nil || !strings.Contains(err.Error(), `undefined name "z"; defined are x, y, r`) {
		t.Error(err)
	}
}
