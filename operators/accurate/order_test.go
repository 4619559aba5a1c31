package accurate

import (
	"fmt"
	"math"
	"strings"
)

// An orderTable is errors at rising resolution.
type orderTable struct {
	n   []int
	err []float64
}

func (t *orderTable) add(n int, err float64) {
	t.n = append(t.n, n)
	t.err = append(t.err, err)
}

// last returns the q in error ∝ n^−q between the last two rows.
func (t *orderTable) last() float64 {
	k := len(t.n) - 1
	return math.Log(t.err[k-1]/t.err[k]) / math.Log(float64(t.n[k])/float64(t.n[k-1]))
}

func (t *orderTable) String() string {
	var s strings.Builder
	s.WriteString("    n      error\n")
	for k, n := range t.n {
		fmt.Fprintf(&s, "%5d  %9.3e\n", n, t.err[k])
	}
	return s.String()
}
