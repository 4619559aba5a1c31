package multigrid

import "math"

// This file weighs basins against each other. Every cell belongs to the local maximum of
// the masses that steepest ascent leads to. Where two lie within one group of the coarsest
// level, and little flows between them, neither cycles nor residuals see that the weight
// of one to the other is wrong; the small chain of the flows between basins does.

const (
	mostBasins = 200    // more are noise of an unresolved density, or tails at the floor
	leastBasin = 1e-250 // of all mass; lighter ones are left as they are
	noBasin    = int32(-1)
)

// weighBasins gives the basins the weights of the stationary state of the flows between
// them, and returns the largest |ln| of a factor: +Inf where flows are too small to tell,
// 0 where there is one basin.
func (l *level) weighBasins() float64 {
	label, mass := l.basins()
	n := len(mass)
	if n < 2 || n > mostBasins {
		return 0
	}
	rate := make([]float64, n*n)
	for i, from := range label {
		for a := range 3 {
			if l.up[a] == nil || l.n[a] == 1 {
				continue
			}
			j := l.next(i, a)
			if to := label[j]; from != to && from != noBasin && to != noBasin {
				rate[int(from)*n+int(to)] += l.up[a][i] * l.x[i] / mass[from]
				rate[int(to)*n+int(from)] += l.dn[a][i] * l.x[j] / mass[to]
			}
		}
	}
	weight, ok := eliminateSmall(rate, n)
	if !ok {
		return math.Inf(1)
	}
	var total, sum float64
	for b, m := range mass {
		total += m
		sum += weight[b]
	}
	var worst float64
	for b, m := range mass {
		weight[b] *= total / sum / m
		worst = max(worst, math.Abs(math.Log(weight[b])))
	}
	if math.IsNaN(worst) || math.IsInf(worst, 0) {
		return math.Inf(1)
	}
	for i, b := range label {
		if b != noBasin {
			l.x[i] = max(l.x[i]*weight[b], leastMass)
		}
	}
	return worst
}

// basins returns the basin of every cell and the masses of the basins.
func (l *level) basins() (label []int32, mass []float64) {
	uphill := make([]int32, l.cells())
	for i, best := range l.x {
		uphill[i] = int32(i)
		for a := range 3 {
			if l.n[a] == 1 {
				continue
			}
			for _, j := range [2]int{l.next(i, a), l.before(i, a)} {
				if l.x[j] > best || l.x[j] == best && j < int(uphill[i]) {
					best, uphill[i] = l.x[j], int32(j)
				}
			}
		}
	}
	for i := range uphill {
		for uphill[i] != uphill[uphill[i]] {
			uphill[i] = uphill[uphill[i]]
		}
	}
	sums := map[int32]float64{}
	for i, top := range uphill {
		sums[top] += l.x[i]
	}
	total := l.total()
	number := map[int32]int32{}
	for i, top := range uphill {
		if sums[top] <= leastBasin*total {
			uphill[i] = noBasin
			continue
		}
		b, known := number[top]
		if !known {
			b = int32(len(mass))
			number[top] = b
			mass = append(mass, sums[top])
		}
		uphill[i] = b
	}
	return uphill, mass
}
