package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file cuts sets of cells out of a generator, so that walks end on their surfaces.
//
// Between the centres of cell j, outside, and i, inside, lies a point of the set's surface, at
// the share s of the way, found by bisection. The rates r_ij (j → i) and r_ji of an exponentially fitted edge, with
// e^{−z} = r_ji V_i/(r_ij V_j), are those of two such edges in a row: from j a walker comes to
// that point at the rate r_ij/σ, σ = (1 − e^{−sz})/(1 − e^{−z}), and goes on to i with
// probability σ, else back to j.

// A cut is a generator without the edges that lead into two sets of cells, of which the first
// may be empty.
type cut struct {
	gen      *operators.Generator
	matrix   *sparse.CSR
	sets     [2]Set
	in       [2][]bool
	exit     [2][]float64 // rates from cells outside to the surfaces of either set
	surfaces [2][]surface
	touch    bool // whether an edge joins the two sets
}

// A surface is where an edge between cell j, outside, and cell i of a set is cut: the rates at
// which walkers come there from either, and the probability to go on to j.
type surface struct {
	j, i         int
	fromJ, fromI float64
	toJ          float64
}

// newCut takes the sets out of the generator. A set that is nil has no cells.
func newCut(gen *operators.Generator, sets [2]Set) *cut {
	a := gen.Matrix()
	c := &cut{gen: gen, sets: sets}
	for k, set := range sets {
		c.in[k] = CellsWhere(gen.Grid, set)
	}
	first, second := c.in[0], c.in[1]
	for k := range c.exit {
		c.exit[k] = make([]float64, a.Rows)
	}
	kept := *a
	kept.Val = append([]float64(nil), a.Val...)
	c.matrix = &kept
	volume := gen.Grid.Volumes()
	w := newWay(gen.Grid)
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			j := int(a.Col[k])
			if i == j || !c.inside(i) && !c.inside(j) {
				continue
			}
			kept.Val[k] = 0
			c.touch = c.touch || a.Val[k] > 0 && (first[i] && second[j] || first[j] && second[i])
			if c.inside(i) && !c.inside(j) {
				c.cross(i, j, a.Val[k], a.At(j, i), volume, w)
			}
		}
	}
	return c
}

func (c *cut) inside(i int) bool { return c.in[0][i] || c.in[1][i] }

// cross cuts the edge from cell j, outside, to cell i of a set, with the rates to i and back.
func (c *cut) cross(i, j int, to, back float64, volume []float64, w *way) {
	s := surface{j: j, i: i, toJ: 1}
	k := 0
	if c.in[1][i] {
		k = 1
	}
	part := w.crossing(c.sets[k], j, i)
	if to > 0 {
		on := share(back*volume[i]/(to*volume[j]), part)
		s.fromJ, s.toJ = to/on, 1-on
	}
	if back > 0 {
		s.toJ = share(to*volume[j]/(back*volume[i]), 1-part)
		s.fromI = back / s.toJ
	}
	c.exit[k][j] += s.fromJ
	c.surfaces[k] = append(c.surfaces[k], s)
}

// A way is the straight line between the centres of two cells, the short way round on periodic
// axes.
type way struct {
	grid        *grid.Grid
	from, to, x []float64
}

func newWay(g *grid.Grid) *way {
	d := g.Dim()
	return &way{g, make([]float64, d), make([]float64, d), make([]float64, d)}
}

// crossing returns how far from the centre of cell j, outside a set, to that of i, inside, its
// surface is, above 0 and below 1.
func (w *way) crossing(set Set, j, i int) float64 {
	w.grid.Center(w.from, j)
	w.grid.Center(w.to, i)
	unwind(w.grid, w.from, w.to)
	lo, hi := 0.0, 1.0
	for range 40 {
		mid := 0.5 * (lo + hi)
		if w.at(mid); set(w.x) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return 0.5 * (lo + hi)
}

// at sets x to the place at a share of the way, within the box.
func (w *way) at(share float64) {
	for a := range w.x {
		w.x[a] = w.from[a] + share*(w.to[a]-w.from[a])
		ax := w.grid.Axis(a)
		if ax.IsPeriodic() {
			w.x[a] -= ax.Length() * math.Floor((w.x[a]-ax.Min())/ax.Length())
		}
	}
}

// unwind moves a point by lengths of periodic axes until it is nearest to another.
func unwind(g *grid.Grid, from, to []float64) {
	for a := range to {
		if ax := g.Axis(a); ax.IsPeriodic() {
			to[a] -= ax.Length() * math.Round((to[a]-from[a])/ax.Length())
		}
	}
}

// share returns σ = (1 − e^{−sz})/(1 − e^{−z}), s at z = 0, from e^{−z}, which may be infinite.
func share(ez, s float64) float64 {
	z := -math.Log(ez)
	switch {
	case z == 0:
		return s
	case z > 0:
		return math.Expm1(-s*z) / math.Expm1(-z)
	case math.IsInf(z, -1):
		return 0
	}
	return math.Exp((1-s)*z) * math.Expm1(s*z) / math.Expm1(z)
}

// factorize eliminates all cells outside the sets. Those inside get an exit of their own.
func (c *cut) factorize(p *Problem, opt PassageOptions) (*markov.Factorization, error) {
	g := c.gen.Grid
	if err := checkMemory(c.gen, opt.MaxMemory); err != nil {
		return nil, err
	}
	exit := append([]float64(nil), c.exit[0]...)
	floats.Add(exit, c.exit[1])
	if c.gen.Exit != nil {
		floats.Add(exit, c.gen.Exit)
	}
	for i := range exit {
		if c.inside(i) {
			exit[i] = 1
		}
	}
	if err := unreachable(p, g, c.matrix, exit); err != nil {
		return nil, err
	}
	z, err := markov.FactorizeExit(c.matrix, exit, markov.DirectOptions{Dims: g.Shape(), Workers: opt.Workers})
	if err != nil {
		return nil, severalStates(p, g, err)
	}
	return z, nil
}

// checkMemory refuses eliminations that would take more memory than have bytes; 0 is any.
func checkMemory(gen *operators.Generator, have int64) error {
	need, _ := markov.EstimateDirect(gen.Grid.Shape(), gen.Reach)
	if need *= linearMemory; have > 0 && need > have {
		return &MemoryError{need, have}
	}
	return nil
}

// linearMemory is the memory of a factorization for linear problems over that of
// [markov.Direct].
const linearMemory = 3

// unreachable returns an error where there are cells from which no positive rates lead to an
// exit.
func unreachable(p *Problem, g *grid.Grid, a *sparse.CSR, exit []float64) error {
	seen := make([]bool, len(exit))
	var next []int
	for i, r := range exit {
		if r > 0 {
			seen[i] = true
			next = append(next, i)
		}
	}
	for len(next) > 0 {
		i := next[len(next)-1]
		next = next[:len(next)-1]
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ { // the rates into i
			if j := int(a.Col[k]); !seen[j] && a.Val[k] > 0 {
				seen[j] = true
				next = append(next, j)
			}
		}
	}
	var e *UnreachableError
	for i, ok := range seen {
		if ok {
			continue
		}
		if e == nil {
			e = &UnreachableError{Variables: p.Variables, At: make([]float64, g.Dim())}
			g.Center(e.At, i)
		}
		e.Cells++
	}
	if e == nil {
		return nil
	}
	return e
}

// transition returns committors and rates, from the factors and the stationary masses m.
func (c *cut) transition(d *Discretization, z *markov.Factorization, m []float64) *Transition {
	g := c.gen.Grid
	ahead, source := c.behind(0, z, m)
	after, _ := c.behind(1, z, m)
	q := make([]float64, len(m))
	for j, r := range c.exit[1] { // Aᵀq⁺ = −(rates to B)
		q[j] = -r
	}
	z.SolveTransposed(q, q)
	leave, arrive := floats.Dot(source, q), floats.Dot(ahead, c.exit[1])
	t := &Transition{Discretization: d, Forward: &grid.Field{Grid: g, Values: q}, Backward: grid.NewField(g), Density: grid.NewField(g), cut: c, mass: m, ahead: ahead}
	for i, v := range g.Volumes() {
		t.Density.Values[i] = m[i] / v
		if c.in[0][i] {
			ahead[i] = m[i]
		}
		if c.in[1][i] {
			q[i], after[i] = 1, m[i]
		}
		if both := ahead[i] + after[i]; both > 0 {
			t.Backward.Values[i] = ahead[i] / both
		}
	}
	t.Flux, t.Imbalance = arrive, math.Abs(arrive-leave)/arrive
	t.Rate, t.Back = t.Flux/floats.Sum(ahead), t.Flux/floats.Sum(after)
	return t
}

// turnover returns what passes the surface where an edge is cut, to and fro: m_j fromJ + m_i
// fromI.
func (s *surface) turnover(m []float64) float64 { return m[s.j]*s.fromJ + m[s.i]*s.fromI }

// behind returns the masses y outside the sets of walkers that were in set k last, and what
// comes from its surface: A y = −source.
func (c *cut) behind(k int, z *markov.Factorization, m []float64) (y, source []float64) {
	y, source = make([]float64, len(m)), make([]float64, len(m))
	for _, s := range c.surfaces[k] {
		source[s.j] += s.turnover(m) * s.toJ
	}
	floats.AddScaled(y, -1, source)
	z.Solve(y, y)
	return y, source
}
