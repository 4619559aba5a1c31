package pieces

import "golang.org/x/sys/cpu"

// Lanes returns how many numbers of 64 bits kernels written for it take at once, by what the processor
// has: 8 with AVX-512F, 4 with AVX2, else 2, with SSE2.
func Lanes() int {
	switch {
	case cpu.X86.HasAVX512F:
		return 8
	case cpu.X86.HasAVX2:
		return 4
	}
	return 2
}
