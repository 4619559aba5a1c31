package random

//go:generate go run -modfile=../../go.tool.mod ../asm/draws.go ../asm/words.go ../asm/store.go ../asm/lanes.go -out lanes_amd64.s -stubs lanes_stubs_amd64.go -pkg random

// lanes is how many streams go on at once, in one kernel or in several.
const lanes = 8

// whole is a number of indices that makes whole words, and whole stores of kernels, however many a word has.
const whole = 12

// haveKernels says whether there are any for so many indices of each stream.
func (u Uniform) haveKernels(each int) bool {
	return inKernel > 0 && each > 0 && each%whole == 0 && u.perWord > 1
}

// FillEach fills dst for each stream in turn, each indices after those before, with what
// [Uniform.Fill] draws, and moves the streams on. len(dst) = each·len(g).
//
// Where there are kernels for the processor, eight streams go on together. Where a word may have to be thrown away, they
// start again in halves, as long as these are whole, and then one by one.
func (u Uniform) FillEach(dst []uint32, each int, g []Stream) {
	for len(g) > 0 {
		n := min(lanes, len(g))
		u.fillRows(dst[:n*each], each, each, g[:n])
		dst, g = dst[n*each:], g[n:]
	}
}

// fillRows does so for rows that begin so many indices after each other, of which each are filled.
func (u Uniform) fillRows(dst []uint32, row, each int, g []Stream) {
	if len(g) == lanes && u.haveKernels(each) {
		if u.fillLanes(dst, row, each, (*[lanes]Stream)(g)) {
			return
		}
		if half := each / 2; half%whole == 0 {
			u.fillRows(dst, row, half, g)
			u.fillRows(dst[half:], row, half, g)
			return
		}
	}
	for w := range g {
		g[w] = u.Fill(dst[w*row:][:each], g[w])
	}
}

// Weave fills dst with what [Uniform.Fill] draws from each stream, by turns: dst[k·len(g) + w] is index k of stream
// w. It moves the streams on. len(dst) = each·len(g).
//
// Where there are kernels for the processor, they take as many streams as it has lanes, and start again as those of
// [Uniform.FillEach].
func (u Uniform) Weave(dst []uint32, each int, g []Stream) {
	dst = dst[:each*len(g)]
	if len(g) == inKernel && u.haveKernels(each) {
		if u.weaveLanes(dst, each, g) {
			return
		}
		if half := each / 2; half%whole == 0 {
			u.Weave(dst[:half*len(g)], half, g)
			u.Weave(dst[half*len(g):], half, g)
			return
		}
	}
	var piece [whole]uint32
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
