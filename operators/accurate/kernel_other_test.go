//go:build !amd64

package accurate

// available returns no kernels.
func available() map[string]*kernels { return map[string]*kernels{} }
