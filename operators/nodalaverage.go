package operators

import (
	"math"

	"github.com/ness-fp/ness/grid"
)

// This file has what lies between the centres of a line, where [Nodal] is exact. With
// the constant J of the interval around x and W(x) = ∫_c^x v/D from a centre c at its end,
//
//	p(x) = e^{W(x)} (p_c − J ∫_c^x e^{−W(s)}/D(s) ds).
//
// A cell is two halves, each in one interval and seen from the cell's own centre. The
// polynomials through v/D, ln D and φ at the nodes of the interval give them at the
// nodes of the half.

// A lineHalf is a half of a cell within an interval [0, 1] between centres: from the
// cell's centre, at 0 or 1, to its edge.
type lineHalf struct {
	from, to float64
	// at[q][j] is the value at node q of the half of the polynomial that is 1 at node j
	// of the interval and 0 at the others.
	at [LineOrder][LineOrder]float64
}

func newLineHalf(from, to float64) *lineHalf {
	h := new(lineHalf)
	h.from, h.to = from, to
	for q, s := range lineX {
		for j := range lineX {
			h.at[q][j] = lagrange(&lineX, j, from+s*(to-from))
		}
	}
	return h
}

// Halves of equal cells, and halves that end at a wall, where the interval does.
var (
	evenLower, evenUpper = newLineHalf(1, 0.5), newLineHalf(0, 0.5)
	wallLower, wallUpper = newLineHalf(1, 0), newLineHalf(0, 1)
)

// lowerHalf returns the lower half of cell i, in interval i.
func lowerHalf(ax grid.Axis, i int) *lineHalf {
	switch {
	case i == 0 && !ax.IsPeriodic():
		return wallLower
	case ax.IsUniform():
		return evenLower
	}
	lo, hi := lineInterval(ax, i)
	return newLineHalf(1, (ax.Edges()[i]-lo)/(hi-lo))
}

// upperHalf returns the upper half of cell i, in interval i+1.
func upperHalf(ax grid.Axis, i int) *lineHalf {
	switch {
	case i == ax.Cells()-1 && !ax.IsPeriodic():
		return wallUpper
	case ax.IsUniform():
		return evenUpper
	}
	lo, hi := lineInterval(ax, i+1)
	return newLineHalf(0, (ax.Edges()[i+1]-lo)/(hi-lo))
}

// LineAverages returns the averages over cells of the density that takes the given
// values at their centres and is stationary with the given flow through the faces, of
// which there is one more than cells.
//
// Where the values and flows are those of [Nodal], so are the averages: exact to the
// accuracy of the polynomials of degree 7 through v/D, ln D and φ on each interval. With
// these analytic out to r half lengths of the interval from its middle, that is about
// (2r)⁻⁸ of the work |∫v/D| there.
//
// A half takes the value at the centre, an error of first order in its length, where
// quadrature does not cope: where D = 0 at a node of the interval, where |∫v/D| or the
// difference of φ exceeds [MaxWork], and where coefficients too rough for the grid would
// give a negative density. Averages of values ≥ 0 are ≥ 0.
func LineAverages(c *LineCoefficients, density, flow []float64) []float64 {
	ax := c.Grid.Axis(0)
	n := ax.Cells()
	c.checkSolution("LineAverages", density, flow)
	average := make([]float64, n)
	for i, p := range density {
		lower, upper := lowerHalf(ax, i), upperHalf(ax, i)
		average[i] = 0.5 * (c.halfMean(lower, i, i, p, flow[i]) + c.halfMean(upper, i+1, i, p, flow[i+1]))
	}
	return average
}

func (c *LineCoefficients) checkSolution(name string, density, flow []float64) {
	c.check(name)
	n := c.Grid.Cells()
	if len(density) != n || len(flow) != n+1 {
		panic("operators: " + name + ": want one density per cell and one flow per face")
	}
}

// halfMean returns the mean of the density over a half of cell i, which lies in interval
// k, from its value p at the centre and the flow j through the interval.
func (c *LineCoefficients) halfMean(half *lineHalf, k, i int, p, j float64) float64 {
	if !c.copes(k) {
		return p
	}
	lo, hi := lineInterval(c.Grid.Axis(0), k)
	length := (half.to - half.from) * (hi - lo) // negative downwards
	slope, work, logD := c.onto(half, k, i)
	var conductance [LineOrder]float64 // e^{−W}/D
	for q := range work {
		for m, v := range slope {
			work[q] += length * lineIntegral[q][m] * v
		}
		if !(math.Abs(work[q]) <= MaxWork) {
			return p
		}
		conductance[q] = math.Exp(-work[q] - logD[q])
	}
	var mean float64
	for q, w := range work {
		var resistance float64
		for m, v := range conductance {
			resistance += length * lineIntegral[q][m] * v
		}
		at := math.Exp(w) * (p - j*resistance)
		if !(at >= 0 && at <= math.MaxFloat64) {
			return p
		}
		mean += lineWeight[q] * at
	}
	return mean
}

// onto returns v/D, φ(centre of cell i) − φ and ln D at the nodes of a half in interval k.
func (c *LineCoefficients) onto(half *lineHalf, k, i int) (slope, fall, logD [LineOrder]float64) {
	v, d := c.nodes(k)
	var ratio, log [LineOrder]float64
	for m := range d {
		ratio[m], log[m] = v[m]/d[m], math.Log(d[m])
	}
	for q := range half.at {
		for m, l := range half.at[q] {
			slope[q] += l * ratio[m]
			logD[q] += l * log[m]
		}
	}
	if c.Potential != nil {
		phi := c.Potential[k*LineOrder:][:LineOrder]
		for q := range half.at {
			for m, l := range half.at[q] {
				fall[q] += l * (c.AtCenters[i] - phi[m])
			}
		}
	}
	return slope, fall, logD
}

// LineEntropyProduction returns ∫J²/(D p), in nats per time, of the density and flow of
// [LineAverages]. Since J/(D p) = v/D − p′/p, an interval between centres x < y adds
//
//	J (∫_x^y v/D + ln(p_x/p_y)),
//
// ≥ 0 and as exact as J and p. Where fitted rates take over, the work is theirs. It is
// +Inf where J crosses an interval without diffusion. Walls are not counted.
func LineEntropyProduction(c *LineCoefficients, density, flow []float64) float64 {
	c.checkSolution("LineEntropyProduction", density, flow)
	var sum float64
	for k := range flow {
		lower, upper := c.ends(k)
		if lower < 0 || upper < 0 || k > upper { // a wall, or the seam for the second time
			continue
		}
		if flow[k] == 0 || density[lower] <= 0 || density[upper] <= 0 {
			continue // nothing flows, or underflow: beyond 1e-300 of the maximum
		}
		if _, d := c.means(k); d == 0 {
			return math.Inf(1)
		}
		force := c.work(k) + math.Log(density[lower]/density[upper])
		sum += max(0, flow[k]*force) // negative is round-off
	}
	return sum
}

// work returns ∫v/D over interval k, where D > 0 somewhere, plus the fall of φ.
func (c *LineCoefficients) work(k int) float64 {
	lo, hi := lineInterval(c.Grid.Axis(0), k)
	work := c.drop(k)
	if !c.copes(k) {
		v, d := c.means(k)
		return work + v*(hi-lo)/d // as in fitted
	}
	v, d := c.nodes(k)
	for q, w := range lineWeight {
		work += (hi - lo) * w * v[q] / d[q]
	}
	return work
}
