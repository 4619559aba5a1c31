package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
)

// This file solves on coarse grids to see whether a box is too small or wastes cells. Where a
// density is too thin for a generator's coarse solutions the accurate operator makes them.

// A trial is a density on a coarse grid of a box, and what can be read off it.
type trial struct {
	density  *grid.Field
	resolved bool    // else it is smeared outward
	accurate int     // cells per axis of the accurate operator; 0 of a generator
	vain     float64 // volume of the box on which the accurate operator resolved nothing; 0 for none

	// From grow, the mass in the outer sixteenth at an end, the box is widened there by the
	// part wider of its length; trim is the mass that may be cut off.
	grow, wider, trim float64
}

// accurateTrials are the cells per axis on which the accurate operator is tried, in two
// dimensions, where a generator resolves too little.
var accurateTrials = []int{128, 256}

// coarseSolve solves by a generator on 64 cells per axis (24 in three dimensions), or on
// twice as many where those are too few; in two dimensions, where those do not resolve it
// either, by the accurate operator, from the cells that the last trial took on.
func coarseSolve(p *Problem, box []Interval, last *trial) (*trial, error) {
	if last != nil && last.accurate > 0 {
		if t := accurateTrial(p, box, last.accurate); t != nil {
			return t, nil
		}
	}
	cells := map[int]int{1: 512, 2: 64, 3: 24}[len(box)]
	t, err := generatorTrial(p, box, cells)
	if err != nil || t.resolved || len(box) == 3 {
		return t, err
	}
	if t, err = generatorTrial(p, box, 2*cells); err != nil || t.resolved || len(box) == 1 {
		return t, err
	}
	volume := t.density.Grid.Volume(0) * float64(t.density.Grid.Cells())
	switch {
	case last != nil && last.accurate > 0:
		t.vain = volume
	case last != nil && last.vain > 0 && volume > last.vain/2:
		t.vain = last.vain
	default:
		if a := accurateTrial(p, box, 0); a != nil {
			return a, nil
		}
		t.vain = volume
	}
	return t, nil
}

// generatorTrial tries a box by a generator. Its tails are right far down; but where it does
// not resolve the density little at the ends says nothing, and does not call for a wider box
// with even wider cells.
func generatorTrial(p *Problem, box []Interval, cells int) (*trial, error) {
	g, err := trialGrid(p, box, cells)
	if err != nil {
		return nil, err
	}
	s, err := SolveStationary(p, g, StationaryOptions{Order: OrderMonotone})
	if err != nil {
		return nil, err
	}
	if s.massBeyond(2) > autoUnresolved {
		return &trial{density: s.Density, grow: autoTooMuch, wider: 0.5, trim: 1e-9}, nil
	}
	return &trial{density: s.Density, resolved: true, grow: 1e-9, wider: 0.5, trim: 1e-12}, nil
}

// accurateTrial tries a box by the linear form of the accurate operator, from so many cells
// per axis on; nil where none of the grids resolves the density. It tells masses from
// noise down to some 1e-10.
func accurateTrial(p *Problem, box []Interval, from int) *trial {
	for _, cells := range accurateTrials {
		if cells < from {
			continue
		}
		g, err := trialGrid(p, box, cells)
		if err != nil {
			return nil
		}
		c, err := SampleCenters(p, g)
		if err != nil {
			return nil
		}
		order := autoOrder(g)
		h, err := newHighOrder(p, g, order, c)
		if err != nil || h.solveStar() != nil || math.IsNaN(floats.Sum(h.star)) {
			return nil
		}
		a := h.linear(order)
		if a.err == nil && a.estimate.Density < autoError && !h.isNegative(a) {
			f := grid.NewField(g)
			f.Values = (&pointValues{h, a}).averages()
			return &trial{density: f, resolved: true, accurate: cells, grow: autoEnough, wider: 1.0 / 16, trim: 1e-10}
		}
	}
	return nil
}

// trialGrid returns the grid of so many cells along each axis of the box.
func trialGrid(p *Problem, box []Interval, cells int) (*grid.Grid, error) {
	coarse := append([]Interval(nil), box...)
	for a := range coarse {
		coarse[a].Cells = cells
	}
	d := Domain{Intervals: coarse}
	return d.Grid(p.Variables)
}

// resize moves the bounds where the marginals call for it, and says whether any moved.
func (t *trial) resize(lo, hi []float64) bool {
	moved := false
	for a := range lo {
		m := t.density.Marginal(a)
		ax := m.Grid.Axis(0)
		length := ax.Length()
		below, above := tails(m)
		n := ax.Cells()
		// First and last cell that the mass beyond trim reaches, with a margin.
		first, last := 0, n-1
		for first < n-1 && below[first] < t.trim {
			first++
		}
		for last > 0 && above[last] < t.trim {
			last--
		}
		margin := max(1, n/32)
		switch {
		case below[n/16] > t.grow:
			lo[a], moved = lo[a]-t.wider*length, true
		case first > n/8:
			lo[a], moved = ax.Edges()[first-margin], true
		}
		switch {
		case above[n-1-n/16] > t.grow:
			hi[a], moved = hi[a]+t.wider*length, true
		case last < n-1-n/8:
			hi[a], moved = ax.Edges()[last+1+margin], true
		}
	}
	return moved
}

// tails returns the mass up to and including each cell, from below and from above.
func tails(m *grid.Field) (below, above []float64) {
	n := len(m.Values)
	below, above = make([]float64, n), make([]float64, n)
	var sum float64
	for i, v := range m.Values {
		sum += v * m.Grid.Volume(i)
		below[i] = sum
	}
	sum = 0
	for i := n - 1; i >= 0; i-- {
		sum += m.Values[i] * m.Grid.Volume(i)
		above[i] = sum
	}
	return below, above
}

// outerMass returns the largest mass in the outer sixteenth at any end, and along which axis.
func (t *trial) outerMass() (worst float64, axis int) {
	for a := range t.density.Grid.Dim() {
		below, above := tails(t.density.Marginal(a))
		n := len(below)
		if m := max(below[n/16], above[n-1-n/16]); m > worst {
			worst, axis = m, a
		}
	}
	return worst, axis
}
