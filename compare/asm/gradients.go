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
	l.kernel("linear1", 1, always(func(k *walkers) [][]VecVirtual {
		w := make([]VecVirtual, k.groups())
		for g := range w {
			w[g] = k.theta[g][0]
		}
		sums := make([][]VecVirtual, k.groups())
		for g, slope := range k.slopes(w) {
			sums[g] = []VecVirtual{slope}
		}
		return sums
	}))
}

// linear writes the kernel for linear regression with d features, 2 or 3.
func (l lanes) linear(d int) {
	l.kernel(fmt.Sprint("linear", d), d, func() gradient {
		columns := l.columns
		if d == 2 {
			columns = l.firstThree()
		}
		return func(k *walkers) [][]VecVirtual {
			sums := k.sums(d)
			k.samples(func(g int, row func(int) Mem) {
				theta := k.theta[g]
				x := columns(row, k.parts)
				e, t := k.vector(), k.vector()
				k.do(mul, x[0], theta[0], e)
				for a := 1; a < d; a++ {
					k.do(mul, x[a], theta[a], t)
					k.do(add, t, e, e)
				}
				k.do(sub, x[d], e, e)
				for a, s := range sums[g] {
					k.do(mul, e, x[a], x[a])
					k.do(add, x[a], s, s)
				}
			}, 32)
			return sums
		}
	})
}

// deepLinear writes the kernel for the product of two parameters.
func (l lanes) deepLinear() {
	l.kernel("deepLinear", 2, always(func(k *walkers) [][]VecVirtual {
		product, sums := make([]VecVirtual, k.groups()), make([][]VecVirtual, k.groups())
		for g, theta := range k.theta {
			product[g] = k.vector()
			k.do(mul, theta[0], theta[1], product[g])
		}
		for g, slope := range k.slopes(product) {
			sums[g] = []VecVirtual{k.vector(), k.vector()}
			k.do(mul, k.theta[g][1], slope, sums[g][0])
			k.do(mul, k.theta[g][0], slope, sums[g][1])
		}
		return sums
	}))
}

// walkers are groups of as many as there are lanes.
type walkers struct {
	lanes
	theta [][]VecVirtual // of each group
	rows  Register
	order order
	parts []VecVirtual // what rows are loaded into
}

func (k *walkers) groups() int { return len(k.theta) }

// sums returns d registers of zeros for each group.
func (k *walkers) sums(d int) (s [][]VecVirtual) {
	for range k.theta {
		s = append(s, k.zeros(d))
	}
	return s
}

// A gradient returns sums over the batches of a step.
type gradient func(*walkers) [][]VecVirtual

// always returns a gradient that needs nothing beforehand.
func always(g gradient) func() gradient { return func() gradient { return g } }

// kernel writes a kernel for models of d parameters, one for each order of indices; prepare does what has to be
// done once.
func (l lanes) kernel(name string, d int, prepare func() gradient) {
	l.ordered(name, d, &apart{lanes: l}, prepare)
	l.ordered(name+"Woven", d, &woven{lanes: l}, prepare)
}

func (l lanes) ordered(name string, d int, indices order, prepare func() gradient) {
	_, outs := names("o", d)
	_, thetas := names("t", d)
	name = fmt.Sprintf("%sBy%d", name, l.count)
	parameter, meaning := indices.parameter()
	TEXT(name, NOSPLIT, "func("+outs+thetas+"rows *float64, indices *uint32, "+parameter+", batch, walkers int, c *float64, steps int)")
	Pragma("noescape")
	Doc(
		name+" takes so many steps of so many walkers, one after the other: it subtracts c of the step times the sum",
		fmt.Sprintf("of gradients over its batch from o. Beyond one step o is t. The walkers are a multiple of %d.", l.count),
		fmt.Sprintf("%s It needs %s.", meaning, l.needs))
	rows := Load(Param("rows"), GP64())
	indices.begin(Load(Param("indices"), GP64()))
	offset, end := GP64(), Load(Param("walkers"), GP64())
	XORQ(offset, offset)
	SHLQ(Imm(3), end)
	parts, sums := l.parts(), prepare()
	for groups := mostGroups(d); groups > 0; groups-- {
		label := func(what string) string { return fmt.Sprint(what, groups) }
		next := GP64()
		Label(label("walkers"))
		LEAQ(Mem{Base: offset, Disp: 8 * l.count * groups}, next)
		CMPQ(next, end)
		JGT(LabelRef(label("fewer")))
		k := &walkers{lanes: l, theta: make([][]VecVirtual, groups), rows: rows, order: indices, parts: parts}
		k.descend(d, offset, sums)
		MOVQ(next, offset)
		JMP(LabelRef(label("walkers")))
		Label(label("fewer"))
	}
	l.ret()
}

// mostGroups returns how many groups take their steps by turns, so that each goes on while the other waits for its
// sums. For three parameters four lanes have no registers for two.
func mostGroups(d int) int {
	if d <= 2 {
		return 2
	}
	return 1
}

// descend takes the steps.
func (k *walkers) descend(d int, offset Register, gradient gradient) {
	to, _ := names("o", d)
	from, _ := names("t", d)
	of := func(name string, group int) Mem { return column(name, offset).Offset(8 * k.count * group) }
	for g := range k.theta {
		for a := range d {
			k.theta[g] = append(k.theta[g], k.vector())
			k.move(of(from[a], g), k.theta[g][a])
		}
	}
	k.order.walkers(k.groups())
	c, left := Load(Param("c"), GP64()), Load(Param("steps"), GP64())
	label := fmt.Sprint("steps", k.groups())
	Label(label)
	sums := gradient(k)
	factor := k.vector()
	k.spread(Mem{Base: c}, factor)
	for g, theta := range k.theta {
		for a, sum := range sums[g] {
			out := of(to[a], g)
			k.move(out, theta[a])
			k.do(mul, factor, sum, sum)
			k.do(sub, sum, theta[a], theta[a])
			k.move(theta[a], out)
		}
	}
	ADDQ(Imm(8), c)
	DECQ(left)
	JNE(LabelRef(label))
}

// slopes returns w Σxx − Σxy for the w of each group. Rows, of xx and xy, are added up as they are loaded.
func (k *walkers) slopes(w []VecVirtual) (slopes []VecVirtual) {
	sums := k.sums(2)
	k.samples(func(g int, row func(int) Mem) {
		for i, h := range k.halves(row) {
			k.do(add, h, sums[g][i], sums[g][i])
		}
	}, 16)
	for g := range sums {
		s := k.unpacked(sums[g][0], sums[g][1])
		k.do(mul, w[g], s[0], s[0])
		k.do(sub, s[1], s[0], s[0])
		slopes = append(slopes, s[0])
	}
	return slopes
}

// samples goes over the batches of a step: do gets a group, and a function that leads to the row, of so many bytes, of
// one sample of one of its walkers.
func (k *walkers) samples(do func(group int, row func(walker int) Mem), bytes uint64) {
	left := Load(Param("batch"), GP64())
	label := fmt.Sprint("samples", k.groups())
	Label(label)
	for g := range k.groups() {
		do(g, func(w int) Mem {
			// Rows end below 2³⁵ bytes. Beside eight lanes a product has a port of its own, where a shift would wait
			// for those of vectors; beside fewer it is the other way round.
			i, index := GP64(), k.order.index(g, w)
			if k.count == 8 {
				IMUL3L(Imm(bytes/8), index, i.As32())
			} else {
				MOVL(index, i.As32())
				SHLQ(Imm(uint64(bits.TrailingZeros64(bytes/8))), i)
			}
			return Mem{Base: k.rows, Index: i, Scale: 8}
		})
	}
	k.order.next()
	DECQ(left)
	JNE(LabelRef(label))
}

// halves loads rows of two numbers: those of even walkers into one register, of odd ones into another.
func (k *walkers) halves(row func(w int) Mem) []VecVirtual {
	half := k.parts[:2]
	for w := range k.count {
		from, to, part := row(w), half[w%2], uint64(w/2)
		switch {
		case k.count == 2:
			MOVUPD(from, to)
		case part == 0:
			VMOVUPD(from, to.AsX())
		case k.count == 4:
			VINSERTF128(Imm(part), from, to, to)
		default:
			VINSERTF32X4(Imm(part), from, to, to)
		}
	}
	return half
}
