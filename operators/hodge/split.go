package hodge

import (
	"sync"

	"github.com/ness-fp/ness/grid"
)

// Parts are a face field F written as Gradient + Solenoidal + Harmonic, mutually
// orthogonal, with their potentials and the evidence.
type Parts struct {
	// Gradient is −∇χ between cells; through walls it is all of F.
	Gradient *grid.FaceField
	// Solenoidal has no divergence, no flow through walls and, along periodic axes, no mean.
	Solenoidal *grid.FaceField
	// Harmonic has constant density along each periodic axis and is 0 along others.
	Harmonic *grid.FaceField

	// Potential is χ, with Σ χ_i V_i = 0. If F is a density times an area, it is in units of
	// the density times length.
	Potential *grid.Field
	// Stream is ψ, Solenoidal = (∂_yψ, −∂_xψ), in units of the flow: 0 on walls, of mean 0 if
	// there are none. It is nil unless d = 2.
	Stream *grid.CornerField
	// Vector is A, Solenoidal = curl A, as line integrals in units of the flow, with no
	// divergence and no part along walls. It is nil unless d = 3.
	Vector *grid.EdgeField

	// Shares are ⟨part, part⟩ over ⟨F, F⟩, which sum to 1; NaN of a field of zeros.
	Shares struct{ Gradient, Solenoidal, Harmonic float64 }

	Residuals Residuals
}

// Split writes f as gradient, solenoidal and harmonic part. It takes any flow through any
// faces; only the first of the two layers that are one on a periodic axis is read.
func Split(f *grid.FaceField) *Parts { return NewPlan(f.Grid).Split(f) }

// A Plan splits face fields on one grid. Making it costs little beside a split; it holds
// distances over areas and, with several graded axes, their eigenvectors. It can be used
// by several goroutines at once.
type Plan struct {
	grid   *grid.Grid
	ratio  [][]float64 // distance over area of all faces
	cells  *poisson
	vector *vectorPlan // if d = 3
	pool   sync.Pool   // of *scratch
}

// A scratch is space that one split needs and leaves.
type scratch struct {
	faces [][]float64
	cells []float64
	loops []float64 // the longest array of edges or corners
}

func newScratch(g *grid.Grid) *scratch {
	most := 0
	for b := range g.Dim() {
		for c := range b {
			most = max(most, loops(g, b, c))
		}
	}
	return &scratch{faces: newFaces(g), cells: make([]float64, g.Cells()), loops: make([]float64, most)}
}

// loops returns the number of corners between axes b and c, or edges along the third axis.
func loops(g *grid.Grid, b, c int) int {
	nb, nc := g.Axis(b).Cells(), g.Axis(c).Cells()
	return g.Cells() / nb / nc * (nb + 1) * (nc + 1)
}

// NewPlan returns a plan for face fields on g.
func NewPlan(g *grid.Grid) *Plan {
	p := &Plan{grid: g, ratio: ratios(g), cells: newPoisson(g, make([]bool, g.Dim()))}
	if g.Dim() == 3 {
		p.vector = newVectorPlan(g)
	}
	p.pool.New = func() any { return newScratch(g) }
	return p
}

// Split is [Split] with the plan at hand. It panics if f is on a grid of other shape.
func (p *Plan) Split(f *grid.FaceField) *Parts {
	for a, r := range p.ratio {
		if len(f.Flow) != len(p.ratio) || len(f.Flow[a]) != len(r) {
			panic("hodge: Split: the plan is for another grid")
		}
	}
	parts := &Parts{Gradient: grid.NewFaceField(p.grid), Solenoidal: grid.NewFaceField(p.grid)}
	for a, flow := range f.Flow {
		copy(parts.Solenoidal.Flow[a], flow)
		p.wallsToGradient(parts, a)
	}
	tmp := p.pool.Get().(*scratch)
	defer p.pool.Put(tmp)
	p.project(parts, tmp)
	parts.Harmonic = harmonic(parts.Solenoidal)
	for a, h := range parts.Harmonic.Flow {
		subtract(parts.Solenoidal.Flow[a], h)
	}
	switch p.grid.Dim() {
	case 2:
		parts.Stream, _ = Stream(parts.Solenoidal)
	case 3:
		parts.Vector = p.vector.potential(parts.Solenoidal, p.ratio, tmp)
	}
	inner := p.innerProducts(f, parts)
	parts.Shares.Gradient = inner.gg / inner.ff
	parts.Shares.Solenoidal = inner.ss / inner.ff
	parts.Shares.Harmonic = inner.hh / inner.ff
	parts.Residuals = p.residuals(f, parts, inner, tmp)
	return parts
}

// wallsToGradient moves the flow through walls to the gradient part, and makes the second
// layer of a seam a copy of the first.
func (p *Plan) wallsToGradient(parts *Parts, a int) {
	s, ax := p.grid.Stride(a), p.grid.Axis(a)
	rest, gradient := parts.Solenoidal.Flow[a], parts.Gradient.Flow[a]
	box := (ax.Cells() + 1) * s
	for base := 0; base < len(rest); base += box {
		first, last := rest[base:][:s], rest[base+box-s:][:s]
		if ax.IsPeriodic() {
			copy(last, first)
			continue
		}
		copy(gradient[base:], first)
		copy(gradient[base+box-s:], last)
		clear(first)
		clear(last)
	}
}

// project moves −∇χ from the solenoidal to the gradient part, −Δχ being the divergence of
// what is there. It does so twice: the divergence that rounding and the solver leave, of
// order n·2⁻⁵² relative to the flow on n cells, is then of order 2⁻⁵².
func (p *Plan) project(parts *Parts, tmp *scratch) {
	parts.Potential = grid.NewField(p.grid)
	chi := tmp.cells
	for range 2 {
		divergence(chi, parts.Solenoidal)
		p.cells.solve(chi)
		for a := range p.ratio {
			p.setGradient(tmp.faces[a], chi, a)
			move(parts.Gradient.Flow[a], parts.Solenoidal.Flow[a], tmp.faces[a])
		}
		add(parts.Potential.Values, chi)
	}
	mean := parts.Potential.Integral() / (crossSection(p.grid, 0) * p.grid.Axis(0).Length())
	for i := range parts.Potential.Values {
		parts.Potential.Values[i] -= mean
	}
}

// setGradient sets flow to −∇χ across axis a, 0 through walls.
func (p *Plan) setGradient(flow, chi []float64, a int) {
	ax := p.grid.Axis(a)
	clear(flow)
	toFaces(flow, chi, ax.Cells(), p.grid.Stride(a), ax.IsPeriodic(), -1)
	divide(flow, p.ratio[a])
}
