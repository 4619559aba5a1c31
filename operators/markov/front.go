package markov

import (
	"math/bits"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// A front keeps what the back-substitution needs of an eliminated node: 1/S_n of its
// own states, and the rates r_in into each from the later states i of the node and
// from its border.
type front struct {
	inverse []float64
	inner   []float64 // row i of the own states has i entries, n < i: packed triangle
	outer   []float64 // row per border state, own columns
	later   []float64 // row per own state, V to all states of the front; only for linear problems
	update  []float64 // rates between border states until the parent has taken them:
	stride  int       // row i is update[i·stride:][:len(border)]
	kept    bool      // whether update has memory of its own
}

// A factor is an elimination under way.
type factor struct {
	rates   *rates
	tree    *tree
	fronts  []front
	slab    *[]float64   // what the fronts keep
	workers chan *worker // those that are free
	depth   int          // levels of the tree, from the root, that are forked
	largest int          // states of the largest front
	linear  bool         // whether V is kept
}

// slabs holds memory of earlier factors: to get it anew from the operating system costs
// as much as the arithmetic.
var slabs sync.Pool

// newFactor returns an elimination that has not begun, with memory for all that it will
// keep; linear says whether right-hand sides are to follow.
func newFactor(q *rates, t *tree, workers int, linear bool) *factor {
	f := &factor{
		rates: q, tree: t, fronts: make([]front, len(t.nodes)), linear: linear,
		workers: make(chan *worker, workers), depth: bits.Len(uint(workers - 1)),
	}
	for range workers {
		f.workers <- &worker{f: f, place: make([]int32, q.a.Rows+1), free: map[int][][]float64{}}
	}
	for k := range t.nodes {
		f.largest = max(f.largest, t.nodes[k].size())
	}
	total := f.lay(nil)
	slab, ok := slabs.Get().(*[]float64)
	if !ok || cap(*slab) < total || cap(*slab) > 2*total {
		slab = new(make([]float64, total))
		hugePages(*slab)
	}
	f.slab = slab
	f.lay((*slab)[:total])
	return f
}

// lay cuts the memory of all fronts from the slab and returns how much they need; nil
// only measures.
func (f *factor) lay(slab []float64) int {
	at := 0
	cut := func(n int) (s []float64) {
		if slab != nil {
			s = slab[at : at+n : at+n]
		}
		at += n
		return s
	}
	for k := range f.fronts {
		own, border := f.tree.nodes[k].own(), len(f.tree.nodes[k].border)
		f.fronts[k].inverse = cut(own)
		f.fronts[k].inner = cut(own * (own - 1) / 2)
		f.fronts[k].outer = cut(border * own)
		if f.linear {
			f.fronts[k].later = cut(own * (own + border))
		}
	}
	return at
}

// release gives the memory back; the fronts must not be used any more.
func (f *factor) release() {
	f.fronts = nil
	slabs.Put(f.slab)
	f.slab = nil
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
	if depth == f.depth || children[0] < 0 || children[1] < 0 {
		w := <-f.workers
		defer func() { f.workers <- w }()
		if err := w.subtree(k); err != nil {
			return err
		}
		w.detach(k)
		return nil
	}
	var errs [2]error
	var wg sync.WaitGroup
	for c, child := range children {
		wg.Go(func() { errs[c] = f.fork(child, depth+1, (threads+1)/2) })
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
	if err := w.node(k); err != nil {
		return err
	}
	w.threads = 1
	w.detach(k)
	return nil
}

// A worker owns what one goroutine needs to eliminate fronts.
type worker struct {
	f       *factor
	threads int
	place   []int32      // position of a rank in the front at hand
	buffers [2][]float64 // the front at hand and the one before, by turns
	used    [2]int       // how much of them has been in use
	turn    int
	runs    []run
	links   []link
	free    map[int][][]float64 // updates that have been taken, by capacity
	kept    int                 // numbers in updates
}

// subtree eliminates the nodes below and including k. It leaves the update of k in a
// buffer.
func (w *worker) subtree(k int32) error {
	children := w.f.tree.nodes[k].children
	for i, c := range children {
		if c < 0 {
			continue
		}
		if err := w.subtree(c); err != nil {
			return err
		}
		if i == 0 && children[1] >= 0 {
			w.detach(c) // the buffers are about to be used for its sibling
		}
	}
	return w.node(k)
}

// node assembles and eliminates one front.
func (w *worker) node(k int32) error {
	nd := &w.f.tree.nodes[k]
	fr := &w.f.fronts[k]
	own, size := nd.own(), nd.size()
	d := dense{f: w.front(size * size), size: size, inverse: fr.inverse, threads: w.threads}
	w.assemble(nd, &d)
	if n := d.eliminate(); n >= 0 {
		return &UnderflowError{int(w.f.tree.state[nd.lo+n])}
	}
	at := 0
	for i := range own {
		at += copy(fr.inner[at:], d.f[i*size:i*size+i])
	}
	for i := own; i < size; i++ {
		copy(fr.outer[(i-own)*own:], d.f[i*size:i*size+own])
	}
	if w.f.linear {
		copy(fr.later, d.f[:own*size])
	}
	fr.update, fr.stride, fr.kept = d.f[min(own*size+own, len(d.f)):], size, false
	return nil
}

// front returns n zeros for the next front; the front before stays as it is. A buffer
// holds any front of the tree: what is not used costs no memory.
func (w *worker) front(n int) []float64 {
	w.turn = 1 - w.turn
	w.used[w.turn] = max(w.used[w.turn], n)
	b := &w.buffers[w.turn]
	if *b == nil {
		*b = make([]float64, w.f.largest*w.f.largest)
		hugePages(*b)
		return (*b)[:n]
	}
	f := (*b)[:n]
	clear(f)
	return f
}

// detach moves the update of a node out of the worker's buffer.
func (w *worker) detach(k int32) {
	fr := &w.f.fronts[k]
	b := len(w.f.tree.nodes[k].border)
	update := w.keep(b * b)
	for i := range b {
		copy(update[i*b:(i+1)*b], fr.update[i*fr.stride:])
	}
	fr.update, fr.stride, fr.kept = update, b, true
}

// keep returns n numbers of any value, if possible from an update that has been taken.
func (w *worker) keep(n int) []float64 {
	c := roundUp(n)
	if list := w.free[c]; len(list) > 0 {
		w.free[c] = list[:len(list)-1]
		return list[len(list)-1][:n]
	}
	w.kept += c
	return make([]float64, n, c)
}

// roundUp rounds a size up by at most a quarter, so that few sizes are in use.
func roundUp(n int) int {
	if n < 8 {
		return 8
	}
	step := 1 << (bits.Len(uint(n)) - 3)
	return (n + step - 1) / step * step
}

// assemble adds up the rates of own states and the updates of children.
func (w *worker) assemble(nd *node, d *dense) {
	t, size := w.f.tree, d.size
	for r := nd.lo; r < nd.hi; r++ {
		w.place[r] = int32(r - nd.lo)
	}
	for i, r := range nd.border {
		w.place[r] = int32(nd.own() + i)
	}
	for n := range nd.own() {
		w.links = w.f.rates.links(w.links[:0], t.state[nd.lo+n], t.rank, nd.lo+n+1)
		for _, l := range w.links {
			i := int(w.place[l.other])
			d.f[n*size+i] += l.out
			d.f[i*size+n] += l.in
		}
	}
	for _, c := range nd.children {
		if c < 0 {
			continue
		}
		fr := &w.f.fronts[c]
		w.extend(d, w.f.tree.nodes[c].border, fr)
		if fr.kept {
			w.free[cap(fr.update)] = append(w.free[cap(fr.update)], fr.update)
		}
		fr.update = nil
	}
}

// A run is a stretch of states that are neighbours both in the border of a child and in
// the front of its parent.
type run struct{ from, to, length int }

// extend adds the update of a child with that border, run by run.
func (w *worker) extend(d *dense, border []int32, fr *front) {
	w.runs = w.runs[:0]
	for i, r := range border {
		to := int(w.place[r])
		if last := len(w.runs) - 1; last >= 0 && to == w.runs[last].to+w.runs[last].length {
			w.runs[last].length++
		} else {
			w.runs = append(w.runs, run{i, to, 1})
		}
	}
	for i, r := range border {
		row := d.f[int(w.place[r])*d.size:][:d.size]
		update := fr.update[i*fr.stride:][:len(border)]
		for _, u := range w.runs {
			add(row[u.to:u.to+u.length], update[u.from:u.from+u.length])
		}
	}
}

// add is dst += x; below 16 numbers a call would cost more than the loop.
func add(dst, x []float64) {
	if len(x) >= 16 {
		floats.Add(dst, x)
		return
	}
	dst = dst[:len(x)]
	for j, v := range x {
		dst[j] += v
	}
}
