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

// A Transposed is Rᵀ: of functions u of the points, Σ u R(p) = Σ p Rᵀ(u).
type Transposed struct {
	o    *Operator
	axes [3]struct{ interp, slope, tangent, flow, damp *band }
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
	h := o.jumps(u, a)
	if o.Up[a] != nil {
		o.addStarJumps(dst, h, a)
	}
	f := t.axes[a].flow.apply(h, o.faceShape(a), a)
	add := func(coefficient []float64, sign float64, maps ...*band) {
		if coefficient == nil {
			return
		}
		v, shape := o.weighed(f, coefficient, a), o.faceShape(a)
		v = maps[0].apply(v, shape, a)
		for b, m := range maps[1:] { // along other axes, nil where nothing is done
			if m != nil {
				v = m.apply(v, o.n, b)
			}
		}
		addScaled(dst, sign, v)
	}
	of := &t.axes[a]
	add(o.Drift[a], 1, of.interp)
	add(o.Diffusion[a][a], -1, of.slope)
	add(o.Damping[a], -1, of.damp)
	for b := range o.dim {
		if b != a {
			along := make([]*band, o.dim)
			along[b] = t.axes[b].tangent
			add(o.Diffusion[a][b], -1, append([]*band{of.interp}, along...)...)
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

// jumps returns on the faces across axis a the derivative of Σ u R by the numerical flux: the
// differences of u, times the weights along other axes.
func (o *Operator) jumps(u []float64, a int) []float64 {
	inner, faces, _ := o.place(a)
	n := o.n[a]
	h := make([]float64, len(u)/n*faces)
	ring := o.axes[a].ring()
	pieces.Run(len(u)/(inner*n), max(1, 4096/(inner*n)), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			for k := range n {
				for i := range inner {
					at := (r*n+k)*inner + i
					v := u[at] * o.weightBeside(at, a)
					h[(r*faces+k)*inner+i] += v
					above := k + 1
					if ring && above == n {
						above = 0
					}
					h[(r*faces+above)*inner+i] -= v
				}
			}
		}
	})
	return h
}

// weightBeside returns the weight of a cell along all axes but a.
func (o *Operator) weightBeside(cell, a int) float64 {
	w := 1.0
	for b := range o.dim {
		if b != a {
			w *= o.weight(cell/o.Grid.Stride(b)%o.n[b], b)
		}
	}
	return w
}

// weighed returns f times a coefficient on the faces across axis a.
func (o *Operator) weighed(f, coefficient []float64, a int) []float64 {
	inner, faces, layers := o.place(a)
	v := make([]float64, len(f))
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
