package fp

import (
	"cmp"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
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
	var err error
	if d.onMasses, d.onProducts, err = d.sides(h, w, 0); err != nil {
		return nil, err
	}
	d.solvers = func(shift float64) (solve, solveT krylov.InexactMap, err error) {
		masses, products := d.onMasses, d.onProducts
		if shift > 0 {
			if masses, products, err = d.sides(h, w, shift); err != nil {
				return nil, nil, err
			}
		}
		return masses.gmres(), d.onFunctions(products), nil
	}
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

// A side is A − s on masses, or its transpose on products weight·u, with about its inverse. It is not
// safe for concurrent use.
type side struct {
	apply, precondition krylov.Map
	residual            []float64 // weights of residuals in GMRES
	workspace           *krylov.Workspace
	vectors             int // that GMRES may keep
}

// gmres returns GMRES on the side.
func (s *side) gmres() krylov.InexactMap {
	return func(dst, b []float64, tol float64) error {
		clear(dst)
		stats, err := krylov.GMRES(s.apply, s.precondition, b, dst, krylov.Options{
			Tol: tol, MaxIterations: 3 * s.vectors, Restart: s.vectors, Weight: s.residual, Workspace: s.workspace,
		})
		if stats.Residual <= closeResidual {
			return nil
		}
		return err
	}
}

// sides returns A − s on masses and its transpose on products, with the star generator and its
// reverse in time as preconditioners.
func (d *spectral) sides(h *highOrder, w []float64, shift float64) (masses, products *side, err error) {
	forward, reverse, err := d.preconditioners(h, w, shift)
	if err != nil {
		return nil, nil, err
	}
	shifted := func(apply krylov.Map) krylov.Map {
		return func(dst, x []float64) {
			apply(dst, x)
			if shift > 0 {
				floats.AddScaled(dst, -shift, x)
			}
		}
	}
	u := make([]float64, len(d.weight))
	reversed := func(dst, q []float64) { // q = weight·u
		d.functions(u, q)
		d.applyT(dst, u)
		floats.Mul(dst, d.weight)
	}
	residual := h.residualWeight(nil)
	masses = &side{shifted(d.apply), forward, residual, &h.workspace, h.vectors}
	products = &side{shifted(reversed), reverse, residual, &krylov.Workspace{}, h.vectors}
	return masses, products, nil
}

// onFunctions returns GMRES on functions by that on products.
func (d *spectral) onFunctions(products *side) krylov.InexactMap {
	solve, b := products.gmres(), make([]float64, len(d.weight))
	return func(dst, f []float64, tol float64) error {
		floats.MulTo(b, f, d.weight)
		err := solve(dst, b, tol)
		d.functions(dst, dst)
		return err
	}
}

// preconditioners returns about (A − s)⁻¹ on masses Wp, and the same of the chain backward in
// time, from S, the star generator on masses Vp, V the volumes of cells: A ≈ S (V/W), and backward
// (V/W) S. Without a shift what is not in the range of S is left out.
func (d *spectral) preconditioners(h *highOrder, w []float64, shift float64) (forward, reverse krylov.Map, err error) {
	star, back, err := d.starInverses(h, shift)
	if err != nil {
		return nil, nil, err
	}
	ratio := make([]float64, len(w))
	floats.DivTo(ratio, w, h.cell)
	project := func(b []float64) {
		if shift == 0 {
			floats.AddScaled(b, -floats.Sum(b), d.weight)
		}
	}
	b, c := make([]float64, len(w)), make([]float64, len(w))
	return func(dst, r []float64) {
			copy(b, r)
			project(b)
			star(dst, b)
			floats.Mul(dst, ratio)
		}, func(dst, r []float64) {
			floats.MulTo(c, r, ratio)
			project(c)
			back(dst, c)
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

// functions sets u to q over the weights, 0 where they are; both may be the same.
func (d *spectral) functions(u, q []float64) {
	pieces.Run(len(u), pieceCells, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			if w := d.weight[i]; w > 0 {
				u[i] = q[i] / w
			} else {
				u[i] = 0
			}
		}
	})
}
