package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/operators/krylov"
)

// readNPZ returns the arrays of a file that are in Fortran order, first index fastest.
func readNPZ(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	arrays := map[string][]float64{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		start := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
		if header := string(raw[10:start]); !strings.Contains(header, "'<f8'") || !strings.Contains(header, "'fortran_order': True") {
			t.Fatalf("%s: header %s", f.Name, header)
		}
		data := make([]float64, (len(raw)-start)/8)
		if err := binary.Read(bytes.NewReader(raw[start:]), binary.LittleEndian, data); err != nil {
			t.Fatal(err)
		}
		arrays[strings.TrimSuffix(f.Name, ".npy")] = data
	}
	return arrays
}

// solution.npz holds densities and flux densities, not masses and flows: on a grid that
// is graded and not square the density integrates to 1, what flows into a cell flows
// out of it, and currents at the centres are the mean of those on the faces.
func TestArraysOfASolution(t *testing.T) {
	dir := t.TempDir()
	src := `version: 1
variables: [x, y]
equation: {drift: ["-x - y", "2*x - y"], diffusion: [[0.3, 0.1], [0.1, 0.2]]}
domain:
  x: {min: -3, max: 3, cells: 30, grading: {sinh: {towards: 0.2, scale: 1}}}
  y: {min: -3, max: 4, cells: 24}
`
	if err := os.WriteFile(filepath.Join(dir, "p.yaml"), []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{"solve", filepath.Join(dir, "p.yaml"), "-o", filepath.Join(dir, "out"), "--no-plots", "--order", "monotone"}, &out, &errs); status != statusDone {
		t.Fatal(errs.String())
	}
	a := readNPZ(t, filepath.Join(dir, "out", "solution.npz"))
	const nx, ny = 30, 24
	for name, n := range map[string]int{
		"density": nx * ny, "edges_x": nx + 1, "centers_x": nx, "edges_y": ny + 1, "centers_y": ny,
		"current_x": nx * ny, "current_y": nx * ny, "flux_x": (nx + 1) * ny, "flux_y": nx * (ny + 1),
		"drift_current_x": nx * ny, "diffusion_current_y": nx * ny, "gradient_x": nx * ny, "solenoidal_y": nx * ny, "harmonic_x": nx * ny,
		"split_potential": nx * ny, "entropy_production_density": nx * ny, "stream": (nx + 1) * (ny + 1), "vorticity": (nx + 1) * (ny + 1),
	} {
		if len(a[name]) != n {
			t.Fatalf("%s has %d numbers, want %d", name, len(a[name]), n)
		}
	}
	var mass, largest float64
	for _, v := range a["flux_x"] {
		largest = max(largest, math.Abs(v))
	}
	for j := range ny {
		for i := range nx {
			hx, hy := a["edges_x"][i+1]-a["edges_x"][i], a["edges_y"][j+1]-a["edges_y"][j]
			mass += a["density"][i+nx*j] * hx * hy
			left, right := a["flux_x"][i+(nx+1)*j], a["flux_x"][i+1+(nx+1)*j]
			low, high := a["flux_y"][i+nx*j], a["flux_y"][i+nx*(j+1)]
			if d := (right-left)*hy + (high-low)*hx; math.Abs(d) > 1e-13*largest { // round-off of flows to and fro, some ten times the net ones
				t.Fatalf("cell %d, %d: %g flows out, of %g", i, j, d, largest)
			}
			k := i + nx*j
			for _, v := range []string{"x", "y"} { // two roundings of the parts, which are some ten times the net current
				if d := a["drift_current_"+v][k] + a["diffusion_current_"+v][k] - a["current_"+v][k]; math.Abs(d) > 1e-14*largest {
					t.Fatalf("cell %d, %d: drift and diffusion part differ from the current by %g", i, j, d)
				}
			}
			corner := i + (nx+1)*j
			if flow := a["stream"][corner+nx+1] - a["stream"][corner]; math.Abs(flow-left*hy) > 1e-13*largest { // sums of as many flows as there are cells in row and column
				t.Fatalf("cell %d, %d: stream function says %g flows in from the left, not %g", i, j, flow, left*hy)
			}
			if c := a["current_x"][i+nx*j]; math.Abs(c-(left+right)/2) > 1e-15*largest {
				t.Fatalf("cell %d, %d: current along x %g, between %g and %g", i, j, c, left, right)
			}
			if c := a["current_y"][i+nx*j]; math.Abs(c-(low+high)/2) > 1e-15*largest {
				t.Fatalf("cell %d, %d: current along y %g, between %g and %g", i, j, c, low, high)
			}
		}
	}
	if math.Abs(mass-1) > 1e-13 { // some hundred additions
		t.Errorf("mass %v", mass)
	}
}

// The table of statuses: 1 violated, 2 bad input, 3 no convergence or no verdict, 130 interrupted.
func TestStatusOfErrors(t *testing.T) {
	for err, want := range map[error]int{
		nil: 0, &fp.ConvergenceError{}: 3, errInterrupted: 130, fmt.Errorf("%w at step 3", errStopped): 130, &fp.FileError{}: 2,
		&verdictError{"", fp.Violated}: 1, &verdictError{"", fp.CannotTell}: 3, errors.New("bad flags"): 2,
		&fp.ToleranceError{}: 3, &fp.StepError{}: 3, &krylov.ConvergenceError{}: 3, &krylov.SpectrumError{}: 3, &fp.ModesError{}: 3,
		fmt.Errorf("f.yaml: %w", &fp.StepError{}): 3,
	} {
		if got := status(err); got != want {
			t.Errorf("%v: status %d, want %d", err, got, want)
		}
	}
}
