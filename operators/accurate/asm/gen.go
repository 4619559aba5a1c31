//go:build ignore

// This program writes sums_amd64.s and its stubs: the sums of kernel.go, with AVX-512 and
// with AVX2. All work on blocks of a few registers, on which they pass over the taps, and
// go down all rows with a block before the next one: what rows share is in the first cache.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	for _, isa := range []instructions{avx512, avx2} {
		for _, s := range []sum{combine, flux, subtract} {
			s.write(isa)
		}
	}
	Generate()
}

// An instructions is a set of them. Its blocks cover what is left of a row one after the
// other; the last one can deal with any rest.
type instructions struct {
	name, needs string
	blocks      []block
}

// A block is so many registers of so many bytes. (Masks for the rest of a row would be
// shorter code, but they are slow where what they leave out lies on a page not yet used.)
type block struct {
	registers, bytes int
	register         func() VecVirtual
}

var (
	zmm    = func() VecVirtual { return ZMM() }
	ymm    = func() VecVirtual { return YMM() }
	xmm    = func() VecVirtual { return XMM() }
	avx512 = instructions{"AVX512", "AVX-512F and DQ, FMA", []block{{4, 64, zmm}, {2, 64, zmm}, {1, 64, zmm}, {1, 32, ymm}, {1, 8, xmm}}}
	avx2   = instructions{"AVX2", "AVX2 and FMA", []block{{4, 32, ymm}, {2, 32, ymm}, {1, 32, ymm}, {1, 8, xmm}}}
)

// A sum is a kernel: what it does to the row dst, from rows of coefficients and sums of
// taps with the weights.
type sum struct {
	name, doc     string
	rows, weights []string
	// finish computes a register of dst from what the rows hold there and the sums.
	finish func(c *cursor, j int, sums []VecVirtual)
}

var (
	combine = sum{
		"combine", "sets dst[r·n+i] = Σ_m w[m]·src[i+(r+m)·stride]",
		nil,
		[]string{"w"},
		func(c *cursor, j int, sums []VecVirtual) { c.store(sums[0], "dst", j) },
	}
	flux = sum{
		"flux", "sets dst[r·n+i] = a[r·n+i]·Σ_m v[m]·src[i+(r+m)·stride] − b[r·n+i]·Σ_m w[m]·src[i+(r+m)·stride]",
		[]string{"a", "b"},
		[]string{"v", "w"},
		func(c *cursor, j int, sums []VecVirtual) {
			c.multiply(sums[0], "a", j)
			c.negative(sums[1], "b", j, sums[0])
			c.store(sums[0], "dst", j)
		},
	}
	subtract = sum{
		"subtract", "takes c[r·n+i]·Σ_m w[m]·src[i+(r+m)·stride] off dst[r·n+i]",
		[]string{"c"},
		[]string{"w"},
		func(c *cursor, j int, sums []VecVirtual) {
			d := c.load("dst", j)
			c.negative(sums[0], "c", j, d)
			c.store(d, "dst", j)
		},
	}
)

// A cursor is where a kernel is: at addresses, and some numbers further on in rows of
// dst and coefficients.
type cursor struct {
	block
	at      map[string]Register
	further Register
}

// write writes the kernel.
func (s sum) write(isa instructions) {
	params := "dst"
	for _, r := range s.rows {
		params += ", " + r
	}
	weights := s.weights[0]
	for _, w := range s.weights[1:] {
		weights += ", " + w
	}
	TEXT(s.name+isa.name, NOSPLIT, fmt.Sprintf("func(%s, src *float64, n, rows, stride int, %s *float64, taps int)", params, weights))
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s %s, 0 ≤ i < n, 0 ≤ r < rows, 0 ≤ m < taps, with rows and taps ≥ 1. It needs %s.", s.name, isa.name, s.doc, isa.needs))
	c := &cursor{at: map[string]Register{}, further: GP64()}
	for _, r := range append([]string{"dst", "src"}, s.rows...) {
		c.at[r] = Load(Param(r), GP64())
	}
	n := Load(Param("n"), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(Imm(3), stride)
	for k, b := range isa.blocks {
		c.block = b
		s.loop(c, fmt.Sprintf("block%d", k), n, stride)
	}
	VZEROUPPER()
	RET()
}

// loop writes the loop over blocks of one kind.
func (s sum) loop(c *cursor, label string, n, stride Register) {
	count := c.registers * c.bytes / 8
	Label(label)
	CMPQ(n, U32(count))
	JL(LabelRef(label + "done"))
	rows := Load(Param("rows"), GP64())
	outer, src := c.at["src"], GP64()
	MOVQ(outer, src)
	c.at["src"] = src
	XORQ(c.further, c.further)
	Label(label + "rows")
	if c.registers == 4 {
		s.prefetch(c)
	}
	sums := s.taps(c, label+"taps", stride)
	for j := range c.registers {
		s.finish(c, j, sums[j])
	}
	ADDQ(stride, src)
	width, err := Param("n").Resolve()
	if err != nil {
		panic(err)
	}
	ADDQ(width.Addr, c.further)
	DECQ(rows)
	JNE(LabelRef(label + "rows"))
	c.at["src"] = outer
	for _, r := range append([]string{"dst", "src"}, s.rows...) {
		ADDQ(U32(count*8), c.at[r])
	}
	SUBQ(U32(count), n)
	JMP(LabelRef(label))
	Label(label + "done")
}

// ahead is how many bytes ahead rows are fetched, which hardware does up to the end of a
// page only.
const ahead = 512

func (s sum) prefetch(c *cursor) {
	for _, r := range append([]string{"src"}, s.rows...) {
		for at := 0; at < c.registers*c.bytes; at += 64 {
			PREFETCHT0(c.memory(r, 0).Offset(ahead + at))
		}
	}
}

// taps writes the loop over the taps and returns the sums of every register.
func (s sum) taps(c *cursor, label string, stride Register) [][]VecVirtual {
	sums := make([][]VecVirtual, c.registers)
	for j := range sums {
		for range s.weights {
			v := c.register()
			VXORPD(v, v, v)
			sums[j] = append(sums[j], v)
		}
	}
	weights := make([]Register, len(s.weights))
	for k, w := range s.weights {
		weights[k] = Load(Param(w), GP64())
	}
	row, src, taps := c.at["src"], GP64(), Load(Param("taps"), GP64())
	MOVQ(row, src)
	c.at["src"] = src
	Label(label)
	w := make([]VecVirtual, len(weights))
	for k := range w {
		w[k] = c.register()
		if c.bytes == 8 {
			VMOVSD(Mem{Base: weights[k]}, w[k])
		} else {
			VBROADCASTSD(Mem{Base: weights[k]}, w[k])
		}
		ADDQ(Imm(8), weights[k])
	}
	for j := range sums {
		var v Op = c.memory("src", j)
		if len(w) > 1 {
			v = c.load("src", j)
		}
		for k := range w {
			c.add(v, w[k], sums[j][k])
		}
	}
	ADDQ(stride, src)
	DECQ(taps)
	JNE(LabelRef(label))
	c.at["src"] = row
	return sums
}

func (c *cursor) memory(row string, j int) Mem {
	if row == "src" {
		return Mem{Base: c.at[row], Disp: j * c.bytes}
	}
	return Mem{Base: c.at[row], Index: c.further, Scale: 8, Disp: j * c.bytes}
}

// load returns register j of a row.
func (c *cursor) load(row string, j int) VecVirtual {
	v := c.register()
	if c.bytes == 8 {
		VMOVSD(c.memory(row, j), v)
	} else {
		VMOVUPD(c.memory(row, j), v)
	}
	return v
}

func (c *cursor) store(v VecVirtual, row string, j int) {
	if c.bytes == 8 {
		VMOVSD(v, c.memory(row, j))
	} else {
		VMOVUPD(v, c.memory(row, j))
	}
}

// add adds v·w to sum.
func (c *cursor) add(v Op, w, sum VecVirtual) {
	if c.bytes == 8 {
		VFMADD231SD(v, w, sum)
	} else {
		VFMADD231PD(v, w, sum)
	}
}

// multiply multiplies v by register j of a row.
func (c *cursor) multiply(v VecVirtual, row string, j int) {
	if c.bytes == 8 {
		VMULSD(c.load(row, j), v, v)
	} else {
		VMULPD(c.load(row, j), v, v)
	}
}

// negative takes v times register j of a row off sum.
func (c *cursor) negative(v VecVirtual, row string, j int, sum VecVirtual) {
	if c.bytes == 8 {
		VFNMADD231SD(c.load(row, j), v, sum)
	} else {
		VFNMADD231PD(c.load(row, j), v, sum)
	}
}
