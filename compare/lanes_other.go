//go:build !amd64 || purego

package compare

// There are kernels for amd64 alone.
const lanes = 0

func (linear1) atOnce(_, _ [][]float64, _ *batches, _ int, _ []float64) int    { return 0 }
func (linear2) atOnce(_, _ [][]float64, _ *batches, _ int, _ []float64) int    { return 0 }
func (linear3) atOnce(_, _ [][]float64, _ *batches, _ int, _ []float64) int    { return 0 }
func (deepLinear) atOnce(_, _ [][]float64, _ *batches, _ int, _ []float64) int { return 0 }
