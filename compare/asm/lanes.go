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
	if a != to {
		if b == Op(to) {
			panic("the first step would lose b")
		}
		MOVAPS(a, to)
	}
	f.two(b, to)
}

// move loads or stores all lanes.
func (l lanes) move(from, to Op) {
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

// parts are registers that are set part by part. There are some for all, for such a register is never free for
// anything else: a part that is set leaves the others as they were, for all that is known of it.
func (l lanes) parts() []VecVirtual {
	return []VecVirtual{l.vector(), l.vector(), l.vector(), l.vector()}
}

// columns loads a row of four numbers for each lane and returns its columns.
func (l lanes) columns(row func(lane int) Mem, parts []VecVirtual) (columns []VecVirtual) {
	if l.count == 2 {
		return l.pairs(row, 4)
	}
	l.load(row, parts, 2) // so that lanes are in order at the end
	a, b := l.unpacked(parts[0], parts[1]), l.unpacked(parts[2], parts[3])
	for i := range parts {
		columns = append(columns, l.across(b[i%2], a[i%2], i/2))
	}
	return columns
}

// pairs returns the first columns of two lanes.
func (l lanes) pairs(row func(lane int) Mem, count int) (columns []VecVirtual) {
	first, second := row(0), row(1)
	for i := range count {
		columns = append(columns, XMM())
		MOVSD(first.Offset(8*i), columns[i])
		MOVHPD(second.Offset(8*i), columns[i])
	}
	return columns
}

// load loads the row of a lane into each part; of eight lanes, that of one and that of the second or fourth after it.
// Four lanes do not use after.
func (l lanes) load(row func(lane int) Mem, parts []VecVirtual, after int) {
	for i, part := range parts {
		if l.count == 4 {
			VMOVUPD(row(i), part)
			continue
		}
		w := i + i&after // 0, 1, 4, 5, or 0, 1, 2, 3
		VMOVUPD(row(w), part.AsY())
		VINSERTF64X4(Imm(1), row(w+after), part, part)
	}
}

// across returns the lower halves of a and b, or the upper ones; of eight lanes, such halves of each half.
func (l lanes) across(b, a VecVirtual, upper int) VecVirtual {
	z := l.vector()
	if l.count == 4 {
		VPERM2F128(Imm([]uint64{0x20, 0x31}[upper]), b, a, z)
	} else {
		VSHUFF64X2(Imm([]uint64{0x88, 0xdd}[upper]), b, a, z)
	}
	return z
}
