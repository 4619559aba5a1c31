package fp_test

import (
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Results that are wrong for reasons the solver does not see say so.
func TestDoubtfulResultsWarn(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`variables: [x]
equation: {drift: ["-x"], diffusion: 0.0001}
domain: {x: {min: -1, max: 1, cells: 64}}`, "single layer of cells across x"},
		{`variables: [x]
equation: {drift: ["-x"], diffusion: "x^2/2"}
domain: {x: {min: -2, max: 2, cells: 128}}`, "single layer of cells across x"},
		{`variables: [x]
equation: {drift: ["-x"], diffusion: 0.02}
domain: {x: {min: -1, max: 1, cells: 64}}`, ""},
		{`variables: [x, y]
equation: {drift: ["-x", "-sin(y)"], diffusion: 0.5}
domain: {x: {min: -2, max: 2, cells: 32, boundary: periodic}, y: {min: 0, max: "2*pi", cells: 32, boundary: periodic}}`, "the drift, component 0, jumps by 4 across the seam of the periodic axis x"},
		{`variables: [x]
equation: {potential: x, diffusion: 1}
domain: {x: {min: -2, max: 2, cells: 32, boundary: periodic}}`, "the potential jumps by 4 across the seam"},
		{`variables: [x]
sgd: {loss: "x^2/2", noise_covariance: 1, learning_rate: 3, batch_size: 1}
domain: {x: {min: -9, max: 9, cells: 64}}`, "times the largest curvature of the loss is 3"},
		{`variables: [x]
sgd: {loss: "x^2/2", noise_covariance: 1, learning_rate: 0.3, batch_size: 1}
domain: {x: {min: -3, max: 3, cells: 64}}`, ""},
	} {
		f, err := fp.ReadProblem(strings.NewReader("version: 1\n"+c.src+"\n"), fp.ReadOptions{})
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
		got := strings.Join(s.Warnings, "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s\nwarnings %q, want %q", c.src, got, c.want)
		}
	}
}
