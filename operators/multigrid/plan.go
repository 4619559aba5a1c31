package multigrid

import (
	"math"

	"github.com/ness-fp/ness/operators/sparse"
)

// This file decides how cells are taken together on the next coarser level: in pairs
// along the axes with the strongest coupling, the last three of an odd number.

// leastCells is the number of cells of a level below which there is no coarser one.
const leastCells = 64

// weakAxis is the coupling along an axis, relative to the strongest, below which the
// axis is left as it is: sweeps from cell to cell smooth along strong couplings alone.
// Strong ones are followed down to a single cell, for what is even along them is not
// smoothed along weak ones either.
const weakAxis = 0.3

// A plan says how a level is made from a finer one.
type plan struct {
	axis   [3]axisPlan
	coarse *level
	rows   int     // of the coarse level that are of one group of layers
	room   [3]sums // along every axis, of some layers of the coarse level
}

// An axisPlan groups the cells of one axis.
type axisPlan struct {
	start  []int     // group I holds the cells start[I] ≤ i < start[I+1]
	step   []float64 // from the centre of group I to the next, in cells; 1 where cells stay single
	lower  []int32   // for each cell, the groups whose centres are next below and above,
	upper  []int32
	weight []float64 // and the weight of the upper one in linear interpolation
}

// groups returns the number of groups.
func (p *axisPlan) groups() int { return len(p.start) - 1 }

// cells returns the number of cells.
func (p *axisPlan) cells() int { return len(p.lower) }

// size returns the number of cells of all groups but the last.
func (p *axisPlan) size() int { return p.start[1] }

// inPairs says whether all groups are pairs, of more than one.
func (p *axisPlan) inPairs() bool { return p.groups() > 1 && p.cells() == 2*p.groups() }

// single says whether all groups are single cells, more than one.
func (p *axisPlan) single() bool { return p.groups() > 1 && p.cells() == p.groups() }

// even says whether kernels know the groups: pairs, or single cells.
func (p *axisPlan) even() bool { return p.inPairs() || p.single() }

// group returns the group of a cell.
func (p *axisPlan) group(i int) int { return min(i/p.size(), p.groups()-1) }

// paired returns the groups of an axis of n cells.
func paired(n int, periodic, coarsen bool) axisPlan {
	p := axisPlan{}
	size := 2
	if !coarsen {
		size = 1
	}
	for i := 0; i+size <= n; i += size {
		p.start = append(p.start, i)
	}
	p.start = append(p.start, n) // one cell left over joins the last group
	g := p.groups()
	center := func(k int) float64 { return 0.5 * float64(p.start[k]+p.start[k+1]-1) }
	for k := range g {
		next := (k + 1) % g
		p.step = append(p.step, 0.5*float64(p.start[k+1]-p.start[k]+p.start[next+1]-p.start[next]))
	}
	k := 0 // the last group whose centre is not above the cell, −1 for none
	for i := range n {
		x := float64(i)
		if i == 0 && center(0) > 0 {
			k = -1
		}
		for k+1 < g && center(k+1) <= x {
			k++
		}
		lower, upper := k, k+1
		var w float64
		switch {
		case g == 1:
			lower, upper = 0, 0
		case k >= 0 && k+1 < g:
			w = (x - center(k)) / p.step[k]
		case periodic:
			lower, upper = g-1, 0
			d := x - center(g-1)
			if d < 0 {
				d += float64(n)
			}
			w = d / p.step[g-1]
		case k < 0:
			lower, upper = 0, 0
		default:
			lower, upper = g-1, g-1
		}
		p.lower, p.upper, p.weight = append(p.lower, int32(lower)), append(p.upper, int32(upper)), append(p.weight, w)
	}
	return p
}

// coarsens says which axes are to be coarsened, given their cells and couplings;
// the couplings are changed to those of the next level.
func coarsens(n [3]int, coupling *[3]float64) (which [3]bool) {
	var strongest float64
	for a := range 3 {
		if n[a] > 1 {
			strongest = max(strongest, coupling[a])
		}
	}
	for a := range 3 {
		if n[a] > 1 && coupling[a] >= weakAxis*strongest {
			which[a] = true
			coupling[a] /= 4
		}
	}
	return which
}

// hierarchy adds the coarser levels and returns all, l first. Levels that are not needed any
// more lend their memory.
func (l *level) hierarchy(spare ...*level) []*level {
	levels := []*level{l}
	coupling := l.couplings()
	for l.cells() > leastCells {
		which := coarsens(l.n, &coupling)
		if which == ([3]bool{}) {
			break // rates that are not numbers
		}
		c := &level{ring: l.ring}
		l.plan = &plan{coarse: c}
		for a := range 3 {
			l.plan.axis[a] = paired(l.n[a], l.ring[a], which[a])
			c.n[a] = l.plan.axis[a].groups()
		}
		c.allocate(spare)
		l.plan.rows = c.rows() / l.plan.axis[l.last()].groups()
		l.plan.makeRoom()
		levels = append(levels, c)
		l = c
	}
	return levels
}

// allocate gives a coarse level of known size its arrays, with whatever is in them.
func (c *level) allocate(spare []*level) {
	n := c.cells()
	var like level
	for _, s := range spare {
		if s.n == c.n {
			like = *s
		}
	}
	if c.x, c.inv = like.x, like.inv; like.x == nil {
		c.inv, c.x = sparse.Staggered(n, 6), sparse.Staggered(n, 7)
	}
	if like.old != nil {
		c.old, c.up, c.dn = like.old, like.up, like.dn
		return
	}
	for a := range 3 {
		if a < 2 || c.n[a] > 1 {
			c.up[a], c.dn[a] = sparse.Staggered(n, 2*a), sparse.Staggered(n, 2*a+1)
		}
	}
	c.old = sparse.Staggered(n, 8)
}

// couplings returns the mean over some cells of what diffusion alone makes of the rates
// along each axis: the logarithmic mean of a rate and the one back, which of fitted rates
// (D/h²)B(±z) is D/h² however strong the drift.
func (l *level) couplings() (mean [3]float64) {
	stride := l.cells()/512 | 1 // the mean of a part is as good; odd, so as not to stay in a column
	for a := range 3 {
		if l.up[a] == nil {
			continue
		}
		var sum, count float64
		for i := 0; i < l.cells(); i += stride {
			sum += logarithmicMean(l.up[a][i], l.dn[a][i])
			count++
		}
		mean[a] = sum / count
	}
	return mean
}

// logarithmicMean returns (x − y)/ln(x/y), and 0 where x or y is.
func logarithmicMean(x, y float64) float64 {
	switch {
	case x == 0 || y == 0:
		return 0
	case math.Abs(x-y) <= 1e-4*x: // the difference to the arithmetic mean is 1e-9
		return 0.5 * (x + y)
	}
	return (x - y) / math.Log(x/y)
}
