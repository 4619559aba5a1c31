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
//

const (
	leastMass  = 1e-290 // masses are kept above, so that ratios stay finite
	leastGroup = 1e-270 // groups below have no rates: their flows are not to be trusted
)

// coarsen sets masses and rates of the next level, and its old masses.
func (l *level) coarsen() {
	c := l.plan.coarse
	c.eachRow(func(r int) {
		l.gather(r)
		c.invertMass(r)
	})
	c.eachRow(func(r int) { c.rates(r, l.plan) })
	c.invert(0)
	copy(c.old, c.x)
}

// gather sums masses and flows into row r of the next level; flows to upper
// neighbours into up, and those from them into dn.
func (l *level) gather(r int) {
	p := l.plan
	c := p.coarse
	j := [3]int{0, r % c.n[1], r / c.n[1]}
	x := c.of(c.x, r)
	clear(x)
	var forth, back [3][]float64
	for a := range 3 {
		if c.up[a] != nil {
			forth[a], back[a] = c.of(c.up[a], r), c.of(c.dn[a], r)
			clear(forth[a])
			clear(back[a])
		}
	}
	for z := p.axis[2].start[j[2]]; z < p.axis[2].start[j[2]+1]; z++ {
		for y := p.axis[1].start[j[1]]; y < p.axis[1].start[j[1]+1]; y++ {
			fine := y + z*l.n[1]
			l.gatherRow(fine, x, forth[0], back[0])
			if c.n[1] > 1 && y+1 == p.axis[1].start[j[1]+1] {
				l.gatherAcross(fine, 1, forth[1], back[1])
			}
			if c.n[2] > 1 && z+1 == p.axis[2].start[j[2]+1] {
				l.gatherAcross(fine, 2, forth[2], back[2])
			}
		}
	}
}

// gatherRow adds the masses of a row and the flows along it.
func (l *level) gatherRow(fine int, mass, forth, back []float64) {
	x, up, dn := l.of(l.x, fine), l.of(l.up[0], fine), l.of(l.dn[0], fine)
	start := l.plan.axis[0].start
	n := len(x)
	g := len(mass)
	if 2*g == n && g > 1 { // pairs throughout
		forth, back = forth[:g], back[:g]
		for k := range g - 1 {
			i := 2*k + 1
			mass[k] += x[i-1] + x[i]
			forth[k] += x[i] * up[i]
			back[k] += x[i+1] * dn[i]
		}
		mass[g-1] += x[n-2] + x[n-1]
		forth[g-1] += x[n-1] * up[n-1]
		back[g-1] += x[0] * dn[n-1]
		return
	}
	for k := range mass {
		var sum float64
		for _, v := range x[start[k]:start[k+1]] {
			sum += v
		}
		mass[k] += sum
		if g == 1 {
			break // what goes round stays within the group
		}
		last, next := start[k+1]-1, start[k+1]%n
		forth[k] += x[last] * up[last]
		back[k] += x[next] * dn[last]
	}
}

// gatherAcross adds the flows from a row to the one above it along axis a.
func (l *level) gatherAcross(fine, a int, forth, back []float64) {
	x, next := l.of(l.x, fine), l.of(l.x, l.above(fine, a))
	up, dn := l.of(l.up[a], fine), l.of(l.dn[a], fine)
	start := l.plan.axis[0].start
	n, g := len(x), len(forth)
	if 2*g == n {
		next, up, dn, back = next[:n], up[:n], dn[:n], back[:g]
		for k := range forth {
			i := 2 * k
			forth[k] += x[i]*up[i] + x[i+1]*up[i+1]
			back[k] += next[i]*dn[i] + next[i+1]*dn[i+1]
		}
		return
	}
	for k := range forth {
		for i := start[k]; i < start[k+1]; i++ {
			forth[k] += x[i] * up[i]
			back[k] += next[i] * dn[i]
		}
	}
}

// invertMass sets inv to 1/X in row r for now, 0 where X is not to be trusted.
func (c *level) invertMass(r int) {
	x, inv := c.of(c.x, r), c.of(c.inv, r)
	for k, v := range x {
		inv[k] = 0
		if v > leastGroup {
			inv[k] = 1 / v
		}
	}
}

// rates turns the flows in row r into rates.
func (c *level) rates(r int, p *plan) {
	inv := c.of(c.inv, r)
	for a := range 3 {
		if c.up[a] == nil {
			continue
		}
		up, dn := c.of(c.up[a], r)[:len(inv)], c.of(c.dn[a], r)[:len(inv)]
		if a == 0 {
			for k, v := range inv {
				next := inv[0]
				if k+1 < len(inv) {
					next = inv[k+1]
				}
				up[k], dn[k] = ratesBetween(up[k], dn[k], v, next, 0.5/p.axis[0].step[k])
			}
			continue
		}
		k := r % c.n[1]
		if a == 2 {
			k = r / c.n[1]
		}
		half, next := 0.5/p.axis[a].step[k], c.of(c.inv, c.above(r, a))[:len(inv)]
		for k, v := range inv {
			up[k], dn[k] = ratesBetween(up[k], dn[k], v, next[k], half)
		}
	}
}

// ratesBetween returns the rates between two groups with the flows forth and back and
// inverse masses x and y, 0 for masses not to be trusted; half is 1/2s.
func ratesBetween(forth, back, x, y, half float64) (up, dn float64) {
	if x == 0 || y == 0 {
		return 0, 0
	}
	j := forth - back
	s := max((forth+back)*half, 0.5*math.Abs(j)+0.1*min(forth, back))
	return (s + 0.5*j) * x, (s - 0.5*j) * y
}
