package random

import "github.com/ness-fp/ness/grid/pieces"

// inKernel is how many streams a kernel takes forward, by what the processor has: 0 where there are none.
var inKernel = pieces.Lanes()

// fillLanes is FillEach for as many streams as there are lanes. It is false, and leaves the
// streams where they were, if there is no kernel for this or a word had to be thrown away.
func (u Uniform) fillLanes(dst []uint32, each int, g *[lanes]Stream) bool {
	if inKernel == 0 || each == 0 || each%12 != 0 || u.perWord == 1 {
		return false
	}
	before := *g
	for first := 0; first < lanes; first += inKernel {
		if !u.fillKernel(&dst[first*each], each, &g[first]) {
			*g = before
			return false
		}
	}
	return true
}

// fillKernel fills those of the streams of one kernel.
func (u Uniform) fillKernel(dst *uint32, each int, s *Stream) bool {
	words := each / u.perWord
	switch 10*u.perWord + inKernel {
	case 28:
		return fill2By8(dst, 4*each, words, s, u.n, u.reject)
	case 38:
		return fill3By8(dst, 4*each, words, s, u.n, u.reject)
	case 48:
		return fill4By8(dst, 4*each, words, s, u.n, u.reject)
	case 24:
		return fill2By4(dst, 4*each, words, s, u.n, u.reject)
	case 34:
		return fill3By4(dst, 4*each, words, s, u.n, u.reject)
	}
	return fill4By4(dst, 4*each, words, s, u.n, u.reject)
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
			for k, j := range &at[w] {
				j += uint32(k)
				from[k], from[j] = from[j], from[k]
			}
		}
	}
	return i
}

// descendLanes draws indices below m, m − 1, and so on. It is false, with the streams where they were,
// if what is left of a word may be below reject.
func descendLanes(at *[lanes][piece]uint32, g *[lanes]Stream, m, reject uint64) bool {
	if inKernel == 8 {
		return descendBy8(&at[0][0], 4*piece, piece/2, &g[0], m, reject)
	}
	before := *g
	if descendBy4(&at[0][0], 4*piece, piece/2, &g[0], m, reject) &&
		descendBy4(&at[4][0], 4*piece, piece/2, &g[4], m, reject) {
		return true
	}
	*g = before
	return false
}
