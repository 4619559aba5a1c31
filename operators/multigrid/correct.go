package multigrid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

// correct multiplies the masses by the ratio q = new/old of the groups, interpolated
// linearly between their centres.
func (l *level) correct() {
	c := l.plan.coarse
	q := c.old // not needed any more
	c.eachRow(func(r int) {
		x, q := c.of(c.x, r), c.of(q, r)
		for i, was := range q {
			if x[i] > 0 && was > leastGroup {
				q[i] = x[i] / was
			} else {
				q[i] = 1
			}
		}
	})
	l.interpolate(q, func(r int, factor []float64) {
		x := l.of(l.x, r)
		for i, f := range factor[:len(x)] {
			x[i] = max(x[i]*f, leastMass)
		}
	})
}

// interpolate calls use with every row of the values q of groups, interpolated linearly
// between their centres.
func (l *level) interpolate(q []float64, use func(r int, values []float64)) {
	pieces.Run(l.rows(), l.rowsPerPiece(), func(_, lo, hi int) {
		across, values := make([]float64, l.plan.coarse.n[0]), make([]float64, l.n[0])
		for r := lo; r < hi; r++ {
			l.interpolateRow(r, q, across, values)
			use(r, values)
		}
	})
}

// interpolateRow sets values to row r of interpolated q; across is room for a row of groups.
func (l *level) interpolateRow(r int, q, across, values []float64) {
	p, c := l.plan, l.plan.coarse
	y, z := r%l.n[1], r/l.n[1]
	ay, az := &p.axis[1], &p.axis[2]
	row := func(j, k int32) []float64 { return c.of(q, int(j)+int(k)*c.n[1])[:len(across)] }
	q00, q10 := row(ay.lower[y], az.lower[z]), row(ay.upper[y], az.lower[z])
	wy, wz := ay.weight[y], az.weight[z]
	for i := range across {
		across[i] = q00[i] + wy*(q10[i]-q00[i])
	}
	if wz != 0 {
		q01, q11 := row(ay.lower[y], az.upper[z]), row(ay.upper[y], az.upper[z])
		for i, v := range across {
			across[i] = v + wz*(q01[i]+wy*(q11[i]-q01[i])-v)
		}
	}
	p.axis[0].between(values, across)
}

// between sets dst to the values at the centres of groups, interpolated along the axis.
func (p *axisPlan) between(dst, at []float64) {
	g := len(at)
	if n := len(dst); n == 2*g && g > 1 { // pairs: a quarter of the way from the nearer centre
		for k := 1; k < g; k++ {
			a, b := at[k-1], at[k]
			d := 0.25 * (b - a)
			dst[2*k-1], dst[2*k] = a+d, b-d
		}
		dst[0], dst[n-1] = p.at(at, 0), p.at(at, n-1)
		return
	}
	for i := range dst {
		dst[i] = p.at(at, i)
	}
}

// at returns the interpolated value at one cell.
func (p *axisPlan) at(at []float64, i int) float64 {
	a, b := at[p.lower[i]], at[p.upper[i]]
	return a + p.weight[i]*(b-a)
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
