package compare

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file measures how far probability has to be moved.
//
// On a line W₁ = ∫ |F − G| dx for the distribution functions F and G; with cells uniform
// inside, their difference is linear in each cell. In more dimensions W₁ is sliced: the
// mean over fixed directions u of W₁ between the laws of u·θ. It is at most W₁; a shift by
// a makes it 2|a|/π in two dimensions and |a|/2 in three. Cells are taken as concentrated
// at their centres, and u·θ as shared by the two nearest nodes of a uniform line, which
// keeps means: exact where one distribution function is above the other everywhere.

// Wasserstein1 returns W₁ of two densities on the same grid, each divided by its integral:
// exact for d = 1, with cells uniform inside; for d = 2 and 3 the mean of W₁ along 16 and
// 32 directions; NaN beyond. Periodic axes are cut open at their ends.
func Wasserstein1(p, q *grid.Field) float64 {
	mp, mq := masses("Wasserstein1", p, q)
	return overLines(p.Grid, func(l *line) float64 {
		return l.distance(l.cumulative(mp), l.cumulative(mq))
	})
}

// overLines returns the mean of a number over all directions, each with a line of its own.
func overLines(g *grid.Grid, of func(*line) float64) float64 {
	directions := directions(g.Dim())
	values := make([]float64, len(directions))
	pieces.Run(len(values), 1, func(k, _, _ int) { values[k] = of(newLine(g, directions[k])) })
	var mean float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	if len(values) == 0 {
		return math.NaN()
	}
	return mean
}

// directions returns unit vectors spread evenly over half the circle or sphere; the
// latter on a spiral of the golden angle.
func directions(d int) [][]float64 {
	var u [][]float64
	switch d {
	case 1:
		u = [][]float64{{1}}
	case 2:
		for k := range 16 {
			sin, cos := math.Sincos((float64(k) + 0.5) * math.Pi / 16)
			u = append(u, []float64{cos, sin})
		}
	case 3:
		for k := range 32 {
			z := (float64(k) + 0.5) / 32
			sin, cos := math.Sincos(float64(k) * math.Pi * (3 - math.Sqrt(5)))
			r := math.Sqrt(1 - z*z)
			u = append(u, []float64{r * cos, r * sin, z})
		}
	}
	return u
}

// A line holds laws of u·θ.
type line struct {
	grid *grid.Grid
	// edges are those of the cells for d = 1, where mass is uniform between them; else nil.
	edges []float64
	// lo, step and nodes are the uniform line otherwise.
	lo, step float64
	nodes    int
	along    [][]float64 // per axis and cell of it: u_a times its centre
}

func newLine(g *grid.Grid, u []float64) *line {
	l := &line{grid: g}
	if g.Dim() == 1 {
		l.edges = g.Axis(0).Edges()
		return l
	}
	var hi float64
	for a, ua := range u {
		ax := g.Axis(a)
		x := ax.Centers()
		l.lo += min(ua*x[0], ua*x[len(x)-1])
		hi += max(ua*x[0], ua*x[len(x)-1])
		l.nodes += ax.Cells()
		for k := range x {
			x[k] *= ua
		}
		l.along = append(l.along, x)
	}
	l.step = (hi - l.lo) / float64(l.nodes-2) // the last node is beyond the last centre
	return l
}

// cumulative returns the distribution function of masses of cells, divided by their sum:
// at the edges, or right of the nodes. What lies outside, the last mass, is left out.
func (l *line) cumulative(m []float64) []float64 {
	var f []float64
	if l.edges != nil {
		f = make([]float64, len(l.edges))
		copy(f[1:], m[:len(m)-1])
	} else {
		f = l.project(m)
	}
	for k := 1; k < len(f); k++ {
		f[k] += f[k-1]
	}
	all := f[len(f)-1]
	for k := range f {
		f[k] /= all
	}
	return f
}

// project shares masses among nodes.
func (l *line) project(m []float64) []float64 {
	f := make([]float64, l.nodes)
	x, idx := l.along[0], make([]int, l.grid.Dim())
	for base := 0; base < l.grid.Cells(); base += len(x) {
		l.grid.Indices(idx, base)
		start := -l.lo
		for a := 1; a < len(idx); a++ {
			start += l.along[a][idx[a]]
		}
		for i, xi := range x {
			at := max(0, (start+xi)/l.step) // below 0 by round-off only
			k := int(at)
			right := m[base+i] * (at - float64(k))
			f[k] += m[base+i] - right
			f[k+1] += right
		}
	}
	return f
}

// distance returns ∫ |F − G|.
func (l *line) distance(f, g []float64) float64 {
	var w float64
	if l.edges == nil {
		for k := range f {
			w += math.Abs(f[k]-g[k]) * l.step
		}
		return w
	}
	for k := 1; k < len(f); k++ {
		w += absolute(f[k-1]-g[k-1], f[k]-g[k]) * (l.edges[k] - l.edges[k-1])
	}
	return w
}

// absolute returns the mean of |x| for x uniform between a and b.
func absolute(a, b float64) float64 {
	if a*b >= 0 {
		return math.Abs(a+b) / 2
	}
	return (a*a + b*b) / (2 * (math.Abs(a) + math.Abs(b)))
}

// wasserstein returns W₁ of the histogram from masses of cells.
func (h *Histogram) wasserstein(q []float64) Distance {
	groups := len(h.Groups)
	parts := len(directions(h.Grid.Dim()))
	if parts == 0 {
		return Distance{math.NaN(), math.NaN(), math.NaN()}
	}
	found := make([]lineDistance, parts)
	p, total := h.mass(), float64(h.Total())
	for k, u := range directions(h.Grid.Dim()) {
		l := newLine(h.Grid, u)
		found[k] = h.alongLine(l, l.cumulative(p), l.cumulative(q), total)
	}
	var d Distance
	without := make([]float64, groups)
	for _, f := range found {
		d.Value += f.value / float64(parts)
		d.Floor += f.floor / float64(parts)
		for g := range without {
			without[g] += f.without[g] / float64(parts)
		}
	}
	d.Err = jackknife(without)
	return d
}

// A lineDistance is W₁ along one line.
type lineDistance struct {
	value, floor float64
	without      []float64 // each of the groups
}

func (h *Histogram) alongLine(l *line, p, q []float64, total float64) lineDistance {
	groups := len(h.Groups)
	d := lineDistance{value: l.distance(p, q), without: make([]float64, groups)}
	f := make([][]float64, groups)
	pieces.Run(groups, 1, func(g, _, _ int) {
		f[g] = l.cumulative(h.massWithout(g, total))
		d.without[g] = l.distance(f[g], q)
	})
	at := make([]float64, groups)
	se := make([]float64, len(p))
	for k := range p {
		for g := range at {
			at[g] = f[g][k]
		}
		se[k] = jackknife(at)
	}
	// E|x| = √(2/π) s for a normal x.
	d.floor = math.Sqrt(2/math.Pi) * l.distance(se, make([]float64, len(se))) / meanDeviation(groups)
	return d
}

// meanDeviation returns E s/σ for the deviation s of n normal numbers:
// √(2/(n−1)) Γ(n/2)/Γ((n−1)/2).
func meanDeviation(n int) float64 {
	a, _ := math.Lgamma(float64(n) / 2)
	b, _ := math.Lgamma(float64(n-1) / 2)
	return math.Sqrt(2/float64(n-1)) * math.Exp(a-b)
}
