package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/sparse"
)

// The matrix has the sums of the rates of all edges, of any length and in any order,
// where pieces meet as elsewhere.
func TestRowsAreSumsOfEdges(t *testing.T) {
	ax, err := grid.Uniform(0, 1, 2*pieceCells+100, grid.Absorbing, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	n := g.Cells()
	r := rand.New(rand.NewPCG(1, 0))
	b := sparse.NewBuilder(n, n)
	exit := make([]float64, n)
	eachEdge := func(lo, hi int, do func(from, to int, out, back float64)) {
		for from := lo; from < hi; from++ {
			r := rand.New(rand.NewPCG(uint64(from), 0))
			for range r.IntN(8) {
				to := (from + n + r.IntN(9) - 4) % n
				if r.IntN(20) == 0 {
					to = r.IntN(n)
				}
				if to != from {
					do(from, to, r.Float64(), r.Float64())
				}
			}
		}
	}
	eachEdge(0, n, func(from, to int, out, back float64) {
		b.Add(to, from, out)
		b.Add(from, from, -out)
		b.Add(from, to, back)
		b.Add(to, to, -back)
	})
	for i := range exit {
		exit[i] = r.Float64()
		b.Add(i, i, -exit[i])
	}
	want := b.CSR()
	gen := assemble(g, 1, func(l *edgeList) {
		eachEdge(l.lo, l.hi, l.add)
		for i := l.lo; i < l.hi; i++ {
			l.addExit(i, exit[i])
		}
	})
	got := gen.Matrix()
	if got.NNZ() != want.NNZ() {
		t.Fatalf("%d entries, want %d", got.NNZ(), want.NNZ())
	}
	for i := range n {
		if got.RowPtr[i] != want.RowPtr[i] || gen.Exit[i] != exit[i] {
			t.Fatalf("row %d begins at %d, want %d; exit %g, want %g", i, got.RowPtr[i], want.RowPtr[i], gen.Exit[i], exit[i])
		}
	}
	for k, v := range want.Val {
		// Sums of some 20 numbers below 1, in different orders.
		if got.Col[k] != want.Col[k] || math.Abs(got.Val[k]-v) > 20*20*0x1p-53 {
			t.Fatalf("entry %d is %g in column %d, want %g in column %d", k, got.Val[k], got.Col[k], v, want.Col[k])
		}
	}
}
