package random

import "golang.org/x/sys/cpu"

// hasLanes says whether the processor has what the kernels need.
var hasLanes = cpu.X86.HasAVX512F

// fillLanes is FillEach for as many streams as there are lanes. It is false, and leaves the
// streams where they were, if there is no kernel for this or a word had to be thrown away.
func (u Uniform) fillLanes(dst []uint32, each int, g *[lanes]Stream) bool {
	if !hasLanes || each == 0 || each%12 != 0 || u.perWord == 1 {
		return false
	}
	s := transposed(g)
	var ok bool
	switch words := each / u.perWord; u.perWord {
	case 2:
		ok = fill2(&dst[0], 4*each, words, &s, u.n, u.reject)
	case 3:
		ok = fill3(&dst[0], 4*each, words, &s, u.n, u.reject)
	case 4:
		ok = fill4(&dst[0], 4*each, words, &s, u.n, u.reject)
	}
	if !ok {
		return false
	}
	setFrom(g, &s)
	return true
}

// transposed returns the states of streams, word by word.
func transposed(g *[lanes]Stream) (s [4][lanes]uint64) {
	for w := range g {
		s[0][w], s[1][w], s[2][w], s[3][w] = g[w].a, g[w].b, g[w].c, g[w].n
	}
	return s
}

func setFrom(g *[lanes]Stream, s *[4][lanes]uint64) {
	for w := range g {
		g[w] = Stream{s[0][w], s[1][w], s[2][w], s[3][w]}
	}
}

// shuffleLanes begins to shuffle and returns how many positions are done, in pieces that
// are small enough to stay in the cache. It ends where the words left at some position may
// have one to be thrown away: in a piece that has a remainder below the number of pairs,
// which is above that of all words to be thrown away.
func shuffleLanes(s *[lanes][]uint32, g *[lanes]Stream) int {
	const piece = 64
	if !hasLanes {
		return 0
	}
	var at [lanes][piece]uint32
	states := transposed(g)
	n, i := len(s[0]), 0
	for ; i+piece < n; i += piece {
		m := uint64(n - i)
		if !descend(&at[0][0], 4*piece, piece/2, &states, m, m*(m-1)) {
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
	setFrom(g, &states)
	return i
}
