package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/combin"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file ranks assumptions by how far the stationary density moves when one of them is made, or
// given up.

// ranking returns all effects that can be computed, the largest first: by what total variation has
// beyond sampling.
func (s *subject) ranking() []Effect {
	list := slices.Concat(s.solvedEffects(), s.formulaEffects(), s.sampledEffects())
	slices.SortStableFunc(list, func(a, b Effect) int { return cmp.Compare(b.TV.Beyond(), a.TV.Beyond()) })
	return list
}

// between is the effect of another density in place of the solution, with its relative L1 error.
func (s *subject) between(key, name, how string, p *grid.Field, e float64) Effect {
	err := (s.densityError() + e) / 2
	return Effect{
		Key: key, Name: name, How: how,
		TV:        Shift{Value: compare.TV(s.solution.Density, p), Error: err},
		Hellinger: Shift{Value: compare.Hellinger(s.solution.Density, p), Error: math.Sqrt(err)},
	}
}

// formulaEffects are those of densities that are proposed, among the candidates.
func (s *subject) formulaEffects() (list []Effect) {
	for _, w := range []struct{ candidate, key, name, how string }{
		{"gibbs", "tempered-posterior", "tempered posterior", "exp(−2BL/ησ²) for the solution"},
		{"fokker-planck-corrected", "order-in-rate", "first order in the learning rate", "drift and noise of second order in η for those of first"},
		{"fokker-planck-ito", "calculus-ito", "calculus: Itô", "the same coefficients in the sense of Itô"},
		{"fokker-planck-stratonovich", "calculus-stratonovich", "calculus: Stratonovich", "the same coefficients in the sense of Stratonovich"},
		{"fokker-planck-haenggi-klimontovich", "calculus-haenggi-klimontovich", "calculus: Hänggi–Klimontovich", "the same coefficients in the sense of Hänggi and Klimontovich, J = bp − D∇p"},
	} {
		for _, c := range s.candidates {
			if c.Key == w.candidate && c.Err == nil {
				list = append(list, s.between(w.key, w.name, w.how, c.Density, c.Error))
			}
		}
	}
	return list
}

// solvedEffects are those of other equations.
func (s *subject) solvedEffects() (list []Effect) {
	mean := s.meanDiffusion()
	constant := func(dst, _ [][]float64) {
		for k := range dst {
			for i := range dst[k] {
				dst[k][i] = mean[k]
			}
		}
	}
	if p, e, err := s.withDiffusion(constant); err == nil {
		list = append(list, s.between("constant-noise", "Σ constant", "the mean of Σ over the density for Σ(θ)", p, e))
	}
	if p, err := s.balanced(); err == nil {
		list = append(list, s.between("detailed-balance", "detailed balance", "the potential of the force D⁻¹v, as if it had one, by paths along the axes from the mean", p, 0))
	}
	if s.sgd == nil || s.sgd.Loss == nil || s.sgd.Sampling == fp.FullBatch || s.batch() == s.sgd.Loss.Samples() {
		return list
	}
	n, b := float64(s.sgd.Loss.Samples()), float64(s.batch())
	factor, how := (n-b)/(n-1), "batches without replacement for those with"
	if s.sgd.Sampling != fp.WithReplacement {
		factor, how = 1/factor, "batches with replacement for those without"
	}
	injected := s.file.SGDVariant().Rate / (1 - s.sgd.Momentum) / 2 * s.sgd.InjectedNoise
	d, plain := s.grid.Dim(), s.problem.Diffusion()
	if p, e, err := s.withDiffusion(func(dst, x [][]float64) {
		plain(dst, x)
		for k := range dst {
			for i := range dst[k] {
				dst[k][i] *= factor
			}
		}
		for a := range d {
			for i := range dst[diagonal(d, a)] {
				dst[diagonal(d, a)][i] += injected * (1 - factor)
			}
		}
	}); err == nil {
		list = append(list, s.between("small-batch", "batches few of the samples", how, p, e))
	}
	return list
}

// meanDiffusion returns E D, packed.
func (s *subject) meanDiffusion() []float64 {
	mean := s.meanNoise()
	if s.sgd != nil {
		for k := range mean {
			mean[k] *= s.tensorScale()
		}
	}
	return mean
}

// withDiffusion solves with another tensor and the same drift in the sense of Itô.
func (s *subject) withDiffusion(tensor fp.Func) (*grid.Field, float64, error) {
	d := s.grid.Dim()
	length, step := make([]float64, d), make([]float64, d)
	for a := range length {
		length[a] = s.grid.Axis(a).Length()
		step[a] = length[a] / float64(8*s.grid.Axis(a).Cells())
	}
	p := *s.problem
	p.Calculus = fp.ItoCalculus
	p.Equation = fp.Ito(d, s.problem.ItoDrift(length), tensor, fp.Divergence(d, tensor, step))
	solution, err := fp.SolveStationary(&p, s.grid, s.opt.Solve)
	if err != nil {
		return nil, 0, err
	}
	e, ok, err := solution.EstimateError(s.opt.Solve)
	if err != nil || !ok {
		return solution.Density, math.NaN(), nil
	}
	return solution.Density, e.Density, nil
}

// balanced returns the density exp(φ) with φ the integral of the force u = D⁻¹v from the mean along
// the axes, one after the other, the mean over all orders of axes: the density itself in detailed
// balance, where the order does not matter; where the force is −Mθ the normal one of the symmetric
// part of M. The force is that of faces, so that steps are by the midpoint rule, and paths begin in
// the cells around the mean, with the weights that interpolate there.
func (s *subject) balanced() (*grid.Field, error) {
	g := s.grid
	d := g.Dim()
	field, err := s.problem.ForceField(g)
	if err != nil {
		return nil, err
	}
	along := make([][]float64, d)
	for a := range d {
		if g.Axis(a).IsPeriodic() {
			return nil, fmt.Errorf("axis %d is periodic", a)
		}
		along[a] = lineIntegrals(g, field.Density(a), a)
	}
	starts, weights := s.aroundMean()
	phi, idx, at := make([]float64, g.Cells()), make([]int, d), make([]int, d)
	orders := combin.Permutations(d, d)
	for i := range phi {
		g.Indices(idx, i)
		for k, start := range starts {
			for _, order := range orders {
				copy(at, start)
				for _, a := range order {
					from := g.Index(at)
					at[a] = idx[a]
					phi[i] -= weights[k] / float64(len(orders)) * (along[a][g.Index(at)] - along[a][from])
				}
			}
		}
	}
	return compare.Gibbs(g, phi, 1, 2)
}

// aroundMean returns the indices of the cells whose centres are around the mean of the density, and
// the weights with which values there interpolate at the mean.
func (s *subject) aroundMean() (cells [][]int, weights []float64) {
	mean, _ := s.solution.Moments()
	cells, weights = [][]int{nil}, []float64{1}
	for a, x := range mean {
		ax := s.grid.Axis(a)
		k, _ := ax.Find(x)
		if x < ax.Center(k) {
			k--
		}
		k = min(max(k, 0), ax.Cells()-2)
		up := (x - ax.Center(k)) / (ax.Center(k+1) - ax.Center(k))
		for i, c := range cells { // grows by as many
			cells = append(cells, append(slices.Clone(c), k+1))
			weights = append(weights, weights[i]*up)
			cells[i] = append(c, k)
			weights[i] *= 1 - up
		}
	}
	return cells, weights
}

// lineIntegrals returns those of the force on the faces across axis a, along it from the first cell
// of each row.
func lineIntegrals(g *grid.Grid, force []float64, a int) []float64 {
	ax, stride := g.Axis(a), g.Stride(a)
	sum := make([]float64, g.Cells())
	for i := range sum { // cells before come first
		if k := i / stride % ax.Cells(); k > 0 {
			sum[i] = sum[i-stride] + force[g.LowerFace(a, i)]*(ax.Center(k)-ax.Center(k-1))
		}
	}
	return sum
}

// sampledEffects are those between walkers.
func (s *subject) sampledEffects() (list []Effect) {
	c := s.crowds
	if c.sgd == nil {
		return nil
	}
	if d, err := c.sgd.Distances(s.solution.Density); err == nil {
		list = append(list, sampled("walkers", "the equation as a whole", "walkers of SGD and the solution", d, 1))
	}
	if c.normal != nil {
		if d, err := c.sgd.Distances(c.normal.Density()); err == nil {
			list = append(list, sampled("normal-noise", "normal noise", "walkers of SGD and such with normal noise of the same Σ(θ)", d, floorOf(c.sgd, c.normal)))
		}
	}
	if c.epochs != nil {
		how := "walkers in epochs and such with independent batches"
		if d, err := c.sgd.Distances(c.epochs.Density()); err == nil {
			list = append(list, sampled("white-noise", "white noise", how, d, floorOf(c.sgd, c.epochs)))
		}
	}
	return list
}

// floorOf is what the floor of the distance of a histogram becomes when the density that it is set
// against is one of another: variances of cells add up.
func floorOf(h, other *compare.Histogram) float64 {
	return math.Sqrt(1 + float64(h.Total())/float64(other.Total()))
}

// sampled is an effect between walkers; the floor and the error are so many times as large.
func sampled(key, name, how string, d *compare.Distances, times float64) Effect {
	shift := func(x compare.Distance) Shift { return Shift{x.Value, times * x.Err, times * x.Floor} }
	return Effect{Key: key, Name: name, How: how, TV: shift(d.TV), Hellinger: shift(d.Hellinger), Sampled: true}
}
