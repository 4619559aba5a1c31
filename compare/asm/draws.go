//go:build ignore

// This program, with store.go and lanes.go, writes what is done with streams. See ../random/lanes.go for what that is.
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
	upperHalves = places()
	for _, l := range widths {
		for k := 2; k <= 4; k++ {
			l.fill(fmt.Sprint("fill", k), k, "below n", nil, false)
			l.fill(fmt.Sprint("weave", k), k, "below n", nil, true)
		}
		l.fill("descend", 2, "below n, below n − 1, and so on,", func(n, one VecVirtual) { l.do(subWords, one, n, n) }, false)
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
	left := l.remainders(Load(Param("reject"), GP64()))

	Label("loop")
	var found []VecVirtual // with the index in the upper half of each lane
	for range words {
		x := l.fraction(g.next())
		for range k {
			found = append(found, x.below(n))
			if after != nil {
				after(n, g.one)
			}
		}
		left.see(x.hi)
		for len(found) >= chunk {
			store(found[:chunk])
			found = found[chunk:]
		}
	}
	SUBQ(Imm(uint64(words)), count)
	JNE(LabelRef("loop"))

	left.setIfLarge()
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

// remainders are what is left of words, by their upper halves, in the lower halves of lanes.
type remainders struct {
	lanes
	bound VecVirtual // upper half of what words have to leave to be kept, rounded up, in lower halves
	found VecVirtual // the least so far, or of two lanes numbers of 32 bits that are negative where one was below bound
}

func (l lanes) remainders(reject Register) *remainders {
	up := GP64()
	MOVL(U32(1<<32-1), up.As32())
	ADDQ(up, reject)
	SHRQ(Imm(32), reject)
	r := &remainders{l, l.broadcast(reject), l.vector()}
	switch l.count {
	case 8:
		VPTERNLOGD(Imm(0xff), r.found, r.found, r.found)
	case 4:
		VPCMPEQD(r.found, r.found, r.found)
	default:
		l.zero(r.found)
	}
	return r
}

// see takes note of what is left.
func (r *remainders) see(left VecVirtual) {
	if r.count > 2 {
		VPMINUD(left, r.found, r.found)
		return
	}
	below, less := r.vector(), r.vector() // left − bound < 0 ≤ left, as numbers with a sign, for bound < 2³¹
	MOVAPS(left, less)
	PSUBL(r.bound, less)
	MOVAPS(left, below)
	PANDN(less, below)
	POR(below, r.found)
}

// setIfLarge sets the flag for equality if none was below the bound.
func (r *remainders) setIfLarge() {
	signs := GP32()
	if r.count == 2 {
		MOVMSKPS(r.found, signs)
		ANDL(Imm(0x5), signs) // for the flag
		return
	}
	if r.count == 8 {
		upper := YMM()
		VEXTRACTI64X4(Imm(1), r.found, upper)
		VPMINUD(upper, r.found.AsY(), r.found.AsY())
	}
	least, bound := r.found.AsY(), r.bound.AsY()
	VPMINUD(bound, least, least)
	VPCMPEQD(bound, least, least)
	VMOVMSKPS(least, signs)
	ANDL(Imm(0x55), signs)
	CMPL(signs, Imm(0x55))
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

// A fraction x has the halves of words in the lower halves of lanes; the upper ones are
// anything.
type fraction struct {
	lanes
	hi, lo VecVirtual
}

func (l lanes) fraction(x VecVirtual) *fraction {
	hi := l.vector()
	l.do(shiftRight, Imm(32), x, hi)
	return &fraction{l, hi, x}
}

// below returns ⌊x n/2³²⌋, whose upper half is the index, and sets x to x n mod 2⁶⁴:
// n < 2³², so that two products of 32 bits do. The result is the new hi too.
func (x *fraction) below(n VecVirtual) VecVirtual {
	hi, carry := x.vector(), x.vector()
	x.do(mulHalves, n, x.lo, x.lo)
	x.do(mulHalves, n, x.hi, hi)
	x.do(shiftRight, Imm(32), x.lo, carry)
	x.do(addWords, carry, hi, hi)
	x.hi = hi
	return hi
}
