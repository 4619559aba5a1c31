package multigrid

import "golang.org/x/sys/cpu"

// bestKernel returns the kernel for this processor.
func bestKernel() *kernel {
	switch {
	case cpu.X86.HasAVX512F:
		return &kernel512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return &kernel256
	}
	return nil
}

var (
	kernel512 = kernel{8, sweepRight512, sweepLeft512, flowsAlong512, flowsAcross512, rates512, correct512}
	kernel256 = kernel{4, sweepRight256, sweepLeft256, flowsAlong256, flowsAcross256, rates256, correct256}
)
