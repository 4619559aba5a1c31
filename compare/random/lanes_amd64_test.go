package random

import (
	"slices"
	"testing"
)

// eachKernel runs a test with every width of kernels that the processor has, and without.
func eachKernel(t *testing.T, test func(t *testing.T)) {
	before := inKernel
	defer func() { inKernel = before }()
	for _, n := range []int{8, 4, 0} {
		if inKernel = n; n <= before {
			test(t)
		}
	}
}

// A remainder of words that is too small stops kernels before their streams have moved, whichever
// stream it is of.
func TestKernelsLeaveStreamsWhereAWordIsThrownAway(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		if inKernel == 0 {
			return
		}
		var g [lanes]Stream
		for w := range g {
			g[w] = New(1, uint64(w))
		}
		states := transposed(&g)
		before := states
		var at [lanes][piece]uint32
		draw := func(reject uint64) bool { return descendLanes(&at, &states, 100, reject) }
		// Every remainder is below 2⁶⁴ − 1 but for one in 2⁶⁴.
		if draw(1<<64-1) || states != before {
			t.Errorf("%d in a kernel: words are kept that are to be thrown away", inKernel)
		}
		if !draw(0) || states == before {
			t.Errorf("%d in a kernel: words are thrown away that are to be kept", inKernel)
		}
		for _, row := range at {
			if slices.Max(row[:]) >= 100 {
				t.Errorf("%d in a kernel: index %d of 100", inKernel, slices.Max(row[:]))
			}
		}
	})
}

// Kernels of any width, and none, draw what streams draw alone.
func TestKernelsOfAnyWidthDrawTheSame(t *testing.T) {
	eachKernel(t, TestFillEachIsFillOfEachStream)
	eachKernel(t, TestShuffleEachIsShuffleOfEach)
}
