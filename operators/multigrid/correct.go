package multigrid

import "math"

// ratios sets the old masses of a level to what the new ones are of them, 1 where those are
// not to be trusted.
func (l *level) ratios() {
	l.eachRow(func(r int) {
		old := l.of(l.old, r)
		ratios(old, l.of(l.x, r), old, 0, leastGroup, 1)
	})
}

// ratios sets dst to x/y, but to other where x is not above leastX or y not above leastY.
func ratios(dst, x, y []float64, leastX, leastY, other float64) {
	if k := processor; k > 0 && len(x) >= int(k) {
		n := len(x) / int(k) * int(k)
		k.ratios(&dst[0], &x[0], &y[0], n/int(k), leastX, leastY, other)
		dst, x, y = dst[n:], x[n:], y[n:]
	}
	for i, v := range x {
		if w := y[i]; v > leastX && w > leastY {
			dst[i] = v / w
		} else {
			dst[i] = other
		}
	}
}

// correct multiplies the masses of a layer by the ratios of the groups, interpolated linearly
// between their centres.
func (l *level) correct(layer int) { l.interpolate(layer, l.plan.coarse.old, nil) }

// interpolate multiplies the masses of a layer by the values q of groups, interpolated
// linearly between their centres, or adds that many times what is in mass, if not nil.
func (l *level) interpolate(layer int, q, mass []float64) {
	rows := l.rows() / l.layers()
	for r := layer * rows; r < (layer+1)*rows; r++ {
		b := l.between(r, q)
		if mass != nil {
			b.mass = l.of(mass, r)
		}
		b.apply(&l.plan.axis[0])
	}
}

// A between is what interpolation to a row needs: rows of values of the groups whose centres
// are below and above it along axis 1, and the same above along axis 2, nil where the centre
// below is at the row. Kernels know the order of the fields.
type between struct {
	x, mass []float64
	q       [2][2][]float64 // by place along axis 2, axis 1
	weight  [2]float64      // of those above along axes 1 and 2
}

func (l *level) between(r int, q []float64) between {
	p, c := l.plan, l.plan.coarse
	y, z := r%l.n[1], r/l.n[1]
	ay, az := &p.axis[1], &p.axis[2]
	row := func(j, k int32) []float64 { return c.of(q, int(j)+int(k)*c.n[1]) }
	b := between{x: l.of(l.x, r), weight: [2]float64{ay.weight[y], az.weight[z]}}
	b.q[0] = [2][]float64{row(ay.lower[y], az.lower[z]), row(ay.upper[y], az.lower[z])}
	if b.weight[1] != 0 {
		b.q[1] = [2][]float64{row(ay.lower[y], az.upper[z]), row(ay.upper[y], az.upper[z])}
	}
	return b
}

// value returns the value at column k of groups.
func (b *between) value(k int) float64 {
	v := b.q[0][0][k] + b.weight[0]*(b.q[0][1][k]-b.q[0][0][k])
	if b.q[1][0] != nil {
		w := b.q[1][0][k] + b.weight[0]*(b.q[1][1][k]-b.q[1][0][k])
		v += b.weight[1] * (w - v)
	}
	return v
}

// use corrects cell i with the interpolated value.
func (b *between) use(i int, value float64) {
	if b.mass == nil {
		b.x[i] = max(b.x[i]*value, leastMass)
	} else {
		b.x[i] += b.mass[i] * value
	}
}

// apply corrects the cells of the row.
func (b *between) apply(p *axisPlan) {
	i := 0
	switch k := processor; {
	case p.inPairs():
		b.use(0, p.at(b, 0))
		b.pairs(p.groups())
		i = len(b.x) - 1
	case k > 0 && p.single():
		blocks := len(b.x) / int(k)
		k.correct(b, false, 0, blocks)
		i = blocks * int(k)
	}
	for ; i < len(b.x); i++ {
		b.use(i, p.at(b, i))
	}
}

// pairs corrects all cells of pairs but the first and the last: values are a quarter of the way
// from the nearer centre.
func (b *between) pairs(end int) {
	first := 1
	if k := processor; k > 0 && first < end {
		blocks := (end - first) / int(k)
		k.correct(b, true, first, blocks)
		first += blocks * int(k)
	}
	if first == end {
		return
	}
	lower := b.value(first - 1)
	for k := first; k < end; k++ {
		upper := b.value(k)
		d := 0.25 * (upper - lower)
		b.use(2*k-1, lower+d)
		b.use(2*k, upper-d)
		lower = upper
	}
}

// at returns the interpolated value at one cell.
func (p *axisPlan) at(b *between, i int) float64 {
	lower, upper := b.value(int(p.lower[i])), b.value(int(p.upper[i]))
	return lower + p.weight[i]*(upper-lower)
}

// largestCorrection returns max |ln(new/old)| over the groups of a level that count.
func (l *level) largestCorrection() (worst float64) {
	for i, was := range l.old {
		if was > leastGroup && l.x[i] > 0 {
			worst = max(worst, math.Abs(math.Log(l.x[i]/was)))
		}
	}
	return worst
}
