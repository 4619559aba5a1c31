package multigrid

import "math"

// This file makes the generator of the next coarser level from the present masses.
// With X_I = Σ x_i over a group, F± the flows to and fro between two groups and
// J = F⁺ − F⁻, the rates are
//
//	I → J: (S + J/2)/X_I,   J → I: (S − J/2)/X_J,
//	1/S = 1/F + φ_I/G_I + φ_J/G_J,   but S ≥ |J|/2 + min(F⁺, F⁻)/10,
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

// coarsen sets masses and rates of the next level from the flows that [level.gather] left
// there. Rates of a layer need the inverse masses of the next one, and outflows the rates of
// the one before: those of the first layer of every piece come last.
func (l *level) coarsen() {
	c := l.plan.coarse
	n, cells := c.layers(), c.layerCells()
	c.inPieces(n, cells, func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			c.rates(k)
			if k > lo {
				c.invertLayer(k)
			}
		}
	})
	for k := 0; k < n; k += pieceOf(cells) {
		c.invertLayer(k)
	}
}

// rates turns flows between groups into rates, in a layer.
func (c *level) rates(layer int) {
	rows := c.rows() / c.layers()
	for r := layer * rows; r < (layer+1)*rows; r++ {
		c.rowRates(r)
	}
}

// invertLayer is invert without a shift for a layer.
func (l *level) invertLayer(layer int) {
	rows := l.rows() / l.layers()
	for r := layer * rows; r < (layer+1)*rows; r++ {
		l.invertRow(r, 0)
	}
}

// gather sums masses and flows into a layer of the next level. Flows to upper neighbours go
// into up, and those from them into dn; inv is 1/X for now, 0 where X is not to be trusted.
func (l *level) gather(group int) {
	c := l.plan.coarse
	rows := c.rows() / l.plan.axis[l.last()].groups()
	for r := group * rows; r < (group+1)*rows; r++ {
		l.gatherInto(r)
	}
}

// gatherInto gathers the groups of row r of the next level.
func (l *level) gatherInto(r int) {
	p := l.plan
	c := p.coarse
	j := [3]int{0, r % c.n[1], r / c.n[1]}
	var sums [3]sums
	for a := range 3 {
		if c.up[a] != nil {
			sums[a] = c.sums(r, a)
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
	c.resistances(r)
	copy(c.of(c.old, r), mass)
}

// sums are over groups of a row, for an axis: flows to the next groups and back, those within
// the groups both ways, and masses of lower cells.
type sums struct{ forth, back, inner, low []float64 }

// sums returns those of a row, set to 0.
func (c *level) sums(r, a int) sums {
	s := sums{c.of(c.up[a], r), c.of(c.dn[a], r), c.of(c.toUpper[a], r), c.of(c.toLower[a], r)}
	clear(s.forth)
	clear(s.back)
	clear(s.inner)
	clear(s.low)
	return s
}

// resistances inverts the masses of the groups of row r, and turns flows within them, both
// ways, and masses of their lower cells into resistances.
func (c *level) resistances(r int) {
	inv := c.of(c.inv, r)
	reciprocals(inv, c.of(c.x, r), leastGroup)
	for a := 0; a < 3 && c.up[a] != nil; a++ {
		resistancesOf(c.of(c.toUpper[a], r), c.of(c.toLower[a], r), inv)
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

// flows are those along and across a row of cells, and the sums over groups that they are
// added to. Kernels know the order of the fields.
type flows struct {
	x, up, dn                     []float64 // masses, and rates along the row
	mass, low, inner, forth, back []float64 // of groups
	across                        [2]across
}

// An across is flows to the row above along axis 1 or 2 and back; next is nil where there is
// no such axis.
type across struct {
	next, up, dn []float64 // masses of the row above, and rates
	forth, back  []float64 // of groups, or both times the flows within them
	low          []float64 // nil if this is not the lowest row of its groups
}

func (l *level) flows(r int, mass []float64, to *sums) flows {
	return flows{
		x: l.of(l.x, r), up: l.of(l.up[0], r), dn: l.of(l.dn[0], r),
		mass: mass, low: to.low, inner: to.inner, forth: to.forth, back: to.back,
	}
}

func (l *level) across(r, a int, to *sums, lowest, highest bool) across {
	f := across{next: l.of(l.x, l.above(r, a)), up: l.of(l.up[a], r), dn: l.of(l.dn[a], r), forth: to.inner, back: to.inner}
	if lowest {
		f.low = to.low
	}
	if highest {
		f.forth, f.back = to.forth, to.back
	}
	return f
}

// gather adds masses and flows to those of the groups.
func (f *flows) gather(p *axisPlan) {
	first, end := 0, p.groups()
	if k := processor; k > 0 && p.even() && first+int(k) <= end {
		blocks := (end - first) / int(k)
		last := first + blocks*int(k)
		k.gather(f, p.inPairs(), first, blocks, p.start[last]%len(f.x))
		first = last
	}
	f.along(p, first, end)
	for a := range f.across {
		if f.across[a].next != nil {
			f.across[a].add(f.x, p, first, end)
		}
	}
}

// along adds the masses of the row and the flows along it.
func (f *flows) along(p *axisPlan, first, end int) {
	for k := first; k < end; k++ {
		lo, hi := p.start[k], p.start[k+1]
		mass := f.x[lo]
		f.low[k] += mass
		for i := lo; i+1 < hi; i++ {
			mass += f.x[i+1]
			f.inner[k] += f.x[i]*f.up[i] + f.x[i+1]*f.dn[i]
		}
		f.mass[k] += mass
		if p.groups() > 1 { // else what goes round stays within the group
			next := hi % len(f.x)
			f.forth[k] += f.x[hi-1] * f.up[hi-1]
			f.back[k] += f.x[next] * f.dn[hi-1]
		}
	}
}

// add adds the flows between the row, of masses x, and the one above.
func (f *across) add(x []float64, p *axisPlan, first, end int) {
	for k := first; k < end; k++ {
		var mass, forth, back float64
		for i := p.start[k]; i < p.start[k+1]; i++ {
			mass += x[i]
			forth += x[i] * f.up[i]
			back += f.next[i] * f.dn[i]
		}
		f.forth[k] += forth
		f.back[k] += back
		if f.low != nil {
			f.low[k] += mass
		}
	}
}

// rowRates turns the flows in row r into rates.
func (c *level) rowRates(r int) {
	inv := c.of(c.inv, r)
	up, dn, upper, lower := c.of(c.up[0], r), c.of(c.dn[0], r), c.of(c.toUpper[0], r), c.of(c.toLower[0], r)
	last := len(inv) - 1
	if last > 0 {
		ratesBetween(up[:last], dn[:last], inv, inv[1:], upper, lower[1:])
	}
	up[last], dn[last] = rateBetween(up[last], dn[last], inv[last], inv[0], upper[last]+lower[0])
	for a := 1; a < 3 && c.up[a] != nil; a++ {
		above := c.above(r, a)
		ratesBetween(c.of(c.up[a], r), c.of(c.dn[a], r), inv, c.of(c.inv, above), c.of(c.toUpper[a], r), c.of(c.toLower[a], above))
	}
}

// ratesBetween turns the flows up and dn between groups of inverse masses x and those of
// inverse masses y, 0 for masses not to be trusted, into rates, given the resistances of
// the former and the latter to the edge between them.
func ratesBetween(up, dn, x, y, upper, lower []float64) {
	n := len(up)
	dn, x, y, upper, lower = dn[:n], x[:n], y[:n], upper[:n], lower[:n]
	first := 0
	if k := processor; k > 0 && int(k) <= n {
		blocks := n / int(k)
		k.rates(&up[0], &dn[0], &x[0], &y[0], &upper[0], &lower[0], blocks)
		first = blocks * int(k)
	}
	for i := first; i < n; i++ {
		up[i], dn[i] = rateBetween(up[i], dn[i], x[i], y[i], upper[i]+lower[i])
	}
}

// leastSymmetric is the part of the lesser flow that rates keep in any case.
const leastSymmetric = 0.1

func rateBetween(forth, back, x, y, resistance float64) (up, dn float64) {
	if x == 0 || y == 0 {
		return 0, 0
	}
	j := 0.5 * (forth - back)
	f := 0.5 * (forth + back)
	s := max(f/(1+f*resistance), math.Abs(j)+leastSymmetric*min(forth, back))
	return (s + j) * x, (s - j) * y
}
