package accurate

// This file walks through layers of the box: what needs layers ahead, derivatives and the
// fluxes across the last axis, is held in windows that move along.

// A slab is the layers lo … hi−1 along the last axis, with the memory to work on them.
type slab struct {
	o      *Operator
	size   int   // of a layer
	p      stack // the density by layers
	lo, hi int
	// tangents has ∂p/∂ξ_b by layers.
	tangents [3]window
	// faces and numerical have f and H across the last axis by layers.
	faces, numerical window
	lines            [3][]float64
	pair             [2]float64 // weights of a difference
}

// The lines of a slab.
const (
	lineFlux = iota
	lineNumerical
	lineSeam // what goes round a periodic axis, and sums at ends of a row
)

// line returns n numbers of memory.
func (s *slab) line(k, n int) []float64 { return resized(&s.lines[k], n) }

func resized(s *[]float64, n int) []float64 {
	if cap(*s) < n {
		*s = make([]float64, n)
	}
	*s = (*s)[:n]
	return *s
}

// start begins with the layers lo … hi−1 of the density p.
func (s *slab) start(p []float64, lo, hi int) {
	size, count := s.o.layer()
	s.size, s.lo, s.hi = size, lo, hi
	s.p = stack{data: p, stride: size}
	if s.ring() {
		s.p.ring = count
	}
	for b := range s.tangents {
		s.tangents[b].open(size)
	}
	s.faces.open(size)
	s.numerical.open(size)
}

// ring says whether the last axis is periodic.
func (s *slab) ring() bool {
	a := s.o.axes[s.o.last()]
	return a != nil && a.ring()
}

const (
	// mostLayers is the number of layers after which windows move on. Kernels go down all of
	// them at once, each on memory pages of its own.
	mostLayers = 8
	// stepCells is the number of cells after which they move on where layers are large, so
	// that they stay in a core's second cache.
	stepCells = 1 << 13
)

// rates sets the layers of dst to R.
func (s *slab) rates(dst []float64) {
	step := max(1, min(mostLayers, stepCells/s.size))
	for lo := s.lo; lo < s.hi; lo += step {
		hi := min(lo+step, s.hi)
		s.reach(lo, hi)
		for k := lo; k < hi; k++ {
			s.layer(dst[k*s.size:(k+1)*s.size], k)
		}
		if s.o.dim > 1 {
			s.divergeLast(dst[lo*s.size:hi*s.size], lo, hi)
		}
	}
}

// reach moves the windows on to what the layers lo … hi−1 need.
func (s *slab) reach(lo, hi int) {
	o, l := s.o, s.o.last()
	if o.dim == 1 {
		return
	}
	ax := o.axes[l]
	first, end := ax.flow.span(lo, hi+1)
	have := s.faces.reach(first, end)
	low, high := ax.interp.span(have, end)
	for b := range l {
		if o.needs(b) {
			s.derive(b, min(lo, low), max(hi, high))
		}
	}
	s.fluxesAcrossLast(s.faces.rows(have, end), have, end)
	have = s.numerical.reach(lo, hi+1)
	s.numericalAcrossLast(s.numerical.rows(have, hi+1), have, hi+1)
}

// derive makes the window of derivatives along axis b reach the layers lo … hi−1.
func (s *slab) derive(b, lo, hi int) {
	k := s.tangents[b].reach(lo, hi)
	tangent := s.o.axes[b].tangent
	if b == s.o.last() {
		for k < hi {
			next := tangent.same(k, hi)
			s.p.combine(s.tangents[b].rows(k, next), s.size, tangent.row(k), &s.lines[lineSeam])
			k = next
		}
		return
	}
	for ; k < hi; k++ {
		s.deriveLayer(s.tangents[b].row(k, s.size), b, k)
	}
}

// deriveLayer sets dst to the derivative along axis b, not the last one, in layer k.
func (s *slab) deriveLayer(dst []float64, b, k int) {
	tangent := s.o.axes[b].tangent
	layer := s.p.row(k, s.size)
	if b == 1 {
		rows := s.o.rowsOf(layer)
		tangent.across(dst, &rows, s.o.n[0], &s.lines[lineSeam])
		return
	}
	for r, n := 0, s.o.n[0]; r < s.size; r += n {
		tangent.along(dst[r:r+n], layer[r:r+n])
	}
}

// rowsOf returns a layer in three dimensions by its rows.
func (o *Operator) rowsOf(layer []float64) stack {
	st := stack{data: layer, stride: o.n[0]}
	if o.axes[1].ring() {
		st.ring = o.n[1]
	}
	return st
}

// layer sets dst to R in layer k, but for the flow across the last axis.
func (s *slab) layer(dst []float64, k int) {
	s.deriveLast(k)
	n := s.o.n[0]
	f, h := s.line(lineFlux, n+1), s.line(lineNumerical, n+1)
	for r := range s.size / n {
		s.fluxesInRow(f, k, r)
		s.numericalInRow(h, f, k, r)
		w := s.o.weight(r, 1)
		if s.o.dim == 3 {
			w *= s.o.weight(k, 2)
		} else {
			w = s.o.weight(k, 1)
		}
		combine(dst[r*n:(r+1)*n], h, n, 1, s.difference(-w))
	}
	if s.o.dim == 3 {
		s.divergeMiddle(dst, k)
	}
}

// deriveLast computes the derivative along the last axis in layer k where that is needed.
func (s *slab) deriveLast(k int) {
	if l := s.o.last(); l < s.o.dim && s.o.needs(l) {
		s.tangents[l].open(s.size)
		s.derive(l, k, k+1)
	}
}

// difference returns the weights −w, w.
func (s *slab) difference(w float64) []float64 {
	s.pair = [2]float64{-w, w}
	return s.pair[:]
}

// divergeMiddle takes off dst the flow out of layer k across axis 1 of three.
func (s *slab) divergeMiddle(dst []float64, k int) {
	o, n := s.o, s.o.n[0]
	f, h := s.line(lineFlux, s.size+n), s.line(lineNumerical, s.size+n)
	s.fluxesInLayer(f, k)
	s.numericalInLayer(h, f, k)
	w := s.difference(o.weight(k, 2))
	for r := 0; r < s.size; r += n {
		subtract(dst[r:r+n], o.axes[0].weights, h[r:], n, n, w)
	}
}

// divergeLast takes off dst the flow out of the layers lo … hi−1 across the last axis.
func (s *slab) divergeLast(dst []float64, lo, hi int) {
	n, rows := s.o.n[0], s.size/s.o.n[0]
	h := s.numerical.rows(lo, hi+1)
	for r := range (hi - lo) * rows {
		w := 1.0
		if s.o.dim == 3 {
			w = s.o.weight(r%rows, 1)
		}
		subtract(dst[r*n:(r+1)*n], s.o.axes[0].weights, h[r*n:], n, s.size, s.difference(w))
	}
}

// flow sets f to the fluxes of a slab that is the whole box.
func (s *slab) flow(f *Flow) {
	o, n, size := s.o, s.o.n[0], s.size
	s.reach(s.lo, s.hi)
	rows := size / n
	for k := s.lo; k < s.hi; k++ {
		s.deriveLast(k)
		for r := range rows {
			lo, hi := (k*rows+r)*(n+1), (k*rows+r+1)*(n+1)
			s.fluxesInRow(f.Point[0][lo:hi], k, r)
			s.numericalInRow(f.Numerical[0][lo:hi], f.Point[0][lo:hi], k, r)
		}
		if o.dim == 3 {
			lo, hi := k*(size+n), (k+1)*(size+n)
			s.fluxesInLayer(f.Point[1][lo:hi], k)
			s.numericalInLayer(f.Numerical[1][lo:hi], f.Point[1][lo:hi], k)
		}
	}
	if o.dim == 1 {
		return
	}
	end := s.hi // the layer of faces between two slabs is the upper one's
	if _, count := o.layer(); end == count {
		end++
	}
	copy(f.Point[o.last()][s.lo*size:], s.faces.rows(s.lo, end))
	copy(f.Numerical[o.last()][s.lo*size:], s.numerical.rows(s.lo, end))
}
