package sparse

import "github.com/ness-fp/ness/grid/pieces"

// A CSR is a sparse matrix: row i has the entries Val[k] in columns Col[k], in
// ascending order, for RowPtr[i] ≤ k < RowPtr[i+1].
type CSR struct {
	Rows, Cols int
	RowPtr     []int
	Col        []int32
	Val        []float64
}

// NNZ returns the number of stored entries.
func (a *CSR) NNZ() int { return len(a.Val) }

// At returns entry (i, j), 0 where none is stored, by bisection of row i.
func (a *CSR) At(i, j int) float64 {
	lo, hi := a.RowPtr[i], a.RowPtr[i+1]
	for lo < hi {
		mid := (lo + hi) / 2
		if int(a.Col[mid]) < j {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < a.RowPtr[i+1] && int(a.Col[lo]) == j {
		return a.Val[lo]
	}
	return 0
}

// pieceRows is the number of rows of MulVec that one goroutine takes at a time.
const pieceRows = 1 << 14

// MulVec sets dst = A x, on all cores, with the same bits for any number of them.
// len(dst) = a.Rows, len(x) = a.Cols; they must not overlap.
func (a *CSR) MulVec(dst, x []float64) {
	if len(dst) != a.Rows || len(x) != a.Cols {
		panic("sparse: MulVec: length mismatch")
	}
	pieces.Run(a.Rows, pieceRows, func(_, lo, hi int) { a.mulRows(dst, x, lo, hi) })
}

func (a *CSR) mulRows(dst, x []float64, from, to int) {
	for i := from; i < to; i++ {
		lo, hi := a.RowPtr[i], a.RowPtr[i+1]
		val := a.Val[lo:hi]
		col := a.Col[lo:hi][:len(val)] // lets the compiler drop the check on col[k]
		var sum float64
		for k, v := range val {
			sum += v * x[col[k]]
		}
		dst[i] = sum
	}
}

// MulVecT sets dst = Aᵀ x, on one core: rows scatter. len(dst) = a.Cols, len(x) = a.Rows; they must not overlap.
func (a *CSR) MulVecT(dst, x []float64) {
	if len(dst) != a.Cols || len(x) != a.Rows {
		panic("sparse: MulVecT: length mismatch")
	}
	clear(dst)
	for i, v := range x {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			dst[a.Col[k]] += a.Val[k] * v
		}
	}
}

// Transpose returns Aᵀ.
func (a *CSR) Transpose() *CSR {
	t := &CSR{Rows: a.Cols, Cols: a.Rows, RowPtr: make([]int, a.Cols+1), Col: make([]int32, a.NNZ()), Val: make([]float64, a.NNZ())}
	for _, c := range a.Col {
		t.RowPtr[c+1]++
	}
	for i := range a.Cols {
		t.RowPtr[i+1] += t.RowPtr[i]
	}
	next := append([]int(nil), t.RowPtr...)
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			to := next[a.Col[k]]
			next[a.Col[k]]++
			t.Col[to], t.Val[to] = int32(i), a.Val[k]
		}
	}
	return t
}
