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
// Columns are halved recursively (Toledo, SIAM J. Matrix Anal. Appl. 18 (1997) 1065) down
// to the blocks of block.go, so that nearly all work is in products of matrices.

const (
	// smallFront is the size of fronts up to which the plain loop is faster: there are
	// zeros that it can skip, and calls would cost as much as the arithmetic.
	smallFront = 24
)

// leastSum is the least S: the inverse of any less overflows, or loses digits.
const leastSum = 0x1p-1022

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
	if d.own == 0 {
		return -1
	}
	if d.size <= smallFront {
		return d.plain()
	}
	if n := d.columns(0, d.own); n >= 0 {
		return n
	}
	border := d.border()
	d.update(product{
		rows: border, k: d.own, cols: border,
		a: d.outer, lda: d.own, v: d.rows[d.own:], ldv: d.size, c: d.rest, ldc: border,
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
	if !(sum >= leastSum) {
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
	if hi-lo <= blockWidth {
		return d.block(lo, hi)
	}
	mid := lo + ((hi-lo)/2+blockWidth-1)/blockWidth*blockWidth
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
	p.cols = hi - mid
	if hi < own {
		p.rows, p.a, p.c = own-hi, d.rows[hi*size+lo:], d.rows[hi*size+mid:]
		d.update(p)
	}
	if own < size {
		p.rows, p.a, p.lda, p.c, p.ldc = size-own, d.outer[lo:], own, d.outer[mid:], own
		d.update(p)
	}
	return d.columns(mid, hi)
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
// Every number is summed over k in the same order in any tile: the bits do not depend on
// the number of threads.
func (d *dense) update(p product) {
	if min(p.rows, p.k, p.cols) == 0 {
		return
	}
	do, unit := product.vectors, 1
	if processor != nil {
		do, unit = product.tiles, processor.rows
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
