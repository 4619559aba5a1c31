package markov

import "sync"

// This file multiplies blocks of a front in tiles that fit in the registers of a
// processor. V is packed in strips as wide as a tile, and rows pass over them.

//go:generate go run -modfile=../../go.tool.mod asm/gen.go -out kernel_amd64.s -stubs kernel_stubs_amd64.go -pkg markov

// A tile is a kernel that adds A·B to a block of C of some rows and columns: A has its
// rows lda numbers apart, B is packed, k rows of cols numbers, and C has its rows ldc apart.
type tile struct {
	rows, cols int
	multiply   func(k int, a *float64, lda int, b, c *float64, ldc int)
}

// processor is the best tile of this machine; nil where there is none.
var processor = bestTile()

// most are the sizes of the largest tile.
const mostRows, mostCols = 8, 24

// A packing is room for a packed block of V, and for a tile at an edge.
type packing struct {
	v    [blockK * blockJ]float64
	a    [mostRows * blockK]float64
	c    [mostRows * mostCols]float64
	tile *tile
}

var packings = sync.Pool{New: func() any { return new(packing) }}

// tiles adds the product on one goroutine.
func (p product) tiles() {
	q := packings.Get().(*packing)
	defer packings.Put(q)
	q.tile = processor
	for k := 0; k < p.k; k += blockK {
		for j := 0; j < p.cols; j += blockJ {
			b := p
			b.k, b.cols = min(blockK, p.k-k), min(blockJ, p.cols-j)
			b.a, b.v, b.c = p.a[k:], p.v[k*p.ldv+j:], p.c[j:]
			q.block(b)
		}
	}
}

// blockI is a number of rows, a multiple of those of any tile, of which the part that is
// multiplied stays in a core's second cache while a strip is in the first.
const blockI = 256

// block packs V, which fits, and lets all rows pass over it.
func (q *packing) block(p product) {
	t := q.tile
	for j := 0; j < p.cols; j += t.cols {
		q.pack(p, j)
	}
	for i := 0; i < p.rows; i += blockI {
		b := p.part(i, min(i+blockI, p.rows))
		for j := 0; j < p.cols; j += t.cols {
			q.strip(b, j)
		}
	}
}

// pack copies a strip of V from column j on, a tile wide, with zeros in what is missing.
func (q *packing) pack(p product, j int) {
	cols := q.tile.cols
	have, at := min(cols, p.cols-j), j*p.k
	for k := range p.k {
		strip := q.v[at : at+cols]
		copy(strip, p.v[k*p.ldv+j:][:have])
		clear(strip[have:])
		at += cols
	}
}

// strip lets the rows pass over the strip of V from column j on.
func (q *packing) strip(p product, j int) {
	t := q.tile
	for i := 0; i < p.rows; i += t.rows {
		if i+t.rows <= p.rows && j+t.cols <= p.cols {
			t.multiply(p.k, &p.a[i*p.lda], p.lda, &q.v[j*p.k], &p.c[i*p.ldc+j], p.ldc)
		} else {
			q.edge(p, i, j)
		}
	}
}

// edge multiplies the tile from row i and column j on, which reaches beyond the product,
// on copies.
func (q *packing) edge(p product, i, j int) {
	t := q.tile
	rows, cols := min(t.rows, p.rows-i), min(t.cols, p.cols-j)
	for r := range rows {
		copy(q.a[r*p.k:(r+1)*p.k], p.a[(i+r)*p.lda:])
		copy(q.c[r*t.cols:][:cols], p.c[(i+r)*p.ldc+j:])
	}
	t.multiply(p.k, &q.a[0], p.k, &q.v[j*p.k], &q.c[0], t.cols)
	for r := range rows {
		copy(p.c[(i+r)*p.ldc+j:][:cols], q.c[r*t.cols:])
	}
}
