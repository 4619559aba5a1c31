package multigrid

// This file eliminates the states of the coarsest level, one after the other, without
// subtractions (Grassmann, Taksar, Heyman, Oper. Res. 33 (1985) 1107), for its stationary
// masses and for linear problems.

// A dense is the elimination of a small level. The state with the largest mass comes
// last: all others are computed from its.
type dense struct {
	level *level
	order []int     // state by place
	rate  []float64 // n × n, by place: below the diagonal rate(i→k)/S_k, above it V = rate(k→j)/S_k
	out   []float64 // S_k, the rate from k to later states and out of the chain; 0 where there is none
	mass  []float64 // room for a vector by place
}

func newDense(l *level) *dense {
	n := l.cells()
	return &dense{level: l, order: make([]int, n), rate: make([]float64, n*n), out: make([]float64, n), mass: make([]float64, n)}
}

// eliminate takes the rates and masses that the level has; shift is a rate out of every
// state to nowhere.
func (d *dense) eliminate(mass []float64, shift float64) {
	l, n, rate := d.level, d.level.cells(), d.rate
	place := d.sort(mass)
	clear(rate)
	for i := range n {
		for a := range 3 {
			if l.up[a] == nil || l.n[a] == 1 {
				continue
			}
			j := l.next(i, a)
			rate[place[i]*n+place[j]] += l.up[a][i]
			rate[place[j]*n+place[i]] += l.dn[a][i]
		}
	}
	exit := make([]float64, n)
	for k := range exit {
		exit[k] = shift
	}
	for k := range n {
		row := rate[k*n : (k+1)*n]
		out := exit[k]
		for _, v := range row[k+1:] {
			out += v
		}
		d.out[k] = out
		if out == 0 {
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
			exit[i] += in * (exit[k] / out)
			rate[i*n+k] = in / out
		}
	}
}

// stationary replaces the masses x of the level by its stationary ones, with the same sum.
// States that are cut off keep theirs.
func (d *dense) stationary(x []float64) {
	n := len(x)
	var sum, total float64
	for _, v := range x {
		sum += v
	}
	m := d.mass
	for k := n - 1; k >= 0; k-- {
		m[k] = 0
		switch {
		case k == n-1:
			m[k] = 1
		case d.out[k] > 0:
			for i := k + 1; i < n; i++ {
				m[k] += m[i] * d.rate[i*n+k]
			}
		}
		total += m[k]
	}
	for k, i := range d.order {
		if k == n-1 || d.out[k] > 0 {
			x[i] = m[k] * (sum / total)
		}
	}
}

// solve sets x to the solution of A x − shift·x = f. Without a shift that of the last
// state is 0. f is changed.
func (d *dense) solve(x, f []float64) {
	n := len(x)
	e := d.mass
	for k, i := range d.order {
		e[k] = f[i]
	}
	for k := range n {
		for j := k + 1; j < n; j++ {
			e[j] += d.rate[k*n+j] * e[k]
		}
	}
	for k := n - 1; k >= 0; k-- {
		var v float64
		if d.out[k] > 0 {
			v = -e[k] / d.out[k]
			for i := k + 1; i < n; i++ {
				v += e[i] * d.rate[i*n+k]
			}
		}
		e[k] = v
	}
	for k, i := range d.order {
		x[i] = e[k]
	}
}

// sort puts the state of the largest mass last and returns the place of every state.
func (d *dense) sort(mass []float64) (place []int) {
	largest := 0
	for i, v := range mass {
		if v > mass[largest] {
			largest = i
		}
	}
	place = make([]int, len(mass))
	k := 0
	for i := range place {
		if i != largest {
			place[i], d.order[k] = k, i
			k++
		}
	}
	place[largest], d.order[k] = k, largest
	return place
}

// eliminateSmall returns the stationary masses of n states, up to a factor, and false where
// some state cannot be left.
func eliminateSmall(rate []float64, n int) ([]float64, bool) {
	out := make([]float64, n)
	for k := n - 1; k > 0; k-- {
		for j := range k {
			out[k] += rate[k*n+j]
		}
		if !(out[k] > 0) {
			return nil, false
		}
		for i := range k {
			for j := range k {
				rate[i*n+j] += rate[i*n+k] * (rate[k*n+j] / out[k])
			}
		}
	}
	m := make([]float64, n)
	m[0] = 1
	for k := 1; k < n; k++ {
		for i := range k {
			m[k] += m[i] * (rate[i*n+k] / out[k])
		}
	}
	return m, true
}
