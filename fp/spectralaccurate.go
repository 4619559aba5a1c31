package fp

import (
	"cmp"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
	"github.com/ness-fp/ness/operators/multigrid"
	"github.com/ness-fp/ness/operators/sparse"
)

// This file has the accurate operator's spectral. A and Aᵀ are inverted by GMRES, Aᵀ as the operator
// of the process backward in time, on masses weight·u, so that what is small in tails stays small.

// modesBlend is where the star generator's flux takes over in modes: functions grow as powers of
// the distance, so that their tails count for more than those of the density.
const modesBlend = 1e-20

// spectralAccurate is the accurate operator in its linear form, with GMRES.
func spectralAccurate(a *massOperator, opt ModesOptions) (*spectral, error) {
	h, w := a.high, a.w
	d := &spectral{
		massOperator: a, applyT: a.transposed(),
		weight: append([]float64(nil), h.star...),
		density: func(m []float64) *grid.Field {
			return &grid.Field{Grid: a.grid, Values: a.op.CellAverages(over(a.grid, m, w).Values)}
		},
		tol: cmp.Or(opt.Tol, 1e-7), decades: 1e-3, inexact: true,
	}
	floats.Mul(d.weight, h.cell)
	floats.Scale(1/floats.Sum(d.weight), d.weight)
	d.leftFactor, d.rightFactor = d.weight, d.ones()
	d.solvers = func(shift float64) (solve, solveT krylov.InexactMap, err error) { return d.iterate(h, w, shift) }
	if err := d.findMass(h.normalized(a.op, h.star), w); err != nil {
		return nil, err
	}
	return d, nil
}

// findMass finds the stationary masses m + e from densities p of masses m: A e = −A m.
func (d *spectral) findMass(p, w []float64) error {
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
func (d *spectral) iterate(h *highOrder, w []float64, shift float64) (solve, solveT krylov.InexactMap, err error) {
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
func (d *spectral) preconditioners(h *highOrder, w []float64, shift float64) (forward, reverse krylov.Map, err error) {
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
func (d *spectral) starInverses(h *highOrder, shift float64) (forward, reverse krylov.Map, err error) {
	if d.grid.Dim() > 1 {
		frozen := func(l *sparse.Lattice) krylov.Map {
			f := multigrid.Freeze(l, d.weight, shift)
			f.Visits = h.visits()
			return f.Apply
		}
		return frozen(h.lattice), frozen(multigrid.Reversed(h.lattice, d.weight)), nil
	}
	z, err := markov.Factorize(d.star().Matrix(), shift, markov.DirectOptions{Dims: d.grid.Shape()})
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
func (d *spectral) functions(u, q []float64) {
	for i, w := range d.weight {
		u[i] = 0
		if w > 0 {
			u[i] = q[i] / w
		}
	}
}
