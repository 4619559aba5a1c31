package accurate

import "sync"

// This file applies the transpose of R, for functions of the state, where [Operator.Apply] is for
// densities. All maps of the flux across an axis are along it but derivatives along others, so that their
// transposes are applied one after the other to some lines along the axis at a time, which stay in
// a core's cache; derivatives along an axis come last, of the sum of what has to be derived.

// transposed returns the map Mᵀ of the first rows of a band M.
func (b *band) transposed(rows int) *band {
	columns := make([]taps, b.in)
	for k, t := range b.rows[:rows] {
		for m, w := range t.weights {
			at, from := t.start+m, k
			if b.ring {
				in := (at%b.in + b.in) % b.in
				from += in - at
				at = in
			}
			columns[at].add(1, taps{from, []float64{w}})
		}
	}
	for k := 1; k < len(columns); k++ { // runs of equal columns share their weights
		last, c := columns[k-1], &columns[k]
		if last.start+1 == c.start && equal(last.weights, c.weights) {
			c.weights = last.weights
		}
	}
	return newBand(rows, b.ring, columns).withEnds()
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return true
}

// A Transposed is Rᵀ: of functions u of the points, Σ u R(p) = Σ p Rᵀ(u). It is not safe for
// concurrent use.
type Transposed struct {
	o    *Operator
	axes [3]struct{ interp, slope, tangent, flow, damp *band }
	// beside are the weights along all axes but one.
	beside [3][]float64
	// derived has what is to be derived along every axis; nil where nothing is.
	derived [3][]float64
	rooms   sync.Pool // of *bundle
}

// Transposed returns the transpose of the operator.
func (o *Operator) Transposed() *Transposed {
	t := &Transposed{o: o, rooms: sync.Pool{New: func() any { return new(bundle) }}}
	for a := range o.dim {
		ax, faces := o.axes[a], o.axes[a].faces()
		of := &t.axes[a]
		of.interp, of.slope = ax.interp.transposed(faces), ax.slope.transposed(faces)
		of.tangent, of.flow = ax.tangent.transposed(ax.cells), ax.flow.transposed(faces)
		of.damp = ax.damp.transposed(faces)
		t.beside[a] = o.weightsBeside(a)
		if o.needs(a) {
			t.derived[a] = make([]float64, o.Grid.Cells())
		}
	}
	return t
}

// Apply sets dst to Rᵀ u. They do not overlap.
func (t *Transposed) Apply(dst, u []float64) {
	if len(dst) != t.o.Grid.Cells() || len(u) != len(dst) {
		panic("accurate: Transposed: want one number per cell")
	}
	clear(dst)
	for a := range t.derived {
		clear(t.derived[a])
	}
	for a := range t.o.dim {
		t.eachBundle(a, func(b *bundle) { t.addFluxes(dst, u, b) })
	}
	for a, v := range t.derived {
		if v != nil {
			t.eachBundle(a, func(b *bundle) {
				b.apply(b.room(&b.cells, b.n), t.axes[a].tangent, b.packed(v, b.room(&b.fluxes, b.n)))
				b.add(dst, -1, b.cells)
			})
		}
	}
}

// addFluxes adds the part of the fluxes across the bundle's axis to dst, and to what is to be derived.
func (t *Transposed) addFluxes(dst, u []float64, b *bundle) {
	o, a, of := t.o, b.axis, &t.axes[b.axis]
	v := b.room(&b.cells, b.n)
	b.multiply(v, t.beside[a], u)
	jumps, f := b.room(&b.jumps, b.faces), b.room(&b.fluxes, b.faces)
	b.differences(jumps, v)
	b.apply(f, of.flow, jumps)
	// along adds the sums over faces of f times a coefficient to a field.
	along := func(field []float64, sign float64, m *band, coefficient []float64) {
		if coefficient == nil {
			return
		}
		w := b.room(&b.weighed, b.faces)
		b.weigh(w, coefficient, f)
		b.apply(v, m, w)
		b.add(field, sign, v)
	}
	along(dst, 1, of.interp, o.Drift[a])
	along(dst, -1, of.slope, o.Diffusion[a][a])
	along(dst, -1, of.damp, o.Damping[a])
	for k := range o.dim {
		if k != a {
			along(t.derived[k], 1, of.interp, o.Diffusion[a][k])
		}
	}
	if o.Up[a] != nil {
		b.starJumps(v, jumps, o.Up[a], o.Down[a])
		b.add(dst, 1, v)
	}
}

// weightsBeside returns the weights of cells along all axes but a.
func (o *Operator) weightsBeside(a int) []float64 {
	w := make([]float64, o.Grid.Cells())
	for cell := range w {
		w[cell] = 1
		for b := range o.dim {
			if b != a {
				w[cell] *= o.weight(cell/o.Grid.Stride(b)%o.n[b], b)
			}
		}
	}
	return w
}
