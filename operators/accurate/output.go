package accurate

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file turns point values into what finite volumes hold: averages over cells, and
// flows through faces whose differences are the rates of change of the cells' masses.
//
// With M the integrals over cells from point values along an axis and W the weights, the
// rates R of the points make rates M W⁻¹ R of the cells, axis by axis. Those are the
// differences of flows: mean of the numerical fluxes across other axes, total of them
// along their own. Where R vanishes, so does the divergence of the flows.

// CellAverages returns the averages over cells of the density with the point values p; in
// all they hold the mass Σ ω√g p, to round-off.
func (o *Operator) CellAverages(p []float64) []float64 {
	v := append([]float64(nil), p...)
	for i, s := range Volumes(o.Grid) {
		v[i] *= s
	}
	for a := range o.dim {
		v = o.axes[a].mean.apply(v, o.n, a)
	}
	for i, s := range o.Grid.Volumes() {
		v[i] /= s
	}
	return v
}

// FaceFlow returns the flows through the faces, whose divergence is minus the rates of
// change of the masses of the cells.
func (o *Operator) FaceFlow(f *Flow) *grid.FaceField {
	out := grid.NewFaceField(o.Grid)
	for a := range o.dim {
		shape := o.n
		shape[a]++
		v := o.axes[a].total.apply(f.Numerical[a], shape, a)
		for b := range o.dim {
			if b != a {
				v = o.axes[b].mean.apply(v, shape, b)
			}
		}
		out.Flow[a] = v
	}
	return out
}

// around returns the neighbours of cell i along axis a, itself beyond a wall.
func (o *Operator) around(i, a int) (below, above int) {
	n, stride := o.n[a], o.Grid.Stride(a)
	below, above = i-stride, i+stride
	switch k := i / stride % n; {
	case k == 0 && o.axes[a].ring():
		below += n * stride
	case k == 0:
		below = i
	case k == n-1 && o.axes[a].ring():
		above -= n * stride
	case k == n-1:
		above = i
	}
	return below, above
}

// tamed returns x within reach of a value and its neighbours: what interpolation makes of
// kinks, where densities underflow or at walls, may be anything. A maximum within the cell
// is at most e³ above all three.
func tamed(x, value, below, above float64) float64 {
	lo, hi := min(value, below, above), max(value, below, above)
	return min(max(x, 2*lo-hi), hi+min(hi-lo, 3))
}

// Current returns J at the points, d × N.
func (o *Operator) Current(f *Flow) [][]float64 {
	j := make([][]float64, o.dim)
	volume := Volumes(o.Grid)
	stretch := stretches(o.Grid, -1)
	stride := 1
	for a := range j {
		shape := o.n
		shape[a]++
		j[a] = o.axes[a].center.apply(f.Point[a], shape, a)
		for row := 0; row < len(volume); row += stride {
			s := stretch[a][row/stride%o.n[a]]
			for i := row; i < row+stride; i++ {
				j[a][i] *= s / volume[i]
			}
		}
		stride *= o.n[a]
	}
	return j
}

// apply returns the map along axis a of a field of the given shape.
func (b *band) apply(src []float64, shape [3]int, a int) []float64 {
	dst := make([]float64, len(src)/shape[a]*len(b.rows))
	b.applyTo(dst, src, shape, a)
	return dst
}

// applyTo sets dst to the map along axis a of a field of the given shape.
func (b *band) applyTo(dst, src []float64, shape [3]int, a int) {
	inner, count := 1, shape[a]
	for _, n := range shape[:a] {
		inner *= n
	}
	outer := len(src) / (inner * count)
	if a == 0 {
		pieces.Run(outer, max(1, 4096/count), func(_, lo, hi int) {
			for r := lo; r < hi; r++ {
				b.along(dst[r*len(b.rows):(r+1)*len(b.rows)], src[r*count:(r+1)*count])
			}
		})
		return
	}
	pieces.Run(outer*len(b.rows), max(1, 4096/inner), func(_, lo, hi int) {
		var room []float64
		for r := lo; r < hi; r++ {
			s := stack{data: src[r/len(b.rows)*count*inner:][:count*inner], stride: inner}
			if b.ring {
				s.ring = b.in
			}
			s.combine(dst[r*inner:(r+1)*inner], inner, b.rows[r%len(b.rows)], &room)
		}
	})
}

// PositiveAverages is [Operator.CellAverages] for p > 0, by interpolation of ln p: positive,
// with errors relative to p however steep it is, but with the mass of p only to the order of
// the operator.
func (o *Operator) PositiveAverages(p []float64) []float64 {
	v := make([]float64, len(p))
	for i, s := range Volumes(o.Grid) {
		v[i] = math.Log(p[i] * s)
	}
	for a := range o.dim {
		sum := make([]float64, len(p))
		for q, s := range gaussNodes {
			at := o.axes[a].within(0.5*s).apply(v, o.n, a)
			w := 0.5 * gaussWeights[q]
			pieces.Run(len(p), 4096, func(_, lo, hi int) {
				for i := lo; i < hi; i++ {
					below, above := o.around(i, a)
					sum[i] += w * math.Exp(tamed(at[i], v[i], v[below], v[above]))
				}
			})
		}
		if a == o.dim-1 {
			v = sum
			break
		}
		for i, x := range sum {
			v[i] = math.Log(x)
		}
	}
	for i, s := range o.Grid.Volumes() {
		v[i] /= s
	}
	return v
}
