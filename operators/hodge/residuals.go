package hodge

import (
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Residuals say how well [Parts] keep what they promise, as computed from the fields
// themselves. All are relative and ≥ 0, NaN if F holds NaN or infinities. Potential, and
// Curl if d = 2, are what rounding χ and ψ does to their differences, of order 2⁻⁵² times
// the number of cells along the longest axis, or its length over the narrowest cell where
// it is graded. All others are of order 2⁻⁵².
type Residuals struct {
	// Sum is the largest |F − parts| through any face over the largest |F|.
	Sum float64
	// |⟨G, S⟩|, |⟨G, h⟩|, |⟨S, h⟩|, each over ⟨F, F⟩.
	GradientSolenoidal, GradientHarmonic, SolenoidalHarmonic float64
	// The largest net flow out of any cell over the largest |F| through any face.
	SolenoidalDivergence, HarmonicDivergence float64
	// The largest circulation around any loop through the centres of four cells over the
	// largest flow·distance/area of F between two centres. 0 for d = 1.
	GradientCurl, HarmonicCurl float64
	// Potential is the largest |Gradient + ∇χ| between cells over the largest |F|.
	Potential float64
	// Curl is the largest |Solenoidal − curl of Stream or Vector| over the largest |F|.
	// 0 unless d is 2 or 3.
	Curl float64
}

// Max returns the largest of all residuals.
func (r Residuals) Max() float64 {
	return max(
		r.Sum, r.GradientSolenoidal, r.GradientHarmonic, r.SolenoidalHarmonic,
		r.SolenoidalDivergence, r.HarmonicDivergence, r.GradientCurl, r.HarmonicCurl,
		r.Potential, r.Curl,
	)
}

// residuals measures them, given the inner products of f and its parts.
func (p *Plan) residuals(f *grid.FaceField, parts *Parts, inner *innerProducts, tmp *scratch) Residuals {
	g, s, h := parts.Gradient, parts.Solenoidal, parts.Harmonic
	flow := largestFlow(f.Flow)
	setProducts(tmp.faces, f.Flow, p.ratio)
	drop := largestFlow(tmp.faces)
	return Residuals{
		Sum:                  relative(largestRest(f, g, s, h, tmp), flow),
		GradientSolenoidal:   relative(inner.gs, inner.ff),
		GradientHarmonic:     relative(inner.gh, inner.ff),
		SolenoidalHarmonic:   relative(inner.sh, inner.ff),
		SolenoidalDivergence: relative(largestDivergence(s, tmp), flow),
		HarmonicDivergence:   relative(largestDivergence(h, tmp), flow),
		GradientCurl:         relative(p.largestCirculation(g, tmp), drop),
		HarmonicCurl:         relative(p.largestCirculation(h, tmp), drop),
		Potential:            relative(p.largestFromPotential(g, parts.Potential, tmp), flow),
		Curl:                 relative(largestFromCurl(parts, tmp), flow),
	}
}

// relative returns |a|/b, and 0 where both are 0.
func relative(a, b float64) float64 {
	if a == 0 && b == 0 {
		return 0
	}
	return max(a, -a) / b
}

// innerProducts are those of a field f, its gradient part g, solenoidal part s and harmonic
// part h, the faces of a seam counted once.
type innerProducts struct{ ff, gg, ss, hh, gs, gh, sh float64 }

func (t *innerProducts) add(u *innerProducts) {
	t.ff += u.ff
	t.gg += u.gg
	t.ss += u.ss
	t.hh += u.hh
	t.gs += u.gs
	t.gh += u.gh
	t.sh += u.sh
}

func (p *Plan) innerProducts(of *grid.FaceField, parts *Parts) *innerProducts {
	var total innerProducts
	for a, r := range p.ratio {
		f, g, s, h := of.Flow[a], parts.Gradient.Flow[a], parts.Solenoidal.Flow[a], parts.Harmonic.Flow[a]
		layer := p.grid.Stride(a)
		box := (p.grid.Axis(a).Cells() + 1) * layer
		skip := p.grid.Axis(a).IsPeriodic()
		part := make([]innerProducts, pieces.Count(len(r), pieceLen))
		pieces.Run(len(r), pieceLen, func(k, lo, hi int) {
			var t innerProducts
			for i := lo; i < hi; i++ {
				if skip && i%box >= box-layer {
					continue
				}
				w := r[i]
				t.add(&innerProducts{f[i] * f[i] * w, g[i] * g[i] * w, s[i] * s[i] * w, h[i] * h[i] * w, g[i] * s[i] * w, g[i] * h[i] * w, s[i] * h[i] * w})
			}
			part[k] = t
		})
		for k := range part {
			total.add(&part[k])
		}
	}
	return &total
}

// largestFlow returns the largest |flow| through any face.
func largestFlow(flow [][]float64) float64 {
	var m float64
	for _, v := range flow {
		m = max(m, largest(v))
	}
	return m
}

// largestRest returns the largest |f − g − s − h|.
func largestRest(f, g, s, h *grid.FaceField, tmp *scratch) float64 {
	for a, rest := range tmp.faces {
		u, v, w := g.Flow[a], s.Flow[a], h.Flow[a]
		pieces.Run(len(rest), pieceLen, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				rest[i] = f.Flow[a][i] - (u[i] + v[i] + w[i])
			}
		})
	}
	return largestFlow(tmp.faces)
}

func largestDivergence(f *grid.FaceField, tmp *scratch) float64 {
	divergence(tmp.cells, f)
	return largest(tmp.cells)
}

func (p *Plan) largestCirculation(f *grid.FaceField, tmp *scratch) float64 {
	var m float64
	setProducts(tmp.faces, f.Flow, p.ratio)
	for b := range p.grid.Dim() {
		for c := range b {
			around := tmp.loops[:loops(p.grid, b, c)]
			clear(around)
			addCirculation(around, p.grid, tmp.faces, b, c)
			m = max(m, largest(around))
		}
	}
	return m
}

// largestFromPotential returns the largest |gradient + ∇χ|; through walls it knows no ∇χ.
func (p *Plan) largestFromPotential(gradient *grid.FaceField, chi *grid.Field, tmp *scratch) float64 {
	for a, rest := range tmp.faces {
		p.setGradient(rest, chi.Values, a)
		subtract(rest, gradient.Flow[a])
		clearWalls(rest, p.grid.Axis(a), p.grid.Stride(a))
	}
	return largestFlow(tmp.faces)
}

func largestFromCurl(parts *Parts, tmp *scratch) float64 {
	for a, flow := range parts.Solenoidal.Flow {
		copy(tmp.faces[a], flow)
	}
	switch {
	case parts.Stream != nil:
		addCurl(tmp.faces, parts.Stream, -1)
	case parts.Vector != nil:
		addCurlEdges(tmp.faces, parts.Vector, -1)
	default:
		return 0
	}
	return largestFlow(tmp.faces)
}
