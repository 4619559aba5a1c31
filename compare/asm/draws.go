//go:build ignore

// This program, with words.go, store.go and lanes.go, writes what is done with streams. See ../random/lanes.go for what that is.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/compare/random")
	ConstraintExpr("amd64,!purego")
	halvesOfLanes = [...]Mem{places("lowerHalves", 0), places("upperHalves", 1)}
	for _, l := range widths {
		for k := 2; k <= 4; k++ {
			l.fill(fmt.Sprint("fill", k), below(k), false)
			l.fill(fmt.Sprint("weave", k), below(k), true)
		}
		l.fill("descend", descending, false)
	}
	for k := 3; k <= 4; k++ {
		widths[0].fill(fmt.Sprintf("weave%dOf52", k), below52(k), true)
	}
	Generate()
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
		MOVQ(r, v)
		PUNPCKLQDQ(v, v)
	}
	return v
}

// fill writes a kernel that takes indices from words. Those of a stream follow each other, or woven ones of all
// streams.
func (l lanes) fill(name string, of way, woven bool) {
	chunk := 4 // indices of a stream that are stored at once
	parameter, where := "stride, ", "those of the next stream so many bytes further on"
	if woven {
		chunk, parameter, where = 2, "", "the next of each stream behind one of all"
	}
	words := 1
	for of.perWord*words%chunk != 0 {
		words++
	}
	name = fmt.Sprintf("%sBy%d", name, l.count)
	TEXT(name, NOSPLIT, "func(dst *uint32, "+parameter+"words int, streams *Stream, n, reject uint64) (ok bool)")
	Pragma("noescape")
	Doc(
		fmt.Sprintf("%s takes %d indices %s from each of so many words of %d streams, a multiple of %d, and", name, of.perWord, of.what, l.count, words),
		"stores "+where+". It is false, and leaves the",
		"streams where they were, if what was left of a word may be below reject, as its upper bits say"+of.doubt+".",
		fmt.Sprintf("It needs %s%s.", l.needs, of.also))
	dst := Load(Param("dst"), GP64())
	var store func(found []VecVirtual)
	if woven {
		store = l.weave(dst, of.half)
	} else {
		store = l.append(dst, Load(Param("stride"), GP64()))
	}
	count := Load(Param("words"), GP64())
	from := Load(Param("streams"), GP64())
	g := l.loadStreams(from)
	indices := of.begin(g, Load(Param("n"), GP64()), Load(Param("reject"), GP64()))

	Label("loop")
	var found []VecVirtual
	for range words {
		found = append(found, indices.take(g.next())...)
		for len(found) >= chunk {
			store(found[:chunk])
			found = found[chunk:]
		}
	}
	SUBQ(Imm(uint64(words)), count)
	JNE(LabelRef("loop"))

	indices.setIfKept()
	JNE(LabelRef("thrown"))
	g.store(from)
	Label("thrown")
	ok, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	SETEQ(ok.Addr)
	l.ret()
}

// streams are as many as there are lanes.
type streams struct {
	lanes
	a, b, c, n, one VecVirtual
}

// streamSize is the size of the state of a stream, four words.
const streamSize = 32

func (l lanes) loadStreams(from Register) *streams {
	words := l.columns(func(stream int) Mem { return Mem{Base: from, Disp: streamSize * stream} }, l.parts())
	return &streams{l, words[0], words[1], words[2], words[3], l.broadcast(U64(1))}
}

// store is the way back.
func (g *streams) store(to Register) {
	first, last := g.unpacked(g.a, g.b), g.unpacked(g.c, g.n)
	for i, of := range [][]VecVirtual{first, last} {
		for w := range g.count {
			at, from := Mem{Base: to, Disp: streamSize*w + streamSize/2*i}, of[w%2]
			switch part := uint64(w / 2); {
			case g.count == 2:
				g.move(from, at)
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

// next is Stream.Next.
func (g *streams) next() VecVirtual {
	x, t := g.vector(), g.vector()
	g.do(addWords, g.b, g.a, x)
	g.do(addWords, g.n, x, x)
	g.do(addWords, g.one, g.n, g.n)
	g.do(shiftRight, Imm(11), g.b, t)
	if g.count == 8 {
		VPXORQ(t, g.b, g.a)
	} else {
		g.do(xor, t, g.b, g.a)
	}
	g.do(shiftLeft, Imm(3), g.c, t)
	g.do(addWords, t, g.c, g.b)
	g.rotate(g.c, 24)
	g.do(addWords, x, g.c, g.c)
	return x
}

// rotate rotates each lane to the left.
func (l lanes) rotate(x VecVirtual, bits uint64) {
	if l.count == 8 {
		VPROLQ(Imm(bits), x, x)
		return
	}
	t := l.vector()
	l.do(shiftLeft, Imm(bits), x, t)
	l.do(shiftRight, Imm(64-bits), x, x)
	l.do(or, t, x, x)
}
