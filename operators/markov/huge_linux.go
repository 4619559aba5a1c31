package markov

import (
	"syscall"
	"unsafe"
)

// hugePages asks for large pages under new memory, a hint: a factor is written once
// from end to end, and faults on small pages would cost half as much as the arithmetic.
func hugePages(x []float64) {
	const (
		large         = 1 << 21 // bytes of a large page
		advHugePage   = 14      // MADV_HUGEPAGE of madvise(2)
		bytesPerFloat = 8
	)
	if len(x)*bytesPerFloat < 2*large {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*bytesPerFloat)
	skip := -uintptr(unsafe.Pointer(&b[0])) % large
	_ = syscall.Madvise(b[skip:], advHugePage) // without it all works the same, slower
}
