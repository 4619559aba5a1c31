//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package output

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// lockDir keeps other runs from committing to folders in dir until unlock is called.
// It is advice: where the file system has no locks, or someone holds one for longer
// than 10 s (flock(1) around the whole command does), it goes on without.
func lockDir(dir string) (unlock func()) {
	d, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for range 200 {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return func() { _ = d.Close() } // gives up the lock
}
