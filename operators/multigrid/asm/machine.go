//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has the two sets of instructions, and what all kernels are made of.

// A machine is a set of instructions.
type machine struct {
	suffix, needs string
	cells         int // in a register
	register      func() VecVirtual
	zero          func(v VecVirtual)
	shift         func(v, fill, to VecVirtual, by int, up bool) // lanes move by 1, 2 or 4, and fill is let in
	last          func(v, to VecVirtual, up bool)               // the highest or lowest lane, in all
	join          func(v, index VecVirtual)                     // lanes from where unpacking leaves them into their order
	part          func(v, index VecVirtual)                     // the other way round
	where         func(v, test VecVirtual)                      // v where test is not 0, else 0
	above         func(v, test, bound VecVirtual)               // v where test > bound, else 0
	unless        func(v, test, bound, other VecVirtual)        // v where test > bound, else other
}

func avx512() machine {
	return machine{
		suffix: "512", needs: "AVX-512F", cells: 8, register: ZMM,
		zero: func(v VecVirtual) { VPXORQ(v, v, v) },
		shift: func(v, fill, to VecVirtual, by int, up bool) {
			if up {
				VALIGNQ(Imm(uint64(8-by)), fill, v, to)
			} else {
				VALIGNQ(Imm(uint64(by)), v, fill, to)
			}
		},
		last: func(v, to VecVirtual, up bool) {
			if up { // the highest quarter to all, then its upper number
				VSHUFF64X2(Imm(0xff), v, v, to)
				VPERMILPD(Imm(0xff), to, to)
			} else {
				VBROADCASTSD(v.AsX(), to)
			}
		},
		join: func(v, index VecVirtual) { VPERMPD(v, index, v) },
		part: func(v, index VecVirtual) { VPERMPD(v, index, v) },
		where: func(v, test VecVirtual) {
			zero, k := ZMM(), K()
			VPXORQ(zero, zero, zero)
			VCMPPD(Imm(4), zero, test, k) // not equal
			VMOVAPD_Z(v, k, v)
		},
		above: func(v, test, bound VecVirtual) {
			k := K()
			VCMPPD(Imm(14), bound, test, k)
			VMOVAPD_Z(v, k, v)
		},
		unless: func(v, test, bound, other VecVirtual) {
			k := K()
			VCMPPD(Imm(14), bound, test, k)
			VBLENDMPD(v, other, k, v)
		},
	}
}

func avx2() machine {
	return machine{
		suffix: "256", needs: "AVX2 and FMA", cells: 4, register: YMM,
		zero: func(v VecVirtual) { VXORPD(v, v, v) },
		shift: func(v, fill, to VecVirtual, by int, up bool) {
			half := YMM() // the half that is let in, and the one that stays
			if up {
				VPERM2F128(Imm(0x03), fill, v, half) // [fill high, v low]
			} else {
				VPERM2F128(Imm(0x21), fill, v, half) // [v high, fill low]
			}
			switch {
			case by == 2:
				VMOVAPD(half, to)
			case up:
				VSHUFPD(Imm(5), v, half, to)
			default:
				VSHUFPD(Imm(5), half, v, to)
			}
		},
		last: func(v, to VecVirtual, up bool) {
			if up {
				VPERMPD(Imm(0xff), v, to)
			} else {
				VPERMPD(Imm(0), v, to)
			}
		},
		join: func(v, _ VecVirtual) { VPERMPD(Imm(0xd8), v, v) },
		part: func(v, _ VecVirtual) { VPERMPD(Imm(0xd8), v, v) },
		where: func(v, test VecVirtual) {
			zero := YMM()
			VXORPD(zero, zero, zero)
			VCMPPD(Imm(4), zero, test, zero) // not equal
			VANDPD(zero, v, v)
		},
		above: func(v, test, bound VecVirtual) {
			mask := YMM()
			VCMPPD(Imm(14), bound, test, mask)
			VANDPD(mask, v, v)
		},
		unless: func(v, test, bound, other VecVirtual) {
			mask := YMM()
			VCMPPD(Imm(14), bound, test, mask)
			VBLENDVPD(mask, v, other, v)
		},
	}
}

// unless does something where a cell is not noCell, and goes on behind the label.
func unless(cell Register, label string, do func()) {
	TESTQ(cell, cell)
	JS(LabelRef(label))
	do()
	Label(label)
}

// Orders of lanes: unpacking two registers of eight pairs leaves groups as join lists them.
var (
	joinOrder = []uint64{0, 2, 4, 6, 1, 3, 5, 7}
	partOrder = []uint64{0, 4, 1, 5, 2, 6, 3, 7}
)

// order returns a register with an order of lanes; AVX2 does without.
func order(m machine, name string, lanes []uint64) VecVirtual {
	index := m.register()
	if m.cells == 8 {
		list := GLOBL(name, RODATA|NOPTR)
		for i, v := range lanes {
			DATA(8*i, U64(v))
		}
		VMOVUPD(list, index)
	}
	return index
}

// loader returns a function that loads the address of a field.
func loader(base Register) func(field int) Register {
	return func(field int) Register {
		p := GP64()
		MOVQ(Mem{Base: base, Disp: field}, p)
		return p
	}
}

// A counter goes by so much in every block.
type counter struct {
	index Register
	step  int
}

// loop writes a loop over blocks.
func loop(m machine, blocks Register, counters []counter, body func()) {
	Label("loop")
	TESTQ(blocks, blocks)
	JE(LabelRef("done"))
	body()
	for _, c := range counters {
		ADDQ(Imm(uint64(c.step)), c.index)
	}
	DECQ(blocks)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}

// broadcast returns a parameter in all lanes.
func broadcast(m machine, param string) VecVirtual {
	v := m.register()
	at, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(at.Addr, v)
	return v
}

func zeroOf(m machine) VecVirtual {
	v := m.register()
	m.zero(v)
	return v
}

func shiftOf(cells int) uint64 {
	if cells == 8 {
		return 3
	}
	return 2
}
