//go:build !purego

package compare

import "github.com/ness-fp/ness/grid/pieces"

// lanes is how many walkers kernels move at once, by what the processor has; tests do without kernels, by 0.
var lanes = pieces.Lanes()

// forLanes returns the kernel for as many lanes as there are. Calls of it take some nanoseconds longer
// than of a kernel by its name.
func forLanes[kernel any](by8, by4, by2 kernel) kernel {
	switch lanes {
	case 8:
		return by8
	case 4:
		return by4
	}
	return by2
}

// inLanes returns how many of so many walkers fill lanes.
func inLanes(walkers int) int {
	if lanes == 0 {
		return 0
	}
	return walkers &^ (lanes - 1)
}

// Each of these takes steps of the first walkers and returns how many.

func (m linear1) atOnce(out, theta [][]float64, b *batches, k int, c []float64) int {
	n := inLanes(len(theta[0]))
	switch {
	case n == 0:
	case b.woven > 0:
		forLanes(linear1WovenBy8, linear1WovenBy4, linear1WovenBy2)(&out[0][0], &theta[0][0],
			&m.rows[0].xx, b.wovenAt(k), b.each(), b.size, n, &c[0], len(c))
	default:
		indices, stride := b.at(k, 0)
		forLanes(linear1By8, linear1By4, linear1By2)(&out[0][0], &theta[0][0],
			&m.rows[0].xx, &indices[0], stride, b.size, n, &c[0], len(c))
	}
	return n
}

func (m linear2) atOnce(out, theta [][]float64, b *batches, k int, c []float64) int {
	n := inLanes(len(theta[0]))
	switch {
	case n == 0:
	case b.woven > 0:
		forLanes(linear2WovenBy8, linear2WovenBy4, linear2WovenBy2)(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0],
			&m.rows[0].x1, b.wovenAt(k), b.each(), b.size, n, &c[0], len(c))
	default:
		indices, stride := b.at(k, 0)
		forLanes(linear2By8, linear2By4, linear2By2)(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0],
			&m.rows[0].x1, &indices[0], stride, b.size, n, &c[0], len(c))
	}
	return n
}

func (m linear3) atOnce(out, theta [][]float64, b *batches, k int, c []float64) int {
	n := inLanes(len(theta[0]))
	switch {
	case n == 0:
	case b.woven > 0:
		forLanes(linear3WovenBy8, linear3WovenBy4, linear3WovenBy2)(&out[0][0], &out[1][0], &out[2][0], &theta[0][0], &theta[1][0], &theta[2][0],
			&m.rows[0].x1, b.wovenAt(k), b.each(), b.size, n, &c[0], len(c))
	default:
		indices, stride := b.at(k, 0)
		forLanes(linear3By8, linear3By4, linear3By2)(&out[0][0], &out[1][0], &out[2][0], &theta[0][0], &theta[1][0], &theta[2][0],
			&m.rows[0].x1, &indices[0], stride, b.size, n, &c[0], len(c))
	}
	return n
}

func (m deepLinear) atOnce(out, theta [][]float64, b *batches, k int, c []float64) int {
	n := inLanes(len(theta[0]))
	switch {
	case n == 0:
	case b.woven > 0:
		forLanes(deepLinearWovenBy8, deepLinearWovenBy4, deepLinearWovenBy2)(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0],
			&m.rows[0].xx, b.wovenAt(k), b.each(), b.size, n, &c[0], len(c))
	default:
		indices, stride := b.at(k, 0)
		forLanes(deepLinearBy8, deepLinearBy4, deepLinearBy2)(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0],
			&m.rows[0].xx, &indices[0], stride, b.size, n, &c[0], len(c))
	}
	return n
}
