//go:build ignore

// This program writes kernel_amd64.s and its stubs: Gauss–Seidel sweeps along rows, in
// blocks of eight cells with AVX-512 and of four with AVX2. See kernel.go.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
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

func main() {
	ConstraintExpr("amd64,!purego")
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
