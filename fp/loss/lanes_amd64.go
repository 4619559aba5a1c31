package loss

import "golang.org/x/sys/cpu"

// hasLanes says whether the processor has what the kernels need.
var hasLanes = cpu.X86.HasAVX512F

// inLanes returns how many of so many numbers fill lanes.
func inLanes(n int) int {
	if !hasLanes {
		return 0
	}
	return n &^ 7
}

// sigmoidsAtOnce sets those of dst that fill lanes and returns their number.
func sigmoidsAtOnce(dst, x []float64) int {
	n := inLanes(len(x))
	if n > 0 {
		sigmoidLanes(&dst[0], &x[0], n, &exp2s)
	}
	return n
}

// tanhsAtOnce is sigmoidsAtOnce for tangents.
func tanhsAtOnce(dst, x []float64) int {
	n := inLanes(len(x))
	if n > 0 {
		tanhLanes(&dst[0], &x[0], n, &exp2s)
	}
	return n
}
