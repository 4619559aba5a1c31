package multigrid

// solveDense replaces the masses of a small level by its stationary state, with the same
// sum, by elimination without subtractions (Grassmann, Taksar, Heyman, Oper. Res. 33
// (1985) 1107). The state with the largest mass comes last: all others are computed
// from its.
func (l *level) solveDense(work []float64) {
	n := l.cells()
	rate := work[:n*n] // rate[i*n+j] from i to j, in the order of elimination
	clear(rate)
	order, place := l.order()
	for i := range n {
		for a := range 3 {
			if l.up[a] == nil {
				continue
			}
			j := l.next(i, a)
			rate[place[i]*n+place[j]] += l.up[a][i]
			rate[place[j]*n+place[i]] += l.dn[a][i]
		}
	}
	var sum float64
	for _, v := range l.x {
		sum += v
	}
	cut := make([]bool, n) // states that nothing leads out of any more
	for k := range n - 1 {
		row := rate[k*n : (k+1)*n]
		var out float64
		for _, v := range row[k+1:] {
			out += v
		}
		if out == 0 {
			cut[k] = true
			continue
		}
		for j := k + 1; j < n; j++ {
			row[j] /= out
		}
		for i := k + 1; i < n; i++ {
			in := rate[i*n+k]
			if in == 0 {
				continue
			}
			to := rate[i*n : (i+1)*n]
			for j := k + 1; j < n; j++ {
				to[j] += in * row[j]
			}
			rate[i*n+k] = in / out
		}
	}
	mass := make([]float64, n)
	mass[n-1] = 1
	total := 1.0
	for k := n - 2; k >= 0; k-- {
		if cut[k] {
			continue
		}
		var m float64
		for i := k + 1; i < n; i++ {
			m += mass[i] * rate[i*n+k]
		}
		mass[k] = m
		total += m
	}
	for k, i := range order {
		if !cut[k] {
			l.x[i] = mass[k] * (sum / total)
		}
	}
}

// order returns the cells with that of the largest mass last, and the place of each.
func (l *level) order() (order, place []int) {
	n := l.cells()
	largest := 0
	for i, v := range l.x {
		if v > l.x[largest] {
			largest = i
		}
	}
	place = make([]int, n)
	for i := range n {
		if i != largest {
			place[i] = len(order)
			order = append(order, i)
		}
	}
	place[largest] = n - 1
	return append(order, largest), place
}

// next returns the upper neighbour of cell i along axis a, going round at the end.
func (l *level) next(i, a int) int {
	s := 1
	for _, n := range l.n[:a] {
		s *= n
	}
	if i/s%l.n[a] == l.n[a]-1 {
		return i - (l.n[a]-1)*s
	}
	return i + s
}
