package multigrid

import (
	"github.com/ness-fp/ness/grid/pieces"
)

// This file takes several steps over a level in one pass through memory. A step works on
// one layer of cells after the other, a row of the plane or a plane of the box, and needs
// of the step before no more than that it is done with the same layer, the next one, and
// those behind. So every step follows the one before at a distance of one layer.
//
// For several cores the layers are cut into blocks, as many as the level's size asks for,
// however many cores there are. Across the seams between them, and around a ring, sweeps
// take what was there before the pass: so blocks never wait for each other, and the numbers
// do not depend on who is first.

// A block is the layers lo ≤ k < hi of a level.
type block struct {
	lo, hi       int
	below, above []float64 // masses next to it before the pass; nil at walls
}

const (
	blockCells = 1 << 15 // cells worth a goroutine
	mostBlocks = 4       // more seams cost more cycles than the cores behind them save
)

// last returns the axis along which layers follow each other.
func (l *level) last() int {
	if l.n[2] > 1 {
		return 2
	}
	return 1
}

// layerCells returns the number of cells in a layer.
func (l *level) layerCells() int { return l.cells() / l.n[l.last()] }

// layer returns a layer of a field.
func (l *level) layer(f []float64, k int) []float64 {
	n := l.layerCells()
	return f[k*n : (k+1)*n]
}

// cut returns the blocks of the level, with room for what is next to them. They begin at
// even layers, where groups of the next level do.
func (l *level) cut() []block {
	if l.blocks != nil {
		return l.blocks
	}
	layers := l.n[l.last()]
	count := min(max(1, l.cells()/blockCells), mostBlocks, max(1, layers/8))
	ring := l.ring[l.last()]
	for k := range count {
		b := block{lo: k * layers / count &^ 1, hi: (k + 1) * layers / count &^ 1}
		if k == count-1 {
			b.hi = layers
		}
		if k > 0 || ring {
			b.below = make([]float64, l.layerCells())
		}
		if k < count-1 || ring {
			b.above = make([]float64, l.layerCells())
		}
		l.blocks = append(l.blocks, b)
	}
	return l.blocks
}

// sweep sweeps through layers in ascending order, to the right and to the left, or in descending
// order, to the left and to the right: the first goes through memory in one direction.
// before, if not nil, is done to every layer first. after, if not nil, is done to the groups of
// layers that are one on the next level when they and the layers next to them are swept; it
// wants ascending order.
func (l *level) sweep(ascending bool, before func(layer int), after func(group int)) {
	blocks := l.cut()
	for k := range blocks {
		l.doAtSeams(&blocks[k], before)
	}
	for k := range blocks {
		l.fillHalo(&blocks[k])
	}
	pieces.Run(len(blocks), 1, func(k, _, _ int) { l.through(&blocks[k], ascending, before, after) })
	if after == nil {
		return
	}
	for _, b := range blocks {
		p := &l.plan.axis[l.last()]
		first, last := p.group(b.lo), p.group(b.hi-1)
		after(first)
		if last != first {
			after(last)
		}
	}
}

// doAtSeams does before to the layers of a block that others see.
func (l *level) doAtSeams(b *block, before func(layer int)) {
	if before == nil {
		return
	}
	if b.below != nil {
		before(b.lo)
	}
	if b.above != nil && (b.hi-1 != b.lo || b.below == nil) {
		before(b.hi - 1)
	}
}

// fillHalo copies what is next to a block.
func (l *level) fillHalo(b *block) {
	n := l.n[l.last()]
	if b.below != nil {
		copy(b.below, l.layer(l.x, (b.lo+n-1)%n))
	}
	if b.above != nil {
		copy(b.above, l.layer(l.x, b.hi%n))
	}
}

// through is sweep in one block, without what is to be done at its seams.
func (l *level) through(b *block, ascending bool, before func(layer int), after func(group int)) {
	n := b.hi - b.lo
	at := func(t int) int {
		if ascending {
			return b.lo + t
		}
		return b.hi - 1 - t
	}
	first, second := l.sweepLeft, l.sweepRight
	if ascending {
		first, second = second, first
	}
	for t := range n + 3 {
		if k := at(t); t < n && before != nil && !(k == b.lo && b.below != nil) && !(k == b.hi-1 && b.above != nil) {
			before(k)
		}
		if t >= 1 && t <= n {
			first(b, at(t-1))
		}
		if t >= 2 && t <= n+1 {
			second(b, at(t-2))
		}
		if t >= 3 && after != nil {
			l.complete(b, at(t-3), after)
		}
	}
}

// complete does after to the group that a layer is the last of, inside the block.
func (l *level) complete(b *block, layer int, after func(group int)) {
	p := &l.plan.axis[l.last()]
	k := p.group(layer)
	if layer+1 == p.start[k+1] && p.start[k] > b.lo && p.start[k+1] < b.hi {
		after(k)
	}
}

// eachGroup does something to all groups of layers that are one on the next level, in parallel.
func (l *level) eachGroup(do func(group int)) {
	groups := l.plan.axis[l.last()].groups()
	l.parallel(groups, l.cells()/groups, do)
}

// eachLayer does something to all layers, in parallel.
func (l *level) eachLayer(do func(layer int)) { l.parallel(l.n[l.last()], l.layerCells(), do) }

// eachRow does something to all rows, in parallel.
func (l *level) eachRow(do func(r int)) { l.parallel(l.rows(), l.n[0], do) }

// parallel calls do for 0 ≤ k < n, each of some cells, on several cores where that is worth it.
func (l *level) parallel(n, cells int, do func(k int)) {
	l.inPieces(n, cells, func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			do(k)
		}
	})
}

// inPieces is [pieces.Run] for n things of some cells each.
func (l *level) inPieces(n, cells int, do func(k, lo, hi int)) {
	pieces.Run(n, pieceOf(cells), do)
}

// pieceOf returns how many things of so many cells make a piece that is worth a goroutine.
func pieceOf(cells int) int { return max(1, blockCells/cells) }
