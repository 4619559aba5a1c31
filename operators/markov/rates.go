package markov

import (
	"fmt"
	"math"
	"slices"

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

// unit returns the power of two that brings the largest rate of A into [1/2, 1), 1 if
// there are no rates. In that unit no sum of rates overflows, and what underflows does
// not depend on the unit of time.
func unit(a *sparse.CSR) (float64, error) {
	var largest float64
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			r := a.Val[k]
			if int(a.Col[k]) == i {
				continue
			}
			if !(r >= 0) || math.IsInf(r, 1) {
				return 0, &RateError{From: int(a.Col[k]), To: i, Rate: r}
			}
			largest = max(largest, r)
		}
	}
	if largest == 0 {
		return 1, nil
	}
	_, exponent := math.Frexp(largest)
	return math.Ldexp(1, min(-exponent, 1023)), nil
}

// Pairs are the rates between states that have at least one, listed at that of lower
// rank: rank r has the partners other[k] > r, in ascending order, with the rates
// out[k] from r and in[k] to r, for ptr[r] ≤ k < ptr[r+1].
type pairs struct {
	ptr     []int
	other   []int32
	out, in []float64
}

// pair lists the rates of A, times unit, by rank. Entries (i, j) and (j, i) become one
// pair.
func pair(a *sparse.CSR, t *tree, unit float64) *pairs {
	n := a.Rows
	p := &pairs{ptr: make([]int, n+1)}
	p.count(a, t.rank)
	for r := range n {
		p.ptr[r+1] += p.ptr[r]
	}
	p.other = make([]int32, p.ptr[n])
	p.out, p.in = make([]float64, p.ptr[n]), make([]float64, p.ptr[n])
	fill := make([]int32, n) // how many partners each rank has so far
	for to, state := range t.state {
		for k := a.RowPtr[state]; k < a.RowPtr[state+1]; k++ {
			if a.Col[k] != state && a.Val[k] > 0 {
				p.insert(fill, t.rank[a.Col[k]], int32(to), a.Val[k]*unit)
			}
		}
	}
	return p
}

// count leaves in ptr[r+1] the number of partners of rank r.
func (p *pairs) count(a *sparse.CSR, rank []int32) {
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			j := int(a.Col[k])
			if j == i || !(a.Val[k] > 0) {
				continue
			}
			// Of two rates between a pair only that below the diagonal counts.
			if j < i || !(a.At(j, i) > 0) {
				p.ptr[min(rank[i], rank[j])+1]++
			}
		}
	}
}

// insert adds the rate from → to, both ranks, keeping partners in ascending order.
func (p *pairs) insert(fill []int32, from, to int32, rate float64) {
	low, high := min(from, to), max(from, to)
	begin := p.ptr[low]
	end := begin + int(fill[low])
	k, found := slices.BinarySearch(p.other[begin:end], high)
	k += begin
	if !found {
		copy(p.other[k+1:end+1], p.other[k:end])
		copy(p.out[k+1:end+1], p.out[k:end])
		copy(p.in[k+1:end+1], p.in[k:end])
		p.other[k], p.out[k], p.in[k] = high, 0, 0
		fill[low]++
	}
	if low == from {
		p.out[k] += rate
	} else {
		p.in[k] += rate
	}
}
