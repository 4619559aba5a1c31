//go:build !purego

package loss

import "github.com/ness-fp/ness/grid/pieces"

// lanes is how many numbers kernels take at once, by what the processor has: less than four where there are none.
var lanes = pieces.Lanes()

// sigmoidsAtOnce sets those of dst that fill lanes and returns their number.
func sigmoidsAtOnce(dst, x []float64) int { return atOnce(dst, x, sigmoidsBy8, sigmoidsBy4) }

// tanhsAtOnce is sigmoidsAtOnce for tangents.
func tanhsAtOnce(dst, x []float64) int { return atOnce(dst, x, tanhsBy8, tanhsBy4) }

func atOnce(dst, x []float64, by8, by4 func(dst, x *float64, n int, exp2s *[256]uint64)) int {
	if lanes < 4 || len(x) < lanes {
		return 0
	}
	n := len(x) &^ (lanes - 1)
	if lanes == 8 {
		by8(&dst[0], &x[0], n, &exp2s)
	} else {
		by4(&dst[0], &x[0], n, &exp2s)
	}
	return n
}
