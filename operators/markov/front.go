package markov

import (
	"math/bits"
	"sync"
	"weak"
)

// A front is what the back-substitution needs of an eliminated node: 1/S_n of its own
// states, and the rates r_in into each from the later states i of the node and from its
// border.
type front struct {
	inverse []float64
	inner   []float64 // row i of the own states has i entries, n < i: packed triangle
	outer   []float64 // row per border state, own columns
	later   []float64 // row per own state, V to all states of the front; only for linear problems
}

// A factor is an elimination under way.
type factor struct {
	rates   *rates
	tree    *tree
	at      []int        // where the front of each node is in the slab, and the end of all
	updates [][]float64  // rates between border states of each node until its parent has taken them, row by row
	slab    *[]float64   // the fronts, then what workers need
	workers chan *worker // those that are free
	depth   int          // levels of the tree, from the root, that are forked
	largest int          // states of the largest front
	linear  bool         // whether V is kept
}

// lastSlab is the memory of the last factor, as long as the garbage collector leaves it:
// to get it anew from the operating system costs as much as the arithmetic.
var lastSlab struct {
	sync.Mutex
	weak.Pointer[[]float64]
}

// takeSlab returns the memory of the last factor, which is nobody else's then, or none.
func takeSlab() *[]float64 {
	lastSlab.Lock()
	defer lastSlab.Unlock()
	slab := lastSlab.Value()
	lastSlab.Pointer = weak.Pointer[[]float64]{}
	if slab == nil {
		return new([]float64)
	}
	return slab
}

// newFactor returns an elimination that has not begun, with memory for all that it needs,
// if possible in the slab given; linear says whether right-hand sides are to follow.
func newFactor(q *rates, t *tree, slab *[]float64, workers int, linear bool) *factor {
	f := &factor{
		rates: q, tree: t, slab: slab, linear: linear,
		at: make([]int, len(t.nodes)+1), updates: make([][]float64, len(t.nodes)),
		workers: make(chan *worker, workers), depth: bits.Len(uint(workers - 1)),
	}
	rows := 0 // numbers in the own rows of a front
	for k := range t.nodes {
		nd := &t.nodes[k]
		f.at[k+1] = f.at[k] + f.numbers(nd)
		f.largest = max(f.largest, nd.size())
		rows = max(rows, nd.own()*nd.size())
	}
	if linear {
		rows = 0 // they are kept where they are
	}
	var r room
	r.below(t, int32(len(t.nodes)-1), f.depth)
	free := f.allocate(f.at[len(t.nodes)] + workers*(rows+r.most[0]+r.most[1]))
	cut := func(n int) (s []float64) {
		s, free = free[:n:n], free[n:]
		return s
	}
	for range workers {
		w := &worker{f: f, place: make([]int32, q.a.Rows+1), rows: cut(rows)}
		for i, n := range r.most {
			w.stacks[i] = cut(n)[:0]
		}
		f.workers <- w
	}
	return f
}

// numbers returns how many numbers the front of a node keeps.
func (f *factor) numbers(nd *node) int {
	own, border := nd.own(), len(nd.border)
	n := own + own*(own-1)/2 + border*own
	if f.linear {
		n += own * nd.size()
	}
	return n
}

// allocate makes the slab n numbers long, of any value, and returns what the fronts leave
// of it. The memory at hand is used if it is enough and not far too much.
func (f *factor) allocate(n int) []float64 {
	if cap(*f.slab) < n || cap(*f.slab) > 2*n {
		*f.slab = make([]float64, n)
		hugePages(*f.slab)
	}
	*f.slab = (*f.slab)[:n]
	return (*f.slab)[f.at[len(f.tree.nodes)]:]
}

// front returns the front of node k.
func (f *factor) front(k int32) (fr front) {
	nd := &f.tree.nodes[k]
	own, border := nd.own(), len(nd.border)
	rest := (*f.slab)[f.at[k]:f.at[k+1]]
	fr.inverse, rest = rest[:own], rest[own:]
	triangle := own * (own - 1) / 2
	fr.inner, rest = rest[:triangle], rest[triangle:]
	fr.outer, fr.later = rest[:own*border], rest[own*border:]
	return fr
}

// release gives the memory back; the fronts must not be used any more.
func (f *factor) release() {
	lastSlab.Lock()
	defer lastSlab.Unlock()
	lastSlab.Pointer = weak.Make(f.slab)
	f.slab = nil
}

// A room is how high the stacks of updates grow. Nodes at even depth have their updates
// on one stack, those at odd depth on the other: when a node is done, those of its
// children are on top of one, and its own goes on the other.
type room struct{ now, most [2]int }

// below counts the updates in the subtrees so many levels below node k, one subtree
// after the other; those of their roots and above have memory of their own.
func (r *room) below(t *tree, k int32, levels int) {
	for _, c := range t.nodes[k].children {
		if c < 0 {
			continue
		}
		if levels > 0 {
			r.below(t, c, levels-1)
		} else {
			r.node(t, c, 0)
		}
	}
	if levels == 0 {
		r.now = [2]int{}
	}
}

// node counts the updates of the subtree of node k, which goes on a given stack.
func (r *room) node(t *tree, k int32, stack int) {
	children := t.nodes[k].children
	for _, c := range children {
		if c >= 0 {
			r.node(t, c, 1-stack)
		}
	}
	border := len(t.nodes[k].border)
	r.now[stack] += border * border
	r.most[stack] = max(r.most[stack], r.now[stack])
	for _, c := range children {
		if c >= 0 {
			border := len(t.nodes[c].border)
			r.now[1-stack] -= border * border
		}
	}
}

// eliminate takes out all states but the last. The order of operations does not depend
// on the number of workers.
func (f *factor) eliminate() error {
	return f.fork(int32(len(f.tree.nodes)-1), 0, cap(f.workers))
}

// fork eliminates the nodes below and including k, which lies at that depth: the
// subtrees of its children side by side on the top levels of the tree. Near the root
// there are fewer nodes than workers, and each front has several threads.
func (f *factor) fork(k int32, depth, threads int) error {
	children := f.tree.nodes[k].children
	border := len(f.tree.nodes[k].border)
	f.updates[k] = make([]float64, border*border)
	if depth == f.depth {
		w := <-f.workers
		defer func() { f.workers <- w }()
		return w.subtree(k, 1)
	}
	var errs [2]error
	var wg sync.WaitGroup
	for i, c := range children {
		if c >= 0 {
			wg.Go(func() { errs[i] = f.fork(c, depth+1, (threads+1)/2) })
		}
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	w := <-f.workers
	defer func() { f.workers <- w }()
	w.threads = threads
	defer func() { w.threads = 1 }()
	return w.node(k)
}

// A worker owns what one goroutine needs to eliminate fronts.
type worker struct {
	f       *factor
	threads int
	place   []int32      // position of a rank in the front at hand
	rows    []float64    // room for the own rows of a front
	stacks  [2][]float64 // updates that wait
	runs    []run
	links   []link
}

// subtree eliminates the nodes below and including k and leaves the update of k on a
// stack, unless it has memory already.
func (w *worker) subtree(k int32, stack int) error {
	below := 1 - stack
	bottom := len(w.stacks[below])
	for _, c := range w.f.tree.nodes[k].children {
		if c >= 0 {
			if err := w.subtree(c, below); err != nil {
				return err
			}
		}
	}
	if w.f.updates[k] == nil {
		border := len(w.f.tree.nodes[k].border)
		top := len(w.stacks[stack])
		w.stacks[stack] = w.stacks[stack][:top+border*border]
		w.f.updates[k] = w.stacks[stack][top:]
	}
	err := w.node(k)
	w.stacks[below] = w.stacks[below][:bottom]
	return err
}

// node assembles and eliminates one front.
func (w *worker) node(k int32) error {
	nd := &w.f.tree.nodes[k]
	fr := w.f.front(k)
	own, size := nd.own(), nd.size()
	rows := fr.later
	if !w.f.linear {
		rows = w.rows[:own*size]
	}
	d := dense{
		own: own, size: size, rows: rows, outer: fr.outer, rest: w.f.updates[k],
		inverse: fr.inverse, threads: w.threads,
	}
	clear(d.rows)
	clear(d.outer)
	clear(d.rest)
	w.assemble(nd, &d)
	if n := d.eliminate(); n >= 0 {
		return &UnderflowError{int(w.f.tree.state[nd.lo+n])}
	}
	at := 0
	for i := range own {
		at += copy(fr.inner[at:], d.rows[i*size:i*size+i])
	}
	return nil
}

// assemble adds up the rates of own states and the updates of children.
func (w *worker) assemble(nd *node, d *dense) {
	t := w.f.tree
	for r := nd.lo; r < nd.hi; r++ {
		w.place[r] = int32(r - nd.lo)
	}
	for i, r := range nd.border {
		w.place[r] = int32(d.own + i)
	}
	for n := range d.own {
		w.links = w.f.rates.links(w.links[:0], t.state[nd.lo+n], t.rank, nd.lo+n+1)
		for _, l := range w.links {
			i := int(w.place[l.other])
			d.rows[n*d.size+i] += l.out
			if i < d.own {
				d.rows[i*d.size+n] += l.in
			} else {
				d.outer[(i-d.own)*d.own+n] += l.in
			}
		}
	}
	for _, c := range nd.children {
		if c >= 0 {
			w.extend(d, t.nodes[c].border, w.f.updates[c])
			w.f.updates[c] = nil
		}
	}
}

// A run is a stretch of states that are neighbours both in the border of a child and in
// the front of its parent, there all own states or all in the border, from whose first
// state on to counts.
type run struct{ from, to, length int }

// extend adds the update of a child with that border, run by run.
func (w *worker) extend(d *dense, border []int32, update []float64) {
	inner, outer := w.split(border, d.own)
	for i, r := range border {
		from := update[i*len(border):][:len(border)]
		if to := int(w.place[r]); to < d.own {
			addRuns(d.rows[to*d.size:][:d.own], from, inner)
			addRuns(d.rows[to*d.size+d.own:][:d.border()], from, outer)
		} else {
			to -= d.own
			addRuns(d.outer[to*d.own:][:d.own], from, inner)
			addRuns(d.rest[to*d.border():][:d.border()], from, outer)
		}
	}
}

// split returns the runs of the border of a child that are own states of the front at
// hand, which come first, as their ranks are lower, and those in its border.
func (w *worker) split(border []int32, own int) (inner, outer []run) {
	first := 0
	for first < len(border) && int(w.place[border[first]]) < own {
		first++
	}
	w.runs = w.runs[:0]
	w.join(border, 0, first, 0)
	n := len(w.runs)
	w.join(border, first, len(border), own)
	return w.runs[:n], w.runs[n:]
}

// join adds the runs of the states lo ≤ i < hi of a border, counting from a state of the
// front.
func (w *worker) join(border []int32, lo, hi, zero int) {
	end := -1 // of the last run
	for i := lo; i < hi; i++ {
		to := int(w.place[border[i]]) - zero
		if to == end {
			w.runs[len(w.runs)-1].length++
		} else {
			w.runs = append(w.runs, run{i, to, 1})
		}
		end = to + 1
	}
}

// addRuns adds runs of x to dst.
func addRuns(dst, x []float64, runs []run) {
	if len(runs) == 0 {
		return
	}
	if processor != nil {
		processor.add(&dst[0], &x[0], &runs[0], len(runs), &columnMasks[mostCols])
		return
	}
	for _, u := range runs {
		to := dst[u.to:][:u.length]
		for j, v := range x[u.from:][:len(to)] {
			to[j] += v
		}
	}
}
