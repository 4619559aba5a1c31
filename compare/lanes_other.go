//go:build !amd64

package compare

// There are kernels for amd64 alone.
const lanes = 0

func linear1AtOnce(_, _ [][]float64, _ []square, _ []uint32, _, _ int, _ []float64) int { return 0 }

func linear2AtOnce(_, _ [][]float64, _ []row2, _ []uint32, _, _ int, _ []float64) int { return 0 }

func linear3AtOnce(_, _ [][]float64, _ []row3, _ []uint32, _, _ int, _ []float64) int { return 0 }

func deepLinearAtOnce(_, _ [][]float64, _ []square, _ []uint32, _, _ int, _ []float64) int { return 0 }
