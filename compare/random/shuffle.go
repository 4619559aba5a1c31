package random

import "math/bits"

// This file draws without replacement, by the swaps of Fisher and Yates: position i takes
// what stands at a uniform position i … n−1. Two positions come from one word, as in
// [Uniform], out of the m(m−1) pairs for m = n − i.

// A Subset draws distinct indices below n, every ordered choice equally likely.
type Subset struct {
	identity []uint32 // 0 … n−1 between draws, so that they do not depend on each other
	moved    []uint32
}

// NewSubset returns what draws distinct indices 0 … n−1, 1 ≤ n ≤ MaxIndices.
func NewSubset(n int) *Subset {
	checkIndices("NewSubset", n)
	return &Subset{identity: Identity(n)}
}

// Identity returns 0 … n−1.
func Identity(n int) []uint32 {
	s := make([]uint32, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

// Fill fills dst with distinct indices and returns the stream after them. len(dst) ≤ n.
func (s *Subset) Fill(dst []uint32, g Stream) Stream {
	if len(s.moved) < len(dst) {
		s.moved = make([]uint32, len(dst))
	}
	from, moved := s.identity, s.moved[:len(dst)]
	var x uint64
	i := 0
	for i+2 <= len(dst) {
		m := uint64(len(from) - i)
		x, g = g.Next()
		j, x := bits.Mul64(x, m)
		k, rest := bits.Mul64(x, m-1)
		if pairs := m * (m - 1); rest < pairs && rest < -pairs%pairs {
			continue
		}
		j, k = j+uint64(i), k+uint64(i+1)
		dst[i], moved[i] = from[j], uint32(j)
		from[j] = from[i]
		dst[i+1], moved[i+1] = from[k], uint32(k)
		from[k] = from[i+1]
		i += 2
	}
	if i < len(dst) {
		var j uint64
		j, g = below(uint64(len(from)-i), g)
		j += uint64(i)
		dst[i], moved[i] = from[j], uint32(j)
		from[j] = from[i]
	}
	for _, j := range moved {
		from[j] = j
	}
	return g
}

// Shuffle permutes s such that every ordered choice of its elements is equally likely to
// come first in s[:count], and returns the stream after it.
func Shuffle(s []uint32, count int, g Stream) Stream {
	checkIndices("Shuffle", len(s))
	return shuffle(s, 0, count, g)
}

// shuffle is Shuffle from position i on.
func shuffle(s []uint32, i, count int, g Stream) Stream {
	count = min(count, len(s)-1)
	var x uint64
	for i+2 <= count {
		m := uint64(len(s) - i)
		x, g = g.Next()
		j, x := bits.Mul64(x, m)
		k, rest := bits.Mul64(x, m-1)
		if pairs := m * (m - 1); rest < pairs && rest < -pairs%pairs {
			continue
		}
		j, k = j+uint64(i), k+uint64(i+1)
		s[i], s[j] = s[j], s[i]
		s[i+1], s[k] = s[k], s[i+1]
		i += 2
	}
	if i < count {
		var j uint64
		j, g = below(uint64(len(s)-i), g)
		j += uint64(i)
		s[i], s[j] = s[j], s[i]
	}
	return g
}

// below returns a uniform number below n > 0.
func below(n uint64, g Stream) (uint64, Stream) {
	for {
		var x uint64
		x, g = g.Next()
		hi, rest := bits.Mul64(x, n)
		if rest >= n || rest >= -n%n {
			return hi, g
		}
	}
}
