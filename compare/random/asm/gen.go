//go:build ignore

// This program writes lanes_amd64.s and its stubs: uniform indices from eight streams at
// once with AVX-512, from four with AVX2, and from two with AVX, a stream in each lane. See lanes.go for what
// they do.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/compare/random")
	ConstraintExpr("amd64")
	upperHalves = places()
	for _, l := range []lanes{{8, "AVX-512F"}, {4, "AVX2"}, {2, "AVX"}} {
		for k := 2; k <= 4; k++ {
			l.fill(fmt.Sprint("fill", k), k, "below n", nil, false)
			l.fill(fmt.Sprint("weave", k), k, "below n", nil, true)
		}
		l.fill("descend", 2, "below n, below n − 1, and so on,", func(n, one VecVirtual) { VPSUBQ(one, n, n) }, false)
	}
	Generate()
}

// lanes is how many streams go at once, and what that needs.
type lanes struct {
	count int
	needs string
}

// vector returns a new register with all lanes.
func (l lanes) vector() VecVirtual {
	switch l.count {
	case 8:
		return ZMM()
	case 4:
		return YMM()
	}
	return XMM()
}

// broadcast returns a word in all lanes.
func (l lanes) broadcast(word Op) VecVirtual {
	r, v := GP64(), l.vector()
	MOVQ(word, r)
	switch l.count {
	case 8:
		VPBROADCASTQ(r, v)
	case 4:
		VMOVQ(r, v.AsX())
		VPBROADCASTQ(v.AsX(), v)
	default:
		VMOVQ(r, v)
		VMOVDDUP(v, v)
	}
	return v
}

// fill writes a kernel that takes k indices from a word; after changes n after each. Indices of a stream
// follow each other, or woven ones of all streams.
func (l lanes) fill(name string, k int, what string, after func(n, one VecVirtual), woven bool) {
	chunk := 4 // indices of a stream that are stored at once
	parameter, where := "stride, ", "those of the next stream so many bytes further on"
	if woven {
		chunk, parameter, where = 2, "", "the next of each stream behind one of all"
	}
	words := 1
	for k*words%chunk != 0 {
		words++
	}
	name = fmt.Sprintf("%sBy%d", name, l.count)
	TEXT(name, NOSPLIT, "func(dst *uint32, "+parameter+"words int, streams *Stream, n, reject uint64) (ok bool)")
	Pragma("noescape")
	Doc(
		fmt.Sprintf("%s takes %d indices %s from each of so many words of %d streams, a multiple of %d, and", name, k, what, l.count, words),
		"stores "+where+". It is false, and leaves the",
		"streams where they were, if what was left of a word may be below reject, as the upper halves say.",
		fmt.Sprintf("It needs %s.", l.needs))
	dst := Load(Param("dst"), GP64())
	var store func(found []VecVirtual)
	if woven {
		store = l.weave(dst)
	} else {
		store = l.append(dst, Load(Param("stride"), GP64()))
	}
	count := Load(Param("words"), GP64())
	from := Load(Param("streams"), GP64())
	n := l.broadcast(Load(Param("n"), GP64()))
	g := l.loadStreams(from)
	least := l.broadcast(U64(1<<64 - 1)) // upper halves of what was left, in the lower halves of lanes

	Label("loop")
	var found []VecVirtual // with the index in the upper half of each lane
	for range words {
		x := l.halves(g.next())
		for range k {
			found = append(found, x.below(n))
			if after != nil {
				after(n, g.one)
			}
		}
		VPMINUD(x.hi, least, least)
		for len(found) >= chunk {
			store(found[:chunk])
			found = found[chunk:]
		}
	}
	SUBQ(Imm(uint64(words)), count)
	JNE(LabelRef("loop"))

	l.setIfAllAtLeast(least, Load(Param("reject"), GP64()))
	JNE(LabelRef("thrown"))
	g.store(from)
	Label("thrown")
	ok, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	SETEQ(ok.Addr)
	VZEROUPPER()
	RET()
}

// setIfAllAtLeast sets the flag for equality if the lower halves of x are all at least the upper half of bound,
// rounded up. It changes x.
func (l lanes) setIfAllAtLeast(x VecVirtual, bound Register) {
	mask, most := GP32(), GP64()
	MOVL(U32(1<<32-1), mask)
	LEAQ(Mem{Base: bound, Index: mask.As64(), Scale: 1}, most)
	limit := l.broadcast(most)
	VPSRLQ(Imm(32), limit, limit)
	if l.count == 8 {
		upper := YMM()
		VEXTRACTI64X4(Imm(1), x, upper)
		VPMINUD(upper, x.AsY(), x.AsY())
	}
	least, bounds := x.AsY(), limit.AsY()
	if l.count == 2 {
		least, bounds = x.AsX(), limit.AsX()
	}
	VPMINUD(bounds, least, least)
	VPCMPEQD(bounds, least, least)
	VMOVMSKPS(least, mask)
	lower := U32(0x55 & (1<<(2*l.count) - 1))
	ANDL(lower, mask)
	CMPL(mask, lower)
}

// streams are as many as there are lanes.
type streams struct {
	lanes
	a, b, c, n, one VecVirtual
}

// streamSize is the size of the state of a stream, four words.
const streamSize = 32

func (l lanes) loadStreams(from Register) *streams {
	half := []VecVirtual{l.vector(), l.vector(), l.vector(), l.vector()}
	if l.count == 8 {
		for i, w := range []int{0, 1, 4, 5} { // with w + 2, so that streams are in order at the end
			VMOVUPD(Mem{Base: from, Disp: streamSize * w}, half[i].AsY())
			VINSERTF64X4(Imm(1), Mem{Base: from, Disp: streamSize * (w + 2)}, half[i], half[i])
		}
	} else {
		for i := range half { // first and last words of streams i%2 and, if there are four, i%2 + 2
			at := Mem{Base: from, Disp: streamSize*(i%2) + streamSize/2*(i/2)}
			VMOVUPD(at, half[i].AsX())
			if l.count == 4 {
				VINSERTF128(Imm(1), at.Offset(2*streamSize), half[i], half[i])
			}
		}
	}
	first, last := l.unpacked(half[0], half[1]), l.unpacked(half[2], half[3])
	if l.count == 8 {
		low, high := quarters(even), quarters(odd)
		first, last = []VecVirtual{low(first[0], last[0]), low(first[1], last[1])}, []VecVirtual{high(first[0], last[0]), high(first[1], last[1])}
	}
	return &streams{l, first[0], first[1], last[0], last[1], l.broadcast(U64(1))}
}

// store is the way back.
func (g *streams) store(to Register) {
	first, last := g.unpacked(g.a, g.b), g.unpacked(g.c, g.n)
	for i, of := range [][]VecVirtual{first, last} {
		for w := range g.count {
			at, from := Mem{Base: to, Disp: streamSize*w + streamSize/2*i}, of[w%2]
			switch part := uint64(w / 2); {
			case part == 0:
				VMOVUPD(from.AsX(), at)
			case g.count == 8:
				VEXTRACTF32X4(Imm(part), from, at)
			default:
				VEXTRACTF128(Imm(part), from, at)
			}
		}
	}
}

// unpacked returns the even lanes of two registers by turns, and the odd ones.
func (l lanes) unpacked(a, b VecVirtual) []VecVirtual {
	z := []VecVirtual{l.vector(), l.vector()}
	VUNPCKLPD(b, a, z[0])
	VUNPCKHPD(b, a, z[1])
	return z
}

// quarters returns what takes two quarters of each of two registers.
func quarters(which uint64) func(a, b VecVirtual) VecVirtual {
	return func(a, b VecVirtual) VecVirtual {
		z := ZMM()
		VSHUFF64X2(Imm(which), b, a, z)
		return z
	}
}

// next is Stream.Next.
func (g *streams) next() VecVirtual {
	x, t := g.vector(), g.vector()
	VPADDQ(g.a, g.b, x)
	VPADDQ(g.n, x, x)
	VPADDQ(g.one, g.n, g.n)
	VPSRLQ(Imm(11), g.b, t)
	if g.count == 8 {
		VPXORQ(t, g.b, g.a)
	} else {
		VPXOR(t, g.b, g.a)
	}
	VPSLLQ(Imm(3), g.c, t)
	VPADDQ(t, g.c, g.b)
	g.rotate(g.c, 24)
	VPADDQ(x, g.c, g.c)
	return x
}

// rotate rotates each lane to the left.
func (l lanes) rotate(x VecVirtual, bits uint64) {
	if l.count == 8 {
		VPROLQ(Imm(bits), x, x)
		return
	}
	t := l.vector()
	VPSLLQ(Imm(bits), x, t)
	VPSRLQ(Imm(64-bits), x, x)
	VPOR(t, x, x)
}

// A fraction x has the halves of words in the lower halves of lanes; the upper ones are
// anything.
type fraction struct {
	lanes
	hi, lo VecVirtual
}

func (l lanes) halves(x VecVirtual) *fraction {
	hi := l.vector()
	VPSRLQ(Imm(32), x, hi)
	return &fraction{l, hi, x}
}

// below returns ⌊x n/2³²⌋, whose upper half is the index, and sets x to x n mod 2⁶⁴:
// n < 2³², so that two products of 32 bits do. The result is the new hi too.
func (x *fraction) below(n VecVirtual) VecVirtual {
	hi, lo, carry := x.vector(), x.vector(), x.vector()
	VPMULUDQ(n, x.lo, lo)
	VPMULUDQ(n, x.hi, hi)
	VPSRLQ(Imm(32), lo, carry)
	VPADDQ(carry, hi, hi)
	x.hi, x.lo = hi, lo
	return hi
}
