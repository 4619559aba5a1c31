package random

//go:generate go run -modfile=../../go.tool.mod ../asm/draws.go ../asm/words.go ../asm/store.go ../asm/lanes.go -out lanes_amd64.s -stubs lanes_stubs_amd64.go -pkg random

// lanes is how many streams go on at once, in one kernel or in several.
const lanes = 8

// FillEach fills dst for each stream in turn, each indices after those before, with what
// [Uniform.Fill] draws, and moves the streams on. len(dst) = each·len(g).
//
// Where there are kernels for the processor, eight streams go on together, as long as no
// word has to be thrown away; if one has, those eight start again one by one.
func (u Uniform) FillEach(dst []uint32, each int, g []Stream) {
	for len(g) > 0 {
		n := min(lanes, len(g))
		if n < lanes || !u.fillLanes(dst[:lanes*each], each, (*[lanes]Stream)(g)) {
			for w := range n {
				g[w] = u.Fill(dst[w*each:][:each], g[w])
			}
		}
		dst, g = dst[n*each:], g[n:]
	}
}

// Weave fills dst with what [Uniform.Fill] draws from each stream, by turns: dst[k·len(g) + w] is index k of stream
// w. It moves the streams on. len(dst) = each·len(g).
//
// Where there are kernels for the processor, they take as many streams as it has lanes.
func (u Uniform) Weave(dst []uint32, each int, g []Stream) {
	dst = dst[:each*len(g)]
	if u.weaveLanes(dst, each, g) {
		return
	}
	var piece [12]uint32 // of whole words, however many indices they have
	for w := range g {
		for k := 0; k < each; k += len(piece) {
			part := piece[:min(len(piece), each-k)]
			g[w] = u.Fill(part, g[w])
			for i, index := range part {
				dst[(k+i)*len(g)+w] = index
			}
		}
	}
}

// ShuffleEach does to each of several slices of one length, and its stream, what [Shuffle]
// does for the whole length, eight at once where there are kernels for that.
func ShuffleEach(s [][]uint32, g []Stream) {
	for len(g) > 0 {
		n, done := min(lanes, len(g)), 0
		if n == lanes {
			done = shuffleLanes((*[lanes][]uint32)(s), (*[lanes]Stream)(g))
		}
		for w := range n {
			checkIndices("ShuffleEach", len(s[w]))
			g[w] = shuffle(s[w], done, len(s[w]), g[w])
		}
		s, g = s[n:], g[n:]
	}
}
