package fp

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file sets a problem up for the accurate operator: its coefficients on faces, and
// the star generator, whose stationary density is where iterations start, whose flux takes
// over where p is tiny, and whose multigrid cycle is their preconditioner. It sees nothing
// of the off-diagonal part of D, and need not.

// A highOrder is a problem on a grid, ready for the accurate operator.
type highOrder struct {
	problem   *Problem
	grid      *grid.Grid
	base      *accurate.Coefficients // without damping and star flux
	volume    []float64              // √g at the points: with ω the mass of density 1
	ops       map[int]*accurate.Operator
	masses    map[int][]float64 // by order, see weights
	memory    int64             // that may be taken, in bytes; 0 for any amount
	tol       float64           // of GMRES; 0 for what suits the error
	vectors   int               // that GMRES may keep
	workspace krylov.Workspace
	diffusion [][]float64 // D at the points, packed

	rates, change, weight []float64 // room for improve, and its weights

	// equilibrium is exp(−φ) of a potential beside which nothing drives, largest value 1;
	// nil elsewhere.
	equilibrium []float64

	// The star generator:
	lattice *sparse.Lattice
	cell    []float64 // volumes: masses over them are densities
	star    []float64 // stationary density, largest value 1
	outflow []float64 // rate out of each cell, positive
	inverse krylov.Map
	frozen  *multigrid.Frozen // whose cycle the inverse is; nil where that is elimination
	cycles  multigrid.Stats
}

// newHighOrder samples the coefficients on all faces; a potential is differenced there
// with the stencils of the given order. centers holds the coefficients at the centres.
func newHighOrder(p *Problem, g *grid.Grid, order int, centers *operators.Coefficients) (*highOrder, error) {
	h := &highOrder{problem: p, grid: g, volume: accurate.Volumes(g), ops: map[int]*accurate.Operator{}, masses: map[int][]float64{}, cell: g.Volumes(), vectors: mostVectors}
	d := g.Dim()
	faces := &operators.FaceCoefficients{Grid: g}
	rows := make([][][]float64, d)
	for a := range d {
		coords := accurate.Points(g, a)
		avoidWalls(coords[a], g.Axis(a))
		all, err := h.evaluate(coords)
		if err != nil {
			return nil, err
		}
		for b := range d {
			rows[a] = append(rows[a], all[d+operators.Packed(d, a, b)])
		}
		faces.Drift, faces.Diffusion = append(faces.Drift, all[a]), append(faces.Diffusion, rows[a][a])
	}
	h.diffusion, faces.Potential = centers.Diffusion, centers.Potential
	if !g.IsUniform() {
		all, err := h.evaluate(accurate.Points(g, -1))
		if err != nil {
			return nil, err
		}
		h.diffusion = all[d : d+len(h.diffusion)]
		if p.Equation.Potential {
			faces.Potential = all[len(all)-1]
		}
	}
	h.lattice = operators.Star(faces).Lattice
	h.base = accurate.NewCoefficients(g, faces.Drift, rows)
	if faces.Potential != nil {
		h.addPotential(order, faces.Potential)
	}
	return h, nil
}

// evaluate returns all components of the equation on the product of the coordinates.
func (h *highOrder) evaluate(coords [][]float64) ([][]float64, error) {
	e := &h.problem.Equation
	all := tabulate(e.Eval, e.components(), coords)
	return all, checkFinite(h.problem, all, coords)
}

// avoidWalls replaces the coordinates of reflecting walls, through which nothing flows and
// where a coefficient may have a pole, by the nearest centre.
func avoidWalls(x []float64, ax grid.Axis) {
	n := ax.Cells()
	if ax.Lower() == grid.Reflecting {
		x[0] = ax.Center(0)
	}
	if ax.Upper() == grid.Reflecting {
		x[n] = ax.Center(n - 1)
	}
}

// addPotential adds −D∇φ to the drift, differenced as the operator does φ.
func (h *highOrder) addPotential(order int, phi []float64) {
	driven := false
	for a := range h.grid.Dim() {
		for _, v := range h.base.Drift[a] {
			driven = driven || v != 0
		}
	}
	if !driven {
		least := floats.Min(phi)
		h.equilibrium = make([]float64, len(phi))
		for i, v := range phi {
			h.equilibrium[i] = math.Exp(least - v)
		}
	}
	op := h.operator(order).With(&accurate.Coefficients{Diffusion: h.base.Diffusion})
	for a, f := range op.Flow(phi).Point {
		floats.Add(h.base.Drift[a], f)
	}
}

// operator returns the operator of that order, without coefficients.
func (h *highOrder) operator(order int) *accurate.Operator {
	if h.ops[order] == nil {
		h.ops[order] = accurate.New(h.grid, order)
	}
	return h.ops[order]
}

// starCycles bounds the cycles on the star generator: its density is only a start, and
// where densities underflow the entrywise residual may never fall. starTolerance is that
// residual, below which GMRES takes no fewer iterations.
const starCycles, starTolerance = 15, 1e-5

// solveStar finds the density of the star generator and makes the preconditioner.
func (h *highOrder) solveStar() error {
	if !h.lattice.Reversible() && !h.lattice.Meets() {
		gen := &operators.Generator{Grid: h.grid, Lattice: h.lattice, Reach: 1}
		if err := markov.CheckClosedClasses(gen.Matrix()); err != nil {
			return severalStates(h.problem, h.grid, err)
		}
	}
	h.star = h.equilibrium
	if h.star == nil {
		m, err := h.starMasses()
		if err != nil {
			return err
		}
		h.star = m
		floats.Div(h.star, h.cell)
		floats.Scale(1/floats.Max(h.star), h.star)
	}
	h.outflow = h.lattice.Outflow()
	largest := floats.Max(h.outflow)
	for i, v := range h.outflow {
		if v <= 0 { // nothing leaves a cell that is the only closed class
			h.outflow[i] = largest
		}
	}
	return nil
}

// starMasses solves the star generator and sets inverse: by multigrid, or by elimination in
// one dimension and where cycles leave the weights of wells unsettled.
func (h *highOrder) starMasses() ([]float64, error) {
	if h.grid.Dim() == 1 {
		return h.eliminateStar()
	}
	m, stats, err := solveLattice(h.problem, h.grid, h.lattice, multigrid.Options{Tol: starTolerance, MaxCycles: starCycles})
	var slow *multigrid.ConvergenceError
	if err != nil && !errors.As(err, &slow) {
		return nil, err
	}
	h.cycles = stats
	finite := !math.IsNaN(floats.Sum(m))
	if err != nil && !(stats.Correction < settled && finite) {
		// A factorization takes about four times what elimination does.
		if need, _ := markov.EstimateDirect(h.grid.Shape(), 1); h.memory == 0 || 4*need < h.memory {
			return h.eliminateStar()
		}
		if !finite {
			return nil, err
		}
	}
	h.frozen = multigrid.Freeze(h.lattice, m, 0)
	h.frozen.Visits = h.visits()
	h.inverse = h.frozen.Apply
	return m, nil
}

// settled is the relative correction of the coarsest level from which the weights of wells
// count as found, if not the tails.
const settled = 1e-7

// eliminateStar is starMasses by elimination.
func (h *highOrder) eliminateStar() ([]float64, error) {
	gen := &operators.Generator{Grid: h.grid, Lattice: h.lattice, Reach: 1}
	f, err := markov.Factorize(gen.Matrix(), 0, markov.DirectOptions{Dims: h.grid.Shape()})
	if err != nil {
		return nil, severalStates(h.problem, h.grid, err)
	}
	h.inverse = f.Solve
	return f.Mass(), nil
}

// wCycleCells is the number of cells from which W-cycles save more than they cost.
const wCycleCells = 384 * 384

// strongCorrelation is |D_ab|/√(D_aa D_bb) from which the star generator, which lacks D_ab,
// is worth inverting still better: what is slow there are smooth errors.
const strongCorrelation = 0.9

// visits returns how often cycles visit coarse levels.
func (h *highOrder) visits() int {
	switch {
	case h.grid.Cells() < wCycleCells || !h.diffusesAlongAxes():
		return 1
	case h.correlation() < strongCorrelation:
		return 2
	}
	return 3
}

// correlation returns the largest |D_ab|/√(D_aa D_bb) of any point, where all D_aa > 0.
func (h *highOrder) correlation() float64 {
	var most float64
	d := h.grid.Dim()
	for a := range d {
		for b := range a {
			aa, bb := h.diffusion[operators.Packed(d, a, a)], h.diffusion[operators.Packed(d, b, b)]
			for i, v := range h.diffusion[operators.Packed(d, b, a)] {
				most = max(most, v*v/(aa[i]*bb[i]))
			}
		}
	}
	return math.Sqrt(most)
}

// diffusesAlongAxes says whether D_aa > 0 everywhere: else the star generator is of first
// order along that axis, and the better it is inverted the worse it suits.
func (h *highOrder) diffusesAlongAxes() bool {
	d := h.grid.Dim()
	for a := range d {
		if !(floats.Min(h.diffusion[operators.Packed(d, a, a)]) > 0) {
			return false
		}
	}
	return true
}

// precondition sets dst to about the density whose rates of change under the star
// generator are r, over ref where there is one.
func (h *highOrder) precondition(ref []float64) krylov.Map {
	return func(dst, r []float64) {
		h.inverse(dst, r)
		pieces.Run(len(dst), pieceCells, func(_, lo, hi int) {
			d, v := dst[lo:hi], h.cell[lo:hi]
			for i := range d {
				d[i] /= v[i]
			}
			if ref != nil {
				for i, p := range ref[lo:hi] {
					d[i] /= p
				}
			}
		})
	}
}

// pieceCells is the number of cells that one goroutine takes at a time.
const pieceCells = 1 << 13

// A blend says below which densities, relative to the largest, the star generator's flux
// takes over: from not at all at hi to all at lo.
type blend struct{ hi, lo float64 }

// blendFrom returns the blend that begins at hi.
func blendFrom(hi float64) blend { return blend{hi, 1e-4 * hi} }

// leastLog stands for the logarithm of densities that underflow.
const leastLog = -690

// shares returns the part θ of the star generator's flux on all faces; nil for an axis
// where it is 0 on all of them.
func (h *highOrder) shares(p []float64, b blend) (theta [3][]float64) {
	logs := make([]float64, len(p))
	pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			logs[i] = leastLog
			if p[i] > 0 {
				logs[i] = max(math.Log(p[i]), leastLog)
			}
		}
	})
	top, width := math.Log(b.hi), math.Log(b.hi/b.lo)
	if floats.Min(logs) >= top {
		return theta
	}
	for a := range h.grid.Dim() {
		t := make([]float64, h.grid.Faces(a))
		h.eachFace(a, func(f, i, j int) {
			if s := (top - 0.5*(logs[i]+logs[j])) / width; s > 0 {
				s = min(s, 1)
				t[f] = s * s * (3 - 2*s)
			}
		})
		theta[a] = t
	}
	return theta
}

func (h *highOrder) eachFace(a int, do func(f, i, j int)) { eachFace(h.grid, a, do) }

// eachFace calls do for every face across axis a that is not a wall, with the cells below
// and above; a seam is two faces.
func eachFace(g *grid.Grid, a int, do func(f, i, j int)) {
	n, stride := g.Axis(a).Cells(), g.Stride(a)
	ring := g.Axis(a).IsPeriodic()
	pieces.Run(g.Cells(), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			f := g.LowerFace(a, i) + stride
			switch k := i / stride % n; {
			case k < n-1:
				do(f, i, i+stride)
			case ring:
				do(f, i, i-(n-1)*stride)
				do(f-n*stride, i, i-(n-1)*stride)
			}
		}
	})
}

// blended returns the coefficients c with the star generator's flux, of densities relative
// to ref (nil: of densities), for the part theta: the rest times scale (nil: 1) of c's own.
func (h *highOrder) blended(c *accurate.Coefficients, theta, scale [3][]float64, ref []float64) *accurate.Coefficients {
	out := *c
	for a := range h.grid.Dim() {
		factor := scale[a]
		if factor == nil && theta[a] != nil {
			factor = make([]float64, len(theta[a]))
			for f, t := range theta[a] {
				factor[f] = 1 - t
			}
		}
		if factor != nil {
			out.Drift[a] = product(factor, c.Drift[a])
			out.Damping[a] = product(factor, c.Damping[a])
			for b := range out.Diffusion[a] {
				out.Diffusion[a][b] = product(factor, c.Diffusion[a][b])
			}
		}
		if theta[a] != nil {
			out.Up[a], out.Down[a] = h.starFlux(a, theta[a], ref)
		}
	}
	return &out
}

// product returns a·b entry by entry, 0 where a is whatever b is there; nil where b is nil.
func product(a, b []float64) []float64 {
	if b == nil {
		return nil
	}
	c := make([]float64, len(a))
	pieces.Run(len(a), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			if a[i] != 0 {
				c[i] = a[i] * b[i]
			}
		}
	})
	return c
}

// starFlux returns theta times the star generator's flux through the faces across axis a,
// per density over ref.
func (h *highOrder) starFlux(a int, theta, ref []float64) (up, down []float64) {
	up, down = make([]float64, len(theta)), make([]float64, len(theta))
	h.eachFace(a, func(f, i, j int) {
		if theta[f] == 0 {
			return
		}
		up[f] = theta[f] * h.lattice.Up[a][i] * h.cell[i]
		down[f] = theta[f] * h.lattice.Down[a][i] * h.cell[j]
		if ref != nil {
			up[f] *= ref[i]
			down[f] *= ref[j]
		}
	})
	return up, down
}

// turnover returns Σ d_i m_i of point values p.
func (h *highOrder) turnover(p []float64) (sum float64) {
	for i, v := range p {
		sum += h.outflow[i] * h.cell[i] * math.Abs(v)
	}
	return sum
}

// largestTurnover returns the largest d_i m_i of point values p.
func (h *highOrder) largestTurnover(p []float64) (most float64) {
	for i, v := range p {
		most = max(most, h.outflow[i]*h.cell[i]*math.Abs(v))
	}
	return most
}
