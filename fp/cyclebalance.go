package fp

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid"
)

// This file tests detailed balance by Kolmogorov's criterion: a Markov chain is reversible if
// and only if for every loop of states the rates round it have the product that those of the
// reversed loop have. The affinity of a loop is the logarithm of the ratio, 0 in detailed
// balance; of a small loop in a plane it is about the curl of the force times the area.
//
// Schnakenberg, Rev. Mod. Phys. 48 (1976) 571.

// CycleBalance tests detailed balance on loops of four neighbouring cells and on lines round
// periodic axes. The statistic is the larger of
//
//   - Σ |affinity| over Σ of what it would be if nothing cancelled: the changes of z across the
//     loop, and the share |z|/n of each axis of n cells, with z the logarithms of ratios of rates;
//   - Σ |affinity| over Σ |z| of lines round a periodic axis.
//
// Its error is the difference from the grid of half as many cells, some three times the error
// where that is of second order; where an axis cannot be halved, grids of as many and twice as
// many cells are compared. Grids of more than 65536 cells are halved first.
//
// The rates are those of the star and the nodal generator, which are exponentially fitted. Those
// of Selling's are central or upwind, and the logarithms of their ratios are off by z³/12 or
// infinite; instead z is that of exponentially fitted edges between axis neighbours, the step
// times the mean of D⁻¹v at both ends. Loops with an edge that is a one-way street to round-off
// have no affinity and are left out.
//
// Errors are those of [Discretize].
func CycleBalance(p *Problem, g *grid.Grid) (BalanceTest, error) {
	if g.Dim() == 1 && !g.Axis(0).IsPeriodic() {
		return balanced("in one dimension between walls there are no cycles"), nil
	}
	coarse, ok := g.Coarsen()
	for ok && g.Cells() > mostLoopCells {
		g = coarse
		coarse, ok = g.Coarsen()
	}
	if !ok {
		cells := g.Shape()
		for a := range cells {
			cells[a] *= 2
		}
		g, coarse = g.Resample(cells), g
	}
	var z [2]*edges
	for k, on := range []*grid.Grid{g, coarse} {
		d, err := Discretize(p, on)
		if err != nil {
			return BalanceTest{}, err
		}
		z[k] = d.edges()
	}
	var parts []BalanceTest
	if g.Dim() > 1 {
		parts = append(parts, judgeLoops("affinity of loops of four cells, relative to their edges", func(sum *loopSum) { z[0].comparePlaquettes(z[1], sum) }))
	}
	for a := range g.Dim() {
		if g.Axis(a).IsPeriodic() {
			what := fmt.Sprintf("affinity of the loop round %s, relative to its edges", p.Variables[a])
			parts = append(parts, judgeLoops(what, func(sum *loopSum) { z[0].compareLines(z[1], a, sum) }))
		}
	}
	return together(parts), nil
}

// mostLoopCells is the number of cells that loops are looked for on.
const mostLoopCells = 1 << 16

// loopSum sums over loops; left counts those without affinity.
type loopSum struct {
	affinity, err, size float64
	count, left         int
}

func (s *loopSum) add(l loop, coarse float64) {
	s.count++
	err := math.Abs(l.affinity-coarse) + l.roundoff
	if math.IsNaN(err) || math.IsInf(err, 0) {
		s.left++
		return
	}
	s.affinity += math.Abs(l.affinity)
	s.err += err
	s.size += l.size
}

func judgeLoops(what string, add func(*loopSum)) BalanceTest {
	var s loopSum
	add(&s)
	switch {
	case s.left == s.count:
		return undecided(what + ": all loops have an edge that is a one-way street")
	case s.size == 0:
		return balanced("all rates to and fro are equal")
	}
	t := judged(s.affinity/s.size, s.err/s.size, what)
	if s.left > 0 {
		t = t.doubted(fmt.Sprintf("%d of %d loops have an edge that is a one-way street", s.left, s.count))
	}
	return t
}

// edges holds for each axis and cell z = ln(rate out/rate back) of the edge to the next cell; NaN
// where there is none, or rates one way only.
type edges struct {
	grid *grid.Grid
	z    [][]float64
}

func (d *Discretization) edges() *edges {
	e := &edges{grid: d.Coefficients.Grid, z: block(d.Problem.Dim(), d.Coefficients.Grid.Cells())}
	var force [][]float64
	if d.Scheme == SchemeSelling {
		force = d.centerForce()
	}
	for a := range e.z {
		for i := range e.z[a] {
			e.z[a][i] = math.NaN()
			j, ok := e.next(i, a)
			if !ok {
				continue
			}
			switch d.Scheme {
			case SchemeNodal:
				e.z[a][i] = logRatio(d.Generator.Matrix().At(j, i), d.Generator.Matrix().At(i, j))
			case SchemeStar:
				e.z[a][i] = logRatio(d.Generator.Lattice.Up[a][i], d.Generator.Lattice.Down[a][i])
			default:
				e.z[a][i] = 0.5 * (force[a][i] + force[a][j]) * e.length(i, j, a)
				if phi := d.Coefficients.Potential; phi != nil {
					e.z[a][i] += phi[i] - phi[j]
				}
			}
		}
	}
	return e
}

// logRatio returns ln(out/back), NaN where one of them is 0.
func logRatio(out, back float64) float64 {
	if out <= 0 || back <= 0 {
		return math.NaN()
	}
	return math.Log(out / back)
}

// centerForce returns D⁻¹v (or D⁻¹w) at the centres, NaN where D is singular.
func (d *Discretization) centerForce() [][]float64 {
	c, dim := d.Coefficients, d.Problem.Dim()
	u := block(dim, c.Grid.Cells())
	var tensor [6]float64
	var v [3]float64
	for i := range c.Grid.Cells() {
		for a := range dim {
			v[a] = c.Drift[a][i]
		}
		for k := range c.Diffusion {
			tensor[k] = c.Diffusion[k][i]
		}
		inverseWithCondition(tensor[:], v[:dim])
		for a := range dim {
			u[a][i] = v[a]
		}
	}
	return u
}

// next returns the cell after i along axis a, and whether there is one.
func (e *edges) next(i, a int) (int, bool) {
	stride, ax := e.grid.Stride(a), e.grid.Axis(a)
	k := i / stride % ax.Cells()
	next, ok := ax.Wrap(k + 1)
	return i + (next-k)*stride, ok
}

// length returns the distance of the centres of neighbours i and j along axis a.
func (e *edges) length(i, j, a int) float64 {
	stride, ax := e.grid.Stride(a), e.grid.Axis(a)
	return 0.5 * (ax.Width(i/stride%ax.Cells()) + ax.Width(j/stride%ax.Cells()))
}

// A loop is an affinity with what it would be if nothing cancelled, and its round-off.
type loop struct{ affinity, size, roundoff float64 }

// add adds a share of another loop.
func (l *loop) add(m loop, share float64) {
	l.affinity += share * m.affinity
	l.size += share * m.size
	l.roundoff += share * m.roundoff
}

// edgeRoundoff is the relative and the absolute error of z: rates have a few roundings each,
// and exponents as many as z is large.
const edgeRoundoff = 8 * 0x1p-53

// plaquette returns the loop from cell i along axis a, b, back along a and b, and whether there
// is one.
func (e *edges) plaquette(i, a, b int) (loop, bool) {
	j, okA := e.next(i, a)
	k, okB := e.next(i, b)
	if !okA || !okB {
		return loop{}, false
	}
	lower, upper, left, right := e.z[a][i], e.z[a][k], e.z[b][i], e.z[b][j]
	return loop{
		affinity: lower + right - upper - left,
		size: math.Abs(right-left) + math.Abs(upper-lower) +
			math.Abs(left)/float64(e.grid.Axis(a).Cells()) + math.Abs(lower)/float64(e.grid.Axis(b).Cells()),
		roundoff: edgeRoundoff * (4 + math.Abs(lower) + math.Abs(upper) + math.Abs(left) + math.Abs(right)),
	}, true
}

// comparePlaquettes adds all plaquettes of the coarse grid: those of the fine one about the same
// point, a mean over cells across, with a quarter of the coarse affinity.
func (e *edges) comparePlaquettes(coarse *edges, sum *loopSum) {
	d := e.grid.Dim()
	idx := make([]int, d)
	for i := range coarse.grid.Cells() {
		coarse.grid.Indices(idx, i)
		for a := range d {
			for b := a + 1; b < d; b++ {
				c, ok := coarse.plaquette(i, a, b)
				if !ok {
					continue
				}
				var fine loop
				corners := e.children(idx, func(axis int) bool { return axis != a && axis != b })
				for _, x := range corners {
					l, _ := e.plaquette(x, a, b)
					fine.add(l, 1/float64(len(corners)))
				}
				sum.add(fine, c.affinity/4)
			}
		}
	}
}

// children returns the cells 2k+1 along each axis of the coarse cell with indices k, and both
// 2k and 2k+1 along those where both is true.
func (e *edges) children(idx []int, both func(axis int) bool) []int {
	list := []int{0}
	for a, k := range idx {
		n := len(list)
		if both(a) {
			for _, x := range list[:n] {
				list = append(list, x+2*k*e.grid.Stride(a))
			}
		}
		for m := range list[:n] {
			list[m] += (2*k + 1) * e.grid.Stride(a)
		}
	}
	return list
}

// line returns the loop from cell i round the periodic axis a.
func (e *edges) line(i, a int) (l loop) {
	for range e.grid.Axis(a).Cells() {
		z := e.z[a][i]
		l.add(loop{z, math.Abs(z), edgeRoundoff * (1 + math.Abs(z))}, 1)
		i, _ = e.next(i, a)
	}
	return l
}

// compareLines adds all lines of the coarse grid round axis a: the mean of the lines of the fine
// one that it stands for.
func (e *edges) compareLines(coarse *edges, a int, sum *loopSum) {
	idx := make([]int, e.grid.Dim())
	for i := range coarse.grid.Cells() {
		coarse.grid.Indices(idx, i)
		if idx[a] != 0 {
			continue
		}
		var fine loop
		lines := e.children(idx, func(axis int) bool { return axis != a })
		for _, x := range lines {
			fine.add(e.line(x, a), 1/float64(len(lines)))
		}
		sum.add(fine, coarse.line(i, a).affinity)
	}
}
