package grid_test

import (
	"testing"

	"github.com/ness-fp/ness/grid"
)

func TestCornersAndEdgesAreCounted(t *testing.T) {
	g := box(t) // 6 × 8 × 10 cells
	e := grid.NewEdgeField(g)
	for a, want := range []int{6 * 9 * 11, 7 * 8 * 11, 7 * 9 * 10} {
		if g.Edges(a) != want || len(e.Values[a]) != want {
			t.Errorf("axis %d: %d edges, %d values, want %d", a, g.Edges(a), len(e.Values[a]), want)
		}
	}
	c := grid.NewCornerField(grid.New(g.Axis(0), g.Axis(1)))
	if len(c.Values) != 7*9 {
		t.Errorf("%d corners, want 63", len(c.Values))
	}
}

func TestRangeOfCorners(t *testing.T) {
	g := box(t)
	c := grid.NewCornerField(grid.New(g.Axis(0), g.Axis(1)))
	for i := range c.Values {
		c.Values[i] = 5 - float64((i*10)%63)/8 // 0 … 62 in another order
	}
	if lo, hi := c.Range(); lo != 5-62.0/8 || hi != 5 {
		t.Errorf("range %g to %g, want %g to 5", lo, hi, 5-62.0/8)
	}
}

func TestFieldsOfTheWrongDimensionPanic(t *testing.T) {
	g := box(t)
	for name, make := range map[string]func(){
		"corners of a box":  func() { grid.NewCornerField(g) },
		"edges of a square": func() { grid.NewEdgeField(grid.New(g.Axis(0), g.Axis(1))) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
}
