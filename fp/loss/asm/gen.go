//go:build ignore

// This program writes lanes_amd64.s and its stubs: sigmoids and hyperbolic tangents of
// eight numbers at once with AVX-512. Every operation is that of activation.go and exp.go,
// in their order.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/fp/loss")
	ConstraintExpr("amd64")
	activation("sigmoidLanes", "sigmoids", func(x VecVirtual, e *exponential) VecVirtual {
		scale, tail := e.minus(x)
		q, top := ZMM(), ZMM()
		VMULPD(tail, scale, q)
		VADDPD(q, scale, q)
		negative := K()
		VPTESTMQ(e.sign, x, negative)
		VBLENDMPD(q, e.one, negative, top)
		VADDPD(q, e.one, q)
		VDIVPD(q, top, q)
		return q
	})
	activation("tanhLanes", "hyperbolic tangents", func(x VecVirtual, e *exponential) VecVirtual {
		twice, sign := ZMM(), ZMM()
		VADDPD(x, x, twice)
		scale, tail := e.minus(twice)
		drop := ZMM()
		VMULPD(tail, scale, drop)
		VSUBPD(e.one, scale, scale)
		VADDPD(drop, scale, drop)
		t := ZMM()
		VADDPD(e.two, drop, t)
		VDIVPD(t, drop, t)
		VPANDQ(e.sign, x, sign)
		VPANDNQ(t, e.sign, t)
		VPORQ(sign, t, t)
		return t
	})
	Generate()
}

// activation writes a kernel.
func activation(name, what string, f func(x VecVirtual, e *exponential) VecVirtual) {
	TEXT(name, NOSPLIT, "func(dst, x *float64, n int, exp2s *[256]float64)")
	Pragma("noescape")
	Doc(name + " sets dst to the " + what + " of n numbers, a multiple of eight and at least that. It needs AVX-512F.")
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	e := newExponential(Load(Param("exp2s"), GP64()))
	Label("loop")
	v := ZMM()
	VMOVUPD(Mem{Base: x}, v)
	VMOVUPD(f(v, e), Mem{Base: dst})
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), dst)
	SUBQ(Imm(8), n)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// exponential has the constants of reduced and expTail.
type exponential struct {
	table                                 Register
	sign, low                             VecVirtual // masks
	toGrid, ln2Hi, ln2Lo, shift, least    VecVirtual
	one, two, half, aSixth, aTwentyFourth VecVirtual
}

func newExponential(table Register) *exponential {
	return &exponential{
		table: table, sign: broadcast(1 << 63), low: broadcast(255),
		toGrid: constant(256 / math.Ln2), ln2Hi: constant(0x1.62e42feep-9), ln2Lo: constant(0x1.a39ef35793c76p-41),
		shift: constant(0x1.8p52), least: constant(-700),
		one: constant(1), two: constant(2), half: constant(0.5), aSixth: constant(1.0 / 6), aTwentyFourth: constant(1.0 / 24),
	}
}

func constant(x float64) VecVirtual { return broadcast(math.Float64bits(x)) }

func broadcast(bits uint64) VecVirtual {
	r, z := GP64(), ZMM()
	MOVQ(U64(bits), r)
	VPBROADCASTQ(r, z)
	return z
}

// minus returns scale and tail of exp(−|x|) = scale·(1 + tail).
func (e *exponential) minus(x VecVirtual) (scale, tail VecVirtual) {
	v, k, r, t := ZMM(), ZMM(), ZMM(), ZMM()
	VPORQ(e.sign, x, v)
	VMAXPD(v, e.least, v) // in this order NaN stays
	VMULPD(e.toGrid, v, k)
	VADDPD(e.shift, k, k)
	VSUBPD(e.shift, k, r)
	VMULPD(e.ln2Hi, r, t)
	VSUBPD(t, v, v)
	VMULPD(e.ln2Lo, r, t)
	VSUBPD(t, v, r)

	all, at := K(), ZMM()
	scale = ZMM()
	VPANDQ(e.low, k, at)
	KXNORW(all, all, all)
	VPXORQ(scale, scale, scale)
	VGATHERQPD(Mem{Base: e.table, Index: at, Scale: 8}, all, scale)
	VPSRLQ(Imm(8), k, k)
	VPSLLQ(Imm(52), k, k)
	VPADDQ(k, scale, scale)

	tail = ZMM()
	VMULPD(e.aTwentyFourth, r, tail)
	VADDPD(tail, e.aSixth, tail)
	VMULPD(tail, r, tail)
	VADDPD(tail, e.half, tail)
	VMULPD(r, r, t)
	VMULPD(tail, t, tail)
	VADDPD(tail, r, tail)
	return scale, tail
}
