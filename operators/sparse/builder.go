package sparse

import "slices"

// A Builder collects the entries of a matrix in any order; those at the same place
// are added. It is meant for small matrices and tests.
type Builder struct {
	rows, cols int
	entries    []entry
}

type entry struct {
	row, col int
	val      float64
}

// NewBuilder returns an empty builder for a matrix of that size.
func NewBuilder(rows, cols int) *Builder { return &Builder{rows: rows, cols: cols} }

// Add adds v to entry (i, j).
func (b *Builder) Add(i, j int, v float64) {
	if i < 0 || i >= b.rows || j < 0 || j >= b.cols {
		panic("sparse: Add: index out of range")
	}
	b.entries = append(b.entries, entry{i, j, v})
}

// CSR returns the matrix; entries at one place are summed in the order they came.
func (b *Builder) CSR() *CSR {
	slices.SortStableFunc(b.entries, func(p, q entry) int {
		if p.row != q.row {
			return p.row - q.row
		}
		return p.col - q.col
	})
	a := &CSR{Rows: b.rows, Cols: b.cols, RowPtr: make([]int, b.rows+1)}
	for k, e := range b.entries {
		if k > 0 && b.entries[k-1].row == e.row && b.entries[k-1].col == e.col {
			a.Val[len(a.Val)-1] += e.val
			continue
		}
		a.Col = append(a.Col, int32(e.col))
		a.Val = append(a.Val, e.val)
		a.RowPtr[e.row+1]++
	}
	for i := range b.rows {
		a.RowPtr[i+1] += a.RowPtr[i]
	}
	return a
}
