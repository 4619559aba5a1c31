// Package pieces cuts loops into pieces of a fixed size and runs them on all
// cores. Because the cuts depend on the length of the loop alone, results that
// are formed piece by piece have the same bits for any number of workers. On amd64 it
// also says how many numbers the processor takes at once.
package pieces

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Count returns the number of pieces of that size in a loop of n.
func Count(n, size int) int { return (n + size - 1) / size }

// Run calls do(k, lo, hi) for every piece k = [lo, hi) of a loop of n, on
// GOMAXPROCS goroutines, and returns when all are done. Pieces start in order.
func Run(n, size int, do func(k, lo, hi int)) { RunOn(runtime.GOMAXPROCS(0), n, size, do) }

// RunOn is [Run] on at most that many goroutines.
func RunOn(workers, n, size int, do func(k, lo, hi int)) {
	count := Count(n, size)
	workers = min(workers, count)
	var next atomic.Int64
	work := func() {
		for {
			k := int(next.Add(1)) - 1
			if k >= count {
				return
			}
			do(k, k*size, min((k+1)*size, n))
		}
	}
	if workers <= 1 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(work)
	}
	wg.Wait()
}
