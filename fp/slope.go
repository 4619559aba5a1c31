package fp

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file differences coefficients over steps of their own, at points spread over a grid.

// slopeWeights are those of the central difference of order 8, per step:
// f′ = Σ_k w_k (f(x + kh) − f(x − kh))/h.
var slopeWeights = [4]float64{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280}

// probes is a product of points with the steps for differences about them.
type probes struct {
	grid   *grid.Grid
	coords [][]float64 // along each axis
	step   [][]float64 // likewise
}

// newProbes returns the points with the given ξ along each axis, see [grid.Axis.At], with steps of
// a share of the axis's length, less where cells are narrow. Points near walls are moved inward
// until their stencils end at the outermost cell centres: beyond, coefficients may have poles.
func newProbes(g *grid.Grid, xi [][]float64, share float64) *probes {
	p := &probes{grid: g, coords: make([][]float64, g.Dim()), step: make([][]float64, g.Dim())}
	for a, list := range xi {
		ax := g.Axis(a)
		lo, hi := ax.Center(0), ax.Center(ax.Cells()-1)
		for _, xi := range list {
			x, h := ax.At(xi), share*min(ax.Length(), float64(ax.Cells())*ax.Stretch(xi))
			if !ax.IsPeriodic() {
				x = min(max(x, lo+4*h), hi-4*h)
			}
			p.coords[a], p.step[a] = append(p.coords[a], x), append(p.step[a], h)
		}
	}
	return p
}

// slope returns ∂f/∂x_a of n components at all points, with steps times scale. Steps go round
// periodic axes. Its error is h⁸f⁽⁹⁾/630, and about 2⁻⁵³|f|/h from round-off.
func (p *probes) slope(f Func, n, a int, scale float64) [][]float64 {
	ax := p.grid.Axis(a)
	shifted := append([][]float64(nil), p.coords...)
	at := func(k float64) [][]float64 {
		x := make([]float64, len(p.coords[a]))
		for i, v := range p.coords[a] {
			x[i] = v + k*scale*p.step[a][i]
			if ax.IsPeriodic() {
				x[i] -= ax.Length() * math.Floor((x[i]-ax.Min())/ax.Length())
			}
		}
		shifted[a] = x
		return tabulate(f, n, shifted)
	}
	var out [][]float64
	for k, w := range slopeWeights {
		up, down := at(float64(k+1)), at(-float64(k+1))
		if out == nil {
			out = block(n, len(up[0]))
		}
		for c := range out {
			p.addDifference(out[c], up[c], down[c], a, w/scale)
		}
	}
	return out
}

// addDifference adds w (up − down)/h to dst, h being the steps along axis a.
func (p *probes) addDifference(dst, up, down []float64, a int, w float64) {
	stride, n := 1, len(p.coords[a])
	for _, c := range p.coords[:a] {
		stride *= len(c)
	}
	pieces.Run(len(dst), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			dst[i] += w * (up[i] - down[i]) / p.step[a][i/stride%n]
		}
	})
}

// force returns D⁻¹v, or D⁻¹w beside a potential, and as a last component the bound
// tr D · tr D⁻¹ on the condition of D. All are NaN where D is singular to round-off.
func (e *Equation) force() Func {
	d := e.Dim
	return func(dst, x [][]float64) {
		m := len(dst[0])
		all := block(e.components(), m)
		e.Eval(all, x)
		var tensor [6]float64
		var v [3]float64
		for i := range m {
			for c := range d {
				v[c] = all[c][i]
			}
			for c := range d * (d + 1) / 2 {
				tensor[c] = all[d+c][i]
			}
			condition := inverseWithCondition(tensor[:], v[:d])
			for c := range d {
				dst[c][i] = v[c]
			}
			dst[d][i] = condition
		}
	}
}
