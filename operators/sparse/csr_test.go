package sparse

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drawMatrix draws a matrix of small integers, of which sums and products are exact,
// with duplicates and empty rows, and the same as a dense one, row after row.
func drawMatrix(t *rapid.T) (a *CSR, dense []float64) {
	rows := rapid.IntRange(0, 9).Draw(t, "rows")
	cols := rapid.IntRange(0, 9).Draw(t, "cols")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	b := NewBuilder(rows, cols)
	dense = make([]float64, rows*cols)
	if rows*cols > 0 {
		for range rapid.IntRange(0, 60).Draw(t, "entries") {
			i, j, v := r.IntN(rows), r.IntN(cols), float64(r.IntN(200)-100)
			b.Add(i, j, v)
			dense[i*cols+j] += v
		}
	}
	return b.CSR(), dense
}

// Whatever order entries come in, rows are in ascending order, At finds what was added
// up, and products and transposes are those of the dense matrix, exactly.
func TestMatrixAgreesWithDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, dense := drawMatrix(t)
		for i := range a.Rows {
			if row := a.Col[a.RowPtr[i]:a.RowPtr[i+1]]; !slices.IsSorted(row) || len(slices.Compact(slices.Clone(row))) != len(row) {
				t.Fatalf("columns of row %d: %v", i, row)
			}
			for j := range a.Cols {
				if got, want := a.At(i, j), dense[i*a.Cols+j]; got != want {
					t.Fatalf("entry (%d, %d) is %v, want %v", i, j, got, want)
				}
			}
		}
		if a.NNZ() != a.RowPtr[a.Rows] || a.NNZ() != len(a.Col) {
			t.Fatalf("NNZ %d, RowPtr ends at %d, %d columns", a.NNZ(), a.RowPtr[a.Rows], len(a.Col))
		}
		checkProducts(t, a, dense)
	})
}

func checkProducts(t *rapid.T, a *CSR, dense []float64) {
	x, y := make([]float64, a.Cols), make([]float64, a.Rows)
	for j := range x {
		x[j] = float64(3*j - 7)
	}
	for i := range y {
		y[i] = float64(5 - 2*i)
	}
	ax, aty := make([]float64, a.Rows), make([]float64, a.Cols)
	for i := range a.Rows {
		for j := range a.Cols {
			ax[i] += dense[i*a.Cols+j] * x[j]
			aty[j] += dense[i*a.Cols+j] * y[i]
		}
	}
	at := a.Transpose()
	product := func(n int, mul func(dst, x []float64), x []float64) []float64 {
		dst := make([]float64, n)
		for i := range dst {
			dst[i] = math.NaN() // to be overwritten
		}
		mul(dst, x)
		return dst
	}
	for name, diff := range map[string]string{
		"A x by MulVec":    cmp.Diff(ax, product(a.Rows, a.MulVec, x)),
		"Aᵀ y by MulVecT":  cmp.Diff(aty, product(a.Cols, a.MulVecT, y)),
		"Aᵀ y by Aᵀ":       cmp.Diff(aty, product(a.Cols, at.MulVec, y)),
		"A x by (Aᵀ)ᵀ":     cmp.Diff(ax, product(a.Rows, at.MulVecT, x)),
		"transposed twice": cmp.Diff(a.Val, at.Transpose().Val, cmpopts.EquateEmpty()),
		"columns, twice":   cmp.Diff(a.Col, at.Transpose().Col, cmpopts.EquateEmpty()),
	} {
		if diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Rows are cut into the same pieces for any number of cores.
func TestMulVecHasTheSameBitsOnAnyNumberOfCores(t *testing.T) {
	const n = 3*pieceRows + 17
	r := rand.New(rand.NewPCG(1, 1))
	a := &CSR{Rows: n, Cols: n, RowPtr: make([]int, n+1)}
	x := make([]float64, n)
	for i := range n {
		x[i] = r.NormFloat64()
		for j := max(0, i-2); j < min(n, i+3); j++ {
			a.Col, a.Val = append(a.Col, int32(j)), append(a.Val, r.NormFloat64())
		}
		a.RowPtr[i+1] = len(a.Val)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want, got := make([]float64, n), make([]float64, n)
	runtime.GOMAXPROCS(1)
	a.MulVec(want, x)
	for _, cores := range []int{2, 5} {
		runtime.GOMAXPROCS(cores)
		a.MulVec(got, x)
		if !slices.Equal(got, want) {
			t.Errorf("%d cores: other bits than on one", cores)
		}
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	a := NewBuilder(2, 3).CSR()
	for want, call := range map[string]func(){
		"sparse: MulVec: length mismatch":  func() { a.MulVec(make([]float64, 3), make([]float64, 2)) },
		"sparse: MulVecT: length mismatch": func() { a.MulVecT(make([]float64, 2), make([]float64, 3)) },
		"sparse: Add: index out of range":  func() { NewBuilder(2, 3).Add(2, 0, 1) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			call()
		}()
	}
}
