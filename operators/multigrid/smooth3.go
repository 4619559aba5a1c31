package multigrid

// This file sweeps over three-dimensional levels in two colours: cells whose indices
// have an even sum, then the others. Cells of one colour are not neighbours, so that
// all may be taken at once. Across the seam of a periodic axis with an odd number of
// cells that is not so; its last layer is left out, and swept cell by cell in the end.

// sweep3 sweeps both colours, that of the given parity first.
func (l *level) sweep3(first int) {
	for color := range 2 {
		l.eachRow(func(r int) { l.sweepColor(r, (first+color)%2) })
	}
	for a := range 3 {
		if l.hasSeam(a) {
			l.sweepLayer(a)
		}
	}
}

// hasSeam says whether the colours do not alternate across the ends of axis a.
func (l *level) hasSeam(a int) bool { return l.ring[a] && l.n[a]%2 == 1 }

// sweepColor sweeps the cells of one colour in row r.
func (l *level) sweepColor(r, color int) {
	y, z := r%l.n[1], r/l.n[1]
	if l.hasSeam(1) && y == l.n[1]-1 || l.hasSeam(2) && z == l.n[2]-1 {
		return
	}
	b := l.row3(r)
	n := len(b.x)
	last := n
	if l.hasSeam(0) {
		last--
	}
	first := (color + y + z) % 2
	if first == 0 {
		b.ends(0)
		first = 2
	}
	if (last-1)%2 == first%2 && last == n && last-1 > 0 {
		last--
		b.ends(last)
	}
	x, inv, up, dn, rhs := b.x, b.inv[:n], b.up[:n], b.dn[:n], b.rhs[:n]
	x1, x2, u1, d1 := b.below[0][:n], b.above[0][:n], b.fromBelow[0][:n], b.fromAbove[0][:n]
	x3, x4, u2, d2 := b.below[1][:n], b.above[1][:n], b.fromBelow[1][:n], b.fromAbove[1][:n]
	for i := first; i < last && i < n-1; i += 2 {
		x[i] = (up[i-1]*x[i-1] + dn[i]*x[i+1] + u1[i]*x1[i] + d1[i]*x2[i] + u2[i]*x3[i] + d2[i]*x4[i] - rhs[i]) * inv[i]
	}
}

// A row3 is what a sweep needs of one row.
type row3 struct {
	x, up, dn, inv, rhs  []float64
	below, above         [2][]float64 // masses of the neighbouring rows along axes 1 and 2
	fromBelow, fromAbove [2][]float64 // rates from there
}

func (l *level) row3(r int) row3 {
	b := row3{x: l.of(l.x, r), up: l.of(l.up[0], r), dn: l.of(l.dn[0], r), inv: l.of(l.inv, r), rhs: l.rhsRow(r)}
	k := [2]int{r % l.n[1], r / l.n[1]}
	for a := 1; a < 3 && l.up[a] != nil; a++ {
		below, above := l.below(r, a), l.above(r, a)
		b.fromBelow[a-1], b.fromAbove[a-1] = l.of(l.up[a], below), l.of(l.dn[a], r)
		// The rates across a wall are 0, and nobody else writes to this row meanwhile.
		if !l.ring[a] && k[a-1] == 0 {
			below = r
		}
		if !l.ring[a] && k[a-1] == l.n[a]-1 {
			above = r
		}
		b.below[a-1], b.above[a-1] = l.of(l.x, below), l.of(l.x, above)
	}
	return b
}

// inflow returns what flows into cell i, at either end of the row or anywhere in it.
func (b *row3) inflow(i int) float64 {
	p, q := around(i, len(b.x))
	in := b.up[p]*b.x[p] + b.dn[i]*b.x[q]
	for a := range 2 {
		if b.below[a] != nil {
			in += b.fromBelow[a][i]*b.below[a][i] + b.fromAbove[a][i]*b.above[a][i]
		}
	}
	return in
}

// ends sets x[i] of a cell at either end of the row, or anywhere in it.
func (b *row3) ends(i int) { b.x[i] = (b.inflow(i) - b.rhs[i]) * b.inv[i] }

// sweepLayer sweeps the last layer of axis a, one cell after the other.
func (l *level) sweepLayer(a int) {
	for r := range l.rows() {
		k := [3]int{0, r % l.n[1], r / l.n[1]}
		if a > 0 && k[a] != l.n[a]-1 {
			continue
		}
		b := l.row3(r)
		if a == 0 {
			b.ends(len(b.x) - 1)
			continue
		}
		for i := range b.x {
			b.ends(i)
		}
	}
}
