package hodge

import "github.com/ness-fp/ness/grid"

// This file finds A with curl A = S, div A = 0 and no A along walls. Then
// −ΔA = curl curl A = curl S, and on the staggered grid this falls apart into one Poisson
// problem for the edges along each axis: a wall holds those along it to 0, while of those
// that end on it the normal derivative is 0, which is div A = 0 there.

// A vectorPlan has the solver for the edges along each axis.
type vectorPlan struct {
	edges  [3]*poisson
	length [3][]float64 // of every edge
}

func newVectorPlan(g *grid.Grid) *vectorPlan {
	p := &vectorPlan{}
	for a := range 3 {
		onEdges := []bool{true, true, true}
		onEdges[a] = false
		p.edges[a] = newPoisson(g, onEdges)
		p.length[a] = edgeProduct(g, a, widths, nil)
	}
	return p
}

// edgeProduct returns for every edge along axis a the value of along for its axis times
// those of across for the others; a nil function stands for 1.
func edgeProduct(g *grid.Grid, a int, along, across func(grid.Axis) []float64) []float64 {
	var factors [3][]float64
	for b := range factors {
		of, n := along, g.Axis(b).Cells()
		if b != a {
			of, n = across, n+1
		}
		if of != nil {
			factors[b] = of(g.Axis(b))
			continue
		}
		factors[b] = make([]float64, n)
		for k := range factors[b] {
			factors[b][k] = 1
		}
	}
	return product(factors[:]...)
}

// potential returns A for a field without divergence, flow through walls, or mean along
// periodic axes. Like the gradient part it is improved by the solution for what is left.
func (p *vectorPlan) potential(s *grid.FaceField, ratio [][]float64, tmp *scratch) *grid.EdgeField {
	a := grid.NewEdgeField(s.Grid)
	for range 2 {
		for x, flow := range s.Flow {
			copy(tmp.faces[x], flow)
		}
		addCurlEdges(tmp.faces, a, -1)
		setProducts(tmp.faces, tmp.faces, ratio)
		for x, length := range p.length {
			v := tmp.loops[:len(length)]
			clear(v)
			addCirculation(v, s.Grid, tmp.faces, (x+1)%3, (x+2)%3)
			multiply(v, length)
			p.edges[x].solve(v)
			multiply(v, length) // from the density of A to line integrals
			add(a.Values[x], v)
		}
	}
	return a
}
