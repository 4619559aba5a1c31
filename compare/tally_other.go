//go:build !amd64 || purego

package compare

func (*worker) atOnce(_, _ [][]float64, _ int) (summed, found int) { return 0, 0 }
