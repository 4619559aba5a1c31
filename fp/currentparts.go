package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/accurate"
)

// This file takes currents and drifts apart:
//
//	J = v p − D∇p,   v = D∇ln p + J/p.
//
// In the sense of Itô J = b p − ∇·(D p), where drift and diffusion share out the term (∇·D) p
// differently: b p = v p + (∇·D) p, and ∇·(D p) = D∇p + (∇·D) p. Here it is always v p and
// −D∇p, which do not depend on the convention; b − v is left to who wants it, see
// [Problem.DriftField] and [Problem.EffectiveDriftField].

// CurrentParts returns v p and −D∇p, which sum to the current c, as vectors at the points or
// centres where c has them. −D∇p is the rest of the current, and so has in it what the scheme
// adds to be stable. The error is a [CoefficientError].
func (s *Stationary) CurrentParts(c *Current) (drift, diffusion [][]float64, err error) {
	v, err := s.effectiveDrift()
	if err != nil {
		return nil, nil, err
	}
	p := s.values()
	drift, diffusion = block(len(v), len(p)), block(len(v), len(p))
	pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
		for a, j := range c.At {
			for i := lo; i < hi; i++ {
				drift[a][i] = v[a][i] * p[i]
				diffusion[a][i] = j[i] - drift[a][i]
			}
		}
	})
	return drift, diffusion, nil
}

// FaceCurrentParts returns the parts of [Stationary.CurrentParts] as flows through faces. v p is
// made from p as the scheme interpolates it, to the scheme's order (exactly in one dimension),
// also on walls, which the two cross in opposite ways.
func (s *Stationary) FaceCurrentParts(c *Current) (drift, diffusion *grid.FaceField, err error) {
	if drift, err = s.driftFlow(); err != nil {
		return nil, nil, err
	}
	return drift, &grid.FaceField{Grid: c.Faces.Grid, Flow: minus(c.Faces.Flow, drift.Flow)}, nil
}

// minus returns a − b.
func minus(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for c := range a {
		out[c] = floats.SubTo(make([]float64, len(a[c])), a[c], b[c])
	}
	return out
}

// A DriftPart is a part of the effective drift, in [θ]/T.
type DriftPart struct {
	// Faces holds the component across each face times its area, see [Problem.DriftField].
	Faces *grid.FaceField
	// At holds the vectors where [Current.At] has them, d × N.
	At [][]float64
}

// DriftParts returns the reversible part D∇ln p of the effective drift and the irreversible one
// J/p, the mean velocity of what is there. They sum to v.
//
// Where p is not above [Stationary.LeastDensity], J/p is not known; there, and on walls, which
// nothing crosses, the irreversible part is set to 0, and so the reversible one to v: finite
// numbers for who goes on to calculate. Pictures had better leave these places out. The error is
// a [CoefficientError].
func (s *Stationary) DriftParts(c *Current) (reversible, irreversible *DriftPart, err error) {
	v, err := s.effectiveDrift()
	if err != nil {
		return nil, nil, err
	}
	faces, err := s.Problem.EffectiveDriftField(s.Density.Grid)
	if err != nil {
		return nil, nil, err
	}
	irreversible = &DriftPart{Faces: s.velocityOnFaces(c), At: s.velocity(c)}
	reversible = &DriftPart{
		Faces: &grid.FaceField{Grid: faces.Grid, Flow: minus(faces.Flow, irreversible.Faces.Flow)},
		At:    minus(v, irreversible.At),
	}
	return reversible, irreversible, nil
}

// LeastDensity returns the density above which ratios to it are worth something, in [θ]⁻ᵈ: 0
// of a generator, and of the accurate operator's logarithmic form where the star generator takes
// over. The linear form's errors are not relative to p but about the same everywhere, well below
// their sum: there it is a hundredth of the error estimate of the density, or 1e-8, of the
// largest.
func (s *Stationary) LeastDensity() float64 {
	if s.points == nil {
		return 0
	}
	least := s.points.least()
	if s.points.scheme == SchemeLinear {
		least = max(least, noiseShare*s.points.estimate.Density)
	}
	return least * floats.Max(s.points.p)
}

// noiseShare is the density, relative to the largest, over the error estimate at which J/p has
// errors of some tenths of itself (measured: 0.1 to 0.3 on cases A2, A4, A7 and in three
// dimensions, where the estimate is between 1e-6 and 1e-2).
const noiseShare = 1e-2

// values returns the density where [Current.At] has its vectors.
func (s *Stationary) values() []float64 {
	switch {
	case s.points != nil:
		return s.points.p
	case s.line != nil:
		return s.lineCenters()
	}
	return s.Density.Values
}

// coordinates returns those of the places of [Stationary.values].
func (s *Stationary) coordinates() [][]float64 {
	if s.points != nil {
		return accurate.Points(s.Density.Grid, -1)
	}
	return centers(s.Density.Grid)
}

// effectiveDrift returns v there; not to be changed.
func (s *Stationary) effectiveDrift() ([][]float64, error) {
	g := s.Density.Grid
	if !s.Problem.Equation.Potential && (s.points == nil || g.IsUniform()) {
		return s.Coefficients.Drift, nil
	}
	e, coords := s.Problem.effective(g), s.coordinates()
	all := tabulate(e.Eval, e.components(), coords)
	return all[:g.Dim()], checkFinite(s.Problem, all, coords)
}

// velocity returns J/p, 0 where that is not known.
func (s *Stationary) velocity(c *Current) [][]float64 {
	p, least := s.values(), s.LeastDensity()
	u := block(len(c.At), len(p))
	pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
		for a, j := range c.At {
			for i := lo; i < hi; i++ {
				if p[i] > least {
					u[a][i] = j[i] / p[i]
				}
			}
		}
	})
	return u
}

// driftFlow returns the flow v p through faces.
func (s *Stationary) driftFlow() (*grid.FaceField, error) {
	g := s.Density.Grid
	e, p := s.Problem.effective(g), s.densityOnFaces()
	for a := range p {
		all, _, err := s.Problem.onFaces(g, a, e.Eval, e.components())
		if err != nil {
			return nil, err
		}
		floats.Mul(p[a], all[a])
	}
	if s.points != nil {
		return s.points.op.FaceIntegrals(p), nil
	}
	f := &grid.FaceField{Grid: g, Flow: p}
	for a := range p {
		scaleByArea(f, a)
	}
	return f, nil
}

// densityOnFaces returns p on the faces, walls included: as the scheme interpolates it, of a
// generator linearly.
func (s *Stationary) densityOnFaces() [][]float64 {
	switch {
	case s.points != nil:
		return s.points.onFaces()
	case s.line != nil:
		flow := s.Generator.FaceFlow(s.Mass).Flow[0]
		s.scaleLine(flow)
		return [][]float64{operators.LineFaces(s.line, s.lineCenters(), flow)}
	}
	g := s.Density.Grid
	out := make([][]float64, g.Dim())
	for a := range out {
		out[a] = make([]float64, g.Faces(a))
		toFaces(out[a], s.Density.Values, g.Axis(a), g.Stride(a))
	}
	return out
}

// toFaces sets dst to values on the faces across an axis of that stride: linear between the
// values p of cells, and 0 or more on walls.
func toFaces(dst, p []float64, ax grid.Axis, stride int) {
	n := ax.Cells()
	pieces.Run(len(dst)/stride, max(1, pieceCells/stride), func(_, lo, hi int) {
		for layer := lo; layer < hi; layer++ {
			at, cells := dst[layer*stride:][:stride], p[layer/(n+1)*n*stride:]
			value := func(i int) []float64 { return cells[i*stride:][:stride] }
			i, hasLower := ax.Wrap(layer%(n+1) - 1)
			j, hasUpper := ax.Wrap(layer % (n + 1))
			switch {
			case !hasLower:
				setBeyond(at, value(0), value(1), ax.Width(0), ax.Width(1))
			case !hasUpper:
				setBeyond(at, value(n-1), value(n-2), ax.Width(n-1), ax.Width(n-2))
			default:
				setBetween(at, value(i), value(j), ax.Width(i), ax.Width(j))
			}
		}
	})
}

// setBetween sets dst to what is between neighbours of widths v and w.
func setBetween(dst, below, above []float64, v, w float64) {
	for k := range dst {
		dst[k] = (w*below[k] + v*above[k]) / (v + w)
	}
}

// setBeyond sets dst to what is on the wall of a cell of width v, next to one of width w.
func setBeyond(dst, near, next []float64, v, w float64) {
	for k := range dst {
		dst[k] = max(0, near[k]+v/(v+w)*(near[k]-next[k]))
	}
}

// eachWall calls do for the faces across axis a that are walls, with the cell there and the
// next one.
func eachWall(g *grid.Grid, a int, do func(f, i, j int)) {
	stride, n := g.Stride(a), g.Axis(a).Cells()
	if g.Axis(a).IsPeriodic() {
		return
	}
	for i := range g.Cells() {
		switch i / stride % n {
		case 0:
			do(g.LowerFace(a, i), i, i+stride)
		case n - 1:
			do(g.LowerFace(a, i)+stride, i, i-stride)
		}
	}
}

// velocityOnFaces returns the component of J/p across each face times its area; 0 where that
// is not known, and on walls.
func (s *Stationary) velocityOnFaces(c *Current) *grid.FaceField {
	g := s.Density.Grid
	p, cells, least := s.densityOnFaces(), s.values(), s.LeastDensity()
	out := grid.NewFaceField(g)
	flow := c.Faces.Flow
	if s.points != nil {
		flow = s.points.pointFlow()
	}
	for a, u := range out.Flow {
		eachFace(g, a, func(f, i, j int) {
			if min(p[a][f], cells[i], cells[j]) > least {
				u[f] = flow[a][f] / p[a][f]
			}
		})
	}
	return out
}

// pointFlow returns J·n at the points on faces times their areas.
func (p *pointValues) pointFlow() [][]float64 {
	flow := p.flow().Point
	if p.grid.IsUniform() {
		return flow
	}
	for a := range flow {
		p.eachFace(a, func(f, i, _ int) {
			for b := range p.grid.Dim() {
				if b != a {
					ax := p.grid.Axis(b)
					k := i / p.grid.Stride(b) % ax.Cells()
					flow[a][f] *= ax.Width(k) / ax.Stretch(float64(k)+0.5)
				}
			}
		})
	}
	return flow
}

// onFaces returns p at the points on faces: interpolated as the linear form has it; else by
// ln p, and kept near the values beside it where these are decades apart.
func (p *pointValues) onFaces() [][]float64 {
	if p.scheme == SchemeLinear {
		return p.op.OnFaces(p.p)
	}
	logs := positive(p.p)
	pieces.Run(len(logs), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			logs[i] = math.Log(logs[i])
		}
	})
	out := p.op.OnFaces(logs)
	for a, at := range out {
		within := func(f, i, j int) {
			lo, hi := min(logs[i], logs[j]), max(logs[i], logs[j])
			at[f] = math.Exp(min(max(at[f], 2*lo-hi-1), hi+1+min(hi-lo, 3)))
		}
		p.eachFace(a, within)
		eachWall(p.grid, a, within)
	}
	return out
}
