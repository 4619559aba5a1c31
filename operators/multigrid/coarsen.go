package multigrid

import "math"

// This file makes the generator of the next coarser level from the present masses.
// With X_I = Σ x_i over a group, F± the flows to and fro between two groups and
// J = F⁺ − F⁻, the rates are
//
//	I → J: (S + J/2)/X_I,   J → I: (S − J/2)/X_J,
//	1/S = 1/F + φ_I/G_I + φ_J/G_J,   but S ≥ |J|/2 + min(F⁺, F⁻)/50,
//
// with F = (F⁺+F⁻)/2, G the mean of the flows to and fro between the two cells of a group
// along the axis, and φ the part of its mass that is in the farther one. (A group of three
// counts the flows of both its pairs, and the first cell as the lower one.) J is kept, so that
// the exact solution is a fixed point. S is the conductance from centre of mass to centre of
// mass: F/2 where masses are smooth or fall exponentially, which undoes the stiffness that
// piecewise constant groups would have, and F where groups are wells and a barrier is
// between them. The bound keeps rates positive.

const (
	leastMass  = 1e-290 // masses are kept above, so that ratios stay finite
	leastGroup = 1e-270 // groups below have no rates: their flows are not to be trusted
)

// coarsen makes a layer of the next level, of a group of layers, in ascending order but the
// first layer of a ring last: masses and flows of this one, and of the one before rates, which
// need the inverse masses here, and with them outflows.
func (l *level) coarsen(group int) {
	p := l.plan
	c, last := p.coarse, l.last()
	n := p.axis[last].groups()
	ring := l.ring[last] && n > 1
	if group == 0 && !ring && c.up[last] != nil {
		for r := (n - 1) * p.rows; r < n*p.rows; r++ { // nothing flows from the last layer to the first
			clear(c.of(c.up[last], r))
			clear(c.of(c.dn[last], r))
		}
	}
	for r := group * p.rows; r < (group+1)*p.rows; r++ {
		l.gather(r)
	}
	switch before, _ := around(group, n); {
	case !ring && group == 0, ring && group == 1: // the first
	default:
		l.complete(before)
	}
	switch {
	case ring && group == 0:
		l.complete(0)
		c.invertRows(p.rows, 2*p.rows)
	case !ring && group == n-1:
		l.complete(group)
	}
}

// complete makes rates of the flows of a layer of the next level, and outflows; those of
// layer 1 of a ring wait for the rates of layer 0.
func (l *level) complete(group int) {
	p := l.plan
	lo, hi := group*p.rows, (group+1)*p.rows
	for r := lo; r < hi; r++ {
		l.rates(r)
	}
	if last := l.last(); !(l.ring[last] && group == 1) {
		p.coarse.invertRows(lo, hi)
	}
}

// invertRows is invert without a shift for some rows.
func (l *level) invertRows(lo, hi int) {
	for r := lo; r < hi; r++ {
		l.invertRow(r, 0)
	}
}

// coarsenAll is coarsen for all groups.
func (l *level) coarsenAll() {
	last := l.last()
	n := l.plan.axis[last].groups()
	first := 0
	if l.ring[last] && n > 1 {
		first = 1
	}
	for k := range n {
		l.coarsen((first + k) % n)
	}
}

// gather sets masses of row r of the next level, and what flows there; inv is 1/X for now, 0
// where X is not to be trusted.
func (l *level) gather(r int) {
	p := l.plan
	c := p.coarse
	j := [3]int{0, r % c.n[1], r / c.n[1]}
	var sums [3]sums
	for a := range 3 {
		if c.up[a] != nil {
			sums[a] = p.sums(r, a)
			sums[a].clear()
		}
	}
	mass := c.of(c.x, r)
	clear(mass)
	for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
		for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
			f := l.flows(y+z*l.n[1], mass, &sums[0])
			for a, at := range [3]int{1: y, 2: z} {
				if a > 0 && c.up[a] != nil {
					start := p.axis[a].start[j[a]:]
					f.across[a-1] = l.across(y+z*l.n[1], a, &sums[a], at == start[0], at+1 == start[1])
				}
			}
			f.gather(&p.axis[0])
		}
	}
	copy(c.of(c.old, r), mass)
	inv := c.of(c.inv, r)
	reciprocals(inv, mass, leastGroup)
	for a := 0; a < 3 && c.up[a] != nil; a++ {
		resistancesOf(sums[a].upper, sums[a].lower, inv)
	}
}

// sums are over groups of a row, for an axis: flows to the next groups and back, those within
// the groups both ways and masses of lower cells, which become resistances from the groups'
// centres of mass to their upper and lower edges.
type sums struct{ forth, back, upper, lower []float64 }

func (s *sums) clear() {
	clear(s.forth)
	clear(s.back)
	clear(s.upper)
	clear(s.lower)
}

// layersKept is how many layers of the next level have their sums kept: the last two, and the
// first two, which a ring ends with.
const layersKept = 4

// sums returns those of row r of the next level: of the layers 0 and 1, of any even and of any
// odd one beyond.
func (p *plan) sums(r, axis int) sums {
	layer, row := r/p.rows, r%p.rows
	if layer > 1 {
		layer = 2 + layer%2
	}
	n := p.coarse.n[0]
	at := (layer*p.rows + row) * n
	s := &p.room[axis]
	return sums{s.forth[at:][:n], s.back[at:][:n], s.upper[at:][:n], s.lower[at:][:n]}
}

// makeRoom allocates what sums returns parts of.
func (p *plan) makeRoom() {
	n := layersKept * p.rows * p.coarse.n[0]
	for a := range p.room {
		if p.coarse.up[a] != nil {
			p.room[a] = sums{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
		}
	}
}

// resistancesOf turns flows within groups, upper, and masses of their lower cells into the
// resistances to the upper and the lower edge, given the groups' inverse masses.
func resistancesOf(upper, lower, inv []float64) {
	if k := processor; k > 0 && len(inv) >= int(k) {
		n := len(inv) / int(k) * int(k)
		k.resistances(&upper[0], &lower[0], &inv[0], n/int(k))
		upper, lower, inv = upper[n:], lower[n:], inv[n:]
	}
	for k, v := range inv {
		var whole float64
		if upper[k] > 0 {
			whole = 1 / upper[k]
			whole += whole
		}
		far := min(lower[k]*v, 1)
		upper[k], lower[k] = far*whole, (1-far)*whole
	}
}

// reciprocals sets dst to 1/x where x is above least, else to 0.
func reciprocals(dst, x []float64, least float64) {
	if k := processor; k > 0 && len(x) >= int(k) {
		n := len(x) / int(k) * int(k)
		k.reciprocals(&dst[0], &x[0], n/int(k), least)
		dst, x = dst[n:], x[n:]
	}
	for i, v := range x {
		dst[i] = 0
		if v > least {
			dst[i] = 1 / v
		}
	}
}

// rates sets the rates of row r of the next level, those to the layer above included but at a
// wall.
func (l *level) rates(r int) {
	p := l.plan
	c := p.coarse
	inv := c.of(c.inv, r)
	s := p.sums(r, 0)
	up, dn := c.of(c.up[0], r), c.of(c.dn[0], r)
	last := len(inv) - 1
	if last > 0 {
		s.rates(up[:last], dn[:last], inv, inv[1:], s.lower[1:])
	}
	up[last], dn[last] = rateBetween(s.forth[last], s.back[last], inv[last], inv[0], s.upper[last]+s.lower[0])
	for a := 1; a < 3 && c.up[a] != nil; a++ {
		above := c.above(r, a)
		if a == l.last() && above < r && !l.ring[a] {
			continue
		}
		s := p.sums(r, a)
		s.rates(c.of(c.up[a], r), c.of(c.dn[a], r), inv, c.of(c.inv, above), p.sums(above, a).lower)
	}
}

// rates sets the rates between groups of inverse masses x, 0 for masses not to be trusted, and
// those of inverse masses y with resistances lower.
func (s *sums) rates(up, dn, x, y, lower []float64) {
	n := len(up)
	forth, back, upper := s.forth[:n], s.back[:n], s.upper[:n]
	dn, x, y, lower = dn[:n], x[:n], y[:n], lower[:n]
	first := 0
	if k := processor; k > 0 && int(k) <= n {
		blocks := n / int(k)
		k.rates(&up[0], &dn[0], &forth[0], &back[0], &x[0], &y[0], &upper[0], &lower[0], blocks)
		first = blocks * int(k)
	}
	for i := first; i < n; i++ {
		up[i], dn[i] = rateBetween(forth[i], back[i], x[i], y[i], upper[i]+lower[i])
	}
}

// leastSymmetric is the part of the lesser flow that rates keep in any case: the more, the more
// coarse levels diffuse across flows.
const leastSymmetric = 0.02

func rateBetween(forth, back, x, y, resistance float64) (up, dn float64) {
	if x == 0 || y == 0 {
		return 0, 0
	}
	j := 0.5 * (forth - back)
	f := 0.5 * (forth + back)
	s := max(f/(1+f*resistance), math.Abs(j)+leastSymmetric*min(forth, back))
	return (s + j) * x, (s - j) * y
}
