//go:build ignore

// This program writes tally_amd64.s and its stubs: what is counted of eight walkers at once
// with AVX-512, a walker in each lane, in one, two and three dimensions. Every operation is that
// of the loops in moments.go and histogram.go, in their order.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/compare")
	ConstraintExpr("amd64")
	for d := 1; d <= 3; d++ {
		moments(d)
	}
	for d := 1; d <= 3; d++ {
		cells(d)
	}
	Generate()
}

const ofWalkers = "for so many walkers, a multiple of eight and at least that. It needs AVX-512F."

// names returns a name for each of some columns, and their list as parameters.
func names(name string, count int) (list []string, parameters string) {
	for k := range count {
		list = append(list, fmt.Sprint(name, k))
		parameters += list[k] + ", "
	}
	return list, parameters
}

// column is where the numbers of eight walkers are.
func column(name string, offset Register) Mem {
	return Mem{Base: Load(Param(name), GP64()), Index: offset, Scale: 1}
}

// overWalkers writes the loop; body gets the offset of eight walkers.
func overWalkers(body func(offset Register)) {
	offset, end := GP64(), Load(Param("walkers"), GP64())
	XORQ(offset, offset)
	SHLQ(Imm(3), end)
	Label("walkers")
	body(offset)
	ADDQ(Imm(64), offset)
	CMPQ(offset, end)
	JLT(LabelRef("walkers"))
	VZEROUPPER()
}

// add adds to a column.
func add(to Mem, v VecVirtual) {
	sum := ZMM()
	VADDPD(to, v, sum)
	VMOVUPD(sum, to)
}

func moments(d int) {
	theta, t := names("t", d)
	origin, o := names("o", d)
	first, f := names("f", d)
	second, s := names("s", d*(d+1)/2)
	name := fmt.Sprintf("moments%dLanes", d)
	TEXT(name, NOSPLIT, "func("+t+o+f+s[:len(s)-2]+" *float64, walkers int)")
	Pragma("noescape")
	Doc(name+" adds t − o to f and their products, packed, to s,", ofWalkers)
	overWalkers(func(offset Register) {
		off := make([]VecVirtual, d)
		for a := range off {
			off[a] = ZMM()
			VMOVUPD(column(theta[a], offset), off[a])
			VSUBPD(column(origin[a], offset), off[a], off[a])
			add(column(first[a], offset), off[a])
		}
		k := 0
		for a := range off {
			for _, other := range off[a:] {
				product := ZMM()
				VMULPD(other, off[a], product)
				add(column(second[k], offset), product)
				k++
			}
		}
	})
	RET()
}

// broadcast returns number k of the axes in all lanes.
func broadcast(axes Register, k int) VecVirtual {
	v := ZMM()
	VBROADCASTSD(Mem{Base: axes, Disp: 8 * k}, v)
	return v
}

func cells(d int) {
	xs, parameters := names("x", d)
	name := fmt.Sprintf("cells%dLanes", d)
	TEXT(name, NOSPLIT, "func(cells *int32, "+parameters[:len(parameters)-2]+" *float64, axes *[4]float64, walkers int) bool")
	Pragma("noescape")
	Doc(
		name+" sets cells to Σ stride ⌊(x − lo) perCell⌋ and says whether all (x − lo) perCell are in",
		"[0, count), with lo, perCell, count and stride of each axis in axes,", ofWalkers)
	axes := Load(Param("axes"), GP64())
	var constants [][]VecVirtual
	for a := range d {
		constants = append(constants, []VecVirtual{broadcast(axes, 4*a), broadcast(axes, 4*a+1), broadcast(axes, 4*a+2), broadcast(axes, 4*a+3)})
	}
	zero, all, to := ZMM(), K(), Load(Param("cells"), GP64())
	VPXORQ(zero, zero, zero)
	KXNORW(all, all, all)
	overWalkers(func(offset Register) {
		var sum VecVirtual
		for a, c := range constants {
			u := ZMM()
			VMOVUPD(column(xs[a], offset), u)
			VSUBPD(c[0], u, u)
			VMULPD(c[1], u, u)
			const notLess, less = 0x1d, 0x11
			VCMPPD(Imm(notLess), zero, u, all, all)
			VCMPPD(Imm(less), c[2], u, all, all)
			const towardsZero = 3
			VRNDSCALEPD(Imm(towardsZero), u, u)
			VMULPD(c[3], u, u)
			if a > 0 {
				VADDPD(sum, u, u)
			}
			sum = u
		}
		index := YMM()
		VCVTTPD2DQ(sum, index)
		VMOVDQU(index, Mem{Base: to})
		ADDQ(Imm(32), to)
	})
	bits, ok := GP32(), GP8()
	KMOVW(all, bits)
	CMPB(bits.As8(), Imm(0xff))
	SETEQ(ok)
	Store(ok, ReturnIndex(0))
	RET()
}
