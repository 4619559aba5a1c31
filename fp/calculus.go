package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/grid"
)

// InCalculus returns the problem with the same drift b and tensor D read in another
// convention, and false where b has none: with a potential v is what is given. In the
// sense of Stratonovich the noise factor is taken to be the symmetric root of 2D.
//
// Where they are not known in closed form ∇·D and ½σ_ik ∂_jσ_jk are differenced over eighths of the cells of a grid, to about 1e-10
// of D over a cell.
func (p *Problem) InCalculus(c Calculus, g *grid.Grid) (*Problem, bool) {
	if p.Equation.Potential {
		return nil, false
	}
	d, b := p.Dim(), p.drift(g)
	in := *p
	in.Calculus = c
	if c == p.Calculus {
		return &in, true
	}
	tensor := p.Diffusion()
	switch {
	case c == ItoCalculus:
		in.Equation = Ito(d, b, tensor, p.divergence(g))
	case c == StratonovichCalculus && d == 1: // σσ'/2 = D'/2
		divergence := p.divergence(g)
		half := func(dst, x [][]float64) {
			divergence(dst, x)
			floats.Scale(0.5, dst[0])
		}
		factor := symmetricRoot(d, tensor)
		in.Equation = Stratonovich(d, d, b, factor, half)
	case c == StratonovichCalculus:
		factor := symmetricRoot(d, tensor)
		in.Equation = Stratonovich(d, d, b, factor, NoiseFactorDivergence(d, d, factor, cellSteps(g)))
	default:
		in.Equation = HanggiKlimontovich(d, b, tensor)
	}
	return &in, true
}

// divergence returns ∇·D: the drift of Itô less v where that is known in closed form.
func (p *Problem) divergence(g *grid.Grid) Func {
	d, e := p.Dim(), &p.Equation
	if e.Ito == nil {
		return Divergence(d, p.Diffusion(), cellSteps(g))
	}
	return func(dst, x [][]float64) {
		all := block(e.components(), len(dst[0]))
		e.Eval(all, x)
		e.Ito(dst, x)
		for a := range dst {
			floats.Sub(dst[a], all[a])
		}
	}
}

// symmetricRoot returns σ = √(2D), d × d by rows.
func symmetricRoot(d int, tensor Func) Func {
	return func(dst, x [][]float64) {
		n := len(dst[0])
		at := block(d*(d+1)/2, n)
		tensor(at, x)
		switch d {
		case 1:
			for i, v := range at[0] {
				dst[0][i] = math.Sqrt(2 * max(0, v))
			}
		case 2:
			for i := range n {
				rootOfTwo(dst, at, i)
			}
		default:
			root := eigenRoot{d: d, m: mat.NewSymDense(d, nil)}
			for i := range n {
				root.set(dst, at, i)
			}
		}
	}
}

// rootOfTwo sets dst to √M for M = 2D in two dimensions, by Cayley and Hamilton
// (M + √det M)/√(tr M + 2√det M).
func rootOfTwo(dst, tensor [][]float64, i int) {
	xx, xy, yy := 2*tensor[0][i], 2*tensor[1][i], 2*tensor[2][i]
	s := math.Sqrt(max(0, xx*yy-xy*xy))
	r := math.Sqrt(max(0, xx+yy+2*s))
	if r == 0 {
		r = 1
	}
	dst[0][i], dst[1][i], dst[2][i], dst[3][i] = (xx+s)/r, xy/r, xy/r, (yy+s)/r
}

// An eigenRoot takes roots by eigenvectors.
type eigenRoot struct {
	d       int
	m       *mat.SymDense
	eigen   mat.EigenSym
	vectors mat.Dense
}

func (r *eigenRoot) set(dst, tensor [][]float64, i int) {
	k := 0
	for a := range r.d {
		for b := a; b < r.d; b++ {
			r.m.SetSym(a, b, 2*tensor[k][i])
			k++
		}
	}
	if !r.eigen.Factorize(r.m, true) { // not finite
		for c := range dst {
			dst[c][i] = math.NaN()
		}
		return
	}
	r.eigen.VectorsTo(&r.vectors)
	for c := range dst {
		dst[c][i] = 0
		for q, v := range r.eigen.Values(nil) {
			dst[c][i] += r.vectors.At(c/r.d, q) * math.Sqrt(max(0, v)) * r.vectors.At(c%r.d, q)
		}
	}
}
