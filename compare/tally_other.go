//go:build !amd64 || purego

package compare

func (*momentSums) atOnce(_, _ [][]float64, _ int) int { return 0 }
func (*counter) atOnce(_ []int32, _ [][]float64) int   { return 0 }
