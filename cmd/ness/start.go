package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file says where walkers start.

// startOf returns where walkers start, also in words: what the file says, or else the stable
// points in the box, or else its centre.
func startOf(f *fp.File, g *grid.Grid, fl *ensembleFlags) (compare.Initial, string) {
	if s := f.Start; s != nil {
		switch {
		case s.Uniform:
			return compare.Initial{Points: evenly(g, fl.walkers)}, "evenly in the box"
		case s.Cov != nil:
			return compare.Initial{Points: s.Points, Cov: s.Cov}, "a Gaussian around " + pointText(s.Points[0])
		}
		return compare.Initial{Points: s.Points}, pointsText(s.Points)
	}
	var inside [][]float64
	for _, x := range f.Problem.StablePoints() {
		if _, ok := g.Find(x); ok {
			inside = append(inside, x)
		}
	}
	if inside != nil {
		return compare.Initial{Points: inside}, pointsText(inside) + ", stable"
	}
	centre := make([]float64, g.Dim())
	for a := range centre {
		centre[a] = (g.Axis(a).Min() + g.Axis(a).Max()) / 2
	}
	return compare.Initial{Points: [][]float64{centre}}, "the centre of the box, without a stable point in it"
}

// evenly returns points that fill a box evenly: the additive sequence of the root of
// x^{d+1} = x + 1, see Roberts, The unreasonable effectiveness of quasirandom sequences, 2018.
func evenly(g *grid.Grid, n int) [][]float64 {
	d := g.Dim()
	root := 2.0
	for range 64 {
		root = math.Pow(1+root, 1/float64(d+1))
	}
	points := make([][]float64, n)
	for i := range points {
		x := make([]float64, d)
		for a := range x {
			_, f := math.Modf(0.5 + float64(i)*math.Pow(root, -float64(a+1)))
			x[a] = g.Axis(a).Min() + f*g.Axis(a).Length()
		}
		points[i] = x
	}
	return points
}

func pointsText(points [][]float64) string {
	const most = 4
	var list []string
	for _, x := range points[:min(most, len(points))] {
		list = append(list, pointText(x))
	}
	if more := len(points) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}

func pointText(x []float64) string {
	list := make([]string, len(x))
	for a, v := range x {
		list[a] = fmt.Sprintf("%.4g", v)
	}
	return "(" + strings.Join(list, ", ") + ")"
}
