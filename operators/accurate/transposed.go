package accurate

import (
	"github.com/ness-fp/ness/grid/pieces"
)

// This file applies the transpose of R, by the transposes of all maps along axes one after the
// other, each on whole fields: for functions of the state, where [Operator.Apply] is for
// densities, and at some times its cost.

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
	return newBand(rows, b.ring, columns)
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
	beside               [3][]float64
	jumps, fluxes, flows []float64 // room for fields on faces
	cells, other         []float64 // and on cells
}

// Transposed returns the transpose of the operator.
func (o *Operator) Transposed() *Transposed {
	t := &Transposed{o: o}
	for a := range o.dim {
		ax, faces := o.axes[a], o.axes[a].faces()
		of := &t.axes[a]
		of.interp, of.slope = ax.interp.transposed(faces), ax.slope.transposed(faces)
		of.tangent, of.flow = ax.tangent.transposed(ax.cells), ax.flow.transposed(faces)
		of.damp = ax.damp.transposed(faces)
		t.beside[a] = o.weightsBeside(a)
	}
	return t
}

// Apply sets dst to Rᵀ u. They do not overlap.
func (t *Transposed) Apply(dst, u []float64) {
	if len(dst) != t.o.Grid.Cells() || len(u) != len(dst) {
		panic("accurate: Transposed: want one number per cell")
	}
	clear(dst)
	for a := range t.o.dim {
		t.addAxis(dst, u, a)
	}
}

// addAxis adds the part of the fluxes across axis a.
func (t *Transposed) addAxis(dst, u []float64, a int) {
	o := t.o
	h := t.jump(u, a)
	if o.Up[a] != nil {
		o.addStarJumps(dst, h, a)
	}
	f := resized(&t.fluxes, len(h))
	t.axes[a].flow.applyTo(f, h, o.faceShape(a), a)
	// along returns the sum over faces of f times a coefficient, in the cells.
	along := func(m *band, coefficient []float64) []float64 {
		v := resized(&t.cells, len(u))
		m.applyTo(v, t.weighed(f, coefficient, a), o.faceShape(a), a)
		return v
	}
	of := &t.axes[a]
	if c := o.Drift[a]; c != nil {
		addScaled(dst, 1, along(of.interp, c))
	}
	if c := o.Diffusion[a][a]; c != nil {
		addScaled(dst, -1, along(of.slope, c))
	}
	if c := o.Damping[a]; c != nil {
		addScaled(dst, -1, along(of.damp, c))
	}
	for b := range o.dim {
		if c := o.Diffusion[a][b]; b != a && c != nil {
			v := resized(&t.other, len(u))
			t.axes[b].tangent.applyTo(v, along(of.interp, c), o.n, b)
			addScaled(dst, -1, v)
		}
	}
}

// faceShape returns the number of different faces across axis a along all axes.
func (o *Operator) faceShape(a int) [3]int {
	shape := o.n
	shape[a] = o.axes[a].faces()
	return shape
}

// place returns what a field of the faces across axis a needs to be walked through: how many
// numbers lie side by side, and how many layers the coefficients have for each of its.
func (o *Operator) place(a int) (inner, faces, layers int) {
	inner = 1
	for _, n := range o.n[:a] {
		inner *= n
	}
	return inner, o.axes[a].faces(), o.n[a] + 1
}

// jump returns on the faces across axis a the derivative of Σ u R by the numerical flux: the
// differences of u, times the weights along other axes.
func (t *Transposed) jump(u []float64, a int) []float64 {
	o := t.o
	inner, faces, _ := o.place(a)
	n, w := o.n[a], t.beside[a]
	h := resized(&t.jumps, len(u)/n*faces)
	ring := o.axes[a].ring()
	pieces.Run(len(u)/(inner*n), max(1, 4096/(inner*n)), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			clear(h[r*faces*inner : (r+1)*faces*inner])
			for k := range n {
				at, above := (r*n+k)*inner, k+1
				if ring && above == n {
					above = 0
				}
				lower, upper := h[(r*faces+k)*inner:][:inner], h[(r*faces+above)*inner:][:inner]
				u, w := u[at:at+inner], w[at:at+inner]
				for i, v := range u {
					v *= w[i]
					lower[i] += v
					upper[i] -= v
				}
			}
		}
	})
	return h
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

// weighed returns f times a coefficient on the faces across axis a, until it is called again.
func (t *Transposed) weighed(f, coefficient []float64, a int) []float64 {
	inner, faces, layers := t.o.place(a)
	v := resized(&t.flows, len(f))
	size := inner * faces
	pieces.Run(len(f)/size, max(1, 4096/size), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			c := coefficient[r*inner*layers:][:size]
			for i, x := range f[r*size : (r+1)*size] {
				v[r*size+i] = c[i] * x
			}
		}
	})
	return v
}

// addStarJumps adds the transpose of the star generator's flux.
func (o *Operator) addStarJumps(dst, h []float64, a int) {
	inner, faces, layers := o.place(a)
	n := o.n[a]
	up, down, ring := o.Up[a], o.Down[a], o.axes[a].ring()
	for r := range len(dst) / (inner * n) {
		for k := range faces {
			below, above := k-1, k
			switch {
			case ring && k == 0:
				below = n - 1
			case !ring && (k == 0 || k == n):
				continue
			}
			for i := range inner {
				c, v := (r*layers+k)*inner+i, h[(r*faces+k)*inner+i]
				dst[(r*n+below)*inner+i] += up[c] * v
				dst[(r*n+above)*inner+i] -= down[c] * v
			}
		}
	}
}

func addScaled(dst []float64, scale float64, v []float64) {
	pieces.Run(len(dst), 1<<13, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			dst[i] += scale * v[i]
		}
	})
}
