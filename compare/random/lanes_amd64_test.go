package random

import (
	"slices"
	"testing"
)

// A remainder of words that is too small stops the kernel before its streams have moved.
func TestKernelsLeaveStreamsWhereAWordIsThrownAway(t *testing.T) {
	if !hasLanes {
		t.Skip("the processor has no kernels")
	}
	var g [lanes]Stream
	for w := range g {
		g[w] = New(1, uint64(w))
	}
	states := transposed(&g)
	before := states
	dst := make([]uint32, lanes*4)
	// Every remainder is below 2⁶⁴ − 1 but for one in 2⁶⁴.
	if descend(&dst[0], 16, 2, &states, 100, 1<<64-1) || states != before {
		t.Error("words are kept that are to be thrown away")
	}
	if !descend(&dst[0], 16, 2, &states, 100, 0) || states == before || slices.Max(dst) >= 100 {
		t.Error("words are thrown away that are to be kept")
	}
}
