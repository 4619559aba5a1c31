//go:build !purego

package multigrid

import "golang.org/x/sys/cpu"

// This file chooses between the kernels of asm/gen.go.

const (
	avx512 kernel = 8
	avx2   kernel = 4
)

// bestKernel returns the kernel for this processor.
func bestKernel() kernel {
	switch {
	case cpu.X86.HasAVX512F:
		return avx512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return avx2
	}
	return 0
}

// right sweeps blocks from cell first on, at least one, in ascending order; before and after are the cells next to them, noCell beyond a wall.
func (k kernel) right(r *row, first, blocks, before, after int) {
	if k == avx512 {
		sweepRight512(&r.x, first, blocks, before, after)
	} else {
		sweepRight256(&r.x, first, blocks, before, after)
	}
}

// left is right in descending order.
func (k kernel) left(r *row, first, blocks, before, after int) {
	if k == avx512 {
		sweepLeft512(&r.x, first, blocks, before, after)
	} else {
		sweepLeft256(&r.x, first, blocks, before, after)
	}
}

// gather adds masses and flows of pairs of cells or of single ones, at least one block of them; after is the cell next to the last.
func (k kernel) gather(f *flows, pairs bool, first, blocks, after int) {
	switch {
	case k == avx512 && pairs:
		gatherPairs512(&f.x, first, blocks, after)
	case k == avx512:
		gatherEach512(&f.x, first, blocks, after)
	case pairs:
		gatherPairs256(&f.x, first, blocks, after)
	default:
		gatherEach256(&f.x, first, blocks, after)
	}
}

// reciprocals sets dst to 1/x where x is above least ≥ 0, else to 0.
func (k kernel) reciprocals(dst, x *float64, blocks int, least float64) {
	if k == avx512 {
		reciprocals512(x, blocks, least, dst)
	} else {
		reciprocals256(x, blocks, least, dst)
	}
}

// ratios sets dst to x/y, but to other where one of them is not above its least.
func (k kernel) ratios(dst, x, y *float64, blocks int, leastX, leastY, other float64) {
	if k == avx512 {
		ratios512(dst, x, y, blocks, leastX, leastY, other)
	} else {
		ratios256(dst, x, y, blocks, leastX, leastY, other)
	}
}

// outflows sets inv to the rates out of cells, in blocks from first ≥ 1 on, at least one, and says
// whether all rates are numbers ≥ 0 and all sums finite.
func (k kernel) outflows(r *openRow, first, blocks int) bool {
	var lanes [2 * mostLanes]float64
	if k == avx512 {
		outflows512(&r.x, first, blocks, &lanes[0])
	} else {
		outflows256(&r.x, first, blocks, &lanes[0])
	}
	for _, v := range lanes[:2*k] {
		if v != 0 {
			return false
		}
	}
	return true
}

// exponentials replaces x by eˣ, see [exponentials].
func (k kernel) exponentials(x *float64, blocks int) {
	if k == avx512 {
		exponentials512(x, blocks)
	} else {
		exponentials256(x, blocks)
	}
}

// resistances turns flows and masses into resistances, see [resistancesOf].
func (k kernel) resistances(upper, lower, inv *float64, blocks int) {
	if k == avx512 {
		resistances512(upper, lower, inv, blocks)
	} else {
		resistances256(upper, lower, inv, blocks)
	}
}

// rates sets rates from flows, see [rateBetween].
func (k kernel) rates(up, dn, forth, back, x, y, upper, lower *float64, blocks int) {
	if k == avx512 {
		rates512(up, dn, forth, back, x, y, upper, lower, blocks)
	} else {
		rates256(up, dn, forth, back, x, y, upper, lower, blocks)
	}
}

// correct corrects the cells 2k−1 and 2k for groups k from first ≥ 1 on, or where cells are single the cells k.
func (k kernel) correct(b *between, pairs bool, first, blocks int) {
	switch {
	case k == avx512 && pairs:
		correctPairs512(&b.x, first, blocks, b.weight[0], b.weight[1])
	case k == avx512:
		correctEach512(&b.x, first, blocks, b.weight[0], b.weight[1])
	case pairs:
		correctPairs256(&b.x, first, blocks, b.weight[0], b.weight[1])
	default:
		correctEach256(&b.x, first, blocks, b.weight[0], b.weight[1])
	}
}

// defects adds what the pairs of cells, or the single ones, from group first ≥ 1 on are left with to sums; it ends before the last cell.
func (k kernel) defects(r *row, sums []float64, pairs bool, first, blocks int) {
	switch {
	case k == avx512 && pairs:
		defectsPairs512(&r.x, &sums[0], first, blocks)
	case k == avx512:
		defectsEach512(&r.x, &sums[0], first, blocks)
	case pairs:
		defectsPairs256(&r.x, &sums[0], first, blocks)
	default:
		defectsEach256(&r.x, &sums[0], first, blocks)
	}
}

// residual adds blocks from cell first ≥ 1 on to the sums of every lane, see [openRow.measure]; it takes at least one and ends before the last cell.
func (k kernel) residual(r *openRow, first, blocks int, least float64, lanes *[3 * mostLanes]float64) {
	if k == avx512 {
		residual512(&r.x, first, blocks, least, &lanes[0])
	} else {
		residual256(&r.x, first, blocks, least, &lanes[0])
	}
}
