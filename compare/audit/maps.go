package audit

import (
	"fmt"
	"math"
	"strings"

	"github.com/ness-fp/ness/grid"
)

// This file makes maps that can be drawn: in three dimensions of the planes of two axes.

// planes lists the pairs of three axes.
var planes = [][]int{{0, 1}, {0, 2}, {1, 2}}

// drawable puts in place of maps of three dimensions those of the three planes: means along the third
// axis, weighted with the density.
func (s *subject) drawable(findings []Finding) []Finding {
	if s.grid.Dim() < 3 {
		return findings
	}
	for k := range findings {
		var maps []Map
		for _, m := range findings[k].Maps {
			for _, axes := range planes {
				maps = append(maps, s.inPlane(m, axes))
			}
		}
		findings[k].Maps = maps
	}
	return findings
}

// inPlane returns the map of two axes.
func (s *subject) inPlane(m Map, axes []int) Map {
	names := s.problem.Variables
	third := 3 - axes[0] - axes[1]
	return Map{
		Key:    m.Key + "_" + names[axes[0]] + "_" + names[axes[1]],
		Name:   fmt.Sprintf("mean of %s along %s", m.Name, names[third]),
		Axes:   axes,
		Values: s.averaged(m.Values, axes),
	}
}

// averaged returns the mean of values along the other axes, weighted with the density, of the cells that
// have a value; NaN where none has.
func (s *subject) averaged(v []float64, axes []int) []float64 {
	weighted, weight := grid.NewField(s.grid), grid.NewField(s.grid)
	for i, p := range s.solution.Density.Values {
		if !math.IsNaN(v[i]) {
			weight.Values[i] = max(0, p)
			weighted.Values[i] = v[i] * weight.Values[i]
		}
	}
	sum, all := weighted.Marginal(axes...).Values, weight.Marginal(axes...).Values
	for i := range sum {
		sum[i] /= all[i] // 0/0 is NaN
	}
	return sum
}

// place names the coordinates of a point.
func (s *subject) place(x []float64) string {
	var list []string
	for a, v := range x {
		list = append(list, fmt.Sprintf("%s = %.3g", s.problem.Variables[a], v))
	}
	return strings.Join(list, ", ")
}
