package random

import (
	"fmt"
	"math/bits"
)

// This file takes k indices below n from one word x of 64 bits. The product x n has the
// index ⌊xn/2⁶⁴⌋ in its upper half, and in its lower half the word for the next index.
// After k of them what is left is x nᵏ mod 2⁶⁴. All nᵏ tuples are equally likely once the
// words where that is below 2⁶⁴ mod nᵏ are thrown away, for then every tuple has
// ⌊2⁶⁴/nᵏ⌋ words.
//
// Lemire, ACM Trans. Model. Comput. Simul. 29 (2019) 3. Brackett-Rozinsky and Lemire,
// Batched ranged random integer generation (2024).

// MaxIndices is the largest n of a [Uniform], [Subset] or [Shuffle].
const MaxIndices = 1 << 31

// A Uniform draws independent indices 0 … n−1, all exactly equally likely.
type Uniform struct {
	n       uint64
	perWord int    // k
	power   uint64 // nᵏ ≤ 2⁵⁴ where k > 1: less than 0.1 % of words are thrown away
	reject  uint64 // 2⁶⁴ mod nᵏ
}

// NewUniform returns what draws indices 0 … n−1, 1 ≤ n ≤ MaxIndices.
func NewUniform(n int) Uniform {
	checkIndices("NewUniform", n)
	u := Uniform{n: uint64(n), perWord: 1, power: uint64(n)}
	for u.perWord < 4 && u.power <= 1<<54/u.n {
		u.power *= u.n
		u.perWord++
	}
	u.reject = -u.power % u.power
	return u
}

func checkIndices(caller string, n int) {
	if n < 1 || n > MaxIndices {
		panic(fmt.Sprintf("random: %s: %d indices", caller, n))
	}
}

// PerWord returns how many indices [Uniform.Fill] takes from one word: 4 up to
// n = 11585, then 3 up to 262144, 2 up to 2²⁷, and 1.
func (u Uniform) PerWord() int { return u.perWord }

// Fill fills dst with indices and returns the stream after them. If len(dst) is no
// multiple of PerWord, the rest of the last word is not used.
func (u Uniform) Fill(dst []uint32, g Stream) Stream {
	if u.perWord == 4 {
		return u.fill4(dst, g)
	}
	var x uint64
	for len(dst) > 0 {
		x, g = g.Next()
		if x*u.power < u.reject {
			continue
		}
		k := min(u.perWord, len(dst))
		for i := range dst[:k] {
			var hi uint64
			hi, x = bits.Mul64(x, u.n)
			dst[i] = uint32(hi)
		}
		dst = dst[k:]
	}
	return g
}

func (u Uniform) fill4(dst []uint32, g Stream) Stream {
	n, reject := u.n, u.reject
	var x uint64
	for len(dst) >= 4 {
		x, g = g.Next()
		i0, x := bits.Mul64(x, n)
		i1, x := bits.Mul64(x, n)
		i2, x := bits.Mul64(x, n)
		i3, x := bits.Mul64(x, n)
		four := (*[4]uint32)(dst)
		four[0], four[1], four[2], four[3] = uint32(i0), uint32(i1), uint32(i2), uint32(i3)
		if x >= reject { // else the next word's take their place
			dst = dst[4:]
		}
	}
	if len(dst) > 0 {
		var last [4]uint32
		g = u.fill4(last[:], g)
		copy(dst, last[:])
	}
	return g
}

// Words fills dst with the words that [Uniform.Fill] would take PerWord indices from,
// i, x = bits.Mul64(x, n) one after the other.
func (u Uniform) Words(dst []uint64, g Stream) Stream {
	power, reject := u.power, u.reject
	for i := 0; i < len(dst); {
		var x uint64
		x, g = g.Next()
		if x*power >= reject {
			dst[i] = x
			i++
		}
	}
	return g
}
