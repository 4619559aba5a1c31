//go:build ignore

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has the sums of masses and flows over groups of cells, for coarser grids.

// Fields of flows, likewise.
const (
	fieldFlowX = 24 * iota
	fieldFlowUp
	fieldFlowDn
	fieldFlowMass
	fieldFlowLow
	fieldFlowInner
	fieldFlowForth
	fieldFlowBack
	fieldFlowAcross // the first of two times what follows
)

// Fields of what flows across to the row above along another axis.
const (
	fieldAcrossNext = 24 * iota
	fieldAcrossUp
	fieldAcrossDn
	fieldAcrossForth
	fieldAcrossBack
	fieldAcrossLow
	sizeOfAcross
)

// gatherPairs writes the kernel of the sums over pairs of masses and flows.
func gatherPairs(m machine) {
	name := "gatherPairs" + m.suffix
	TEXT(name, NOSPLIT, "func(f *[]float64, first int, blocks int, after int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds masses of pairs of cells and flows within and between them, for blocks of %d pairs; after is the cell next to the last. It needs %s.", name, m.cells, m.needs))
	load := loader(Load(Param("f"), GP64()))
	k := Load(Param("first"), GP64())
	blocks := Load(Param("blocks"), GP64())
	after := Load(Param("after"), GP64())
	x := load(fieldFlowX)
	i := GP64()
	LEAQ(Mem{Base: k, Index: k, Scale: 1}, i)
	index := order(m, "joinGather"+m.suffix, joinOrder)
	fine := func(p Register, cell int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * cell} }
	add := func(v VecVirtual, to Register) {
		at, sum := Mem{Base: to, Index: k, Scale: 8}, m.register()
		VADDPD(at, v, sum)
		VMOVUPD(sum, at)
	}
	// times returns the products of two blocks with rates, those of first and of second cells.
	times := func(a, b VecVirtual, rates Register) (even, odd VecVirtual) {
		u, v, even := m.register(), m.register(), m.register()
		VMULPD(fine(rates, 0), a, u)
		VMULPD(fine(rates, m.cells), b, v)
		VUNPCKLPD(v, u, even)
		VUNPCKHPD(v, u, u)
		return even, u
	}
	join := func(v VecVirtual, to Register) {
		m.join(v, index)
		add(v, to)
	}
	loop(m, blocks, []counter{{k, m.cells}, {i, 2 * m.cells}}, func() {
		next := GP64()
		LEAQ(Mem{Base: i, Disp: 2 * m.cells}, next)
		CMPQ(blocks, Imm(1))
		CMOVQEQ(after, next)
		a, b, a1, b1 := m.register(), m.register(), m.register(), m.register()
		VMOVUPD(fine(x, 0), a)
		VMOVUPD(fine(x, m.cells), b)
		VBROADCASTSD(Mem{Base: x, Index: next, Scale: 8}, b1)
		m.shift(a, b, a1, 1, false)
		m.shift(b, b1, b1, 1, false)
		inner, forth := times(a, b, load(fieldFlowUp))
		even, back := times(a1, b1, load(fieldFlowDn))
		VADDPD(even, inner, inner)
		join(inner, load(fieldFlowInner))
		join(forth, load(fieldFlowForth))
		join(back, load(fieldFlowBack))
		low, mass := m.register(), m.register()
		VUNPCKLPD(b, a, low)
		VUNPCKHPD(b, a, mass)
		VADDPD(low, mass, mass)
		join(low, load(fieldFlowLow))
		join(mass, load(fieldFlowMass))
		for n := range 2 {
			done, upper := fmt.Sprint("across", n), fmt.Sprint("upper", n)
			field := func(f int) Register { return load(fieldFlowAcross + n*sizeOfAcross + f) }
			above := field(fieldAcrossNext)
			TESTQ(above, above)
			JE(LabelRef(done))
			even, odd := times(a, b, field(fieldAcrossUp))
			VADDPD(even, odd, odd)
			join(odd, field(fieldAcrossForth))
			c, d := m.register(), m.register()
			VMOVUPD(fine(above, 0), c)
			VMOVUPD(fine(above, m.cells), d)
			even, odd = times(c, d, field(fieldAcrossDn))
			VADDPD(even, odd, odd)
			join(odd, field(fieldAcrossBack))
			lower := field(fieldAcrossLow)
			TESTQ(lower, lower)
			JE(LabelRef(upper))
			add(mass, lower)
			Label(upper)
			Label(done)
		}
	})
}

// gatherEach writes the kernel that takes over masses and flows where cells stay single along
// rows.
func gatherEach(m machine) {
	name := "gatherEach" + m.suffix
	TEXT(name, NOSPLIT, "func(f *[]float64, first int, blocks int, after int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds masses of cells and flows between them to those of groups, which hold no two cells of a row, for blocks of %d; after is the cell next to the last. It needs %s.", name, m.cells, m.needs))
	load := loader(Load(Param("f"), GP64()))
	i := Load(Param("first"), GP64())
	blocks := Load(Param("blocks"), GP64())
	after := Load(Param("after"), GP64())
	x := load(fieldFlowX)
	at := func(p Register) Mem { return Mem{Base: p, Index: i, Scale: 8} }
	add := func(v VecVirtual, to Register) {
		sum := m.register()
		VADDPD(at(to), v, sum)
		VMOVUPD(sum, at(to))
	}
	addProduct := func(v VecVirtual, rates, to Register) { // not fused: the same bits as from Go
		product := m.register()
		VMULPD(at(rates), v, product)
		add(product, to)
	}
	loop(m, blocks, []counter{{i, m.cells}}, func() {
		next := GP64()
		LEAQ(Mem{Base: i, Disp: m.cells}, next)
		CMPQ(blocks, Imm(1))
		CMOVQEQ(after, next)
		a, a1 := m.register(), m.register()
		VMOVUPD(at(x), a)
		VBROADCASTSD(Mem{Base: x, Index: next, Scale: 8}, a1)
		m.shift(a, a1, a1, 1, false)
		add(a, load(fieldFlowMass))
		add(a, load(fieldFlowLow))
		addProduct(a, load(fieldFlowUp), load(fieldFlowForth))
		addProduct(a1, load(fieldFlowDn), load(fieldFlowBack))
		for n := range 2 {
			done := fmt.Sprint("across", n)
			field := func(f int) Register { return load(fieldFlowAcross + n*sizeOfAcross + f) }
			above := field(fieldAcrossNext)
			TESTQ(above, above)
			JE(LabelRef(done))
			addProduct(a, field(fieldAcrossUp), field(fieldAcrossForth))
			b := m.register()
			VMOVUPD(at(above), b)
			addProduct(b, field(fieldAcrossDn), field(fieldAcrossBack))
			lower := field(fieldAcrossLow)
			TESTQ(lower, lower)
			JE(LabelRef(done))
			add(a, lower)
			Label(done)
		}
	})
}
