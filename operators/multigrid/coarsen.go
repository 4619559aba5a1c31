package multigrid

import "math"

// This file makes the generator of the next coarser level from the present masses.
// With X_I = Σ x_i over a group, F± the flows to and fro between two groups and
// J = F⁺ − F⁻, the rates are
//
//	I → J: (S + J/2)/X_I,   J → I: (S − J/2)/X_J,
//	S = max((F⁺+F⁻)/2s, |J|/2 + min(F⁺, F⁻)/10),
//
// with s the distance between the centres of the groups in cells. J is kept, so that
// the exact solution is a fixed point; division by s undoes the stiffness that piecewise
// constant groups would have; and the second term keeps rates positive.

const (
	leastMass  = 1e-290 // masses are kept above, so that ratios stay finite
	leastGroup = 1e-270 // groups below have no rates: their flows are not to be trusted
)

// coarsen sets masses and rates of the next level from the flows that a pass with
// [level.gather] left there.
func (l *level) coarsen() {
	l.plan.coarse.march(true, l.ratesBelow, l.plan.coarse.invertLayer)
}

// gather sums masses and flows into a layer of the next level, once its last layer here and
// the one above are at hand; a step of [level.march]. Flows to upper neighbours go into up,
// and those from them into dn; inv is 1/X for now, 0 where X is not to be trusted.
func (l *level) gather(layer int, s strip) {
	p := l.plan
	c, last := p.coarse, l.last()
	k := p.axis[last].group(layer)
	if layer+1 != p.axis[last].start[k+1] {
		return
	}
	first, end := p.axis[0].groupsOf(s)
	rows := c.rows() / p.axis[last].groups()
	for r := k * rows; r < (k+1)*rows; r++ {
		l.gatherInto(r, first, end)
	}
}

// gatherInto gathers the groups first ≤ k < end of row r of the next level.
func (l *level) gatherInto(r, first, end int) {
	p := l.plan
	c := p.coarse
	j := [3]int{0, r % c.n[1], r / c.n[1]}
	mass := c.of(c.x, r)
	clear(mass[first:end])
	var forth, back [3][]float64
	for a := range 3 {
		if c.up[a] != nil {
			forth[a], back[a] = c.of(c.up[a], r), c.of(c.dn[a], r)
			clear(forth[a][first:end])
			clear(back[a][first:end])
		}
	}
	for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
		for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
			fine := y + z*l.n[1]
			f := l.flows(fine, 0, mass, forth[0], back[0])
			f.along(&p.axis[0], first, end)
			if c.n[1] > 1 && y+1 == p.axis[1].start[j[1]+1] {
				f = l.flows(fine, 1, nil, forth[1], back[1])
				f.across(&p.axis[0], first, end)
			}
			if c.n[2] > 1 && z+1 == p.axis[2].start[j[2]+1] {
				f = l.flows(fine, 2, nil, forth[2], back[2])
				f.across(&p.axis[0], first, end)
			}
		}
	}
	copy(c.old[r*c.n[0]+first:r*c.n[0]+end], mass[first:end])
	reciprocals(c.of(c.inv, r)[first:end], mass[first:end], leastGroup)
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

// flows are those from a row to its upper neighbours along an axis and back, and their sums
// over groups of cells. Kernels know the order of the fields.
type flows struct {
	x, next           []float64 // masses of the row, and of the one above
	up, dn            []float64
	mass, forth, back []float64 // of groups
}

func (l *level) flows(r, a int, mass, forth, back []float64) flows {
	f := flows{x: l.of(l.x, r), up: l.of(l.up[a], r), dn: l.of(l.dn[a], r), mass: mass, forth: forth, back: back}
	if a > 0 {
		f.next = l.of(l.x, l.above(r, a))
	}
	return f
}

// along adds the masses of the row and the flows along it.
func (f *flows) along(p *axisPlan, first, end int) {
	if p.inPairs() {
		first = f.pairsAlong(first, min(end, p.groups()-1))
	}
	for k := first; k < end; k++ {
		lo, hi := p.start[k], p.start[k+1]
		for _, v := range f.x[lo:hi] {
			f.mass[k] += v
		}
		if p.groups() > 1 { // else what goes round stays within the group
			next := hi % len(f.x)
			f.forth[k] += f.x[hi-1] * f.up[hi-1]
			f.back[k] += f.x[next] * f.dn[hi-1]
		}
	}
}

// pairsAlong is along for pairs of cells, without the last; it returns end.
func (f *flows) pairsAlong(first, end int) int {
	if k := processor; k > 0 && first < end {
		blocks := (end - first) / int(k)
		k.along(f, first, blocks)
		first += blocks * int(k)
	}
	for k := first; k < end; k++ {
		x, i := f.x[2*k:2*k+3], 2*k+1
		f.mass[k] += x[0] + x[1]
		f.forth[k] += x[1] * f.up[i]
		f.back[k] += x[2] * f.dn[i]
	}
	return max(first, end)
}

// across adds the flows to the row above.
func (f *flows) across(p *axisPlan, first, end int) {
	if p.inPairs() {
		first = f.pairsAcross(first, end)
	}
	for k := first; k < end; k++ {
		for i := p.start[k]; i < p.start[k+1]; i++ {
			f.forth[k] += f.x[i] * f.up[i]
			f.back[k] += f.next[i] * f.dn[i]
		}
	}
}

// pairsAcross is across for pairs of cells; it returns end.
func (f *flows) pairsAcross(first, end int) int {
	if k := processor; k > 0 {
		blocks := (end - first) / int(k)
		k.across(f, first, blocks)
		first += blocks * int(k)
	}
	for k := first; k < end; k++ {
		i := 2 * k
		f.forth[k] += f.x[i]*f.up[i] + f.x[i+1]*f.up[i+1]
		f.back[k] += f.next[i]*f.dn[i] + f.next[i+1]*f.dn[i+1]
	}
	return end
}

// ratesBelow turns flows between groups into rates, in a layer of the next level; a step.
func (l *level) ratesBelow(layer int, s strip) {
	c := l.plan.coarse
	rows := c.rows() / c.n[c.last()]
	for r := layer * rows; r < (layer+1)*rows; r++ {
		c.rates(r, l.plan, s)
	}
}

// rates turns the flows in columns of row r into rates.
func (c *level) rates(r int, p *plan, s strip) {
	inv := c.of(c.inv, r)
	up, dn := c.of(c.up[0], r), c.of(c.dn[0], r)
	step := p.axis[0].step
	same := max(s.lo, min(s.hi, len(inv)-2)) // the last groups may have one cell more
	ratesBetween(up[s.lo:same], dn[s.lo:same], inv[s.lo:], inv[min(s.lo+1, len(inv)-1):], 0.5/step[0])
	for k := same; k < s.hi; k++ {
		_, next := around(k, len(inv))
		up[k], dn[k] = rateBetween(up[k], dn[k], inv[k], inv[next], 0.5/step[k])
	}
	for a := 1; a < 3 && c.up[a] != nil; a++ {
		k := r % c.n[1]
		if a == 2 {
			k = r / c.n[1]
		}
		up, dn, next := c.of(c.up[a], r), c.of(c.dn[a], r), c.of(c.inv, c.above(r, a))
		ratesBetween(up[s.lo:s.hi], dn[s.lo:s.hi], inv[s.lo:], next[s.lo:], 0.5/p.axis[a].step[k])
	}
}

// ratesBetween turns the flows up and dn between groups of inverse masses x and those of
// inverse masses y, 0 for masses not to be trusted, into rates; half is 1/2s.
func ratesBetween(up, dn, x, y []float64, half float64) {
	n := len(up)
	dn, x, y = dn[:n], x[:n], y[:n]
	first := 0
	if k := processor; k > 0 && int(k) <= n {
		blocks := n / int(k)
		k.rates(&up[0], &dn[0], &x[0], &y[0], blocks, half)
		first = blocks * int(k)
	}
	for i := first; i < n; i++ {
		up[i], dn[i] = rateBetween(up[i], dn[i], x[i], y[i], half)
	}
}

func rateBetween(forth, back, x, y, half float64) (up, dn float64) {
	if x == 0 || y == 0 {
		return 0, 0
	}
	j := forth - back
	s := max((forth+back)*half, 0.5*math.Abs(j)+0.1*min(forth, back))
	return (s + 0.5*j) * x, (s - 0.5*j) * y
}
