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

// A dense is the front at hand, in three blocks: rows of own states, columns of own
// states in the rows of the border, and what is between border states.
type dense struct {
	own, size int
	rows      []float64 // F[i][j] = rows[i·size+j] for own i
	outer     []float64 // F[own+i][j] = outer[i·own+j] for own j
	rest      []float64 // F[own+i][own+j] = rest[i·border+j]
	inverse   []float64 // 1/S_n of the own states
	threads   int       // number of goroutines for large products
}

// border returns the number of states that are not eliminated.
func (d *dense) border() int { return d.size - d.own }

// eliminate takes out the own states and returns −1, or the first whose S is 0 or below
// 2⁻¹⁰²². The very last state of all, without any later one, is left alone: 1/S = 0.
func (d *dense) eliminate() int {
	if d.size <= smallFront {
		return d.plain()
	}
	if n := d.columns(0, d.own); n >= 0 {
		return n
	}
	border := d.border()
	d.update(product{
		rows: border, k: d.own, cols: border,
		a: d.outer, lda: d.own, v: d.rows[min(d.own, len(d.rows)):], ldv: d.size, c: d.rest, ldc: border,
	})
	return -1
}

// leave sets 1/S_n from row n and divides the row by S_n. It says whether S_n is in range.
func (d *dense) leave(n int) bool {
	row := d.rows[n*d.size+n+1 : (n+1)*d.size]
	if len(row) == 0 {
		d.inverse[n] = 0
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
	size, own, border := d.size, d.own, d.border()
	for n := range own {
		if !d.leave(n) {
			return n
		}
		row := d.rows[n*size+n+1 : (n+1)*size]
		for i := n + 1; i < own; i++ {
			if into := d.rows[i*size+n]; into != 0 {
				pass(d.rows[i*size+n+1:(i+1)*size], into, row)
			}
		}
		for i := range border {
			if into := d.outer[i*own+n]; into != 0 {
				pass(d.outer[i*own+n+1:(i+1)*own], into, row)
				pass(d.rest[i*border:(i+1)*border], into, row[own-n-1:])
			}
		}
	}
	return -1
}

// pass adds to the rates from a state those through another, which it enters at the
// rate into and which is left for others with the probabilities v.
func pass(dst []float64, into float64, v []float64) {
	v = v[:len(dst)]
	for j := range dst {
		dst[j] += into * v[j]
	}
}

// columns eliminates the own states lo ≤ n < hi, leaving the columns of own states
// beyond hi in their rows up to date, and all later rows in their columns.
func (d *dense) columns(lo, hi int) int {
	if hi-lo <= baseWidth {
		return d.base(lo, hi)
	}
	mid := lo + ((hi-lo)/2+baseWidth-1)/baseWidth*baseWidth
	if n := d.columns(lo, mid); n >= 0 {
		return n
	}
	size, own := d.size, d.own
	p := product{k: mid - lo, v: d.rows[lo*size+mid:], ldv: size}
	// The rows of the second half.
	p.rows, p.cols = hi-mid, size-mid
	p.a, p.lda, p.c, p.ldc = d.rows[mid*size+lo:], size, d.rows[mid*size+mid:], size
	d.update(p)
	// Its columns below them.
	p.rows, p.cols = own-hi, hi-mid
	if hi < own {
		p.a, p.c = d.rows[hi*size+lo:], d.rows[hi*size+mid:]
		d.update(p)
	}
	p.rows = d.border()
	if p.rows > 0 {
		p.a, p.lda, p.c, p.ldc = d.outer[lo:], own, d.outer[mid:], own
		d.update(p)
	}
	return d.columns(mid, hi)
}

// base eliminates the own states lo ≤ n < hi one by one: it completes their rows and
// their columns.
func (d *dense) base(lo, hi int) int {
	size := d.size
	for n := lo; n < hi; n++ {
		d.column(d.rows[n*size+lo:n*size+n], lo)
		product{
			rows: 1, k: n - lo, cols: size - n - 1,
			a: d.rows[n*size+lo:], lda: size, v: d.rows[lo*size+n+1:], ldv: size, c: d.rows[n*size+n+1:], ldc: size,
		}.vectors()
		if !d.leave(n) {
			return n
		}
	}
	d.complete(d.rows[hi*size:], size, lo, hi)
	d.complete(d.outer, d.own, lo, hi)
	return -1
}

// complete brings the columns lo ≤ n < hi of states taken out up to date in all rows of x.
func (d *dense) complete(x []float64, ld, lo, hi int) {
	if hi-lo == baseWidth {
		d.octets(x, ld, lo)
		return
	}
	for at := 0; at < len(x); at += ld {
		d.column(x[at+lo:at+hi], lo)
	}
}

// octets is complete for eight columns, with V in registers or near, and with the same
// bits.
func (d *dense) octets(x []float64, ld, lo int) {
	size := d.size
	var v [baseWidth][baseWidth]float64
	for k := range v {
		copy(v[k][k+1:], d.rows[(lo+k)*size+lo+k+1:(lo+k)*size+lo+baseWidth])
	}
	for at := lo; at < len(x); at += ld {
		r := (*[baseWidth]float64)(x[at:])
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

// column brings the rates from a state into own states from lo on, which have been taken
// out, up to date: r_n += Σ_{k<n} r_k V[k][n].
func (d *dense) column(r []float64, lo int) {
	for k, into := range r {
		v := d.rows[(lo+k)*d.size+lo+k+1:]
		pass(r[k+1:], into, v[:len(r)-k-1])
	}
}

// parallelFlops is the size of a product from which it is split among goroutines.
const parallelFlops = 1 << 20

// A product is C += A·V: rates between states that pass through k others. Rows of A, V
// and C begin so many numbers apart.
type product struct {
	rows, k, cols int
	a, v, c       []float64
	lda, ldv, ldc int
}

// part returns the product for the rows lo ≤ i < hi.
func (p product) part(lo, hi int) product {
	p.rows = hi - lo
	p.a, p.c = p.a[lo*p.lda:], p.c[lo*p.ldc:]
	return p
}

// update adds a product.
//
// What kernel takes it depends on the sizes alone, and every number is summed over k in
// the same order in any tile: the bits do not depend on the number of threads.
func (d *dense) update(p product) {
	do, unit := product.vectors, 1
	if t := processor; t != nil && p.rows >= 2*t.rows && p.cols >= t.cols/2 && p.k >= 4 {
		do, unit = product.tiles, t.rows
	}
	if d.threads < 2 || 2*p.rows*p.k*p.cols < parallelFlops || p.rows < unit*d.threads {
		do(p)
		return
	}
	var wg sync.WaitGroup
	cut := func(t int) int { return min(p.rows, (p.rows*t/d.threads+unit-1)/unit*unit) }
	for t := range d.threads {
		if lo, hi := cut(t), cut(t+1); lo < hi {
			wg.Go(func() { do(p.part(lo, hi)) })
		}
	}
	wg.Wait()
}

const (
	blockK = 128 // so that blocks of V stay within half a megabyte, in a core's cache, while all rows pass
	blockJ = 480 // a multiple of the columns of any tile
)

// vectors adds the product without assembly. Every row is a vector times a matrix:
// gonum's Dgemv does 20 Gflop/s where its Dgemm, a loop over Daxpy, does 8.
func (p product) vectors() {
	gemv := blas64.Implementation().Dgemv
	for k0 := 0; k0 < p.k; k0 += blockK {
		k := min(blockK, p.k-k0)
		for j := 0; j < p.cols; j += blockJ {
			cols := min(blockJ, p.cols-j)
			v := p.v[k0*p.ldv+j:]
			for i := range p.rows {
				gemv(blas.Trans, k, cols, 1, v, p.ldv, p.a[i*p.lda+k0:][:k], 1, 1, p.c[i*p.ldc+j:][:cols], 1)
			}
		}
	}
}
