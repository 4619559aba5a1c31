//go:build ignore

// This program writes kernel_amd64.s and its stubs: C += A·B for tiles of 8 × 24 numbers
// with AVX-512 and of 4 × 12 with AVX2. See kernel.go for what the tiles are.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/operators/markov")
	ConstraintExpr("amd64")
	kernel512()
	kernel2()
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

func kernel512() {
	TEXT("kernel8x24", NOSPLIT, "func(k int, a *float64, lda int, b *float64, c *float64, ldc int)")
	Doc("kernel8x24 adds A·B to C: 8 rows of A, lda apart, times B, k rows of 24 packed; 8 rows of C, ldc apart. It needs AVX-512F.")
	k, a, lda, b, c, ldc := pointers()
	a4, a3, c4, c3 := GP64(), GP64(), GP64(), GP64()
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, a3)
	LEAQ(Mem{Base: a, Index: lda, Scale: 4}, a4)
	LEAQ(Mem{Base: ldc, Index: ldc, Scale: 2}, c3)
	LEAQ(Mem{Base: c, Index: ldc, Scale: 4}, c4)
	rowsA := append(rows(a, lda, a3), rows(a4, lda, a3)...)
	rowsC := append(rows(c, ldc, c3), rows(c4, ldc, c3)...)
	var acc [8][3]VecVirtual
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = ZMM()
			VMOVUPD(rowsC[i].Offset(64*j), acc[i][j])
		}
	}
	v := [3]VecVirtual{ZMM(), ZMM(), ZMM()}
	Label("loop512")
	TESTQ(k, k)
	JE(LabelRef("done512"))
	for j := range v {
		VMOVUPD(Mem{Base: b, Disp: 64 * j}, v[j])
	}
	for i := range acc {
		for j := range v {
			VFMADD231PD_BCST(rowsA[i], v[j], acc[i][j])
		}
	}
	ADDQ(Imm(8), a)
	ADDQ(Imm(8), a4)
	ADDQ(U32(192), b)
	DECQ(k)
	JMP(LabelRef("loop512"))
	Label("done512")
	for i := range acc {
		for j := range acc[i] {
			VMOVUPD(acc[i][j], rowsC[i].Offset(64*j))
		}
	}
	VZEROUPPER()
	RET()
}

func kernel2() {
	TEXT("kernel4x12", NOSPLIT, "func(k int, a *float64, lda int, b *float64, c *float64, ldc int)")
	Doc("kernel4x12 adds A·B to C: 4 rows of A, lda apart, times B, k rows of 12 packed; 4 rows of C, ldc apart. It needs AVX2 and FMA.")
	k, a, lda, b, c, ldc := pointers()
	a3, c3 := GP64(), GP64()
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, a3)
	LEAQ(Mem{Base: ldc, Index: ldc, Scale: 2}, c3)
	rowsA, rowsC := rows(a, lda, a3), rows(c, ldc, c3)
	var acc [4][3]VecVirtual
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = YMM()
			VMOVUPD(rowsC[i].Offset(32*j), acc[i][j])
		}
	}
	v := [3]VecVirtual{YMM(), YMM(), YMM()}
	one := YMM()
	Label("loop2")
	TESTQ(k, k)
	JE(LabelRef("done2"))
	for j := range v {
		VMOVUPD(Mem{Base: b, Disp: 32 * j}, v[j])
	}
	for i := range acc {
		VBROADCASTSD(rowsA[i], one)
		for j := range v {
			VFMADD231PD(v[j], one, acc[i][j])
		}
	}
	ADDQ(Imm(8), a)
	ADDQ(Imm(96), b)
	DECQ(k)
	JMP(LabelRef("loop2"))
	Label("done2")
	for i := range acc {
		for j := range acc[i] {
			VMOVUPD(acc[i][j], rowsC[i].Offset(32*j))
		}
	}
	VZEROUPPER()
	RET()
}
