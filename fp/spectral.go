package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/krylov"
	"github.com/ness-fp/ness/operators/markov"
)

// This file adds to an operator what spectra are computed from: the inverse of A on masses, Aᵀ and
// its inverse on functions.

// A spectral is an operator on masses with what spectra need.
type spectral struct {
	*massOperator

	mass   []float64 // stationary, Σ = 1; nil where walls absorb
	weight []float64 // about the same, ≥ 0: of functions in norms; where walls absorb the volumes
	// Eigenvectors are orthogonalised as masses times rightFactor, functions times leftFactor, whose
	// product is the weight. In equilibrium A is symmetric by factors that are the inverses of
	// each other's, but entries have to be good far below the largest.
	rightFactor, leftFactor []float64

	applyT krylov.Map // dst = Aᵀu
	// solvers returns (A − s)⁻¹ and its transpose; without a shift on masses of sum 0, and on
	// functions of mean 0.
	solvers func(shift float64) (solve, solveT krylov.InexactMap, err error)
	// Both sides without a shift, which may work at the same time in more than one dimension; nil for
	// generators.
	onMasses, onProducts *side
	density              func(mass []float64) *grid.Field // of masses, of any sign

	tol     float64 // of eigenvectors
	decades float64 // how far below the largest eigenvalues of A⁻¹ can be found
	inexact bool    // whether problems are solved by iteration
}

// newSpectral chooses the operator.
func newSpectral(p *Problem, g *grid.Grid, opt ModesOptions) (*spectral, error) {
	if g.HasWall(grid.Absorbing) {
		if opt.Order != OrderAuto && opt.Order != OrderMonotone {
			return nil, &SolverError{"modes beside absorbing walls are those of a generator: want order monotone or auto"}
		}
		opt.Order = OrderMonotone
	}
	a, err := newMassOperator(p, g, opt.Order, blendFrom(modesBlend), opt.MaxMemory)
	switch {
	case err != nil:
		return nil, err
	case a.disc != nil:
		return spectralGenerator(a, opt)
	}
	return spectralAccurate(a, opt)
}

// spectralGenerator is the generator with its elimination.
func spectralGenerator(a *massOperator, opt ModesOptions) (*spectral, error) {
	p, g, gen := a.problem, a.grid, a.disc.Generator
	if err := checkMemory(gen, opt.MaxMemory); err != nil {
		return nil, err
	}
	volume := g.Volumes()
	d := &spectral{
		massOperator: a, weight: volume, applyT: a.transposed(),
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

// ones returns 1 in every cell.
func (d *spectral) ones() []float64 {
	v := make([]float64, d.grid.Cells())
	for i := range v {
		v[i] = 1
	}
	return v
}
