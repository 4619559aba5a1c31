package exact

import (
	"fmt"
	"math"
	"strings"
)

// An OrderTable is errors at rising resolution. The zero value is an empty table.
type OrderTable struct {
	n   []int
	err []float64
}

// Add appends the error with n cells along each axis.
func (t *OrderTable) Add(n int, err float64) {
	t.n = append(t.n, n)
	t.err = append(t.err, err)
}

// Len returns the number of rows.
func (t *OrderTable) Len() int { return len(t.n) }

// Row returns row k: cells along each axis, error, and the order since the row
// before, NaN in the first.
func (t *OrderTable) Row(k int) (n int, err, order float64) {
	return t.n[k], t.err[k], t.order(k)
}

// Last returns the observed order between the last two rows, the q in error ∝ n^−q.
func (t *OrderTable) Last() float64 { return t.order(len(t.n) - 1) }

func (t *OrderTable) order(k int) float64 {
	if k < 1 {
		return math.NaN()
	}
	return math.Log(t.err[k-1]/t.err[k]) / math.Log(float64(t.n[k])/float64(t.n[k-1]))
}

// String writes one row per resolution.
func (t *OrderTable) String() string {
	var s strings.Builder
	s.WriteString("    n      error  order\n")
	for k, n := range t.n {
		fmt.Fprintf(&s, "%5d  %9.3e", n, t.err[k])
		if k > 0 {
			fmt.Fprintf(&s, "  %5.2f", t.order(k))
		}
		s.WriteByte('\n')
	}
	return s.String()
}
