package main

import (
	"context"
	"strings"
	"testing"

	"github.com/ness-fp/ness/compare/verify"
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
		}
	}
	for _, k := range []struct {
		args []string
		want int
		out  string
	}{
		{nil, statusViolated, "1 passed, 2 failed"},
		{[]string{"a3"}, statusDone, "1 passed, 0 failed"},
		{[]string{"A1", "--json"}, statusViolated, `"passed": false`},
		{[]string{"B3"}, statusBadInput, ""},
	} {
		cmd := verifyCommand(cases)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		var out strings.Builder
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetArgs(append([]string{}, k.args...))
		if got := status(cmd.Execute()); got != k.want || !strings.Contains(out.String(), k.out) {
			t.Errorf("%v: status %d, want %d: %s", k.args, got, k.want, out.String())
		}
	}
}
