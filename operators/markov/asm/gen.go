//go:build ignore

// This program writes kernel_amd64.s and its stubs: C += A·B for tiles of 8 × 24 numbers
// with AVX-512 and of 4 × 12 with AVX2, and for parts of such tiles, and sums of runs of
// numbers. See tile.go for what the tiles are.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/ness-fp/ness/operators/markov")
	ConstraintExpr("amd64,!purego")
	for _, s := range []set{avx512, avx2} {
		s.add()
		s.full()
		for n := 1; n <= registers; n++ {
			s.edge(n)
		}
	}
	Generate()
}

// A set is a set of instructions: tiles have so many rows, and columns that fill three
// registers of so many bytes.
type set struct {
	needs       string
	rows, bytes int
	register    func() VecVirtual
	multiply    func(a Mem, b, acc []VecVirtual)            // adds a number of A, in memory, times a row of B
	masks       func(from Register, n int) []Op             // loads n masks
	load, store func(row Mem, j int, mask Op, v VecVirtual) // moves register j of a row under its mask
}

const registers = 3 // of a row of a tile

// cols returns the number of columns that n registers hold.
func (s *set) cols(n int) int { return n * s.bytes / 8 }

var avx512 = set{
	needs: "AVX-512F", rows: 8, bytes: 64, register: ZMM,
	multiply: func(a Mem, b, acc []VecVirtual) {
		for j := range b {
			VFMADD231PD_BCST(a, b[j], acc[j])
		}
	},
	masks: func(from Register, n int) (masks []Op) {
		for j := range n {
			z, k := ZMM(), K()
			VMOVDQU64(Mem{Base: from, Disp: 64 * j}, z)
			VPTESTMQ(z, z, k)
			masks = append(masks, k)
		}
		return masks
	},
	load:  func(row Mem, j int, mask Op, v VecVirtual) { VMOVUPD_Z(row.Offset(64*j), mask, v) },
	store: func(row Mem, j int, mask Op, v VecVirtual) { VMOVUPD(v, mask, row.Offset(64*j)) },
}

var avx2 = set{
	needs: "AVX2 and FMA", rows: 4, bytes: 32, register: YMM,
	multiply: func(a Mem, b, acc []VecVirtual) {
		one := YMM()
		VBROADCASTSD(a, one)
		for j := range b {
			VFMADD231PD(b[j], one, acc[j])
		}
	},
	masks: func(from Register, n int) (masks []Op) { // they stay in memory: there are no registers left
		for j := range n {
			masks = append(masks, Mem{Base: from, Disp: 32 * j})
		}
		return masks
	},
	load: func(row Mem, j int, mask Op, v VecVirtual) {
		m := YMM()
		VMOVUPD(mask, m)
		VMASKMOVPD(row.Offset(32*j), m, v)
	},
	store: func(row Mem, j int, mask Op, v VecVirtual) {
		m := YMM()
		VMOVUPD(mask, m)
		VMASKMOVPD(v, m, row.Offset(32*j))
	},
}

// argument loads an argument, stride one that is a stride, in bytes.
func argument(name string) Register { return Load(Param(name), GP64()) }

func stride(name string) Register {
	ld := argument(name)
	SHLQ(Imm(3), ld)
	return ld
}

// four returns operands for the first numbers of four rows at base with the stride ld.
func four(base, ld, triple Register) []Mem {
	return []Mem{
		{Base: base},
		{Base: base, Index: ld, Scale: 1},
		{Base: base, Index: ld, Scale: 2},
		{Base: base, Index: triple, Scale: 1},
	}
}

// tile returns operands for the rows of a tile, and the registers that lead to them.
func (s *set) tile(base, ld Register) (rows []Mem, bases []Register) {
	triple := GP64()
	LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, triple)
	rows, bases = four(base, ld, triple), []Register{base}
	if s.rows == 8 {
		middle := GP64()
		LEAQ(Mem{Base: base, Index: ld, Scale: 4}, middle)
		rows, bases = append(rows, four(middle, ld, triple)...), append(bases, middle)
	}
	return rows, bases
}

// full writes the kernel for whole tiles.
func (s *set) full() {
	name := fmt.Sprintf("kernel%dx%d", s.rows, s.cols(registers))
	TEXT(name, NOSPLIT, "func(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)")
	Doc(fmt.Sprintf("%s adds A·B to C: %d rows of A, k rows of B with %d columns, %d rows of C, so many numbers apart. It needs %s.", name, s.rows, s.cols(registers), s.rows, s.needs))
	k, ldb, b := argument("k"), stride("ldb"), argument("b")
	rowsA, steps := s.tile(argument("a"), stride("lda"))
	rowsC, _ := s.tile(argument("c"), stride("ldc"))
	acc := make([][]VecVirtual, s.rows)
	for i := range acc {
		for j := range registers {
			acc[i] = append(acc[i], s.register())
			VMOVUPD(rowsC[i].Offset(s.bytes*j), acc[i][j])
		}
	}
	v := []VecVirtual{s.register(), s.register(), s.register()}
	Label("loop")
	TESTQ(k, k)
	JE(LabelRef("done"))
	for j := range v {
		VMOVUPD(Mem{Base: b, Disp: s.bytes * j}, v[j])
	}
	for i := range acc {
		s.multiply(rowsA[i], v, acc[i])
	}
	for _, p := range steps {
		ADDQ(Imm(8), p)
	}
	ADDQ(ldb, b)
	DECQ(k)
	JMP(LabelRef("loop"))
	Label("done")
	for i := range acc {
		for j := range acc[i] {
			VMOVUPD(acc[i][j], rowsC[i].Offset(s.bytes*j))
		}
	}
	VZEROUPPER()
	RET()
}

// edge writes the kernel for parts of tiles with columns in n registers. For rows that
// are missing it computes the last one again, so that no branch depends on their number.
func (s *set) edge(n int) {
	name := fmt.Sprintf("edge%dx%d", s.rows, s.cols(n))
	TEXT(name, NOSPLIT, "func(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int, rows int, scale *float64, mask *int64)")
	Doc(fmt.Sprintf("%s is kernel%dx%d for up to %d rows, at least one, and those of up to %d columns where mask is −1; row i of the sum is multiplied by scale[i], that of rows which are missing by the scale of the last one. All of A and B is read before C is written. It needs %s.", name, s.rows, s.cols(registers), s.rows, s.cols(n), s.needs))
	mask := s.masks(argument("mask"), n)
	acc := make([][]VecVirtual, s.rows)
	s.eachRow(func(i int, row Mem) {
		for j := range n {
			acc[i] = append(acc[i], s.register())
			s.load(row, j, mask[j], acc[i][j])
		}
	}, "c", "ldc")
	var rowsA []Register
	s.eachRow(func(_ int, row Mem) {
		p := GP64()
		MOVQ(row.Base, p)
		rowsA = append(rowsA, p)
	}, "a", "lda")
	k, ldb, b := argument("k"), stride("ldb"), argument("b")
	at := GP64()
	XORQ(at, at)
	v := make([]VecVirtual, n)
	for j := range v {
		v[j] = s.register()
	}
	Label("loop")
	CMPQ(at, k)
	JE(LabelRef("done"))
	for j := range v {
		s.load(Mem{Base: b}, j, mask[j], v[j])
	}
	for i := range acc {
		s.multiply(Mem{Base: rowsA[i], Index: at, Scale: 8}, v, acc[i])
	}
	INCQ(at)
	ADDQ(ldb, b)
	JMP(LabelRef("loop"))
	Label("done")
	scale, one := argument("scale"), s.register()
	s.eachRow(func(i int, row Mem) {
		VBROADCASTSD(Mem{Base: scale, Disp: 8 * i}, one)
		for j := range acc[i] {
			VMULPD(one, acc[i][j], acc[i][j])
			s.store(row, j, mask[j], acc[i][j])
		}
	}, "c", "ldc")
	VZEROUPPER()
	RET()
}

// add writes the kernel for runs of numbers, which has a register of them at a time and
// the end of a run under a mask. The fields of a run are from, to and length.
func (s *set) add() {
	const fieldBytes, fields = 8, 3
	width := s.cols(1)
	name := fmt.Sprintf("add%d", width)
	TEXT(name, NOSPLIT, "func(dst *float64, x *float64, runs *run, count int, masks *int64)")
	Doc(fmt.Sprintf("%s adds count runs, at least one, of numbers of x to dst. The mask of n numbers is n before masks. It needs %s.", name, s.needs))
	dst, x, runs, count, masks := argument("dst"), argument("x"), argument("runs"), argument("count"), argument("masks")
	from, to, length := GP64(), GP64(), GP64()
	v, sum := s.register(), s.register()
	Label("run")
	MOVQ(Mem{Base: runs}, from)
	MOVQ(Mem{Base: runs, Disp: fieldBytes}, to)
	MOVQ(Mem{Base: runs, Disp: 2 * fieldBytes}, length)
	LEAQ(Mem{Base: x, Index: from, Scale: 8}, from)
	LEAQ(Mem{Base: dst, Index: to, Scale: 8}, to)
	Label("whole")
	CMPQ(length, Imm(uint64(width)))
	JLT(LabelRef("rest"))
	VMOVUPD(Mem{Base: from}, v)
	VADDPD(Mem{Base: to}, v, sum)
	VMOVUPD(sum, Mem{Base: to})
	ADDQ(Imm(uint64(s.bytes)), from)
	ADDQ(Imm(uint64(s.bytes)), to)
	SUBQ(Imm(uint64(width)), length)
	JMP(LabelRef("whole"))
	Label("rest")
	TESTQ(length, length)
	JE(LabelRef("next"))
	NEGQ(length)
	LEAQ(Mem{Base: masks, Index: length, Scale: 8}, length)
	mask := s.masks(length, 1)[0]
	s.load(Mem{Base: from}, 0, mask, v)
	s.load(Mem{Base: to}, 0, mask, sum)
	VADDPD(v, sum, sum)
	s.store(Mem{Base: to}, 0, mask, sum)
	Label("next")
	ADDQ(Imm(fields*fieldBytes), runs)
	DECQ(count)
	JNE(LabelRef("run"))
	VZEROUPPER()
	RET()
}

// eachRow does something with every row of a tile of which some may be missing.
func (s *set) eachRow(do func(i int, row Mem), base, ld string) {
	count, row, step, next := argument("rows"), argument(base), stride(ld), GP64()
	for i := range s.rows {
		do(i, Mem{Base: row})
		if i+1 < s.rows {
			LEAQ(Mem{Base: row, Index: step, Scale: 1}, next)
			CMPQ(count, Imm(uint64(i+1)))
			CMOVQGT(next, row)
		}
	}
}
