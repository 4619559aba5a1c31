//go:build !amd64 || purego

package krylov

// available returns no kernels.
func available() map[string]*kernels { return map[string]*kernels{"none": nil} }
