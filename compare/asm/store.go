//go:build ignore

package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file stores indices, in either order.

// shuffled returns two numbers of 32 bits of each quarter of a, and two of b.
func (l lanes) shuffled(a, b VecVirtual, which uint64) VecVirtual {
	z := l.vector()
	if l.count == 2 {
		MOVAPS(a, z)
		SHUFPS(Imm(which), b, z)
	} else {
		VSHUFPS(Imm(which), b, a, z)
	}
	return z
}

// Two of four numbers.
const even, odd = 0x88, 0xdd

// append returns what stores four indices of each stream, those of the next stream so many bytes further on.
func (l lanes) append(dst, stride Register) func(found []VecVirtual) {
	rows, bases := l.rows(dst, stride)
	return func(found []VecVirtual) {
		first, last := l.shuffled(found[0], found[1], odd), l.shuffled(found[2], found[3], odd)
		streams := []VecVirtual{l.shuffled(first, last, even), l.shuffled(first, last, odd)}
		for w, row := range rows[:l.count] {
			switch from := streams[w%2]; {
			case l.count == 2:
				l.move(from, row)
			case w < 2:
				VMOVDQU(from.AsX(), row)
			case l.count == 8:
				VEXTRACTI32X4(Imm(uint64(w/2)), from, row)
			default:
				VEXTRACTI128(Imm(1), from, row)
			}
		}
		for _, b := range bases {
			ADDQ(Imm(16), b)
		}
	}
}

// weave returns what stores two indices of each stream, each in one half of its lane, the first ones of all before the
// others.
func (l lanes) weave(dst Register, half int) func(found []VecVirtual) {
	pair := func(a, b VecVirtual) VecVirtual {
		z := l.shuffled(a, b, []uint64{even, odd}[half])
		if l.count == 4 {
			VPERMQ(Imm(0xd8), z, z)
		}
		return z
	}
	if l.count == 8 {
		places := l.vector()
		VMOVDQU32(halvesOfLanes[half], places)
		pair = func(a, b VecVirtual) VecVirtual {
			VPERMT2D(b, places, a)
			return a
		}
	}
	return func(found []VecVirtual) {
		l.move(pair(found[0], found[1]), Mem{Base: dst})
		ADDQ(Imm(uint64(8*l.count)), dst)
	}
}

// halvesOfLanes are the places of the lower and the upper ones of two registers, once they are written.
var halvesOfLanes [2]Mem

func places(name string, half int) Mem {
	table := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(4*i, U32(2*i+half))
	}
	return table
}

// rows returns operands for rows so many bytes apart, and the registers that lead to them.
func (l lanes) rows(base, stride Register) (rows []Mem, bases []Register) {
	triple := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, triple)
	bases = []Register{base}
	if l.count == 8 {
		middle := GP64()
		LEAQ(Mem{Base: base, Index: stride, Scale: 4}, middle)
		bases = append(bases, middle)
	}
	for _, b := range bases {
		rows = append(rows, Mem{Base: b}, Mem{Base: b, Index: stride, Scale: 1}, Mem{Base: b, Index: stride, Scale: 2}, Mem{Base: b, Index: triple, Scale: 1})
	}
	return rows, bases
}
