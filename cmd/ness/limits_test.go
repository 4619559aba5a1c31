package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// A number outside the limits is refused, and the default that is outside of them stays where
// nothing is given.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		given       string
		least, most float64
		want        string
	}{
		{"1", 1, 1000, ""},
		{"1e3", 1, 1000, ""},
		{"0", 1, 1000, "--n: want 1 to 1000, have 0"},
		{"1001", 1, 1000, "--n: want 1 to 1000, have 1001"},
		{"1e30", 1, mostSteps, "--n: want 1 to 1e15, have 1e30"}, // too large for the type
		{"NaN", 1, 1000, "--n: want 1 to 1000, have NaN"},
		{"1.5", 1, 1000, "--n: want a whole number, as 10000 or 1e4, have 1.5"},
	} {
		var n int
		var cmd cobra.Command
		cmd.Flags().Var(newWhole(&n, -1), "n", "")
		limit(&cmd, "n", c.least, c.most)
		if n != -1 {
			t.Fatalf("the default is %d", n)
		}
		have := ""
		if err := cmd.Flags().Parse([]string{"--n", c.given}); err != nil {
			have = flagError(&cmd, err).Error()
		}
		if have != c.want || c.want != "" && n != -1 {
			t.Errorf("%s: have %q and %d, want %q", c.given, have, n, c.want)
		}
	}
}

// Ends that are not of the limits themselves are refused, and their neighbours are not.
func TestOpenLimits(t *testing.T) {
	for _, c := range []struct {
		limits
		out, in float64
		want    string
	}{
		{limits{above0, below1}, 0, 1e-300, "a number between 0 and 1"},
		{limits{above0, below1}, 1, 0.9999999999999999, "a number between 0 and 1"},
		{limits{above0, 1}, 0, 1, "a number above 0, at most 1"},
		{limits{above0, largest}, -1, 1e308, "a number above 0"},
		{limits{1e-12, below1}, 1, 1e-12, "1e-12 to less than 1"},
	} {
		if c.hold(c.out) || !c.hold(c.in) || c.String() != c.want {
			t.Errorf("%v: holds %g %v, %g %v; want %s", c.limits, c.out, c.hold(c.out), c.in, c.hold(c.in), c.want)
		}
	}
}
