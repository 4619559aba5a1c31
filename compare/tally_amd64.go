//go:build !purego

package compare

// nowhere are as many axes as a kernel has at most, without cells: to look for some in vain costs less than kernels that
// do not look are worth.
var nowhere [3][4]float64

// atOnce sums the first walkers up and finds their cells, and returns of how many: of none the cells, where
// one of them is outside or there are no uniform axes.
func (w *worker) atOnce(to, theta [][]float64, first int) (summed, found int) {
	n := inLanes(len(theta[0]))
	if n == 0 || len(theta) > len(nowhere) {
		return 0, 0
	}
	axes := &nowhere[0]
	if w.counter != nil && w.counter.uniform != nil {
		axes = &w.counter.uniform[0]
	}
	o, s, cells := w.moments.origin, w.moments.second, w.cells[:n]
	_ = s[0][first:][:n] // of one length with all other sums, as columns of theta are of one
	at := func(columns [][]float64, k int) *float64 { return &columns[k][first] }
	t := func(a int) *float64 { return &theta[a][0] }
	var inside bool
	switch len(theta) {
	case 1:
		inside = forLanes(tally1By8, tally1By4, tally1By2)(t(0), at(o, 0), at(to, 0), at(s, 0), &cells[0], axes, n)
	case 2:
		inside = forLanes(tally2By8, tally2By4, tally2By2)(t(0), t(1), at(o, 0), at(o, 1), at(to, 0), at(to, 1),
			at(s, 0), at(s, 1), at(s, 2), &cells[0], axes, n)
	case 3:
		inside = forLanes(tally3By8, tally3By4, tally3By2)(t(0), t(1), t(2),
			at(o, 0), at(o, 1), at(o, 2), at(to, 0), at(to, 1), at(to, 2),
			at(s, 0), at(s, 1), at(s, 2), at(s, 3), at(s, 4), at(s, 5), &cells[0], axes, n)
	}
	if inside {
		found = n
	}
	return n, found
}
