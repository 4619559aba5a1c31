//go:build ignore

// This program writes lanes_amd64.s and its stubs: what is done with eight walkers at once with
// AVX-512, with four with AVX2, and with two with AVX, a walker in each lane.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/compare")
	ConstraintExpr("amd64")
	for _, l := range []lanes{{8, "AVX-512F"}, {4, "AVX2"}, {2, "AVX"}} {
		l.linear1()
		l.linear(2)
		l.linear(3)
		l.deepLinear()
		for d := 1; d <= 3; d++ {
			l.moments(d)
		}
		for d := 1; d <= 3; d++ {
			l.cells(d)
		}
	}
	Generate()
}

// lanes is how many walkers go at once, and what that needs.
type lanes struct {
	count int
	needs string
}

// vector returns a new register with all lanes.
func (l lanes) vector() VecVirtual {
	switch l.count {
	case 8:
		return ZMM()
	case 4:
		return YMM()
	}
	return XMM()
}

// spread loads a number into all lanes.
func (l lanes) spread(from Mem, to VecVirtual) {
	if l.count == 2 {
		VMOVDDUP(from, to)
	} else {
		VBROADCASTSD(from, to)
	}
}

// zeros returns n registers of zeros.
func (l lanes) zeros(n int) (z []VecVirtual) {
	for range n {
		v := l.vector()
		if l.count == 8 {
			VPXORQ(v, v, v)
		} else {
			VPXOR(v, v, v)
		}
		z = append(z, v)
	}
	return z
}
