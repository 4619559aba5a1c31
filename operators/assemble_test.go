package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

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

// A mild cell of a plane has the rates that the general way gives it.
func TestMildCellsAgreeWithAnyCell(t *testing.T) {
	mild := 0
	rapid.Check(t, func(t *rapid.T) {
		axes := make([]grid.Axis, 2)
		for a := range axes {
			var err error
			if axes[a], err = grid.Sinh(-1, 2, rapid.IntRange(3, 9).Draw(t, "cells"), grid.Reflecting, grid.Reflecting, 0.3, 0.7); err != nil {
				t.Fatal(err)
			}
		}
		g := grid.New(axes...)
		m := drawTensor(t, 2, rapid.Float64Range(0.2, 1).Draw(t, "ratio"), 0)
		c := &Coefficients{Grid: g, Diffusion: [][]float64{fill(g.Cells(), m[0]), fill(g.Cells(), m[1]), fill(g.Cells(), m[3])}}
		for range 2 {
			c.Drift = append(c.Drift, fill(g.Cells(), rapid.Float64Range(-1, 1).Draw(t, "drift")))
		}
		scale := rapid.Float64Range(0, 3).Draw(t, "range of φ")
		c.Potential = make([]float64, g.Cells())
		for i := range c.Potential {
			c.Potential[i] = scale * math.Sin(float64(i))
		}
		edges := func(write func(w *sellingWriter, nu [3]float64) bool) (l edgeList, trace float64, ok bool) {
			l = edgeList{hi: g.Cells()}
			w := sellingWriter{Coefficients: c, list: &l, vol: g.Volumes(), limit: offsetLimit(g), axes: sellingAxes(g)}
			w.idx = [3]int{1, 1}
			w.x = g.Index(w.idx[:2])
			nu := w.load()
			trace = w.m.trace()
			return l, trace, write(&w, nu)
		}
		got, trace, ok := edges((*sellingWriter).mildCell)
		if !ok {
			return
		}
		mild++
		want, _, _ := edges(func(w *sellingWriter, nu [3]float64) bool {
			w.anyCell(nu)
			return true
		})
		if len(got.edges) != len(want.edges) || got.reach != want.reach || want.eta != 0 {
			t.Fatalf("edges %v, want %v", got.edges, want.edges)
		}
		for k, e := range want.edges {
			f := got.edges[k]
			// Some ten roundings of numbers up to tr M, and of u as isMild promises; φ adds a factor B(−6) < 7.
			tol := 7 * 30 * 0x1p-53 * trace
			if f.from != e.from || f.to != e.to || math.Abs(f.out-e.out) > tol || math.Abs(f.back-e.back) > tol {
				t.Fatalf("edge %v, want %v: more than %g apart", f, e, tol)
			}
		}
	})
	if mild == 0 { // 40 of 100 are
		t.Error("no cell was mild")
	}
}
