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

// tiles is update on one goroutine.
func (d *dense) tiles(i0, i1, k0, k1, j0, j1 int) {
	p := packings.Get().(*packing)
	defer packings.Put(p)
	p.tile = processor
	for k := k0; k < k1; k += blockK {
		for j := j0; j < j1; j += blockJ {
			p.block(d, i0, i1, k, min(k+blockK, k1), j, min(j+blockJ, j1))
		}
	}
}

// block packs one block of V and lets all rows pass over it.
func (p *packing) block(d *dense, i0, i1, k0, k1, j0, j1 int) {
	t, k := p.tile, k1-k0
	for j := j0; j < j1; j += t.cols {
		p.pack(d, k0, k1, j, min(j+t.cols, j1), (j-j0)*k)
	}
	for ; i0 < i1; i0 += blockI {
		for j := j0; j < j1; j += t.cols {
			p.strip(d, i0, min(i0+blockI, i1), k0, k1, j, min(j+t.cols, j1), &p.v[(j-j0)*k])
		}
	}
}

// blockI is a number of rows, a multiple of those of any tile, of which the part that is
// multiplied stays in a core's second cache while a strip is in the first.
const blockI = 256

// strip lets some rows pass over a strip of V.
func (p *packing) strip(d *dense, i0, i1, k0, k1, j0, j1 int, v *float64) {
	t := p.tile
	for i := i0; i < i1; i += t.rows {
		if i+t.rows <= i1 && j0+t.cols <= j1 {
			t.multiply(k1-k0, &d.f[i*d.size+k0], d.size, v, &d.f[i*d.size+j0], d.size)
		} else {
			p.edge(d, i, min(i+t.rows, i1), k0, k1, j0, j1, v)
		}
	}
}

// pack copies rows k0 … k1 of the columns j0 … j1 of V to p.v[at:], a tile wide, with
// zeros in what is missing.
func (p *packing) pack(d *dense, k0, k1, j0, j1, at int) {
	cols := p.tile.cols
	for k := k0; k < k1; k++ {
		strip := p.v[at : at+cols]
		n := copy(strip, d.f[k*d.size+j0:k*d.size+j1])
		clear(strip[n:])
		at += cols
	}
}

// edge multiplies a tile that reaches beyond the block, on copies.
func (p *packing) edge(d *dense, i0, i1, k0, k1, j0, j1 int, v *float64) {
	t, k := p.tile, k1-k0
	for i := i0; i < i1; i++ {
		copy(p.a[(i-i0)*k:(i-i0+1)*k], d.f[i*d.size+k0:])
		copy(p.c[(i-i0)*t.cols:][:j1-j0], d.f[i*d.size+j0:])
	}
	t.multiply(k, &p.a[0], k, v, &p.c[0], t.cols)
	for i := i0; i < i1; i++ {
		copy(d.f[i*d.size+j0:i*d.size+j1], p.c[(i-i0)*t.cols:])
	}
}
