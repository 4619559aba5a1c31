package krylov

import (
	"slices"

	"github.com/ness-fp/ness/grid/pieces"
)

// A Workspace is memory for GMRES, mostly its basis, that calls one after the other may
// share; not calls at the same time, nor one within the preconditioner of another. The
// zero value is ready. It grows as needed, and starts anew when the number of unknowns
// changes.
type Workspace struct {
	basis   vectors   // v₀, v₁, …; v₀ holds the residual between restarts
	scaled  vectors   // M⁻¹v: all of the flexible form, else a few and the last
	input   vectors   // of M⁻¹ where there is a weight
	inverse []float64 // 1/weight, or empty

	parts, total, factors []float64 // of pieces, their sums, and what combines vectors

	h             []float64 // columns of the Hessenberg matrix, rotated, up to the diagonal
	column        []float64 // the one being made
	cos, sin, rhs []float64
	y             []float64
}

// resize makes room for systems of n unknowns and so many vectors of each kind.
func (w *Workspace) resize(n, basis, scaled int, weight []float64) {
	w.basis.resize(n, basis)
	w.scaled.resize(n, scaled)
	if weight != nil {
		w.input.resize(n, 1)
	}
	w.inverse = room(w.inverse, len(weight))
	for i, v := range weight {
		w.inverse[i] = 1 / v
	}
}

// room returns a slice of length n with anything in it, s itself where there is room.
func room(s []float64, n int) []float64 { return slices.Grow(s[:0], n)[:n] }

// pieceSize is the number of entries that one goroutine takes at a time: pieces of some
// sixty vectors stay in a core's second cache between two passes.
const pieceSize = 1 << 10

// sums calls do for all pieces of vectors, with room for so many numbers, and returns the
// sums of what it leaves there, the same bits for any number of workers.
func (w *Workspace) sums(count int, do func(part []float64, lo, hi int)) []float64 {
	n := w.basis.padded
	w.parts = room(w.parts, pieces.Count(n, pieceSize)*count)
	pieces.Run(n, pieceSize, func(k, lo, hi int) { do(w.parts[k*count:(k+1)*count], lo, hi) })
	w.total = room(w.total, count)
	clear(w.total)
	for k := 0; k < len(w.parts); k += count {
		for j, v := range w.parts[k : k+count] {
			w.total[j] += v
		}
	}
	return w.total
}

// vectors are of one length, in slabs of as many as a kernel takes, made when first used.
type vectors struct {
	n      int // entries
	padded int // with zeros, to what kernels want
	stride int // from one to the next within a slab
	most   int
	slabs  [][]float64
}

// Vectors whose distance is a power of two compete for the same lines of a cache: from
// spreadFrom entries on they are spread over 128 KiB, and one of several passed over
// together is never just behind another in a page, which looks to a processor like the
// same address.
const (
	spreadFrom  = 1 << 12
	spreadStep  = 1 << 10
	spreadShift = 8
)

// strideOf returns the distance of vectors of that padded length.
func strideOf(padded int) int {
	if padded < spreadFrom {
		return padded
	}
	past := padded + spreadShift - spreadStep
	return pieces.Count(past, 2*spreadStep)*2*spreadStep + spreadStep - spreadShift
}

// resize makes room for so many vectors of n entries. Slabs of the right size stay.
func (v *vectors) resize(n, most int) {
	if n != v.n {
		padded := pieces.Count(n, granule) * granule
		*v = vectors{n: n, padded: padded, stride: strideOf(padded)}
	}
	v.most = most
	for s, slab := range v.slabs {
		if len(slab) < v.slabSize(s) {
			v.slabs = v.slabs[:s]
			break
		}
	}
}

// slabSize returns the size of slab s.
func (v *vectors) slabSize(s int) int { return min(slabVectors, v.most-s*slabVectors) * v.stride }

// add returns vector k, with anything in it, and sets the padding to 0. Those before have
// to be there.
func (v *vectors) add(k int) []float64 {
	if s := k / slabVectors; s == len(v.slabs) {
		v.slabs = append(v.slabs, make([]float64, v.slabSize(s)))
	}
	x := v.piece(k, 0, v.padded)
	clear(x[v.n:])
	return x[:v.n]
}

// at returns vector k.
func (v *vectors) at(k int) []float64 { return v.piece(k, 0, v.n) }

// piece returns a piece of vector k.
func (v *vectors) piece(k, lo, hi int) []float64 {
	slab, at := v.slabs[k/slabVectors], k%slabVectors*v.stride
	return slab[at+lo : at+hi]
}

// dots sets sums[j] to the product of w with a piece of vector j, from lo on.
func (v *vectors) dots(sums, w []float64, lo int) {
	for j := 0; j < len(sums); j += slabVectors {
		dots(sums[j:min(j+slabVectors, len(sums))], w, v.slabs[j/slabVectors][lo:], v.stride)
	}
}

// combine adds Σ_j c[j]·v_j to w, a piece from lo on.
func (v *vectors) combine(w, c []float64, lo int) {
	for j := 0; j < len(c); j += slabVectors {
		combine(w, c[j:min(j+slabVectors, len(c))], v.slabs[j/slabVectors][lo:], v.stride)
	}
}
