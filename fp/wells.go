package fp

import (
	"cmp"
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
)

// This file finds the wells of −ln p on a grid and the passes between them: cells are taken in
// order of falling density, and join the well of their densest neighbour; where two wells meet,
// the shallower ends there, and counts as one if it is deep enough by then.

const (
	// leastDepth is what −ln p rises from the bottom of a well to where it meets another. It is
	// small, as a shallow well on the way between two others makes two passes of one.
	leastDepth = 0.01
	// highestPass is how far above the lowest pass, in −ln p, others count.
	highestPass = 5
	// passRadius is how many cells around it, also diagonally, a pass is the lowest in: where
	// wells meet along steps, neighbours go up and down.
	passRadius = 3
	// leastDensity is the part of the largest density below which digits are lost.
	leastDensity = 1e-290
)

// A basin is wells of a density.
type basin struct {
	density *grid.Field
	peaks   []int // cells of the largest density of wells that are deep enough, the deepest first
	label   []int // of each cell, the peak of its well; −1 where the density is next to 0

	met    map[int]int // of wells that have met a deeper one, that one
	joined map[int]int // of those that are not deep enough, the well beside
}

// findWells returns the wells of a density.
func findWells(p *grid.Field) *basin {
	w := &basin{density: p, label: make([]int, p.Grid.Cells()), met: map[int]int{}, joined: map[int]int{}}
	for i := range w.label {
		w.label[i] = -1
	}
	order := w.fallingCells()
	for _, i := range order {
		w.label[i] = i
		highest := 0.0
		eachNeighbour(p.Grid, i, func(j int) {
			if w.label[j] >= 0 && p.Values[j] > highest {
				highest, w.label[i] = p.Values[j], w.label[j]
			}
		})
		eachNeighbour(p.Grid, i, func(j int) {
			if w.label[j] >= 0 {
				w.meet(w.label[i], w.label[j], p.Values[i])
			}
		})
	}
	w.peaks = append(w.peaks, w.follow(w.met, order[0]))
	slices.Reverse(w.peaks)
	for i, l := range w.label {
		w.label[i] = w.follow(w.joined, l)
	}
	return w
}

// fallingCells returns the cells in order of falling density, without those of next to none.
func (w *basin) fallingCells() (order []int) {
	p := w.density.Values
	most, _ := w.density.Max()
	for i, v := range p {
		if v > leastDensity*most {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
	return order
}

// follow returns the last of a chain.
func (w *basin) follow(next map[int]int, at int) int {
	for {
		to, ok := next[at]
		if !ok {
			return at
		}
		at = to
	}
}

// meet lets two wells meet at a density.
func (w *basin) meet(a, b int, at float64) {
	p := w.density.Values
	ra, rb := w.follow(w.met, a), w.follow(w.met, b)
	if ra == rb {
		return
	}
	if p[ra] < p[rb] {
		a, ra, rb = b, rb, ra
	}
	w.met[rb] = ra
	if math.Log(p[rb]/at) >= leastDepth {
		w.peaks = append(w.peaks, rb)
	} else {
		w.joined[rb] = a
	}
}

// passes returns the cells where two wells meet lowest, as far as that is not far above the
// lowest of all.
func (w *basin) passes() (cells []int) {
	g, p := w.density.Grid, w.density.Values
	border := map[int]bool{}
	var most float64
	for i, l := range w.label {
		eachNeighbour(g, i, func(j int) {
			if l >= 0 && w.label[j] >= 0 && w.label[j] != l && p[i] <= p[j] {
				border[i] = true
				most = max(most, p[i])
			}
		})
	}
	for i := range w.label { // in a fixed order
		if border[i] && p[i] >= most*math.Exp(-highestPass) && w.isLowest(i, border) {
			cells = append(cells, i)
		}
	}
	return cells
}

// isLowest says whether no cell around on the border has a larger density.
func (w *basin) isLowest(i int, border map[int]bool) bool {
	g, p := w.density.Grid, w.density.Values
	around := []int{0}
	idx := make([]int, g.Dim())
	g.Indices(idx, i)
	for a := range g.Dim() {
		var more []int
		for k := -passRadius; k <= passRadius; k++ {
			at, ok := g.Axis(a).Wrap(idx[a] + k)
			if !ok {
				continue
			}
			for _, base := range around {
				more = append(more, base+at*g.Stride(a))
			}
		}
		around = more
	}
	return !slices.ContainsFunc(around, func(j int) bool { return border[j] && p[j] > p[i] })
}

// eachNeighbour calls do for the cells that share a face with cell i.
func eachNeighbour(g *grid.Grid, i int, do func(j int)) {
	for a := range g.Dim() {
		k := i / g.Stride(a) % g.Axis(a).Cells()
		for _, step := range []int{-1, 1} {
			if to, ok := g.Axis(a).Wrap(k + step); ok {
				do(i + (to-k)*g.Stride(a))
			}
		}
	}
}
