//go:build ignore

package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has sums of gradients over minibatches. Every operation is that of the loops in
// quadratic.go, in their order.

// linear1 writes the kernel for linear regression with one feature.
func (l lanes) linear1() {
	l.kernel("linear1", 1, func(k *walkers) []VecVirtual {
		return []VecVirtual{k.slope(k.theta[0])}
	})
}

// linear writes the kernel for linear regression with d features, 2 or 3.
func (l lanes) linear(d int) {
	l.kernel(fmt.Sprint("linear", d), d, func(k *walkers) []VecVirtual {
		sums := k.zeros(d)
		k.samples(func(row func(int) Mem) {
			x := k.columns(row, d+1)
			e, t := k.vector(), k.vector()
			VMULPD(x[0], k.theta[0], e)
			for a := 1; a < d; a++ {
				VMULPD(x[a], k.theta[a], t)
				VADDPD(t, e, e)
			}
			VSUBPD(x[d], e, e)
			for a := range sums {
				VMULPD(x[a], e, t)
				VADDPD(t, sums[a], sums[a])
			}
		}, 32)
		return sums
	})
}

// deepLinear writes the kernel for the product of two parameters.
func (l lanes) deepLinear() {
	l.kernel("deepLinear", 2, func(k *walkers) []VecVirtual {
		product, g := k.vector(), []VecVirtual{k.vector(), k.vector()}
		VMULPD(k.theta[0], k.theta[1], product)
		slope := k.slope(product)
		VMULPD(k.theta[1], slope, g[0])
		VMULPD(k.theta[0], slope, g[1])
		return g
	})
}

// walkers are as many as there are lanes.
type walkers struct {
	lanes
	theta []VecVirtual
	rows  Register
	order order
}

// kernel writes a kernel for models of d parameters, one for each order of indices; gradient returns its sums over
// batches.
func (l lanes) kernel(name string, d int, gradient func(*walkers) []VecVirtual) {
	l.ordered(name, d, &apart{lanes: l}, gradient)
	l.ordered(name+"Woven", d, &woven{lanes: l}, gradient)
}

func (l lanes) ordered(name string, d int, indices order, gradient func(*walkers) []VecVirtual) {
	to, outs := names("o", d)
	from, thetas := names("t", d)
	name = fmt.Sprintf("%sBy%d", name, l.count)
	parameter, meaning := indices.parameter()
	TEXT(name, NOSPLIT, "func("+outs+thetas+"rows *float64, indices *uint32, "+parameter+", batch, walkers int, c *float64, steps int)")
	Pragma("noescape")
	Doc(
		name+" takes so many steps of so many walkers, one after the other: it subtracts c of the step times the sum",
		fmt.Sprintf("of gradients over its batch from o. Beyond one step o is t. The walkers are a multiple of %d and at least", l.count),
		fmt.Sprintf("that. %s It needs %s.", meaning, l.needs))
	k := &walkers{lanes: l, rows: Load(Param("rows"), GP64()), order: indices}
	indices.begin(Load(Param("indices"), GP64()))
	offset, end := GP64(), Load(Param("walkers"), GP64())
	XORQ(offset, offset)
	SHLQ(Imm(3), end)
	Label("walkers")
	k.theta = l.load(from, offset)
	out := l.load(to, offset)
	indices.walkers()
	c, left := Load(Param("c"), GP64()), Load(Param("steps"), GP64())
	Label("steps")
	factor := l.vector()
	g := gradient(k)
	l.spread(Mem{Base: c}, factor)
	for a := range g {
		VMULPD(factor, g[a], g[a])
		VSUBPD(g[a], out[a], out[a])
		VMOVAPD(out[a], k.theta[a])
	}
	ADDQ(Imm(8), c)
	DECQ(left)
	JNE(LabelRef("steps"))
	for a, o := range out {
		VMOVUPD(o, column(to[a], offset))
	}
	ADDQ(Imm(uint64(8*l.count)), offset)
	CMPQ(offset, end)
	JLT(LabelRef("walkers"))
	VZEROUPPER()
	RET()
}

// load returns the numbers of the walkers in columns.
func (l lanes) load(columns []string, offset Register) (v []VecVirtual) {
	for _, name := range columns {
		v = append(v, l.vector())
		VMOVUPD(column(name, offset), v[len(v)-1])
	}
	return v
}

// slope returns w Σxx − Σxy. Rows, of xx and xy, are added up as they are loaded.
func (k *walkers) slope(w VecVirtual) VecVirtual {
	sums := k.zeros(2)
	k.samples(func(row func(int) Mem) {
		for i, h := range k.halves(row) {
			VADDPD(h, sums[i], sums[i])
		}
	}, 16)
	s := k.unpacked(sums, 2)
	VMULPD(w, s[0], s[0])
	VSUBPD(s[1], s[0], s[0])
	return s[0]
}

// samples goes over the batches of a step: do gets a function that leads to the row, of so many bytes, of one sample of a walker.
func (k *walkers) samples(do func(row func(walker int) Mem), bytes uint64) {
	left := Load(Param("batch"), GP64())
	Label("samples")
	do(func(w int) Mem {
		// Rows end below 2³⁵ bytes. Beside eight lanes a product has a port of its own, where a shift would wait
		// for those of vectors; beside fewer it is the other way round.
		i := GP64()
		if k.count == 8 {
			IMUL3L(Imm(bytes/8), k.order.index(w), i.As32())
		} else {
			MOVL(k.order.index(w), i.As32())
			SHLQ(Imm(uint64(bits.TrailingZeros64(bytes/8))), i)
		}
		return Mem{Base: k.rows, Index: i, Scale: 8}
	})
	k.order.next()
	DECQ(left)
	JNE(LabelRef("samples"))
}

// halves loads the first two numbers of each row: those of even walkers into one register, of odd
// ones into another.
func (k *walkers) halves(row func(int) Mem) []VecVirtual {
	half := []VecVirtual{k.vector(), k.vector()}
	for w := range k.count {
		k.insert(row(w), half[w%2], w/2)
	}
	return half
}

// insert loads two numbers into a part of a register. The first goes to all parts: a register of which
// only a part is set counts as in use before that.
func (k *walkers) insert(from Mem, to VecVirtual, part int) {
	switch {
	case k.count == 2:
		VMOVUPD(from, to)
	case part == 0 && k.count == 8:
		VBROADCASTF32X4(from, to)
	case part == 0:
		VBROADCASTF128(from, to)
	case k.count == 8:
		VINSERTF32X4(Imm(uint64(part)), from, to, to)
	default:
		VINSERTF128(Imm(1), from, to, to)
	}
}

// columns loads rows of four numbers and returns the first columns, 3 or 4.
func (k *walkers) columns(row func(int) Mem, count int) []VecVirtual {
	half := []VecVirtual{k.vector(), k.vector(), k.vector(), k.vector()}
	if k.count < 8 {
		for w := range k.count {
			from := row(w)
			k.insert(from, half[w%2], w/2)
			k.insert(from.Offset(16), half[2+w%2], w/2)
		}
		return append(k.unpacked(half[:2], 2), k.unpacked(half[2:], count-2)...)
	}
	for i, w := range []int{0, 1, 4, 5} { // with w + 2, so that walkers are in order at the end
		VBROADCASTF64X4(row(w), half[i])
		VINSERTF64X4(Imm(1), row(w+2), half[i], half[i])
	}
	a, b := k.unpacked(half[:2], 2), k.unpacked(half[2:], 2)
	z := []VecVirtual{ZMM(), ZMM(), ZMM(), ZMM()}[:count]
	for i := range z {
		VSHUFF64X2(Imm([]uint64{0x88, 0xdd}[i/2]), b[i%2], a[i%2], z[i])
	}
	return z
}

// unpacked returns the even and, if count is 2, the odd numbers of two registers.
func (l lanes) unpacked(of []VecVirtual, count int) []VecVirtual {
	z := []VecVirtual{l.vector(), l.vector()}
	VUNPCKLPD(of[1], of[0], z[0])
	if count == 2 {
		VUNPCKHPD(of[1], of[0], z[1])
	}
	return z[:count]
}
