//go:build darwin || linux

package output

import (
	"math"
	"syscall"
)

// Free returns how many bytes can be written beside the folder, the largest number where nobody knows.
func (f *Folder) Free() int64 {
	var s syscall.Statfs_t
	if syscall.Statfs(f.base, &s) != nil {
		return math.MaxInt64
	}
	return int64(min(float64(s.Bavail)*float64(s.Bsize), 1<<62))
}
