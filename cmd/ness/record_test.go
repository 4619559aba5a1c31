package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// What is recorded is what was counted: coordinate, walker and count in this order give the
// mean and covariance of the summary; and the histogram's errors are those of a density.
func TestRecordsAreWhatWasCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	dir := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	const walkers, counts, d = 200, 50, 2
	if status := run([]string{
		"simulate", filepath.Join(testdata(t), "problems", "synthetic_regression.yaml"), "--cells", "16", "--walkers", "200",
		"--steps", "500", "--every", "10", "--record", "--no-plots", "-o", dir,
	}, &stdout, &stderr); status != statusDone {
		t.Fatal(stderr.String())
	}
	raw, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, d*walkers*counts)
	if err := binary.Read(bytes.NewReader(raw[len(raw)-8*len(x):]), binary.LittleEndian, x); err != nil {
		t.Fatal(err)
	}
	if header := raw[:len(raw)-8*len(x)]; !bytes.Contains(header, []byte("'fortran_order': True, 'shape': (2, 200, 50,)")) {
		t.Errorf("header %q", header)
	}
	var sum runSummary
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &sum); err != nil {
		t.Fatal(err)
	}
	for a := range d {
		var mean, square float64
		for k := a; k < len(x); k += d {
			mean += x[k] / (walkers * counts)
		}
		for k := a; k < len(x); k += d {
			square += (x[k] - mean) * (x[k] - mean) / (walkers * counts)
		}
		if want := float64(sum.Ensemble.Mean[a]); math.Abs(mean-want) > 1e-12 { // 10⁴ additions
			t.Errorf("mean of coordinate %d: %v, want %v", a, mean, want)
		}
		// the summary's is without bias, by 1/walkers of what is between them
		if want := float64(sum.Ensemble.Covariance[a][a]); math.Abs(square/want-1) > 0.02 {
			t.Errorf("variance of coordinate %d: %v, want %v", a, square, want)
		}
	}
}
