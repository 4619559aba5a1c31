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
	var s [4][lanes]uint64
	for w := range g {
		s[0][w], s[1][w], s[2][w], s[3][w] = g[w].a, g[w].b, g[w].c, g[w].n
	}
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
	for w := range g {
		g[w] = Stream{s[0][w], s[1][w], s[2][w], s[3][w]}
	}
	return true
}
