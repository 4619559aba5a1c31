package main

import "testing"

// Sums of noise at lags 0 to L are d + d² numbers of 8 bytes each of every walker; what goes on has those
// of the saved ensemble beside them.
func TestNoiseBytes(t *testing.T) {
	var fl simulateFlags
	fl.walkers = 1 << 24
	for _, c := range []struct {
		lags   int
		resume bool
		want   int64
	}{{0, false, 0}, {0, true, 0}, {9999, false, 8053063680000}, {9999, true, 16106127360000}} { // 8·2²⁴·10⁴·(2+4)
		fl.lags, fl.resume = c.lags, c.resume
		if have := fl.noiseBytes(2); have != c.want {
			t.Errorf("%+v: have %d", c, have)
		}
	}
}
