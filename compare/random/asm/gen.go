//go:build ignore

// This program writes lanes_amd64.s and its stubs: uniform indices from eight streams at
// once with AVX-512, a stream in each lane. See lanes.go for what they do.
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
	for k := 2; k <= 4; k++ {
		fill(fmt.Sprintf("fill%d", k), k, "below n", nil)
	}
	fill("descend", 2, "below n, below n − 1, and so on,", func(n, one VecVirtual) { VPSUBQ(one, n, n) })
	Generate()
}

// fill writes a kernel that takes k indices from a word; after changes n after each.
func fill(name string, k int, what string, after func(n, one VecVirtual)) {
	const chunk = 4 // indices of a stream that are stored at once
	words := 1
	for k*words%chunk != 0 {
		words++
	}
	TEXT(name, NOSPLIT, "func(dst *uint32, stride, words int, states *[4][8]uint64, n, reject uint64) (ok bool)")
	Pragma("noescape")
	Doc(
		fmt.Sprintf("%s takes %d indices %s from each of so many words of eight streams, a multiple of %d, and", name, k, what, words),
		"stores those of the next stream so many bytes further on. It is false, and leaves the streams",
		"where they were, if what was left of a word may be below reject, as the upper halves say.",
		"It needs AVX-512F.")
	dst := Load(Param("dst"), GP64())
	stride := Load(Param("stride"), GP64())
	count := Load(Param("words"), GP64())
	states := Load(Param("states"), GP64())
	n, reject := broadcast("n"), broadcast("reject")
	VPSRLQ(Imm(32), reject, reject)
	g := loadStream(states)
	rows, bases := eightRows(dst, stride)
	const all = 0x5555 // lower halves of lanes
	kept, mask := K(), GP32()
	MOVL(U32(all), mask)
	KMOVW(mask, kept)

	Label("loop")
	var found []VecVirtual // with the index in the upper half of each lane
	for range words {
		x := halves(g.next())
		for range k {
			found = append(found, x.below(n))
			if after != nil {
				after(n, g.one)
			}
		}
		VPCMPUD(Imm(6), reject, x.hi, kept, kept) // above
		for len(found) >= chunk {
			store(found[:chunk], rows)
			for _, b := range bases {
				ADDQ(Imm(4*chunk), b)
			}
			found = found[chunk:]
		}
	}
	SUBQ(Imm(uint64(words)), count)
	JNE(LabelRef("loop"))

	KMOVW(kept, mask)
	CMPL(mask, U32(all))
	JNE(LabelRef("thrown"))
	for i, v := range []VecVirtual{g.a, g.b, g.c, g.n} {
		VMOVDQU64(v, Mem{Base: states, Disp: 64 * i})
	}
	Label("thrown")
	ok, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	SETEQ(ok.Addr)
	VZEROUPPER()
	RET()
}

func broadcast(name string) VecVirtual {
	z := ZMM()
	VPBROADCASTQ(Load(Param(name), GP64()), z)
	return z
}

// A stream is eight of them.
type stream struct{ a, b, c, n, one VecVirtual }

func loadStream(states Register) stream {
	g := stream{ZMM(), ZMM(), ZMM(), ZMM(), ZMM()}
	for i, v := range []VecVirtual{g.a, g.b, g.c, g.n} {
		VMOVDQU64(Mem{Base: states, Disp: 64 * i}, v)
	}
	one := GP64()
	MOVQ(U32(1), one)
	VPBROADCASTQ(one, g.one)
	return g
}

// next is Stream.Next.
func (g stream) next() VecVirtual {
	x, t := ZMM(), ZMM()
	VPADDQ(g.a, g.b, x)
	VPADDQ(g.n, x, x)
	VPADDQ(g.one, g.n, g.n)
	VPSRLQ(Imm(11), g.b, t)
	VPXORQ(t, g.b, g.a)
	VPSLLQ(Imm(3), g.c, t)
	VPADDQ(t, g.c, g.b)
	VPROLQ(Imm(24), g.c, g.c)
	VPADDQ(x, g.c, g.c)
	return x
}

// A fraction x has the halves of words in the lower halves of lanes; the upper ones are
// anything.
type fraction struct{ hi, lo VecVirtual }

func halves(x VecVirtual) *fraction {
	hi := ZMM()
	VPSRLQ(Imm(32), x, hi)
	return &fraction{hi, x}
}

// below returns ⌊x n/2³²⌋, whose upper half is the index, and sets x to x n mod 2⁶⁴:
// n < 2³², so that two products of 32 bits do. The result is the new hi too.
func (x *fraction) below(n VecVirtual) VecVirtual {
	hi, lo, carry := ZMM(), ZMM(), ZMM()
	VPMULUDQ(n, x.lo, lo)
	VPMULUDQ(n, x.hi, hi)
	VPSRLQ(Imm(32), lo, carry)
	VPADDQ(carry, hi, hi)
	x.hi, x.lo = hi, lo
	return hi
}

// store stores four indices of each stream.
func store(found []VecVirtual, rows []Mem) {
	const even, odd = 0x88, 0xdd // two of the four numbers of each operand
	shuffled := func(a, b VecVirtual, which uint64) VecVirtual {
		z := ZMM()
		VSHUFPS(Imm(which), b, a, z)
		return z
	}
	first, last := shuffled(found[0], found[1], odd), shuffled(found[2], found[3], odd)
	streams := []VecVirtual{shuffled(first, last, even), shuffled(first, last, odd)}
	for w, row := range rows {
		from := streams[w%2]
		if w < 2 {
			VMOVDQU(from.AsX(), row)
		} else {
			VEXTRACTI32X4(Imm(uint64(w/2)), from, row)
		}
	}
}

// eightRows returns operands for rows so many bytes apart, and the registers that lead to them.
func eightRows(base, stride Register) (rows []Mem, bases []Register) {
	triple, middle := GP64(), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, triple)
	LEAQ(Mem{Base: base, Index: stride, Scale: 4}, middle)
	for _, b := range []Register{base, middle} {
		rows = append(rows, Mem{Base: b}, Mem{Base: b, Index: stride, Scale: 1}, Mem{Base: b, Index: stride, Scale: 2}, Mem{Base: b, Index: triple, Scale: 1})
	}
	return rows, []Register{base, middle}
}
