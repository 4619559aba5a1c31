package fp

import (
	"testing"

	"github.com/ness-fp/ness/grid"
)

// Solutions that start from a coarser grid's take V-cycles, which leave no more iterations than W-cycles
// do: noise along a direction between the axes, of a tenth of that across it.
func TestVCyclesAfterACoarserGrid(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	p := planar(func(dst, x []float64) { dst[0], dst[1] = -x[0]-x[1], x[0]-x[1] }, constant(0.55, 0.45, 0.55))
	g := square(t, 6, nestedCells, grid.Reflecting)
	solve := func(asItIs bool) (*highOrder, *attempt) {
		c, err := SampleCenters(p, g)
		if err != nil {
			t.Fatal(err)
		}
		h, err := newHighOrder(p, g, 8, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.solveStar(); err != nil {
			t.Fatal(err)
		}
		if asItIs {
			h.frozen = nil // nobody changes the cycle that inverse is
		}
		return h, h.linear(8)
	}
	h, v := solve(false)
	_, w := solve(true)
	if h.visits() < 2 || h.frozen.Visits != 1 {
		t.Errorf("%d visits of coarse levels, by the grid %d: want 1 of 2 or more", h.frozen.Visits, h.visits())
	}
	if v.err != nil || w.err != nil || v.its > w.its+2 {
		t.Errorf("%d iterations by V-cycles (%v), %d by W-cycles (%v)", v.its, v.err, w.its, w.err)
	}
	t.Logf("%d and %d iterations", v.its, w.its)
}
