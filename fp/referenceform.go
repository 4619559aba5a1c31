package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file solves for φ = −ln p, as p = p_ref q with q near 1. In terms of q the flux is
//
//	f = a Iq − b ∂q − c ∂_t q,   a = e^{−Iφ}(v + D ∂φ + D_t ∂_tφ),  b = e^{−Iφ}D,  c = e^{−Iφ}D_t,
//
// with φ of p_ref: the accurate operator with other coefficients. At q = 1 it is the flux of
// the logarithmic form, and the solution of A q = 0 its Newton step. The density stays
// positive, and errors are relative to it, far into the tails.

// sqrtAtLeast returns √p, of at least 1e-10: rates in the tails weigh more than those of
// the bulk, but not without bound, or GMRES would leave the bulk as it is.
func sqrtAtLeast(p float64) float64 { return math.Sqrt(max(p, 1e-10)) }

const (
	referenceSteps = 8 // of Newton

	smallestDensity  = 1e-280 // of a p_ref, relative to the largest
	stalledReduction = 0.9    // of the residual in a step, above which it is not worth another
	stepIterations   = 90     // of GMRES in each step
	earnest          = 1e-2   // of the first residual, below which changes say how far the end is
	polishIterations = 150    // of GMRES in the last one
	stageIterations  = 600    // after which no other step is begun
)

// A stage is the logarithmic form at one order and blend, on its way.
type stage struct {
	*highOrder
	op    *accurate.Operator
	base  *accurate.Coefficients
	blend blend
	theta [3][]float64
	ones  []float64
	tail  []int     // cells that only the star generator's fluxes reach
	edge  []int     // cells next to them
	rates []float64 // R at p
	size  float64   // Σ|R| over the turnover
	its   int
}

// newStage sets the stage up at p, of largest value 1.
func (h *highOrder) newStage(order int, b blend, p []float64) *stage {
	s := &stage{highOrder: h, op: h.operator(order), base: h.base, blend: b, theta: h.shares(p, b), rates: make([]float64, len(p))}
	if order > 4 { // at order 4 turning upwind costs more accuracy than it saves iterations
		s.base = s.op.Damped(h.base)
	}
	s.ones = make([]float64, len(p))
	for i := range s.ones {
		s.ones[i] = 1
	}
	s.findTail()
	s.relax(p)
	s.set(p)
	return s
}

// findTail sets tail to the cells that fluxes with θ < 1 through faces within reach of them
// do not enter, and edge to others that touch no such face.
func (s *stage) findTail() {
	s.tail = s.untouched(s.op.Order / 2) // a numerical flux is made from those through w−1 faces
	far := make([]bool, len(s.ones))
	for _, i := range s.tail {
		far[i] = true
	}
	for _, i := range s.untouched(1) {
		if !far[i] {
			s.edge = append(s.edge, i)
		}
	}
}

// untouched returns the cells that have no face with θ < 1 among the nearest ones, reach in
// each direction.
func (s *stage) untouched(reach int) (cells []int) {
	inside := make([]bool, len(s.ones))
	for a := range s.grid.Dim() {
		if s.theta[a] == nil {
			return nil
		}
		n, stride, ring := s.grid.Axis(a).Cells(), s.grid.Stride(a), s.grid.Axis(a).IsPeriodic()
		for i := range inside {
			k := i / stride % n
			if s.theta[a][s.grid.LowerFace(a, i)] == 1 || k == 0 && !ring {
				continue
			}
			for m := k - reach; m < k+reach; m++ {
				if ring {
					inside[i+((m+n)%n-k)*stride] = true
				} else if m >= 0 && m < n {
					inside[i+(m-k)*stride] = true
				}
			}
		}
	}
	for i, in := range inside {
		if !in {
			cells = append(cells, i)
		}
	}
	return cells
}

// relax lets the tail follow the rest of p, by Gauss–Seidel sweeps to and fro, and keeps its
// edge within a factor of what it would be in the tail: updates by factors alone would take
// long where a cell is many decades off.
func (s *stage) relax(p []float64) {
	const sweeps, factor = 4, 1e3
	for k := range sweeps {
		for n := range s.tail {
			i := s.tail[n]
			if k%2 == 1 {
				i = s.tail[len(s.tail)-1-n]
			}
			if b := s.balance(p, i); b > 0 {
				p[i] = max(b, smallestDensity)
			}
		}
		for _, i := range s.edge {
			if b := s.balance(p, i); b > 0 {
				p[i] = max(min(max(p[i], b/factor), factor*b), smallestDensity)
			}
		}
	}
}

// balance returns the density of cell i at which the star generator lets in what it lets out.
func (s *stage) balance(p []float64, i int) float64 {
	return s.inflow(p, i) / (s.outflow[i] * s.cell[i])
}

// inflow returns the star generator's flow of mass into cell i.
func (s *stage) inflow(p []float64, i int) (sum float64) {
	for a, n := range s.lattice.Dims {
		stride := s.grid.Stride(a)
		below, above := i-stride, i+stride
		switch k := i / stride % n; {
		case k == 0:
			below += n * stride
		case k == n-1:
			above -= n * stride
		}
		sum += s.lattice.Up[a][below]*p[below]*s.cell[below] + s.lattice.Down[a][i]*p[above]*s.cell[above]
	}
	return sum
}

// refine improves p, of largest value 1, by Newton steps until they change little, and then
// by a last one of another kind. left is what is left to change, of all mass; +Inf where the
// steps lead nowhere.
func (h *highOrder) refine(order int, b blend, p []float64) (s *stage, left float64) {
	s = h.newStage(order, b, p)
	first, tol, stalled := s.size, 1e-2, 0
	trial := make([]float64, len(p))
	last := math.Inf(1) // change of a step that GMRES solved
	for range referenceSteps {
		z, reduction := s.direction(p, s.residualWeight(p), tol, stepIterations)
		change := s.change(p, z)
		before := s.size
		full := s.advance(trial, p, z, change)
		copy(p, trial)
		last = math.Inf(1)
		if reduction < 0.5 && s.size < earnest*first {
			last = change
		}
		tol = min(0.1, max(1e-4, 0.5*math.Pow(s.size/before, 1.5)))
		if !(s.size < stalledReduction*before) {
			stalled++
		}
		if s.its > stageIterations || change < 1e-10 && full && (s.size < 1e-7*first || s.size < 1e-12) || stalled > 1 || math.IsNaN(change) {
			break
		}
	}
	return s, max(min(s.polish(trial, p), 10*last), s.unsettled(p))
}

// polish takes one more step, in whose residual tails weigh as little as they hold: where
// they converge slowly the steps before see nothing else. It returns what is left to change.
func (s *stage) polish(trial, p []float64) (left float64) {
	z, reduction := s.direction(p, s.residualWeight(nil), 1e-3, polishIterations)
	change := s.change(p, z)
	if !(reduction < 0.5) {
		return math.Inf(1)
	}
	b := s.blend.hi
	for i, v := range p {
		z[i] *= v / (v + b)
	}
	s.advance(trial, p, z, change)
	copy(p, trial)
	return change * reduction
}

// unsettled returns the size of the correction that the star generator makes of what is left
// of the residual, see settle.
func (s *stage) unsettled(p []float64) (size float64) {
	_, size = s.correction(s.rates, p)
	return size
}

// direction solves A z = −A·1 for p = p(1+z) with residuals so weighted, and returns by what
// the residual fell.
func (s *stage) direction(p, weight []float64, tol float64, most int) (z []float64, reduction float64) {
	z, rhs := make([]float64, len(p)), make([]float64, len(p))
	for i, v := range s.rates {
		rhs[i] = -v
	}
	stats, _ := krylov.GMRES(s.op.Apply, s.precondition(p), rhs, z, krylov.Options{ // how far it came is in stats
		Tol: tol, MaxIterations: most, Restart: min(most, s.vectors), Weight: weight, Workspace: &s.workspace,
	})
	s.its += stats.Iterations
	return z, stats.Residual
}

// change returns Σ p|z| / Σ p.
func (s *stage) change(p, z []float64) float64 {
	var moved, sum float64
	for i, v := range z {
		moved += s.volume[i] * p[i] * math.Abs(v)
		sum += s.volume[i] * p[i]
	}
	return moved / sum
}

// advance sets trial to p(1+λz), kept positive, and the stage to it, with λ = 1 or halved
// until the residual falls; it says whether λ = 1.
func (s *stage) advance(trial, p, z []float64, change float64) (full bool) {
	const halvings = 5
	before := s.size
	for k := 0; ; k++ {
		lambda := math.Pow(0.5, float64(k))
		pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				trial[i] = max(p[i]*grown(lambda*z[i]), smallestDensity)
			}
		})
		s.relax(trial)
		floats.Scale(1/floats.Max(trial), trial)
		s.set(trial)
		if s.size < before || change < 1e-9 || k == halvings {
			return k == 0
		}
	}
}

// grown is 1 + z where a fifth is left, and beyond goes on smoothly and positive; from
// e⁻⁸ to e⁸.
func grown(z float64) float64 {
	g := 1 + z
	if z < -0.8 {
		g = 0.2 * math.Exp(max((z+0.8)/0.2, -2))
	}
	return min(max(g, math.Exp(-8)), math.Exp(8))
}

// set gives the operator the coefficients at p, and sets rates and size.
func (s *stage) set(p []float64) {
	phi := make([]float64, len(p))
	pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			phi[i] = -math.Log(p[i])
		}
	})
	weight := s.op.With(&accurate.Coefficients{Drift: s.unit()}).Flow(phi).Point
	force := s.op.With(&accurate.Coefficients{Diffusion: s.base.Diffusion, Damping: s.base.Damping}).Flow(phi).Point // −D∇φ
	c := *s.base
	var scale [3][]float64
	for a := range s.grid.Dim() {
		w, drift := weight[a], force[a]
		pieces.Run(len(w), pieceCells, func(_, lo, hi int) {
			for f := lo; f < hi; f++ {
				part := 1.0
				if s.theta[a] != nil {
					part -= s.theta[a][f]
				}
				if part == 0 { // φ may be anything here
					w[f] = 0
				} else {
					w[f] = part * math.Exp(-w[f])
				}
				drift[f] = s.base.Drift[a][f] - drift[f]
			}
		})
		scale[a], c.Drift[a] = w, drift
	}
	s.op = s.op.With(s.blended(&c, s.theta, scale, p))
	s.op.Apply(s.rates, s.ones)
	var sum float64
	for _, v := range s.rates {
		sum += math.Abs(v)
	}
	s.size = sum / s.turnover(p)
}

// unit returns ones on all faces.
func (s *stage) unit() (one [3][]float64) {
	most := 0
	for a := range s.grid.Dim() {
		most = max(most, s.grid.Faces(a))
	}
	all := make([]float64, most)
	for f := range all {
		all[f] = 1
	}
	for a := range s.grid.Dim() {
		one[a] = all[:s.grid.Faces(a)]
	}
	return one
}
