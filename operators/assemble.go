package operators

import (
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file sums rates on edges into a sparse matrix. Schemes write the edges of
// one piece of cells after the other; edges within a piece concern only its own
// rows, and the few that cross its border are kept in a second list, which all
// pieces look through. So rows are summed in a fixed order, on all cores, without
// sorting the whole.

// pieceCells is the number of cells of a piece: large against a row of the grid,
// so that few edges cross borders, and small against the caches.
const pieceCells = 1 << 14

// An edge carries the rates between the cell that owns it and another.
type edge struct {
	from, to  int32
	out, back float64 // rate from → to, to → from
}

// edgeList holds the edges owned by the cells lo ≤ i < hi.
type edgeList struct {
	lo, hi   int
	edges    []edge
	crossing []edge // those of edges whose other end lies outside the piece
	exit     []float64
	reach    int
	eta      float64 // regularization, see Generator
}

func (l *edgeList) add(from, to int, out, back float64) {
	e := edge{int32(from), int32(to), out, back}
	l.edges = append(l.edges, e)
	if to < l.lo || to >= l.hi {
		l.crossing = append(l.crossing, e)
	}
}

// addExit adds a rate from a cell to the outside.
func (l *edgeList) addExit(from int, rate float64) { l.exit[from-l.lo] += rate }

// assemble sums the edges that emit writes, for cells l.lo ≤ i < l.hi, into a
// generator. perCell is the number of edges a cell is likely to own.
func assemble(g *grid.Grid, perCell int, emit func(l *edgeList)) *Generator {
	n := g.Cells()
	absorbing := g.HasWall(grid.Absorbing)
	lists := make([]*edgeList, pieces.Count(n, pieceCells))
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		l := &edgeList{lo: lo, hi: hi, edges: make([]edge, 0, perCell*(hi-lo))}
		if absorbing {
			l.exit = make([]float64, hi-lo)
		}
		emit(l)
		lists[k] = l
	})
	var crossing []edge
	gen := &Generator{Grid: g, A: &sparse.CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}}
	for _, l := range lists {
		crossing = append(crossing, l.crossing...)
		gen.Exit = append(gen.Exit, l.exit...)
		gen.Reach = max(gen.Reach, l.reach)
		gen.Regularization = max(gen.Regularization, l.eta)
	}
	blocks := make([]*rowBlock, len(lists))
	pieces.Run(n, pieceCells, func(k, _, _ int) {
		blocks[k] = sumRows(lists[k], crossing)
		lists[k] = nil // its edges are not needed any more
	})
	join(gen.A, blocks)
	return gen
}

// A rowBlock is the rows lo ≤ i < hi of a matrix: row i is start[i-lo] … start[i-lo]+length[i-lo].
type rowBlock struct {
	lo     int
	start  []int32
	length []int32
	col    []int32
	val    []float64
}

// sumRows builds the rows of one piece from its own edges and those that cross into it.
func sumRows(l *edgeList, crossing []edge) *rowBlock {
	rows := l.hi - l.lo
	b := &rowBlock{lo: l.lo, start: make([]int32, rows+1), length: make([]int32, rows)}
	inside := func(i int32) bool { return int(i) >= l.lo && int(i) < l.hi }
	for i := range rows {
		b.start[i+1] = 1 // the diagonal
	}
	for _, e := range l.edges {
		b.start[int(e.from)-l.lo+1]++
		if inside(e.to) {
			b.start[int(e.to)-l.lo+1]++
		}
	}
	for _, e := range crossing {
		if inside(e.to) {
			b.start[int(e.to)-l.lo+1]++
		}
	}
	for i := range rows {
		b.start[i+1] += b.start[i]
	}
	b.col = make([]int32, b.start[rows])
	b.val = make([]float64, b.start[rows])
	b.fill(l, crossing, inside)
	return b
}

func (b *rowBlock) fill(l *edgeList, crossing []edge, inside func(int32) bool) {
	diag := make([]float64, len(b.length))
	for _, e := range l.edges {
		b.insert(e.from, e.to, e.back)
		diag[int(e.from)-b.lo] -= e.out
		if inside(e.to) {
			b.insert(e.to, e.from, e.out)
			diag[int(e.to)-b.lo] -= e.back
		}
	}
	for _, e := range crossing {
		if inside(e.to) {
			b.insert(e.to, e.from, e.out)
			diag[int(e.to)-b.lo] -= e.back
		}
	}
	for i, x := range l.exit {
		diag[i] -= x
	}
	for i, v := range diag {
		b.insert(int32(b.lo+i), int32(b.lo+i), v)
	}
}

// insert adds v to entry (row, col), keeping columns in ascending order.
func (b *rowBlock) insert(row, col int32, v float64) {
	r := int(row) - b.lo
	lo := int(b.start[r])
	n := int(b.length[r])
	cols, vals := b.col[lo:lo+n+1], b.val[lo:lo+n+1] // one place is free
	k := n
	for k > 0 && cols[k-1] > col {
		k--
	}
	if k > 0 && cols[k-1] == col {
		vals[k-1] += v
		return
	}
	copy(cols[k+1:], cols[k:n])
	copy(vals[k+1:], vals[k:n])
	cols[k], vals[k] = col, v
	b.length[r]++
}

// join copies the blocks, one after the other, into the matrix.
func join(a *sparse.CSR, blocks []*rowBlock) {
	for _, b := range blocks {
		for i, n := range b.length {
			a.RowPtr[b.lo+i+1] = a.RowPtr[b.lo+i] + int(n)
		}
	}
	nnz := a.RowPtr[a.Rows]
	a.Col, a.Val = make([]int32, nnz), make([]float64, nnz)
	pieces.Run(a.Rows, pieceCells, func(k, _, _ int) {
		b := blocks[k]
		for i, n := range b.length {
			s, to := int(b.start[i]), a.RowPtr[b.lo+i]
			copy(a.Col[to:to+int(n)], b.col[s:])
			copy(a.Val[to:to+int(n)], b.val[s:])
		}
	})
}
