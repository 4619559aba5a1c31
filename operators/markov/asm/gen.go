//go:build ignore

// This program writes kernel_amd64.s and its stubs: C += A·B for tiles of 8 × 24 numbers
// with AVX-512 and of 4 × 12 with AVX2. See kernel.go for what the tiles are.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/operators/markov")
	ConstraintExpr("amd64")
	kernel("kernel8x24", 8, 64, "AVX-512F", ZMM, func(row Mem, v, acc []VecVirtual) {
		for j := range v {
			VFMADD231PD_BCST(row, v[j], acc[j])
		}
	})
	kernel("kernel4x12", 4, 32, "AVX2 and FMA", YMM, func(row Mem, v, acc []VecVirtual) {
		one := YMM()
		VBROADCASTSD(row, one)
		for j := range v {
			VFMADD231PD(v[j], one, acc[j])
		}
	})
	Generate()
}

// pointers loads the arguments: k, and the addresses of tiles with strides in bytes.
func pointers() (k, a, lda, b, c, ldc Register) {
	k = Load(Param("k"), GP64())
	a = Load(Param("a"), GP64())
	lda = Load(Param("lda"), GP64())
	b = Load(Param("b"), GP64())
	c = Load(Param("c"), GP64())
	ldc = Load(Param("ldc"), GP64())
	SHLQ(Imm(3), lda)
	SHLQ(Imm(3), ldc)
	return
}

// rows returns operands for the first numbers of n rows at base with the stride ld, for
// n = 4: base, base+ld, base+2ld and base+3ld.
func rows(base, ld, triple Register) []Mem {
	return []Mem{
		{Base: base},
		{Base: base, Index: ld, Scale: 1},
		{Base: base, Index: ld, Scale: 2},
		{Base: base, Index: triple, Scale: 1},
	}
}

// kernel writes the kernel for tiles of some rows and three registers of so many bytes
// each; multiply adds a number of A, in memory, times a row of B.
func kernel(name string, count, width int, needs string, register func() VecVirtual, multiply func(row Mem, v, acc []VecVirtual)) {
	const registers = 3
	cols := registers * width / 8
	TEXT(name, NOSPLIT, "func(k int, a *float64, lda int, b *float64, c *float64, ldc int)")
	Doc(fmt.Sprintf("%s adds A·B to C: %d rows of A, lda apart, times B, k rows of %d packed; %d rows of C, ldc apart. It needs %s.", name, count, cols, count, needs))
	k, a, lda, b, c, ldc := pointers()
	a3, c3 := GP64(), GP64()
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, a3)
	LEAQ(Mem{Base: ldc, Index: ldc, Scale: 2}, c3)
	rowsA, rowsC := rows(a, lda, a3), rows(c, ldc, c3)
	steps := []Register{a}
	if count == 8 {
		a4, c4 := GP64(), GP64()
		LEAQ(Mem{Base: a, Index: lda, Scale: 4}, a4)
		LEAQ(Mem{Base: c, Index: ldc, Scale: 4}, c4)
		rowsA, rowsC = append(rowsA, rows(a4, lda, a3)...), append(rowsC, rows(c4, ldc, c3)...)
		steps = append(steps, a4)
	}
	acc := make([][]VecVirtual, count)
	for i := range acc {
		for j := range registers {
			acc[i] = append(acc[i], register())
			VMOVUPD(rowsC[i].Offset(width*j), acc[i][j])
		}
	}
	v := []VecVirtual{register(), register(), register()}
	Label("loop")
	TESTQ(k, k)
	JE(LabelRef("done"))
	for j := range v {
		VMOVUPD(Mem{Base: b, Disp: width * j}, v[j])
	}
	for i := range acc {
		multiply(rowsA[i], v, acc[i])
	}
	for _, p := range steps {
		ADDQ(Imm(8), p)
	}
	ADDQ(U32(registers*width), b)
	DECQ(k)
	JMP(LabelRef("loop"))
	Label("done")
	for i := range acc {
		for j := range acc[i] {
			VMOVUPD(acc[i][j], rowsC[i].Offset(width*j))
		}
	}
	VZEROUPPER()
	RET()
}
