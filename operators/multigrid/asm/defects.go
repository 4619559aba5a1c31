//go:build ignore

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has what a row is left with: outflows, inflows, residuals.

// outflows writes the kernel of the rates out of cells.
func outflows(m machine) {
	name := "outflows" + m.suffix
	TEXT(name, NOSPLIT, "func(r *[]float64, first int, blocks int, lanes *float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets inv to the rates out of cells, for blocks of %d from cell first ≥ 1 on, and two times %d lanes to the least of the rates and to 0 if all sums are finite. It needs %s.", name, m.cells, m.cells, m.needs))
	load := loader(Load(Param("r"), GP64()))
	i := Load(Param("first"), GP64())
	blocks := Load(Param("blocks"), GP64())
	lanes := Load(Param("lanes"), GP64())
	up, dn, inv := load(fieldUp), load(fieldDn), load(fieldInv)
	below, above, overBelow, overAbove := load(fieldToBelow), load(fieldToAbove), load(fieldOverToBelow), load(fieldOverToAbove)
	at := func(p Register, by int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * by} }
	least, faults, zeros := m.register(), m.register(), m.register()
	m.zero(least)
	m.zero(faults)
	m.zero(zeros)
	Label("loop")
	sum := m.register()
	pair := func(a, b Mem) VecVirtual {
		v, w := m.register(), m.register()
		VMOVUPD(a, v)
		VMOVUPD(b, w)
		VMINPD(v, least, least)
		VMINPD(w, least, least)
		VADDPD(w, v, v)
		return v
	}
	VMOVAPD(pair(at(up, 0), at(dn, -1)), sum)
	VADDPD(pair(at(above, 0), at(below, 0)), sum, sum)
	TESTQ(overBelow, overBelow)
	JE(LabelRef("plane"))
	VADDPD(pair(at(overAbove, 0), at(overBelow, 0)), sum, sum)
	Label("plane")
	VMOVUPD(sum, at(inv, 0))
	VMULPD(zeros, sum, sum) // not a number where it is infinite or none
	VADDPD(sum, faults, faults)
	ADDQ(Imm(uint64(m.cells)), i)
	DECQ(blocks)
	JNE(LabelRef("loop"))
	VMOVUPD(least, Mem{Base: lanes})
	VMOVUPD(faults, Mem{Base: lanes, Disp: 8 * m.cells})
	VZEROUPPER()
	RET()
}

// neighbours returns a function that returns what flows into the block of cells at an
// index, and one after it by so many cells, all of them within the row.
func neighbours(m machine, load func(field int) Register, i Register) func(cell int, label string) VecVirtual {
	x, up, dn := load(fieldX), load(fieldUp), load(fieldDn)
	below, above, fromBelow, fromAbove := load(fieldBelow), load(fieldAbove), load(fieldFromBelow), load(fieldFromAbove)
	return func(cell int, label string) VecVirtual {
		at := func(p Register, by int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * (cell + by)} }
		in := m.register()
		VMOVUPD(at(up, -1), in)
		VMULPD(at(x, -1), in, in)
		multiplyAdd := func(a, b Mem) {
			t := m.register()
			VMOVUPD(a, t)
			VFMADD231PD(b, t, in)
		}
		multiplyAdd(at(dn, 0), at(x, 1))
		multiplyAdd(at(fromBelow, 0), at(below, 0))
		multiplyAdd(at(fromAbove, 0), at(above, 0))
		over := load(fieldOverBelow)
		TESTQ(over, over)
		JE(LabelRef(label))
		multiplyAdd(at(load(fieldOverFromBelow), 0), at(over, 0))
		multiplyAdd(at(load(fieldOverFromAbove), 0), at(load(fieldOverAbove), 0))
		Label(label)
		return in
	}
}

// defects writes the kernel of what a linear problem is left with, of the sums over pairs or of
// single cells.
func defects(m machine, pairs bool) {
	name, what := "defectsEach"+m.suffix, "cells k"
	if pairs {
		name, what = "defectsPairs"+m.suffix, "cells 2k and 2k+1"
	}
	TEXT(name, NOSPLIT, "func(r *[]float64, sums *float64, first int, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds right-hand side − (A x − shift·x) of the %s to sums[k], for blocks of %d groups from k = first on, 0 for cells that are cut off. Neither the first nor the last cell of the row is among them. It needs %s.", name, what, m.cells, m.needs))
	load := loader(Load(Param("r"), GP64()))
	sums := Load(Param("sums"), GP64())
	i := Load(Param("first"), GP64())
	LEAQ(Mem{Base: sums, Index: i, Scale: 8}, sums)
	step := m.cells
	var index VecVirtual
	if pairs {
		step = 2 * m.cells
		ADDQ(i, i)
		index = order(m, "joinDefects"+m.suffix, joinOrder)
	}
	blocks := Load(Param("blocks"), GP64())
	inflow := neighbours(m, load, i)
	loop(m, blocks, []counter{{sums, 8 * m.cells}, {i, step}}, func() {
		var parts []VecVirtual
		for cell := 0; cell < step; cell += m.cells {
			at := func(p Register) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * cell} }
			in := inflow(cell, fmt.Sprint("plane", cell))
			inv, d := m.register(), m.register()
			VMOVUPD(at(load(fieldInv)), inv)
			VMOVUPD(at(load(fieldX)), d)
			VDIVPD(inv, d, d)
			VSUBPD(in, d, d)
			rhs := load(fieldRhs)
			VADDPD(at(rhs), d, d)
			m.where(d, inv)
			parts = append(parts, d)
		}
		sum := parts[0]
		if pairs {
			even := m.register()
			VUNPCKLPD(parts[1], sum, even)
			VUNPCKHPD(parts[1], sum, sum)
			VADDPD(even, sum, sum)
			m.join(sum, index)
		}
		VADDPD(Mem{Base: sums}, sum, sum)
		VMOVUPD(sum, Mem{Base: sums})
	})
}

// residual writes the kernel of sums over a row and of the largest residual of a cell.
func residual(m machine) {
	name := "residual" + m.suffix
	TEXT(name, NOSPLIT, "func(r *[]float64, first int, blocks int, least float64, sums *float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds to three times %d sums, cell by cell of a block, |inflow − outflow| and outflow, and brings the largest ratio of the two of masses above least up to date. Neither the first nor the last cell of the row is among the cells. It needs %s.", name, m.cells, m.needs))
	load := loader(Load(Param("r"), GP64()))
	i := Load(Param("first"), GP64())
	blocks := Load(Param("blocks"), GP64())
	least, off, scale, entry := broadcast(m, "least"), m.register(), m.register(), m.register()
	sums := Load(Param("sums"), GP64())
	part := func(n int) Mem { return Mem{Base: sums, Disp: 8 * n * m.cells} }
	VMOVUPD(part(0), off)
	VMOVUPD(part(1), scale)
	VMOVUPD(part(2), entry)
	inflow := neighbours(m, load, i)
	at := func(p Register, cell int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * cell} }
	Label("loop")
	in := inflow(0, "entered")
	out, minus := m.register(), m.register()
	VMOVUPD(at(load(fieldUp), 0), out)
	VADDPD(at(load(fieldDn), -1), out, out)
	VADDPD(at(load(fieldToBelow), 0), out, out)
	VADDPD(at(load(fieldToAbove), 0), out, out)
	over := load(fieldOverToBelow)
	TESTQ(over, over)
	JE(LabelRef("left"))
	VADDPD(at(over, 0), out, out)
	VADDPD(at(load(fieldOverToAbove), 0), out, out)
	Label("left")
	x := m.register()
	VMOVUPD(at(load(fieldX), 0), x)
	VMULPD(x, out, out)
	VADDPD(out, scale, scale)
	VSUBPD(out, in, minus)
	VSUBPD(in, out, in)
	VMAXPD(in, minus, in)
	VADDPD(in, off, off)
	VDIVPD(out, in, in)
	m.above(in, x, least)
	m.above(in, out, zeroOf(m))
	VMAXPD(entry, in, entry)
	ADDQ(Imm(uint64(m.cells)), i)
	DECQ(blocks)
	JNE(LabelRef("loop"))
	VMOVUPD(off, part(0))
	VMOVUPD(scale, part(1))
	VMOVUPD(entry, part(2))
	VZEROUPPER()
	RET()
}
