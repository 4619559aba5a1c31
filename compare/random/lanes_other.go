//go:build !amd64 || purego

package random

// fillLanes fills nothing: there are kernels for amd64 alone.
func (u Uniform) fillLanes([]uint32, int, *[lanes]Stream) bool { return false }

// weaveLanes weaves nothing.
func (u Uniform) weaveLanes([]uint32, int, []Stream) bool { return false }

// shuffleLanes shuffles nothing.
func shuffleLanes(*[lanes][]uint32, *[lanes]Stream) int { return 0 }
