package fp

import (
	"cmp"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file makes of a problem what spectra are computed from: A and its inverse on masses, Aᵀ
// and its inverse on functions. Of the accurate operator, R(p) = d(Wp)/dt with the weights W
// of its points, masses are Wp, A = R W⁻¹ and Aᵀ = W⁻¹Rᵀ.

// A dynamics is dm/dt = A m on a grid.
type dynamics struct {
	problem *Problem
	grid    *grid.Grid
	scheme  Scheme
	order   Order

	mass    []float64 // stationary, Σ = 1; nil where walls absorb
	weight  []float64 // about the same, ≥ 0: of functions in norms; where walls absorb the volumes
	outflow []float64 // about −A_ii
	// Eigenvectors are orthogonalised as masses times rightFactor, functions times leftFactor, whose
	// product is the weight. In equilibrium A is symmetric by factors that are the inverses of
	// each other's, but entries have to be good far below the largest.
	rightFactor, leftFactor []float64

	apply, applyT func(dst, x []float64)
	// solvers returns (A − s)⁻¹ and its transpose; without a shift on masses of sum 0, and on
	// functions of mean 0.
	solvers func(shift float64) (solve, solveT krylov.InexactMap, err error)
	density func(mass []float64) *grid.Field // of masses, of any sign

	tol     float64 // of eigenvectors
	decades float64 // how far below the largest eigenvalues of A⁻¹ can be found
	inexact bool    // whether problems are solved by iteration
}

// newDynamics chooses the operator.
func newDynamics(p *Problem, g *grid.Grid, opt ModesOptions) (*dynamics, error) {
	choice := StationaryOptions{Order: opt.Order}
	monotone, err := choice.wantsGenerator(g)
	if err != nil {
		return nil, err
	}
	if open := g.HasWall(grid.Absorbing); open && !monotone && opt.Order != OrderAuto {
		return nil, &SolverError{"modes beside absorbing walls are those of a generator: want order monotone or auto"}
	} else if open || monotone {
		return generatorDynamics(p, g, opt)
	}
	return accurateDynamics(p, g, opt)
}

// generatorDynamics is the generator with its elimination.
func generatorDynamics(p *Problem, g *grid.Grid, opt ModesOptions) (*dynamics, error) {
	disc, err := Discretize(p, g)
	if err != nil {
		return nil, err
	}
	gen := disc.Generator
	if err := checkMemory(gen, opt.MaxMemory); err != nil {
		return nil, err
	}
	volume := g.Volumes()
	d := &dynamics{
		problem: p, grid: g, scheme: disc.Scheme, order: OrderMonotone, outflow: gen.Outflow(), weight: volume,
		apply:   func(dst, x []float64) { copy(dst, gen.Apply(x)) },
		applyT:  func(dst, u []float64) { backward(gen, dst, u) },
		density: func(m []float64) *grid.Field { return over(g, m, volume) },
		tol:     1e-11, decades: 1e-6,
	}
	direct := markov.DirectOptions{Dims: g.Shape(), Workers: opt.Workers}
	factorize := func(shift float64) (*markov.Factorization, error) {
		if gen.Exit == nil {
			return markov.Factorize(gen.Matrix(), shift, direct)
		}
		exit := append([]float64(nil), gen.Exit...)
		floats.AddConst(shift, exit)
		return markov.FactorizeExit(gen.Matrix(), exit, direct)
	}
	first, err := factorize(0)
	if err != nil {
		return nil, severalStates(p, g, err)
	}
	if gen.Exit == nil {
		d.mass = first.Mass()
		d.weight = d.mass
	}
	d.rightFactor, d.leftFactor = make([]float64, len(volume)), make([]float64, len(volume))
	for i, w := range d.weight {
		if d.leftFactor[i] = math.Sqrt(w); w > 0 {
			d.rightFactor[i] = 1 / d.leftFactor[i]
		}
	}
	d.solvers = func(shift float64) (solve, solveT krylov.InexactMap, err error) {
		z := first
		if shift > 0 {
			if z, err = factorize(shift); err != nil {
				return nil, nil, severalStates(p, g, err)
			}
		}
		return exactly(z.Solve), exactly(z.SolveTransposed), nil
	}
	return d, nil
}

// exactly is a map as one of any accuracy.
func exactly(f func(dst, x []float64)) krylov.InexactMap {
	return func(dst, x []float64, _ float64) error { f(dst, x); return nil }
}

// over returns the field of masses over what holds them.
func over(g *grid.Grid, m, volume []float64) *grid.Field {
	f := grid.NewField(g)
	for i, v := range volume {
		f.Values[i] = m[i] / v
	}
	return f
}

// backward sets dst to Aᵀu = Σ_i r_ij (u_i − u_j) − exit_j u_j.
func backward(gen *operators.Generator, dst, u []float64) {
	a := gen.Matrix()
	clear(dst)
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			if j := int(a.Col[k]); j != i {
				dst[j] += a.Val[k] * (u[i] - u[j])
			}
		}
	}
	for j, r := range gen.Exit {
		dst[j] -= r * u[j]
	}
}

// modesBlend is where the star generator's flux takes over in modes: functions grow as powers of
// the distance, so that their tails count for more than those of the density.
const modesBlend = 1e-20

// accurateDynamics is the accurate operator in its linear form, with GMRES.
func accurateDynamics(p *Problem, g *grid.Grid, opt ModesOptions) (*dynamics, error) {
	c, err := SampleCenters(p, g)
	if err != nil {
		return nil, err
	}
	order := cmp.Or(int(opt.Order), autoOrder(g))
	h, err := newHighOrder(p, g, order, c)
	if err != nil {
		return nil, err
	}
	h.memory = opt.MaxMemory
	if err := h.solveStar(); err != nil {
		return nil, err
	}
	op := h.linearForm(blendFrom(modesBlend))(order)
	w := h.weights(op)
	d := &dynamics{
		problem: p, grid: g, scheme: SchemeLinear, order: Order(order), outflow: h.outflow,
		weight: append([]float64(nil), h.star...),
		density: func(m []float64) *grid.Field {
			return &grid.Field{Grid: g, Values: op.CellAverages(over(g, m, w).Values)}
		},
		tol: cmp.Or(opt.Tol, 1e-7), decades: 1e-3, inexact: true,
	}
	floats.Mul(d.weight, h.cell)
	floats.Scale(1/floats.Sum(d.weight), d.weight)
	d.leftFactor, d.rightFactor = d.weight, d.ones()
	room, back := make([]float64, len(w)), op.Transposed()
	d.apply = func(dst, m []float64) {
		floats.DivTo(room, m, w)
		op.Apply(dst, room)
	}
	d.applyT = func(dst, u []float64) {
		back.Apply(dst, u)
		floats.Div(dst, w)
	}
	d.solvers = func(shift float64) (solve, solveT krylov.InexactMap, err error) { return d.iterate(h, w, shift) }
	if err := d.findMass(h.normalized(op, h.star), w); err != nil {
		return nil, err
	}
	return d, nil
}

// findMass finds the stationary masses m + e from densities p of masses m: A e = −A m.
func (d *dynamics) findMass(p, w []float64) error {
	floats.Mul(p, w)
	rates, e := make([]float64, len(p)), make([]float64, len(p))
	d.apply(rates, p)
	floats.Scale(-1, rates)
	solve, _, err := d.solvers(0)
	if err != nil {
		return err
	}
	if err := solve(e, rates, massTol); err != nil {
		return &ConvergenceError{Cause: err}
	}
	floats.Add(p, e)
	floats.Scale(1/floats.Sum(p), p)
	d.mass = p
	return nil
}

// massTol is the tolerance of stationary masses, relative to the rates of the star generator's.
const massTol = 1e-10

// closeResidual is what round-off may leave of residuals where solutions are large, as along slow
// modes; what it does to a mode shows in the mode's own residual.
const closeResidual = 1e-6

// iterate returns GMRES on A − s, and on its transpose in terms of weight·u, with the star
// generator, and its reverse in time, as preconditioners.
func (d *dynamics) iterate(h *highOrder, w []float64, shift float64) (solve, solveT krylov.InexactMap, err error) {
	forward, reverse, err := d.preconditioners(h, w, shift)
	if err != nil {
		return nil, nil, err
	}
	shifted := func(apply func(dst, x []float64)) krylov.Map {
		return func(dst, x []float64) {
			apply(dst, x)
			if shift > 0 {
				floats.AddScaled(dst, -shift, x)
			}
		}
	}
	gmres := func(apply, precondition krylov.Map) krylov.InexactMap {
		weight := h.residualWeight(nil)
		return func(dst, b []float64, tol float64) error {
			clear(dst)
			stats, err := krylov.GMRES(apply, precondition, b, dst, krylov.Options{
				Tol: tol, MaxIterations: 3 * h.vectors, Restart: h.vectors, Weight: weight, Workspace: &h.workspace,
			})
			if stats.Residual <= closeResidual {
				return nil
			}
			return err
		}
	}
	u := make([]float64, len(d.weight))
	reversed := func(dst, q []float64) { // q = weight·u
		d.functions(u, q)
		d.applyT(dst, u)
		floats.Mul(dst, d.weight)
	}
	solve = gmres(shifted(d.apply), forward)
	onProducts := gmres(shifted(reversed), reverse)
	b, q := make([]float64, len(u)), make([]float64, len(u))
	solveT = func(dst, f []float64, tol float64) error {
		floats.MulTo(b, f, d.weight)
		err := onProducts(q, b, tol)
		d.functions(dst, q)
		return err
	}
	return solve, solveT, nil
}

// preconditioners returns about (A − s)⁻¹ on masses Wp, and the same of the chain backward in
// time, from S, the star generator on masses Vp, V the volumes of cells: A ≈ S (V/W), and backward
// (V/W) S. Without a shift what is not in the range of S is left out.
func (d *dynamics) preconditioners(h *highOrder, w []float64, shift float64) (forward, reverse krylov.Map, err error) {
	star, back, err := d.starInverses(h, shift)
	if err != nil {
		return nil, nil, err
	}
	ratio, b := make([]float64, len(w)), make([]float64, len(w))
	floats.DivTo(ratio, w, h.cell)
	project := func() {
		if shift == 0 {
			floats.AddScaled(b, -floats.Sum(b), d.weight)
		}
	}
	return func(dst, r []float64) {
			copy(b, r)
			project()
			star(dst, b)
			floats.Mul(dst, ratio)
		}, func(dst, r []float64) {
			floats.MulTo(b, r, ratio)
			project()
			back(dst, b)
		}, nil
}

// starInverses returns about (S − s)⁻¹, and the same backward in time.
func (d *dynamics) starInverses(h *highOrder, shift float64) (forward, reverse krylov.Map, err error) {
	if d.grid.Dim() > 1 {
		frozen := func(l *sparse.Lattice) krylov.Map {
			f := multigrid.Freeze(l, d.weight, shift)
			f.Visits = h.visits()
			return f.Apply
		}
		return frozen(h.lattice), frozen(multigrid.Reversed(h.lattice, d.weight)), nil
	}
	gen := &operators.Generator{Grid: d.grid, Lattice: h.lattice, Reach: 1}
	z, err := markov.Factorize(gen.Matrix(), shift, markov.DirectOptions{Dims: d.grid.Shape()})
	if err != nil {
		return nil, nil, severalStates(d.problem, d.grid, err)
	}
	return z.Solve, func(dst, r []float64) {
		d.functions(dst, r)
		z.SolveTransposed(dst, dst)
		floats.Mul(dst, d.weight)
	}, nil
}

// functions sets u to q over the weights, 0 where they are.
func (d *dynamics) functions(u, q []float64) {
	for i, w := range d.weight {
		u[i] = 0
		if w > 0 {
			u[i] = q[i] / w
		}
	}
}

// ones returns 1 in every cell.
func (d *dynamics) ones() []float64 {
	v := make([]float64, d.grid.Cells())
	for i := range v {
		v[i] = 1
	}
	return v
}
