package markov

import (
	"math/bits"
	"slices"

	"github.com/ness-fp/ness/grid/pieces"
)

// A node is a set of states that is eliminated in one front: its own states and its
// border, the states of higher rank that share a rate with it once all that is below
// it in the tree has been taken out.
type node struct {
	lo, hi   int      // own states have the ranks lo ≤ r < hi
	children [2]int32 // nodes whose borders it inherits; −1 for none
	border   []int32  // ranks, ascending
}

// own returns the number of states that the node eliminates, size that of its front.
func (n *node) own() int  { return n.hi - n.lo }
func (n *node) size() int { return n.hi - n.lo + len(n.border) }

// A tree is the order of elimination: nodes in post-order, root last.
type tree struct {
	nodes []node
	rank  []int32 // of each state
	state []int32 // of each rank
}

// A span is the nodes first … last of a subtree with the root last.
type span struct{ first, last int32 }

// split returns subtrees that can be worked on side by side, several for each worker,
// and the nodes above them, in post-order.
func (t *tree) split(workers int) (subtrees []span, top []int32) {
	depth := 0
	if workers > 1 {
		depth = bits.Len(uint(workers-1)) + 2
	}
	t.splitBelow(int32(len(t.nodes)-1), depth, func(s span) { subtrees = append(subtrees, s) }, func(k int32) { top = append(top, k) })
	return subtrees, top
}

// splitBelow visits the subtrees so many levels below node k, and the nodes between.
func (t *tree) splitBelow(k int32, depth int, subtree func(span), above func(int32)) {
	if depth == 0 {
		subtree(span{t.first(k), k})
		return
	}
	for _, c := range t.nodes[k].children {
		if c >= 0 {
			t.splitBelow(c, depth-1, subtree, above)
		}
	}
	above(k)
}

// first returns the first node of the subtree with root k.
func (t *tree) first(k int32) int32 {
	for {
		c := t.nodes[k].children
		switch {
		case c[0] >= 0:
			k = c[0]
		case c[1] >= 0:
			k = c[1]
		default:
			return k
		}
	}
}

// borders fills in the borders.
func (t *tree) borders(q *rates, workers int) {
	subtrees, top := t.split(workers)
	pieces.RunOn(workers, len(subtrees), 1, func(s, _, _ int) {
		b := bordering{t: t, q: q}
		for k := subtrees[s].first; k <= subtrees[s].last; k++ {
			b.node(&t.nodes[k])
		}
	})
	b := bordering{t: t, q: q}
	for _, k := range top {
		b.node(&t.nodes[k])
	}
}

// A bordering fills in borders, children first, on one goroutine.
type bordering struct {
	t                *tree
	q                *rates
	links            []link
	merged, partners []int32
	arena            []int32 // where the next borders go
}

// node fills in a border: what the children's borders and the partners of own states
// have outside the node.
func (b *bordering) node(nd *node) {
	b.partners = b.partners[:0]
	for _, state := range b.t.state[nd.lo:nd.hi] {
		b.links = b.q.links(b.links[:0], state, b.t.rank, nd.hi)
		for _, l := range b.links {
			b.partners = append(b.partners, l.other)
		}
	}
	slices.Sort(b.partners)
	b.merged = append(b.merged[:0], slices.Compact(b.partners)...)
	for _, c := range nd.children {
		if c >= 0 {
			border := b.t.nodes[c].border
			first, _ := slices.BinarySearch(border, int32(nd.hi))
			b.partners = merge(b.partners[:0], b.merged, border[first:])
			b.merged, b.partners = b.partners, b.merged
		}
	}
	n := len(b.merged)
	if len(b.arena) < n {
		b.arena = make([]int32, max(1<<14, n))
	}
	nd.border, b.arena = b.arena[:n:n], b.arena[n:]
	copy(nd.border, b.merged)
}

// merge appends the union of two ascending lists to dst.
func merge(dst, p, q []int32) []int32 {
	for len(p) > 0 && len(q) > 0 {
		switch {
		case p[0] < q[0]:
			dst, p = append(dst, p[0]), p[1:]
		case p[0] > q[0]:
			dst, q = append(dst, q[0]), q[1:]
		default:
			dst, p, q = append(dst, p[0]), p[1:], q[1:]
		}
	}
	return append(append(dst, p...), q...)
}
