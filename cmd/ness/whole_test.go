package main

import "testing"

func TestWholeNumbers(t *testing.T) {
	for s, want := range map[string]whole{"0": 0, "-1": -1, "10000": 10000, "1e4": 10000, "1.5e3": 1500, "2E0": 2, "9007199254740993": 1<<53 + 1} {
		var n whole
		if err := n.Set(s); err != nil || n != want {
			t.Errorf("%s is %d with error %v, want %d", s, n, err, want)
		}
	}
	for _, s := range []string{"", "x", "1.5", "1e-3", "1e16", "1e400", "NaN", "Inf"} {
		n := whole(7)
		if n.Set(s) == nil || n != 7 {
			t.Errorf("%q is taken for %d", s, n)
		}
	}
}
