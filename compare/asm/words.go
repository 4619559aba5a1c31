//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file takes indices from words, as uniform.go does: by products of the halves of words, which all processors
// have, or of their upper 52 bits.

// A way takes indices from words.
type way struct {
	perWord int
	what    string // below what they are
	half    int    // of its lane that has an index, 1 for the upper one
	doubt   string // what stops it beside words to be thrown away
	also    string // what it needs beside vectors
	begin   func(g *streams, n, reject Register) taker
}

type taker interface {
	take(word VecVirtual) (indices []VecVirtual)
	setIfKept() // sets the flag for equality if nothing stops it
}

// below takes them by halves of words.
func below(perWord int) way {
	return way{perWord: perWord, what: "below n", half: 1, begin: func(g *streams, n, reject Register) taker {
		return &halves{g.remainders(reject), g.broadcast(n), perWord, func(VecVirtual) {}}
	}}
}

// descending takes indices below n, n − 1, and so on.
var descending = way{perWord: 2, what: "below n, below n − 1, and so on,", half: 1, begin: func(g *streams, n, reject Register) taker {
	return &halves{g.remainders(reject), g.broadcast(n), 2, func(n VecVirtual) { g.do(subWords, g.one, n, n) }}
}}

type halves struct {
	*remainders
	n       VecVirtual
	perWord int
	after   func(n VecVirtual) // what changes n after each index
}

func (h *halves) take(word VecVirtual) (indices []VecVirtual) {
	x := h.fraction(word)
	for range h.perWord {
		indices = append(indices, x.below(h.n))
		h.after(h.n)
	}
	h.see(x.hi)
	return indices
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

// setIfKept sets the flag for equality if none was below the bound.
func (r *remainders) setIfKept() {
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

// below52 takes 3 or 4 indices by the upper 52 bits y = ⌊x/2¹²⌋ of words x. Two of them, ⌊x n²/2⁶⁴⌋, are ⌊y n²/2⁵²⌋,
// unless the lower bits of x, which add less than n² to what is left of y, carry. They do not where y n² mod 2⁵² is
// 2⁵² − n² at most, nor where as much as 2¹² n² is left of x. Such doubts are rare, for after two indices y is taken anew,
// from all that is left of x. (For one index alone n would do in place of n², but n² serves both.)
func below52(perWord int) way {
	begin := func(g *streams, n, reject Register) taker {
		square := GP64()
		MOVQ(n, square)
		IMULQ(n, square)
		bound := GP64()
		ADDQ(U32(1<<12-1), reject)
		SHRQ(Imm(12), reject)
		MOVQ(U64(1<<52), bound)
		SUBQ(square, bound)
		SUBQ(reject, bound)
		NEGQ(reject)
		u := &upper52{g.lanes, perWord, g.broadcast(n), g.broadcast(square), g.broadcast(reject), g.broadcast(bound), g.vector(), g.vector()}
		VPTERNLOGD(Imm(0xff), u.least, u.least, u.least)
		u.zero(u.most)
		return u
	}
	return way{perWord: perWord, what: "below n", doubt: ", or if its lower ones may count", also: ", DQ and IFMA", begin: begin}
}

type upper52 struct {
	lanes
	perWord     int
	n, square   VecVirtual
	start       VecVirtual // −⌈reject/2¹²⌉
	bound       VecVirtual // of the last remainder of y, from there on
	least, most VecVirtual // of the words' remainders of x after two indices, over 2¹², and last ones of y
}

func (u *upper52) take(x VecVirtual) (indices []VecVirtual) {
	y := u.vector()
	u.do(shiftRight, Imm(12), x, y)
	for left := u.perWord; left > 0; left-- {
		indices = append(indices, u.product(VPMADD52HUQ, y, nil))
		switch left {
		case u.perWord - 1:
			VPMULLQ(u.square, x, x)
			u.do(shiftRight, Imm(12), x, y)
			VPMINUQ(y, u.least, u.least)
		case 1:
			VPMAXUQ(u.product(VPMADD52LUQ, y, u.start), u.most, u.most)
		default:
			y = u.product(VPMADD52LUQ, y, nil)
		}
	}
	return indices
}

// product returns the upper or the lower 52 bits of y n, plus start if there is one.
func (u *upper52) product(half func(...Op), y, start VecVirtual) VecVirtual {
	z := u.vector()
	if start == nil {
		u.zero(z)
	} else {
		VMOVDQA64(start, z)
	}
	half(y, u.n, z)
	return z
}

func (u *upper52) setIfKept() {
	const below, above = 1, 6
	carried, thrown := K(), K()
	VPCMPUQ(Imm(below), u.square, u.least, carried)
	VPCMPUQ(Imm(above), u.bound, u.most, thrown)
	KORTESTW(carried, thrown)
}
