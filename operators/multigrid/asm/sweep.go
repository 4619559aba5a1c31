//go:build ignore

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sweep writes the kernel x_i = c_i x_{i∓1} + r_i along a row. Within a block the
// recurrence is solved by doubling: pairs (c, r) of neighbours are combined, then of
// neighbours but one, …
func sweep(m machine, one Mem, right bool) {
	name, way := "sweepLeft"+m.suffix, "descending"
	if right {
		name, way = "sweepRight"+m.suffix, "ascending"
	}
	TEXT(name, NOSPLIT, "func(r *[]float64, first int, blocks int, before int, after int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sweeps the cells of some blocks of %d from cell first on, in %s order; before and after are the cells next to them, −1 beyond a wall. It needs %s.", name, m.cells, way, m.needs))
	row := Load(Param("r"), GP64())
	load := loader(row)
	x, up, dn, inv, rhs := load(fieldX), load(fieldUp), load(fieldDn), load(fieldInv), load(fieldRhs)
	below, above, fromBelow, fromAbove := load(fieldBelow), load(fieldAbove), load(fieldFromBelow), load(fieldFromAbove)
	before := Load(Param("before"), GP64())
	i := Load(Param("first"), GP64())
	at := func(p Register, cell int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * cell} }

	// What passes from block to block: the last mass swept, and of the block next in the
	// direction of the sweep the masses before it is swept. To the right the rates up as
	// well; to the left, instead of both, their product.
	zeros, ones, carry, x0, up0 := m.register(), m.register(), m.register(), m.register(), m.register()
	m.zero(zeros)
	VBROADCASTSD(one, ones)
	after, blocks := GP64(), GP64()
	Load(Param("after"), after)
	m.zero(carry)
	if right {
		m.zero(up0)
		unless(before, "entered", func() {
			VBROADCASTSD(Mem{Base: x, Index: before, Scale: 8}, carry)
			VBROADCASTSD(Mem{Base: up, Index: before, Scale: 8}, up0)
		})
		VMOVUPD(at(x, 0), x0)
		Load(Param("blocks"), blocks)
	} else {
		unless(after, "entered", func() { VBROADCASTSD(Mem{Base: x, Index: after, Scale: 8}, carry) })
		Load(Param("blocks"), blocks)
		SHLQ(Imm(shiftOf(m.cells)), blocks)
		LEAQ(Mem{Base: i, Index: blocks, Scale: 1, Disp: -m.cells}, i) // the last block
		SHRQ(Imm(shiftOf(m.cells)), blocks)
		VMOVUPD(at(x, 0), x0)
		VMULPD(at(up, 0), x0, x0)
	}
	Label("loop")
	in, c, v, next := m.register(), m.register(), m.register(), m.register()
	CMPQ(blocks, Imm(1))
	JE(LabelRef("last"))
	if right {
		VMOVUPD(at(x, m.cells), next)
	} else {
		VMOVUPD(at(x, -m.cells), next)
		VMULPD(at(up, -m.cells), next, next)
	}
	JMP(LabelRef("inner"))
	Label("last")
	m.zero(next)
	if right {
		unless(after, "inner", func() { VBROADCASTSD(Mem{Base: x, Index: after, Scale: 8}, next) })
	} else {
		unless(before, "inner", func() {
			VBROADCASTSD(Mem{Base: x, Index: before, Scale: 8}, next)
			VBROADCASTSD(Mem{Base: up, Index: before, Scale: 8}, in)
			VMULPD(in, next, next)
		})
	}
	if right {
		m.shift(x0, next, in, 1, false)
		VMULPD(at(dn, 0), in, in)
		VMOVUPD(at(up, 0), v)
		m.shift(v, up0, c, 1, true)
		VMOVAPD(v, up0)
	} else {
		m.shift(x0, next, in, 1, true)
		VMOVUPD(at(dn, 0), c)
	}
	VMOVAPD(next, x0)
	multiplyAdd := func(a, b Mem) {
		t := m.register()
		VMOVUPD(a, t)
		VFMADD231PD(b, t, in)
	}
	multiplyAdd(at(fromBelow, 0), at(below, 0))
	multiplyAdd(at(fromAbove, 0), at(above, 0))
	over := load(fieldOverBelow)
	TESTQ(over, over)
	JE(LabelRef("plane"))
	multiplyAdd(at(load(fieldOverFromBelow), 0), at(over, 0))
	multiplyAdd(at(load(fieldOverFromAbove), 0), at(load(fieldOverAbove), 0))
	Label("plane")
	TESTQ(rhs, rhs)
	JE(LabelRef("homogeneous"))
	VSUBPD(at(rhs, 0), in, in)
	Label("homogeneous")
	v = m.register()
	VMOVUPD(at(inv, 0), v)
	VMULPD(v, c, c)
	VMULPD(v, in, in)
	for by := 1; by < m.cells; by *= 2 {
		from, factor := m.register(), m.register()
		m.shift(in, zeros, from, by, right)
		m.shift(c, ones, factor, by, right)
		VFMADD231PD(from, c, in)
		VMULPD(factor, c, c)
	}
	VFMADD231PD(carry, c, in)
	VMOVUPD(in, at(x, 0))
	m.last(in, carry, right)

	if right {
		ADDQ(Imm(uint64(m.cells)), i)
	} else {
		SUBQ(Imm(uint64(m.cells)), i)
	}
	DECQ(blocks)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
