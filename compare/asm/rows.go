//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// This file loads rows of samples; row(w) is that of walker w of a group.

// halves loads the first two numbers of each row: those of even walkers into one register, of odd
// ones into another.
func (k *walkers) halves(row func(w int) Mem) []VecVirtual {
	half := k.parts[:2]
	for w := range k.count {
		from, to, part := row(w), half[w%2], uint64(w/2)
		switch {
		case k.count == 2:
			MOVUPD(from, to)
		case part == 0:
			VMOVUPD(from, to.AsX())
		case k.count == 4:
			VINSERTF128(Imm(part), from, to, to)
		default:
			VINSERTF32X4(Imm(part), from, to, to)
		}
	}
	return half
}

// features loads rows of four numbers and returns the first columns, 3 or 4.
func (k *walkers) features(row func(w int) Mem, count int) (columns []VecVirtual) {
	if k.count == 2 {
		first, second := row(0), row(1)
		for i := range count {
			columns = append(columns, XMM())
			MOVSD(first.Offset(8*i), columns[i])
			MOVHPD(second.Offset(8*i), columns[i])
		}
		return columns
	}
	for i, part := range k.parts { // with their walkers in the order in which transposed returns them
		if k.count == 4 {
			VMOVUPD(row(i), part)
			continue
		}
		w := i + i&2 // 0, 1, 4, 5
		VMOVUPD(row(w), part.AsY())
		VINSERTF64X4(Imm(1), row(w+2), part, part)
	}
	return k.transposed(count)
}

// transposed returns columns of what the parts have in their quarters, or halves of quarters.
func (k *walkers) transposed(count int) (columns []VecVirtual) {
	a, b := k.unpacked(k.parts[0], k.parts[1]), k.unpacked(k.parts[2], k.parts[3])
	for i := range count {
		z := k.vector()
		if k.count == 4 {
			VPERM2F128(Imm([]uint64{0x20, 0x31}[i/2]), b[i%2], a[i%2], z)
		} else {
			VSHUFF64X2(Imm([]uint64{0x88, 0xdd}[i/2]), b[i%2], a[i%2], z)
		}
		columns = append(columns, z)
	}
	return columns
}
