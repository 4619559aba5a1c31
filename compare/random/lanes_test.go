package random

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"
)

// newStreams returns those of so many walkers.
func newStreams(seed uint64, count int) []Stream {
	g := make([]Stream, count)
	for w := range g {
		g[w] = New(seed, uint64(w))
	}
	return g
}

// Streams that go on together draw what each draws alone, whatever their number, and whether or
// not a word takes up a chunk.
func TestFillEachIsFillOfEachStream(t *testing.T) {
	for _, n := range []int{1, 2, 6, 1000, 11585, 11586, 262144, 262145, 1 << 27, 1<<27 + 1, MaxIndices} {
		for _, count := range []int{1, 7, 8, 9, 19, 32} {
			for _, each := range []int{1, 4, 5, 6, 8, 12, 16, 18, 24, 36, 72, 24 * 8} {
				u := NewUniform(n)
				together, alone := newStreams(3, count), newStreams(3, count)
				got, want := make([]uint32, count*each), make([]uint32, count*each)
				for range 3 {
					u.FillEach(got, each, together)
					for w := range alone {
						alone[w] = u.Fill(want[w*each:][:each], alone[w])
					}
					if !slices.Equal(got, want) || !slices.Equal(together, alone) {
						t.Fatalf("n=%d, %d streams, %d each: together and alone differ", n, count, each)
					}
				}
			}
		}
	}
}

// Woven indices are those of each stream alone, where it draws whole words.
func TestWeaveIsFillOfEachStream(t *testing.T) {
	for _, n := range []int{1, 2, 6, 1000, 11585, 11586, 262144, 262145, 1 << 27, 1<<27 + 1, MaxIndices} {
		for _, count := range []int{1, 2, 4, 8, 9} {
			for _, each := range []int{1, 4, 5, 6, 8, 12, 16, 18, 24, 36, 72, 24 * 8} {
				u := NewUniform(n)
				together, alone := newStreams(3, count), newStreams(3, count)
				got, want := make([]uint32, count*each), make([]uint32, each)
				for range 3 {
					u.Weave(got, each, together)
					for w := range alone {
						alone[w] = u.Fill(want, alone[w])
						for k, index := range want {
							if got[k*count+w] != index {
								t.Fatalf("n=%d, %d streams, %d each: index %d of stream %d is %d, alone %d", n, count, each, k, w, got[k*count+w], index)
							}
						}
					}
					if !slices.Equal(together, alone) {
						t.Fatalf("n=%d, %d streams, %d each: streams are elsewhere", n, count, each)
					}
				}
			}
		}
	}
}

// So they do where words are thrown away, which these n do most often of those that take 4, 3 and 2 indices from a
// word: about one in 1500 to 2500, in some blocks and not in others.
func TestStreamsThrowAwayTheSameWords(t *testing.T) {
	for _, each := range []int{36, 60, 24 * 8} { // halves are not always whole
		streamsThrowAwayTheSame(t, each)
	}
}

func streamsThrowAwayTheSame(t *testing.T, each int) {
	const count, blocks = 8, 100
	for _, n := range []int{11500, 261000, 134000001} {
		u := NewUniform(n)
		if often := float64(u.reject) / (1 << 64); often < 1e-4 {
			t.Fatalf("n=%d: only %.2g of words are thrown away", n, often)
		}
		for width := 1; width <= count; width *= 2 {
			seed := uint64(n)
			woven, filled, alone := newStreams(seed, width), newStreams(seed, width), newStreams(seed, width)
			a, b, want := make([]uint32, width*each), make([]uint32, width*each), make([]uint32, each)
			for block := range blocks {
				u.Weave(a, each, woven)
				u.FillEach(b, each, filled)
				for w := range alone {
					alone[w] = u.Fill(want, alone[w])
					for k, index := range want {
						if a[k*width+w] != index || b[w*each+k] != index {
							t.Fatalf("n=%d, %d streams, block %d: index %d of stream %d is %d and %d, alone %d", n, width, block, k, w, a[k*width+w], b[w*each+k], index)
						}
					}
				}
				if !slices.Equal(woven, alone) || !slices.Equal(filled, alone) {
					t.Fatalf("n=%d, %d streams, block %d: streams are elsewhere", n, width, block)
				}
			}
		}
	}
}

// So they do with a word just above where a pair of indices begins, which upper bits of the word alone take for the pair
// before, and with words that are just thrown away or just kept.
func TestWeaveIsFillAtBounds(t *testing.T) {
	for _, n := range []uint64{3, 999, 1000, 11583, 11587, 100001, 262143} {
		u := NewUniform(int(n))
		rest := n // nᵏ⁻²
		if u.perWord == 4 {
			rest = n * n
		}
		for try := range uint64(300) {
			among := uint64(try)*0x9e3779b97f4a7c15 | 1
			words := []uint64{firstOf(among, n*n) + among>>52}
			if n%2 > 0 { // else what is left does not say of which word
				words = append(words,
					(firstOf(among, rest)+among>>52)*inverse(n*n),
					(u.reject-try)*inverse(u.power), (u.reject+try)*inverse(u.power), among>>30%u.power*inverse(u.power),
					u.reject>>12<<12*inverse(u.power)) // of which lower bits are 0
			}
			for i, x := range words {
				for width := 2; width <= 8; width *= 2 {
					if why := weaveAlone(u, x, among, int(try)%width, width); why != "" {
						t.Fatalf("n=%d, word %d of try %d, %#x, %d streams: %s", n, i, try, x, width, why)
					}
				}
			}
		}
	}
}

// weaveAlone weaves some indices of streams, of which one begins with a word, and says what is other than alone.
func weaveAlone(u Uniform, word, seed uint64, stream, width int) string {
	const each = 12
	together := newStreams(seed, width)
	together[stream] = FromState([4]uint64{word, 0, seed, 0})
	alone := slices.Clone(together)
	got, want := make([]uint32, each*width), make([]uint32, each)
	u.Weave(got, each, together)
	for w := range alone {
		alone[w] = u.Fill(want, alone[w])
		for k, index := range want {
			if got[k*width+w] != index {
				return fmt.Sprintf("index %d of stream %d is %d, alone %d", k, w, got[k*width+w], index)
			}
		}
	}
	if !slices.Equal(together, alone) {
		return "streams are elsewhere"
	}
	return ""
}

// firstOf returns the first word x where ⌊x m/2⁶⁴⌋ is what it is for a word.
func firstOf(word, m uint64) uint64 {
	q, _ := bits.Mul64(word, m)
	x, left := bits.Div64(q, 0, m)
	if left > 0 {
		x++
	}
	return x
}

// inverse returns 1/m mod 2⁶⁴ of an odd number, by Newton's iteration.
func inverse(m uint64) uint64 {
	x := m // right in 3 bits
	for range 5 {
		x *= 2 - m*x
	}
	return x
}

// So do shuffles, of slices with and without a piece for lanes, also where the first word of a stream is 0, which is
// thrown away but for powers of two.
func TestShuffleEachIsShuffleOfEach(t *testing.T) {
	for _, n := range []int{1, 2, 3, 63, 64, 65, 66, 129, 1000} {
		for _, count := range []int{1, 8, 19} {
			together := newStreams(4, count)
			if count > 3 {
				together[3] = FromState([4]uint64{0, 0, 12345, 0})
			}
			alone := slices.Clone(together)
			got, want := make([][]uint32, count), make([][]uint32, count)
			for w := range got {
				got[w], want[w] = Identity(n), Identity(n)
			}
			for range 2 {
				ShuffleEach(got, together)
				for w := range alone {
					alone[w] = Shuffle(want[w], n, alone[w])
					if !slices.Equal(got[w], want[w]) || together[w] != alone[w] {
						t.Fatalf("n=%d, stream %d of %d: together and alone differ", n, w, count)
					}
				}
			}
		}
	}
}
