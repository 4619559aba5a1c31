//go:build ignore

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file has sums of gradients over minibatches. Every operation is that of the loops in
// quadratic.go, in their order.

// linear1 writes the kernel for linear regression with one feature.
func (l lanes) linear1() {
	l.kernel("linear1", [][2]string{{"o0", "t0"}}, func(k *walkers) {
		theta := k.coordinates()
		k.subtract([]VecVirtual{k.slope(theta[0])})
	})
}

// linear writes the kernel for linear regression with d features, 2 or 3.
func (l lanes) linear(d int) {
	names := [][2]string{{"o0", "t0"}, {"o1", "t1"}, {"o2", "t2"}}[:d]
	l.kernel(fmt.Sprint("linear", d), names, func(k *walkers) {
		theta, sums := k.coordinates(), k.zeros(d)
		k.samples(func(row func(int) Mem) {
			x := k.columns(row, d+1)
			e, t := k.vector(), k.vector()
			VMULPD(x[0], theta[0], e)
			for a := 1; a < d; a++ {
				VMULPD(x[a], theta[a], t)
				VADDPD(t, e, e)
			}
			VSUBPD(x[d], e, e)
			for a := range sums {
				VMULPD(x[a], e, t)
				VADDPD(t, sums[a], sums[a])
			}
		}, 32)
		k.subtract(sums)
	})
}

// deepLinear writes the kernel for the product of two parameters.
func (l lanes) deepLinear() {
	names := [][2]string{{"o0", "t0"}, {"o1", "t1"}}
	l.kernel("deepLinear", names, func(k *walkers) {
		theta, product := k.coordinates(), k.vector()
		VMULPD(theta[0], theta[1], product)
		slope := k.slope(product)
		VMULPD(theta[1], slope, theta[1])
		VMULPD(theta[0], slope, theta[0])
		k.subtract([]VecVirtual{theta[1], theta[0]})
	})
}

// walkers are as many as there are lanes.
type walkers struct {
	lanes
	names          [][2]string // of arguments: what to subtract from, and coordinates
	offset         Register    // of the walkers in columns
	rows           Register
	base           Register // of the indices
	stride, triple Register // of the indices of the next walker, and three times that
	factor         VecVirtual
}

// kernel writes a kernel whose body moves the walkers of all lanes.
func (l lanes) kernel(name string, names [][2]string, body func(*walkers)) {
	arguments := ""
	for _, side := range []int{0, 1} {
		for _, n := range names {
			arguments += n[side] + ", "
		}
	}
	name = fmt.Sprintf("%sBy%d", name, l.count)
	TEXT(name, NOSPLIT, "func("+arguments+"rows *float64, indices *uint32, stride, batch, walkers int, c float64)")
	Pragma("noescape")
	Doc(
		name+" subtracts c times the sum of gradients over batches of samples, for so many walkers,",
		fmt.Sprintf("a multiple of %d and at least that, whose indices are so many apart. It needs %s.", l.count, l.needs))
	k := &walkers{lanes: l, names: names, factor: l.vector(), triple: GP64(), offset: GP64()}
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
	LEAQ(Mem{Base: k.base, Index: k.stride, Scale: uint8(l.count)}, k.base)
	ADDQ(Imm(uint64(8*l.count)), k.offset)
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
		t := k.vector()
		VMOVUPD(k.column(n[1]), t)
		theta = append(theta, t)
	}
	return theta
}

// subtract subtracts factor times the sums.
func (k *walkers) subtract(sums []VecVirtual) {
	for a, s := range sums {
		to, o := k.column(k.names[a][0]), k.vector()
		VMULPD(k.factor, s, s)
		VMOVUPD(to, o)
		VSUBPD(s, o, o)
		VMOVUPD(o, to)
	}
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

// samples goes over the batches: do gets a
// function that leads to the row, of so many bytes, of one sample of a walker.
func (k *walkers) samples(do func(row func(walker int) Mem), bytes uint64) {
	low, high := GP64(), GP64()
	bases := []Register{low, high}[:k.count/4]
	MOVQ(k.base, low)
	if k.count == 8 {
		LEAQ(Mem{Base: low, Index: k.stride, Scale: 4}, high)
	}
	left := Load(Param("batch"), GP64())
	Label("samples")
	do(func(w int) Mem {
		index := Mem{Base: bases[w/4]}
		switch w % 4 {
		case 1, 2:
			index.Index, index.Scale = k.stride, uint8(w%4)
		case 3:
			index.Index, index.Scale = k.triple, 1
		}
		// Rows end below 2³⁵ bytes. A product has a port of its own, where a shift would wait for
		// those of vectors.
		i := GP64()
		IMUL3L(Imm(bytes/8), index, i.As32())
		return Mem{Base: k.rows, Index: i, Scale: 8}
	})
	for _, b := range bases {
		ADDQ(Imm(4), b)
	}
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
	if k.count == 4 {
		for w := range 4 {
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
