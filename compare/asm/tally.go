//go:build ignore

package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has what is counted of walkers, in one, two and three dimensions. Each sum and each cell is by the
// operations of the loops in moments.go and histogram.go, in their order.

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

// tally writes a kernel that sums walkers up and finds their cells.
func (l lanes) tally(d int) {
	s := l.newSums(d)
	name := fmt.Sprintf("tally%dBy%d", d, l.count)
	TEXT(name, NOSPLIT, "func("+s.parameters+" *float64, cells *int32, axes *[4]float64, walkers int) bool")
	Pragma("noescape")
	Doc(
		name+" adds t − o to f and their products, packed, to s. It sets cells to Σ stride ⌊(t − lo) perCell⌋",
		"and says whether all (t − lo) perCell are in [0, count), with lo, perCell, count and stride of each axis in axes,",
		fmt.Sprintf("for so many walkers, a multiple of %d and at least that. It needs %s.", l.count, l.needs))
	s.begin()
	c := l.newCells(d)
	l.overWalkers(func(offset Register) {
		theta := s.positions(offset)
		c.find(theta)
		s.add(theta, offset)
	})
	Store(c.inside.all(), ReturnIndex(0))
	l.ret() // not before all lanes have been read
}

// sums are the columns of what is summed up of walkers.
type sums struct {
	lanes
	theta, origin, first, second []string
	parameters                   string
	column                       func(name string, offset Register) Mem
}

func (l lanes) newSums(d int) *sums {
	theta, t := names("t", d)
	origin, o := names("o", d)
	first, f := names("f", d)
	second, p := names("s", d*(d+1)/2)
	return &sums{l, theta, origin, first, second, t + o + f + strings.TrimSuffix(p, ", "), column}
}

// begin loads where all columns are, if there are registers for that.
func (s *sums) begin() {
	if len(s.theta) > 2 {
		return
	}
	begin := map[string]Register{}
	for _, name := range slices.Concat(s.theta, s.origin, s.first, s.second) {
		begin[name] = Load(Param(name), GP64())
	}
	s.column = func(name string, offset Register) Mem { return Mem{Base: begin[name], Index: offset, Scale: 1} }
}

// positions loads where walkers are.
func (s *sums) positions(offset Register) (theta []VecVirtual) {
	for _, name := range s.theta {
		t := s.vector()
		s.move(s.column(name, offset), t)
		theta = append(theta, t)
	}
	return theta
}

// add adds walkers, and loses where they are.
func (s *sums) add(theta []VecVirtual, offset Register) {
	for a, t := range theta {
		s.do(sub, s.column(s.origin[a], offset), t, t)
		s.addTo(s.column(s.first[a], offset), t)
	}
	k := 0
	for a, t := range theta {
		for _, other := range theta[a:] {
			product := s.vector()
			s.do(mul, other, t, product)
			s.addTo(s.column(s.second[k], offset), product)
			k++
		}
	}
}

// addTo adds to a column.
func (s *sums) addTo(column Mem, v VecVirtual) {
	sum := s.vector()
	s.do(add, column, v, sum)
	s.move(sum, column)
}

// cells are those of walkers.
type cells struct {
	lanes
	axis   func(k int) VecVirtual // number k of the axes in all lanes
	none   VecVirtual
	inside *condition
	to     Register
}

func (l lanes) newCells(d int) *cells {
	axes := Load(Param("axes"), GP64())
	c := &cells{lanes: l, none: l.zeros(1)[0], inside: l.everywhere(), to: Load(Param("cells"), GP64())}
	c.axis = func(k int) VecVirtual {
		v := l.vector()
		l.spread(Mem{Base: axes, Disp: 8 * k}, v)
		return v
	}
	if l.count == 8 { // there are registers for all
		var constants []VecVirtual
		for k := range 4 * d {
			constants = append(constants, c.axis(k))
		}
		c.axis = func(k int) VecVirtual { return constants[k] }
	}
	return c
}

// find stores the cells of the next walkers.
func (c *cells) find(theta []VecVirtual) {
	var sum VecVirtual
	for a, t := range theta {
		u := c.vector()
		c.do(sub, c.axis(4*a), t, u)
		c.do(mul, c.axis(4*a+1), u, u)
		c.inside.and(c.none, atMost, u)
		c.inside.and(u, less, c.axis(4*a+2))
		c.truncate(u)
		c.do(mul, c.axis(4*a+3), u, u)
		if a > 0 {
			c.do(add, sum, u, u)
		}
		sum = u
	}
	c.integers(sum, Mem{Base: c.to})
	ADDQ(Imm(uint64(4*c.count)), c.to)
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
		i := ZMM()
		VCVTTPD2DQ(x, i.AsY())
		VEXTRACTI64X4(Imm(0), i, to) // as VMOVDQU has half of all registers
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
