package multigrid

import "math"

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
	l.eachRow(func(r int) { l.correctRow(r, q) })
}

func (l *level) correctRow(r int, q []float64) {
	p, c := l.plan, l.plan.coarse
	y, z := r%l.n[1], r/l.n[1]
	ay, az := &p.axis[1], &p.axis[2]
	row := func(j, k int32) []float64 { return c.of(q, int(j)+int(k)*c.n[1]) }
	q00, q10 := row(ay.lower[y], az.lower[z]), row(ay.upper[y], az.lower[z])
	wy, wz := ay.weight[y], az.weight[z]
	x := l.of(l.x, r)
	if wz == 0 {
		blend(x, &p.axis[0], func(i int32) float64 { return (1-wy)*q00[i] + wy*q10[i] })
		return
	}
	q01, q11 := row(ay.lower[y], az.upper[z]), row(ay.upper[y], az.upper[z])
	blend(x, &p.axis[0], func(i int32) float64 {
		return (1-wz)*((1-wy)*q00[i]+wy*q10[i]) + wz*((1-wy)*q01[i]+wy*q11[i])
	})
}

// blend multiplies a row by values at the centres of groups, interpolated along it.
func blend(x []float64, p *axisPlan, at func(i int32) float64) {
	lower, upper := int32(-1), int32(-1)
	var a, b float64
	for i := range x {
		if p.lower[i] != lower || p.upper[i] != upper {
			if p.lower[i] == upper {
				a = b
			} else {
				a = at(p.lower[i])
			}
			lower, upper = p.lower[i], p.upper[i]
			b = at(upper)
		}
		x[i] = max(x[i]*(a+p.weight[i]*(b-a)), leastMass)
	}
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
