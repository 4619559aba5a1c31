package random

import (
	"slices"
	"testing"
)

// Streams that go on together draw what each draws alone, whatever their number, whether or
// not a word takes up a chunk, and where words are thrown away: at 11585 about one in 1500,
// so that some of the blocks start again and others do not.
func TestFillEachIsFillOfEachStream(t *testing.T) {
	for _, n := range []int{1, 2, 6, 1000, 11585, 11586, 262144, 262145, 1 << 27, 1<<27 + 1, MaxIndices} {
		for _, count := range []int{1, 7, 8, 9, 19, 32} {
			for _, each := range []int{1, 5, 12, 24, 72, 24 * 8} {
				u := NewUniform(n)
				together, alone := make([]Stream, count), make([]Stream, count)
				for w := range together {
					together[w] = New(3, uint64(w))
					alone[w] = together[w]
				}
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
			for _, each := range []int{1, 5, 12, 24, 72, 24 * 8} {
				u := NewUniform(n)
				together, alone := make([]Stream, count), make([]Stream, count)
				for w := range together {
					together[w] = New(3, uint64(w))
					alone[w] = together[w]
				}
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

// So do shuffles, of slices with and without a piece for lanes.
func TestShuffleEachIsShuffleOfEach(t *testing.T) {
	for _, n := range []int{1, 2, 3, 63, 64, 65, 66, 129, 1000} {
		for _, count := range []int{1, 8, 19} {
			together, alone := make([]Stream, count), make([]Stream, count)
			got, want := make([][]uint32, count), make([][]uint32, count)
			for w := range together {
				together[w] = New(4, uint64(w))
				alone[w] = together[w]
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
