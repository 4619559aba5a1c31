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

// along sets dst to the map of src, places one after the other.
func (b *band) along(dst, src []float64) {
	for k := range dst {
		if k == b.lo && b.hi > b.lo {
			combine(dst[b.lo:b.hi], src[b.lo+b.shift:], 1, b.rows[b.lo].weights)
		}
		if k >= b.lo && k < b.hi {
			continue
		}
		var sum float64
		for m, w := range b.rows[k].weights {
			sum += w * b.at(src, b.rows[k].start+m)
		}
		dst[k] = sum
	}
}

// A stack is rows of numbers, one for each place along an axis, stride apart; the first
// is that of place first. On a ring of so many places, others go round.
type stack struct {
	data          []float64
	stride, first int
	ring          int // 0 for none
}

// row returns n numbers of the row of place k, from the given offset.
func (s *stack) row(k, n int) []float64 {
	k -= s.first
	if s.ring > 0 {
		k = (k%s.ring + s.ring) % s.ring
	}
	return s.data[k*s.stride : k*s.stride+n]
}

// combine sets dst to the sum of rows that t says.
func (s *stack) combine(dst []float64, t taps) {
	if len(t.weights) == 0 {
		clear(dst)
		return
	}
	first := t.start - s.first
	if s.ring == 0 || first >= 0 && first+len(t.weights) <= s.ring {
		combine(dst, s.data[first*s.stride:], s.stride, t.weights)
		return
	}
	clear(dst)
	for m, w := range t.weights {
		for i, v := range s.row(t.start+m, len(dst)) {
			dst[i] += w * v
		}
	}
}
