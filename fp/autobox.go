package fp

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
)

// This file finds a box for a problem whose file gives none: the stable points of
// the drift, eight standard deviations of the local Gaussian about each, and then
// coarse solutions that show where the box is too small or wastes cells. Where a density is
// too thin for a generator's coarse solutions the accurate operator makes them.

const (
	autoDeviations = 8    // N(0,1) has 1e-15 beyond
	autoRounds     = 8    // each may widen the box by half at each end
	autoTooMuch    = 1e-3 // no result with more mass than that in the outer sixteenth at any end
	autoEnough     = 1e-8 // mass there that is not worth a doubt
	autoUnresolved = 0.05 // mass in cells with a Péclet number beyond 2: what lies in the outer cells is the grid's doing
	autoError      = 0.1  // estimated error of the accurate operator from which the same holds
)

// A BoxError says why no box was found.
type BoxError struct {
	What string
	Err  error // that of a trial solution, or nil
}

func (e *BoxError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("auto: %s: %v", e.What, e.Err)
	}
	return "auto: " + e.What
}

func (e *BoxError) Unwrap() error { return e.Err }

// FindBox returns intervals with reflecting walls that hold the stationary density of
// the problem, and remarks on what was found. cells is the number of cells per
// axis of the final grid.
//
// At a stable point of the drift with Jacobian −H the local covariance S obeys
// H S + S Hᵀ = 2D; a direction that the drift leaves free counts as one unit wide.
//
// Doubts are what may be wrong with the box.
func FindBox(p *Problem, cells []int) (box []Interval, notes, doubts []string, err error) {
	minima := p.StablePoints()
	if len(minima) == 0 {
		return nil, nil, nil, &BoxError{What: "the drift has no stable point near the origin to put a box around; give min and max"}
	}
	if p.isStill(minima) {
		return nil, nil, nil, &BoxError{What: "the diffusion is 0 at the stable points of the drift, and the stationary state a point; give min and max"}
	}
	lo, hi := boundsAround(p, minima)
	var t *trial
	var rings []float64 // outer mass of each round
	for range autoRounds {
		box = intervals(lo, hi, cells)
		if t, err = coarseSolve(p, box, t); err != nil {
			return nil, nil, nil, &BoxError{What: "on the box " + boxText(p.Variables, box), Err: err}
		}
		ring, _ := t.outerMass()
		rings = append(rings, ring)
		if !t.resize(lo, hi) || isLevel(rings) && !t.resolved { // to go on costs much and tells little
			break
		}
	}
	notes = append(notes, fmt.Sprintf("box chosen: %s, around %d stable point(s) of the drift found from starts up to %g from 0", boxText(p.Variables, box), len(minima), farthestStart))
	switch ring, axis := t.outerMass(); {
	case ring > autoTooMuch:
		fall := ""
		if isLevel(rings) {
			fall = fmt.Sprintf(", no less than in the boxes before: the density does not fall off along %s as far as that, and walls may be all that holds it", p.Variables[axis])
		}
		return nil, nil, nil, &BoxError{What: fmt.Sprintf("no box was found: widened to %s, %.2g of the probability is still in its outer sixteenth along %s%s; give min and max", boxText(p.Variables, box), ring, p.Variables[axis], fall)}
	case !t.resolved:
		doubts = append(doubts, fmt.Sprintf("on %s cells, on which boxes are tried, the density is too thin to tell whether a wider box is needed: %.2g of it is in the outer sixteenth", shapeText(t.density.Grid.Shape()), ring))
	case ring > autoEnough:
		doubts = append(doubts, fmt.Sprintf("no box was found that holds 1 − %g of the probability: of this one, tried in %d rounds, %.2g is in the outer sixteenth along %s: heavy tails, whose moments depend on the box, or a well at its end; compare with a wider one", autoEnough, len(rings), ring, p.Variables[axis]))
	}
	return box, notes, doubts, nil
}

// isLevel says whether the last two of a series of widenings left about as much mass in the
// outer sixteenth, too much, as there had been.
func isLevel(rings []float64) bool {
	k := len(rings) - 1
	return k >= 2 && rings[k] > autoTooMuch && min(rings[k]/rings[k-1], rings[k-1]/rings[k-2]) > 0.9
}

// isStill says whether there is no diffusion at any of the points.
func (p *Problem) isStill(points [][]float64) bool {
	for _, x := range points {
		_, d := p.coefficientsAt(x)
		for _, v := range d {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

func boxText(variables []string, box []Interval) string {
	s := make([]string, len(box))
	for a, in := range box {
		s[a] = fmt.Sprintf("%s in [%g, %g]", variables[a], in.Min, in.Max)
	}
	return strings.Join(s, ", ")
}

// intervals rounds the bounds outward to a hundredth of the length's decade.
func intervals(lo, hi []float64, cells []int) []Interval {
	box := make([]Interval, len(lo))
	for a := range box {
		unit := math.Pow(10, math.Floor(math.Log10(hi[a]-lo[a]))-2)
		box[a] = Interval{Min: roundTo(math.Floor(lo[a]/unit), unit), Max: roundTo(math.Ceil(hi[a]/unit), unit), Cells: cells[a]}
	}
	return box
}

// roundTo returns k·unit for a unit 10ᵏ as the nearest decimal, so that it prints short.
func roundTo(k, unit float64) float64 {
	if unit < 1 {
		return k / math.Round(1/unit)
	}
	return k * unit
}

func shapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", "×"), "[]")
}

// A trial is a density on a coarse grid of a box, and what can be read off it.
type trial struct {
	density  *grid.Field
	resolved bool    // else it is smeared outward
	accurate int     // cells per axis of the accurate operator; 0 of a generator
	vain     float64 // volume of the box on which the accurate operator resolved nothing; 0 for none

	// From grow, the mass in the outer sixteenth at an end, the box is widened there by the
	// part wider of its length; trim is the mass that may be cut off.
	grow, wider, trim float64
}

// accurateTrials are the cells per axis on which the accurate operator is tried, in two
// dimensions, where a generator resolves too little.
var accurateTrials = []int{128, 256}

// coarseSolve solves by a generator on 64 cells per axis (24 in three dimensions), or on
// twice as many where those are too few; in two dimensions, where those do not resolve it
// either, by the accurate operator, from the cells that the last trial took on.
func coarseSolve(p *Problem, box []Interval, last *trial) (*trial, error) {
	if last != nil && last.accurate > 0 {
		if t := accurateTrial(p, box, last.accurate); t != nil {
			return t, nil
		}
	}
	cells := map[int]int{1: 512, 2: 64, 3: 24}[len(box)]
	t, err := generatorTrial(p, box, cells)
	if err != nil || t.resolved || len(box) == 3 {
		return t, err
	}
	if t, err = generatorTrial(p, box, 2*cells); err != nil || t.resolved || len(box) == 1 {
		return t, err
	}
	volume := t.density.Grid.Volume(0) * float64(t.density.Grid.Cells())
	switch {
	case last != nil && last.accurate > 0:
		t.vain = volume
	case last != nil && last.vain > 0 && volume > last.vain/2:
		t.vain = last.vain
	default:
		if a := accurateTrial(p, box, 0); a != nil {
			return a, nil
		}
		t.vain = volume
	}
	return t, nil
}

// generatorTrial tries a box by a generator. Its tails are right far down; but where it does
// not resolve the density little at the ends says nothing, and does not call for a wider box
// with even wider cells.
func generatorTrial(p *Problem, box []Interval, cells int) (*trial, error) {
	g, err := trialGrid(p, box, cells)
	if err != nil {
		return nil, err
	}
	s, err := SolveStationary(p, g, StationaryOptions{Order: OrderMonotone})
	if err != nil {
		return nil, err
	}
	if s.massBeyond(2) > autoUnresolved {
		return &trial{density: s.Density, grow: autoTooMuch, wider: 0.5, trim: 1e-9}, nil
	}
	return &trial{density: s.Density, resolved: true, grow: 1e-9, wider: 0.5, trim: 1e-12}, nil
}

// accurateTrial tries a box by the linear form of the accurate operator, from so many cells
// per axis on; nil where none of the grids resolves the density. It tells masses from
// noise down to some 1e-10.
func accurateTrial(p *Problem, box []Interval, from int) *trial {
	for _, cells := range accurateTrials {
		if cells < from {
			continue
		}
		g, err := trialGrid(p, box, cells)
		if err != nil {
			return nil
		}
		c, err := SampleCenters(p, g)
		if err != nil {
			return nil
		}
		order := autoOrder(g)
		h, err := newHighOrder(p, g, order, c)
		if err != nil || h.solveStar() != nil || math.IsNaN(floats.Sum(h.star)) {
			return nil
		}
		a := h.linear(order)
		if a.err == nil && a.estimate.Density < autoError && !h.isNegative(a) {
			f := grid.NewField(g)
			f.Values = (&pointValues{h, a}).averages()
			return &trial{density: f, resolved: true, accurate: cells, grow: autoEnough, wider: 1.0 / 16, trim: 1e-10}
		}
	}
	return nil
}

// trialGrid returns the grid of so many cells along each axis of the box.
func trialGrid(p *Problem, box []Interval, cells int) (*grid.Grid, error) {
	coarse := append([]Interval(nil), box...)
	for a := range coarse {
		coarse[a].Cells = cells
	}
	d := Domain{Intervals: coarse}
	return d.Grid(p.Variables)
}

// resize moves the bounds where the marginals call for it, and says whether any moved.
func (t *trial) resize(lo, hi []float64) bool {
	moved := false
	for a := range lo {
		m := t.density.Marginal(a)
		ax := m.Grid.Axis(0)
		length := ax.Length()
		below, above := tails(m)
		n := ax.Cells()
		// First and last cell that the mass beyond trim reaches, with a margin.
		first, last := 0, n-1
		for first < n-1 && below[first] < t.trim {
			first++
		}
		for last > 0 && above[last] < t.trim {
			last--
		}
		margin := max(1, n/32)
		switch {
		case below[n/16] > t.grow:
			lo[a], moved = lo[a]-t.wider*length, true
		case first > n/8:
			lo[a], moved = ax.Edges()[first-margin], true
		}
		switch {
		case above[n-1-n/16] > t.grow:
			hi[a], moved = hi[a]+t.wider*length, true
		case last < n-1-n/8:
			hi[a], moved = ax.Edges()[last+1+margin], true
		}
	}
	return moved
}

// tails returns the mass up to and including each cell, from below and from above.
func tails(m *grid.Field) (below, above []float64) {
	n := len(m.Values)
	below, above = make([]float64, n), make([]float64, n)
	var sum float64
	for i, v := range m.Values {
		sum += v * m.Grid.Volume(i)
		below[i] = sum
	}
	sum = 0
	for i := n - 1; i >= 0; i-- {
		sum += m.Values[i] * m.Grid.Volume(i)
		above[i] = sum
	}
	return below, above
}

// outerMass returns the largest mass in the outer sixteenth at any end, and along which axis.
func (t *trial) outerMass() (worst float64, axis int) {
	for a := range t.density.Grid.Dim() {
		below, above := tails(t.density.Marginal(a))
		n := len(below)
		if m := max(below[n/16], above[n-1-n/16]); m > worst {
			worst, axis = m, a
		}
	}
	return worst, axis
}

// boundsAround returns the union of the local boxes around the points.
func boundsAround(p *Problem, points [][]float64) (lo, hi []float64) {
	d := p.Dim()
	lo, hi = make([]float64, d), make([]float64, d)
	for a := range lo {
		lo[a], hi[a] = math.Inf(1), math.Inf(-1)
	}
	for _, x := range points {
		sd := localDeviations(p, x)
		for a := range x {
			lo[a] = min(lo[a], x[a]-autoDeviations*sd[a])
			hi[a] = max(hi[a], x[a]+autoDeviations*sd[a])
		}
	}
	return lo, hi
}

// localDeviations returns the square roots of the diagonal of S. Where that is not
// known, or wider than 0.5 (1 + |x|), the drift leaves a direction free, and 8 of them
// make one unit.
func localDeviations(p *Problem, x []float64) []float64 {
	d := p.Dim()
	h := jacobian(p, x)
	_, diff := p.coefficientsAt(x)
	// (I⊗H + H⊗I) vec S = 2 vec D.
	m, rhs := mat.NewDense(d*d, d*d, nil), mat.NewVecDense(d*d, nil)
	for i := range d {
		for j := range d {
			rhs.SetVec(i*d+j, 2*diff[operators.Packed(d, i, j)])
			for k := range d {
				m.Set(i*d+j, k*d+j, m.At(i*d+j, k*d+j)-h.At(i, k))
				m.Set(i*d+j, i*d+k, m.At(i*d+j, i*d+k)-h.At(j, k))
			}
		}
	}
	var s mat.VecDense
	solved := s.SolveVec(m, rhs)
	sd := make([]float64, d)
	for a := range sd {
		most := 0.5 * (1 + math.Abs(x[a]))
		sd[a] = 1.0 / autoDeviations
		var illConditioned mat.Condition
		if solved == nil || errors.As(solved, &illConditioned) {
			if v := math.Sqrt(s.AtVec(a*d + a)); v > 1e-6*most && v < most {
				sd[a] = v
			}
		}
	}
	return sd
}

// StablePoints returns minima of the landscape, or zeros of the drift where there is none,
// that attract: those found from fixed starts up to 100 from 0, none where there is no such
// point.
func (p *Problem) StablePoints() (points [][]float64) {
	for _, start := range starts(p.Dim()) {
		x, ok := descend(p, start)
		if ok && p.Landscape != nil && attracts(p, x, freeSlack) && !attracts(p, x, -freeSlack) {
			if y, still := followDrift(p, x); still && attracts(p, y, -1e-3) {
				x = y
			}
		}
		slack := freeSlack
		if distance(start) > nearStart {
			slack = -1e-3 // far along a valley is no place for a box
		}
		if !ok || !attracts(p, x, slack) || contains(points, x) {
			continue
		}
		points = append(points, x)
	}
	return points
}

// freeSlack is the eigenvalue of the drift's Jacobian, over the largest, that counts as 0.
const freeSlack = 1e-2

// nearStart is the distance from 0 within which stable points may have a free direction.
const nearStart = 6.0

// farthestStart is the distance from 0 within which stable points are looked for.
const farthestStart = 100.0

// starts returns the origin, points at several distances along each axis, and normal points.
func starts(dim int) [][]float64 {
	s := [][]float64{make([]float64, dim)}
	for a := range dim {
		for _, v := range []float64{-farthestStart, -30, -10, -3, -1, 1, 3, 10, 30, farthestStart} {
			x := make([]float64, dim)
			x[a] = v
			s = append(s, x)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 16 {
		x := make([]float64, dim)
		for a := range x {
			x[a] = 1.5 * r.NormFloat64()
		}
		s = append(s, x)
	}
	return s
}

func descend(p *Problem, start []float64) ([]float64, bool) {
	settings := &optimize.Settings{MajorIterations: 500, GradientThreshold: 1e-9}
	var prob optimize.Problem
	var method optimize.Method
	if p.Landscape != nil {
		prob = optimize.Problem{Func: p.Landscape.Value, Grad: p.Landscape.Grad}
		method = &optimize.BFGS{}
	} else {
		prob = optimize.Problem{Func: func(x []float64) float64 {
			v, _ := p.coefficientsAt(x)
			var sum float64
			for _, c := range v {
				sum += c * c
			}
			return sum
		}}
		method = &optimize.NelderMead{}
	}
	res, err := optimize.Minimize(prob, start, settings, method)
	if res == nil || err != nil && p.Landscape == nil {
		return nil, false // a line search that stops at round-off of a minimum is fine
	}
	for _, v := range res.X {
		if !(math.Abs(v) < 1e6) {
			return nil, false
		}
	}
	if p.Landscape == nil && !(math.Sqrt(res.F) < 1e-6) {
		return nil, false
	}
	return res.X, true
}

// followDrift follows the effective drift from a point to where it stops: along a valley of the
// landscape, whose points are all minima, noise that varies is all there is to it. Linearly
// implicit Euler steps grow as the drift fades, towards Newton's.
//
// Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508: pseudo-transient continuation.
func followDrift(p *Problem, x []float64) ([]float64, bool) {
	v, _ := p.coefficientsAt(x)
	j := jacobian(p, x)
	size := distance(v)
	step := 1 / mat.Norm(j, 2)
	for range 200 {
		if size < 1e-10*mat.Norm(j, 2)*(1+distance(x)) {
			return x, true
		}
		m := mat.NewDense(len(x), len(x), nil)
		m.Scale(-1, j)
		for a := range x {
			m.Set(a, a, m.At(a, a)+1/step)
		}
		var dx mat.VecDense
		if dx.SolveVec(m, mat.NewVecDense(len(v), v)) != nil {
			return nil, false
		}
		y := append([]float64(nil), x...)
		floats.Add(y, dx.RawVector().Data)
		w, _ := p.coefficientsAt(y)
		if !(distance(w) < 1.5*size) {
			step /= 4
			continue
		}
		x, v = y, w
		step *= max(1, min(size/distance(w), 10)) * 1.5
		size = distance(v)
		j = jacobian(p, x)
	}
	return nil, false
}

// attracts says whether no eigenvalue of the drift's Jacobian has a real part above
// slack times the largest eigenvalue.
func attracts(p *Problem, x []float64, slack float64) bool {
	var eig mat.Eigen
	j := jacobian(p, x)
	if !eig.Factorize(j, mat.EigenNone) {
		return false
	}
	largest, top := 0.0, math.Inf(-1)
	for _, v := range eig.Values(nil) {
		largest = max(largest, cmplx.Abs(v))
		top = max(top, real(v))
	}
	return largest > 0 && top <= slack*largest
}

func distance(x []float64) (d float64) {
	for _, v := range x {
		d = math.Hypot(d, v)
	}
	return d
}

func contains(points [][]float64, x []float64) bool {
	for _, y := range points {
		var dist, size float64
		for a := range x {
			dist += (x[a] - y[a]) * (x[a] - y[a])
			size += x[a] * x[a]
		}
		if dist < 1e-6*(1+size) {
			return true
		}
	}
	return false
}

// coefficientsAt returns the effective drift and the packed D at one point.
func (p *Problem) coefficientsAt(x []float64) (v, diffusion []float64) {
	e := p.Equation
	if e.Potential {
		e = withoutPotential(e, stepAt(x))
	}
	at := make([][]float64, len(x))
	for a := range x {
		at[a] = x[a : a+1]
	}
	out := block(e.components(), 1)
	e.Eval(out, at)
	v = make([]float64, len(x))
	for a := range v {
		v[a] = out[a][0]
	}
	for _, c := range out[len(x):] {
		diffusion = append(diffusion, c[0])
	}
	return v, diffusion
}

// stepAt is a step for differences at a point with nothing else to measure it by:
// fourth-order differences over it are good to about 1e-11.
func stepAt(x []float64) []float64 {
	h := make([]float64, len(x))
	for a := range h {
		h[a] = 1e-3 * (1 + math.Abs(x[a]))
	}
	return h
}

// jacobian returns ∂v_i/∂x_j by central differences.
func jacobian(p *Problem, x []float64) *mat.Dense {
	d := len(x)
	j := mat.NewDense(d, d, nil)
	h := stepAt(x)
	for b := range d {
		y := append([]float64(nil), x...)
		y[b] = x[b] + h[b]
		up, _ := p.coefficientsAt(y)
		y[b] = x[b] - h[b]
		down, _ := p.coefficientsAt(y)
		for a := range d {
			j.Set(a, b, (up[a]-down[a])/(2*h[b]))
		}
	}
	return j
}
