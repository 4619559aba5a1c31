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
