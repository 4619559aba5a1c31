//go:build !amd64 || purego

package krylov

// bestKernels returns nil: there are kernels for amd64 alone.
func bestKernels() *kernels { return nil }
