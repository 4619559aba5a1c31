package pieces

import "golang.org/x/sys/cpu"

// Lanes returns how many numbers of 64 bits kernels written for it may take at once, by what the processor
// has: 8 with AVX-512F, 4 with AVX2, 2 with AVX, else 0.
func Lanes() int {
	switch {
	case cpu.X86.HasAVX512F:
		return 8
	case cpu.X86.HasAVX2:
		return 4
	case cpu.X86.HasAVX:
		return 2
	}
	return 0
}
