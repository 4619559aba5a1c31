//go:build !purego

package random

import (
	"golang.org/x/sys/cpu"

	"github.com/ness-fp/ness/grid/pieces"
)

// inKernel is how many streams a kernel takes forward, by what the processor has; tests do without kernels, by 0.
var inKernel = pieces.Lanes()

// has52 says whether the processor has products of 52 bits (IFMA), and of 64 (DQ), beside AVX-512F.
var has52 = cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512IFMA

// Kernels by how many streams they take at once, and how many indices from a word.
var (
	fills = map[int][5]func(dst *uint32, stride, words int, s *Stream, n, reject uint64) bool{
		8: {2: fill2By8, 3: fill3By8, 4: fill4By8},
		4: {2: fill2By4, 3: fill3By4, 4: fill4By4},
		2: {2: fill2By2, 3: fill3By2, 4: fill4By2},
	}
	weaves = map[int][5]func(dst *uint32, words int, s *Stream, n, reject uint64) bool{
		8: {2: weave2By8, 3: weave3By8, 4: weave4By8},
		4: {2: weave2By4, 3: weave3By4, 4: weave4By4},
		2: {2: weave2By2, 3: weave3By2, 4: weave4By2},
	}
	weavesOf52 = [5]func(dst *uint32, words int, s *Stream, n, reject uint64) bool{
		2: weave2By8, 3: weave3Of52By8, 4: weave4Of52By8,
	}
)

// fillLanes is fillRows by kernels. It is false, and leaves the streams where they were, if one of their words may have
// to be thrown away.
func (u Uniform) fillLanes(dst []uint32, row, each int, g *[lanes]Stream) bool {
	dst = dst[:(lanes-1)*row+each]
	fill, before := fills[inKernel][u.perWord], *g
	for first := 0; first < lanes; first += inKernel {
		if !fill(&dst[first*row], 4*row, each/u.perWord, &g[first], u.n, u.reject) {
			*g = before
			return false
		}
	}
	return true
}

// weaveLanes is Weave by a kernel. It is false, and leaves the streams where they were, if one of their words may have
// to be thrown away, or lower bits of one count that the kernel leaves out.
func (u Uniform) weaveLanes(dst []uint32, each int, g []Stream) bool {
	kernels := weaves[inKernel]
	if inKernel == 8 && has52 {
		kernels = weavesOf52
	}
	return kernels[u.perWord](&dst[0], each/u.perWord, &g[0], u.n, u.reject)
}

// piece is how many positions are shuffled at a time.
const piece = 64

// shuffleLanes begins to shuffle and returns how many positions are done, in pieces that
// are small enough to stay in the cache. It ends where the words left at some position may
// have one to be thrown away: in a piece that has a remainder below the number of pairs,
// which is above that of all words to be thrown away.
func shuffleLanes(s *[lanes][]uint32, g *[lanes]Stream) int {
	if inKernel == 0 {
		return 0
	}
	var at [lanes][piece]uint32
	n, i := len(s[0]), 0
	for ; i+piece < n; i += piece {
		m := uint64(n - i)
		if !descendLanes(&at, g, m, m*(m-1)) {
			break
		}
		for w := range s {
			from := s[w][i:n]
			first := (*[piece]uint32)(from)
			for k, j := range &at[w] {
				j += uint32(k)
				first[k], from[j] = from[j], first[k]
			}
		}
	}
	return i
}

// descendLanes draws indices below m, m − 1, and so on. It is false, with the streams where they were,
// if what is left of a word may be below reject.
func descendLanes(at *[lanes][piece]uint32, g *[lanes]Stream, m, reject uint64) bool {
	before := *g
	for first := 0; first < lanes; first += inKernel {
		if !descendKernel(&at[first][0], &g[first], m, reject) {
			*g = before
			return false
		}
	}
	return true
}

// descendKernel does so for the streams of one kernel. It is called by its name, for at would be moved to the heap.
func descendKernel(at *uint32, s *Stream, m, reject uint64) bool {
	switch inKernel {
	case 8:
		return descendBy8(at, 4*piece, piece/2, s, m, reject)
	case 4:
		return descendBy4(at, 4*piece, piece/2, s, m, reject)
	}
	return descendBy2(at, 4*piece, piece/2, s, m, reject)
}
