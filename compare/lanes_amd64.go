package compare

import "golang.org/x/sys/cpu"

// hasLanes says whether the processor has what the kernels need.
var hasLanes = cpu.X86.HasAVX512F

// inLanes returns how many of so many walkers fill lanes.
func inLanes(walkers int) int {
	if !hasLanes {
		return 0
	}
	return walkers &^ 7
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

func linear1AtOnce(out, theta [][]float64, rows []row1, indices []uint32, batch, stride int, c float64) int {
	n := withRows(len(theta[0]), len(rows))
	if n > 0 {
		linear1Lanes(&out[0][0], &theta[0][0], &rows[0].x, &indices[0], stride, batch, n, c)
	}
	return n
}

func linear2AtOnce(out, theta [][]float64, rows []row2, indices []uint32, batch, stride int, c float64) int {
	n := withRows(len(theta[0]), len(rows))
	if n > 0 {
		linear2Lanes(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].x1, &indices[0], stride, batch, n, c)
	}
	return n
}

func linear3AtOnce(out, theta [][]float64, rows []row3, indices []uint32, batch, stride int, c float64) int {
	n := withRows(len(theta[0]), len(rows))
	if n > 0 {
		linear3Lanes(&out[0][0], &out[1][0], &out[2][0], &theta[0][0], &theta[1][0], &theta[2][0], &rows[0].x1, &indices[0], stride, batch, n, c)
	}
	return n
}

func deepLinearAtOnce(out, theta [][]float64, rows []row1, indices []uint32, batch, stride int, c float64) int {
	n := withRows(len(theta[0]), len(rows))
	if n > 0 {
		deepLinearLanes(&out[0][0], &out[1][0], &theta[0][0], &theta[1][0], &rows[0].x, &indices[0], stride, batch, n, c)
	}
	return n
}
