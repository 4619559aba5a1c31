//go:build !amd64 || purego

package random

// inKernel is 0: there are kernels for amd64 alone.
const inKernel = 0

// What follows does nothing.

func (u Uniform) fillLanes([]uint32, int, int, *[lanes]Stream) bool { return false }

func (u Uniform) weaveLanes([]uint32, int, []Stream) bool { return false }

func shuffleLanes(*[lanes][]uint32, *[lanes]Stream) int { return 0 }
