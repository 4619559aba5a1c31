//go:build ignore

// This program writes kernel_amd64.s and its stubs: products with several vectors at a
// time, with AVX-512 and with AVX2. See kernel.go.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An instructions is a set of them, with registers of so many bytes.
type instructions struct {
	name, needs string
	bytes       int
	register    func() VecVirtual
}

func main() {
	ConstraintExpr("amd64,!purego")
	for _, isa := range []instructions{
		{"AVX512", "AVX-512F and DQ", 64, func() VecVirtual { return ZMM() }},
		{"AVX2", "AVX2 and FMA", 32, func() VecVirtual { return YMM() }},
	} {
		for vectors := 8; vectors >= 1; vectors /= 2 {
			isa.dots(vectors)
			isa.combine(vectors)
		}
	}
	Generate()
}

// dots writes the kernel of products of so many vectors with w. There are eight sums in
// registers, as many as the time of one addition takes, whatever the number of vectors.
func (isa instructions) dots(vectors int) {
	name := fmt.Sprintf("dots%d%s", vectors, isa.name)
	TEXT(name, NOSPLIT, "func(sums, w, v *float64, n, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets sums[j] = Σ_i w[i]·v[i+j·stride], 0 ≤ i < n, 0 ≤ j < %d, n > 0 a multiple of 64. It needs %s.", name, vectors, isa.needs))
	parts := 8 / vectors
	w, v := Load(Param("w"), GP64()), rows(vectors)
	sums := make([][]VecVirtual, vectors)
	for j := range sums {
		for range parts {
			s := isa.register()
			VXORPD(s, s, s)
			sums[j] = append(sums[j], s)
		}
	}
	isa.loop(parts, func(at func(p Register, part int) Mem) {
		for part := range parts {
			x := isa.register()
			VMOVUPD(at(w, part), x)
			for j := range sums {
				VFMADD231PD(at(v[j], part), x, sums[j][part])
			}
		}
	})
	dst := Load(Param("sums"), GP64())
	for j, s := range sums {
		for step := parts / 2; step > 0; step /= 2 {
			for k := range step {
				VADDPD(s[k+step], s[k], s[k])
			}
		}
		VMOVSD(isa.total(s[0]), Mem{Base: dst, Disp: 8 * j})
	}
	VZEROUPPER()
	RET()
}

// total adds up the numbers in a register.
func (isa instructions) total(s VecVirtual) VecVirtual {
	if isa.bytes == 64 {
		high := YMM()
		VEXTRACTF64X4(Imm(1), s, high)
		VADDPD(high, s.AsY(), s.AsY())
	}
	high := XMM()
	VEXTRACTF128(Imm(1), s.AsY(), high)
	VADDPD(high, s.AsX(), s.AsX())
	VUNPCKHPD(s.AsX(), s.AsX(), high)
	VADDSD(high, s.AsX(), high)
	return high
}

// combine writes the kernel that adds so many vectors to w.
func (isa instructions) combine(vectors int) {
	name := fmt.Sprintf("combine%d%s", vectors, isa.name)
	TEXT(name, NOSPLIT, "func(w, c, v *float64, n, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds Σ_j c[j]·v[i+j·stride] to w[i], 0 ≤ i < n, 0 ≤ j < %d, n > 0 a multiple of 64. It needs %s.", name, vectors, isa.needs))
	const parts = 2
	w, c, v := Load(Param("w"), GP64()), Load(Param("c"), GP64()), rows(vectors)
	factors := make([]VecVirtual, vectors)
	for j := range factors {
		factors[j] = isa.register()
		VBROADCASTSD(Mem{Base: c, Disp: 8 * j}, factors[j])
	}
	isa.loop(parts, func(at func(p Register, part int) Mem) {
		for part := range parts {
			x := isa.register()
			VMOVUPD(at(w, part), x)
			for j, f := range factors {
				VFMADD231PD(at(v[j], part), f, x)
			}
			VMOVUPD(x, at(w, part))
		}
	})
	VZEROUPPER()
	RET()
}

// rows returns where the vectors begin.
func rows(vectors int) []Register {
	stride := Load(Param("stride"), GP64())
	list := []Register{Load(Param("v"), GP64())}
	for j := 1; j < vectors; j++ {
		next := GP64()
		LEAQ(Mem{Base: list[j-1], Index: stride, Scale: 8}, next)
		list = append(list, next)
	}
	return list
}

// loop writes a loop over n in steps of some registers; at is part of one further on in a row.
func (isa instructions) loop(parts int, body func(at func(p Register, part int) Mem)) {
	n := Load(Param("n"), GP64())
	i := GP64()
	XORQ(i, i)
	Label("loop")
	body(func(p Register, part int) Mem {
		return Mem{Base: p, Index: i, Scale: 8, Disp: part * isa.bytes}
	})
	ADDQ(Imm(uint64(parts*isa.bytes/8)), i)
	CMPQ(i, n)
	JL(LabelRef("loop"))
}
