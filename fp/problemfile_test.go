package fp_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

const problems = "../testdata/problems"

func open(path string) (io.ReadCloser, error) { return os.Open(filepath.Join(problems, path)) }

// shipped reads a problem file of testdata, with that many cells along each axis.
func shipped(t testing.TB, name string, cells int) *fp.File {
	t.Helper()
	return shippedOn(t, name, cells, open)
}

// shippedOn is shipped on the data that open has.
func shippedOn(t testing.TB, name string, cells int, open func(path string) (io.ReadCloser, error)) *fp.File {
	t.Helper()
	src, err := os.Open(filepath.Join(problems, name))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, err := fp.ReadProblem(src, fp.ReadOptions{Name: name, Cells: []int{cells}, Open: open})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every problem that ships is read and solved, on small grids.
func TestShippedProblemsAreSolved(t *testing.T) {
	files, err := filepath.Glob(problems + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no problem files", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cells := 32
			switch {
			case strings.Contains(name, "3d"):
				cells = 12
			case strings.Contains(name, "deep_linear"):
				cells = 192 // its arms are thinner than coarser cells
			}
			f := shipped(t, filepath.Base(name), cells)
			if f.Domain.Auto {
				box, notes, _, err := fp.FindBox(f.Problem, f.Domain.Cells)
				if err != nil {
					t.Fatal(err)
				}
				t.Log(notes)
				f.Domain.Intervals = box
			}
			g, err := f.Domain.Grid(f.Problem.Variables)
			if err != nil {
				t.Fatal(err)
			}
			s, err := fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
			if err != nil {
				t.Fatal(err)
			}
			// Some dozens of additions of cells that sum to one.
			if m := s.Density.Integral(); m < 1-1e-13 || m > 1+1e-13 {
				t.Errorf("mass %v, want 1", m)
			}
			// A generator's is round-off of a few hundred rates per cell and its neighbours; GMRES
			// stops at 1e-9 of what the star generator's density leaves, a tenth of the turnover
			// at most, or 1e-4 of the error, which is some percent here; the logarithmic form, where such coarse grids need it, when what is left to
			// change is below 1e-4.
			limit := map[fp.Scheme]float64{fp.SchemeLinear: 1e-6, fp.SchemeLogarithmic: 1e-3}[s.Scheme]
			if d := s.DivergenceResidual(s.Current()); d > max(limit, 1e-13) {
				t.Errorf("%v: divergence %.2g of the turnover, want at most %g", s.Scheme, d, max(limit, 1e-13))
			}
		})
	}
}

func TestBadProblemFilesNameThePlace(t *testing.T) {
	const head = "version: 1\nvariables: [x]\n"
	const dom = "domain: {x: {min: -1, max: 1, cells: 8}}\n"
	const eq = "equation: {drift: [\"-x\"], diffusion: 1}\n"
	const gen = "sgd: {data: {generate: {"
	const lin = "model: linear-regression, learning_rate: 0.1, batch_size: 2}\n"
	for _, c := range []struct{ src, want string }{
		{"", "the file is empty"},
		{"a,b\n1,2\n", "f.yaml:1:1: no problem file: in YAML, want keys with values, have text"},
		{"\"a\",\"b\"\n1,2\n", "f.yaml:1:4: not valid YAML: value is not allowed"},
		{"- 1\n- 2\n", "f.yaml:1:1: no problem file: in YAML, want keys with values, have a list"},
		{"7\n", "f.yaml:1:1: no problem file: in YAML, want keys with values, have a number"},
		{"variables: [x]\n" + eq + dom, "version is missing"},
		{"version: one\nvariables: [x]\n" + eq + dom, "f.yaml:1:10: version: want a number, have text"},
		{"version: 1e400\nvariables: [x]\n" + eq + dom, "f.yaml:1:10: version: want a number, have 1e400, which is too large"},
		{head + "sgd: {model: linear-regression, data: {generate: {samples: 9, weights: [1], seed: -1}}}\n", "sgd.data.generate.seed: want a whole number from 0 on, have -1"},
		{head + "sgd: {model: linear-regression, data: {generate: {samples: 9, weights: [1], seed: 1.5}}}\n", "sgd.data.generate.seed: want a whole number from 0 on, have 1.5"},
		{"version: 1.9\nvariables: [x]\n" + eq + dom, "want 1, have 1.9"},
		{"version: 1\nvariables: x\n" + eq + dom, "f.yaml:2:12: variables: want a list, have text"},
		{head + "equation: {drift: \"-x\", diffusion: 1}\n" + dom, "f.yaml:3:19: equation.drift: want a list, have text"},
		{head + "equation:\n  drift: -2\n  diffusion: 1\n" + dom, "f.yaml:4:10: equation.drift: want a list, have a number"},
		{head + "equation: {drift: [{a: 1}], diffusion: 1}\n" + dom, "equation.drift[0]: want text, have keys with values"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 2.5}}\n", "f.yaml:4:38: domain.x.cells: want a whole number, have 2.5"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 1000000000000}}\n", "cells: want at most"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 2.5}\n" + dom, "sgd.batch_size: want a whole number ≥ 1, have 2.5"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, batch_size: 2}\n" + dom, "learning_rate is missing"},
		{head + "sgd:\n  loss: x^2\n  noise_covariance: 1\n  learning_rate: 0.1\n  batch_size: 1\n  momentum:\n" + dom, "f.yaml:8:12: sgd.momentum: want a number, have nothing"},
		{head + "sgd:\n  loss: x^2\n  noise_covariance: 1\n  learning_rate:\n  batch_size: 1\n" + dom, "f.yaml:6:17: sgd.learning_rate: want a number or a schedule, have nothing"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, sampling: }\n" + dom, "f.yaml:3:85: sgd.sampling: want one of with-replacement, without-replacement, epochs, full-batch, have nothing"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, sampling: ''}\n" + dom, "sgd.sampling: want one of with-replacement, without-replacement, epochs, full-batch, have nothing"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, momentum: '0.9'}\n" + dom, "sgd.momentum: want a number, have text in quotes"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: cosine, initial: 0.1, final: \"0\", steps: 10}, batch_size: 1}\n" + dom, "learning_rate.final: want a number, have text in quotes"},
		{head + "constants: {a: null}\n" + eq + dom, "f.yaml:3:16: constants.a: want a number, have nothing"},
		{head + "constants:\n" + eq + dom, "constants: want keys with values, have nothing"},
		{head + "equation: {drift: [-x], diffusion: 1, noise_factor: ~}\n" + dom, "equation.noise_factor: want a value, have nothing"},
		{head + "equation: {drift: [null], diffusion: 1}\n" + dom, "equation.drift[0]: want text, have nothing"},
		{head + eq + "domain: {x: {min: , max: 1, cells: 8}}\n", "domain.x.min: want a number or a formula, have nothing"},
		{head + eq + "domain:\n", "domain: want auto or an interval per variable, have nothing"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: \"8\"}}\n", "domain.x.cells: want a number, have text in quotes"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 8, boundary: }}\n", "domain.x.boundary: want a value, have nothing"},
		{head + eq + dom + "initial:\n", "initial: want keys with values, have nothing"},
		{head + "colour: red\n" + eq + dom, `f.yaml:3:1: unknown field "colour"`},
		{head + "equation: {drift: [\"-x\"], diffusion: 1, speed: 2}\n" + dom, `f.yaml:3:41: unknown field "speed"`},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: many}}\n", "f.yaml:4:38"},
		{head + "equation: {drift: [\"-q\"], diffusion: 1}\n" + dom, `f.yaml:3:20: equation.drift[0]: undefined name "q"`},
		{head + eq + "domain: {x: {min: 1, max: -1, cells: 8}}\n", "f.yaml:4:13: domain.x: want min < max, have 1 and -1"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 0}}\n", "f.yaml:4:13: domain.x: cells: want at least 3, have 0"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 2}}\n", "cells: want at least 3, have 2"},
		{head + eq + "domain: {y: {min: -1, max: 1, cells: 8}}\n", "domain.y: no such variable"},
		{head + eq + "domain: {x: {min: -1, max: 1, cells: 8, boundary: sticky}}\n", "want reflecting, periodic or absorbing"},
		{"version: 2\nvariables: [x]\n" + eq + dom, "f.yaml:1:10: version: want 1, have 2"},
		{head + eq + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1}\n" + dom, "exactly one of sgd and equation"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: -0.1, batch_size: 1}\n" + dom, "f.yaml:3:56: sgd.learning_rate: want a number > 0 and at most 1e6, have -0.1"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, momentum: 1}\n" + dom, "sgd.momentum: want a number ≥ 0 and below 1, have 1"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, momentum: 0.5, drift_order: 2}\n" + dom, "sgd.drift_order: the second-order drift"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, sampling: epoch}\n" + dom, `full-batch, have "epoch"`},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1}\n" + dom, "batch_size is missing"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: linear, initial: 0.1}, batch_size: 1}\n" + dom, `sgd.learning_rate.schedule: want constant, inverse-sqrt, step or cosine, have "linear"`},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: step, initial: 0.1, factor: 0.5}, batch_size: 1}\n" + dom, "the schedule step wants factor and every"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: step, initial: 0.1, factor: 1.5, every: 10}, batch_size: 1}\n" + dom, "f.yaml:3:95: sgd.learning_rate.factor: want a number > 0 and at most 1, have 1.5"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: cosine, initial: 0.1, final: 0.2, steps: 10}, batch_size: 1}\n" + dom, "learning_rate.final: want a number from 0 to initial, have 0.2"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: cosine, initial: 0.1, final: 0, steps: 1.5}, batch_size: 1}\n" + dom, "learning_rate.steps: want a whole number ≥ 1, have 1.5"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: inverse-sqrt, initial: 0.1, steps: 3}, batch_size: 1}\n" + dom, "learning_rate.steps: has no meaning for the schedule inverse-sqrt"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {schedule: constant, initial: 0}, batch_size: 1}\n" + dom, "learning_rate.initial: want a number > 0 and at most 1e6, have 0"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: {shedule: step}, batch_size: 1}\n" + dom, "shedule"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: fast, batch_size: 1}\n" + dom, "f.yaml:3:56"},
		{head + gen + "samples: 10}}, " + lin + dom, "sgd.data.generate: weights is missing"},
		{head + gen + "samples: 0, weights: [1]}}, " + lin + dom, "sgd.data.generate.samples: want a whole number from 1 to 1e+07, have 0"},
		{head + gen + "samples: 10, weights: [1], noise: -1}}, " + lin + dom, "sgd.data.generate"},
		{head + gen + "samples: 10, weights: [1], noise_law: {}}}, " + lin + dom, "sgd.data.generate.noise_law: want student-t: degrees of freedom, or stable"},
		{head + gen + "samples: 10, weights: [1], noise_law: {stable: 2.5}}}, " + lin + dom, "noise law: want an index of stability in [0.2, 2], have 2.5"},
		{head + gen + "samples: 10, weights: [1], noise_law: {student-t: 3, stable: 1}}}, " + lin + dom, "sgd.data.generate.noise_law: want student-t"},
		{head + gen + "samples: 10, weights: [1], noise_law: cauchy}}, " + lin + dom, "want keys with values"},
		{head + gen + "samples: 10, weights: [1], covariance: [[-1]]}}, " + lin + dom, "sgd.data.generate.covariance: want a covariance, have a matrix with the eigenvalue -1"},
		{head + gen + "samples: 10, weights: [1], covariance: [[1, 0], [0, 1]]}}, " + lin + dom, "want 1 rows, one per feature, have 2"},
		{head + gen + "samples: 10, weights: [1]}, file: a.csv}, " + lin + dom, "sgd.data.file: has no meaning beside generate"},
		{head + eq + "initial: {}\n" + dom, "initial: want exactly one of points, gaussian, uniform, formula and file, have 0"},
		{head + eq + "initial: {uniform: false}\n" + dom, "initial.uniform: want true"},
		{head + eq + "initial: {points: [[1, 2]]}\n" + dom, "initial.points[0]: want 1 numbers, one per variable, have 2"},
		{head + eq + "initial: {points: []}\n" + dom, "initial.points: want at least one point"},
		{head + eq + "initial: {gaussian: {mean: [.nan], sd: [1]}}\n" + dom, "initial.gaussian.mean[0]: want a finite number, have NaN"},
		{head + eq + "initial: {gaussian: {mean: [0], sd: [-1]}}\n" + dom, "initial.gaussian.sd[0]: want a number ≥ 0, have -1"},
		{head + eq + "initial: {gaussian: {mean: [0]}}\n" + dom, "want mean and one of sd and covariance"},
		{"version: 1\nvariables: [x, y]\nequation: {drift: [\"-x\", \"-y\"], diffusion: 1}\ninitial: {gaussian: {mean: [0, 0], covariance: [[1, 2], [2, 1]]}}\ndomain: auto\n", "initial.gaussian.covariance: want a covariance, have a matrix with the eigenvalue -1"},
		{"version: 1\nvariables: [x, y]\nequation: {drift: [\"-x\", \"-y\"], diffusion: 1}\ninitial: {gaussian: {mean: [0, 0], covariance: [[1, 0.5], [0.4, 1]]}}\ndomain: auto\n", "covariance[0][1]: not symmetric: 0.5 here, 0.4 at [1][0]"},
		{head + "sgd: {loss: \"x^2\", noise_covariance: 1, learning_rate: 0.1, batch_size: 1, sampling: epochs}\n" + dom, "epochs wants data"},
		{head + "sgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 3, sampling: full-batch}\n" + dom, "sgd.batch_size: a full batch has all 442 samples, have 3"},
		{head + "sgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 443}\n" + dom, "sgd.batch_size: want at most the 442 samples there are, have 443"},
		{head + "sgd: {data: {file: ../data/diabetes.csv, features: [bmi, s5], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 4}\n" + dom, "the model has 2 parameters"},
		{head + "sgd: {data: {file: ../data/diabetes.csv, features: [weight], target: progression}, model: linear-regression, learning_rate: 0.1, batch_size: 4}\n" + dom, `no column "weight"`},
		{head + "equation: {drift: [\"-x\"], diffusion: 1, calculus: stratonovich}\n" + dom, "wants noise_factor"},
		{"version: 1\nvariables: [x, y]\nequation: {drift: [\"-x\", \"-y\"], diffusion: [[1, 0.3], [-0.3, 1]]}\ndomain: auto\n", "diffusion[0][1]: not symmetric: 0.3 here, -0.3 at [1][0]"},
	} {
		_, err := fp.ReadProblem(strings.NewReader(c.src), fp.ReadOptions{Name: "f.yaml", Open: open})
		var e *fp.FileError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

// A byte order mark, which some editors write before the text, is no part of it: neither a key nor a column.
func TestByteOrderMarkIsSkipped(t *testing.T) {
	const mark, equation = "\ufeff", "equation: {drift: [-x], diffusion: 1}\ndomain: {x: {min: -1, max: 1, cells: 8}}\n"
	if _, err := fp.ReadProblem(strings.NewReader(mark+"version: 1\nvariables: [x]\n"+equation), fp.ReadOptions{}); err != nil {
		t.Error(err)
	}
	_, err := fp.ReadProblem(strings.NewReader(mark+"version: 2\nvariables: [x]\n"+equation), fp.ReadOptions{Name: "f.yaml"})
	if want := "f.yaml:1:10: version: want 1, have 2"; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

func TestTensorThatIsNotPositiveSaysWhere(t *testing.T) {
	src := "version: 1\nvariables: [x]\nequation: {drift: [\"-x\"], diffusion: \"x\"}\ndomain: {x: {min: -1, max: 1, cells: 8}}\n"
	f, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, _ := f.Domain.Grid(f.Problem.Variables)
	_, err = fp.SolveStationary(f.Problem, g, fp.StationaryOptions{})
	var e *fp.CoefficientError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "smallest eigenvalue is -0.875 at x = -0.875") {
		t.Errorf("%v", err)
	}
}

// Whatever the bytes, reading ends in a problem or a FileError.
func FuzzReadProblem(f *testing.F) {
	files, _ := filepath.Glob(problems + "/*.yaml")
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := fp.ReadProblem(strings.NewReader(src), fp.ReadOptions{Name: "f", Open: func(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }})
		var e *fp.FileError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

func TestProcessesWithoutStationaryDensity(t *testing.T) {
	const head = "version: 1\nvariables: [x]\nsgd: {data: {file: ../data/diabetes.csv, features: [bmi], target: progression}, model: linear-regression, "
	const dom = "}\ndomain: {x: {min: -1, max: 1, cells: 8}}\n"
	for _, c := range []struct{ keys, want string }{
		{"learning_rate: 0.1, batch_size: 8", ""},
		{"learning_rate: {schedule: constant, initial: 0.1}, batch_size: 8, momentum: 0.9", ""},
		{"learning_rate: 0.1, batch_size: 442, sampling: without-replacement, injected_noise: 1", ""},
		{"learning_rate: 0.1, sampling: full-batch, injected_noise: 1", ""},
		{"learning_rate: 0.1, batch_size: 442, sampling: without-replacement", "sgd.batch_size: all samples in every batch leave no noise"},
		{"learning_rate: 0.1, sampling: full-batch", "all samples in every batch leave no noise"},
		{"learning_rate: 0.1, batch_size: 8, sampling: epochs", "sgd.sampling: with epochs the noise of successive batches is anti-correlated"},
		{"learning_rate: 0.1, batch_size: 442, sampling: epochs", "sgd.sampling: with epochs the noise of successive batches is anti-correlated"},
		{"learning_rate: {schedule: inverse-sqrt, initial: 0.1}, batch_size: 8", "sgd.learning_rate: the rate changes"},
	} {
		f, err := fp.ReadProblem(strings.NewReader(head+c.keys+dom), fp.ReadOptions{Name: "f.yaml", Open: open})
		if err != nil {
			t.Fatal(err)
		}
		switch err := f.HasStationary(); {
		case err == nil && c.want != "", err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: have %v, want %q", c.keys, err, c.want)
		}
		silent := (strings.Contains(c.keys, "442") || strings.Contains(c.keys, "full-batch")) && !strings.Contains(c.keys, "injected_noise")
		if err := f.HasNoise(); (err != nil) != silent || silent && !strings.Contains(err.Error(), "all samples in every batch leave no noise") {
			t.Errorf("%s: noise: %v", c.keys, err)
		}
	}
}

func TestSchedulesOfFiles(t *testing.T) {
	for src, want := range map[string]fp.Schedule{
		"0.3":                                    fp.ConstantRate(0.3),
		"{schedule: constant, initial: 0.3}":     fp.ConstantRate(0.3),
		"{schedule: inverse-sqrt, initial: 0.3}": fp.InverseSqrtRate(0.3),
		"{schedule: step, initial: 0.3, factor: 0.5, every: 100}": fp.StepDecayRate{Initial: 0.3, Factor: 0.5, Every: 100},
		"{schedule: cosine, initial: 0.3, final: 0.1, steps: 50}": fp.CosineRate{Initial: 0.3, Final: 0.1, Steps: 50},
	} {
		f := read(t, "variables: [x]\nsgd: {loss: x^2, noise_covariance: 1, batch_size: 1, learning_rate: "+src+"}")
		if f.SGD().Schedule != want {
			t.Errorf("%s: have %#v, want %#v", src, f.SGD().Schedule, want)
		}
	}
}

func TestStartsOfFiles(t *testing.T) {
	for src, want := range map[string]*fp.Start{
		"uniform: true":                                              {Uniform: true},
		"points: [[1, 2], [3, 4]]":                                   {Points: [][]float64{{1, 2}, {3, 4}}},
		"gaussian: {mean: [1, 2], sd: [0.5, 0]}":                     {Points: [][]float64{{1, 2}}, Cov: []float64{0.25, 0, 0}},
		"gaussian: {mean: [1, 2], covariance: [[1, 0.5], [0.5, 2]]}": {Points: [][]float64{{1, 2}}, Cov: []float64{1, 0.5, 2}},
	} {
		f := read(t, "variables: [x, y]\nequation: {drift: [-x, -y], diffusion: 1}\ninitial: {"+src+"}")
		if diff := cmp.Diff(want, f.Start); diff != "" {
			t.Errorf("%s: want − have +\n%s", src, diff)
		}
	}
}

// read reads a file without its version and domain.
func read(t *testing.T, src string) *fp.File {
	t.Helper()
	f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+src+"\ndomain: auto\n"), fp.ReadOptions{Name: "f.yaml", Open: open})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Data that are drawn are those of the law, and a problem like those of a file.
func TestGeneratedData(t *testing.T) {
	f := read(t, "variables: [c, w]\nsgd: {data: {generate: {samples: 50, weights: [2, -1], mean: [0.5], covariance: [[4]], noise: 0.3, seed: 7}, intercept: true}, model: linear-regression, learning_rate: 0.1, batch_size: 2}")
	law := &loss.Law{Features: []string{"x1"}, Target: "y", Weights: []float64{2, -1}, Mean: []float64{0.5}, Cov: []float64{4}, Noise: 0.3, Intercept: true}
	if diff := cmp.Diff(law, f.Law); diff != "" {
		t.Errorf("want − have +\n%s", diff)
	}
	for text, law := range map[string]loss.Law{"student-t: 3": {NoiseLaw: loss.StudentNoise, Index: 3}, "stable: 1.5": {NoiseLaw: loss.StableNoise, Index: 1.5}} {
		g := read(t, "variables: [w]\nsgd: {data: {generate: {samples: 50, weights: [2], noise_law: {"+text+"}}}, model: linear-regression, learning_rate: 0.1, batch_size: 2}").Law
		if g.NoiseLaw != law.NoiseLaw || g.Index != law.Index {
			t.Errorf("%s: read as %v noise of index %g", text, g.NoiseLaw, g.Index)
		}
	}
	want, err := law.Generate(50, 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, f.SGD().Loss.Data()); diff != "" {
		t.Errorf("want − have +\n%s", diff)
	}
}

// Round-off of what is computed does not show in what is said: 0.02/(1 − 0.9)/2 is 0.10000000000000002.
func TestFactsHaveShortNumbers(t *testing.T) {
	for src, want := range map[string]string{
		"sgd: {loss: x^2, noise_covariance: 1, learning_rate: 0.02, batch_size: 1, momentum: 0.9}": "constant and isotropic: the density is exp(-L/0.1)",
		"equation: {potential: x^2*(0.1 + 0.2), diffusion: 1}":                                     "x^2*0.3 (exp(-potential) is stationary without further drift)",
	} {
		facts := read(t, "variables: [x]\n"+src).Facts
		if !slices.ContainsFunc(facts, func(f [2]string) bool { return f[1] == want }) {
			t.Errorf("%s: want %q among %q", src, want, facts)
		}
	}
}
