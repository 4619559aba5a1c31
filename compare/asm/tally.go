//go:build ignore

package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has what is counted of walkers, in one, two and three dimensions. Every operation is
// that of the loops in moments.go and histogram.go, in their order.

// ofWalkers ends the comment of a kernel.
func (l lanes) ofWalkers() string {
	return fmt.Sprintf("for so many walkers, a multiple of %d and at least that. It needs %s.", l.count, l.needs)
}

// overWalkers writes the loop; body gets the offset of those of all lanes.
func (l lanes) overWalkers(body func(offset Register)) {
	offset, end := GP64(), Load(Param("walkers"), GP64())
	XORQ(offset, offset)
	SHLQ(Imm(3), end)
	Label("walkers")
	body(offset)
	ADDQ(Imm(uint64(8*l.count)), offset)
	CMPQ(offset, end)
	JLT(LabelRef("walkers"))
}

// add adds to a column.
func (l lanes) add(to Mem, v VecVirtual) {
	sum := l.vector()
	l.do(add, to, v, sum)
	l.move(sum, to)
}

func (l lanes) moments(d int) {
	theta, t := names("t", d)
	origin, o := names("o", d)
	first, f := names("f", d)
	second, s := names("s", d*(d+1)/2)
	name := fmt.Sprintf("moments%dBy%d", d, l.count)
	TEXT(name, NOSPLIT, "func("+t+o+f+s[:len(s)-2]+" *float64, walkers int)")
	Pragma("noescape")
	Doc(name+" adds t − o to f and their products, packed, to s,", l.ofWalkers())
	column := column
	if d <= 2 { // there are registers for where all columns are
		begin := map[string]Register{}
		for _, name := range slices.Concat(theta, origin, first, second) {
			begin[name] = Load(Param(name), GP64())
		}
		column = func(name string, offset Register) Mem { return Mem{Base: begin[name], Index: offset, Scale: 1} }
	}
	l.overWalkers(func(offset Register) {
		off := make([]VecVirtual, d)
		for a := range off {
			off[a] = l.vector()
			l.move(column(theta[a], offset), off[a])
			l.do(sub, column(origin[a], offset), off[a], off[a])
			l.add(column(first[a], offset), off[a])
		}
		k := 0
		for a := range off {
			for _, other := range off[a:] {
				product := l.vector()
				l.do(mul, other, off[a], product)
				l.add(column(second[k], offset), product)
				k++
			}
		}
	})
	l.ret()
}

// ofAxes returns number k of the axes in all lanes.
func (l lanes) ofAxes(axes Register, k int) VecVirtual {
	v := l.vector()
	l.spread(Mem{Base: axes, Disp: 8 * k}, v)
	return v
}

func (l lanes) cells(d int) {
	xs, parameters := names("x", d)
	name := fmt.Sprintf("cells%dBy%d", d, l.count)
	TEXT(name, NOSPLIT, "func(cells *int32, "+parameters[:len(parameters)-2]+" *float64, axes *[4]float64, walkers int) bool")
	Pragma("noescape")
	Doc(
		name+" sets cells to Σ stride ⌊(x − lo) perCell⌋ and says whether all (x − lo) perCell are in",
		"[0, count), with lo, perCell, count and stride of each axis in axes,", l.ofWalkers())
	axes := Load(Param("axes"), GP64())
	zero, inside, to := l.zeros(1)[0], l.everywhere(), Load(Param("cells"), GP64())
	constant := func(k int) VecVirtual { return l.ofAxes(axes, k) }
	if l.count == 8 { // there are registers for all
		var constants []VecVirtual
		for k := range 4 * d {
			constants = append(constants, constant(k))
		}
		constant = func(k int) VecVirtual { return constants[k] }
	}
	l.overWalkers(func(offset Register) {
		var sum VecVirtual
		for a := range d {
			u := l.vector()
			l.move(column(xs[a], offset), u)
			l.do(sub, constant(4*a), u, u)
			l.do(mul, constant(4*a+1), u, u)
			inside.and(zero, atMost, u)
			inside.and(u, less, constant(4*a+2))
			l.truncate(u)
			l.do(mul, constant(4*a+3), u, u)
			if a > 0 {
				l.do(add, sum, u, u)
			}
			sum = u
		}
		l.integers(sum, Mem{Base: to})
		ADDQ(Imm(uint64(4*l.count)), to)
	})
	Store(inside.all(), ReturnIndex(0))
	l.ret() // not before all lanes have been read
}

// A condition is one of every lane: bits of a mask, or of less than eight lanes all bits of theirs.
type condition struct {
	lanes
	mask OpmaskVirtual
	bits VecVirtual
}

// everywhere is a condition that is true.
func (l lanes) everywhere() *condition {
	if l.count == 8 {
		c := &condition{lanes: l, mask: K()}
		KXNORW(c.mask, c.mask, c.mask)
		return c
	}
	c := &condition{lanes: l, bits: l.vector()}
	if l.count == 2 {
		PCMPEQL(c.bits, c.bits)
	} else {
		VPCMPEQD(c.bits, c.bits, c.bits)
	}
	return c
}

// Comparisons, both false of NaN.
const less, atMost = 1, 2

// and narrows a condition to where a is in a relation to b.
func (c *condition) and(a VecVirtual, relation uint64, b VecVirtual) {
	const quiet = 0x10 // no exception for NaN, where there is a choice
	switch c.count {
	case 8: // a comparison under the mask itself would wait for that before it
		found := K()
		VCMPPD(Imm(quiet|relation), b, a, found)
		KANDW(found, c.mask, c.mask)
	case 4:
		t := c.vector()
		VCMPPD(Imm(quiet|relation), b, a, t)
		VANDPD(t, c.bits, c.bits)
	default:
		t := c.vector()
		MOVAPS(a, t)
		CMPPD(b, t, Imm(relation))
		ANDPD(t, c.bits)
	}
}

// all says whether a condition holds in all lanes.
func (c *condition) all() GPVirtual {
	found, ok := GP32(), GP8()
	switch c.count {
	case 8:
		KMOVW(c.mask, found)
	case 4:
		VMOVMSKPD(c.bits, found)
	default:
		MOVMSKPD(c.bits, found)
	}
	CMPB(found.As8(), Imm(1<<c.count-1))
	SETEQ(ok)
	return ok
}

// truncate rounds numbers of at most 31 bits towards zero.
func (l lanes) truncate(u VecVirtual) {
	const towardsZero = 3
	switch l.count {
	case 8:
		VRNDSCALEPD(Imm(towardsZero), u, u)
	case 4:
		VROUNDPD(Imm(towardsZero), u, u)
	default:
		CVTTPD2PL(u, u)
		CVTPL2PD(u, u)
	}
}

// integers stores numbers as integers of 32 bits.
func (l lanes) integers(x VecVirtual, to Mem) {
	switch l.count {
	case 8:
		i := YMM()
		VCVTTPD2DQ(x, i)
		VMOVDQU(i, to)
	case 4:
		i := XMM()
		VCVTTPD2DQY(x, i)
		VMOVDQU(i, to)
	default:
		i := XMM()
		CVTTPD2PL(x, i)
		MOVQ(i, to)
	}
}
