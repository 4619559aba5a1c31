//go:build !amd64

package multigrid

// bestKernel returns nil: there are kernels for amd64 alone.
func bestKernel() *kernel { return nil }
