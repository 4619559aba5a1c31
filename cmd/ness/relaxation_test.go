package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/operators/krylov"
)

const twoWells = `version: 1
variables: [x, y]
equation: {potential: "((x^2-1)^2/4 + y^2/2)/0.06", diffusion: 0.06}
domain: {x: {min: -2, max: 2, cells: 40}, y: {min: -1, max: 1, cells: 20}}
`

// filesOf runs a command on two wells and returns the arrays that it leaves.
func filesOf(t *testing.T, npz string, args ...string) map[string][]float64 {
	t.Helper()
	dir := t.TempDir()
	name, out := filepath.Join(dir, "p.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte(twoWells), 0o666); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	if status := run(append([]string{args[0], name, "-o", out, "--no-plots", "-q"}, args[1:]...), &errs, &errs); status != statusDone {
		t.Fatal(errs.String())
	}
	return readNPZ(t, filepath.Join(out, npz))
}

// modes.npz holds dual vectors and memberships of sum 1.
func TestArraysOfModes(t *testing.T) {
	a := filesOf(t, "modes.npz", "modes", "-k", "2", "--order", "monotone")
	const n, volume = 800, 0.01
	for name, want := range map[string]int{
		"edges_x": 41, "centers_y": 20, "density": n, "right_1": n, "left_2": n, "eigenvalues_real": 2, "eigenvalues_imag": 2,
		"set": n, "membership_1": n, "membership_2": n,
	} {
		if len(a[name]) != want {
			t.Errorf("%s has %d numbers, want %d", name, len(a[name]), want)
		}
	}
	var mass, same, other float64
	for i, v := range a["right_1"] {
		mass += v * volume
		same += v * a["left_1"][i] * volume
		other += v * a["left_2"][i] * volume
		if sum := a["membership_1"][i] + a["membership_2"][i]; math.Abs(sum-1) > 1e-9 { // of functions good to 1e-11
			t.Fatalf("cell %d: memberships sum to %v", i, sum)
		}
		if x := a["centers_x"][i%40]; math.Abs(x) > 0.5 && a["set"][i] != a["set"][i/40*40+39*int((math.Copysign(1, x)+1)/2)] {
			t.Fatalf("x = %g is in set %g", x, a["set"][i])
		}
	}
	if math.Abs(mass) > 1e-10 || math.Abs(same-1) > 1e-9 || math.Abs(other) > 1e-9 { // elimination is good to 1e-11
		t.Errorf("mass %g, ⟨u₁, v₁⟩ = %g, ⟨u₂, v₁⟩ = %g", mass, same, other)
	}
}

// passage.npz holds flux densities that run from one set to the other, and the committor of
// either way adds up to 1, as in detailed balance.
func TestArraysOfPassages(t *testing.T) {
	a := filesOf(t, "passage.npz", "passage", "--from", "x < -0.8", "--to", "x > 0.8")
	const n, height = 800, 0.1
	for name, want := range map[string]int{
		"time": n, "time_back": n, "committor": n, "backward_committor": n, "density": n, "from": n, "to": n,
		"current_x": n, "current_y": n, "flux_x": 41 * 20, "flux_y": 40 * 21, "edges_y": 21,
	} {
		if len(a[name]) != want {
			t.Fatalf("%s has %d numbers, want %d", name, len(a[name]), want)
		}
	}
	var through [41]float64
	for i, j := range a["flux_x"] {
		through[i%41] += j * height
	}
	for k, flow := range through[14:28] { // faces from −0.6 to 0.7
		if math.Abs(flow/through[20]-1) > 1e-10 { // round-off of some hundred steps
			t.Errorf("%g flows through face %d, %g through the middle", flow, k+14, through[20])
		}
	}
	for i, q := range a["committor"] {
		if math.Abs(q+a["backward_committor"][i]-1) > 1e-9 { // round-off where there is next to no mass
			t.Fatalf("cell %d: q⁺ = %v, q⁻ = %v", i, q, a["backward_committor"][i])
		}
		if a["to"][i] == 1 && a["time"][i] != 0 || a["from"][i] == 1 && a["time_back"][i] != 0 {
			t.Fatalf("cell %d of a set: times %g and %g", i, a["time"][i], a["time_back"][i])
		}
	}
}

func TestStatusOfModes(t *testing.T) {
	for _, err := range []error{&fp.ModesError{}, &krylov.SpectrumError{}, &krylov.ConvergenceError{}} {
		if got := status(err); got != statusNotConverged {
			t.Errorf("%v: status %d", err, got)
		}
	}
}

// A step of SGD is η of the equation's time, and with momentum η/(1 − μ); without SGD there is
// none.
func TestTimeOfAStep(t *testing.T) {
	dir := t.TempDir()
	for section, want := range map[string]float64{
		`sgd: {loss: "x^2", noise_covariance: [["1"]], learning_rate: 0.1, batch_size: 1}`:                0.1,
		`sgd: {loss: "x^2", noise_covariance: [["1"]], learning_rate: 0.1, batch_size: 1, momentum: 0.6}`: 0.25,
		`equation: {drift: ["-x"], diffusion: 1}`:                                                         0,
	} {
		name := filepath.Join(dir, "p.yaml")
		if err := os.WriteFile(name, []byte("version: 1\nvariables: [x]\n"+section+"\ndomain: auto\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := (&inputFlags{}).read(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := sgdStep(f); math.Abs(got-want) > 1e-15 { // one rounding
			t.Errorf("%s: %g, want %g", section, got, want)
		}
	}
}
