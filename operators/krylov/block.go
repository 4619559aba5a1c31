package krylov

import (
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// A Block is vectors of one length that are passed over together.
type Block struct {
	vectors
	count int
}

// NewBlock returns copies of the vectors, at least one.
func NewBlock(v ...[]float64) *Block {
	b := &Block{count: len(v)}
	b.resize(len(v[0]), len(v))
	for j, x := range v {
		copy(b.add(j), x)
	}
	return b
}

// Dots returns the products v_j·x with all vectors, the same bits for any number of workers.
func (b *Block) Dots(x []float64) []float64 {
	parts := make([]float64, pieces.Count(b.n, pieceSize)*b.count)
	pieces.Run(b.n, pieceSize, func(k, lo, hi int) {
		sums, end := parts[k*b.count:(k+1)*b.count], hi-(hi-lo)%granule
		b.dots(sums, x[lo:end], lo)
		for j := range sums {
			sums[j] += floats.Dot(b.piece(j, end, hi), x[end:hi])
		}
	})
	total := parts[:b.count:b.count]
	for k := b.count; k < len(parts); k += b.count {
		for j, v := range parts[k : k+b.count] {
			total[j] += v
		}
	}
	return total
}

// Add adds Σ c_j v_j to x.
func (b *Block) Add(x, c []float64) {
	pieces.Run(b.n, pieceSize, func(_, lo, hi int) {
		end := hi - (hi-lo)%granule
		b.combine(x[lo:end], c, lo)
		for j, f := range c {
			plainAdd(x[end:hi], f, b.piece(j, end, hi))
		}
	})
}

// TakeOff takes Σ v_j (against_j·x) off x.
func (b *Block) TakeOff(x []float64, against *Block) {
	c := against.Dots(x)
	for j := range c {
		c[j] = -c[j]
	}
	b.Add(x, c)
}
