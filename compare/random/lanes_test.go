package random

import (
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
	const count, each, blocks = 8, 24 * 8, 100
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
