//go:build !purego

package krylov

import "golang.org/x/sys/cpu"

// available returns the kernels that this processor can run, and none.
func available() map[string]*kernels {
	list := map[string]*kernels{"none": nil}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list["AVX2"] = &avx2
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		list["AVX-512"] = &avx512
	}
	return list
}
