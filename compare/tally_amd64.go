//go:build !purego

package compare

// atOnce adds the first walkers, and returns how many.
func (m *momentSums) atOnce(to, theta [][]float64, first int) int {
	n := inLanes(len(theta[0]))
	if n == 0 {
		return 0
	}
	_ = m.second[0][first:][:n] // of one length with all other sums, as columns of theta are of one
	at := func(columns [][]float64, k int) *float64 { return &columns[k][first] }
	t := func(a int) *float64 { return &theta[a][0] }
	o, s := m.origin, m.second
	switch len(theta) {
	case 1:
		forLanes(moments1By8, moments1By4, moments1By2)(t(0), at(o, 0), at(to, 0), at(s, 0), n)
	case 2:
		forLanes(moments2By8, moments2By4, moments2By2)(t(0), t(1), at(o, 0), at(o, 1), at(to, 0), at(to, 1), at(s, 0), at(s, 1), at(s, 2), n)
	case 3:
		forLanes(moments3By8, moments3By4, moments3By2)(t(0), t(1), t(2), at(o, 0), at(o, 1), at(o, 2), at(to, 0), at(to, 1), at(to, 2),
			at(s, 0), at(s, 1), at(s, 2), at(s, 3), at(s, 4), at(s, 5), n)
	default:
		return 0
	}
	return n
}

// atOnce sets the first cells and returns how many: none where one of them is outside.
func (c *counter) atOnce(cells []int32, x [][]float64) int {
	n := inLanes(len(cells))
	if n == 0 || c.uniform == nil {
		return 0
	}
	var inside bool
	switch len(x) {
	case 1:
		inside = forLanes(cells1By8, cells1By4, cells1By2)(&cells[0], &x[0][:n][0], &c.uniform[0], n)
	case 2:
		inside = forLanes(cells2By8, cells2By4, cells2By2)(&cells[0], &x[0][:n][0], &x[1][:n][0], &c.uniform[0], n)
	case 3:
		inside = forLanes(cells3By8, cells3By4, cells3By2)(&cells[0], &x[0][:n][0], &x[1][:n][0], &x[2][:n][0], &c.uniform[0], n)
	}
	if !inside {
		return 0
	}
	return n
}
