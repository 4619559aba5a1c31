package operators

import (
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file sums rates on edges into a sparse matrix. Schemes write the edges of
// one piece of cells after the other, and each piece is summed into rows while its
// edges are in the cache. Edges to other pieces are handed on, and rows are joined at
// the end: a fixed order, on all cores, without sorting the whole.
//
// What a row gets from the edges of its own cell is in the order of columns because a
// list keeps the edges of a cell in order, and what it gets from those of other cells is
// because cells come one after the other. Rows are merged from the two.

// pieceCells is the number of cells of a piece: large against a row of the grid,
// so that few edges lead to other pieces, and small against the caches.
const pieceCells = 1 << 14

// An edge carries the rates between the cell that owns it and another.
type edge struct {
	from, to  int32
	out, back float64 // rate from → to, to → from
}

// edgeList holds the edges owned by the cells lo ≤ i < hi.
type edgeList struct {
	lo, hi  int
	edges   []edge // in ascending order of from, then of to; one for each pair
	leaving []edge // those of edges that lead to other pieces
	exit    []float64
	reach   int
	eta     float64 // regularization, see Generator
}

// add adds rates between two cells to those already there. Cells own edges in
// ascending order: from is that of the last edge, or a later one.
func (l *edgeList) add(from, to int, out, back float64) {
	e := edge{int32(from), int32(to), out, back}
	k := len(l.edges)
	for k > 0 && l.edges[k-1].from == e.from && l.edges[k-1].to > e.to {
		k--
	}
	if k > 0 && l.edges[k-1].from == e.from && l.edges[k-1].to == e.to {
		l.edges[k-1].out += out
		l.edges[k-1].back += back
		return
	}
	l.edges = append(l.edges, e)
	copy(l.edges[k+1:], l.edges[k:])
	l.edges[k] = e
}

// extend returns room for n edges after the last, to be filled in order.
func (l *edgeList) extend(n int) []edge {
	k := len(l.edges)
	l.edges = slices.Grow(l.edges, n)[:k+n]
	return l.edges[k:]
}

// addExit adds a rate from a cell to the outside.
func (l *edgeList) addExit(from int, rate float64) { l.exit[from-l.lo] += rate }

// assemble sums the edges that emit writes, for cells l.lo ≤ i < l.hi in this order,
// into a generator. perCell is the number of edges a cell is likely to own.
func assemble(g *grid.Grid, perCell int, emit func(l *edgeList)) *Generator {
	n := g.Cells()
	if n > math.MaxInt32 {
		panic("operators: more cells than the columns of a matrix can number")
	}
	absorbing := g.HasWall(grid.Absorbing)
	builders := sync.Pool{New: func() any { return &rowBuilder{edges: make([]edge, 0, perCell*min(pieceCells, n))} }}
	count := pieces.Count(n, pieceCells)
	lists, blocks := make([]edgeList, count), make([]rowBlock, count)
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		b := builders.Get().(*rowBuilder)
		l := edgeList{lo: lo, hi: hi, edges: b.edges[:0]}
		if absorbing {
			l.exit = make([]float64, hi-lo)
		}
		emit(&l)
		blocks[k] = b.sum(&l)
		b.edges, l.edges = l.edges, nil
		builders.Put(b)
		lists[k] = l
	})
	gen := &Generator{Grid: g}
	for _, l := range lists {
		gen.Exit = append(gen.Exit, l.exit...)
		gen.Reach = max(gen.Reach, l.reach)
		gen.Regularization = max(gen.Regularization, l.eta)
	}
	gen.matrix = join(n, blocks, deliver(n, lists))
	return gen
}

// deliver returns the edges that leave pieces, in ascending order of to, then of from;
// n is the number of cells.
func deliver(n int, lists []edgeList) []edge {
	next := make([]int, n+1) // where the next edge to each cell goes
	for _, l := range lists {
		for _, e := range l.leaving {
			next[e.to+1]++
		}
	}
	for i := range n {
		next[i+1] += next[i]
	}
	arriving := make([]edge, next[n])
	for _, l := range lists {
		for _, e := range l.leaving {
			arriving[next[e.to]] = e
			next[e.to]++
		}
	}
	return arriving
}

// A rowBlock is consecutive rows of the matrix: row i of them has val[k] in column
// col[k], in ascending order, for ptr[i] ≤ k < ptr[i+1].
type rowBlock struct {
	ptr []int32
	col []int32
	val []float64
}

// A rowBuilder sums edges into rows; it keeps its memory from one piece to the next.
type rowBuilder struct {
	edges   []edge
	leaving []edge
	last    []int32 // of the edges that lead to each cell; −1 where there are none
	next    []int32 // per edge: the one before it that leads to the same cell, or −1

	// The rows so far, from the last to the first, fill col and val from n on:
	n   int
	col []int32
	val []float64
}

// sum returns the rows of the cells of l, but for what edges of other lists add to
// them, and sets l.leaving.
func (b *rowBuilder) sum(l *edgeList) rowBlock {
	b.link(l)
	rows := l.hi - l.lo
	b.n = rows + 2*len(l.edges)
	b.col, b.val = resize(b.col, b.n), resize(b.val, b.n)
	ptr := make([]int32, rows+1)
	own := l.edges
	for i := rows - 1; i >= 0; i-- {
		first := len(own)
		for first > 0 && int(own[first-1].from) == l.lo+i {
			first--
		}
		var diag float64
		if l.exit != nil {
			diag = -l.exit[i]
		}
		end := b.n
		b.merge(int32(l.lo+i), diag, l.edges, own[first:], b.last[i])
		own = own[:first]
		ptr[i+1] = int32(end - b.n) // the length, so far
	}
	for i := range rows {
		ptr[i+1] += ptr[i]
	}
	return rowBlock{ptr, slices.Clone(b.col[b.n:]), slices.Clone(b.val[b.n:])}
}

// link chains the edges that lead to the same cell, and sets l.leaving to the others.
func (b *rowBuilder) link(l *edgeList) {
	b.last, b.next = resize(b.last, l.hi-l.lo), resize(b.next, len(l.edges))
	for i := range b.last {
		b.last[i] = -1
	}
	b.leaving = b.leaving[:0]
	for k := range l.edges {
		if to := int(l.edges[k].to) - l.lo; uint(to) < uint(len(b.last)) {
			b.next[k] = b.last[to]
			b.last[to] = int32(k)
		} else {
			b.leaving = append(b.leaving, l.edges[k])
		}
	}
	l.leaving = slices.Clone(b.leaving)
}

// merge puts row i before the others: what its own edges bring and, beginning with edge
// in, those that lead to it. They take their share from the diagonal.
func (b *rowBuilder) merge(i int32, diag float64, edges, own []edge, in int32) {
	at := -1 // the place of the diagonal
	for len(own) > 0 || in >= 0 {
		to, from := int32(-1), int32(-1) // the last columns of both
		if len(own) > 0 {
			to = own[len(own)-1].to
		}
		if in >= 0 {
			from = edges[in].from
		}
		col := max(to, from)
		var v float64
		if to == col {
			e := &own[len(own)-1]
			v = e.back
			diag -= e.out
			own = own[:len(own)-1]
		}
		if from == col {
			e := &edges[in]
			v += e.out
			diag -= e.back
			in = b.next[in]
		}
		if at < 0 && col < i {
			b.put(i, 0)
			at = b.n
		}
		b.put(col, v)
	}
	if at < 0 {
		b.put(i, 0)
		at = b.n
	}
	b.val[at] = diag
}

func (b *rowBuilder) put(col int32, val float64) {
	b.n--
	b.col[b.n], b.val[b.n] = col, val
}

// resize returns s with length n, its contents arbitrary.
func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// join returns the matrix of n rows from those of the pieces and the edges between
// pieces, in ascending order of to, then of from.
func join(n int, blocks []rowBlock, arriving []edge) *sparse.CSR {
	a := &sparse.CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		for i := range hi - lo {
			a.RowPtr[lo+i+1] = int(blocks[k].ptr[i+1] - blocks[k].ptr[i])
		}
		eachRow(arriving, lo, hi, func(i int, edges []edge) {
			a.RowPtr[i+1] += blocks[k].missing(i-lo, edges)
		})
	})
	for i := range n {
		a.RowPtr[i+1] += a.RowPtr[i]
	}
	a.Col, a.Val = make([]int32, a.RowPtr[n]), make([]float64, a.RowPtr[n])
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		done := lo // rows before this one are in place
		eachRow(arriving, lo, hi, func(i int, edges []edge) {
			blocks[k].copyRows(a, lo, done, i)
			blocks[k].joinRow(a, lo, i, edges)
			done = i + 1
		})
		blocks[k].copyRows(a, lo, done, hi)
	})
	return a
}

// eachRow calls do for every row lo ≤ i < hi to which edges lead, with those edges.
// They are in ascending order of to.
func eachRow(edges []edge, lo, hi int, do func(i int, edges []edge)) {
	first := sort.Search(len(edges), func(k int) bool { return int(edges[k].to) >= lo })
	for edges = edges[first:]; len(edges) > 0 && int(edges[0].to) < hi; {
		n := 1
		for n < len(edges) && edges[n].to == edges[0].to {
			n++
		}
		do(int(edges[0].to), edges[:n])
		edges = edges[n:]
	}
}

// missing returns how many of the edges to row i of the block come from columns that
// it does not have.
func (b *rowBlock) missing(i int, edges []edge) (n int) {
	row := b.col[b.ptr[i]:b.ptr[i+1]]
	for _, e := range edges {
		if _, ok := slices.BinarySearch(row, e.from); !ok {
			n++
		}
	}
	return n
}

// copyRows writes the rows from ≤ i < to of the matrix from a block that begins at row lo.
func (b *rowBlock) copyRows(a *sparse.CSR, lo, from, to int) {
	at, first, end := a.RowPtr[from], b.ptr[from-lo], b.ptr[to-lo]
	copy(a.Col[at:], b.col[first:end])
	copy(a.Val[at:], b.val[first:end])
}

// joinRow writes row i of the matrix: that of a block that begins at row lo, and what
// edges from other pieces bring.
func (b *rowBlock) joinRow(a *sparse.CSR, lo, i int, edges []edge) {
	b.copyRows(a, lo, i, i+1)
	col, val := a.Col[a.RowPtr[i]:a.RowPtr[i+1]], a.Val[a.RowPtr[i]:a.RowPtr[i+1]]
	n := int(b.ptr[i-lo+1] - b.ptr[i-lo])
	for _, e := range edges {
		n = insert(col, val, n, int32(i), -e.back)
		n = insert(col, val, n, e.from, e.out)
	}
}

// insert adds v to column c of a row with n entries, and returns how many it has then.
func insert(col []int32, val []float64, n int, c int32, v float64) int {
	k := n
	for k > 0 && col[k-1] > c {
		k--
	}
	if k > 0 && col[k-1] == c {
		val[k-1] += v
		return n
	}
	for j := n; j > k; j-- {
		col[j], val[j] = col[j-1], val[j-1]
	}
	col[k], val[k] = c, v
	return n + 1
}
