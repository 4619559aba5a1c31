//go:build ignore

// This program writes lanes_amd64.s and its stubs: sigmoids and hyperbolic tangents of
// eight numbers at once with AVX-512, and of four with AVX2. Every operation is that of
// activation.go and exp.go, in their order.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/fp/loss")
	ConstraintExpr("amd64,!purego")
	for _, l := range []lanes{{8, "AVX-512F"}, {4, "AVX2"}} {
		l.activation("sigmoids", "sigmoids", l.sigmoid)
		l.activation("tanhs", "hyperbolic tangents", l.tanh)
	}
	Generate()
}

// lanes is how many numbers go at once, and what that needs.
type lanes struct {
	count int
	needs string
}

// vector returns a new register with all lanes.
func (l lanes) vector() VecVirtual {
	if l.count == 8 {
		return ZMM()
	}
	return YMM()
}

// activation writes a kernel.
func (l lanes) activation(name, what string, f func(x VecVirtual, e *exponential) VecVirtual) {
	name = fmt.Sprintf("%sBy%d", name, l.count)
	TEXT(name, NOSPLIT, "func(dst, x *float64, n int, exp2s *[256]uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets dst to the %s of n numbers, a multiple of %d and at least that. It needs %s.", name, what, l.count, l.needs))
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	e := l.newExponential(Load(Param("exp2s"), GP64()))
	Label("loop")
	v := l.vector()
	VMOVUPD(Mem{Base: x}, v)
	VMOVUPD(f(v, e), Mem{Base: dst})
	ADDQ(Imm(uint64(8*l.count)), x)
	ADDQ(Imm(uint64(8*l.count)), dst)
	SUBQ(Imm(uint64(l.count)), n)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func (l lanes) sigmoid(x VecVirtual, e *exponential) VecVirtual {
	scale, tail := e.minus(x)
	q, top := l.vector(), l.vector()
	VMULPD(tail, scale, q)
	VADDPD(q, scale, q)
	if l.count == 8 {
		negative := K()
		VPTESTMQ(e.sign, x, negative)
		VBLENDMPD(q, e.one, negative, top)
	} else {
		VBLENDVPD(x, q, e.one, top)
	}
	VADDPD(e.one, q, q)
	VDIVPD(q, top, q)
	return q
}

func (l lanes) tanh(x VecVirtual, e *exponential) VecVirtual {
	twice, rise, drop, t := l.vector(), l.vector(), l.vector(), l.vector()
	VADDPD(x, x, twice)
	scale, tail := e.minus(twice)
	VMULPD(tail, scale, drop)
	VSUBPD(scale, e.one, rise)
	VSUBPD(drop, rise, rise)
	VADDPD(e.one, e.one, t)
	VSUBPD(rise, t, t)
	VDIVPD(t, rise, t)
	sign := l.and(e.sign, x)
	return l.or(sign, t)
}

// and returns x with the bits of m alone.
func (l lanes) and(m Op, x VecVirtual) VecVirtual {
	v := l.vector()
	if l.count == 8 {
		VPANDQ(m, x, v)
	} else {
		VPAND(m, x, v)
	}
	return v
}

// or returns the bits of both.
func (l lanes) or(m Op, x VecVirtual) VecVirtual {
	v := l.vector()
	if l.count == 8 {
		VPORQ(m, x, v)
	} else {
		VPOR(m, x, v)
	}
	return v
}

// An exponential has the constants of reduced and expTail in all lanes: in registers, but for the most
// part in memory where there are too few of those.
type exponential struct {
	lanes
	table                                  Register
	one, least                             VecVirtual
	sign, low, toGrid, ln2Hi, ln2Lo, shift Op
	half, aSixth, aTwentyFourth            Op
}

func (l lanes) newExponential(table Register) *exponential {
	number := func(name string, x float64) Op { return l.constant(name, math.Float64bits(x)) }
	return &exponential{
		lanes: l, table: table, one: l.broadcast(math.Float64bits(1)), least: l.broadcast(math.Float64bits(-700)),
		sign: l.constant("sign", 1<<63), low: l.constant("low", 255),
		toGrid: number("toGrid", 256/math.Ln2), ln2Hi: number("ln2Hi", 0x1.62e42feep-9), ln2Lo: number("ln2Lo", 0x1.a39ef35793c76p-41),
		shift: number("shift", 0x1.8p52), half: number("half", 0.5),
		aSixth: number("aSixth", 1.0/6), aTwentyFourth: number("aTwentyFourth", 1.0/24),
	}
}

// constant returns a word in all lanes.
func (l lanes) constant(name string, word uint64) Op {
	if l.count == 8 {
		return l.broadcast(word)
	}
	if at, ok := inMemory[name]; ok {
		return at
	}
	at := GLOBL(name, RODATA|NOPTR)
	for i := range l.count {
		DATA(8*i, U64(word))
	}
	inMemory[name] = at
	return at
}

var inMemory = map[string]Mem{}

func (l lanes) broadcast(word uint64) VecVirtual {
	r, v := GP64(), l.vector()
	MOVQ(U64(word), r)
	if l.count == 8 {
		VPBROADCASTQ(r, v)
	} else {
		VMOVQ(r, v.AsX())
		VPBROADCASTQ(v.AsX(), v)
	}
	return v
}

// minus returns scale and tail of exp(−|x|) = scale·(1 + tail).
func (e *exponential) minus(x VecVirtual) (scale, tail VecVirtual) {
	k, r, t := e.vector(), e.vector(), e.vector()
	v := e.or(e.sign, x)
	VMAXPD(v, e.least, v) // in this order NaN stays
	VMULPD(e.toGrid, v, k)
	VADDPD(e.shift, k, k)
	VSUBPD(e.shift, k, r)
	VMULPD(e.ln2Hi, r, t)
	VSUBPD(t, v, v)
	VMULPD(e.ln2Lo, r, t)
	VSUBPD(t, v, r)

	scale = e.powers(e.and(e.low, k))
	VPSRLQ(Imm(8), k, k)
	VPSLLQ(Imm(52), k, k)
	VPADDQ(k, scale, scale)

	tail = e.vector()
	VMULPD(e.aTwentyFourth, r, tail)
	VADDPD(e.aSixth, tail, tail)
	VMULPD(tail, r, tail)
	VADDPD(e.half, tail, tail)
	VMULPD(r, r, t)
	VMULPD(tail, t, tail)
	VADDPD(tail, r, tail)
	return scale, tail
}

// powers returns numbers of the table.
func (e *exponential) powers(at VecVirtual) VecVirtual {
	from, p := Mem{Base: e.table, Index: at, Scale: 8}, e.vector()
	if e.count == 8 {
		all := K()
		VPXORQ(p, p, p) // for the gather not to wait for what was there
		KXNORW(all, all, all)
		VGATHERQPD(from, all, p)
		return p
	}
	all := YMM()
	VPXOR(p, p, p)
	VPCMPEQD(all, all, all)
	VGATHERQPD(all, from, p)
	return p
}
