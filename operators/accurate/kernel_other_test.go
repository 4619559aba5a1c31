//go:build !amd64 || purego

package accurate

// available returns no kernels.
func available() map[string]*kernels { return map[string]*kernels{} }
