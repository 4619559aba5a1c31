package random

import "math/bits"

// A Stream is the generator sfc64: 256 bits of state, one of which counts, so that its
// period is at least 2⁶⁴ and streams do not overlap in practice.
//
// Doty-Humphrey, PractRand (2014).
type Stream struct{ a, b, c, n uint64 }

// New returns the stream of a walker.
func New(seed, walker uint64) Stream {
	a, b := mix(seed), mix(walker+0xd1b54a32d192ed03)
	g := Stream{a, b, mix(a + bits.RotateLeft64(b, 32)), 1}
	for range 12 { // until every bit depends on all
		_, g = g.Next()
	}
	return g
}

// Derive returns the seed of the k-th of several ensembles: the first word of stream k, a hash, so that
// also ensembles of neighbouring seeds are independent of one another.
func Derive(seed, k uint64) uint64 {
	word, _ := New(seed, k).Next()
	return word
}

// mix is the finaliser of splitmix64, a bijection that spreads its input's bits.
//
// Steele, Lea, Flood, OOPSLA 2014.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Next returns a word of 64 random bits and the stream after it.
func (g Stream) Next() (uint64, Stream) {
	x := g.a + g.b + g.n
	return x, Stream{g.b ^ g.b>>11, g.c + g.c<<3, bits.RotateLeft64(g.c, 24) + x, g.n + 1}
}

// State returns the four words that [FromState] makes the same stream of.
func (g Stream) State() [4]uint64 { return [4]uint64{g.a, g.b, g.c, g.n} }

// FromState returns the stream with that state.
func FromState(s [4]uint64) Stream { return Stream{s[0], s[1], s[2], s[3]} }
