package accurate

import "math"

// taps are one output of a linear map along an axis: Σ_m weights[m]·in[start+m]. On a
// periodic axis start+m may lie beyond the ends.
type taps struct {
	start   int
	weights []float64
}

// add adds scale times another output of the same input.
func (t *taps) add(scale float64, other taps) {
	if len(other.weights) == 0 || scale == 0 {
		return
	}
	lo, hi := other.start, other.start+len(other.weights)
	if len(t.weights) > 0 {
		lo, hi = min(lo, t.start), max(hi, t.start+len(t.weights))
	}
	sum := make([]float64, hi-lo)
	copy(sum[max(t.start-lo, 0):], t.weights)
	for m, w := range other.weights {
		sum[other.start-lo+m] += scale * w
	}
	t.start, t.weights = lo, sum
}

// trimmed returns the taps without what round-off of cancelled weights leaves at the ends.
func (t taps) trimmed() taps {
	const negligible = 1e-13
	w, start := t.weights, t.start
	for len(w) > 0 && math.Abs(w[0]) < negligible {
		w, start = w[1:], start+1
	}
	for len(w) > 0 && math.Abs(w[len(w)-1]) < negligible {
		w = w[:len(w)-1]
	}
	return taps{start, w}
}

// A band is a local linear map from the places along an axis, cells or faces, to others.
type band struct {
	in   int // places of the input
	ring bool
	rows []taps // one per place of the output
	// Rows lo ≤ k < hi have the same weights, on the places from k+shift on.
	lo, hi, shift int
	closed        []end // what is before and after them, where walls are
}

// newBand returns the band of the rows, whose longest run of equal ones is found by the
// weights' identity.
func newBand(in int, ring bool, rows []taps) *band {
	b := &band{in: in, ring: ring, rows: rows}
	for k := 0; k < len(rows); {
		j := k + 1
		for j < len(rows) && sameTaps(rows[k], rows[j], j-k) {
			j++
		}
		if j-k > b.hi-b.lo && len(rows[k].weights) > 0 {
			b.lo, b.hi, b.shift = k, j, rows[k].start-k
		}
		k = j
	}
	// What goes round is left to the general path.
	for b.lo < b.hi && (b.lo+b.shift < 0) {
		b.lo++
	}
	for b.lo < b.hi && b.hi-1+b.shift+len(rows[b.lo].weights) > in {
		b.hi--
	}
	return b
}

func sameTaps(a, b taps, distance int) bool {
	return a.start+distance == b.start && len(a.weights) == len(b.weights) && len(a.weights) > 0 && &a.weights[0] == &b.weights[0]
}

// row returns the taps of place k, which may lie beyond the ends of a periodic axis.
func (b *band) row(k int) taps {
	if !b.ring {
		return b.rows[k]
	}
	in := (k%b.in + b.in) % b.in
	t := b.rows[in]
	t.start += k - in
	return t
}

// span returns the places first … end−1 of the input that the outputs lo … hi−1 reach.
func (b *band) span(lo, hi int) (first, end int) {
	first, end = math.MaxInt, math.MinInt
	for k := lo; k < hi; k++ {
		if t := b.row(k); len(t.weights) > 0 {
			first, end = min(first, t.start), max(end, t.start+len(t.weights))
		}
	}
	return first, end
}

// runs calls do for runs of places lo … hi−1 with the same weights, those of one place
// mostly.
func (b *band) runs(do func(lo, hi int)) {
	for k := 0; k < len(b.rows); {
		hi := k + 1
		if k == b.lo && b.hi > b.lo {
			hi = b.hi
		}
		do(k, hi)
		k = hi
	}
}

// at returns element k of a row of the input, going round on a periodic axis.
func (b *band) at(src []float64, k int) float64 {
	switch {
	case k < 0:
		k += b.in
	case k >= b.in:
		k -= b.in
	}
	return src[k]
}

// An end is the outputs before or after the run, as sums of the columns of a matrix:
// output from+i is Σ_m src[first+m]·columns[m·rows+i].
type end struct {
	from, rows  int
	first, taps int
	columns     []float64
}

// newEnd returns the end with the outputs from … to−1 of a band that is not periodic.
func (b *band) newEnd(from, to int) end {
	e := end{from: from, rows: to - from}
	first, last := b.span(from, to)
	if first > last {
		return e
	}
	e.first, e.taps = first, last-first
	e.columns = make([]float64, e.rows*e.taps)
	for k := from; k < to; k++ {
		for m, w := range b.rows[k].weights {
			e.columns[(b.rows[k].start+m-first)*e.rows+k-from] = w
		}
	}
	return e
}

// withEnds makes the ends, for bands of which most places are in the run.
func (b *band) withEnds() *band {
	if !b.ring {
		b.closed = []end{b.newEnd(0, b.lo), b.newEnd(b.hi, len(b.rows))}
	}
	return b
}

// along sets dst to the map of src, places one after the other.
func (b *band) along(dst, src []float64) {
	if b.hi > b.lo {
		combine(dst[b.lo:b.hi], src[b.lo+b.shift:], b.hi-b.lo, 1, b.rows[b.lo].weights)
	}
	b.ends(dst, src)
}

// ends sets dst to the map of src outside the run.
func (b *band) ends(dst, src []float64) {
	for i := range b.closed {
		e := &b.closed[i]
		combine(dst[e.from:e.from+e.rows], e.columns, e.rows, e.rows, src[e.first:e.first+e.taps])
	}
	if b.closed != nil {
		return
	}
	b.single(dst, src, 0, b.lo)
	b.single(dst, src, b.hi, len(b.rows))
}

// single sets the places from … to−1 of dst to the map of src, one by one.
func (b *band) single(dst, src []float64, from, to int) {
	for k := from; k < to; k++ {
		var sum float64
		for m, w := range b.rows[k].weights {
			sum += w * b.at(src, b.rows[k].start+m)
		}
		dst[k] = sum
	}
}

// across sets dst to the map of rows of n numbers.
func (b *band) across(dst []float64, src *stack, n int, room *[]float64) {
	b.runs(func(lo, hi int) { src.combine(dst[lo*n:hi*n], n, b.rows[lo], room) })
}

// same returns the end of the places from k on, before end, with the same weights; on a
// periodic axis they do not go round.
func (b *band) same(k, end int) int {
	switch {
	case b.ring:
		in := (k%b.in + b.in) % b.in
		return min(end, k-in+b.in)
	case k >= b.lo && k < b.hi:
		return min(end, b.hi)
	}
	return k + 1
}

// A stack is rows of numbers, one for each place along an axis, stride apart; the first
// is that of place first. On a ring of so many places, others go round.
type stack struct {
	data          []float64
	stride, first int
	ring          int // 0 for none
}

// row returns n numbers of the row of place k.
func (s *stack) row(k, n int) []float64 {
	k -= s.first
	if s.ring > 0 {
		k = (k%s.ring + s.ring) % s.ring
	}
	return s.data[k*s.stride : k*s.stride+n]
}

// view returns what t reaches from count places, rows of n numbers, and how far these are
// apart. Those that go round are copied together, to room.
func (s *stack) view(t taps, n, count int, room *[]float64) (src []float64, stride int) {
	if len(t.weights) == 0 {
		return nil, 0
	}
	first, rows := t.start-s.first, len(t.weights)+count-1
	if s.ring == 0 || first >= 0 && first+rows <= s.ring {
		return s.data[first*s.stride:], s.stride
	}
	src = resized(room, rows*n)
	for m := range rows {
		copy(src[m*n:(m+1)*n], s.row(t.start+m, n))
	}
	return src, n
}

// combine sets the rows of n numbers in dst to the sums that t says of the first one.
func (s *stack) combine(dst []float64, n int, t taps, room *[]float64) {
	src, stride := s.view(t, n, len(dst)/n, room)
	combine(dst, src, n, stride, t.weights)
}

// A window is the layers first … end−1 of a stack that moves on.
type window struct {
	stack
	end int
}

// open begins an empty window of layers of so many numbers.
func (w *window) open(size int) { w.first, w.end, w.stride = 0, 0, size }

// rows returns the layers lo … hi−1.
func (w *window) rows(lo, hi int) []float64 {
	return w.data[(lo-w.first)*w.stride : (hi-w.first)*w.stride]
}

// reach moves on to the layers first … end−1, of which it returns the first that it did
// not have.
func (w *window) reach(first, end int) (missing int) {
	if first >= w.end || w.first == w.end {
		w.first, w.end = first, first
	}
	if (end-w.first)*w.stride > len(w.data) {
		kept := w.data[(first-w.first)*w.stride : (w.end-w.first)*w.stride]
		if n := (end - first) * w.stride; n > len(w.data) {
			w.data = make([]float64, 2*n)
		}
		copy(w.data, kept)
		w.first = first
	}
	missing, w.end = w.end, max(w.end, end)
	return missing
}
