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
	l.eachRow(func(r int) {
		logs := l.of(s.logs, r)
		for i, v := range l.of(l.x, r) {
			logs[i] = math.Log(max(v, leastMass))
		}
	})
	if before != nil {
		before.cubic(s.trend, before.logs, l, func(r int) {
			logs, trend := l.of(s.logs, r), l.of(s.trend, r)
			for i, v := range logs {
				trend[i] = min(max(v-trend[i], -mostTrend), mostTrend)
			}
		})
	}
	return s
}

// guess sets the masses of a level of the same box with half as wide cells.
func (s *solution) guess(l *level) {
	values := make([]float64, len(s.logs))
	for i, v := range s.logs {
		values[i] = v + 0.25*s.trend[i]
	}
	s.cubic(l.x, values, l, func(r int) { exponentials(l.of(l.x, r)) })
}

// exponentials replaces x by eˣ, to 1e-14, but by leastMass where that is more and by e⁷⁰⁹
// where that is less.
func exponentials(x []float64) {
	if k := processor; k > 0 && len(x) >= int(k) {
		blocks := len(x) / int(k)
		k.exponentials(&x[0], blocks)
		x = x[blocks*int(k):]
	}
	for i, v := range x {
		x[i] = max(math.Exp(min(v, 709)), leastMass)
	}
}

// cubic interpolates values to the cells of another level of the same box, axis by axis, the
// last one first, so that most work is done on few numbers. Every row is finished by another
// function as soon as it is there.
func (l *level) cubic(dst, values []float64, to *level, finish func(r int)) {
	plane := l.n[0] * l.n[1]
	values = cubicPlanes(values, plane, places(to.n[2], l.n[2], l.ring[2]))
	along, across := places(to.n[0], l.n[0], l.ring[0]), places(to.n[1], l.n[1], l.ring[1])
	to.inPieces(to.rows(), to.n[0], func(_, lo, hi int) {
		row := make([]float64, l.n[0])
		for r := lo; r < hi; r++ {
			from := values[r/to.n[1]*plane:][:plane]
			across[r%to.n[1]].combine(row, from)
			cubicAlong(to.of(dst, r), row, along)
			finish(r)
		}
	})
}

// cubicPlanes interpolates values on planes of n cells to places along axis 2.
func cubicPlanes(values []float64, n int, at []place) []float64 {
	if len(at) == 1 && len(values) == n {
		return values
	}
	dst := make([]float64, n*len(at))
	pieces.Run(len(at), max(1, 8192/n), func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			at[k].combine(dst[k*n:(k+1)*n], values)
		}
	})
	return dst
}

// combine sets dst to the weighted sum of four of the layers that values consist of.
func (p *place) combine(dst, values []float64) {
	n := len(dst)
	layer := func(j int) []float64 { return values[p.cell[j]*n:][:n] }
	v0, v1, v2, v3 := layer(0), layer(1), layer(2), layer(3)
	w := p.weight
	for i := range dst {
		dst[i] = w[0]*v0[i] + w[1]*v1[i] + w[2]*v2[i] + w[3]*v3[i]
	}
}

// cubicAlong interpolates a row of values to places along it.
func cubicAlong(dst, v []float64, at []place) {
	if len(dst) != 2*len(v) || len(v) < 5 {
		cubicAt(dst, v, at, 0, len(dst))
		return
	}
	end := len(v) - 2
	cubicAt(dst, v, at, 0, 4)
	cubicInPairs(dst[4:2*end], v, at[4].weight, at[5].weight)
	cubicAt(dst, v, at, 2*end, len(dst))
}

// cubicAt interpolates to the places lo ≤ i < hi.
func cubicAt(dst, v []float64, at []place, lo, hi int) {
	for i := lo; i < hi; i++ {
		p := &at[i]
		dst[i] = p.weight[0]*v[p.cell[0]] + p.weight[1]*v[p.cell[1]] + p.weight[2]*v[p.cell[2]] + p.weight[3]*v[p.cell[3]]
	}
}

// cubicInPairs interpolates to two places in every cell but two at each end.
func cubicInPairs(dst, v []float64, lower, upper [4]float64) {
	a, b, c, d := v[0], v[1], v[2], v[3]
	for k, e := range v[4:] {
		pair := dst[2*k : 2*k+2]
		pair[0] = lower[0]*a + lower[1]*b + lower[2]*c + lower[3]*d
		pair[1] = upper[0]*b + upper[1]*c + upper[2]*d + upper[3]*e
		a, b, c, d = b, c, d, e
	}
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
