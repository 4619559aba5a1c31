package accurate

// This file walks through layers of the box: what needs layers ahead, derivatives and the
// fluxes across the last axis, is held in windows that move along.

// A slab is the layers lo … hi−1 along the last axis, with the memory to work on them.
type slab struct {
	o      *Operator
	size   int   // of a layer
	p      stack // the density by layers
	lo, hi int
	// tangents has ∂p/∂ξ_b by layers, of the last axis that of one layer.
	tangents [3]window
	faces    window // fluxes across the last axis by layers
	lines    [4][]float64
	pair     [2]float64 // weights of a difference
}

// The lines of a slab.
const (
	lineFlux = iota
	lineNumerical
	lineLast // numerical fluxes on two layers of faces of the last axis, even ones first
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
}

// ring says whether the last axis is periodic.
func (s *slab) ring() bool {
	a := s.o.axes[s.o.last()]
	return a != nil && a.ring()
}

// stepCells is the number of cells after which windows move on, so that they stay in a
// core's second cache.
const stepCells = 1 << 14

// rates sets the layers of dst to R.
func (s *slab) rates(dst []float64) {
	step := max(1, stepCells/s.size)
	for lo := s.lo; lo < s.hi; lo += step {
		hi := min(lo+step, s.hi)
		s.reach(lo, hi)
		for k := lo; k < hi; k++ {
			s.layer(dst[k*s.size:(k+1)*s.size], k)
		}
	}
}

// reach moves the windows on to what the layers lo … hi−1 need.
func (s *slab) reach(lo, hi int) {
	if s.o.dim == 1 {
		return
	}
	ax := s.o.axes[s.o.last()]
	first, end := ax.flow.span(lo, hi+1)
	have := s.faces.reach(first, end)
	low, high := ax.interp.span(have, end)
	low, high = min(lo, low), max(hi, high)
	for b := range s.o.last() {
		if s.o.needs(b) {
			for k := s.tangents[b].reach(low, high); k < high; k++ {
				s.derive(b, k)
			}
		}
	}
	for k := have; k < end; k++ {
		s.fluxesAcrossLast(s.faces.row(k, s.size), k)
	}
}

// derive computes the derivative along axis b in layer k.
func (s *slab) derive(b, k int) {
	dst, tangent := s.tangents[b].row(k, s.size), s.o.axes[b].tangent
	if b == s.o.last() {
		s.p.combine(dst, tangent.row(k), &s.lines[lineSeam])
		return
	}
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

// layer sets dst to R in layer k.
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
		combine(dst[r*n:(r+1)*n], h, 1, s.difference(-w))
	}
	if s.o.dim == 3 {
		s.divergeMiddle(dst, k)
	}
	if s.o.dim > 1 {
		s.divergeLast(dst, k)
	}
}

// difference returns the weights −w, w.
func (s *slab) difference(w float64) []float64 {
	s.pair = [2]float64{-w, w}
	return s.pair[:]
}

// deriveLast computes the derivative along the last axis in layer k where that is needed.
func (s *slab) deriveLast(k int) {
	if l := s.o.last(); l < s.o.dim && s.o.needs(l) {
		w := &s.tangents[l]
		w.open(s.size)
		w.reach(k, k+1)
		s.derive(l, k)
	}
}

// divergeMiddle takes off dst the flow out of layer k across axis 1 of three.
func (s *slab) divergeMiddle(dst []float64, k int) {
	o, n := s.o, s.o.n[0]
	f, h := s.line(lineFlux, s.size+n), s.line(lineNumerical, s.size+n)
	s.fluxesInLayer(f, k)
	s.numericalInLayer(h, f, k)
	w := s.difference(o.weight(k, 2))
	for r := 0; r < s.size; r += n {
		subtract(dst[r:r+n], o.axes[0].weights, h[r:], n, w)
	}
}

// divergeLast takes off dst the flow out of layer k across the last axis.
func (s *slab) divergeLast(dst []float64, k int) {
	h := s.line(lineLast, 2*s.size)
	on := func(k int) []float64 { return h[k%2*s.size:][:s.size] }
	if k == s.lo {
		s.numericalAcrossLast(on(k), k)
	}
	s.numericalAcrossLast(on(k+1), k+1)
	sign := 1 - 2*float64(k%2)
	n, weights := s.o.n[0], s.o.axes[0].weights
	for r := range s.size / n {
		w := sign
		if s.o.dim == 3 {
			w *= s.o.weight(r, 1)
		}
		subtract(dst[r*n:(r+1)*n], weights, h[r*n:], s.size, s.difference(w))
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
	l := o.last()
	for k := s.lo; k <= s.hi; k++ {
		copy(f.Point[l][k*size:(k+1)*size], s.faces.row(k, size))
		s.numericalAcrossLast(f.Numerical[l][k*size:(k+1)*size], k)
	}
}
