//go:build ignore

// This program writes kernel_amd64.s and its stubs: Gauss–Seidel sweeps along rows, in
// blocks of eight cells with AVX-512 and of four with AVX2. See kernel.go.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Fields of a row, in the order of the struct: slices of three words.
const (
	fieldX = 24 * iota
	fieldUp
	fieldDn
	fieldInv
	fieldRhs
	fieldBelow
	fieldOverBelow
	fieldAbove
	fieldOverAbove
	fieldFromBelow
	fieldOverFromBelow
	fieldFromAbove
	fieldOverFromAbove
	fieldToBelow = 24*iota + 8 // of a row with what leaves it, after the row's ring
	fieldOverToBelow
	fieldToAbove
	fieldOverToAbove
)

// A machine is a set of instructions.
type machine struct {
	suffix, needs string
	cells         int // in a register
	register      func() VecVirtual
	zero          func(v VecVirtual)
	shift         func(v, fill, to VecVirtual, by int, up bool) // lanes move by 1, 2 or 4, and fill is let in
	last          func(v, to VecVirtual, up bool)               // the highest or lowest lane, in all
	join          func(v, index VecVirtual)                     // lanes from where unpacking leaves them into their order
	part          func(v, index VecVirtual)                     // the other way round
	where         func(v, test VecVirtual)                      // v where test is not 0, else 0
	above         func(v, test, bound VecVirtual)               // v where test > bound, else 0
	unless        func(v, test, bound, other VecVirtual)        // v where test > bound, else other
}

func main() {
	ConstraintExpr("amd64")
	one := ConstData("one", F64(1))
	for _, m := range []machine{avx512(), avx2()} {
		sweep(m, one, true)
		sweep(m, one, false)
		gatherPairs(m)
		gatherEach(m)
		reciprocals(m, one)
		ratios(m)
		outflows(m)
		resistances(m, one)
		exponentials(m)
		rates(m, one)
		for _, pairs := range []bool{true, false} {
			correct(m, pairs)
			defects(m, pairs)
		}
		residual(m)
	}
	Generate()
}

func avx512() machine {
	return machine{
		suffix: "512", needs: "AVX-512F", cells: 8, register: ZMM,
		zero: func(v VecVirtual) { VPXORQ(v, v, v) },
		shift: func(v, fill, to VecVirtual, by int, up bool) {
			if up {
				VALIGNQ(Imm(uint64(8-by)), fill, v, to)
			} else {
				VALIGNQ(Imm(uint64(by)), v, fill, to)
			}
		},
		last: func(v, to VecVirtual, up bool) {
			if up { // the highest quarter to all, then its upper number
				VSHUFF64X2(Imm(0xff), v, v, to)
				VPERMILPD(Imm(0xff), to, to)
			} else {
				VBROADCASTSD(v.AsX(), to)
			}
		},
		join: func(v, index VecVirtual) { VPERMPD(v, index, v) },
		part: func(v, index VecVirtual) { VPERMPD(v, index, v) },
		where: func(v, test VecVirtual) {
			zero, k := ZMM(), K()
			VPXORQ(zero, zero, zero)
			VCMPPD(Imm(4), zero, test, k) // not equal
			VMOVAPD_Z(v, k, v)
		},
		above: func(v, test, bound VecVirtual) {
			k := K()
			VCMPPD(Imm(14), bound, test, k)
			VMOVAPD_Z(v, k, v)
		},
		unless: func(v, test, bound, other VecVirtual) {
			k := K()
			VCMPPD(Imm(14), bound, test, k)
			VBLENDMPD(v, other, k, v)
		},
	}
}

func avx2() machine {
	return machine{
		suffix: "256", needs: "AVX2 and FMA", cells: 4, register: YMM,
		zero: func(v VecVirtual) { VXORPD(v, v, v) },
		shift: func(v, fill, to VecVirtual, by int, up bool) {
			half := YMM() // the half that is let in, and the one that stays
			if up {
				VPERM2F128(Imm(0x03), fill, v, half) // [fill high, v low]
			} else {
				VPERM2F128(Imm(0x21), fill, v, half) // [v high, fill low]
			}
			switch {
			case by == 2:
				VMOVAPD(half, to)
			case up:
				VSHUFPD(Imm(5), v, half, to)
			default:
				VSHUFPD(Imm(5), half, v, to)
			}
		},
		last: func(v, to VecVirtual, up bool) {
			if up {
				VPERMPD(Imm(0xff), v, to)
			} else {
				VPERMPD(Imm(0), v, to)
			}
		},
		join: func(v, _ VecVirtual) { VPERMPD(Imm(0xd8), v, v) },
		part: func(v, _ VecVirtual) { VPERMPD(Imm(0xd8), v, v) },
		where: func(v, test VecVirtual) {
			zero := YMM()
			VXORPD(zero, zero, zero)
			VCMPPD(Imm(4), zero, test, zero) // not equal
			VANDPD(zero, v, v)
		},
		above: func(v, test, bound VecVirtual) {
			mask := YMM()
			VCMPPD(Imm(14), bound, test, mask)
			VANDPD(mask, v, v)
		},
		unless: func(v, test, bound, other VecVirtual) {
			mask := YMM()
			VCMPPD(Imm(14), bound, test, mask)
			VBLENDVPD(mask, v, other, v)
		},
	}
}

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

// unless does something where a cell is not noCell, and goes on behind the label.
func unless(cell Register, label string, do func()) {
	TESTQ(cell, cell)
	JS(LabelRef(label))
	do()
	Label(label)
}

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

// Fields of between.
const (
	fieldBetweenX = 24 * iota
	fieldBetweenMass
	fieldLower
	fieldUpper
	fieldOverLower
	fieldOverUpper
)

// Orders of lanes: unpacking two registers of eight pairs leaves groups as join lists them.
var (
	joinOrder = []uint64{0, 2, 4, 6, 1, 3, 5, 7}
	partOrder = []uint64{0, 4, 1, 5, 2, 6, 3, 7}
)

// order returns a register with an order of lanes; AVX2 does without.
func order(m machine, name string, lanes []uint64) VecVirtual {
	index := m.register()
	if m.cells == 8 {
		list := GLOBL(name, RODATA|NOPTR)
		for i, v := range lanes {
			DATA(8*i, U64(v))
		}
		VMOVUPD(list, index)
	}
	return index
}

// loader returns a function that loads the address of a field.
func loader(base Register) func(field int) Register {
	return func(field int) Register {
		p := GP64()
		MOVQ(Mem{Base: base, Disp: field}, p)
		return p
	}
}

// A counter goes by so much in every block.
type counter struct {
	index Register
	step  int
}

// loop writes a loop over blocks.
func loop(m machine, blocks Register, counters []counter, body func()) {
	Label("loop")
	TESTQ(blocks, blocks)
	JE(LabelRef("done"))
	body()
	for _, c := range counters {
		ADDQ(Imm(uint64(c.step)), c.index)
	}
	DECQ(blocks)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}

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

// broadcast returns a parameter in all lanes.
func broadcast(m machine, param string) VecVirtual {
	v := m.register()
	at, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(at.Addr, v)
	return v
}

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

func zeroOf(m machine) VecVirtual {
	v := m.register()
	m.zero(v)
	return v
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

func shiftOf(cells int) uint64 {
	if cells == 8 {
		return 3
	}
	return 2
}
