package markov

import "slices"

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

// borders fills in the borders, children first: what the children's borders and the
// partners of own states have outside the node.
func (t *tree) borders(p *pairs) {
	var arena, merged, partners []int32
	for k := range t.nodes {
		nd := &t.nodes[k]
		partners = partners[:0]
		for _, r := range p.other[p.ptr[nd.lo]:p.ptr[nd.hi]] {
			if int(r) >= nd.hi {
				partners = append(partners, r)
			}
		}
		slices.Sort(partners)
		merged = append(merged[:0], slices.Compact(partners)...)
		for _, c := range nd.children {
			if c >= 0 {
				border := t.nodes[c].border
				first, _ := slices.BinarySearch(border, int32(nd.hi))
				partners = merge(partners[:0], merged, border[first:])
				merged, partners = partners, merged
			}
		}
		if len(arena) < len(merged) {
			arena = make([]int32, max(1<<16, len(merged)))
		}
		nd.border = arena[:len(merged):len(merged)]
		arena = arena[len(merged):]
		copy(nd.border, merged)
	}
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
