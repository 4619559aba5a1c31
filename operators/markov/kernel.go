package markov

import (
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// This file eliminates states from a dense front of rates F[i][j] = r_ij, i → j. To
// take out state n,
//
//	S_n = Σ_{j>n} F[n][j],   V[n][j] = F[n][j]/S_n,   F[i][j] += F[i][n] V[n][j]   for i, j > n.
//
// All the rates that still leave n are in the front. Terms are added only, so any order
// of the additions gives entrywise small errors. The diagonal holds junk that is never
// read. V overwrites the own rows; the own columns keep the rates into n from later
// states, which the back-substitution needs.
//
// Columns are halved recursively down to baseWidth (Toledo, SIAM J. Matrix Anal. Appl.
// 18 (1997) 1065), so that nearly all work is in products of matrices.

const (
	// baseWidth is the number of states eliminated one by one.
	baseWidth = 8
	// smallFront is the size of fronts up to which the plain loop is faster: there are
	// zeros that it can skip, and calls would cost as much as the arithmetic.
	smallFront = 24
)

// A dense is the front at hand.
type dense struct {
	f       []float64 // F[i][j] = f[i·size+j]
	size    int
	inverse []float64 // 1/S_n of the own states
	threads int       // number of goroutines for large products
}

// eliminate takes out the own states, as many as d.inverse is long, and returns −1, or
// the first whose S is 0 or below 2⁻¹⁰²². The very last state of all, without any
// later one, is left alone: 1/S = 0.
func (d *dense) eliminate() int {
	if d.size <= smallFront {
		return d.plain()
	}
	return d.halve(0, len(d.inverse))
}

// leave sets 1/S_n from row n and divides the row by S_n. It says whether S_n is in range.
func (d *dense) leave(n int) bool {
	row := d.f[n*d.size+n+1 : (n+1)*d.size]
	if len(row) == 0 {
		return true
	}
	sum := total(row)
	if !(sum >= 0x1p-1022) {
		return false
	}
	inverse := 1 / sum
	d.inverse[n] = inverse
	for j := range row {
		row[j] *= inverse
	}
	return true
}

// total adds positive numbers in four strands, with relative error below len(x)·2⁻⁵³.
func total(x []float64) float64 {
	var a, b, c, d float64
	for len(x) >= 4 {
		a += x[0]
		b += x[1]
		c += x[2]
		d += x[3]
		x = x[4:]
	}
	for _, v := range x {
		a += v
	}
	return a + b + (c + d)
}

// plain eliminates state after state from the whole front, passing over zeros.
func (d *dense) plain() int {
	size := d.size
	for n := range d.inverse {
		if !d.leave(n) {
			return n
		}
		row := d.f[n*size+n+1 : (n+1)*size]
		for i := n + 1; i < size; i++ {
			into := d.f[i*size+n]
			if into == 0 {
				continue
			}
			to := d.f[i*size+n+1 : (i+1)*size][:len(row)]
			for j, v := range row {
				to[j] += into * v
			}
		}
	}
	return -1
}

// halve eliminates the states lo ≤ n < hi, whose rows and columns are up to date, and
// brings up to date all that follows.
func (d *dense) halve(lo, hi int) int {
	if n := d.columns(lo, hi); n >= 0 {
		return n
	}
	d.update(hi, d.size, lo, hi, hi, d.size)
	return -1
}

// columns eliminates the states lo ≤ n < hi, leaving what is beyond hi in both rows and
// columns as it is.
func (d *dense) columns(lo, hi int) int {
	if hi-lo <= baseWidth {
		return d.base(lo, hi)
	}
	mid := lo + ((hi-lo)/2+baseWidth-1)/baseWidth*baseWidth
	if n := d.columns(lo, mid); n >= 0 {
		return n
	}
	d.update(mid, hi, lo, mid, mid, d.size) // the rows of the second half
	d.update(hi, d.size, lo, mid, mid, hi)  // its columns below them
	return d.columns(mid, hi)
}

// base eliminates the states lo ≤ n < hi one by one: it completes their rows and their
// columns.
func (d *dense) base(lo, hi int) int {
	size := d.size
	for n := lo; n < hi; n++ {
		d.column(n, lo, n)
		d.update(n, n+1, lo, n, n+1, size)
		if !d.leave(n) {
			return n
		}
	}
	if hi-lo == baseWidth {
		d.octets(lo)
		return -1
	}
	for i := hi; i < size; i++ {
		d.column(i, lo, hi)
	}
	return -1
}

// octets is column for all rows from lo+8 on and the eight columns from lo on, with V in
// registers or near, and with the same bits.
func (d *dense) octets(lo int) {
	size := d.size
	var v [baseWidth][baseWidth]float64
	for k := range v {
		copy(v[k][k+1:], d.f[(lo+k)*size+lo+k+1:(lo+k)*size+lo+baseWidth])
	}
	for i := lo + baseWidth; i < size; i++ {
		r := (*[baseWidth]float64)(d.f[i*size+lo:])
		r0 := r[0]
		r1 := r[1] + r0*v[0][1]
		r2 := r[2] + r0*v[0][2] + r1*v[1][2]
		r3 := r[3] + r0*v[0][3] + r1*v[1][3] + r2*v[2][3]
		r4 := r[4] + r0*v[0][4] + r1*v[1][4] + r2*v[2][4] + r3*v[3][4]
		r5 := r[5] + r0*v[0][5] + r1*v[1][5] + r2*v[2][5] + r3*v[3][5] + r4*v[4][5]
		r6 := r[6] + r0*v[0][6] + r1*v[1][6] + r2*v[2][6] + r3*v[3][6] + r4*v[4][6] + r5*v[5][6]
		r7 := r[7] + r0*v[0][7] + r1*v[1][7] + r2*v[2][7] + r3*v[3][7] + r4*v[4][7] + r5*v[5][7] + r6*v[6][7]
		*r = [baseWidth]float64{r0, r1, r2, r3, r4, r5, r6, r7}
	}
}

// column brings row i up to date in the columns lo ≤ n < hi of states taken out: the
// rates into n from state i, F[i][n] += Σ_{lo≤k<n} F[i][k] V[k][n].
func (d *dense) column(i, lo, hi int) {
	row := d.f[i*d.size+lo : i*d.size+hi]
	for k, into := range row {
		v := d.f[(lo+k)*d.size+lo+k+1:]
		rest := row[k+1:]
		v = v[:len(rest)]
		for n := range rest {
			rest[n] += into * v[n]
		}
	}
}

// parallelFlops is the size of a product from which it is split among goroutines.
const parallelFlops = 1 << 20

// update adds the passages through the states k0 ≤ k < k1:
// F[i][j] += Σ_k F[i][k] V[k][j] for i0 ≤ i < i1, j0 ≤ j < j1.
//
// What kernel takes it depends on the sizes alone, and every number is summed over k in
// the same order in any tile: the bits do not depend on the number of threads.
func (d *dense) update(i0, i1, k0, k1, j0, j1 int) {
	rows := i1 - i0
	product, unit := d.vectors, 1
	if t := processor; t != nil && rows >= 2*t.rows && j1-j0 >= t.cols/2 && k1-k0 >= 4 {
		product, unit = d.tiles, t.rows
	}
	if d.threads < 2 || 2*rows*(k1-k0)*(j1-j0) < parallelFlops || rows < unit*d.threads {
		product(i0, i1, k0, k1, j0, j1)
		return
	}
	var wg sync.WaitGroup
	cut := func(t int) int { return min(i1, i0+(rows*t/d.threads+unit-1)/unit*unit) }
	for t := range d.threads {
		wg.Go(func() { product(cut(t), cut(t+1), k0, k1, j0, j1) })
	}
	wg.Wait()
}

const (
	blockK = 128 // so that blocks of V stay within half a megabyte, in a core's cache, while all rows pass
	blockJ = 480 // a multiple of the columns of any tile
)

// vectors is update on one goroutine without assembly. Every row is a vector times a
// matrix: gonum's Dgemv does 20 Gflop/s where its Dgemm, a loop over Daxpy, does 8.
func (d *dense) vectors(i0, i1, k0, k1, j0, j1 int) {
	size, gemv := d.size, blas64.Implementation().Dgemv
	for ; k0 < k1; k0 += blockK {
		k := min(blockK, k1-k0)
		for j := j0; j < j1; j += blockJ {
			cols := min(blockJ, j1-j)
			v := d.f[k0*size+j:]
			for i := i0; i < i1; i++ {
				row := d.f[i*size : (i+1)*size]
				gemv(blas.Trans, k, cols, 1, v, size, row[k0:k0+k], 1, 1, row[j:j+cols], 1)
			}
		}
	}
}
