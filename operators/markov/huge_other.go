//go:build !linux

package markov

// hugePages asks for large pages under new memory where the system has a way to.
func hugePages([]float64) {}
