package fp

import "testing"

// A test is decided by what its error leaves of the statistic, in both directions.
func TestRuleOfBalance(t *testing.T) {
	for _, k := range []struct {
		statistic, err float64
		want           Verdict
	}{
		{0, 0, Holds},
		{4e-8, 1.5e-8, Holds},      // 8.5e-8 at most
		{5e-8, 1.7e-8, CannotTell}, // 1.01e-7 at most
		{1.1e-7, 1e-7, CannotTell},
		{5e-10, 0, Holds},      // coefficients are rounded
		{1e-8, 1e-9, Violated}, // 7e-9 at least
		{1e-8, 3.1e-9, Holds},  // 7e-10 at least, 2e-8 at most
		{1, 0.4, CannotTell},
		{1, 0.3, Violated},
	} {
		if got := judged(k.statistic, k.err, "x").Verdict; got != k.want {
			t.Errorf("%g ± %g: %v, want %v", k.statistic, k.err, got, k.want)
		}
	}
}
