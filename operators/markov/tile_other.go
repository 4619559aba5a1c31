//go:build !amd64 || purego

package markov

// bestTile returns nil: there are kernels for amd64 alone.
func bestTile() *tile { return nil }
