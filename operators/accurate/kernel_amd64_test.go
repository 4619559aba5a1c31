//go:build !purego

package accurate

import "golang.org/x/sys/cpu"

// available returns the kernels that this processor can run.
func available() map[string]*kernels {
	list := map[string]*kernels{}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list["AVX2"] = &kernels{combineAVX2, fluxAVX2, subtractAVX2}
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasFMA {
		list["AVX-512"] = &kernels{combineAVX512, fluxAVX512, subtractAVX512}
	}
	return list
}
