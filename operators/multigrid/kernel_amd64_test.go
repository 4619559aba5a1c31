//go:build !purego

package multigrid

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		kernels["avx2"] = avx2
	}
	if cpu.X86.HasAVX512F {
		kernels["avx512"] = avx512
	}
}
