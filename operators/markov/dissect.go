package markov

import (
	"slices"

	"github.com/ness-fp/ness/operators/sparse"
)

// This file orders the states. A region of the box is cut in the middle of its
// longest side; the states on the lower side that have an edge to the upper side
// are the separator and come last, after both halves, which are cut in the same
// way. The separator is read off the edges themselves, so any stencil will do, and
// periodic axes need no care.

// leafSize is the number of states below which a region is not cut any more.
const leafSize = 16

// A node is a set of states that is eliminated in one front.
type node struct {
	lo, hi   int     // own states have the ranks lo ≤ r < hi
	children [2]int  // nodes whose borders it inherits; −1 for none
	border   []int32 // ranks ≥ hi that have edges to the states of its subtree, ascending
}

// A tree is the order of elimination: nodes in post-order, root last.
type tree struct {
	nodes []node
	rank  []int32 // of each state
	state []int32 // of each rank
}

// A dissector builds a tree.
type dissector struct {
	in, out *sparse.CSR // rates into and out of each state
	dims    []int
	reach   []int  // longest step along each axis, the short way round
	wraps   []bool // whether any edge goes round the axis
	coord   [][]int32
	region  []int32 // label of the region that holds each state; −1 when ordered
	labels  int32
	tree    *tree
}

// dissect returns the order for the rates in A and its transpose, with the state
// last at the very end.
func dissect(in, out *sparse.CSR, dims []int, last int) *tree {
	n := in.Rows
	d := &dissector{in: in, out: out, dims: dims, region: make([]int32, n), tree: &tree{rank: make([]int32, n), state: make([]int32, 0, n)}}
	d.measure()
	states := make([]int32, 0, n)
	for i := range n {
		if i != last {
			states = append(states, int32(i))
		}
	}
	d.region[last] = -1
	d.cut(states, []int32{int32(last)})
	d.borders()
	return d.tree
}

// measure fills in coordinates and the reach along each axis.
func (d *dissector) measure() {
	n := d.in.Rows
	d.reach, d.wraps = make([]int, len(d.dims)), make([]bool, len(d.dims))
	d.coord = make([][]int32, len(d.dims))
	stride := 1
	for a, size := range d.dims {
		c := make([]int32, n)
		for i := range c {
			c[i] = int32(i / stride % size)
		}
		d.coord[a] = c
		stride *= size
		for i := range n {
			for _, j := range d.in.Col[d.in.RowPtr[i]:d.in.RowPtr[i+1]] {
				step := int(max(c[i]-c[j], c[j]-c[i]))
				if 2*step > size {
					d.wraps[a] = true
					step = size - step
				}
				d.reach[a] = max(d.reach[a], step)
			}
		}
	}
}

// cut orders a region, with the states extra at its end, and returns its node.
func (d *dissector) cut(states, extra []int32) int {
	if len(states) <= leafSize {
		return d.finish(append(slices.Clip(states), extra...), [2]int{-1, -1})
	}
	axis, at := d.middle(states)
	label := d.labels + 1
	d.labels += 2
	for _, i := range states {
		d.region[i] = label
		if d.coord[axis][i] >= at {
			d.region[i] = label + 1
		}
	}
	lower, upper, separator := d.split(states, axis, at, label)
	for _, i := range separator {
		d.region[i] = -1
	}
	children := [2]int{-1, -1}
	if len(lower) > 0 {
		children[0] = d.cut(lower, nil)
	}
	if len(upper) > 0 {
		children[1] = d.cut(upper, nil)
	}
	return d.finish(append(separator, extra...), children)
}

// middle returns the axis along which the states extend furthest, and the
// coordinate where its upper half begins.
func (d *dissector) middle(states []int32) (axis int, at int32) {
	var longest int32 = -1
	for a := range d.dims {
		c := d.coord[a]
		lo, hi := c[states[0]], c[states[0]]
		for _, i := range states {
			lo, hi = min(lo, c[i]), max(hi, c[i])
		}
		if hi-lo > longest {
			longest, axis, at = hi-lo, a, lo+(hi-lo+1)/2
		}
	}
	return axis, at
}

// split sorts the states into three; separator is a slice of its own.
func (d *dissector) split(states []int32, axis int, at, label int32) (lower, upper, separator []int32) {
	c := d.coord[axis]
	near := at - int32(d.reach[axis])
	for _, i := range states {
		if d.region[i] == label && (d.wraps[axis] || c[i] >= near) && d.meets(i, label+1) {
			separator = append(separator, i)
		}
	}
	isUpper := func(i int32) bool { return d.region[i] == label+1 }
	inSeparator := func(k int, i int32) bool { return k < len(separator) && separator[k] == i }
	rest := make([]int32, 0, len(states)-len(separator))
	k := 0
	for _, i := range states {
		switch {
		case inSeparator(k, i):
			k++
		case !isUpper(i):
			rest = append(rest, i)
		}
	}
	below := len(rest)
	for _, i := range states {
		if isUpper(i) {
			rest = append(rest, i)
		}
	}
	return rest[:below:below], rest[below:], separator
}

// meets says whether state i has an edge, either way, to the region with that label.
func (d *dissector) meets(i, label int32) bool {
	for _, m := range [2]*sparse.CSR{d.in, d.out} {
		for _, j := range m.Col[m.RowPtr[i]:m.RowPtr[i+1]] {
			if d.region[j] == label {
				return true
			}
		}
	}
	return false
}

// finish gives the states their ranks and adds the node.
func (d *dissector) finish(states []int32, children [2]int) int {
	t := d.tree
	lo := len(t.state)
	for _, i := range states {
		d.region[i] = -1
		t.rank[i] = int32(len(t.state))
		t.state = append(t.state, i)
	}
	t.nodes = append(t.nodes, node{lo: lo, hi: len(t.state), children: children})
	return len(t.nodes) - 1
}

// borders fills in the borders, children first.
func (d *dissector) borders() {
	t := d.tree
	mark := make([]int32, len(t.rank)) // 1 + the last node that took the rank
	for k := range t.nodes {
		nd := &t.nodes[k]
		take := func(r int32) {
			if int(r) >= nd.hi && mark[r] != int32(k)+1 {
				mark[r] = int32(k) + 1
				nd.border = append(nd.border, r)
			}
		}
		for _, c := range nd.children {
			if c >= 0 {
				for _, r := range t.nodes[c].border {
					take(r)
				}
			}
		}
		for _, i := range t.state[nd.lo:nd.hi] {
			for _, m := range [2]*sparse.CSR{d.in, d.out} {
				for _, j := range m.Col[m.RowPtr[i]:m.RowPtr[i+1]] {
					take(t.rank[j])
				}
			}
		}
		slices.Sort(nd.border)
	}
}
