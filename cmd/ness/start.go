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
func startOf(f *fp.File, g *grid.Grid, fl *ensembleFlags) (compare.Initial, string, error) {
	if s := f.Start; s != nil {
		switch {
		case s.Uniform:
			return compare.Initial{Points: evenly(g, fl.walkers)}, "evenly in the box", nil
		case s.Cov != nil:
			return compare.Initial{Points: s.Points, Cov: s.Cov}, "a Gaussian around " + pointsText(s.Points), nil
		case s.Points != nil:
			return compare.Initial{Points: s.Points}, pointsText(s.Points), nil
		}
		p, words, err := f.InitialDensity(g)
		if err != nil {
			return compare.Initial{}, "", err
		}
		return compare.Initial{Points: spread(p, fl.walkers)}, words, nil
	}
	points, words := stableStart(f, g)
	return compare.Initial{Points: points}, words, nil
}

// stableStart returns the stable points in the box, or else its centre.
func stableStart(f *fp.File, g *grid.Grid) ([][]float64, string) {
	if inside := stableInside(f, g); inside != nil {
		return inside, pointsText(inside) + ", stable"
	}
	centre := make([]float64, g.Dim())
	for a := range centre {
		centre[a] = (g.Axis(a).Min() + g.Axis(a).Max()) / 2
	}
	return [][]float64{centre}, "the centre of the box, without a stable point in it"
}

// stableInside returns the stable points in the box.
func stableInside(f *fp.File, g *grid.Grid) (inside [][]float64) {
	for _, x := range f.Problem.StablePoints() {
		if _, ok := g.Find(x); ok {
			inside = append(inside, x)
		}
	}
	return inside
}

// evenly returns points that fill a box evenly.
func evenly(g *grid.Grid, n int) [][]float64 {
	points := unitPoints(g.Dim(), n)
	for _, x := range points {
		for a, u := range x {
			x[a] = g.Axis(a).Min() + u*g.Axis(a).Length()
		}
	}
	return points
}

// spread returns points of a density with integral 1: of n the number in a cell differs from n
// times its mass by less than 1, and there they are spread evenly.
func spread(p *grid.Field, n int) [][]float64 {
	g := p.Grid
	points, idx := unitPoints(g.Dim(), n), make([]int, g.Dim())
	cell, below := 0, p.Values[0]*g.Volume(0)
	for i, x := range points {
		for (float64(i)+0.5)/float64(n) > below && cell < g.Cells()-1 {
			cell++
			below += p.Values[cell] * g.Volume(cell)
		}
		g.Indices(idx, cell)
		for a, u := range x {
			x[a] = g.Axis(a).Edges()[idx[a]] + u*g.Axis(a).Width(idx[a])
		}
	}
	return points
}

// unitPoints returns points that fill the unit cube evenly: the additive sequence of the root of
// x^{d+1} = x + 1, see Roberts, The unreasonable effectiveness of quasirandom sequences, 2018.
func unitPoints(d, n int) [][]float64 {
	root := 2.0
	for range 64 {
		root = math.Pow(1+root, 1/float64(d+1))
	}
	points := make([][]float64, n)
	for i := range points {
		points[i] = make([]float64, d)
		for a := range d {
			_, points[i][a] = math.Modf(0.5 + float64(i)*math.Pow(root, -float64(a+1)))
		}
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
