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
	weight, ok := eliminateSmall(l.basinRates(label, mass), n)
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
	l.eachRow(func(r int) {
		x := l.of(l.x, r)
		for i, b := range label[r*l.n[0] : (r+1)*l.n[0]] {
			if b != noBasin {
				x[i] = max(x[i]*weight[b], leastMass)
			}
		}
	})
	return worst
}

// basinRates returns the rates between basins, rate[from][to] of len(mass)² row by row.
func (l *level) basinRates(label []int32, mass []float64) []float64 {
	n := len(mass)
	rate := make([]float64, n*n)
	between := func(i, j, a int) {
		from, to := label[i], label[j]
		if from != to && from != noBasin && to != noBasin {
			rate[int(from)*n+int(to)] += l.up[a][i] * l.x[i] / mass[from]
			rate[int(to)*n+int(from)] += l.dn[a][i] * l.x[j] / mass[to]
		}
	}
	for r := range l.rows() {
		first := r * l.n[0]
		for i := range l.n[0] {
			_, after := around(i, l.n[0])
			between(first+i, first+after, 0)
		}
		for a := 1; a < 3 && l.up[a] != nil; a++ {
			above := l.above(r, a) * l.n[0]
			for i := range l.n[0] {
				between(first+i, above+i, a)
			}
		}
	}
	return rate
}

// basins returns the basin of every cell and the masses of the basins; nil where there is but one.
func (l *level) basins() (label []int32, mass []float64) {
	label = l.uphill()
	tops := int32(0)
	for i, to := range label {
		if int(to) == i {
			tops++
			label[i] = -tops
		}
	}
	if tops == 1 {
		return nil, nil
	}
	// Every cell takes the negative number of its top, and so do those on the way there.
	for i := range label {
		top := int32(i)
		for label[top] >= 0 {
			top = label[top]
		}
		number := label[top]
		for j := int32(i); label[j] >= 0; {
			j, label[j] = label[j], number
		}
	}
	sums := make([]float64, tops)
	for i, number := range label {
		sums[-number-1] += l.x[i]
	}
	least := leastBasin * l.total()
	basin := make([]int32, tops)
	for k, sum := range sums {
		basin[k] = noBasin
		if sum > least {
			basin[k] = int32(len(mass))
			mass = append(mass, sum)
		}
	}
	for i, number := range label {
		label[i] = basin[-number-1]
	}
	return label, mass
}

// uphill returns the neighbour of every cell with the largest mass, the first of equal
// ones, or the cell itself where no mass is larger and none before it is as large.
func (l *level) uphill() []int32 {
	to := make([]int32, l.cells())
	l.eachRow(func(r int) {
		n := l.n[0]
		first := r * n
		var across []int // first cells of the neighbouring rows
		for a := 1; a < 3 && l.up[a] != nil; a++ {
			across = append(across, l.above(r, a)*n, l.below(r, a)*n)
		}
		for i := range n {
			best, at := l.x[first+i], first+i
			climb := func(j int) {
				if v := l.x[j]; v > best || v == best && j < at {
					best, at = v, j
				}
			}
			before, after := around(i, n)
			climb(first + after)
			climb(first + before)
			for _, start := range across {
				climb(start + i)
			}
			to[first+i] = int32(at)
		}
	})
	return to
}
