package fp

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/operators"
)

// This file finds a box for a problem whose file gives none: the stable points of
// the drift, eight standard deviations of the local Gaussian about each, and then
// coarse solutions that show where the box is too small or wastes cells.

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
		fall += tooWide(p, minima, box, axis)
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

// tooWide says that the density around a stable point is too wide for the box along an axis, "" where it is not.
func tooWide(p *Problem, points [][]float64, box []Interval, axis int) string {
	for _, x := range points {
		if sd := linearDeviations(p, x)[axis]; sd > (box[axis].Max-box[axis].Min)/autoDeviations {
			return fmt.Sprintf("; at the stable point %s the noise is so strong, or the drift so weak, that the standard deviation along %s is %.3g", pointText(p.Variables, x), p.Variables[axis], sd)
		}
	}
	return ""
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

// localDeviations returns those of [linearDeviations]. Where one is not known, or wider than
// 0.5 (1 + |x|), the drift leaves a direction free, and 8 of them make one unit.
func localDeviations(p *Problem, x []float64) []float64 {
	sd := linearDeviations(p, x)
	for a, v := range sd {
		if most := 0.5 * (1 + math.Abs(x[a])); !(v > 1e-6*most && v < most) {
			sd[a] = 1.0 / autoDeviations
		}
	}
	return sd
}

// linearDeviations returns the square roots of the diagonal of S, NaN where it is not known.
func linearDeviations(p *Problem, x []float64) []float64 {
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
		sd[a] = math.NaN()
		var illConditioned mat.Condition
		if solved == nil || errors.As(solved, &illConditioned) {
			sd[a] = math.Sqrt(s.AtVec(a*d + a))
		}
	}
	return sd
}
