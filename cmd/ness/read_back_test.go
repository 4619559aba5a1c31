package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
)

// What NumPy and VTK read from the folders of a flat, a graded and a three-dimensional
// problem is what read_back.py wants: shapes, mass, flows that balance, and the same
// numbers in both files.
func TestFilesReadBack(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	python := pythonWith("numpy")
	if python == "" {
		t.Skip("no python3 with numpy")
	}
	if pythonWith("vtkmodules") != python {
		t.Logf("%s has no vtkmodules: VTK files are not read", python)
	}
	script := filepath.Join("..", "..", "testdata", "scripts", "read_back.py")
	dir := t.TempDir()
	for name, src := range map[string]string{
		"flat":   "variables: [x, y]\nequation: {drift: [\"-x - y\", \"2*x - y\"], diffusion: [[0.3, 0.1], [0.1, 0.2]]}\ndomain: {x: {min: -3, max: 3, cells: 48}, y: {min: -3, max: 3, cells: 40}}\n",
		"graded": "variables: [x, y]\nequation: {drift: [\"-x - y\", \"2*x - y\"], diffusion: [[0.3, 0.1], [0.1, 0.2]]}\ndomain: {x: {min: -3, max: 3, cells: 48, grading: {sinh: {towards: 0.2, scale: 1}}}, y: {min: -3, max: 3, cells: 40}}\n",
		"cube":   "variables: [x, y, z]\nequation: {drift: [\"-x - y\", \"x - y\", \"-z\"], diffusion: [[0.3, 0, 0], [0, 0.3, 0], [0, 0, 0.3]]}\ndomain: {x: {min: -3, max: 3, cells: 20}, y: {min: -3, max: 3, cells: 20}, z: {min: -3, max: 3, cells: 20}}\n",
	} {
		file, out := filepath.Join(dir, name+".yaml"), filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("version: 1\n"+src), 0o666); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if status := run([]string{"solve", file, "-o", out, "--no-plots", "-q", "--split", "current"}, &stdout, &stderr); status != statusDone {
			t.Fatal(stderr.String())
		}
		if report, err := exec.Command(python, script, out).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, report)
		}
	}
	// Other numbers in the same files are found out.
	flat := filepath.Join(dir, "flat")
	spoil(t, filepath.Join(flat, "solution.npz"))
	report, err := exec.Command(python, script, flat).CombinedOutput()
	for _, want := range []string{"FAIL mass", "FAIL largest net flow"} {
		if err == nil || !strings.Contains(string(report), want) {
			t.Errorf("%v: no %q in\n%s", err, want, report)
		}
	}
}

// spoil writes the arrays of a problem on 48×40 cells again with a density that is too
// great and a flux through one face that goes nowhere.
func spoil(t *testing.T, path string) {
	t.Helper()
	var list []output.Array
	arrays := readNPZ(t, path)
	for _, name := range slices.Sorted(maps.Keys(arrays)) { // variables are taken in the order of the file
		data := arrays[name]
		shape := map[string][]int{"flux_x": {49, 40}, "flux_y": {48, 41}, "stream": {49, 41}, "vorticity": {49, 41}}[name]
		switch {
		case shape != nil:
		case len(data) == 48*40:
			shape = []int{48, 40}
		default:
			shape = []int{len(data)}
		}
		if name == "density" {
			for i := range data {
				data[i] *= 1 + 1e-9
			}
		}
		if name == "flux_x" {
			data[20+49*20] *= 1 + 1e-3
		}
		list = append(list, output.Array{Name: name, Shape: shape, Data: data})
	}
	var file bytes.Buffer
	if err := output.WriteNPZ(&file, list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// pythonWith returns the first python3 that has a module, "" if there is none: the one
// on the path, or the system's, which has what Debian's packages bring.
func pythonWith(module string) string {
	for _, exe := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(exe, "-c", "import "+module).Run() == nil {
			return exe
		}
	}
	return ""
}
