//go:build !purego

package compare

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// With any number of lanes and with none walkers are tallied the same, bit for bit: blocks of 13,
// which fill lanes and leave some, that are all inside, or have a walker on an edge, outside
// on either side of any axis, or nowhere.
func TestLanesTallyTheSame(t *testing.T) {
	numbers := append([]int{lanes}, otherLanes()...)
	defer setLanes(lanes)()
	for d := 1; d <= 4; d++ {
		grids := []*grid.Grid{nil}
		if d <= 3 {
			grids = append(grids, unlike(t, d))
		}
		for _, g := range grids {
			var first *state
			for _, lanes = range numbers {
				s := tallied(t, g, d)
				if first == nil {
					first = s
				}
				if !reflect.DeepEqual(first, s) {
					t.Errorf("d = %d: state\n%v, with %d lanes\n%v", d, first, lanes, s)
				}
			}
			if g != nil && first.counts[0][g.Cells()] < 3 {
				t.Errorf("d = %d: %d are outside", d, first.counts[0][g.Cells()])
			}
		}
	}
}

// tallied returns the state after many tallies of 13 walkers, of which one is somewhere special in two of three. The sums
// are without those that would leave no numbers.
func tallied(t *testing.T, g *grid.Grid, d int) *state {
	t.Helper()
	const walkers = 13
	special := []float64{0.5, -0.5, 0.3, 0.51, -0.501, 0.6, 0.65, 0.75, -0.61, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 0}
	tally, spoilt := tallier(g, d, walkers+1), tallier(g, d, walkers+1)
	spoilt.counts = tally.counts
	rng := rand.New(rand.NewPCG(1, uint64(d)))
	for n := range len(special) * d * walkers {
		x := columns(d, walkers)
		for _, column := range x {
			for w := range column {
				column[w] = rng.Float64() - 0.5
			}
		}
		by, odd := tally, special[n%len(special)]
		if n%3 != 0 {
			x[n/len(special)%d][n/len(special)/d] = odd
		}
		if !(math.Abs(odd) < 1) {
			by = spoilt
		}
		by.cells = slices.Repeat([]int32{-7}, walkers+8)
		by.tally(&block{theta: x}, 1, 0, n, n)
		if slices.ContainsFunc(by.cells[walkers:], func(v int32) bool { return v != -7 }) {
			t.Fatalf("d = %d: %d lanes write behind the cells", d, lanes)
		}
	}
	return tally.state
}

// tallier returns a worker that tallies walkers, in cells where there is a grid.
func tallier(g *grid.Grid, d, walkers int) *worker {
	s := &state{moments: momentSums{columns(d, walkers), columns(segments*d, walkers), columns(packed(d), walkers)}}
	if g != nil {
		s.counter, s.counts = newCounter(g), [][]uint64{make([]uint64, g.Cells()+1)}
	}
	return &worker{Ensemble: &Ensemble{state: s}, cells: make([]int32, walkers)}
}

// unlike returns a grid whose axes are all of other widths and numbers of cells.
func unlike(t *testing.T, d int) *grid.Grid {
	var axes []grid.Axis
	for a := range d {
		axes = append(axes, box(t, 9-2*a, 0.5+0.1*float64(a), 1).Axis(0))
	}
	return grid.New(axes...)
}

// Walkers are tallied by kernels, as many as fill lanes, and their cells where all of them are inside.
func TestTalliesFillLanes(t *testing.T) {
	numbers := append([]int{lanes}, otherLanes()...)
	defer setLanes(lanes)()
	for _, lanes = range numbers {
		for d := 1; d <= 3; d++ {
			w, x := tallier(unlike(t, d), d, 13), columns(d, 13)
			to := w.moments.first[:d]
			if summed, found := w.atOnce(to, x, 0); summed != inLanes(13) || found != summed {
				t.Errorf("d = %d, %d lanes: %d of 13 walkers are summed up, %d counted", d, lanes, summed, found)
			}
			x[d-1][1] = 2
			if summed, found := w.atOnce(to, x, 0); summed != inLanes(13) || found != 0 {
				t.Errorf("d = %d, %d lanes: %d of 13 walkers are summed up, %d counted, one of them outside", d, lanes, summed, found)
			}
		}
	}
}

// Where there is no grid, or one axis has cells that differ, kernels find none.
func TestGradedAxesHaveNoCellsInLanes(t *testing.T) {
	graded, err := grid.Sinh(-1, 1, 8, grid.Reflecting, grid.Reflecting, 0, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	for d := 1; d <= 3; d++ {
		grids := []*grid.Grid{nil}
		for a := range d {
			axes := slices.Repeat([]grid.Axis{box(t, 8, 1, 1).Axis(0)}, d)
			axes[a] = graded
			grids = append(grids, grid.New(axes...))
		}
		for _, g := range grids {
			w := tallier(g, d, 8)
			if summed, found := w.atOnce(w.moments.first[:d], columns(d, 8), 0); summed != inLanes(8) || found != 0 {
				t.Errorf("d = %d: %d of 8 walkers are summed up, %d counted", d, summed, found)
			}
		}
	}
}
