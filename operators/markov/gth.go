package markov

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/operators/sparse"
)

// DirectOptions tunes [Direct]. The zero value is a good choice.
type DirectOptions struct {
	// Dims is the box that the states fill, axis 0 fastest; it decides the order of
	// elimination. nil means a line.
	Dims []int
	// Workers is the number of subtrees eliminated at a time; 0 means all cores. The
	// result does not depend on it.
	Workers int
}

// DirectStats tells what an elimination cost.
type DirectStats struct {
	Flops        float64 // multiplications and additions
	FactorBytes  int64   // memory of the factor
	LargestFront int     // states of the largest dense front
}

// An UnderflowError says that a state cannot be left at any rate that double
// precision can express.
type UnderflowError struct{ State int }

func (e *UnderflowError) Error() string {
	return fmt.Sprintf("markov: the rate out of state %d underflows: parts of the chain are cut off from each other in double precision", e.State)
}

// Direct returns the stationary vector of the generator, with relative errors near
// round-off in every entry above 1e-300 of the largest; what is smaller may become
// 0. States outside the only closed class get 0.
//
// Work grows as N^{3/2} and memory as N log N in two dimensions, as N² and N^{4/3} in
// three.
func Direct(a *sparse.CSR, opt DirectOptions) (m []float64, stats DirectStats, err error) {
	dims := opt.Dims
	if dims == nil {
		dims = []int{a.Rows}
	}
	states := 1
	for _, n := range dims {
		states *= n
	}
	if a.Rows != a.Cols || states != a.Rows || a.Rows == 0 {
		panic("markov: Direct: want a square matrix and dims that hold its states")
	}
	out := a.Transpose()
	closed := closedClasses(out)
	if len(closed) > 1 {
		e := &ReducibleError{}
		for _, c := range closed {
			e.Sizes = append(e.Sizes, len(c))
			e.States = append(e.States, c[0])
		}
		return nil, stats, e
	}
	f := &factor{in: a, out: out, tree: dissect(a, out, dims, central(closed[0], dims))}
	f.fronts = make([]front, len(f.tree.nodes))
	workers := opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if err := f.eliminate(workers); err != nil {
		return nil, stats, err
	}
	return f.backSubstitute(), f.stats(), nil
}

// central returns the state nearest the middle of the box: the far tails of a
// density are seldom there.
func central(states []int, dims []int) int {
	best, nearest := states[0], math.Inf(1)
	for _, s := range states {
		var dist float64
		rest := s
		for _, n := range dims {
			x := (float64(rest%n)+0.5)/float64(n) - 0.5
			dist += x * x
			rest /= n
		}
		if dist < nearest {
			best, nearest = s, dist
		}
	}
	return best
}

// A front keeps of each own state n of a node the rates r_in from the later states
// of the front, one state after the other, and 1/S_n.
type front struct {
	rates   []float64
	inverse []float64
	update  []float64 // rates between border states, until the parent has taken them
}

// A factor is an elimination under way.
type factor struct {
	in, out *sparse.CSR
	tree    *tree
	fronts  []front
}

// eliminate works through the tree, children first: subtrees in parallel, then what
// is above them.
func (f *factor) eliminate(workers int) error {
	tops, rest := f.subtrees(4 * workers)
	jobs := make(chan int)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			w := newWorker(f)
			for top := range jobs {
				if errs[k] == nil {
					errs[k] = w.subtree(top)
				}
			}
		})
	}
	for _, top := range tops {
		jobs <- top
	}
	close(jobs)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	w := newWorker(f)
	for _, k := range rest {
		if err := w.node(k); err != nil {
			return err
		}
	}
	return nil
}

// subtrees cuts the tree into about count subtrees and the nodes above them, in post-order.
func (f *factor) subtrees(count int) (tops, rest []int) {
	tops = []int{len(f.tree.nodes) - 1}
	above := map[int]bool{}
	for len(tops) < count {
		var next []int
		for _, k := range tops {
			above[k] = true
			for _, c := range f.tree.nodes[k].children {
				if c >= 0 {
					next = append(next, c)
				}
			}
		}
		if len(next) == 0 {
			break
		}
		tops = next
	}
	for k := range f.tree.nodes {
		if above[k] {
			rest = append(rest, k)
		}
	}
	for i := 0; i < len(tops); i++ { // a leaf above the cut is no longer in tops
		if above[tops[i]] {
			tops = append(tops[:i], tops[i+1:]...)
			i--
		}
	}
	return tops, rest
}

// A worker owns what one goroutine needs to eliminate fronts.
type worker struct {
	f     *factor
	place []int32             // position of a rank in the front at hand
	dense []float64           // the front
	arena []float64           // where factors are cut from
	free  map[int][][]float64 // updates that have been taken, by class
}

func newWorker(f *factor) *worker {
	return &worker{f: f, place: make([]int32, f.in.Rows), free: map[int][][]float64{}}
}

// subtree eliminates the nodes below and including top.
func (w *worker) subtree(top int) error {
	for _, c := range w.f.tree.nodes[top].children {
		if c >= 0 {
			if err := w.subtree(c); err != nil {
				return err
			}
		}
	}
	return w.node(top)
}

// node assembles and eliminates one front.
func (w *worker) node(k int) error {
	nd := &w.f.tree.nodes[k]
	own, size := nd.hi-nd.lo, nd.hi-nd.lo+len(nd.border)
	if cap(w.dense) < size*size {
		w.dense = make([]float64, size*size+size*size/4)
	}
	d := w.dense[:size*size]
	clear(d)
	w.assemble(nd, d, size)
	fr := &w.f.fronts[k]
	fr.inverse = w.cut(own)
	if n := eliminate(d, size, own, fr.inverse); n >= 0 {
		return &UnderflowError{int(w.f.tree.state[nd.lo+n])}
	}
	fr.rates = w.cut(own*size - own*(own+1)/2)
	at := 0
	for n := range own {
		for i := n + 1; i < size; i++ {
			fr.rates[at] = d[i*size+n]
			at++
		}
	}
	b := len(nd.border)
	fr.update = w.buffer(b * b)
	for i := range b {
		copy(fr.update[i*b:(i+1)*b], d[(own+i)*size+own:(own+i+1)*size])
	}
	return nil
}

// assemble adds the rates of own states and the updates of children.
func (w *worker) assemble(nd *node, d []float64, size int) {
	t := w.f.tree
	for r := nd.lo; r < nd.hi; r++ {
		w.place[r] = int32(r - nd.lo)
	}
	for i, r := range nd.border {
		w.place[r] = int32(nd.hi - nd.lo + i)
	}
	for r := nd.lo; r < nd.hi; r++ {
		n, s := r-nd.lo, t.state[r]
		for k := w.f.out.RowPtr[s]; k < w.f.out.RowPtr[s+1]; k++ {
			if j := t.rank[w.f.out.Col[k]]; int(j) > r {
				d[n*size+int(w.place[j])] += w.f.out.Val[k]
			}
		}
		for k := w.f.in.RowPtr[s]; k < w.f.in.RowPtr[s+1]; k++ {
			if i := t.rank[w.f.in.Col[k]]; int(i) > r {
				d[int(w.place[i])*size+n] += w.f.in.Val[k]
			}
		}
	}
	for _, c := range nd.children {
		if c >= 0 {
			w.extend(d, size, t.nodes[c].border, w.f.fronts[c].update)
			w.release(w.f.fronts[c].update)
			w.f.fronts[c].update = nil
		}
	}
}

// extend adds the update of a child, whose border has the given ranks, in runs of
// states that are neighbours here too.
func (w *worker) extend(d []float64, size int, ranks []int32, update []float64) {
	b := len(ranks)
	for i, r := range ranks {
		row := d[int(w.place[r])*size:][:size]
		src := update[i*b : (i+1)*b]
		for lo := 0; lo < b; {
			at := int(w.place[ranks[lo]])
			hi := lo + 1
			for hi < b && int(w.place[ranks[hi]]) == at+hi-lo {
				hi++
			}
			floats.Add(row[at:at+hi-lo], src[lo:hi])
			lo = hi
		}
	}
}

// cut returns n numbers that live as long as the factor.
func (w *worker) cut(n int) []float64 {
	const chunk = 1 << 19 // 4 MB
	if len(w.arena) < n {
		if n > chunk/4 {
			return make([]float64, n)
		}
		w.arena = make([]float64, chunk)
	}
	s := w.arena[:n:n]
	w.arena = w.arena[n:]
	return s
}

// buffer returns n numbers, from an update that has been taken if there is one of
// the same class.
func (w *worker) buffer(n int) []float64 {
	c := class(n)
	if list := w.free[c]; len(list) > 0 {
		w.free[c] = list[:len(list)-1]
		return list[len(list)-1][:n]
	}
	return make([]float64, n, c)
}

func (w *worker) release(b []float64) {
	c := cap(b)
	w.free[c] = append(w.free[c], b)
}

// class rounds a size up by at most a quarter, so that few sizes are in use.
func class(n int) int {
	if n < 8 {
		return 8
	}
	step := 1 << (bits.Len(uint(n)) - 3)
	return (n + step - 1) / step * step
}

// panel is the number of states that are eliminated before the rest of the front is
// brought up to date in one matrix product.
const panel = 48

// eliminate takes the first own states out of a dense front of rates d[i·size+j] = r_ij,
// i → j; the diagonal is junk. It leaves r_in below the diagonal of the own columns,
// the updated rates between border states, and 1/S_n. It returns −1, or a state
// whose S is not a positive number.
func eliminate(d []float64, size, own int, inverse []float64) int {
	for a := 0; a < own; a += panel {
		b := min(a+panel, own)
		for n := a; n < b; n++ {
			row := d[n*size : (n+1)*size]
			for k := a; k < n; k++ {
				floats.AddScaled(row[k+1:], row[k], d[k*size+k+1:(k+1)*size])
			}
			if n == size-1 {
				inverse[n] = 1 // the last state of all: its mass sets the scale
				continue
			}
			var sum float64
			for _, r := range row[n+1:] {
				sum += r
			}
			inverse[n] = 1 / sum
			if !(sum > 0) || math.IsInf(inverse[n], 1) {
				return n
			}
			floats.Scale(inverse[n], row[n+1:])
		}
		update(d, size, a, b)
	}
	return -1
}

// update brings the rows from b on up to date with the panel a ≤ n < b: first its
// columns, one after the other, then all columns behind it at once.
func update(d []float64, size, a, b int) {
	rest := size - b
	for i := b; i < size; i++ {
		row := d[i*size : (i+1)*size]
		for k := a; k < b-1; k++ {
			f := row[k]
			v := d[k*size+k+1 : k*size+b]
			r := row[k+1 : b][:len(v)]
			for j, w := range v {
				r[j] += f * w
			}
		}
	}
	if rest > 0 {
		blas64.Implementation().Dgemm(blas.NoTrans, blas.NoTrans, rest, rest, b-a,
			1, d[b*size+a:], size, d[a*size+b:], size, 1, d[b*size+b:], size)
	}
}

// backSubstitute returns the masses, m_n = Σ_i m_i r_in / S_n over the later states,
// from the last state down.
func (f *factor) backSubstitute() []float64 {
	t := f.tree
	n := len(t.state)
	x := make([]float64, n) // by rank
	var local []float64
	for k := len(t.nodes) - 1; k >= 0; k-- {
		nd, fr := &t.nodes[k], &f.fronts[k]
		own := nd.hi - nd.lo
		size := own + len(nd.border)
		local = append(local[:0], make([]float64, size)...)
		for i, r := range nd.border {
			local[own+i] = x[r]
		}
		end := len(fr.rates)
		for s := own - 1; s >= 0; s-- {
			begin := end - (size - s - 1)
			local[s] = floats.Dot(fr.rates[begin:end], local[s+1:]) * fr.inverse[s]
			if nd.lo+s == n-1 {
				local[s] = 1
			}
			end = begin
			x[nd.lo+s] = local[s]
			if local[s] > huge {
				floats.Scale(1/huge, x[nd.lo+s:])
				floats.Scale(1/huge, local[s:])
			}
		}
	}
	m := make([]float64, n)
	// Summed from rank to rank; relative error below n·2⁻⁵³, the same for all entries.
	sum := floats.SumCompensated(x)
	for r, v := range x {
		m[t.state[r]] = v / sum
	}
	return m
}

// huge is a mass at which all are scaled down, before anything overflows.
const huge = 0x1p800

func (f *factor) stats() (s DirectStats) {
	for k, nd := range f.tree.nodes {
		own := float64(nd.hi - nd.lo)
		size := own + float64(len(nd.border))
		// Σ over own states of 2 (later states)².
		for n := size - own; n < size; n++ {
			s.Flops += 2 * n * n
		}
		s.LargestFront = max(s.LargestFront, int(size))
		s.FactorBytes += 8 * int64(len(f.fronts[k].rates)+len(f.fronts[k].inverse))
	}
	return s
}
