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

// With any number of lanes and with none walkers are counted the same, bit for bit: blocks of 13,
// which fill lanes and leave some, that are all inside, or have a walker on an edge, outside
// on either side, or nowhere.
func TestLanesCountTheSame(t *testing.T) {
	numbers := append([]int{lanes}, otherLanes()...)
	defer setLanes(lanes)()
	const walkers, blocks = 13, 40
	for d := 1; d <= 4; d++ {
		counts := make([][]uint64, len(numbers))
		sums := make([]momentSums, len(numbers))
		for i, n := range numbers {
			lanes = n
			rng := rand.New(rand.NewPCG(1, uint64(d)))
			var c *counter
			if d <= 3 {
				g := unlike(t, d)
				c, counts[i] = newCounter(g), make([]uint64, g.Cells()+1)
			}
			sums[i] = momentSums{columns(d, walkers+1), columns(segments*d, walkers+1), columns(packed(d), walkers+1)}
			for n := range blocks {
				x := columns(d, walkers)
				for _, column := range x {
					for w := range column {
						column[w] = rng.Float64() - 0.5
					}
				}
				special := [...]float64{0.5, -0.5, 0.3, 0.51, -0.501, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 0}
				odd := special[n%len(special)]
				if n%3 != 0 {
					x[n%d][n%walkers] = odd
				}
				if c != nil {
					guarded := slices.Repeat([]int32{-7}, walkers+8)
					c.count(counts[i], guarded[:walkers], x)
					if slices.ContainsFunc(guarded[walkers:], func(v int32) bool { return v != -7 }) {
						t.Fatalf("d = %d: %d lanes write behind the cells", d, lanes)
					}
				}
				if !math.IsNaN(odd) && !math.IsInf(odd, 0) { // NaN is not itself
					sums[i].add(x, 1, n)
				}
			}
		}
		for i, n := range numbers {
			if !reflect.DeepEqual(counts[0], counts[i]) {
				t.Errorf("d = %d: counts\n%v, with %d lanes\n%v", d, counts[0], n, counts[i])
			}
			if !reflect.DeepEqual(sums[0], sums[i]) {
				t.Errorf("d = %d: %d lanes change sums", d, n)
			}
		}
		if d <= 3 && counts[0][len(counts[0])-1] < 3 {
			t.Errorf("d = %d: %d are outside", d, counts[0][len(counts[0])-1])
		}
	}
}

// unlike returns a grid whose axes are all of other widths and numbers of cells.
func unlike(t *testing.T, d int) *grid.Grid {
	var axes []grid.Axis
	for a := range d {
		axes = append(axes, box(t, 9-2*a, 0.5+0.1*float64(a), 1).Axis(0))
	}
	return grid.New(axes...)
}

// Walkers that are all inside are counted by kernels, as many as fill lanes, and none where one is outside.
func TestCountersFillLanes(t *testing.T) {
	numbers := append([]int{lanes}, otherLanes()...)
	defer setLanes(lanes)()
	for _, lanes = range numbers {
		for d := 1; d <= 3; d++ {
			c, x := newCounter(unlike(t, d)), columns(d, 13)
			if n := c.atOnce(make([]int32, 13), x); n != inLanes(13) {
				t.Errorf("d = %d, %d lanes: %d of 13 walkers are counted", d, lanes, n)
			}
			x[d-1][1] = 2
			if n := c.atOnce(make([]int32, 13), x); n != 0 {
				t.Errorf("d = %d, %d lanes: %d of 13 walkers are counted, one of them outside", d, lanes, n)
			}
		}
	}
}

// Where one axis has cells that differ, no kernel counts.
func TestGradedAxesHaveNoLanes(t *testing.T) {
	graded, err := grid.Sinh(-1, 1, 8, grid.Reflecting, grid.Reflecting, 0, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	even := box(t, 8, 1, 1).Axis(0)
	for _, axes := range [][]grid.Axis{{graded}, {even, graded}, {graded, even}} {
		if n := newCounter(grid.New(axes...)).atOnce(make([]int32, 8), columns(len(axes), 8)); n != 0 {
			t.Errorf("%d of 8 walkers are counted", n)
		}
	}
}
