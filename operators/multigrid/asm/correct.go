//go:build ignore

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has interpolation from coarser grids.

// Fields of between.
const (
	fieldBetweenX = 24 * iota
	fieldBetweenMass
	fieldLower
	fieldUpper
	fieldOverLower
	fieldOverUpper
)

// correct writes the kernel of interpolation to pairs of cells, the second of one group and
// the first of the next, or to single ones.
func correct(m machine, pairs bool) {
	name, what := "correctEach"+m.suffix, "cells k"
	if pairs {
		name, what = "correctPairs"+m.suffix, "cells 2k−1 and 2k"
	}
	TEXT(name, NOSPLIT, "func(b *[]float64, first int, blocks int, weight1 float64, weight2 float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s corrects the %s, for blocks of %d groups k. It needs %s.", name, what, m.cells, m.needs))
	load := loader(Load(Param("b"), GP64()))
	k := Load(Param("first"), GP64())
	blocks := Load(Param("blocks"), GP64())
	x, mass := load(fieldBetweenX), load(fieldBetweenMass)
	lower, upper, overLower, overUpper := load(fieldLower), load(fieldUpper), load(fieldOverLower), load(fieldOverUpper)
	i, counters := k, []counter{{k, m.cells}}
	if pairs {
		i = GP64()
		LEAQ(Mem{Base: k, Index: k, Scale: 1, Disp: -1}, i)
		counters = append(counters, counter{i, 2 * m.cells})
	}
	w1, w2 := broadcast(m, "weight1"), broadcast(m, "weight2")
	least := m.register()
	VBROADCASTSD(ConstData("leastMass"+name, F64(leastMass)), least)
	var quarter, index VecVirtual
	if pairs {
		quarter = m.register()
		VBROADCASTSD(ConstData("quarter"+m.suffix, F64(0.25)), quarter)
		index = order(m, "part"+m.suffix, partOrder)
	}
	at := func(p Register, group int) Mem { return Mem{Base: p, Index: k, Scale: 8, Disp: 8 * group} }
	interpolate := func(lower, upper Register, group int) VecVirtual {
		v, d := m.register(), m.register()
		VMOVUPD(at(lower, group), v)
		VMOVUPD(at(upper, group), d)
		VSUBPD(v, d, d)
		VMULPD(w1, d, d) // not fused: the same bits as from Go
		VADDPD(d, v, v)
		return v
	}
	// values returns those at the groups k and so many beside.
	values := func(groups ...int) (v []VecVirtual) {
		for _, g := range groups {
			v = append(v, interpolate(lower, upper, g))
		}
		TESTQ(overLower, overLower)
		JE(LabelRef("plane"))
		for n, g := range groups {
			w := interpolate(overLower, overUpper, g)
			VSUBPD(v[n], w, w)
			VMULPD(w2, w, w)
			VADDPD(w, v[n], v[n])
		}
		Label("plane")
		return v
	}
	loop(m, blocks, counters, func() {
		var v []VecVirtual
		if pairs {
			v = values(-1, 0)
			d, first, second := m.register(), m.register(), m.register()
			VSUBPD(v[0], v[1], d)
			VMULPD(quarter, d, d)
			VADDPD(d, v[0], v[0])
			VSUBPD(d, v[1], v[1])
			m.part(v[0], index)
			m.part(v[1], index)
			VUNPCKLPD(v[1], v[0], first)
			VUNPCKHPD(v[1], v[0], second)
			v = []VecVirtual{first, second}
		} else {
			v = values(0)
		}
		fine := func(p Register, n int) Mem { return Mem{Base: p, Index: i, Scale: 8, Disp: 8 * n * m.cells} }
		TESTQ(mass, mass)
		JE(LabelRef("multiply"))
		for n, v := range v {
			VMULPD(fine(mass, n), v, v)
			VADDPD(fine(x, n), v, v)
		}
		JMP(LabelRef("store"))
		Label("multiply")
		for n, v := range v {
			VMULPD(fine(x, n), v, v)
			VMAXPD(v, least, v) // what is not a number stays so
		}
		Label("store")
		for n, v := range v {
			VMOVUPD(v, fine(x, n))
		}
	})
}
