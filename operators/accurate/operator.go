package accurate

import (
	"sync"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Coefficients are the flux through each face across axis a, per unit of what stands
// beside them, in the coordinates ξ that count cells:
//
//	f_a = Drift[a]·p − Σ_b Diffusion[a][b]·∂p/∂ξ_b − Damping[a]·δp + Up[a]·p_lower − Down[a]·p_upper
//
// with p the density at the points ξ = i+½, laid out like [grid.FaceField] and in its
// units: (√g/x′_a) v_a, (√g/x′_a)(D_ab/x′_b), √g = Π x′. δp is the difference of order
// w−1 across the face. Nil stands for zeros.
type Coefficients struct {
	Drift     [3][]float64
	Diffusion [3][3][]float64
	Damping   [3][]float64
	Up, Down  [3][]float64 // of the star generator's flux, added to the numerical one
}

// An Operator is the Fokker–Planck operator of order w on point values of the density:
// the rates of change R = −ω(∇·J)√g of the masses ω√g p of the points, matrix-free. They
// sum to what crosses absorbing walls, else to 0 to round-off.
//
// ω are the weights of an integral of order w, products of those along each axis, which
// differ from 1 next to walls.
type Operator struct {
	Grid  *grid.Grid
	Order int
	Coefficients
	dim   int
	n     [3]int // cells along each axis, 1 beyond the grid's
	axes  [3]*axis
	rooms *sync.Pool
}

// New returns the operator of the given order, one of [Orders], on a grid of up to three
// dimensions with at least [LeastCells] along each axis.
func New(g *grid.Grid, order int) *Operator {
	o := &Operator{Grid: g, Order: order, dim: g.Dim(), n: [3]int{1, 1, 1}}
	for a := range o.dim {
		o.n[a] = g.Axis(a).Cells()
		o.axes[a] = newAxis(g.Axis(a), order)
	}
	o.rooms = &sync.Pool{New: func() any { return new(room) }}
	return o
}

// With returns the operator with other coefficients; all else is shared.
func (o *Operator) With(c *Coefficients) *Operator {
	with := *o
	with.Coefficients = *c
	return &with
}

// Weights returns ω of every cell.
func (o *Operator) Weights() []float64 {
	w := make([]float64, o.Grid.Cells())
	for i := range w {
		w[i] = o.weight(i%o.n[0], 0) * o.weight(i/o.n[0]%o.n[1], 1) * o.weight(i/(o.n[0]*o.n[1]), 2)
	}
	return w
}

// weight returns the weight of cell k of axis a.
func (o *Operator) weight(k, a int) float64 {
	if o.axes[a] == nil {
		return 1
	}
	return o.axes[a].weights[k]
}

// last is the axis along which slabs are cut.
func (o *Operator) last() int { return max(o.dim-1, 1) }

// layer returns the number of cells in one layer of a slab, and of layers.
func (o *Operator) layer() (size, count int) {
	l := o.last()
	size = o.n[0]
	if l == 2 {
		size *= o.n[1]
	}
	return size, o.n[l]
}

// leastLayers is the number of layers of a slab with which the halo of neighbours, which
// are computed twice, costs a third.
const leastLayers = 32

// Apply sets dst to R of the density p, on all cores. Both have one number per cell and
// do not overlap.
func (o *Operator) Apply(dst, p []float64) {
	if len(dst) != o.Grid.Cells() || len(p) != len(dst) {
		panic("accurate: Apply: want one number per cell")
	}
	_, count := o.layer()
	thick := leastLayers
	if o.last() == 2 {
		thick = max(leastLayers, (count+1)/2)
	}
	pieces.Run(count, thick, func(_, lo, hi int) {
		r := o.rooms.Get().(*room)
		defer o.rooms.Put(r)
		s := slab{o: o, room: r, p: p, lo: lo, hi: hi}
		s.prepare()
		for a := range o.dim {
			s.fluxes(a)
			s.diverge(a, dst)
		}
	})
}

// A Flow is the fluxes of a density: f, point values on faces, and H, the numerical
// fluxes, laid out like [grid.FaceField]. Both count the star generator's flux.
type Flow struct{ Point, Numerical [][]float64 }

// Flow returns the fluxes of the density p.
func (o *Operator) Flow(p []float64) *Flow {
	f := &Flow{}
	_, count := o.layer()
	s := slab{o: o, room: new(room), p: p, lo: 0, hi: count}
	s.prepare()
	for a := range o.dim {
		s.fluxes(a)
		// On a periodic last axis s.faces begins below the first face.
		point := append([]float64(nil), s.faces.data[-s.faces.first*s.faces.stride:][:o.Grid.Faces(a)]...)
		h := s.numerical(a)
		if o.Up[a] != nil {
			s.addStarTo(point, a)
		}
		f.Point, f.Numerical = append(f.Point, point), append(f.Numerical, h)
	}
	return f
}

// A room is memory that slabs use one after the other.
type room struct {
	tangent [3][]float64
	f       []float64
	lines   [6][]float64
}

func (r *room) line(k, n int) []float64 { return resized(&r.lines[k], n) }

func resized(s *[]float64, n int) []float64 {
	if cap(*s) < n {
		*s = make([]float64, n)
	}
	*s = (*s)[:n]
	return *s
}

// A slab is the layers lo … hi−1 along the last axis, on which the operator works.
type slab struct {
	*room
	o       *Operator
	p       []float64
	lo, hi  int
	derived [3]stack // ∂p/∂ξ_b by layers
	faces   stack    // fluxes by layers
}

// bounds returns the layers first … end−1 that a slab with a halo sees, not beyond walls,
// next to which one-sided stencils reach so many layers from the wall.
func (s *slab) bounds(halo, reach int) (first, end int) {
	first, end = s.lo-halo, s.hi+halo
	if a := s.o.axes[s.o.last()]; a == nil || !a.ring() {
		_, count := s.o.layer()
		if first < reach {
			first, end = 0, max(end, reach)
		}
		if end > count-reach {
			first, end = min(first, count-reach), count
		}
		first, end = max(first, 0), min(end, count)
	}
	return first, end
}

// density returns p by layers.
func (s *slab) density() stack {
	size, count := s.o.layer()
	st := stack{data: s.p, stride: size}
	if a := s.o.axes[s.o.last()]; a != nil && a.ring() {
		st.ring = count
	}
	return st
}

// needs says whether the derivative along axis b enters the flux across another axis.
func (o *Operator) needs(b int) bool {
	for a := range o.dim {
		if a != b && o.Diffusion[a][b] != nil {
			return true
		}
	}
	return false
}

// prepare computes the derivatives at centres that fluxes across other axes need.
func (s *slab) prepare() {
	size, _ := s.o.layer()
	for b := range s.o.dim {
		if !s.o.needs(b) {
			continue
		}
		w := s.o.Order
		first, end := s.bounds(w-1, w+w/2)
		data := resized(&s.tangent[b], (end-first)*size)
		s.derived[b] = stack{data: data, stride: size, first: first}
		p := s.density()
		for k := first; k < end; k++ {
			s.derive(data[(k-first)*size:][:size], &p, b, k)
		}
	}
}

// derive sets dst to the derivative along axis b in layer k.
func (s *slab) derive(dst []float64, p *stack, b, k int) {
	o := s.o
	tangent := o.axes[b].tangent
	if b == o.last() {
		p.combine(dst, s.wrapped(tangent, k))
		return
	}
	layer := p.row(k, len(dst))
	n := o.n[0]
	if b == 0 {
		for r := 0; r < len(dst); r += n {
			tangent.along(dst[r:r+n], layer[r:r+n])
		}
		return
	}
	rows := o.rowsOf(layer)
	for j := range o.n[1] {
		rows.combine(dst[j*n:(j+1)*n], tangent.rows[j])
	}
}

// wrapped returns row k of a band along the last axis, where k may lie beyond the ends of
// a periodic axis.
func (s *slab) wrapped(b *band, k int) taps {
	if !b.ring {
		return b.rows[k]
	}
	in := (k%b.in + b.in) % b.in
	t := b.rows[in]
	t.start += k - in
	return t
}

// rowsOf returns a layer in three dimensions by its rows.
func (o *Operator) rowsOf(layer []float64) stack {
	st := stack{data: layer, stride: o.n[0]}
	if o.axes[1].ring() {
		st.ring = o.n[1]
	}
	return st
}

// fluxes computes f across axis a: on the faces of the layers of the slab, and across the
// last axis on those that the numerical fluxes of its faces reach.
func (s *slab) fluxes(a int) {
	o := s.o
	size, _ := o.layer()
	n, faces := o.n[0], size
	switch {
	case a == o.last():
		first, end := s.bounds(o.Order/2-1, o.Order)
		s.faces = stack{data: resized(&s.f, (end-first+1)*size), stride: size, first: first}
		for k := first; k <= end; k++ {
			s.acrossLast(s.faces.row(k, size), k)
		}
		return
	case a == 0:
		faces = size / n * (n + 1)
	default:
		faces = size + n
	}
	s.faces = stack{data: resized(&s.f, (s.hi-s.lo)*faces), stride: faces, first: s.lo}
	for k := s.lo; k < s.hi; k++ {
		layer := s.faces.row(k, faces)
		if a == 0 {
			for r := range size / n {
				s.alongRow(layer[r*(n+1):(r+1)*(n+1)], k, r)
			}
			continue
		}
		for j := range o.n[1] + 1 {
			s.acrossMiddle(layer[j*n:(j+1)*n], k, j)
		}
	}
}

// alongRow sets f to the fluxes across axis 0 in row r of layer k.
func (s *slab) alongRow(f []float64, k, r int) {
	o, ax, n := s.o, s.o.axes[0], s.o.n[0]
	p := s.density()
	row := p.row(k, (r+1)*n)[r*n:]
	size, _ := o.layer()
	at := (k*(size/n) + r) * (n + 1)
	u, g := s.line(0, n+1), s.line(1, n+1)
	ax.interp.along(u, row)
	ax.slope.along(g, row)
	s.assemble(f, 0, at, u, g, func(dst []float64, b int) {
		ax.interp.along(dst, s.derived[b].row(k, (r+1)*n)[r*n:])
	}, func(dst []float64) { ax.damp.along(dst, row) })
}

// acrossMiddle sets f to the fluxes across the row of faces j of axis 1 in layer k of
// three dimensions.
func (s *slab) acrossMiddle(f []float64, k, j int) {
	o, ax, n := s.o, s.o.axes[1], s.o.n[0]
	size, _ := o.layer()
	p := s.density()
	rows := o.rowsOf(p.row(k, size))
	at := (k*(o.n[1]+1) + j) * n
	u, g := s.line(0, n), s.line(1, n)
	rows.combine(u, ax.interp.rows[j])
	rows.combine(g, ax.slope.rows[j])
	s.assemble(f, 1, at, u, g, func(dst []float64, b int) {
		rows := o.rowsOf(s.derived[b].row(k, size))
		rows.combine(dst, ax.interp.rows[j])
	}, func(dst []float64) { rows.combine(dst, ax.damp.rows[j]) })
}

// acrossLast sets f to the fluxes across the layer of faces k of the last axis.
func (s *slab) acrossLast(f []float64, k int) {
	o := s.o
	ax := o.axes[o.last()]
	size := len(f)
	at := k
	if ax.ring() {
		at = (k%ax.cells + ax.cells) % ax.cells
	}
	p := s.density()
	u, g := s.line(0, size), s.line(1, size)
	interp := s.wrapped(ax.interp, k)
	p.combine(u, interp)
	p.combine(g, s.wrapped(ax.slope, k))
	s.assemble(f, o.last(), at*size, u, g, func(dst []float64, b int) {
		s.derived[b].combine(dst, interp)
	}, func(dst []float64) { p.combine(dst, s.wrapped(ax.damp, k)) })
}

// assemble sets f from value u and slope g on the faces from place at of axis a on;
// tangent gives derivatives along other axes there, damp the difference δp.
func (s *slab) assemble(f []float64, a, at int, u, g []float64, tangent func(dst []float64, b int), damp func(dst []float64)) {
	o, n := s.o, len(f)
	switch drift, diffusion := o.Drift[a], o.Diffusion[a][a]; {
	case drift != nil && diffusion != nil:
		flux(f, drift[at:at+n], u, diffusion[at:at+n], g)
	case drift != nil:
		multiply(f, drift[at:at+n], u)
	default:
		clear(f)
		subtract(f, diffusion[at:at+n], g)
	}
	for b := range o.dim {
		if b != a && o.Diffusion[a][b] != nil {
			t := s.line(2, n)
			tangent(t, b)
			subtract(f, o.Diffusion[a][b][at:at+n], t)
		}
	}
	if o.Damping[a] != nil {
		t := s.line(2, n)
		damp(t)
		subtract(f, o.Damping[a][at:at+n], t)
	}
}

// diverge adds the part of axis a to the rates of the slab, the first one sets them.
func (s *slab) diverge(a int, dst []float64) {
	o := s.o
	size, _ := o.layer()
	n := o.n[0]
	switch {
	case a == 0:
		h := s.line(0, n+1)
		for k := s.lo; k < s.hi; k++ {
			for r := range size / n {
				row := k*(size/n) + r
				s.numericalRow(h, k, r)
				w := -o.weight(row%o.n[1], 1) * o.weight(row/o.n[1], 2)
				differ(dst[row*n:(row+1)*n], h, w)
			}
		}
	case a == o.last():
		below, above := s.line(0, size), s.line(1, size)
		s.numericalLast(below, s.lo)
		for k := s.lo; k < s.hi; k++ {
			s.numericalLast(above, k+1)
			s.collect(dst[k*size:(k+1)*size], below, above, 1)
			below, above = above, below
		}
	default:
		below, above := s.line(0, n), s.line(1, n)
		for k := s.lo; k < s.hi; k++ {
			s.numericalMiddle(below, k, 0)
			for j := range o.n[1] {
				s.numericalMiddle(above, k, j+1)
				s.collect(dst[k*size+j*n:][:n], below, above, o.weight(k, 2))
				below, above = above, below
			}
		}
	}
}

// differ sets dst to w times the differences of h.
func differ(dst, h []float64, w float64) {
	h = h[:len(dst)+1]
	last := h[0]
	for i := range dst {
		next := h[i+1]
		dst[i] = w * (next - last)
		last = next
	}
}

// collect takes off dst the flow out through two rows of faces, with the weights of the
// other axes: those of axis 0 (and of axis 1, where dst is a layer) and w.
func (s *slab) collect(dst, below, above []float64, w float64) {
	o, n := s.o, s.o.n[0]
	weights := o.axes[0].weights
	for r := 0; r < len(dst); r += n {
		wr := w
		if len(dst) > n {
			wr *= o.weight(r/n, 1)
		}
		d, b, t := dst[r:r+n], below[r:r+n], above[r:r+n]
		weights := weights[:n]
		for i := range d {
			d[i] -= wr * weights[i] * (t[i] - b[i])
		}
	}
}

// numericalRow sets h to H across axis 0 in row r of layer k.
func (s *slab) numericalRow(h []float64, k, r int) {
	o, n := s.o, s.o.n[0]
	size, _ := o.layer()
	o.axes[0].flow.along(h, s.faces.row(k, (r+1)*(n+1))[r*(n+1):])
	if o.Up[0] == nil {
		return
	}
	row := k*(size/n) + r
	p := s.p[row*n : (row+1)*n]
	up, down := o.Up[0][row*(n+1):(row+1)*(n+1)], o.Down[0][row*(n+1):(row+1)*(n+1)]
	for i := 1; i < n; i++ {
		h[i] += up[i]*p[i-1] - down[i]*p[i]
	}
	if o.axes[0].ring() {
		h[0] += up[0]*p[n-1] - down[0]*p[0]
		h[n] = h[0]
	}
}

// numericalLast sets h to H across the layer of faces k of the last axis.
func (s *slab) numericalLast(h []float64, k int) {
	o := s.o
	l := o.last()
	if o.axes[l] == nil {
		clear(h)
		return
	}
	s.faces.combine(h, s.wrapped(o.axes[l].flow, k))
	p := s.density()
	s.addStar(h, l, k, k*len(h), &p)
}

// numericalMiddle sets h to H across the row of faces j of axis 1 in layer k.
func (s *slab) numericalMiddle(h []float64, k, j int) {
	o := s.o
	size, _ := o.layer()
	rows := stack{data: s.faces.row(k, size+o.n[0]), stride: o.n[0]}
	if o.axes[1].ring() {
		rows.ring = o.n[1]
	}
	rows.combine(h, o.axes[1].flow.rows[j])
	p := s.density()
	cells := o.rowsOf(p.row(k, size))
	s.addStar(h, 1, j, (k*(o.n[1]+1)+j)*len(h), &cells)
}

// addStar adds the star generator's flux through the faces k of axis a, from place at on.
func (s *slab) addStar(h []float64, a, k, at int, p *stack) {
	ax := s.o.axes[a]
	if s.o.Up[a] == nil || !ax.ring() && (k == 0 || k == ax.cells) {
		return
	}
	n := len(h)
	up, down := s.o.Up[a][at:at+n], s.o.Down[a][at:at+n]
	lower, upper := p.row(k-1, n), p.row(k, n)
	for i := range h {
		h[i] += up[i]*lower[i] - down[i]*upper[i]
	}
}

// addStarTo adds the star generator's flux to point values f on all faces across axis a.
func (s *slab) addStarTo(f []float64, a int) {
	g, up, down := s.o.Grid, s.o.Up[a], s.o.Down[a]
	n, stride := s.o.n[a], g.Stride(a)
	for i, v := range s.p {
		lower := g.LowerFace(a, i)
		upper := lower + stride
		k := i / stride % n
		if k > 0 || s.o.axes[a].ring() {
			f[lower] -= down[lower] * v
		}
		if k < n-1 || s.o.axes[a].ring() {
			f[upper] += up[upper] * v
		}
		if s.o.axes[a].ring() && k == 0 { // the seam is two faces
			f[upper+(n-1)*stride] -= down[lower] * v
		}
		if s.o.axes[a].ring() && k == n-1 {
			f[lower-(n-1)*stride] += up[upper] * v
		}
	}
}

// numerical returns H across axis a of a slab that is the whole box.
func (s *slab) numerical(a int) []float64 {
	o := s.o
	size, count := o.layer()
	h := make([]float64, o.Grid.Faces(a))
	n := o.n[0]
	switch {
	case a == 0:
		for k := range count {
			for r := range size / n {
				row := k*(size/n) + r
				s.numericalRow(h[row*(n+1):(row+1)*(n+1)], k, r)
			}
		}
	case a == o.last():
		for k := range count + 1 {
			s.numericalLast(h[k*size:(k+1)*size], k)
		}
	default:
		for k := range count {
			for j := range o.n[1] + 1 {
				s.numericalMiddle(h[(k*(o.n[1]+1)+j)*n:][:n], k, j)
			}
		}
	}
	return h
}
