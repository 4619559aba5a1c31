package fp

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// This file tells metastable sets from the slowest modes. Left eigenvectors of modes that are
// much slower than all others are nearly constant in each set, so that as points (1, u₁, …, u_k−1)
// the cells of k sets lie near the k corners of a simplex.
//
// Weber, Galliat, ZIB report 02-12 (2002) (inner simplex); Deuflhard, Weber, Linear Algebra
// Appl. 398 (2005) 161.

const (
	// leastGap is the ratio of two relaxation times from which those slower are apart.
	leastGap = 5
	// rareMass is the share of the mass in cells of low density, where functions say nothing,
	// that cannot be corners.
	rareMass = 1e-3
)

// A Metastable is sets of cells among which walkers rarely change.
type Metastable struct {
	Sets int // their number
	// Gap is the ratio of the shortest time in which sets mix to the next shorter time of all
	// modes; NaN where one of them is not known, or there is one set.
	Gap float64
	// Membership is to what degree a cell belongs to each set: the coordinates of its point in
	// the simplex, of sum 1. They may leave [0, 1] by a little.
	Membership []*grid.Field
	// Label is the set of every cell, that of the largest membership.
	Label []int
	// Mass is the stationary probability of each set.
	Mass []float64
	// Rates[c][k], in 1/T, is how often walkers in set c go to set k, and −Rates[c][c] how often
	// they leave: L χ_k = Σ_c χ_c Rates[c][k], exactly, with L = Aᵀ and the memberships χ. Its
	// eigenvalues are those of the modes. Rates far below others may be round-off of those.
	Rates [][]float64
}

// Metastable returns the given number of sets that the slowest modes tell apart, or if that is 0
// as many as the rule says: of all k such that the slowest k−1 modes are real and the last of them
// at least 5 times as slow as the next, which has to be known, the largest; 1 if there is none.
// Fewer sets join those between which walkers change more often.
//
// The corners of the simplex are the cell with the largest |(1, u)|, then those furthest from the
// span of the corners before, of the cells that hold all but 1e-3 of the mass.
//
// It panics where walls absorb, as there is no density to weigh with, and where one of the
// slowest sets−1 modes is not real or not known.
func (m *Modes) Metastable(sets int) *Metastable {
	if m.Density == nil {
		panic("fp: Metastable: want walls that do not absorb")
	}
	for k := range sets - 1 {
		if k >= len(m.Modes) || !m.Modes[k].IsReal() {
			panic("fp: Metastable: want a real mode for every set but one")
		}
	}
	if sets == 0 {
		sets = m.sets()
	}
	s := &Metastable{Sets: sets, Gap: m.gap(sets)}
	n := m.Grid.Cells()
	points, values := make([][]float64, s.Sets), make([]float64, s.Sets) // by function
	points[0] = make([]float64, n)
	for i := range n {
		points[0][i] = 1
	}
	for k := 1; k < s.Sets; k++ {
		points[k], values[k] = m.Modes[k-1].Left.Re.Values, real(m.Modes[k-1].Value)
	}
	s.assign(m.Grid, points, values, corners(points, m.frequent()))
	s.Mass = make([]float64, s.Sets)
	for i, v := range m.Grid.Volumes() {
		s.Mass[s.Label[i]] += v * m.Density.Values[i]
	}
	return s
}

// sets returns the number of sets by the rule.
func (m *Modes) sets() int {
	sets := 1
	for k := 2; k <= len(m.Modes) && m.Modes[k-2].IsReal(); k++ {
		if m.gap(k) >= leastGap {
			sets = k
		}
	}
	return sets
}

// gap returns the time of the mode that k sets have last over that of the next; NaN where one of
// them is not there.
func (m *Modes) gap(k int) float64 {
	if k < 2 || k > len(m.Modes) {
		return math.NaN()
	}
	return m.Modes[k-2].Time / m.Modes[k-1].Time
}

// frequent says of every cell whether its density is above that of those with the least, which
// hold rareMass.
func (m *Modes) frequent() []bool {
	volume := m.Grid.Volumes()
	most, _ := m.Density.Max()
	lo, hi := math.Log(most)-700, math.Log(most)
	for range 50 { // bisection of the logarithm of the density
		mid := 0.5 * (lo + hi)
		var below float64
		for i, p := range m.Density.Values {
			if p < math.Exp(mid) {
				below += p * volume[i]
			}
		}
		if below > rareMass {
			hi = mid
		} else {
			lo = mid
		}
	}
	in := make([]bool, len(volume))
	for i, p := range m.Density.Values {
		in[i] = p >= math.Exp(lo)
	}
	return in
}

// corners returns as many cells as there are functions, of those in a set, that span the largest
// simplex found by taking the furthest point each time.
func corners(functions [][]float64, in []bool) []int {
	k := len(functions)
	cells := make([]int, k)
	points := mat.NewDense(len(in), k, nil) // what the span of corners before leaves
	for j, f := range functions {
		points.SetCol(j, f)
	}
	for c := range k {
		furthest := -1.0
		for i, ok := range in {
			if d := mat.Norm(points.RowView(i), 2); ok && d > furthest*(1+1e-9) {
				furthest, cells[c] = d, i
			}
		}
		corner := mat.VecDenseCopyOf(points.RowView(cells[c]))
		if c == 0 { // distances count from the first corner
			for i := range in {
				row := points.RowView(i).(*mat.VecDense)
				row.SubVec(row, corner)
			}
			continue
		}
		corner.ScaleVec(1/mat.Norm(corner, 2), corner)
		for i := range in {
			row := points.RowView(i).(*mat.VecDense)
			row.AddScaledVec(row, -mat.Dot(row, corner), corner)
		}
	}
	return cells
}

// assign sets memberships χ, Σ_c χ_c point(corner c) = point, labels, and rates, by the
// eigenvalues of the functions.
func (s *Metastable) assign(g *grid.Grid, functions [][]float64, values []float64, corners []int) {
	k := len(functions)
	at := mat.NewDense(k, k, nil)
	for c, i := range corners {
		for j, f := range functions {
			at.Set(j, c, f[i])
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(at); err != nil { // not of functions that are independent
		panic("fp: Metastable: " + err.Error())
	}
	for c := range k {
		s.Rates = append(s.Rates, make([]float64, k))
		for to := range k {
			for j, l := range values {
				s.Rates[c][to] += inverse.At(to, j) * l * at.At(j, c)
			}
		}
	}
	s.Label = make([]int, g.Cells())
	for range k {
		s.Membership = append(s.Membership, grid.NewField(g))
	}
	for i := range s.Label {
		for c, chi := range s.Membership {
			for j, f := range functions {
				chi.Values[i] += inverse.At(c, j) * f[i]
			}
			if chi.Values[i] > s.Membership[s.Label[i]].Values[i] {
				s.Label[i] = c
			}
		}
	}
}
