package markov

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// This file eliminates a few states at a time. What they need to know of all the states
// after them is at what rate they are left for those together, the sum of the rest of
// their row: a block of that one number beside the rates between the states is eliminated
// first, and two triangular matrices of it then bring the rest of the rows and of the
// columns up to date in one product each,
//
//	V[i][j] = (F[i][j] + Σ_{k<i} G[i][k] F[k][j]) / S_i,   F[i][n] += Σ_{k<n} F[i][k] P[k][n].
//
// G and P are sums of products of positive numbers as well.

// blockWidth is the number of states in a block.
const blockWidth = 8

// A block is up to eight states that are taken out together.
type block struct {
	n       int
	f       [blockWidth][blockWidth]float64 // rates between them; V above the diagonal once done
	beyond  [blockWidth]float64             // rates to all states after them; V once done
	inverse [blockWidth]float64             // 1/S, that of the last state in what is left over
	g       [blockWidth][blockWidth]float64
	p       [blockWidth * blockWidth]float64 // row by row
}

// block eliminates the own states lo ≤ n < hi, no more than blockWidth: it completes their
// rows and their columns.
func (d *dense) block(lo, hi int) int {
	size := d.size
	b := block{n: hi - lo}
	for i := range b.n {
		row := d.rows[(lo+i)*size : (lo+i+1)*size]
		copy(b.f[i][:b.n], row[lo:])
		b.beyond[i] = total(row[hi:])
	}
	if n := b.eliminate(hi == size); n >= 0 {
		return lo + n
	}
	copy(d.inverse[lo:hi], b.inverse[:])
	for i := range b.n {
		copy(d.rows[(lo+i)*size+lo:], b.f[i][:b.n])
	}
	b.rows(d.rows[lo*size+hi:], size, size-hi)
	d.complete(d.rows[hi*size:], size, lo, &b)
	d.complete(d.outer, d.own, lo, &b)
	return -1
}

// eliminate takes out the states and returns −1, or the first whose S is out of range. If
// there are no states beyond, the last one is left alone.
func (b *block) eliminate(all bool) int {
	for n := range b.n {
		if all && n == b.n-1 {
			break
		}
		row := b.f[n][n+1 : b.n]
		sum := b.beyond[n]
		for _, r := range row {
			sum += r
		}
		if !(sum >= leastSum) {
			return n
		}
		inverse := 1 / sum
		b.inverse[n] = inverse
		b.beyond[n] *= inverse
		for j := range row {
			row[j] *= inverse
		}
		for i := n + 1; i < b.n; i++ {
			into := b.f[i][n]
			pass(b.f[i][n+1:b.n], into, row)
			b.beyond[i] += into * b.beyond[n]
		}
	}
	b.paths()
	return -1
}

// paths forms G and P: what goes from i into k, and from k into n, on all ways through
// states of the block.
func (b *block) paths() {
	for i := range b.n {
		for k := range i {
			into := b.f[i][k] * b.inverse[k]
			pass(b.g[i][:k], into, b.g[k][:])
			b.g[i][k] += into
		}
	}
	for k := range b.n {
		p := b.p[k*blockWidth:][:b.n]
		for n := k + 1; n < b.n; n++ {
			p[n] += b.f[k][n]
			pass(p[n+1:], p[n], b.f[n][n+1:])
		}
	}
	for i := b.n; i < blockWidth; i++ {
		b.inverse[i] = b.inverse[b.n-1]
	}
}

// rows brings so many columns of the rows of the block, which begin at x and are ld
// apart, from F to V. G takes from rows above, so the last come first.
func (b *block) rows(x []float64, ld, cols int) {
	if t := processor; t != nil {
		for i := (b.n - 1) / t.rows * t.rows; i >= 0; i -= t.rows {
			rows := min(t.rows, b.n-i)
			for j := 0; j < cols; j += t.cols {
				part, mask := t.part(min(t.cols, cols-j))
				part(i+rows-1, &b.g[i][0], blockWidth, &x[j], ld, &x[i*ld+j], ld, rows, &b.inverse[i], mask)
			}
		}
		return
	}
	if cols == 0 {
		return
	}
	for i := b.n - 1; i >= 0; i-- {
		row := x[i*ld:][:cols]
		blas64.Implementation().Dgemv(blas.Trans, i, cols, 1, x, ld, b.g[i][:], 1, 1, row, 1)
		floats.Scale(b.inverse[i], row)
	}
}

// complete brings the columns from lo on of the states of a block up to date in all rows
// of x, which are ld apart.
func (d *dense) complete(x []float64, ld, lo int, b *block) {
	if len(x) == 0 {
		return
	}
	x = x[lo:]
	if processor != nil {
		// A tile takes all columns of its rows, and reads them before it writes.
		d.update(product{
			rows: (len(x) + ld - 1) / ld, k: b.n - 1, cols: b.n,
			a: x, lda: ld, v: b.p[:], ldv: blockWidth, c: x, ldc: ld,
		})
		return
	}
	for ; len(x) > 0; x = x[min(ld, len(x)):] {
		for n := b.n - 1; n > 0; n-- {
			for k, into := range x[:n] {
				x[n] += into * b.p[k*blockWidth+n]
			}
		}
	}
}
