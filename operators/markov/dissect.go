package markov

import (
	"slices"

	"github.com/ness-fp/ness/operators/sparse"
)

// This file orders the states by nested dissection. A region, a box of states, is cut
// in the middle of its longest side; the states on the lower side that share a rate
// with the upper side are the separator and come after both halves, which are cut in
// the same way. The separator is read off the rates themselves, so that any stencil
// will do and periodic axes need no care; the longest steps along an axis only say
// where to look for it.

// leafSize is the number of states up to which a region is not cut any more: of 5, 8,
// 12 and 16 the one that took least time at 512², within a few per cent.
const leafSize = 8

// A dissector builds the order of a tree.
type dissector struct {
	a       *sparse.CSR
	dims    []int
	stride  []int
	reach   []int  // longest step along each axis, the short way round
	wraps   []bool // whether any rate goes round the axis
	ordered []bool // states that no region holds any more
	lo, hi  []int  // the region at hand: lo ≤ coordinate < hi
	tree    *tree
}

// dissect returns the tree for the positive rates of A, without borders; the state
// last has the highest rank.
func dissect(a *sparse.CSR, dims []int, last int) *tree {
	n := a.Rows
	d := &dissector{
		a: a, dims: dims, stride: make([]int, len(dims)),
		reach: make([]int, len(dims)), wraps: make([]bool, len(dims)),
		ordered: make([]bool, n),
		lo:      make([]int, len(dims)), hi: slices.Clone(dims),
		tree: &tree{rank: make([]int32, n), state: make([]int32, 0, n)},
	}
	stride := 1
	for axis, size := range dims {
		d.stride[axis] = stride
		stride *= size
	}
	d.measure()
	d.ordered[last] = true
	d.cut([]int32{int32(last)})
	return d.tree
}

// coordinate returns the place of a state along an axis.
func (d *dissector) coordinate(state int32, axis int) int {
	return int(uint32(state) / uint32(d.stride[axis]) % uint32(d.dims[axis]))
}

// measure finds how far rates reach along each axis.
func (d *dissector) measure() {
	for axis, size := range d.dims {
		for i := range d.a.Rows {
			at := d.coordinate(int32(i), axis)
			for k := d.a.RowPtr[i]; k < d.a.RowPtr[i+1]; k++ {
				if !(d.a.Val[k] > 0) {
					continue
				}
				step := at - d.coordinate(d.a.Col[k], axis)
				step = max(step, -step)
				if 2*step > size {
					d.wraps[axis] = true
					step = size - step
				}
				d.reach[axis] = max(d.reach[axis], step)
			}
		}
	}
}

// cut orders what is left in the region, with the states extra at its end, and returns
// the number of its node, −1 if it holds no states.
func (d *dissector) cut(extra []int32) int32 {
	axis, size := 0, 1
	for k := range d.dims {
		side := d.hi[k] - d.lo[k]
		size *= side
		if side > d.hi[axis]-d.lo[axis] {
			axis = k
		}
	}
	if size <= leafSize {
		var states []int32
		d.each(func(i int32) {
			if !d.ordered[i] {
				states = append(states, i)
			}
		})
		return d.finish(append(states, extra...), [2]int32{-1, -1})
	}
	lo, hi := d.lo[axis], d.hi[axis]
	at := (lo + hi) / 2
	separator := d.separate(axis, at)
	var children [2]int32
	d.hi[axis] = at
	children[0] = d.cut(nil)
	d.lo[axis], d.hi[axis] = at, hi
	children[1] = d.cut(nil)
	d.lo[axis] = lo
	return d.finish(append(separator, extra...), children)
}

// finish gives the states their ranks and adds their node. A node that would only hand
// on the border of its one child is left out.
func (d *dissector) finish(states []int32, children [2]int32) int32 {
	if len(states) == 0 && min(children[0], children[1]) < 0 {
		return max(children[0], children[1])
	}
	t := d.tree
	lo := len(t.state)
	for _, i := range states {
		d.ordered[i] = true
		t.rank[i] = int32(len(t.state))
		t.state = append(t.state, i)
	}
	t.nodes = append(t.nodes, node{lo: lo, hi: len(t.state), children: children})
	return int32(len(t.nodes) - 1)
}

// separate takes the separator of the cut of the region at a coordinate out of the
// regions. A rate i → j shows in row j alone, so both sides of the cut are looked at,
// and both ends of the axis where rates go round.
func (d *dissector) separate(axis, at int) (separator []int32) {
	lo, hi, reach := d.lo[axis], d.hi[axis], d.reach[axis]
	take := func(i int32) {
		d.ordered[i] = true
		separator = append(separator, i)
	}
	lower := func(i int32) {
		if !d.ordered[i] && d.meets(i, axis, at, hi) {
			take(i)
		}
	}
	upper := func(j int32) {
		if d.ordered[j] {
			return
		}
		for k := d.a.RowPtr[j]; k < d.a.RowPtr[j+1]; k++ {
			if i := d.a.Col[k]; d.a.Val[k] > 0 && d.inside(i, axis, lo, at) {
				take(i)
			}
		}
	}
	d.slab(axis, at-reach, at, lower)
	d.slab(axis, at, at+reach, upper)
	if d.wraps[axis] {
		d.slab(axis, lo, min(lo+reach, at), lower)
		d.slab(axis, max(hi-reach, at), hi, upper)
	}
	slices.Sort(separator)
	return separator
}

// meets says whether a rate leads to state i from the part of the region between lo
// and hi along an axis.
func (d *dissector) meets(i int32, axis, lo, hi int) bool {
	for k := d.a.RowPtr[i]; k < d.a.RowPtr[i+1]; k++ {
		if d.a.Val[k] > 0 && d.inside(d.a.Col[k], axis, lo, hi) {
			return true
		}
	}
	return false
}

// inside says whether a state is in the part of the region between lo and hi along an
// axis, and not ordered yet.
func (d *dissector) inside(i int32, axis, lo, hi int) bool {
	if d.ordered[i] {
		return false
	}
	for k := range d.dims {
		from, to := d.lo[k], d.hi[k]
		if k == axis {
			from, to = lo, hi
		}
		if c := d.coordinate(i, k); c < from || c >= to {
			return false
		}
	}
	return true
}

// slab visits the part of the region between lo and hi along an axis.
func (d *dissector) slab(axis, lo, hi int, visit func(int32)) {
	regionLo, regionHi := d.lo[axis], d.hi[axis]
	d.lo[axis], d.hi[axis] = max(lo, regionLo), min(hi, regionHi)
	d.each(visit)
	d.lo[axis], d.hi[axis] = regionLo, regionHi
}

// each visits the states of the region, ordered or not, in ascending order.
func (d *dissector) each(visit func(int32)) {
	d.along(len(d.dims)-1, 0, visit)
}

// along visits the states of the region in the axes up to the given one.
func (d *dissector) along(axis, base int, visit func(int32)) {
	for c := d.lo[axis]; c < d.hi[axis]; c++ {
		at := base + c*d.stride[axis]
		if axis == 0 {
			visit(int32(at))
		} else {
			d.along(axis-1, at, visit)
		}
	}
}
