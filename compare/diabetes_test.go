package compare

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ness-fp/ness/fp"
)

// SGD on the diabetes data agrees with the Fokker–Planck density to 2e-3 in total variation on
// 64 × 64 cells, where both of what parts them are small: the learning rate, by which they are
// 0.03 apart at η = 0.1, and η/B, by which 0.004 at 6e-4, as gradient noise is not normal. Sampling
// alone makes 0.8e-3. It takes 45 s on a quiet machine with two cores.
func TestDiabetesAgreement(t *testing.T) {
	if !*long {
		t.Skip("most of a minute on two cores")
	}
	const within, steps, burnIn = 2e-3, 900000, 10000 // 14 relaxation times of 730 steps to burn in
	began := time.Now()
	dir := filepath.Join("..", "testdata", "problems")
	src, err := os.ReadFile(filepath.Join(dir, "diabetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	small := strings.NewReplacer("learning_rate: 0.1", "learning_rate: 0.0025", "batch_size: 8", "batch_size: 32").Replace(string(src))
	f, err := fp.ReadProblem(strings.NewReader(small), fp.ReadOptions{Name: "diabetes.yaml", Cells: []int{64}, Open: func(path string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, path))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Domain.Intervals, _, _, err = fp.FindBox(f.Problem, f.Domain.Cells); err != nil {
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
	e, err := New((*SGD)(f.SGD()), Initial{Points: f.Problem.StablePoints()}, Options{Seed: 1, BurnIn: burnIn, Grid: g})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(context.Background(), burnIn+steps); err != nil {
		t.Fatal(err)
	}
	d, err := e.Histogram().Distances(s.Density)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("total variation %.5f ± %.5f, of sampling alone %.5f, in %v", d.TV.Value, d.TV.Err, d.TV.Floor, time.Since(began).Round(time.Second))
	if d.TV.Value > within {
		t.Errorf("total variation %g, want at most %g", d.TV.Value, within)
	}
}
