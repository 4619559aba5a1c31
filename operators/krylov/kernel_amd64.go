//go:build !purego

package krylov

import "golang.org/x/sys/cpu"

// bestKernels returns the kernels for this processor.
func bestKernels() *kernels {
	switch x := &cpu.X86; {
	case x.HasAVX512F && x.HasAVX512DQ:
		return &avx512
	case x.HasAVX2 && x.HasFMA:
		return &avx2
	}
	return nil
}

var (
	avx512 = kernels{
		dots:    [4]func(sums, w, v *float64, n, stride int){dots8AVX512, dots4AVX512, dots2AVX512, dots1AVX512},
		combine: [4]func(w, c, v *float64, n, stride int){combine8AVX512, combine4AVX512, combine2AVX512, combine1AVX512},
	}
	avx2 = kernels{
		dots:    [4]func(sums, w, v *float64, n, stride int){dots8AVX2, dots4AVX2, dots2AVX2, dots1AVX2},
		combine: [4]func(w, c, v *float64, n, stride int){combine8AVX2, combine4AVX2, combine2AVX2, combine1AVX2},
	}
)
