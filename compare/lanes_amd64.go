package compare

import "github.com/ness-fp/ness/grid/pieces"

// lanes is how many walkers kernels move at once, by what the processor has: 0 where there are none.
var lanes = pieces.Lanes()

// inLanes returns how many of so many walkers fill lanes.
func inLanes(walkers int) int {
	if lanes == 0 {
		return 0
	}
	return walkers &^ (lanes - 1)
}

// withRows is inLanes where each walker takes its batch from so many rows: none if there are
// more than kernels reach.
func withRows(walkers, rows int) int {
	const reached = 1 << 30
	if rows > reached {
		return 0
	}
	return inLanes(walkers)
}

func linear1AtOnce(out, theta [][]float64, rows []square, indices []uint32, batch, stride int, c []float64) int {
	n := withRows(len(theta[0]), len(rows))
	switch {
	case n == 0:
	case lanes == 8:
		linear1By8(&out[0][0], &theta[0][0], &rows[0].xx, &indices[0], stride, batch, n, &c[0], len(c))
	default:
		linear1By4(&out[0][0], &theta[0][0], &rows[0].xx, &indices[0], stride, batch, n, &c[0], len(c))
	}
	return n
}

func linear2AtOnce(out, theta [][]float64, rows []row2, indices []uint32, batch, stride int, c []float64) int {
	n := withRows(len(theta[0]), len(rows))
	switch {
	case n == 0:
	case lanes == 8:
		linear2By8(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].x1, &indices[0], stride, batch, n, &c[0], len(c))
	default:
		linear2By4(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].x1, &indices[0], stride, batch, n, &c[0], len(c))
	}
	return n
}

func linear3AtOnce(out, theta [][]float64, rows []row3, indices []uint32, batch, stride int, c []float64) int {
	n := withRows(len(theta[0]), len(rows))
	switch {
	case n == 0:
	case lanes == 8:
		linear3By8(&out[0][0], &out[1][0], &out[2][0], &theta[0][0], &theta[1][0], &theta[2][0], &rows[0].x1, &indices[0], stride, batch, n, &c[0], len(c))
	default:
		linear3By4(&out[0][0], &out[1][0], &out[2][0], &theta[0][0], &theta[1][0], &theta[2][0], &rows[0].x1, &indices[0], stride, batch, n, &c[0], len(c))
	}
	return n
}

func deepLinearAtOnce(out, theta [][]float64, rows []square, indices []uint32, batch, stride int, c []float64) int {
	n := withRows(len(theta[0]), len(rows))
	switch {
	case n == 0:
	case lanes == 8:
		deepLinearBy8(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].xx, &indices[0], stride, batch, n, &c[0], len(c))
	default:
		deepLinearBy4(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].xx, &indices[0], stride, batch, n, &c[0], len(c))
	}
	return n
}
