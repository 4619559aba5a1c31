package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare/verify"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// A case whose coefficient is wrong fails the command with status 1, one whose measurement
// cannot be made too, and the others go on.
func TestVerifyFailsWhereACaseFails(t *testing.T) {
	study := func(err error, scale float64) []verify.Study {
		return []verify.Study{{
			Name: "order 2", Of: "density, L1", Unit: "cells", Sizes: []int{8, 16}, Quick: 2, Order: 2, Slack: 0.1,
			Limits: []verify.Limit{{Quantity: verify.Error, At: 1, Order: 2, Reason: "a test"}},
			Measure: func(_ context.Context, n int) (verify.Measurement, error) {
				return verify.Measurement{verify.Error: scale * 256 / float64(n*n)}, err
			},
		}}
	}
	cases := func() []*verify.Case {
		return []*verify.Case{
			{ID: "A1", Title: "wrong", Studies: study(nil, 1.01)},
			{ID: "A2", Title: "broken", Studies: study(errStopped, 1)},
			{ID: "A3", Title: "right", Studies: study(nil, 1)},
			{ID: "A4", Title: "not a number", Studies: study(nil, math.NaN())},
			{ID: "A5", Title: "infinite", Studies: study(nil, math.Inf(1))},
		}
	}
	for _, k := range []struct {
		args []string
		want int
		out  string
	}{
		{nil, statusViolated, "1 passed, 4 failed"},
		{[]string{"a3"}, statusDone, "1 passed, 0 failed"},
		{[]string{"A1", "--json"}, statusViolated, `"passed": false`},
		{[]string{"a3", "--json"}, statusDone, `"files": []`},
		{[]string{"A4", "A5"}, statusViolated, "0 passed, 2 failed"},
		{[]string{"A1", "A4", "A5", "--report", filepath.Join(t.TempDir(), "report")}, statusViolated, "written to"},
		{[]string{"B3"}, statusBadInput, ""},
		{[]string{"a3", "--report", ""}, statusBadInput, "--report : want the name of a folder"},
	} {
		cmd := verifyCommand(cases)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		var out strings.Builder
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetArgs(append([]string{}, k.args...))
		err := cmd.Execute()
		fmt.Fprint(&out, err)
		if got := status(err); got != k.want || !strings.Contains(out.String(), k.out) {
			t.Errorf("%v: status %d, want %d: %s", k.args, got, k.want, out.String())
		}
	}
}

// Each kind of limit makes the status 1 by itself, and is named with its size; what is within is not.
func TestVerifyFailsByEveryLimit(t *testing.T) {
	for q := range verify.Quantities {
		for _, k := range []struct {
			excess float64
			want   int
		}{{1.01, statusViolated}, {0.99, statusDone}} {
			one := verify.Study{
				Name: "study", Unit: "cells", Sizes: []int{8}, Quick: 1,
				Limits: []verify.Limit{{Quantity: q, At: 0.5, Reason: "a test"}},
				Measure: func(context.Context, int) (m verify.Measurement, err error) {
					m[q] = 0.5 * k.excess
					return m, nil
				},
			}
			cmd := verifyCommand(func() []*verify.Case { return []*verify.Case{{ID: "A1", Studies: []verify.Study{one}}} })
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			var out strings.Builder
			cmd.SetOut(&out)
			cmd.SetErr(io.Discard)
			cmd.SetArgs(nil)
			got := status(cmd.Execute())
			if named := strings.Contains(out.String(), "study: "+q.String()+" 0.51 at 8 cells, want at most 0.5"); got != k.want || named != (got == statusViolated) {
				t.Errorf("%v, %g times its limit: status %d: %s", q, k.excess, got, out.String())
			}
		}
	}
}

// With a drift that is 1 % off, A2 fails by the limits it has, with status 1.
func TestVerifySeesAWrongCoefficient(t *testing.T) {
	k := slices.IndexFunc(verify.All(), func(c *verify.Case) bool { return c.ID == "A2" })
	one := verify.All()[k]
	one.Studies = one.Studies[2:3] // order 4
	one.Studies[0].Measure = func(_ context.Context, n int) (m verify.Measurement, err error) {
		c := exact.Rotation2D(1)
		p := *c.Problem
		eval := p.Equation.Eval
		p.Equation.Eval = func(dst, x [][]float64) {
			eval(dst, x)
			for i := range dst[0] {
				dst[0][i] *= 1.01
				dst[1][i] *= 1.01
			}
		}
		s, err := fp.SolveStationary(&p, c.Grid(n), fp.StationaryOptions{Order: 4})
		if err == nil {
			m[verify.Error] = c.Errors(s, s.Current()).Density
		}
		return m, err
	}
	cmd := verifyCommand(func() []*verify.Case { return []*verify.Case{one} })
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs([]string{"--quick"})
	if got := status(cmd.Execute()); got != statusViolated || !strings.Contains(out.String(), "order 4: error ") {
		t.Errorf("status %d: %s", got, out.String())
	}
}

// studyOf is a study with errors at 8, 16, … cells, and other quantities that tell themselves apart.
func studyOf(name, unit string, order float64, errors ...float64) verify.StudyResult {
	r := verify.StudyResult{Study: &verify.Study{Name: name, Unit: unit, Order: order}}
	for k, e := range errors {
		r.Rows = append(r.Rows, verify.Row{N: 8 << k, Measurement: verify.Measurement{
			verify.Error: e, verify.Current: 2, verify.EntropyProduction: 3, verify.Mass: 4, verify.Negative: 5, verify.Deviation: 6,
		}, Order: 1.5})
	}
	return r
}

// Every quantity of a row has the place of its name; a study at round-off has no order to expect.
func TestRowsOfVerify(t *testing.T) {
	r := studyOf("a", "cells", 2, 1)
	s := summarizeStudy(&r)
	want := rowSummary{Size: 8, Error: 1, Order: 1.5, Current: 2, Entropy: 3, Mass: 4, Negative: 5, Deviation: 6}
	if len(s.Rows) != 1 || s.Rows[0] != want || s.Expected != 2 {
		t.Errorf("%+v, want %+v", s, want)
	}
	r.Study.Order = 0
	if s := summarizeStudy(&r); !math.IsNaN(float64(s.Expected)) {
		t.Errorf("order %g is expected of round-off", float64(s.Expected))
	}
}

// Figures are of errors that fall, at two sizes and more that did not diverge, as large as 1 too.
func TestFiguresOfVerify(t *testing.T) {
	for _, c := range []struct {
		name  string
		study verify.StudyResult
		drawn bool
	}{
		{"falls", studyOf("a", "cells", 2, 4, 1), true},
		{"round-off", studyOf("a", "cells", 0, 1e-15, 1e-15), false},
		{"one size", studyOf("a", "cells", 2, 1), false},
		{"diverged", studyOf("a", "cells", 2, 1, 1e11), false},
		{"not a number", studyOf("a", "cells", 2, 1, math.NaN()), false},
		{"one diverged", studyOf("a", "cells", 2, 1e11, 1, 0.25), true},
	} {
		draw := convergenceFigure(&verify.Result{Case: &verify.Case{ID: "A1", Title: "t"}, Studies: []verify.StudyResult{c.study}})
		if (draw != nil) != c.drawn {
			t.Errorf("%s: drawn %v", c.name, draw != nil)
		}
		if draw != nil {
			if err := draw(io.Discard); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// What sizes count is told once, in the order of studies that are drawn, with the sizes and errors of these.
func TestUnitsOfFigures(t *testing.T) {
	list, units := fallingErrors([]verify.StudyResult{
		studyOf("a", "cells", 2, 4, 1e11, 1), studyOf("b", "walkers", 0, 1, 1), studyOf("c", "steps", 1, 2, 1), studyOf("d", "cells", 4, 2, 1), studyOf("e", "1/η", 4, 2),
	})
	if !slices.Equal(units, []string{"cells", "steps"}) || len(list) != 3 {
		t.Fatalf("%v, %+v", units, list)
	}
	if a := list[0]; a.Name != "a" || a.Order != 2 || !slices.Equal(a.Sizes, []float64{8, 32}) || !slices.Equal(a.Error, []float64{4, 1}) {
		t.Errorf("%+v", a)
	}
}
