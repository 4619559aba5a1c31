//go:build !purego

package random

import (
	"slices"
	"testing"
)

// eachKernel runs a test with every width of kernels that the processor has, and without.
func eachKernel(t *testing.T, test func(t *testing.T)) {
	before, had52 := inKernel, has52
	defer func() { inKernel, has52 = before, had52 }()
	for _, n := range []int{8, 4, 2, 0} {
		if inKernel = n; n <= before {
			test(t)
		}
	}
	if inKernel, has52 = before, false; had52 && before == 8 {
		test(t)
	}
}

// A remainder of words that is too small stops kernels before their streams have moved, whichever
// stream it is of: for each there is a seed with which it has the least remainder of all.
func TestKernelsLeaveStreamsWhereAWordIsThrownAway(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		if inKernel == 0 {
			return
		}
		for stream := range lanes {
			g, reject := streamsWithLeast(stream, 100)
			before := g
			var at [lanes][piece]uint32
			if descendLanes(&at, &g, 100, reject+1) || g != before {
				t.Errorf("%d in a kernel: words of stream %d are kept that are to be thrown away", inKernel, stream)
			}
			if !descendLanes(&at, &g, 100, reject) || g == before {
				t.Errorf("%d in a kernel: words of stream %d are thrown away that are to be kept", inKernel, stream)
			}
			for _, row := range at {
				if slices.Max(row[:]) >= 100 {
					t.Errorf("%d in a kernel: index %d of 100", inKernel, slices.Max(row[:]))
				}
			}
		}
	})
}

// streamsWithLeast returns streams of which one has the least of all remainders when indices below n, n − 1, …
// are drawn, with the upper half of that.
func streamsWithLeast(stream int, n uint64) (g [lanes]Stream, least uint64) {
	for seed := uint64(0); ; seed++ {
		at := -1
		least = 1<<64 - 1
		for w := range g {
			g[w] = New(seed, uint64(w))
			s := g[w]
			for m := n; m > n-piece; m -= 2 {
				var x uint64
				x, s = s.Next()
				if left := x * m * (m - 1) >> 32 << 32; left < least {
					least, at = left, w
				}
			}
		}
		if at == stream {
			return g, least
		}
	}
}

// Where nothing is ever thrown away, for n is a power of two, kernels draw whatever the words are: of 768 words in a
// try some has a remainder below 2⁻¹⁰ half the time. (Of 52 bits fewer than one in 2¹⁵ is in doubt, and none of these.)
func TestKernelsKeepAllWordsOfPowersOfTwo(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		if inKernel == 0 {
			return
		}
		const each = 24 * 8
		for _, n := range []int{1 << 13, 1 << 18, 1 << 27} {
			u := NewUniform(n)
			for seed := range uint64(20) {
				g := [lanes]Stream(newStreams(seed, lanes))
				dst := make([]uint32, lanes*each)
				if !u.fillLanes(dst, each, each, &g) || !u.weaveLanes(dst, each, g[:inKernel]) {
					t.Fatalf("%d in a kernel, n = %d, seed %d: words are thrown away", inKernel, n, seed)
				}
			}
		}
	})
}

// Products of 52 bits are what indices come from where the processor has them: those kernels do not trust a word of 0,
// of which halves tell that nothing is thrown away where n is a power of two.
func TestKernelsOf52BitsAreUsed(t *testing.T) {
	if inKernel != 8 || !has52 {
		t.Skip("the processor has none")
	}
	defer func() { has52 = true }()
	for _, n := range []int{1 << 13, 1 << 18} {
		for _, has52 = range []bool{true, false} {
			g := newStreams(1, 8)
			g[5] = FromState([4]uint64{0, 0, 12345, 0})
			if kept := NewUniform(n).weaveLanes(make([]uint32, 8*whole), whole, g); kept == has52 {
				t.Errorf("n = %d: products of 52 bits are used: %v, want %v", n, !kept, has52)
			}
		}
	}
}

// Where a word is thrown away, the rest are drawn by kernels all the same.
func TestKernelsGoOnInHalves(t *testing.T) {
	u := NewUniform(11583)
	calls, kernels, of52 := 0, weaves[inKernel], weavesOf52
	defer func() { weaves[inKernel], weavesOf52 = kernels, of52 }()
	for _, list := range []*[5]func(*uint32, int, *Stream, uint64, uint64) bool{&kernels, &weavesOf52} {
		kernel := list[u.perWord]
		list[u.perWord] = func(dst *uint32, words int, s *Stream, n, reject uint64) bool {
			calls++
			return kernel(dst, words, s, n, reject)
		}
	}
	kernels, weaves[inKernel] = weaves[inKernel], kernels
	g := newStreams(1, inKernel)
	g[1] = FromState([4]uint64{(u.reject - 1) * inverse(u.power), 0, 12345, 0})
	u.Weave(make([]uint32, 8*whole*len(g)), 8*whole, g)
	if calls != 7 { // of 96, 48, 24 and 12 indices, and of the halves left of them
		t.Errorf("kernels are called %d times, want 7", calls)
	}
}

// Kernels of any width, and none, draw what streams draw alone.
func TestKernelsOfAnyWidthDrawTheSame(t *testing.T) {
	eachKernel(t, TestFillEachIsFillOfEachStream)
	eachKernel(t, TestWeaveIsFillOfEachStream)
	eachKernel(t, TestWeaveIsFillAtBounds)
	eachKernel(t, TestStreamsThrowAwayTheSameWords)
	eachKernel(t, TestShuffleEachIsShuffleOfEach)
}
