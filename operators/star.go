package operators

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/sparse"
)

// Star returns the generator with exponentially fitted rates (Scharfetter–Gummel)
// on the 2d axis neighbours of each cell. It sees only the diagonal of D: exact in
// form where D is diagonal, an approximation elsewhere.
//
// Between centres h apart the flux density through the face between them is
// (D/h)(B(−z) p₀ − B(z) p₁), z = vh/D, with v and D at the face; it adds the
// diffusion D z²/12 and is of second order. Where D = 0 it is upwind. An absorbing
// wall is a face at half the distance with p₁ = 0.
func Star(c *FaceCoefficients) *Generator {
	g, d := c.Grid, c.Grid.Dim()
	checkFaces(c)
	ring := make([]bool, d)
	for a := range ring {
		ring[a] = g.Axis(a).IsPeriodic()
	}
	gen := &Generator{Grid: g, Reach: 1, Lattice: sparse.NewLattice(g.Shape(), ring)}
	if g.HasWall(grid.Absorbing) {
		gen.Exit = make([]float64, g.Cells())
		gen.Lattice.Exit = gen.Exit
	}
	n := g.Axis(0).Cells()
	pieces.Run(g.Cells()/n, max(1, 4096/n), func(_, lo, hi int) {
		for row := lo; row < hi; row++ {
			for a := range d {
				c.rowRates(gen.Lattice, a, row*n)
			}
		}
	})
	return gen
}

func checkFaces(c *FaceCoefficients) {
	d := c.Grid.Dim()
	if len(c.Drift) != d || len(c.Diffusion) != d {
		panic("operators: Star: want one component per axis")
	}
	for a := range d {
		if n := c.Grid.Faces(a); len(c.Drift[a]) != n || len(c.Diffusion[a]) != n {
			panic("operators: Star: want one number per face")
		}
	}
}

// rowRates sets the rates along axis a of the row of cells that begins at cell first.
func (c *FaceCoefficients) rowRates(l *sparse.Lattice, a, first int) {
	g, ax := c.Grid, c.Grid.Axis(a)
	s, n := g.Stride(a), ax.Cells()
	k := first / s % n // of all cells of the row, unless it lies along the axis
	face := g.LowerFace(a, first)
	for i := first; i < first+g.Axis(0).Cells(); i++ {
		if a == 0 {
			k = i - first
		}
		next, ok := ax.Wrap(k + 1)
		if ok {
			j := i + (next-k)*s
			var dphi float64
			if c.Potential != nil {
				dphi = c.Potential[i] - c.Potential[j]
			}
			here, there := ax.Width(k), ax.Width(next)
			out, back := fitted(c.Drift[a][face+s], c.Diffusion[a][face+s], dphi, 0.5*(here+there))
			l.Up[a][i] = out / here
			l.Down[a][i] = back / there
		}
		if l.Exit != nil {
			l.Exit[i] += c.exitRate(a, k, face)
		}
		face++
	}
}

// exitRate returns the rate from cell k of axis a, whose lower face is given, to the
// absorbing walls it touches.
func (c *FaceCoefficients) exitRate(a, k, face int) (rate float64) {
	ax := c.Grid.Axis(a)
	w := ax.Width(k)
	if k == 0 && ax.Lower() == grid.Absorbing {
		_, back := fitted(c.Drift[a][face], c.Diffusion[a][face], 0, w/2)
		rate += back / w
	}
	if k == ax.Cells()-1 && ax.Upper() == grid.Absorbing {
		upper := face + c.Grid.FaceStride(a)
		out, _ := fitted(c.Drift[a][upper], c.Diffusion[a][upper], 0, w/2)
		rate += out / w
	}
	return rate
}

// latticeFlow sets the net flow through every face between nearest neighbours.
func (gen *Generator) latticeFlow(f *grid.FaceField, m []float64) {
	g := gen.Grid
	n := g.Axis(0).Cells()
	pieces.Run(g.Cells()/n, max(1, 4096/n), func(_, lo, hi int) {
		for row := lo; row < hi; row++ {
			for a := range g.Dim() {
				gen.rowFlow(f, m, a, row*n)
			}
		}
	})
	for a := range g.Dim() {
		closeSeam(f, a)
	}
}

// rowFlow sets the net flow through the upper faces across axis a of the row of cells that
// begins at cell first.
func (gen *Generator) rowFlow(f *grid.FaceField, m []float64, a, first int) {
	g := gen.Grid
	s, n, row := g.Stride(a), g.Axis(a).Cells(), g.Axis(0).Cells()
	flow := f.Flow[a][g.LowerFace(a, first)+s:][:row]
	up, down, here := gen.Lattice.Up[a][first:][:row], gen.Lattice.Down[a][first:][:row], m[first:][:row]
	next := first + s // of the first cell
	if a > 0 && first/s%n == n-1 {
		next -= n * s
	}
	if a == 0 { // the last cell's neighbour is the first
		row--
		flow[row] = up[row]*here[row] - down[row]*here[0]
	}
	for i, there := range m[next:][:row] {
		flow[i] = up[i]*here[i] - down[i]*there
	}
}

// fitted returns the weights of the fitted flux (out·p₀ − back·p₁) between two
// points h apart with drift v and diffusion D ≥ 0 between them, and a potential
// that falls by dphi: (D/h)(B(−z), B(z)) with z = dphi + vh/D. As D → 0 it goes
// over to upwind, (max(v, 0), max(−v, 0)).
func fitted(v, d, dphi, h float64) (out, back float64) {
	if math.Abs(v)*h > 700*d { // B(−z) = z and B(z) < 1e-300: the upwind limit, where z may overflow
		slope := 0.0
		if d > 0 {
			slope = d / h * dphi
		}
		return max(v+slope, 0), max(-v-slope, 0)
	}
	if d == 0 {
		return 0, 0
	}
	out, back = bernoullis(dphi + v*h/d)
	return d / h * out, d / h * back
}
