package markov

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/operators/sparse"
)

func TestSeveralClosedClassesAreNamed(t *testing.T) {
	b := sparse.NewBuilder(7, 7)
	b.Add(0, 1, 1) // 1 ↔ 0
	b.Add(1, 0, 1)
	b.Add(3, 2, 1) // 2 → 3 ↔ 4
	b.Add(3, 4, 1)
	b.Add(4, 3, 1)
	b.Add(1, 2, 1)
	b.Add(5, 6, 1) // 6 → 5, which is never left
	_, _, err := Direct(b.CSR(), DirectOptions{})
	var e *ReducibleError
	if !errors.As(err, &e) {
		t.Fatalf("%v, want a ReducibleError", err)
	}
	if !slices.Equal(e.States, []int{0, 3, 5}) || !slices.Equal(e.Sizes, []int{2, 2, 1}) {
		t.Errorf("classes of sizes %v at states %v", e.Sizes, e.States)
	}
	const want = "markov: 3 closed classes of states, want 1: 2 with state 0, 2 with state 3, 1 with state 5"
	if e.Error() != want {
		t.Errorf("%q, want %q", e.Error(), want)
	}
}

// Classes agree with their definition, taken from all pairs of states that reach each
// other. Stored zeros are no rates.
func TestClosedClassesAgreeWithReachability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "states")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		b := sparse.NewBuilder(n, n)
		for range rapid.IntRange(0, 3*n).Draw(t, "rates") {
			b.Add(r.IntN(n), r.IntN(n), float64(r.IntN(3)))
		}
		a := b.CSR()
		if diff := cmp.Diff(slowClasses(a), ClosedClasses(a)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// slowClasses closes the relation "is reached from" after Warshall.
func slowClasses(a *sparse.CSR) (closed [][]int) {
	n := a.Rows
	reaches := make([][]bool, n) // reaches[j][i]: j → … → i
	for j := range reaches {
		reaches[j] = make([]bool, n)
		for i := range n {
			reaches[j][i] = i == j || a.At(i, j) > 0
		}
	}
	for k := range n {
		for j := range n {
			for i := range n {
				reaches[j][i] = reaches[j][i] || reaches[j][k] && reaches[k][i]
			}
		}
	}
	for j := range n {
		var class []int
		isClosed := true
		for i := range n {
			switch {
			case reaches[j][i] && reaches[i][j]:
				class = append(class, i)
			case reaches[j][i]:
				isClosed = false
			}
		}
		if isClosed && class[0] == j {
			closed = append(closed, class)
		}
	}
	return closed
}

// A path through all states as deep as can be, 10⁶ steps, needs no deep stack of calls.
func TestClosedClassOfALongOneWayRing(t *testing.T) {
	const n = 1_000_000
	b := sparse.NewBuilder(n, n)
	for i := range n {
		b.Add((i+1)%n, i, 1)
	}
	if got := ClosedClasses(b.CSR()); len(got) != 1 || len(got[0]) != n {
		t.Errorf("%d classes, want 1 of all states", len(got))
	}
}
