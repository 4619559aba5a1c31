package audit

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
)

// Every problem that comes with the program can be audited: each finding either has statistics and a
// sentence, or says why it does not apply; maps are of the grid; and all have the same findings, but
// for formulas.
func TestShippedProblemsAreAudited(t *testing.T) {
	files, err := filepath.Glob("../../testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var keys string
	for _, name := range files {
		if !*long && !slices.Contains([]string{"a5_tilted_periodic.yaml", "a9_linear_regression.yaml", "ou_3d.yaml", "synthetic_regression.yaml"}, filepath.Base(name)) {
			continue // of some all, which take half a minute
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cells := 24
		if strings.Contains(name, "3d") {
			cells = 12
		}
		f, err := fp.ReadProblem(strings.NewReader(string(src)), fp.ReadOptions{Name: name, Cells: []int{cells}, Open: func(path string) (io.ReadCloser, error) {
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
		r, err := Audit(f, g, Options{NoEnsemble: true, MaxPoints: 1e5, NoiseSteps: 64, NoiseWalkers: 16})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var own string
		for _, f := range r.Findings {
			if f.Kind == Assumption {
				own += f.Key + " "
			}
			if f.Key == "" || f.Name == "" || f.Claim == "" || f.Rule.Text == "" || f.Sentence == "" || f.Applies != (len(f.Statistics) > 0) || f.Applies == strings.HasPrefix(f.Sentence, "does not apply: ") {
				t.Errorf("%s: %+v", name, f)
			}
			for _, m := range f.Maps {
				cells, axes := 1, m.Axes
				if axes == nil {
					axes = []int{0, 1, 2}[:g.Dim()]
				}
				for _, a := range axes {
					cells *= g.Axis(a).Cells()
				}
				if len(axes) > 2 || len(m.Values) != cells {
					t.Errorf("%s: %s: map of %d cells and axes %v", name, m.Key, len(m.Values), axes)
				}
			}
			for _, c := range f.Curves {
				if len(c.X) != len(c.Y) || c.Err != nil && len(c.Err) != len(c.X) || c.Reference != nil && len(c.Reference) != len(c.X) {
					t.Errorf("%s: %s: %d, %d, %d, %d points", name, c.Key, len(c.X), len(c.Y), len(c.Err), len(c.Reference))
				}
			}
		}
		if keys == "" {
			keys = own
		}
		if own != keys {
			t.Errorf("%s: findings %s, want %s", name, own, keys)
		}
	}
}
