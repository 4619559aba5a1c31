package multigrid

// This file sweeps in the Gauss–Seidel manner, x_i = (inflow_i − rhs_i) / outflow_i, in
// lexicographic order from four corners of the box.

// sweepRight sweeps a layer in ascending order of its rows and cells.
func (l *level) sweepRight(layer int) {
	rows := l.rows() / l.layers()
	for r := layer * rows; r < (layer+1)*rows; r++ {
		b := l.row(r)
		l.lookRound(&b, r)
		b.right()
	}
}

// sweepLeft sweeps a layer in descending order of its rows and cells.
func (l *level) sweepLeft(layer int) {
	rows := l.rows() / l.layers()
	for r := (layer+1)*rows - 1; r >= layer*rows; r-- {
		b := l.row(r)
		l.lookRound(&b, r)
		b.left()
	}
}

// lookRound gives row r of a layer at an end of a ring what is kept of that at the other end.
func (l *level) lookRound(b *row, r int) {
	if l.roundAbove == nil {
		return
	}
	rows, a := l.rows()/l.layers(), l.last()-1
	switch layer, place := r/rows, r%rows; layer {
	case 0:
		b.below[a] = l.of(l.roundBelow, place)
		if l.layers() == 1 {
			b.above[a] = l.of(l.roundAbove, place)
		}
	case l.layers() - 1:
		b.above[a] = l.of(l.roundAbove, place)
	}
}

func (l *level) row(r int) row {
	b := row{x: l.of(l.x, r), up: l.of(l.up[0], r), dn: l.of(l.dn[0], r), inv: l.of(l.inv, r), ring: l.ring[0]}
	if l.rhs != nil {
		b.rhs = l.of(l.rhs, r)
	}
	for a := 1; a < 3 && l.up[a] != nil; a++ {
		below, above := l.beside(r, a)
		b.fromBelow[a-1], b.fromAbove[a-1] = l.of(l.up[a], below), l.of(l.dn[a], r)
		if !l.ring[a] { // no flow across the wall: any row will do that nobody else writes meanwhile
			below, above = min(below, r), max(above, r)
		}
		b.below[a-1], b.above[a-1] = l.of(l.x, below), l.of(l.x, above)
	}
	return b
}

// right sweeps the cells in ascending order.
func (r *row) right() {
	n, lo := len(r.x), 0
	if k := int(processor); k > 0 && k <= n {
		lo = n / k * k
		before, after := r.beyond(lo)
		processor.right(r, 0, lo/k, before, after)
	}
	if lo == 0 {
		r.relax(0)
		lo++
	}
	if lo+stretch/4 < n-1 {
		r.plainRight(lo, n-1)
		lo = n - 1
	}
	for i := lo; i < n; i++ {
		r.relax(i)
	}
}

// left sweeps the cells in descending order.
func (r *row) left() {
	n, end := len(r.x), 0
	if k := int(processor); k > 0 {
		end = n / k * k
	}
	first, hi := max(end, 1), n
	if hi > first {
		hi--
		r.relax(hi)
	}
	if first+stretch/4 < hi {
		r.plainLeft(first, hi)
		hi = first
	}
	for i := hi - 1; i >= end; i-- {
		r.relax(i)
	}
	if end > 0 {
		before, after := r.beyond(end)
		processor.left(r, 0, end/int(processor), before, after)
	}
}

// noCell is what is beyond a wall.
const noCell = -1

// beyond returns the cells before the row and after its first cells, end in all. At walls that is
// not the cell at the far end, of which nothing comes but which would be waited for.
func (r *row) beyond(end int) (before, after int) {
	switch n := len(r.x); {
	case r.ring:
		_, after = around(end-1, n)
		return n - 1, after
	case end == n:
		return noCell, noCell
	}
	return noCell, end
}

// relax sets the mass of cell i.
func (r *row) relax(i int) { r.x[i] = (r.inflow(i) - r.source(i)) * r.inv[i] }

// stretch is the number of cells that are swept at a time without kernels.
const stretch = 128

// plainRight is right within the row, cell by cell.
func (r *row) plainRight(lo, hi int) {
	var room [stretch]float64
	for ; lo < hi; lo += stretch {
		in := room[:min(stretch, hi-lo)]
		r.gather(in, lo, r.dn[lo:], r.x[lo+1:])
		x, inv, up := r.x[lo:][:len(in)], r.inv[lo:][:len(in)], r.up[lo-1:][:len(in)]
		p := r.x[lo-1]
		for i, v := range in {
			p = p*(up[i]*inv[i]) + v*inv[i]
			x[i] = p
		}
	}
}

// plainLeft is left within the row, cell by cell.
func (r *row) plainLeft(lo, hi int) {
	var room [stretch]float64
	for ; lo < hi; hi -= stretch {
		from := max(lo, hi-stretch)
		in := room[:hi-from]
		r.gather(in, from, r.up[from-1:], r.x[from-1:])
		x, inv, dn := r.x[from:][:len(in)], r.inv[from:][:len(in)], r.dn[from:][:len(in)]
		p := r.x[hi]
		for i := len(in) - 1; i >= 0; i-- {
			p = p*(dn[i]*inv[i]) + in[i]*inv[i]
			x[i] = p
		}
	}
}

// gather sets in to what flows into the cells from first on, less the right-hand side,
// along the row from one side alone.
func (r *row) gather(in []float64, first int, rate, from []float64) {
	n := len(in)
	rate, from = rate[:n], from[:n]
	for i := range in {
		in[i] = rate[i] * from[i]
	}
	for a := range r.below {
		if r.below[a] == nil {
			continue
		}
		below, up := r.below[a][first:][:n], r.fromBelow[a][first:][:n]
		above, dn := r.above[a][first:][:n], r.fromAbove[a][first:][:n]
		for i := range in {
			in[i] += up[i]*below[i] + dn[i]*above[i]
		}
	}
	if r.rhs != nil {
		for i, v := range r.rhs[first:][:n] {
			in[i] -= v
		}
	}
}

// inflow returns what flows into cell i, at either end of the row or anywhere in it.
func (r *row) inflow(i int) float64 {
	p, q := around(i, len(r.x))
	in := r.up[p]*r.x[p] + r.dn[i]*r.x[q]
	for a := range r.below {
		if r.below[a] != nil {
			in += r.fromBelow[a][i]*r.below[a][i] + r.fromAbove[a][i]*r.above[a][i]
		}
	}
	return in
}

// source returns the right-hand side of cell i.
func (r *row) source(i int) float64 {
	if r.rhs == nil {
		return 0
	}
	return r.rhs[i]
}
