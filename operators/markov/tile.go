package markov

import "sync"

// This file multiplies blocks of a front in tiles that fit in the registers of a
// processor. V is packed in strips as wide as a tile, and rows pass over them.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out kernel_amd64.s -stubs kernel_stubs_amd64.go -pkg markov

// A tile is kernels that add A·B to a block of C of some rows and columns. Rows of A, the
// k rows of B and those of C are lda, ldb and ldc numbers apart.
type tile struct {
	rows, cols int
	whole      func(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int)
	parts      [tileParts]partTile // for columns up to a third, two thirds and all of cols
	// add adds count runs, at least one, of x to dst; the mask of n numbers is n before masks.
	add func(dst, x *float64, runs *run, count int, masks *int64)
}

// tileParts is the number of registers that hold a row of a tile.
const tileParts = 3

// A partTile takes up to all the rows of a tile, and the columns where mask is −1, and
// multiplies row i of the result by scale[i]; rows that are missing must have the scale
// of the last one. A and B are read before C is written.
type partTile func(k int, a *float64, lda int, b *float64, ldb int, c *float64, ldc int, rows int, scale *float64, mask *int64)

// part returns the smallest kernel for so many columns, and their mask.
func (t *tile) part(cols int) (do partTile, mask *int64) {
	return t.parts[(cols-1)*tileParts/t.cols], &columnMasks[mostCols-cols]
}

// processor is the best tile of this machine; nil where there is none.
var processor = bestTile()

// most are the sizes of the largest tile.
const mostRows, mostCols = 8, 24

// columnMasks from mostCols−n on is the mask of n columns.
var columnMasks = func() (m [2 * mostCols]int64) {
	for j := range mostCols {
		m[j] = -1
	}
	return m
}()

// ones is the scale of rows that stay as they are.
var ones = [mostRows]float64{1, 1, 1, 1, 1, 1, 1, 1}

// A packing is room for a packed block of V.
type packing [blockK * blockJ]float64

var packings = sync.Pool{New: func() any { return new(packing) }}

const (
	// packedRows is the number of rows from which it pays to pack V.
	packedRows = 64
	// blockI is a number of rows, a multiple of those of any tile, of which the part that is
	// multiplied stays in a core's second cache while a strip is in the first.
	blockI = 256
)

// tiles adds the product on one goroutine.
func (p product) tiles() {
	t := processor
	if p.rows < packedRows {
		for j := 0; j < p.cols; j += t.cols {
			p.strip(t, j, p.v[j:], p.ldv)
		}
		return
	}
	q := packings.Get().(*packing)
	defer packings.Put(q)
	for k := 0; k < p.k; k += blockK {
		for j := 0; j < p.cols; j += blockJ {
			b := p
			b.k, b.cols = min(blockK, p.k-k), min(blockJ, p.cols-j)
			b.a, b.v, b.c = p.a[k:], p.v[k*p.ldv+j:], p.c[j:]
			b.packed(t, q)
		}
	}
}

// packed packs V, which fits, and lets all rows pass over it.
func (p product) packed(t *tile, q *packing) {
	for j := 0; j < p.cols; j += t.cols {
		p.pack(q[j*p.k:], j, t.cols)
	}
	for i := 0; i < p.rows; i += blockI {
		b := p.part(i, min(i+blockI, p.rows))
		for j := 0; j < p.cols; j += t.cols {
			b.strip(t, j, q[j*p.k:], t.cols)
		}
	}
}

// pack copies a strip of V from column j on, its rows as far apart as a tile is wide.
func (p product) pack(dst []float64, j, width int) {
	have := min(width, p.cols-j)
	for k := range p.k {
		copy(dst[k*width:][:have], p.v[k*p.ldv+j:])
	}
}

// strip lets the rows pass over the strip of V from column j on.
func (p product) strip(t *tile, j int, v []float64, ldv int) {
	cols := min(t.cols, p.cols-j)
	part, mask := t.part(cols)
	for i := 0; i < p.rows; i += t.rows {
		rows := min(t.rows, p.rows-i)
		a, c := &p.a[i*p.lda], &p.c[i*p.ldc+j]
		if rows == t.rows && cols == t.cols {
			t.whole(p.k, a, p.lda, &v[0], ldv, c, p.ldc)
		} else {
			part(p.k, a, p.lda, &v[0], ldv, c, p.ldc, rows, &ones[0], mask)
		}
	}
}
