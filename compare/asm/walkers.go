//go:build ignore

// This program, with gradients.go, triples.go, order.go, tally.go and lanes.go, writes what is done with walkers.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/compare")
	ConstraintExpr("amd64,!purego")
	for _, l := range widths {
		l.linear1()
		l.linear(2)
		l.linear(3)
		l.deepLinear()
		for d := 1; d <= 3; d++ {
			l.tally(d)
		}
	}
	Generate()
}

// spread loads a number into all lanes.
func (l lanes) spread(from Mem, to VecVirtual) {
	if l.count == 2 {
		MOVSD(from, to)
		UNPCKLPD(to, to)
	} else {
		VBROADCASTSD(from, to)
	}
}

// zeros returns n registers of zeros.
func (l lanes) zeros(n int) (z []VecVirtual) {
	for range n {
		v := l.vector()
		l.zero(v)
		z = append(z, v)
	}
	return z
}

// names returns a name for each of some columns, and their list as parameters.
func names(name string, count int) (list []string, parameters string) {
	for k := range count {
		list = append(list, fmt.Sprint(name, k))
		parameters += list[k] + ", "
	}
	return list, parameters
}

// column is where the numbers of the walkers are.
func column(name string, offset Register) Mem {
	return Mem{Base: Load(Param(name), GP64()), Index: offset, Scale: 1}
}
