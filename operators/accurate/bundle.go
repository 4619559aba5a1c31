package accurate

import (
	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
)

// A bundle is some lines of cells side by side along one axis, with room for what is made of them: the
// places along the axis one after the other, and at each of them as many numbers as there are lines.
type bundle struct {
	axis     int
	ring     bool
	n, faces int // along the axis
	lines    int
	// Where the first line's first cell and face are in fields, and how far apart the next are.
	cell, face, stride int

	cells, jumps, fluxes, weighed, seam []float64
}

// bundleCells is about the number of cells of a bundle: what is made of them takes half a megabyte of a
// core's cache. It has leastLines lines or more, or kernels would have little to do on a row.
const bundleCells, leastLines = 1 << 14, 32

// eachBundle calls do for all lines along an axis, in bundles, on all cores.
func (t *Transposed) eachBundle(a int, do func(b *bundle)) {
	o := t.o
	stride := o.Grid.Stride(a)
	lines := min(stride, max(leastLines, bundleCells/o.n[a]))
	blocks := o.Grid.Cells() / (stride * o.n[a]) // lines with the same place along all later axes
	perBlock := pieces.Count(stride, lines)
	pieces.Run(blocks*perBlock, max(1, 4096/(o.n[a]*lines)), func(_, lo, hi int) {
		b := t.rooms.Get().(*bundle)
		defer t.rooms.Put(b)
		b.axis, b.ring, b.n, b.faces, b.stride = a, o.axes[a].ring(), o.n[a], o.axes[a].faces(), stride
		for k := lo; k < hi; k++ {
			block, first := k/perBlock, k%perBlock*lines
			b.lines = min(lines, stride-first)
			b.cell, b.face = block*stride*b.n+first, block*stride*(b.n+1)+first
			do(b)
		}
	})
}

// room returns memory for the lines at so many places, with anything in it.
func (b *bundle) room(s *[]float64, places int) []float64 { return resized(s, places*b.lines) }

// rows returns how the numbers of a bundle lie in a field from place first on: so many rows of a length,
// each stride further on.
func (b *bundle) rows(numbers int) (rows, length, stride int) {
	if b.stride == b.lines { // one after the other
		return 1, numbers, 0
	}
	return numbers / b.lines, b.lines, b.stride
}

// packed returns the bundle's part of a field of cells, in room where it is not in one piece.
func (b *bundle) packed(field, room []float64) []float64 {
	rows, length, stride := b.rows(b.n * b.lines)
	if rows == 1 {
		return field[b.cell:][:length]
	}
	for k := range rows {
		copy(room[k*length:(k+1)*length], field[b.cell+k*stride:])
	}
	return room
}

// multiply sets v to the product of two fields of cells.
func (b *bundle) multiply(v, x, y []float64) {
	rows, length, stride := b.rows(len(v))
	for k := range rows {
		at := b.cell + k*stride
		product(v[k*length:(k+1)*length], x[at:], y[at:])
	}
}

// weigh sets w to f times a field of the faces.
func (b *bundle) weigh(w, field, f []float64) {
	rows, length, stride := b.rows(len(w))
	for k := range rows {
		lo, hi := k*length, (k+1)*length
		product(w[lo:hi], field[b.face+k*stride:], f[lo:hi])
	}
}

func product(dst, x, y []float64) { flux(dst, x, x, y, len(dst), 0, plus, zeros[:1]) }

// add adds sign times v to a field of cells.
func (b *bundle) add(field []float64, sign float64, v []float64) {
	rows, length, stride := b.rows(len(v))
	for k := range rows {
		floats.AddScaled(field[b.cell+k*stride:][:length], sign, v[k*length:(k+1)*length])
	}
}

// apply sets dst to the map of src along the axis.
func (b *bundle) apply(dst []float64, m *band, src []float64) {
	if b.lines == 1 {
		m.along(dst, src)
		return
	}
	s := stack{data: src, stride: b.lines}
	if b.ring {
		s.ring = m.in
	}
	m.across(dst, &s, b.lines, &b.seam)
}

var difference = []float64{-1, 1}

// differences sets h on the faces to v above less v below, which is 0 beyond walls.
func (b *bundle) differences(h, v []float64) {
	w, end := b.lines, len(v)
	copy(h[:w], v)
	combine(h[w:end], v, end-w, w, difference)
	last := v[end-w:]
	if b.ring {
		for i, x := range last {
			h[i] -= x
		}
		return
	}
	for i, x := range last {
		h[end+i] = -x
	}
}

// starJumps sets v to the transpose of the star generator's flux, of jumps h; walls have none.
func (b *bundle) starJumps(v, h, up, down []float64) {
	clear(v)
	w := b.lines
	first := 1
	if b.ring {
		first = 0
	}
	for k := first; k < b.n; k++ {
		at, below := b.face+k*b.stride, (k+b.n-1)%b.n
		for i, x := range h[k*w : (k+1)*w] {
			v[below*w+i] += up[at+i] * x
			v[k*w+i] -= down[at+i] * x
		}
	}
}
