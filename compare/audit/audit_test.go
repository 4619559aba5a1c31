package audit

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// skipShort leaves out, with -short, statistics that take seconds: some minutes with a race detector.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds; run without -short")
	}
}

// problemOf reads a problem file and makes its grid, of the cells that are given or of those in the file.
func problemOf(t testing.TB, src string, cells ...int) (*fp.File, *grid.Grid) {
	t.Helper()
	f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+src), fp.ReadOptions{Name: "f.yaml", Cells: cells, Open: func(path string) (io.ReadCloser, error) {
		return os.Open(filepath.Join("../../testdata/problems", path))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Domain.Auto {
		if f.Domain.Intervals, _, _, err = fp.FindBox(f.Problem, f.Domain.Cells); err != nil {
			t.Fatal(err)
		}
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		t.Fatal(err)
	}
	return f, g
}

// audited audits a problem file.
func audited(t testing.TB, src string, opt Options) *Report {
	t.Helper()
	f, g := problemOf(t, src)
	r, err := Audit(f, g, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// quick leaves out what takes long, and is not what a test is about.
var quick = Options{NoEnsemble: true, MaxPoints: 1}

// isotropic is SGD on a bowl with Σ = σ²I, σ² = 1 unless the constant s says otherwise.
func isotropic(s string) string {
	return "variables: [x, y]\nsgd: {loss: x^2/2 + y^2, noise_covariance: [[" + s + ", 0], [0, " + s + "]], learning_rate: 0.02, batch_size: 1}\n" +
		"domain: {x: {min: -0.7, max: 0.7, cells: 32}, y: {min: -0.5, max: 0.5, cells: 32}}"
}

// find returns a finding, which must be there.
func find(t *testing.T, r *Report, key string) *Finding {
	t.Helper()
	f := r.Finding(key)
	if f == nil {
		t.Fatalf("no finding %q", key)
	}
	return f
}

// checkVerdicts compares verdicts with what is known.
func checkVerdicts(t *testing.T, r *Report, want map[string]fp.Verdict) {
	t.Helper()
	for key, v := range want {
		if f := find(t, r, key); f.Verdict != v {
			t.Errorf("%s: %v, want %v: %s", key, f.Verdict, v, f.Sentence)
		}
	}
}

// tensorSubject is a subject of a square of one cell, with that noise.
func tensorSubject(t *testing.T, noise [][]float64) *subject {
	t.Helper()
	var axes []grid.Axis
	for range 2 {
		ax, err := grid.Uniform(0, 1, 3, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, ax)
	}
	g := grid.New(axes...)
	p := grid.NewField(g)
	for i := range p.Values {
		p.Values[i] = 1
	}
	for k, c := range noise {
		noise[k] = slices.Repeat(c, g.Cells())
	}
	return &subject{grid: g, noise: noise, mass: masses(p), solution: &fp.Stationary{Density: p}, estimate: &fp.ErrorEstimate{}}
}
