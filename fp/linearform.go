package fp

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/accurate"
	"github.com/ness-fp/ness/operators/krylov"
)

// This file solves R(p) = 0 for point values, which is linear in p: conservative, of the
// order asked for, but not positive where the grid is too coarse.

// linearForm returns the operators of all orders with damping, blended with the star
// generator's flux.
func (h *highOrder) linearForm(b blend) func(order int) *accurate.Operator {
	c := h.blended(h.base, h.shares(h.star, b), [3][]float64{}, nil)
	forms := map[int]*accurate.Operator{}
	return func(order int) *accurate.Operator {
		if forms[order] == nil {
			op := h.operator(order)
			forms[order] = op.With(op.Damped(c))
		}
		return forms[order]
	}
}

// Bounds of what [highOrder.aim] returns: values below the least are of no use to anybody, and
// a blend above the largest would be seen in tails.
const (
	leastBlend, mostBlend         = 1e-14, 1e-8
	leastTolerance, mostTolerance = 5e-10, 1e-5
)

// What blends and tolerances leave of the density, relative to them, at most: measured.
const blendFloor, residualFloor = 0.3, 0.05

// floorShare is the part of the difference of two orders that each of them may leave.
const floorShare = 1e-2

// aimedDivergence is the largest tolerance times the largest rate of change of the star
// generator's density, over the largest flow to and fro of a cell. GMRES leaves about that, in a
// single cell up to some seventy times as much; where it is more than mostDivergence it goes on.
const aimedDivergence, mostDivergence = 1e-10, 1e-8

// fineGrid is the number of cells along all axes from which most densities are found to
// fineBlend, finestGrid that from which they are to leastBlend.
const fineGrid, fineBlend, finestGrid = 192, 1e-11, 768

// A target is the linear form with a blend and a tolerance of GMRES that suit the error to be
// expected.
type target struct {
	form  func(order int) *accurate.Operator
	blend blend
	size  float64 // foreseen distance of two orders
	// tol is relative to scale, the norm in GMRES of the star generator's residual.
	tol, scale float64
}

// firstBlend returns the blend that suits most densities on a grid.
func firstBlend(g *grid.Grid) blend {
	switch n := fewest(g); {
	case n >= finestGrid:
		return blendFrom(leastBlend)
	case n >= fineGrid:
		return blendFrom(fineBlend)
	}
	return blendFrom(mostBlend)
}

// aim returns the target of that order.
func (h *highOrder) aim(order int) *target {
	t := &target{blend: firstBlend(h.grid)}
	t.form = h.linearForm(t.blend)
	rates := make([]float64, len(h.star))
	t.form(order).Apply(rates, h.star)
	t.scale = h.residualNorm(rates)
	divergence := h.divergence(rates, h.star)
	t.size = h.foresee(t.form, order, rates)
	if hi := max(floorShare*t.size/blendFloor, leastBlend); hi < t.blend.hi {
		t.blend = blendFrom(hi)
		t.form = h.linearForm(t.blend)
	}
	most := min(mostTolerance, aimedDivergence/divergence)
	if t.tol = h.tol; t.tol == 0 {
		t.tol = max(min(floorShare*t.size/residualFloor, most), leastTolerance)
	}
	return t
}

// foresee returns about the distance from the solution of that order, in which the star
// generator's density has the rates given, to that of a neighbouring one, relative to it: what
// the two make of that density, under the preconditioner. Next to walls, where weights of the
// integral are not 1, the density differs in a way of its own, which is left out. The rates
// are lost.
func (h *highOrder) foresee(form func(order int) *accurate.Operator, order int, rates []float64) float64 {
	next := order - 2
	if next < 2 {
		next = 4
	}
	if !gridBears(h.grid, next) {
		return 0
	}
	other := make([]float64, len(rates))
	form(next).Apply(other, h.star)
	var left, mass float64
	for i, w := range h.weights(h.operator(order)) {
		if rates[i] -= other[i]; math.Abs(w/h.volume[i]-1) > 1e-9 {
			rates[i] = 0
		}
		left += rates[i]
		mass += h.cell[i] * h.star[i]
	}
	for i, p := range h.star { // rates sum to 0
		rates[i] -= left / mass * h.cell[i] * p
	}
	_, size := h.correction(rates, h.star)
	return size
}

// approach solves the linear form to the target, from the star generator's density or, where
// that is nearer, from the values given.
func (h *highOrder) approach(t *target, order int, start []float64) (p []float64, stats krylov.Stats, err error) {
	p = append([]float64(nil), h.star...)
	if start != nil {
		rates := make([]float64, len(start))
		t.form(order).Apply(rates, start)
		if h.residualNorm(rates) < t.scale {
			p = start
			h.visit(1) // errors of such a start are short waves, and so is what other orders differ by
		}
	}
	stats, err = h.improve(t.form(order), p, t.tol, t.scale, iterationLimit)
	return p, stats, err
}

// visit sets how often the preconditioner's cycle visits coarse levels.
func (h *highOrder) visit(times int) {
	if h.frozen != nil {
		h.frozen.Visits = times
	}
}

// calm goes on with the linear form where rates of change are too large in some cell; stats are
// those so far.
func (h *highOrder) calm(t *target, order int, p []float64, stats *krylov.Stats) error {
	const rounds = 3
	rates := make([]float64, len(p))
	for range rounds {
		t.form(order).Apply(rates, p)
		if h.divergence(rates, p) <= mostDivergence {
			break
		}
		t.tol *= 0.1
		more, err := h.improve(t.form(order), p, t.tol, t.scale, iterationLimit)
		stats.Iterations, stats.Residual = stats.Iterations+more.Iterations, more.Residual
		if err != nil {
			return err
		}
	}
	return nil
}

// divergence returns the largest rate of change in p over the largest flow to and fro of a cell.
func (h *highOrder) divergence(rates, p []float64) float64 {
	return floats.Norm(rates, math.Inf(1)) / h.largestTurnover(p)
}

// Coarser grids save more than they cost on nestedCells along all axes, where they themselves
// have coarseCells and a distance of orders up to coarseError; not where fewIterations lead
// there from the star generator's density.
const nestedCells, coarseCells, coarseError, fewIterations = 384, 96, 1e-6, 12

// coarser returns the numbers of cells of grids where the problem is to be solved first, each
// with twice as many along each axis as the last; size is the distance of orders on this one.
func (h *highOrder) coarser(size float64, order int) (shapes [][]int) {
	if fewest(h.grid) < nestedCells {
		return nil
	}
	for cells := h.grid.Shape(); ; {
		for a := range cells {
			cells[a] /= 2
		}
		size *= math.Pow(2, float64(order-2)) // where the lower of the two orders shows
		if slices.Min(cells) < coarseCells || size > coarseError {
			slices.Reverse(shapes)
			return shapes
		}
		shapes = append(shapes, slices.Clone(cells))
	}
}

// fromCoarser returns values interpolated from solutions on coarser grids; nil where they would
// not help.
func (h *highOrder) fromCoarser(t *target, order int) []float64 {
	var p []float64
	k := h
	for _, cells := range h.coarser(t.size, order) {
		var start []float64
		if p != nil {
			start = k.operator(order).Refined(p, cells)
		}
		var err error
		if k, err = h.resampled(cells, order); err != nil {
			return nil
		}
		var stats krylov.Stats
		if p, stats, err = k.approach(k.aim(order), order, start); err != nil {
			return nil
		}
		if start == nil && stats.Iterations <= fewIterations {
			return nil
		}
		floats.Scale(1/floats.Max(p), p)
	}
	if p == nil {
		return nil
	}
	return k.operator(order).Refined(p, h.grid.Shape())
}

// resampled returns the problem on another number of cells, with the star generator's density.
func (h *highOrder) resampled(cells []int, order int) (*highOrder, error) {
	g := h.grid.Resample(cells)
	c, err := SampleCenters(h.problem, g)
	if err != nil {
		return nil, err
	}
	k, err := newHighOrder(h.problem, g, order, c)
	if err != nil {
		return nil, err
	}
	k.memory, k.vectors = h.memory, h.vectors
	return k, k.solveStar()
}

// residualWeight returns the weights of rates of change in GMRES, over those out of cells
// and over densities ref to the power ½, at least 1e-10; without ref over the first alone.
func (h *highOrder) residualWeight(ref []float64) []float64 {
	w := make([]float64, len(h.outflow))
	for i, d := range h.outflow {
		w[i] = 1 / d
		if ref != nil {
			w[i] /= sqrtAtLeast(ref[i])
		}
	}
	return w
}

// residualNorm returns the norm in GMRES of rates of change.
func (h *highOrder) residualNorm(rates []float64) float64 {
	var sum float64
	for i, d := range h.outflow {
		v := rates[i] / d
		sum += v * v
	}
	return math.Sqrt(sum)
}

// improve changes p until the norm in GMRES of R(p) is below tol times scale, or below tol times
// what it was where scale is 0.
func (h *highOrder) improve(op *accurate.Operator, p []float64, tol, scale float64, most int) (stats krylov.Stats, err error) {
	if h.rates == nil {
		h.rates, h.change, h.weight = make([]float64, len(p)), make([]float64, len(p)), h.residualWeight(nil)
	}
	rhs, e := h.rates, h.change
	clear(e)
	op.Apply(rhs, p)
	floats.Scale(-1, rhs)
	first := h.residualNorm(rhs)
	if scale == 0 {
		scale = first
	}
	if first <= tol*scale {
		if scale > 0 {
			stats.Residual = first / scale
		}
		return stats, nil
	}
	stats, err = krylov.GMRES(op.Apply, h.precondition(nil), rhs, e, krylov.Options{
		Tol: tol * scale / first, MaxIterations: most, Restart: min(most, h.vectors), Weight: h.weight, Workspace: &h.workspace,
	})
	floats.Add(p, e)
	stats.Residual *= first / scale
	return stats, err
}

// correction returns what the star generator adds to p to undo the rates, and its size relative
// to p. Where probability hardly passes from one well to another residuals are small whatever
// the weights of the wells are; this tells.
func (h *highOrder) correction(rates, p []float64) (e []float64, size float64) {
	e = make([]float64, len(p))
	h.precondition(nil)(e, rates)
	floats.Scale(-1, e)
	var sum float64
	for i, v := range h.cell {
		size += v * math.Abs(e[i])
		sum += v * p[i]
	}
	return e, size / sum
}
