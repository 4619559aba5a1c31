package accurate

import (
	"runtime"
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
	slabs *sync.Pool // of those that worked
}

// New returns the operator of the given order, one of [Orders], on a grid of up to three
// dimensions with at least [LeastCells] along each axis.
func New(g *grid.Grid, order int) *Operator {
	o := &Operator{Grid: g, Order: order, dim: g.Dim(), n: [3]int{1, 1, 1}}
	for a := range o.dim {
		o.n[a] = g.Axis(a).Cells()
		o.axes[a] = newAxis(g.Axis(a), order)
	}
	o.slabs = &sync.Pool{New: func() any { return new(slab) }}
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
	w := make([]float64, 0, o.Grid.Cells())
	for r := range o.n[1] * o.n[2] {
		across, above := o.weight(r%o.n[1], 1), o.weight(r/o.n[1], 2)
		for _, along := range o.axes[0].weights {
			w = append(w, along*across*above)
		}
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

// needs says whether the derivative along axis b enters the flux across another axis.
func (o *Operator) needs(b int) bool {
	for a := range o.dim {
		if a != b && o.Diffusion[a][b] != nil {
			return true
		}
	}
	return false
}

const (
	// leastLayers is the number of layers of a slab with which the halo of neighbours,
	// which are computed twice, costs about a tenth.
	leastLayers = 32
	// slabsPerWorker is their number on large grids, so that none waits long for another.
	slabsPerWorker = 4
)

// thickness returns the number of layers to a slab. Results do not depend on it.
func (o *Operator) thickness() int {
	_, count := o.layer()
	workers := runtime.GOMAXPROCS(0)
	if workers == 1 {
		return count
	}
	return max(leastLayers, (count+slabsPerWorker*workers-1)/(slabsPerWorker*workers))
}

// Apply sets dst to R of the density p, on all cores. Both have one number per cell and
// do not overlap.
func (o *Operator) Apply(dst, p []float64) {
	if len(dst) != o.Grid.Cells() || len(p) != len(dst) {
		panic("accurate: Apply: want one number per cell")
	}
	_, count := o.layer()
	thickness := o.thickness()
	if thickness >= count {
		o.apply(dst, p, 0, count)
		return
	}
	pieces.Run(count, thickness, func(_, lo, hi int) { o.apply(dst, p, lo, hi) })
}

// apply is Apply on the slab of layers lo … hi−1.
func (o *Operator) apply(dst, p []float64, lo, hi int) {
	o.onSlab(p, lo, hi, func(s *slab) { s.rates(dst) })
}

// onSlab lets do work on the slab of layers lo … hi−1 of p.
func (o *Operator) onSlab(p []float64, lo, hi int, do func(s *slab)) {
	s := o.slabs.Get().(*slab)
	defer o.slabs.Put(s)
	s.o = o
	s.start(p, lo, hi)
	do(s)
}

// A Flow is the fluxes of a density: f, point values on faces, and H, the numerical
// fluxes, laid out like [grid.FaceField]. Both count the star generator's flux.
type Flow struct{ Point, Numerical [][]float64 }

// Flow returns the fluxes of the density p.
func (o *Operator) Flow(p []float64) *Flow {
	f := &Flow{}
	for a := range o.dim {
		f.Point = append(f.Point, make([]float64, o.Grid.Faces(a)))
		f.Numerical = append(f.Numerical, make([]float64, o.Grid.Faces(a)))
	}
	_, count := o.layer()
	pieces.Run(count, o.thickness(), func(_, lo, hi int) {
		o.onSlab(p, lo, hi, func(s *slab) { s.flow(f) })
	})
	for a := range o.dim {
		if o.Up[a] != nil {
			o.addStar(f.Point[a], a, p)
		}
	}
	return f
}

// addStar adds the star generator's flux of p to point values f on all faces across axis a.
func (o *Operator) addStar(f []float64, a int, p []float64) {
	n, stride, ring := o.n[a], o.Grid.Stride(a), o.axes[a].ring()
	up, down := o.Up[a], o.Down[a]
	block := n * stride // cells that follow each other along the axis
	pieces.Run(len(p)/block, 1, func(b, _, _ int) {
		cells, first := p[b*block:(b+1)*block], b*(block+stride)
		for i, v := range cells[:block-stride] {
			f[first+stride+i] += up[first+stride+i]*v - down[first+stride+i]*cells[stride+i]
		}
		if !ring {
			return
		}
		for i := range stride { // the seam is two faces
			seam := up[first+i]*cells[block-stride+i] - down[first+i]*cells[i]
			f[first+i] += seam
			f[first+block+i] += seam
		}
	})
}
