package markov

import (
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// A RateError says that a rate is negative, infinite or not a number.
type RateError struct {
	From, To int
	Rate     float64
}

func (e *RateError) Error() string {
	return fmt.Sprintf("markov: rate %d → %d: want a finite number ≥ 0, have %g", e.From, e.To, e.Rate)
}

// Rates are the rates of A, in a unit of time in which the largest lies in [1/2, 1), 0
// if there are none: no sum of rates overflows, and what underflows does not depend on
// the unit of time. Those into a state are a row of A; those out of it stand across the
// diagonal from the entries of that row, or in lone.
type rates struct {
	a      *sparse.CSR
	box    box
	unit   float64
	reach  []int       // longest step along each axis, the short way round
	wraps  []bool      // whether any rate goes round the axis
	linked bool        // whether every state but 0 has rates from and to a lower one: all can reach all
	lone   *sparse.CSR // row i: the rates i → j without an entry (i, j) of A; nil if there are none
	leak   float64     // a rate from every state to one more, outside
	exits  []float64   // further ones, of single states; nil for none
}

// A box says where states are.
type box struct{ dims, stride []int }

func newBox(dims []int) box {
	b := box{dims, make([]int, len(dims))}
	stride := 1
	for axis, size := range dims {
		b.stride[axis] = stride
		stride *= size
	}
	return b
}

// coordinate returns the place of a state along an axis.
func (b *box) coordinate(state int32, axis int) int {
	return int(uint32(state) / uint32(b.stride[axis]) % uint32(b.dims[axis]))
}

// surveyRows is the number of rows that are looked at in one piece.
const surveyRows = 1 << 12

// survey looks at all rates once.
func survey(a *sparse.CSR, dims []int, workers int) (*rates, error) {
	q := &rates{a: a, box: newBox(dims), unit: 1, reach: make([]int, len(dims)), wraps: make([]bool, len(dims)), linked: true}
	views := make([]view, pieces.Count(a.Rows, surveyRows))
	pieces.RunOn(workers, a.Rows, surveyRows, func(k, lo, hi int) {
		views[k] = view{q: q, reach: make([]int, len(dims)), wraps: make([]bool, len(dims))}
		views[k].rows(lo, hi)
	})
	var largest float64
	lone := 0
	for k := range views {
		v := &views[k]
		if v.err != nil {
			return nil, v.err
		}
		largest = max(largest, v.largest)
		q.linked = q.linked && !v.loose
		lone += v.lone
		for axis, reach := range v.reach {
			q.reach[axis] = max(q.reach[axis], reach)
			q.wraps[axis] = q.wraps[axis] || v.wraps[axis]
		}
	}
	if largest > 0 {
		_, exponent := math.Frexp(largest)
		q.unit = math.Ldexp(1, min(-exponent, 1023))
	}
	if lone > 0 {
		q.lone = q.transposeLone()
	}
	return q, nil
}

// A view is what some rows show.
type view struct {
	q       *rates
	largest float64
	reach   []int
	wraps   []bool
	known   []int // j − i of steps i → j noted, those round an axis apart
	loose   bool  // a state has no rates from and to a lower one
	lone    int   // entries above the diagonal, and below, less two for each pair across
	err     error // about the first rate that is not one
}

// rows looks at the rows lo ≤ i < hi.
func (v *view) rows(lo, hi int) {
	a := v.q.a
	for i := lo; i < hi; i++ {
		linked, inside := i == 0, v.inside(i)
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			j, r := int(a.Col[k]), a.Val[k]
			if j == i {
				continue
			}
			if !(r >= 0) || r > math.MaxFloat64 {
				v.err = &RateError{From: j, To: i, Rate: r}
				return
			}
			if r > v.largest {
				v.largest = r
			}
			v.lone++
			if j < i {
				if back := entry(a, j, i); back >= 0 {
					v.lone -= 2
					linked = linked || r > 0 && a.Val[back] > 0
				}
			}
			if r > 0 && !(inside && slices.Contains(v.known, j-i)) {
				v.step(i, j)
			}
		}
		v.loose = v.loose || !linked
	}
}

// inside says whether state i is so far from the ends of all axes that no known step
// from it goes round.
func (v *view) inside(i int) bool {
	b := &v.q.box
	for axis, reach := range v.reach {
		at := b.coordinate(int32(i), axis)
		if at < reach || at >= b.dims[axis]-reach {
			return false
		}
	}
	return true
}

// step takes note of how far it is from i to j.
func (v *view) step(i, j int) {
	const most = 16 // more would take longer to look through than to compute
	b, round := &v.q.box, false
	for axis, size := range b.dims {
		step := b.coordinate(int32(i), axis) - b.coordinate(int32(j), axis)
		step = max(step, -step)
		if 2*step > size {
			v.wraps[axis], round = true, true
			step = size - step
		}
		v.reach[axis] = max(v.reach[axis], step)
	}
	if !round && len(v.known) < most && !slices.Contains(v.known, j-i) {
		v.known = append(v.known, j-i)
	}
}

// entry returns where entry (i, j) of A is stored, −1 if it is not.
func entry(a *sparse.CSR, i, j int) int {
	const few = 8
	k := a.RowPtr[i]
	row := a.Col[k:a.RowPtr[i+1]]
	for len(row) > few {
		mid := len(row) / 2
		if int(row[mid]) <= j {
			k, row = k+mid, row[mid:]
		} else {
			row = row[:mid]
		}
	}
	at := slices.Index(row, int32(j))
	if at < 0 {
		return -1
	}
	return k + at
}

// transposeLone returns the positive entries of A that have none across the diagonal,
// transposed.
func (q *rates) transposeLone() *sparse.CSR {
	n := q.a.Rows
	lone := &sparse.CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}
	count := 0
	q.eachLone(func(_, j int, _ float64) {
		lone.RowPtr[j+1]++
		count++
	})
	for i := range n {
		lone.RowPtr[i+1] += lone.RowPtr[i]
	}
	lone.Col, lone.Val = make([]int32, count), make([]float64, count)
	next := slices.Clone(lone.RowPtr)
	q.eachLone(func(i, j int, r float64) {
		lone.Col[next[j]], lone.Val[next[j]] = int32(i), r
		next[j]++
	})
	return lone
}

// eachLone visits the positive entries (i, j) of A that have none across the diagonal.
func (q *rates) eachLone(visit func(i, j int, rate float64)) {
	a := q.a
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			if j := int(a.Col[k]); a.Val[k] > 0 && j != i && entry(a, j, i) < 0 {
				visit(i, j, a.Val[k])
			}
		}
	}
}

// A link is a pair of states with a rate between them, as seen from one of them.
type link struct {
	other   int32 // the rank of the other state
	out, in float64
}

// links appends the links of a state with those of rank from on.
func (q *rates) links(dst []link, state int32, rank []int32, from int) []link {
	a := q.a
	for k := a.RowPtr[state]; k < a.RowPtr[state+1]; k++ {
		j := a.Col[k]
		r := rank[j]
		if int(r) < from || j == state {
			continue
		}
		l := link{other: r, in: a.Val[k] * q.unit}
		if back := entry(a, int(j), int(state)); back >= 0 {
			l.out = a.Val[back] * q.unit
		}
		if l.in > 0 || l.out > 0 {
			dst = append(dst, l)
		}
	}
	if q.lone != nil {
		for k := q.lone.RowPtr[state]; k < q.lone.RowPtr[state+1]; k++ {
			if r := rank[q.lone.Col[k]]; int(r) >= from {
				dst = append(dst, link{other: r, out: q.lone.Val[k] * q.unit})
			}
		}
	}
	if out := q.exit(state); out > 0 {
		dst = append(dst, link{other: int32(len(rank)), out: out})
	}
	return dst
}

// exit returns the rate from a state to the outside.
func (q *rates) exit(state int32) float64 {
	if q.exits == nil {
		return q.leak
	}
	return q.leak + q.exits[state]
}
