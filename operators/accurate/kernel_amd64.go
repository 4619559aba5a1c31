//go:build !purego

package accurate

import "golang.org/x/sys/cpu"

// bestKernels returns the kernels for this processor.
func bestKernels() *kernels {
	switch x := &cpu.X86; {
	case x.HasAVX512F && x.HasAVX512DQ && x.HasFMA:
		return &kernels{combineAVX512, fluxAVX512, subtractAVX512}
	case x.HasAVX2 && x.HasFMA:
		return &kernels{combineAVX2, fluxAVX2, subtractAVX2}
	}
	return nil
}
