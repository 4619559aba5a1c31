//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file loads rows of three numbers and the second of them again. Two registers then give the second column
// without a shuffle of their halves: the upper half of the first register, of eight lanes that of each half, is replaced
// by that of the second.

// firstThree prepares for rows of that kind and returns what loads one for each lane and returns its first columns.
func (l lanes) firstThree() func(row func(lane int) Mem, parts []VecVirtual) []VecVirtual {
	switch l.count {
	case 8:
		return l.threeOfEight()
	case 4:
		return l.threeOfFour
	}
	return func(row func(int) Mem, _ []VecVirtual) []VecVirtual { return l.pairs(row, 3) }
}

func (l lanes) threeOfFour(row func(lane int) Mem, parts []VecVirtual) []VecVirtual {
	l.load(row, parts, 4)
	a, b, second := l.unpacked(parts[0], parts[1]), l.unpacked(parts[2], parts[3]), l.vector()
	VBLENDPD(Imm(0b1100), b[1], a[1], second)
	return []VecVirtual{l.across(b[0], a[0], 0), second, l.across(b[0], a[0], 1)}
}

func (l lanes) threeOfEight() func(row func(lane int) Mem, parts []VecVirtual) []VecVirtual {
	const first, third = 0x0d_0c_05_04_09_08_01_00, 0x0f_0e_07_06_0b_0a_03_02 // a byte for each lane
	firstOfTwo, thirdOfTwo, upper := l.numbers(first), l.numbers(third), K()
	r := GP32()
	MOVL(U32(0b11001100), r)
	KMOVW(r, upper)
	return func(row func(int) Mem, parts []VecVirtual) []VecVirtual {
		l.load(row, parts, 4)
		a, b, column := l.unpacked(parts[0], parts[1]), l.vector(), l.vector()
		l.do(unpackLow, parts[3], parts[2], b)
		VUNPCKHPD(parts[3], parts[2], upper, a[1])
		VMOVDQA64(firstOfTwo, column)
		VPERMI2PD(b, a[0], column)
		VPERMT2PD(b, thirdOfTwo, a[0])
		return []VecVirtual{column, a[1], a[0]}
	}
}

// numbers returns the bytes of a word, the lowest first, each in a lane of its own.
func (l lanes) numbers(bytes uint64) VecVirtual {
	r, few, all := GP64(), XMM(), l.vector()
	MOVQ(U64(bytes), r)
	VMOVQ(r, few)
	VPMOVZXBQ(few, all)
	return all
}
