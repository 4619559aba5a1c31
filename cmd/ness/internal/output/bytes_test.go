package output

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A printed size is within half of its last digit of what it stands for (2 digits: at
// most 5 % off), and has no more than 3 digits before the point.
func TestBytesIsRight(t *testing.T) {
	units := map[string]float64{"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "EB": 1e18}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Int64Range(0, math.MaxInt64).Draw(t, "bytes") >> rapid.IntRange(0, 62).Draw(t, "shift")
		var x float64
		var unit string
		if _, err := fmt.Sscan(Bytes(b).String(), &x, &unit); err != nil {
			t.Fatal(err)
		}
		if x >= 1000 || math.Abs(x*units[unit]-float64(b)) > 0.05*float64(b) {
			t.Errorf("%d bytes are %g %s", b, x, unit)
		}
	})
}
