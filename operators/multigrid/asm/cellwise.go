//go:build ignore

package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has kernels that treat every cell by itself.

// reciprocals writes the kernel of 1/x.
func reciprocals(m machine, one Mem) {
	name := "reciprocals" + m.suffix
	TEXT(name, NOSPLIT, "func(x *float64, blocks int, least float64, dst *float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets dst to 1/x where x is above least ≥ 0, else to 0, for blocks of %d. It needs %s.", name, m.cells, m.needs))
	x, blocks, dst := Load(Param("x"), GP64()), Load(Param("blocks"), GP64()), Load(Param("dst"), GP64())
	least, ones := broadcast(m, "least"), m.register()
	VBROADCASTSD(one, ones)
	loop(m, blocks, []counter{{x, 8 * m.cells}, {dst, 8 * m.cells}}, func() {
		v, inverse := m.register(), m.register()
		VMOVUPD(Mem{Base: x}, v)
		VDIVPD(v, ones, inverse)
		m.above(inverse, v, least)
		VMOVUPD(inverse, Mem{Base: dst})
	})
}

// ratios writes the kernel of x/y.
func ratios(m machine) {
	name := "ratios" + m.suffix
	TEXT(name, NOSPLIT, "func(dst *float64, x *float64, y *float64, blocks int, leastX float64, leastY float64, other float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets dst to x/y where x is above leastX and y above leastY, else to other, for blocks of %d. It needs %s.", name, m.cells, m.needs))
	dst, x, y := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("y"), GP64())
	blocks := Load(Param("blocks"), GP64())
	leastX, leastY, other := broadcast(m, "leastX"), broadcast(m, "leastY"), broadcast(m, "other")
	loop(m, blocks, []counter{{dst, 8 * m.cells}, {x, 8 * m.cells}, {y, 8 * m.cells}}, func() {
		a, b, ratio := m.register(), m.register(), m.register()
		VMOVUPD(Mem{Base: x}, a)
		VMOVUPD(Mem{Base: y}, b)
		VDIVPD(b, a, ratio)
		m.unless(ratio, a, leastX, other)
		m.unless(ratio, b, leastY, other)
		VMOVUPD(ratio, Mem{Base: dst})
	})
}

// exponentials writes the kernel of eˣ = 2ⁿ eʳ, n = round(x/ln 2): eʳ by its series up to r¹¹,
// which for |r| ≤ ln(2)/2 leaves 6e-15.
func exponentials(m machine) {
	name := "exponentials" + m.suffix
	TEXT(name, NOSPLIT, "func(x *float64, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s replaces x by eˣ, but by 1e-290 where that is more and by e⁷⁰⁹ where that is less, in blocks of %d. It needs %s.", name, m.cells, m.needs))
	x, blocks := Load(Param("x"), GP64()), Load(Param("blocks"), GP64())
	constant := func(name string, value float64) Mem { return ConstData(name+m.suffix, F64(value)) }
	all := func(c Mem) VecVirtual {
		v := m.register()
		VBROADCASTSD(c, v)
		return v
	}
	lowest, highest := all(constant("lowest", -700)), all(constant("highest", 709))
	perLn2, round := all(constant("perLn2", 1/math.Ln2)), all(constant("round", 3<<51)) // adding it leaves an integer in the last bits
	ones, least := all(constant("unit", 1)), all(constant("floor", leastMass))
	ln2, rest := all(constant("ln2", ln2High)), all(constant("ln2Rest", ln2Low))
	terms := make([]Mem, 12)
	for k, f := 0, 1.0; k < len(terms); k++ {
		terms[k] = constant(fmt.Sprint("term", k), 1/f)
		f *= float64(k + 1)
	}
	loop(m, blocks, []counter{{x, 8 * m.cells}}, func() {
		v, n, shifted := m.register(), m.register(), m.register()
		VMOVUPD(Mem{Base: x}, v)
		VMAXPD(v, lowest, v) // what is not a number stays so
		VMINPD(v, highest, v)
		VMOVAPD(round, shifted)
		VFMADD231PD(perLn2, v, shifted)
		VSUBPD(round, shifted, n)
		VFNMADD231PD(ln2, n, v)
		VFNMADD231PD(rest, n, v)
		sum, term := m.register(), m.register()
		VBROADCASTSD(terms[len(terms)-1], sum)
		for k := len(terms) - 2; k >= 0; k-- {
			VBROADCASTSD(terms[k], term)
			VFMADD213PD(term, v, sum)
		}
		VPSLLQ(Imm(52), shifted, shifted)
		VPADDQ(ones, shifted, shifted) // 2ⁿ
		VMULPD(shifted, sum, sum)
		VMAXPD(sum, least, sum)
		VMOVUPD(sum, Mem{Base: x})
	})
}

// resistances writes the kernel of resistances within groups.
func resistances(m machine, one Mem) {
	name := "resistances" + m.suffix
	TEXT(name, NOSPLIT, "func(upper *float64, lower *float64, inv *float64, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s turns flows within groups and masses of their lower cells into resistances, see resistancesOf, for blocks of %d groups. It needs %s.", name, m.cells, m.needs))
	upper, lower, inv := Load(Param("upper"), GP64()), Load(Param("lower"), GP64()), Load(Param("inv"), GP64())
	blocks := Load(Param("blocks"), GP64())
	ones, zeros := m.register(), m.register()
	VBROADCASTSD(one, ones)
	m.zero(zeros)
	loop(m, blocks, []counter{{upper, 8 * m.cells}, {lower, 8 * m.cells}, {inv, 8 * m.cells}}, func() {
		flow, far, whole, near := m.register(), m.register(), m.register(), m.register()
		VMOVUPD(Mem{Base: upper}, flow)
		VDIVPD(flow, ones, whole)
		m.above(whole, flow, zeros)
		VADDPD(whole, whole, whole)
		VMOVUPD(Mem{Base: lower}, far)
		VMULPD(Mem{Base: inv}, far, far)
		VMINPD(ones, far, far)
		VSUBPD(far, ones, near)
		VMULPD(whole, far, far)
		VMULPD(whole, near, near)
		VMOVUPD(far, Mem{Base: upper})
		VMOVUPD(near, Mem{Base: lower})
	})
}

// rates writes the kernel of rates from flows.
func rates(m machine, one Mem) {
	name := "rates" + m.suffix
	TEXT(name, NOSPLIT, "func(up *float64, dn *float64, forth *float64, back *float64, x *float64, y *float64, upper *float64, lower *float64, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets rates from flows, see rateBetween, for blocks of %d groups. It needs %s.", name, m.cells, m.needs))
	up, dn := Load(Param("up"), GP64()), Load(Param("dn"), GP64())
	flowForth, flowBack := Load(Param("forth"), GP64()), Load(Param("back"), GP64())
	x, y := Load(Param("x"), GP64()), Load(Param("y"), GP64())
	upper, lower := Load(Param("upper"), GP64()), Load(Param("lower"), GP64())
	blocks := Load(Param("blocks"), GP64())
	ones, half, least := m.register(), m.register(), m.register()
	VBROADCASTSD(one, ones)
	VBROADCASTSD(ConstData("half"+m.suffix, F64(0.5)), half)
	VBROADCASTSD(ConstData("leastSymmetric"+m.suffix, F64(leastSymmetric)), least)
	i := GP64()
	XORQ(i, i)
	at := func(p Register) Mem { return Mem{Base: p, Index: i, Scale: 8} }
	loop(m, blocks, []counter{{i, m.cells}}, func() {
		forth, back, j, s, minus, weak := m.register(), m.register(), m.register(), m.register(), m.register(), m.register()
		VMOVUPD(at(flowForth), forth)
		VMOVUPD(at(flowBack), back)
		VMINPD(back, forth, weak)
		VMULPD(least, weak, weak)
		VSUBPD(back, forth, j)
		VMULPD(half, j, j)
		m.zero(minus)
		VSUBPD(j, minus, minus)
		VMAXPD(j, minus, minus) // |j|
		VADDPD(weak, minus, weak)
		VADDPD(back, forth, s)
		VMULPD(half, s, s)
		VMOVUPD(at(upper), minus)
		VADDPD(at(lower), minus, minus)
		VMULPD(s, minus, minus)
		VADDPD(ones, minus, minus)
		VDIVPD(minus, s, s)
		VMAXPD(weak, s, s)
		VADDPD(j, s, forth)
		VSUBPD(j, s, back)
		VMOVUPD(at(x), weak)
		VMOVUPD(at(y), minus)
		VMULPD(weak, forth, forth)
		VMULPD(minus, back, back)
		m.where(forth, minus)
		m.where(back, weak)
		VMOVUPD(forth, at(up))
		VMOVUPD(back, at(dn))
	})
}

// Constants of the package.
const (
	leastMass      = 1e-290
	leastSymmetric = 0.02
)

// ln 2 in two parts, the first of 33 bits.
const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)
