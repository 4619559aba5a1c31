//go:build ignore

// This program writes lanes_amd64.s and its stubs: sums of gradients over minibatches of
// eight walkers at once with AVX-512, a walker in each lane. Every operation is that of the
// loops in kernel.go, in their order.
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
	linear(1, load16)
	linear(2, load32)
	linear(3, load32)
	deepLinear()
	Generate()
}

// linear writes the kernel for linear regression with d features.
func linear(d int, load loader) {
	names := [][2]string{{"o0", "t0"}, {"o1", "t1"}, {"o2", "t2"}}[:d]
	kernel(fmt.Sprintf("linear%dLanes", d), names, func(k *walkers) {
		theta, sums := k.coordinates(), k.zeros(d)
		k.samples(load, d+1, func(row []VecVirtual) {
			e, t := ZMM(), ZMM()
			VMULPD(row[0], theta[0], e)
			for a := 1; a < d; a++ {
				VMULPD(row[a], theta[a], t)
				VADDPD(t, e, e)
			}
			VSUBPD(row[d], e, e)
			for a := range sums {
				VMULPD(row[a], e, t)
				VADDPD(t, sums[a], sums[a])
			}
		})
		k.subtract(sums)
	})
}

// deepLinear writes the kernel for the product of two parameters.
func deepLinear() {
	names := [][2]string{{"o0", "t0"}, {"o1", "t1"}}
	kernel("deepLinearLanes", names, func(k *walkers) {
		theta, sum := k.coordinates(), k.zeros(1)[0]
		product := ZMM()
		VMULPD(theta[0], theta[1], product)
		k.samples(load16, 2, func(row []VecVirtual) {
			e := ZMM()
			VMULPD(row[0], product, e)
			VSUBPD(row[1], e, e)
			VMULPD(row[0], e, e)
			VADDPD(e, sum, sum)
		})
		VMULPD(theta[1], sum, theta[1])
		VMULPD(theta[0], sum, theta[0])
		k.subtract([]VecVirtual{theta[1], theta[0]})
	})
}

// walkers are eight of them.
type walkers struct {
	names          [][2]string // of arguments: what to subtract from, and coordinates
	offset         Register    // of the walkers in columns
	rows           Register
	base           Register // of the indices
	stride, triple Register // of the indices of the next walker, and three times that
	factor         VecVirtual
}

// kernel writes a kernel whose body moves eight walkers.
func kernel(name string, names [][2]string, body func(*walkers)) {
	arguments := ""
	for _, side := range []int{0, 1} {
		for _, n := range names {
			arguments += n[side] + ", "
		}
	}
	TEXT(name, NOSPLIT, "func("+arguments+"rows *float64, indices *uint32, stride, batch, walkers int, c float64)")
	Pragma("noescape")
	Doc(
		name+" subtracts c times the sum of gradients over batches of samples, for so many walkers,",
		"a multiple of eight and at least that, whose indices are so many apart. It needs AVX-512F.")
	k := &walkers{names: names, factor: ZMM(), triple: GP64(), offset: GP64()}
	c, err := Param("c").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(c.Addr, k.factor)
	k.rows = Load(Param("rows"), GP64())
	k.base = Load(Param("indices"), GP64())
	k.stride = Load(Param("stride"), GP64())
	SHLQ(Imm(2), k.stride)
	LEAQ(Mem{Base: k.stride, Index: k.stride, Scale: 2}, k.triple)
	XORQ(k.offset, k.offset)
	end := Load(Param("walkers"), GP64())
	SHLQ(Imm(3), end)
	Label("walkers")
	body(k)
	LEAQ(Mem{Base: k.base, Index: k.stride, Scale: 8}, k.base)
	ADDQ(Imm(64), k.offset)
	CMPQ(k.offset, end)
	JLT(LabelRef("walkers"))
	VZEROUPPER()
	RET()
}

func (k *walkers) column(name string) Mem {
	return Mem{Base: Load(Param(name), GP64()), Index: k.offset, Scale: 1}
}

func (k *walkers) coordinates() (theta []VecVirtual) {
	for _, n := range k.names {
		t := ZMM()
		VMOVUPD(k.column(n[1]), t)
		theta = append(theta, t)
	}
	return theta
}

func (k *walkers) zeros(n int) (z []VecVirtual) {
	for range n {
		zero := ZMM()
		VPXORQ(zero, zero, zero)
		z = append(z, zero)
	}
	return z
}

// subtract subtracts factor times the sums.
func (k *walkers) subtract(sums []VecVirtual) {
	for a, s := range sums {
		to, o := k.column(k.names[a][0]), ZMM()
		VMULPD(k.factor, s, s)
		VMOVUPD(to, o)
		VSUBPD(s, o, o)
		VMOVUPD(o, to)
	}
}

// samples goes over the batches: do gets the columns of the rows of one sample of each walker.
func (k *walkers) samples(load loader, columns int, do func(row []VecVirtual)) {
	low, high := GP64(), GP64()
	MOVQ(k.base, low)
	LEAQ(Mem{Base: low, Index: k.stride, Scale: 4}, high)
	left := Load(Param("batch"), GP64())
	Label("samples")
	var at []Mem
	for _, b := range []Register{low, high} {
		at = append(at, Mem{Base: b}, Mem{Base: b, Index: k.stride, Scale: 1}, Mem{Base: b, Index: k.stride, Scale: 2}, Mem{Base: b, Index: k.triple, Scale: 1})
	}
	do(load(k.rows, at, columns))
	ADDQ(Imm(4), low)
	ADDQ(Imm(4), high)
	DECQ(left)
	JNE(LabelRef("samples"))
}

// A loader loads the rows with eight indices and returns their first columns.
type loader func(rows Register, indices []Mem, columns int) []VecVirtual

// row returns a row of so many bytes, a power of 2. Rows end below 2³⁵ bytes. A product has
// a port of its own, where a shift would wait for those of vectors.
func row(rows Register, index Mem, shift uint64) Mem {
	i := GP64()
	IMUL3L(Imm(1<<(shift-3)), index, i.As32())
	return Mem{Base: rows, Index: i, Scale: 8}
}

// load16 is for rows of two numbers.
func load16(rows Register, indices []Mem, columns int) []VecVirtual {
	part := []VecVirtual{ZMM(), ZMM()} // of even and of odd walkers
	for w, index := range indices {
		to, from := part[w%2], row(rows, index, 4)
		if w < 2 {
			VMOVUPD(from, to.AsX())
		} else {
			VINSERTF32X4(Imm(uint64(w/2)), from, to, to)
		}
	}
	return unpacked(part[0], part[1])[:columns]
}

// load32 is for rows of four numbers.
func load32(rows Register, indices []Mem, columns int) []VecVirtual {
	part := []VecVirtual{ZMM(), ZMM(), ZMM(), ZMM()}
	for i, w := range []int{0, 1, 4, 5} { // with w + 2, so that walkers are in order at the end
		VMOVUPD(row(rows, indices[w], 5), part[i].AsY())
		VINSERTF64X4(Imm(1), row(rows, indices[w+2], 5), part[i], part[i])
	}
	a, b := unpacked(part[0], part[1]), unpacked(part[2], part[3])
	z := make([]VecVirtual, columns)
	for i := range z {
		z[i] = ZMM()
		VSHUFF64X2(Imm([]uint64{0x88, 0xdd}[i/2]), b[i%2], a[i%2], z[i])
	}
	return z
}

// unpacked returns the even and the odd numbers of two registers.
func unpacked(a, b VecVirtual) []VecVirtual {
	even, odd := ZMM(), ZMM()
	VUNPCKLPD(b, a, even)
	VUNPCKHPD(b, a, odd)
	return []VecVirtual{even, odd}
}
