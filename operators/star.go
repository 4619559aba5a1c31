package operators

import "github.com/ness-fp/ness/grid"

// Star returns the generator with exponentially fitted rates (Scharfetter–Gummel)
// on the 2d axis neighbours of each cell. It sees only the diagonal of D: exact in
// form where D is diagonal, an approximation elsewhere.
//
// Between centres h apart the flux density through the face between them is
// (D/h)(B(−z) p₀ − B(z) p₁), z = vh/D, with v and D at the face; it adds the
// diffusion D z²/12 and is of second order. Where D = 0 it is upwind. An absorbing
// wall is a face at half the distance with p₁ = 0.
func Star(c *FaceCoefficients) *Generator {
	g := c.Grid
	checkFaces(c)
	vol := g.Volumes()
	gen := assemble(g, g.Dim(), func(l *edgeList) {
		idx := make([]int, g.Dim())
		l.reach = 1
		for i := l.lo; i < l.hi; i++ {
			g.Indices(idx, i)
			for a, k := range idx {
				c.upperEdge(l, vol, i, a, k)
				c.exits(l, i, a, k)
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

// upperEdge adds the edge from cell i, number k along axis a, to its upper neighbour.
func (c *FaceCoefficients) upperEdge(l *edgeList, vol []float64, i, a, k int) {
	g, ax := c.Grid, c.Grid.Axis(a)
	next, ok := ax.Wrap(k + 1)
	if !ok {
		return
	}
	j := i + (next-k)*g.Stride(a)
	h := 0.5 * (ax.Width(k) + ax.Width(next))
	face := g.LowerFace(a, i) + g.FaceStride(a)
	var dphi float64
	if c.Potential != nil {
		dphi = c.Potential[i] - c.Potential[j]
	}
	out, back := fitted(c.Drift[a][face], c.Diffusion[a][face], dphi, h)
	l.add(i, j, out/ax.Width(k), back*(vol[i]/vol[j])/ax.Width(k))
}

// exits adds the rates from cell i to the absorbing walls it touches along axis a.
func (c *FaceCoefficients) exits(l *edgeList, i, a, k int) {
	g, ax := c.Grid, c.Grid.Axis(a)
	w := ax.Width(k)
	if k == 0 && ax.Lower() == grid.Absorbing {
		face := g.LowerFace(a, i)
		_, rate := fitted(c.Drift[a][face], c.Diffusion[a][face], 0, w/2)
		l.addExit(i, rate/w)
	}
	if k == ax.Cells()-1 && ax.Upper() == grid.Absorbing {
		face := g.LowerFace(a, i) + g.FaceStride(a)
		rate, _ := fitted(c.Drift[a][face], c.Diffusion[a][face], 0, w/2)
		l.addExit(i, rate/w)
	}
}
