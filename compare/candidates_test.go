package compare

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// candidatesOf solves a problem file and returns all candidates by their keys.
func candidatesOf(t *testing.T, src string) (keys []string, all map[string]Candidate) {
	t.Helper()
	f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+src), fp.ReadOptions{Name: "f.yaml", Open: func(path string) (io.ReadCloser, error) {
		return os.Open(filepath.Join("../testdata/problems", path))
	}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all = map[string]Candidate{}
	for _, c := range Candidates(f, s, fp.StationaryOptions{}) {
		keys = append(keys, c.Key)
		all[c.Key] = c
		if (c.Density == nil) == (c.Err == nil) {
			t.Errorf("%s: want a density or an error, have %v and %v", c.Key, c.Density, c.Err)
		}
	}
	return keys, all
}

// Which candidates there are, and which are the same where their assumptions hold: solutions
// to their estimated errors, formulas on 96 cells per axis to h⁴, 1e-5.
func TestCandidatesAgreeWhereTheyMust(t *testing.T) {
	const box = "\ndomain: {x: {min: -3, max: 3, cells: 96}, y: {min: -3, max: 3, cells: 96}}"
	sgdKeys := []string{"fokker-planck", "fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich", "fokker-planck-order-2", "fokker-planck-corrected", "gibbs", "gibbs-corrected", "inverse-noise", "determinant", "local-gaussian"}
	for _, c := range []struct {
		name, src     string
		keys          []string
		same, another [][2]string
	}{
		{
			"SGD on a quadratic, isotropic noise",
			"variables: [x, y]\nsgd: {loss: x^2 + y^2/2, noise_covariance: [[2, 0], [0, 2]], learning_rate: 0.2, batch_size: 1}" + box,
			slices.DeleteFunc(slices.Clone(sgdKeys), func(k string) bool { return strings.Contains(k, "stratonovich") || strings.Contains(k, "klimontovich") }),
			[][2]string{{"fokker-planck", "gibbs"}, {"fokker-planck", "local-gaussian"}, {"fokker-planck-order-2", "gibbs-corrected"}},
			[][2]string{{"fokker-planck", "fokker-planck-order-2"}, {"fokker-planck", "inverse-noise"}, {"fokker-planck", "determinant"}},
		},
		{
			"momentum with isotropic noise: the temperature is ησ²/(2B(1−μ))",
			"variables: [x, y]\nsgd: {loss: x^2 + y^2/2, noise_covariance: [[2, 0], [0, 2]], learning_rate: 0.05, batch_size: 1, momentum: 0.75}" + box,
			[]string{"fokker-planck", "gibbs", "inverse-noise", "determinant", "local-gaussian"},
			[][2]string{{"fokker-planck", "gibbs"}, {"fokker-planck", "local-gaussian"}},
			[][2]string{{"fokker-planck", "determinant"}},
		},
		{
			"two wells, of which the deeper is that of the local Gaussian",
			"variables: [x]\nsgd: {loss: (x^2 - 1)^2/4 + 0.1*x, noise_covariance: 1, learning_rate: 0.04, batch_size: 1}\ndomain: {x: {min: -2, max: 2, cells: 200}}",
			[]string{"fokker-planck", "fokker-planck-order-2", "fokker-planck-corrected", "closed-form", "gibbs", "gibbs-corrected", "inverse-noise", "determinant", "local-gaussian"},
			[][2]string{{"fokker-planck", "gibbs"}, {"fokker-planck", "closed-form"}},
			[][2]string{{"local-gaussian", "inverse-noise"}},
		},
		{
			"SGD with anisotropic noise that commutes",
			"variables: [x, y]\nsgd: {loss: x^2 + y^2/2, noise_covariance: [[1, 0], [0, 2]], learning_rate: 0.2, batch_size: 1, momentum: 0.5}" + box,
			slices.DeleteFunc(slices.Clone(sgdKeys), func(k string) bool {
				return strings.Contains(k, "order") || strings.Contains(k, "corrected") || strings.Contains(k, "stratonovich") || strings.Contains(k, "klimontovich")
			}),
			[][2]string{{"fokker-planck", "local-gaussian"}},
			[][2]string{{"fokker-planck", "gibbs"}},
		},
		{
			"an equation on a line, Hänggi–Klimontovich",
			"variables: [x]\nequation: {drift: [x - x^3], diffusion: 0.2 + 0.1*x^2, calculus: haenggi-klimontovich}\ndomain: {x: {min: -3, max: 3, cells: 400}}",
			[]string{"fokker-planck", "fokker-planck-ito", "fokker-planck-stratonovich", "closed-form", "closed-form-haenggi-klimontovich"},
			[][2]string{{"fokker-planck", "closed-form"}, {"fokker-planck", "closed-form-haenggi-klimontovich"}},
			[][2]string{{"fokker-planck", "fokker-planck-ito"}, {"fokker-planck-stratonovich", "fokker-planck-ito"}, {"fokker-planck", "fokker-planck-stratonovich"}},
		},
		{
			"the same, Stratonovich",
			"variables: [x]\nequation: {drift: [x - x^3], noise_factor: [[sqrt(0.4 + 0.2*x^2)]], calculus: stratonovich}\ndomain: {x: {min: -3, max: 3, cells: 400}}",
			[]string{"fokker-planck", "fokker-planck-ito", "fokker-planck-haenggi-klimontovich", "closed-form", "closed-form-haenggi-klimontovich"},
			[][2]string{{"fokker-planck", "closed-form"}, {"fokker-planck-haenggi-klimontovich", "closed-form-haenggi-klimontovich"}},
			[][2]string{{"closed-form", "closed-form-haenggi-klimontovich"}},
		},
		{
			"a potential with a rotation",
			"variables: [x, y]\nequation: {potential: 2*x^2 + 3*y^2, drift: [3*y, -2*x], diffusion: 0.3}" + box,
			[]string{"fokker-planck", "potential"},
			[][2]string{{"fokker-planck", "potential"}}, // the rotation is along the potential's levels
			nil,
		},
		{
			"D₂₂ that varies along y alone, beside a constant D₁₁",
			"variables: [x, y]\nequation: {drift: [-x, -y], diffusion: [[0.3, 0], [0, 0.2 + 0.1*y^2]]}" + box,
			[]string{"fokker-planck", "fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich"},
			nil,
			[][2]string{{"fokker-planck", "fokker-planck-stratonovich"}, {"fokker-planck", "fokker-planck-haenggi-klimontovich"}, {"fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich"}},
		},
		{
			"D₁₂ that varies, beside constant D₁₁ and D₂₂",
			"variables: [x, y]\nequation: {drift: [-x, -y], diffusion: [[0.3, 0.1*sin(2*x)], [0.1*sin(2*x), 0.3]]}" + box,
			[]string{"fokker-planck", "fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich"},
			nil,
			[][2]string{{"fokker-planck", "fokker-planck-stratonovich"}, {"fokker-planck", "fokker-planck-haenggi-klimontovich"}, {"fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich"}},
		},
		{
			"a potential with D that varies: exp(−φ) in every convention",
			"variables: [x, y]\nequation: {potential: 2*x^2 + 3*y^2, diffusion: [[0.3 + 0.1*x^2, 0], [0, 0.2]]}" + box,
			[]string{"fokker-planck", "potential"},
			[][2]string{{"fokker-planck", "potential"}},
			nil,
		},
	} {
		keys, all := candidatesOf(t, c.src)
		if every := strings.Contains(all["fokker-planck"].Name, "in every convention"); every == (slices.Contains(keys, "fokker-planck-stratonovich") || slices.Contains(keys, "fokker-planck-haenggi-klimontovich")) {
			t.Errorf("%s: %q beside %v", c.name, all["fokker-planck"].Name, keys)
		}
		if !slices.Equal(keys, c.keys) {
			t.Errorf("%s: have %v, want %v", c.name, keys, c.keys)
		}
		distance := func(pair [2]string) float64 {
			return TV(all[pair[0]].Density, all[pair[1]].Density)
		}
		for _, pair := range c.same {
			if d := distance(pair); d > 1e-5 {
				t.Errorf("%s: %v: distance %.2g, want the same", c.name, pair, d)
			}
		}
		for _, pair := range c.another {
			if d := distance(pair); d < 1e-2 {
				t.Errorf("%s: %v: distance %.2g, want another", c.name, pair, d)
			}
		}
	}
}

// Of two wells the local Gaussian is that of the one with more density, here at −1.05.
func TestLocalGaussianIsOfTheDeepestWell(t *testing.T) {
	_, all := candidatesOf(t, "variables: [x]\nsgd: {loss: (x^2 - 1)^2/4 + 0.1*x, noise_covariance: 1, learning_rate: 0.04, batch_size: 1}\ndomain: {x: {min: -2, max: 2, cells: 200}}")
	mean, _ := DensityMoments(all["local-gaussian"].Density)
	if math.Abs(mean[0]+1.05) > 0.02 { // the root of x³ − x + 0.1 = 0 near −1 is −1.047; and h² of the grid
		t.Errorf("the mean is %v, want −1.05", mean[0])
	}
}

// On data: the second order of the file leaves the first as the other.
func TestCandidatesOnData(t *testing.T) {
	keys, all := candidatesOf(t, "variables: [w]\nsgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression, standardize: true}, model: linear-regression, learning_rate: 0.4, batch_size: 4, drift_order: 2}\ndomain: {w: {min: -1.5, max: 2.5, cells: 400}}")
	want := []string{"fokker-planck", "fokker-planck-stratonovich", "fokker-planck-haenggi-klimontovich", "fokker-planck-order-1", "fokker-planck-corrected", "closed-form", "closed-form-haenggi-klimontovich", "gibbs", "gibbs-corrected", "inverse-noise", "determinant", "local-gaussian"}
	if !slices.Equal(keys, want) {
		t.Errorf("have %v, want %v", keys, want)
	}
	if d := TV(all["fokker-planck"].Density, all["closed-form"].Density); d > 1e-6 { // both to h⁴
		t.Errorf("the closed form is %.2g off", d)
	}
	if d := TV(all["fokker-planck-haenggi-klimontovich"].Density, all["closed-form-haenggi-klimontovich"].Density); d > 1e-6 {
		t.Errorf("the closed form of Hänggi and Klimontovich is %.2g off", d)
	}
	if d := TV(all["fokker-planck"].Density, all["fokker-planck-order-1"].Density); d < 1e-2 { // ηλ/4 = 0.1 of a variance
		t.Errorf("the first order is only %.2g off", d)
	}
}

// Formulas have the errors of cells that are too wide for what they are made of: of x²/2 at a variance of 0.01 the
// exact averages over cells are known, and the error, some h⁴ (ratios of 2.5⁴ and more, of narrow cells), is never
// more than is said. Errors are told relative to L1.
func TestFormulasHaveErrors(t *testing.T) {
	const sigma = 0.1
	before := math.Inf(1)
	for _, cells := range []int{5, 10, 25} {
		_, all := candidatesOf(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -0.5, max: 0.5, cells: %d}}", cells))
		for _, key := range []string{"gibbs", "local-gaussian", "closed-form"} {
			c := all[key]
			var off float64
			h := 1 / float64(cells)
			for i, p := range c.Density.Values {
				lo := -0.5 + h*float64(i)
				off += math.Abs(p*h - (math.Erf((lo+h)/sigma/math.Sqrt2)-math.Erf(lo/sigma/math.Sqrt2))/2)
			}
			if !(c.Error >= off-1e-6) || c.Error > 20*off+1e-6 { // a tail of 5e-7 is outside
				t.Errorf("%d cells: %s is off by %.3g, and says %.3g", cells, key, off, c.Error)
			}
			if key == "gibbs" {
				if off > before/10 {
					t.Errorf("%d cells: %.3g after %.3g", cells, off, before)
				}
				before = off
			}
		}
	}
}
