package markov

import (
	"math/bits"
	"slices"
	"sync"
)

// This file orders the states by nested dissection. A region, a box of states, is cut
// in the middle of its longest side; the states on the lower side that share a rate
// with the upper side are the separator and come after both halves, which are cut in
// the same way. The separator is read off the rates themselves, so that any stencil
// will do and periodic axes need no care; the longest steps along an axis only say
// where to look for it.
//
// A state that no separator has taken shares rates only with such states of its own
// region, and with separators. So halves can be ordered side by side.

// leafSize is the number of states up to which a region is not cut any more: of 5, 8,
// 12 and 16 the one that took least time at 512², within a few per cent.
const leafSize = 8

// A dissector builds the order of a tree.
type dissector struct {
	*rates
	tree    *tree   // the order; its nodes are still apart
	ordered []bool  // states that no region holds any more
	lo, hi  []int   // the region at hand: lo ≤ coordinate < hi
	next    int     // the next rank
	nodes   []node  // those found, in post-order
	stack   []int32 // states of separators whose halves are not ordered yet
	slab    []int32 // scratch: the states of a part of the region
}

// order returns the tree for the positive rates; the state last has the highest rank.
func order(q *rates, last, workers int) *tree {
	t := dissect(q, last, workers)
	t.borders(q, workers)
	return t
}

// dissect returns the tree for the positive rates, without borders; the state last has
// the highest rank.
func dissect(q *rates, last, workers int) *tree {
	n := q.a.Rows
	d := &dissector{
		rates:   q,
		tree:    &tree{rank: make([]int32, n), state: make([]int32, n)},
		ordered: make([]bool, n),
		lo:      make([]int, len(q.box.dims)), hi: slices.Clone(q.box.dims),
	}
	d.ordered[last] = true
	d.cut([]int32{int32(last)}, bits.Len(uint(workers-1)))
	d.tree.nodes = d.nodes
	return d.tree
}

// cut orders what is left in the region, with the states extra at its end, and returns
// the number of its node, −1 if it holds no states. At some levels from here on down the
// halves are ordered side by side.
func (d *dissector) cut(extra []int32, levels int) int32 {
	axis, size := 0, 1
	for k := range d.lo {
		side := d.hi[k] - d.lo[k]
		size *= side
		if side > d.hi[axis]-d.lo[axis] {
			axis = k
		}
	}
	mark := len(d.stack)
	if size <= leafSize {
		d.take(d.states())
		return d.finish(mark, extra, [2]int32{-1, -1})
	}
	at := (d.lo[axis] + d.hi[axis]) / 2
	d.separate(axis, at)
	var children [2]int32
	if levels > 0 {
		children = d.fork(axis, at, levels-1)
	} else {
		lo, hi := d.lo[axis], d.hi[axis]
		d.hi[axis] = at
		children[0] = d.cut(nil, 0)
		d.lo[axis], d.hi[axis] = at, hi
		children[1] = d.cut(nil, 0)
		d.lo[axis] = lo
	}
	return d.finish(mark, extra, children)
}

// statesPerNode is what nodes hold on average, or less, on star stencils.
const statesPerNode = 3

// fork cuts both halves of the region side by side.
func (d *dissector) fork(axis, at, levels int) (children [2]int32) {
	lower, upper := d.part(axis, d.lo[axis], at), d.part(axis, at, d.hi[axis])
	below := lower.left()
	upper.next += below
	lower.nodes = make([]node, 0, below/statesPerNode)
	upper.nodes = make([]node, 0, upper.left()/statesPerNode)
	var wg sync.WaitGroup
	wg.Go(func() { children[0] = lower.cut(nil, levels) })
	children[1] = upper.cut(nil, levels)
	wg.Wait()
	shift := int32(len(lower.nodes))
	for _, nd := range upper.nodes {
		for i, c := range nd.children {
			if c >= 0 {
				nd.children[i] += shift
			}
		}
		lower.nodes = append(lower.nodes, nd)
	}
	if children[1] >= 0 {
		children[1] += shift
	}
	d.nodes, d.next = lower.nodes, upper.next
	return children
}

// part returns a dissector for the part of the region between lo and hi along an axis,
// none of whose states has a rank yet.
func (d *dissector) part(axis, lo, hi int) *dissector {
	p := &dissector{
		rates: d.rates, tree: d.tree, ordered: d.ordered, next: d.next,
		lo: slices.Clone(d.lo), hi: slices.Clone(d.hi),
	}
	p.lo[axis], p.hi[axis] = lo, hi
	return p
}

// left returns the number of states of the region that have no place yet.
func (d *dissector) left() (n int) {
	for _, i := range d.states() {
		if !d.ordered[i] {
			n++
		}
	}
	return n
}

// take puts those of the states that have no place yet on the stack.
func (d *dissector) take(states []int32) {
	for _, i := range states {
		if !d.ordered[i] {
			d.ordered[i] = true
			d.stack = append(d.stack, i)
		}
	}
}

// finish gives the next ranks to the states on the stack from the mark on, then to
// those extra, and adds their node. A node that would only hand on the border of its
// one child is left out.
func (d *dissector) finish(mark int, extra []int32, children [2]int32) int32 {
	states := append(d.stack[mark:], extra...)
	d.stack = d.stack[:mark]
	if len(states) == 0 && min(children[0], children[1]) < 0 {
		return max(children[0], children[1])
	}
	lo := d.next
	for _, i := range states {
		d.tree.rank[i] = int32(d.next)
		d.tree.state[d.next] = i
		d.next++
	}
	d.nodes = append(d.nodes, node{lo: lo, hi: d.next, children: children})
	return int32(len(d.nodes) - 1)
}

// separate puts the separator of the cut of the region at a coordinate on the stack. A
// rate i → j shows in row j alone, so both sides of the cut are looked at, and both ends
// of the axis where rates go round.
func (d *dissector) separate(axis, at int) {
	lo, hi, reach := d.lo[axis], d.hi[axis], d.reach[axis]
	mark := len(d.stack)
	d.lower(axis, at-reach, at, at)
	d.upper(axis, at, at+reach, at)
	if d.wraps[axis] {
		d.lower(axis, lo, min(lo+reach, at), at)
		d.upper(axis, max(hi-reach, at), hi, at)
	}
	slices.Sort(d.stack[mark:])
}

// lower takes the states between lo and hi along the axis, below the cut, that a rate
// leads to from above it.
func (d *dissector) lower(axis, lo, hi, at int) {
	for _, i := range d.between(axis, lo, hi) {
		if d.ordered[i] {
			continue
		}
		for k := d.a.RowPtr[i]; k < d.a.RowPtr[i+1]; k++ {
			if j := d.a.Col[k]; d.a.Val[k] > 0 && !d.ordered[j] && d.box.coordinate(j, axis) >= at {
				d.ordered[i] = true
				d.stack = append(d.stack, i)
				break
			}
		}
	}
}

// upper takes the states below the cut from which a rate leads to a state between lo and
// hi along the axis, above the cut.
func (d *dissector) upper(axis, lo, hi, at int) {
	for _, j := range d.between(axis, lo, hi) {
		if d.ordered[j] {
			continue
		}
		for k := d.a.RowPtr[j]; k < d.a.RowPtr[j+1]; k++ {
			if i := d.a.Col[k]; d.a.Val[k] > 0 && !d.ordered[i] && d.box.coordinate(i, axis) < at {
				d.ordered[i] = true
				d.stack = append(d.stack, i)
			}
		}
	}
}

// between lists the part of the region between lo and hi along an axis.
func (d *dissector) between(axis, lo, hi int) []int32 {
	regionLo, regionHi := d.lo[axis], d.hi[axis]
	d.lo[axis], d.hi[axis] = max(lo, regionLo), min(hi, regionHi)
	states := d.states()
	d.lo[axis], d.hi[axis] = regionLo, regionHi
	return states
}

// states lists the region, in ascending order.
func (d *dissector) states() []int32 {
	d.slab = d.slab[:0]
	d.along(len(d.lo)-1, 0)
	return d.slab
}

// along adds the states of the region in the axes up to the given one to the list.
func (d *dissector) along(axis, base int) {
	for c := d.lo[axis]; c < d.hi[axis]; c++ {
		at := base + c*d.box.stride[axis]
		if axis == 0 {
			d.slab = append(d.slab, int32(at))
		} else {
			d.along(axis-1, at)
		}
	}
}
