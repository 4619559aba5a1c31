package markov

import (
	"fmt"
	"math"
	"runtime"

	"github.com/ness-fp/ness/operators/sparse"
)

// DirectOptions tunes [Direct]. The zero value is a good choice for a chain.
type DirectOptions struct {
	// Dims is the box that the states fill, axis 0 fastest; it decides the order of
	// elimination, not the result. nil means a line.
	Dims []int
	// Workers is the number of goroutines; 0 means GOMAXPROCS. The result has the same
	// bits for any number of them.
	Workers int
}

// DirectStats tells what an elimination cost.
type DirectStats struct {
	Flops        float64 // multiplications and additions
	FactorBytes  int64   // memory of the factor
	PeakBytes    int64   // all that Direct held at a time, besides A
	Fronts       int     // dense fronts
	LargestFront int     // states of the largest
}

// An UnderflowError says that a state cannot be left at any rate that double
// precision can express, once the states eliminated before it have been taken out.
type UnderflowError struct{ State int }

func (e *UnderflowError) Error() string {
	return fmt.Sprintf("markov: the rate out of state %d underflows: parts of the chain are cut off from each other in double precision", e.State)
}

// Direct returns the stationary vector of the generator, m ≥ 0 and Σm = 1, with relative
// errors near round-off in every entry above 1e-307; what is smaller loses digits and
// then becomes 0. States outside the only closed class get 0. A is not changed.
//
// Work grows as N in one dimension, N^{3/2} in two and N² in three, memory as N,
// N log N and N^{4/3}; see [EstimateDirect]. Errors: [RateError], [ReducibleError],
// [UnderflowError].
func Direct(a *sparse.CSR, opt DirectOptions) (m []float64, stats DirectStats, err error) {
	workers, slab := opt.workers(), takeSlab()
	q, err := survey(a, boxOf(a, opt.Dims), workers)
	if err != nil {
		return nil, stats, err
	}
	last, err := q.lastState()
	if err != nil {
		return nil, stats, err
	}
	f := newFactor(q, order(q, last, workers), slab, workers, false)
	defer f.release()
	if err := f.eliminate(); err != nil {
		return nil, stats, err
	}
	return f.masses(), f.stats(), nil
}

// workers returns the number of goroutines.
func (o *DirectOptions) workers() int {
	if o.Workers <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return o.Workers
}

// boxOf returns the box of the states after checking its size.
func boxOf(a *sparse.CSR, dims []int) []int {
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
	return dims
}

// lastState returns the state that is never eliminated. It must be in the closed class.
// All rates that are left in the end lead to it, and they underflow where it holds less
// than 1e-308 of the mass; so it is looked for downhill of the middle of the box.
func (q *rates) lastState() (int, error) {
	if q.linked {
		return downhill(q.a, q.box.middle()), nil
	}
	class, open := components(q.a)
	if err := oneClosed(q.a, open); err != nil {
		return 0, err
	}
	best, nearest := -1, math.Inf(1)
	for i, c := range class {
		if !open[c] {
			if d := q.box.offCenter(i); d < nearest {
				best, nearest = i, d
			}
		}
	}
	return downhill(q.a, best), nil
}

// middle returns the state nearest to the middle of the box.
func (b *box) middle() (state int) {
	for axis, n := range b.dims {
		state += (n - 1) / 2 * b.stride[axis]
	}
	return state
}

// downhill returns where a walk from a state ends that always takes the step j → i with
// the largest r_ji/r_ij > 1, which under detailed balance is m_i/m_j. It takes no step
// without a way back and ends where it would come round.
func downhill(a *sparse.CSR, state int) int {
	for visited := map[int]bool{}; !visited[state]; {
		visited[state] = true
		steepest, to := 1.0, state
		for k := a.RowPtr[state]; k < a.RowPtr[state+1]; k++ {
			next := int(a.Col[k])
			if next == state || !(a.Val[k] > 0) {
				continue
			}
			if slope := a.At(next, state) / a.Val[k]; slope > steepest {
				steepest, to = slope, next
			}
		}
		state = to
	}
	return state
}

// offCenter returns the squared distance of a state from the middle of the box, whose
// sides have length 1.
func (b *box) offCenter(state int) (square float64) {
	for _, n := range b.dims {
		x := (float64(state%n)+0.5)/float64(n) - 0.5
		square += x * x
		state /= n
	}
	return square
}

// stats sums up the costs.
func (f *factor) stats() (s DirectStats) {
	states := int64(len(f.tree.state))
	s.Fronts, s.LargestFront = len(f.tree.nodes), f.largest
	s.FactorBytes = 8 * int64(f.at[s.Fronts])
	s.PeakBytes = 8*int64(len(*f.slab)) + stateBytes*states + nodeBytes*int64(s.Fronts) + 4*states*int64(cap(f.workers))
	for k := range f.tree.nodes {
		nd := &f.tree.nodes[k]
		s.Flops += frontFlops(float64(nd.own()), float64(len(nd.border)))
		s.PeakBytes += 4 * int64(len(nd.border))
	}
	return s
}

// What the parts of a factor besides its numbers take.
const (
	stateBytes = 4 + 4 + 1 + 16 + 8 // rank, state, ordered, wide mass, mass
	nodeBytes  = 48 + 8 + 24        // node, place of its front, update
)

// frontFlops is the cost of a front, Σ 2k² over the numbers k of states that are left
// after each own state: multiplications and additions of the updates alone.
func frontFlops(own, border float64) float64 {
	sum := func(n float64) float64 { return n * (n + 1) * (2*n + 1) / 3 } // Σ_{k≤n} 2k²
	return sum(own+border-1) - sum(border-1)
}
