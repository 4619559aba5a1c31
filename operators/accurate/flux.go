package accurate

// This file has the fluxes of one row, layer or layer of faces: f, their point values, and
// H, the numerical ones.

// fluxes sets f to the fluxes across axis a on rows of n faces, from place at of the
// coefficients on, the first with the stencils of face k and the others with the same ones
// moved along. The density and its derivatives along other axes are given by their places
// along axis a.
func (s *slab) fluxes(f []float64, n, a, k, at int, p *stack, tangents *[3]stack) {
	o, ax, end, count := s.o, s.o.axes[a], at+len(f), len(f)/n
	s.normal(f, n, a, k, at, p)
	if o.Damping[a] != nil {
		t := ax.damp.row(k)
		src, stride := p.view(t, n, count, &s.lines[lineSeam])
		subtract(f, o.Damping[a][at:end], src, n, stride, t.weights)
	}
	t := ax.interp.row(k)
	for b := range o.dim {
		if b != a && o.Diffusion[a][b] != nil {
			src, stride := tangents[b].view(t, n, count, &s.lines[lineSeam])
			subtract(f, o.Diffusion[a][b][at:end], src, n, stride, t.weights)
		}
	}
}

// zeros are weights of a value that is left out.
var zeros [16]float64

// normal sets f to the part of the fluxes that is a v p − D_aa ∂p/∂ξ_a.
func (s *slab) normal(f []float64, n, a, k, at int, p *stack) {
	o, end := s.o, at+len(f)
	value, slope := o.axes[a].interp.row(k), o.axes[a].slope.row(k)
	if len(value.weights) == 0 { // p = 0 on an absorbing wall
		value.weights = zeros[:len(slope.weights)]
	}
	drift, diffusion := o.Drift[a], o.Diffusion[a][a]
	if drift == nil {
		drift, value.weights = diffusion, zeros[:len(slope.weights)]
	}
	if diffusion == nil {
		diffusion, slope.weights = drift, zeros[:len(slope.weights)]
	}
	if drift == nil || len(slope.weights) == 0 {
		clear(f)
		return
	}
	src, stride := p.view(slope, n, len(f)/n, &s.lines[lineSeam])
	flux(f, drift[at:end], diffusion[at:end], src, n, stride, value.weights, slope.weights)
}

// fluxesInRow sets f to the fluxes across axis 0 in row r of layer k.
func (s *slab) fluxesInRow(f []float64, k, r int) {
	o, n := s.o, s.o.n[0]
	at := (k*(s.size/n) + r) * (n + 1)
	p := stack{data: s.p.row(k, s.size)[r*n : (r+1)*n], stride: 1}
	var tangents [3]stack
	for b := range o.dim {
		if o.Diffusion[0][b] != nil && b != 0 {
			tangents[b] = stack{data: s.tangents[b].row(k, s.size)[r*n : (r+1)*n], stride: 1}
		}
	}
	lo, hi := o.axes[0].interp.lo, o.axes[0].interp.hi
	s.fluxes(f[lo:hi], hi-lo, 0, lo, at+lo, &p, &tangents)
	s.fluxesAtEnds(f, at, p.data, &tangents)
}

// fluxesAtEnds sets f to the fluxes across axis 0 at the ends of a row, where stencils
// change from face to face.
func (s *slab) fluxesAtEnds(f []float64, at int, p []float64, tangents *[3]stack) {
	o, ax, n := s.o, s.o.axes[0], len(f)
	lo, hi := ax.interp.lo, ax.interp.hi
	t := s.line(lineSeam, n)
	clear(f[:lo])
	clear(f[hi:])
	add := func(b *band, src, c []float64, sign float64) {
		if c == nil {
			return
		}
		b.ends(t, src)
		c = c[at : at+n]
		for i := range lo {
			f[i] += sign * c[i] * t[i]
		}
		for i := hi; i < n; i++ {
			f[i] += sign * c[i] * t[i]
		}
	}
	add(ax.interp, p, o.Drift[0], 1)
	add(ax.slope, p, o.Diffusion[0][0], -1)
	for b := 1; b < o.dim; b++ {
		add(ax.interp, tangents[b].data, o.Diffusion[0][b], -1)
	}
	add(ax.damp, p, o.Damping[0], -1)
}

// fluxesInLayer sets f to the fluxes across axis 1 in layer k of three dimensions.
func (s *slab) fluxesInLayer(f []float64, k int) {
	o, n := s.o, s.o.n[0]
	p := o.rowsOf(s.p.row(k, s.size))
	var tangents [3]stack
	for b := range o.dim {
		if b != 1 && o.Diffusion[1][b] != nil {
			tangents[b] = o.rowsOf(s.tangents[b].row(k, s.size))
		}
	}
	at := k * len(f)
	o.axes[1].interp.runs(func(lo, hi int) {
		s.fluxes(f[lo*n:hi*n], n, 1, lo, at+lo*n, &p, &tangents)
	})
}

// fluxesAcrossLast sets f to the fluxes across the layers of faces k … end−1 of the last
// axis.
func (s *slab) fluxesAcrossLast(f []float64, k, end int) {
	o, l := s.o, s.o.last()
	var tangents [3]stack
	for b := range l {
		tangents[b] = s.tangents[b].stack
	}
	for k < end {
		next, at := o.axes[l].interp.same(k, end), k
		if ax := o.axes[l]; ax.ring() {
			at = (k%ax.cells + ax.cells) % ax.cells
		}
		n := (next - k) * s.size
		s.fluxes(f[:n], s.size, l, k, at*s.size, &s.p, &tangents)
		f, k = f[n:], next
	}
}

// numericalInRow sets h to H across axis 0 in row r of layer k, from f.
func (s *slab) numericalInRow(h, f []float64, k, r int) {
	o, n := s.o, s.o.n[0]
	o.axes[0].flow.along(h, f)
	if o.Up[0] == nil {
		return
	}
	at := (k*(s.size/n) + r) * (n + 1)
	p := s.p.row(k, s.size)[r*n : (r+1)*n]
	s.addStar(h[1:n], 0, at+1, p, p[1:])
	if o.axes[0].ring() {
		s.addStar(h[:1], 0, at, p[n-1:], p)
		h[n] = h[0]
	}
}

// numericalInLayer sets h to H across axis 1 in layer k of three dimensions, from f.
func (s *slab) numericalInLayer(h, f []float64, k int) {
	o, n, ax := s.o, s.o.n[0], s.o.axes[1]
	rows := stack{data: f, stride: n}
	if ax.ring() {
		rows.ring = ax.cells
	}
	ax.flow.across(h, &rows, n, &s.lines[lineSeam])
	if o.Up[1] == nil {
		return
	}
	at := k * len(h)
	p := s.p.row(k, s.size)
	s.addStar(h[n:s.size], 1, at+n, p, p[n:])
	if ax.ring() {
		s.addStar(h[:n], 1, at, p[s.size-n:], p)
		copy(h[s.size:], h[:n])
	}
}

// numericalAcrossLast sets h to H across the layers of faces k … end−1 of the last axis.
func (s *slab) numericalAcrossLast(h []float64, k, end int) {
	l := s.o.last()
	ax := s.o.axes[l]
	for k < end {
		next := ax.flow.same(k, end)
		s.faces.combine(h[:(next-k)*s.size], s.size, ax.flow.row(k), &s.lines[lineSeam])
		for ; k < next; k++ {
			if s.o.Up[l] != nil && (ax.ring() || 0 < k && k < ax.cells) {
				s.addStar(h[:s.size], l, k*s.size, s.p.row(k-1, s.size), s.p.row(k, s.size))
			}
			h = h[s.size:]
		}
	}
}

var plus, minus = []float64{1}, []float64{-1}

// addStar adds the star generator's flux through the faces from place at of axis a on,
// between the densities lower and upper.
func (s *slab) addStar(h []float64, a, at int, lower, upper []float64) {
	n := len(h)
	subtract(h, s.o.Up[a][at:at+n], lower, n, 0, minus)
	subtract(h, s.o.Down[a][at:at+n], upper, n, 0, plus)
}
