package audit

import (
	"math"
	"slices"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// In space maps are means along the third axis, weighted with the density, of the cells that have a value.
func TestMapsOfSpaceAreMeans(t *testing.T) {
	var axes []grid.Axis
	for _, n := range []int{3, 4, 5} {
		ax, err := grid.Uniform(0, float64(n), n, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, ax)
	}
	g := grid.New(axes...)
	p, values := grid.NewField(g), make([]float64, g.Cells())
	idx := make([]int, 3)
	for i := range values {
		g.Indices(idx, i)
		p.Values[i] = float64(1 + idx[2])
		values[i] = float64(100*idx[0] + 10*idx[1] + idx[2])
		if idx[0] == 1 && idx[1] == 2 || idx[0] == 0 && idx[2] >= 3 {
			values[i] = math.NaN()
		}
	}
	s := &subject{problem: &fp.Problem{Variables: []string{"a", "b", "c"}}, grid: g, solution: &fp.Stationary{Density: p}}
	maps := s.drawable([]Finding{{Maps: []Map{{Key: "m", Name: "M", Values: values}}}})[0].Maps
	if len(maps) != 3 || maps[0].Key != "m_a_b" || maps[1].Key != "m_a_c" || maps[2].Key != "m_b_c" || maps[0].Name != "mean of M along c" || maps[2].Name != "mean of M along a" {
		t.Fatalf("%+v", maps)
	}
	for k, axes := range [][]int{{0, 1}, {0, 2}, {1, 2}} {
		if !slices.Equal(maps[k].Axes, axes) {
			t.Errorf("axes %v, want %v", maps[k].Axes, axes)
		}
		n := g.Axis(axes[0]).Cells()
		sum, all := make([]float64, len(maps[k].Values)), make([]float64, len(maps[k].Values))
		for i, v := range values {
			g.Indices(idx, i)
			if at := idx[axes[0]] + n*idx[axes[1]]; !math.IsNaN(v) {
				sum[at] += v * p.Values[i]
				all[at] += p.Values[i]
			}
		}
		for i, got := range maps[k].Values {
			if want := sum[i] / all[i]; math.Abs(got-want) > 1e-12*want || math.IsNaN(got) != math.IsNaN(want) { // some ten round-offs
				t.Errorf("%s: %d: %g, want %g", maps[k].Key, i, got, want)
			}
		}
	}
	// Along c the mean of 0, 1, 2, 3, 4 with weights 1, 2, 3, 4, 5 is 8/3, of the first three 4/3, and of none NaN.
	v := maps[0].Values
	if math.Abs(v[1]-100-8.0/3) > 1e-12 || math.Abs(v[0]-4.0/3) > 1e-12 || !math.IsNaN(v[7]) {
		t.Errorf("%v", v)
	}
}

// On a line and in the plane maps are left as they are.
func TestMapsOfThePlaneAreDrawnAsTheyAre(t *testing.T) {
	s := tensorSubject(t, [][]float64{{1}, {0}, {1}})
	if m := s.drawable(s.definiteness())[0].Maps; len(m) != 1 || m[0].Axes != nil || len(m[0].Values) != s.grid.Cells() {
		t.Errorf("%+v", m)
	}
}
