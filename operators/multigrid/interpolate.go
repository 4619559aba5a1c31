package multigrid

import "math"

// interpolateLog sets the masses to those of another level of the same box, with other
// numbers of cells, by linear interpolation of the logarithm between centres.
func (l *level) interpolateLog(from *level) {
	logs := make([]float64, from.cells())
	from.eachRow(func(r int) {
		row := from.of(logs, r)
		for i, v := range from.of(from.x, r) {
			row[i] = math.Log(max(v, leastMass))
		}
	})
	var axis [3][]place
	for a := range 3 {
		axis[a] = places(l.n[a], from.n[a], l.ring[a])
	}
	l.eachRow(func(r int) {
		y, z := axis[1][r%l.n[1]], axis[2][r/l.n[1]]
		row := func(j, k int) []float64 { return from.of(logs, j+k*from.n[1]) }
		q00, q10, q01, q11 := row(y.lower, z.lower), row(y.upper, z.lower), row(y.lower, z.upper), row(y.upper, z.upper)
		w00, w10, w01, w11 := (1-y.weight)*(1-z.weight), y.weight*(1-z.weight), (1-y.weight)*z.weight, y.weight*z.weight
		x := l.of(l.x, r)
		for i, p := range axis[0] {
			a := w00*q00[p.lower] + w10*q10[p.lower] + w01*q01[p.lower] + w11*q11[p.lower]
			b := w00*q00[p.upper] + w10*q10[p.upper] + w01*q01[p.upper] + w11*q11[p.upper]
			x[i] = max(math.Exp(a+p.weight*(b-a)), leastMass)
		}
	})
}

// A place is between two centres: upper counts with weight, lower with the rest.
type place struct {
	lower, upper int
	weight       float64
}

// places returns where the centres of n cells lie between those of m cells of the same
// axis; cells beyond the last centre before a wall take its value.
func places(n, m int, ring bool) []place {
	p := make([]place, n)
	for i := range p {
		s := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
		k := int(math.Floor(s))
		w := s - float64(k)
		switch {
		case k >= 0 && k < m-1:
			p[i] = place{k, k + 1, w}
		case ring:
			p[i] = place{(k + m) % m, (k + 1) % m, w}
		case k < 0:
			p[i] = place{0, 0, 0}
		default:
			p[i] = place{m - 1, m - 1, 0}
		}
	}
	return p
}
