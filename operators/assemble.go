package operators

import (
	"math"
	"slices"
	"sync"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file sums rates on edges into a sparse matrix. Schemes write the edges of
// one piece of cells after the other, and each piece is summed into rows while its
// edges are in the cache. Edges to other pieces are handed on to those, and rows
// are joined at the end: a fixed order, on all cores, without sorting the whole.

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
	edges   []edge
	leaving []edge // those of edges that lead to other pieces
	exit    []float64
	reach   int
	eta     float64 // regularization, see Generator
}

func (l *edgeList) add(from, to int, out, back float64) {
	e := edge{int32(from), int32(to), out, back}
	l.edges = append(l.edges, e)
	if to < l.lo || to >= l.hi {
		l.leaving = append(l.leaving, e)
	}
}

// addExit adds a rate from a cell to the outside.
func (l *edgeList) addExit(from int, rate float64) { l.exit[from-l.lo] += rate }

// assemble sums the edges that emit writes, for cells l.lo ≤ i < l.hi, into a
// generator. perCell is the number of edges a cell is likely to own.
func assemble(g *grid.Grid, perCell int, emit func(l *edgeList)) *Generator {
	n := g.Cells()
	if n > math.MaxInt32 {
		panic("operators: more cells than the columns of a matrix can number")
	}
	absorbing := g.HasWall(grid.Absorbing)
	builders := sync.Pool{New: func() any { return &rowBuilder{edges: make([]edge, 0, perCell*min(pieceCells, n))} }}
	count := pieces.Count(n, pieceCells)
	lists, own, others := make([]edgeList, count), make([]rowBlock, count), make([]rowBlock, count)
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		b := builders.Get().(*rowBuilder)
		l := edgeList{lo: lo, hi: hi, edges: b.edges[:0]}
		if absorbing {
			l.exit = make([]float64, hi-lo)
		}
		emit(&l)
		own[k] = b.sum(lo, hi, l.edges)
		for i, x := range l.exit {
			own[k].diag[i] -= x
		}
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
	arriving := deliver(lists)
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		b := builders.Get().(*rowBuilder)
		others[k] = b.sum(lo, hi, arriving[k])
		builders.Put(b)
	})
	gen.matrix = join(n, own, others)
	return gen
}

// deliver sorts the edges that leave pieces by the piece they lead to.
func deliver(lists []edgeList) [][]edge {
	arriving := make([][]edge, len(lists))
	for k := range lists {
		for _, e := range lists[k].leaving {
			to := int(e.to) / pieceCells
			arriving[to] = append(arriving[to], e)
		}
		lists[k].leaving = nil
	}
	return arriving
}

// A rowBlock is some entries of consecutive rows: row i of them has val[k] in column
// col[k], in ascending order, for ptr[i] ≤ k < ptr[i+1], and diag[i] on the diagonal.
type rowBlock struct {
	ptr  []int32
	col  []int32
	val  []float64
	diag []float64
}

// A rowBuilder sums edges into rows; it keeps its memory from one piece to the next.
type rowBuilder struct {
	edges  []edge
	start  []int32 // row i has the places start[i] … start[i+1]
	length []int32 // and uses that many of them
	col    []int32
	val    []float64
}

// sum returns the rows lo ≤ i < hi of the matrix of the edges.
func (b *rowBuilder) sum(lo, hi int, edges []edge) rowBlock {
	b.reserve(lo, hi, edges)
	diag := make([]float64, hi-lo)
	for _, e := range edges {
		if from := int(e.from) - lo; uint(from) < uint(hi-lo) {
			b.insert(from, e.to, e.back)
			diag[from] -= e.out
		}
		if to := int(e.to) - lo; uint(to) < uint(hi-lo) {
			b.insert(to, e.from, e.out)
			diag[to] -= e.back
		}
	}
	return b.pack(diag)
}

// reserve makes room for as many entries in each row as edges touch it.
func (b *rowBuilder) reserve(lo, hi int, edges []edge) {
	rows := hi - lo
	b.start = resize(b.start, rows+1)
	b.length = resize(b.length, rows)
	clear(b.start)
	clear(b.length)
	for _, e := range edges {
		if from := int(e.from) - lo; uint(from) < uint(rows) {
			b.start[from+1]++
		}
		if to := int(e.to) - lo; uint(to) < uint(rows) {
			b.start[to+1]++
		}
	}
	for i := range rows {
		b.start[i+1] += b.start[i]
	}
	b.col = resize(b.col, int(b.start[rows]))
	b.val = resize(b.val, int(b.start[rows]))
}

// resize returns s with length n, its contents arbitrary.
func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// insert adds v to the entry in that row and column.
func (b *rowBuilder) insert(row int, col int32, v float64) {
	lo, hi := b.start[row], b.start[row+1]
	b.length[row] = int32(insert(b.col[lo:hi], b.val[lo:hi], int(b.length[row]), col, v))
}

// pack returns the rows without the places that were not used.
func (b *rowBuilder) pack(diag []float64) rowBlock {
	block := rowBlock{ptr: make([]int32, len(diag)+1), diag: diag}
	for i, n := range b.length {
		block.ptr[i+1] = block.ptr[i] + n
	}
	nnz := block.ptr[len(diag)]
	block.col, block.val = make([]int32, nnz), make([]float64, nnz)
	for i, n := range b.length {
		from, to := int(b.start[i]), int(block.ptr[i])
		copy(block.col[to:to+int(n)], b.col[from:])
		copy(block.val[to:to+int(n)], b.val[from:])
	}
	return block
}

// join returns the matrix of n rows whose pieces are the sums of own[k] and others[k].
func join(n int, own, others []rowBlock) *sparse.CSR {
	a := &sparse.CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		for i := range hi - lo {
			a.RowPtr[lo+i+1] = 1 + unionLength(own[k].row(i), others[k].row(i))
		}
	})
	for i := range n {
		a.RowPtr[i+1] += a.RowPtr[i]
	}
	a.Col, a.Val = make([]int32, a.RowPtr[n]), make([]float64, a.RowPtr[n])
	pieces.Run(n, pieceCells, func(k, lo, hi int) {
		for i := range hi - lo {
			from, to := a.RowPtr[lo+i], a.RowPtr[lo+i+1]
			joinRow(a.Col[from:to], a.Val[from:to], lo+i, own[k].row(i), others[k].row(i))
		}
	})
	return a
}

// A row is the entries of one row beside the diagonal, and that.
type row struct {
	col  []int32
	val  []float64
	diag float64
}

func (b *rowBlock) row(i int) row {
	lo, hi := b.ptr[i], b.ptr[i+1]
	return row{b.col[lo:hi], b.val[lo:hi], b.diag[i]}
}

// unionLength returns the number of different columns in two rows.
func unionLength(a, b row) int {
	n := len(a.col) + len(b.col)
	i := 0 // of a
	for _, c := range b.col {
		for i < len(a.col) && a.col[i] < c {
			i++
		}
		if i < len(a.col) && a.col[i] == c {
			n--
		}
	}
	return n
}

// joinRow writes the sum of two rows of number i.
func joinRow(col []int32, val []float64, i int, a, b row) {
	k := 0
	for k < len(a.col) && int(a.col[k]) < i {
		col[k], val[k] = a.col[k], a.val[k]
		k++
	}
	col[k], val[k] = int32(i), a.diag+b.diag
	for ; k < len(a.col); k++ {
		col[k+1], val[k+1] = a.col[k], a.val[k]
	}
	n := len(a.col) + 1
	for k, c := range b.col {
		n = insert(col, val, n, c, b.val[k])
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
