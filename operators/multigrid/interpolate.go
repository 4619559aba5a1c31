package multigrid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

// This file makes first guesses from solutions on coarser grids. The logarithm of a density
// on cells h wide is off by c h² + O(h⁴): with the solution for 4h, the one for 2h tells c,
// so that both together give that for h to O(h⁴), as far as interpolation is as good.

// A solution is what a grid gives to the next finer one.
type solution struct {
	*level
	logs  []float64 // ln of the masses
	trend []float64 // by how much they differ from those of the grid before
}

// mostTrend bounds differences from grid to grid: larger ones say that the coarser of the
// two does not resolve the density.
const mostTrend = 1

// newSolution returns the solution on a level, with the one before, if there is any.
func newSolution(l *level, before *solution) *solution {
	s := &solution{level: l, logs: make([]float64, l.cells()), trend: make([]float64, l.cells())}
	if before != nil {
		copy(s.trend, before.cubic(before.logs, l))
	}
	l.eachRow(func(r int) {
		logs, trend := l.of(s.logs, r), l.of(s.trend, r)
		for i, v := range l.of(l.x, r) {
			logs[i] = math.Log(max(v, leastMass))
			if before != nil {
				trend[i] = min(max(logs[i]-trend[i], -mostTrend), mostTrend)
			}
		}
	})
	return s
}

// guess sets the masses of a level of the same box with half as wide cells.
func (s *solution) guess(l *level) {
	values := make([]float64, len(s.logs))
	for i, v := range s.logs {
		values[i] = v + 0.25*s.trend[i]
	}
	values = s.cubic(values, l)
	l.eachRow(func(r int) {
		x := l.of(l.x, r)
		for i, v := range l.of(values, r) {
			x[i] = max(math.Exp(v), leastMass)
		}
	})
}

// cubic interpolates values to the cells of another level of the same box, axis by axis, the
// last one first, so that most work is done on few numbers.
func (l *level) cubic(values []float64, to *level) []float64 {
	n := l.n
	values = cubicAcross(2, values, n, places(to.n[2], n[2], l.ring[2]))
	n[2] = to.n[2]
	values = cubicAcross(1, values, n, places(to.n[1], n[1], l.ring[1]))
	at := places(to.n[0], n[0], l.ring[0])
	dst := make([]float64, to.cells())
	to.eachRow(func(r int) {
		v := l.of(values, r)
		row := to.of(dst, r)
		for i := range row {
			p := &at[i]
			row[i] = p.weight[0]*v[p.cell[0]] + p.weight[1]*v[p.cell[1]] + p.weight[2]*v[p.cell[2]] + p.weight[3]*v[p.cell[3]]
		}
	})
	return dst
}

// cubicAcross interpolates values on a box of n cells to places along axis a ≥ 1.
func cubicAcross(a int, values []float64, n [3]int, at []place) []float64 {
	if n[a] == 1 && len(at) == 1 {
		return values
	}
	s := n[0] // cells in a layer
	if a == 2 {
		s *= n[1]
	}
	dst := make([]float64, len(values)/n[a]*len(at))
	pieces.Run(len(dst)/s, max(1, 8192/s), func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			p := &at[k%len(at)]
			layer := func(j int) []float64 { return values[(k/len(at)*n[a]+p.cell[j])*s:][:s] }
			v0, v1, v2, v3 := layer(0), layer(1), layer(2), layer(3)
			w := p.weight
			for i := range s {
				dst[k*s+i] = w[0]*v0[i] + w[1]*v1[i] + w[2]*v2[i] + w[3]*v3[i]
			}
		}
	})
	return dst
}

// A place is between the second and the third of four centres, which count with weights.
type place struct {
	cell   [4]int
	weight [4]float64
}

// places returns where the centres of n cells lie among those of m cells of the same axis.
// Interpolation is cubic but next to walls, where it is linear, and cells beyond the last
// centre take its value.
func places(n, m int, ring bool) []place {
	p := make([]place, n)
	for i := range p {
		s := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
		k := int(math.Floor(s))
		w := s - float64(k)
		weight := [4]float64{-w * (w - 1) * (w - 2) / 6, (w + 1) * (w - 1) * (w - 2) / 2, -(w + 1) * w * (w - 2) / 2, (w + 1) * w * (w - 1) / 6}
		if m < 4 || !ring && (k < 1 || k+2 >= m) {
			weight = [4]float64{0, 1 - w, w, 0}
		}
		p[i].weight = weight
		for j := range p[i].cell {
			if c := k - 1 + j; ring {
				p[i].cell[j] = (c + 2*m) % m
			} else {
				p[i].cell[j] = min(max(c, 0), m-1)
			}
		}
	}
	return p
}
