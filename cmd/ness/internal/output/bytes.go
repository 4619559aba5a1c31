package output

import (
	"fmt"
	"math"
	"strconv"
)

// Bytes is a size that prints itself in powers of 1000: 1.9 GB.
type Bytes int64

func (b Bytes) String() string {
	if b > -1000 && b < 1000 {
		return fmt.Sprintf("%d B", int64(b))
	}
	return scaled(float64(b)/1000, 2, "kB", "MB", "GB", "TB", "PB", "EB")
}

// scaled returns x with digits significant digits (all of those before the point) in
// the first unit, each 1000 of the one before it, that keeps it below 1000.
func scaled(x float64, digits int, units ...string) string {
	for {
		r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
		if err != nil {
			panic("output: scaled: " + err.Error()) // FormatFloat's text is a number
		}
		if math.Abs(x) >= math.Pow10(digits) {
			r = math.Round(x)
		}
		if math.Abs(r) < 1000 || len(units) == 1 {
			return strconv.FormatFloat(r, 'f', -1, 64) + " " + units[0]
		}
		x /= 1000
		units = units[1:]
	}
}
