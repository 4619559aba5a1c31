//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has what the programs beside it share: they write what is done with eight walkers, or their streams,
// at once with AVX-512, with four with AVX2, and with two with SSE2, each in a lane.

// lanes is how many go at once, and what that needs.
type lanes struct {
	count int
	needs string
}

var widths = []lanes{{8, "AVX-512F"}, {4, "AVX2"}, {2, "SSE2, which every processor for amd64 has"}}

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

// An operation makes of two numbers a third, in each lane.
type operation struct {
	three func(ops ...Op) // b, a, and where the result goes
	two   func(b, to Op)  // of SSE2: the result goes where a is
}

var (
	add        = operation{VADDPD, ADDPD}
	sub        = operation{VSUBPD, SUBPD} // a − b
	mul        = operation{VMULPD, MULPD}
	unpackLow  = operation{VUNPCKLPD, UNPCKLPD}
	unpackHigh = operation{VUNPCKHPD, UNPCKHPD}
	addWords   = operation{VPADDQ, PADDQ}
	subWords   = operation{VPSUBQ, PSUBQ} // a − b
	mulHalves  = operation{VPMULUDQ, PMULULQ}
	shiftLeft  = operation{VPSLLQ, PSLLQ} // a by b
	shiftRight = operation{VPSRLQ, PSRLQ}
	xor        = operation{exactly(VPXOR), PXOR} // eight lanes have others
	or         = operation{exactly(VPOR), POR}
)

func exactly(three func(b, a, to Op)) func(...Op) {
	return func(ops ...Op) { three(ops[0], ops[1], ops[2]) }
}

// do sets to to what f makes of b, which may be in memory, and a.
func (l lanes) do(f operation, b Op, a, to VecVirtual) {
	if l.count > 2 {
		f.three(b, a, to)
		return
	}
	if IsMem(b) { // as an operand it would have to be aligned
		t := XMM()
		MOVUPD(b, t)
		b = t
	}
	if b == Op(to) && a != to {
		t := XMM()
		MOVAPS(b, t)
		b = t
	}
	l.copy(a, to)
	f.two(b, to)
}

// copy does nothing where a register is copied to itself.
func (l lanes) copy(from, to VecVirtual) {
	switch {
	case from == to:
	case l.count == 2:
		MOVAPS(from, to)
	default:
		VMOVAPD(from, to)
	}
}

// load loads numbers that lie one behind the other.
func (l lanes) load(from Mem, to VecVirtual) {
	if l.count == 2 {
		MOVUPD(from, to)
	} else {
		VMOVUPD(from, to)
	}
}

// store is the way back.
func (l lanes) store(from VecVirtual, to Mem) {
	if l.count == 2 {
		MOVUPD(from, to)
	} else {
		VMOVUPD(from, to)
	}
}

// zero sets all lanes to zero.
func (l lanes) zero(v VecVirtual) {
	switch l.count {
	case 8:
		VPXORQ(v, v, v)
	case 4:
		VPXOR(v, v, v)
	default:
		XORPS(v, v)
	}
}

// ret returns, with no register in a state that slows down what follows.
func (l lanes) ret() {
	if l.count > 2 {
		VZEROUPPER()
	}
	RET()
}

// unpacked returns the even lanes of two registers by turns, and the odd ones.
func (l lanes) unpacked(a, b VecVirtual) []VecVirtual {
	z := []VecVirtual{l.vector(), l.vector()}
	l.do(unpackLow, b, a, z[0])
	l.do(unpackHigh, b, a, z[1])
	return z
}
