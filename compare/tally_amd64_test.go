package compare

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// With and without kernels for lanes walkers are counted the same, bit for bit: blocks of 13,
// which fill lanes once and leave some, that are all inside, or have a walker on an edge, outside
// on either side, or nowhere.
func TestLanesCountTheSame(t *testing.T) {
	if !hasLanes {
		t.Skip("the processor has no kernels")
	}
	defer func() { hasLanes = true }()
	const walkers, blocks = 13, 40
	for d := 1; d <= 4; d++ {
		var counts [2][]uint64
		var sums [2]momentSums
		for i := range counts {
			hasLanes = i == 0
			rng := rand.New(rand.NewPCG(1, uint64(d)))
			var c *counter
			if d <= 3 {
				g := box(t, 9, 0.5, d)
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
					c.count(counts[i], make([]int32, walkers), x)
				}
				if !math.IsNaN(odd) && !math.IsInf(odd, 0) { // NaN is not itself
					sums[i].add(x, 1, n)
				}
			}
		}
		if !reflect.DeepEqual(counts[0], counts[1]) {
			t.Errorf("d = %d: counts\n%v, without lanes\n%v", d, counts[0], counts[1])
		}
		if d <= 3 && counts[0][len(counts[0])-1] < 3 {
			t.Errorf("d = %d: %d are outside", d, counts[0][len(counts[0])-1])
		}
		if !reflect.DeepEqual(sums[0], sums[1]) {
			t.Errorf("d = %d: lanes change sums", d)
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
