package operators

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ness-fp/ness/grid"
)

// This file has the rates of d = 1. Between centres x < y, with W(s) = ∫_x^s v/D,
// the equation J = v p − D p′ with constant J integrates to
//
//	J = (p_x − p_y e^{−W(y)}) / ∫_x^y e^{−W(s)}/D(s) ds,
//
// so the weights of p_x and p_y in the flux are known, and the ratios of p at the
// centres and the current come out right at any resolution, in equilibrium or not.

// LineOrder is the number of Gauss nodes between two centres.
const LineOrder = 8

// MaxWork bounds |∫v/D| on an interval: the error of 8-point Gauss quadrature of
// e^{−zs} on [0, 1] is z¹⁶·1.7e-23 (Abramowitz, Stegun 25.4.30).
const MaxWork = 5

// LineCoefficients are drift and diffusion of a one-dimensional Grid at the points
// of [LineNodes].
type LineCoefficients struct {
	Grid      *grid.Grid
	Drift     []float64 // v, or w beside a potential
	Diffusion []float64
	Potential []float64 // φ at the nodes, or nil
	AtCenters []float64 // φ at the cell centres, beside Potential
}

var lineX, lineWeight, lineIntegral = lineRule()

// lineRule returns Gauss nodes and weights on [0, 1] and the matrix whose row k
// integrates the polynomial through the nodes from 0 to node k.
func lineRule() (x, weight [LineOrder]float64, integral [LineOrder][LineOrder]float64) {
	quad.Legendre{}.FixedLocations(x[:], weight[:], 0, 1)
	var s, ws [LineOrder]float64
	for k := range x {
		quad.Legendre{}.FixedLocations(s[:], ws[:], 0, x[k])
		for q := range s {
			for j := range x {
				integral[k][j] += ws[q] * lagrange(&x, j, s[q])
			}
		}
	}
	return x, weight, integral
}

func lagrange(x *[LineOrder]float64, j int, s float64) float64 {
	l := 1.0
	for i := range x {
		if i != j {
			l *= (s - x[i]) / (x[j] - x[i])
		}
	}
	return l
}

// lineInterval returns the ends of interval k, from centre k−1 to centre k; 0 and n
// reach from the wall to the nearest centre, or across the seam of a periodic axis,
// in coordinates next to cell 0.
func lineInterval(ax grid.Axis, k int) (lo, hi float64) {
	n := ax.Cells()
	if ax.IsPeriodic() && (k == 0 || k == n) {
		return ax.Center(n-1) - ax.Length(), ax.Center(0)
	}
	lo, hi = ax.Min(), ax.Max()
	if k > 0 {
		lo = ax.Center(k - 1)
	}
	if k < n {
		hi = ax.Center(k)
	}
	return lo, hi
}

// LineNodes returns the LineOrder points in each of the n+1 intervals between
// centres and walls of a one-dimensional grid, brought back into the box where the
// axis is periodic.
func LineNodes(g *grid.Grid) []float64 {
	ax := g.Axis(0)
	x := make([]float64, 0, (ax.Cells()+1)*LineOrder)
	for k := range ax.Cells() + 1 {
		lo, hi := lineInterval(ax, k)
		for _, s := range lineX {
			at := lo + s*(hi-lo)
			if ax.IsPeriodic() && at < ax.Min() {
				at += ax.Length()
			}
			x = append(x, at)
		}
	}
	return x
}

// Nodal returns the generator of a one-dimensional problem whose stationary
// density at the centres is exact to the accuracy of 8-point Gauss quadrature on
// each interval: 1e-14 where |∫v/D| ≤ 3 there, 1e-11 at 5. Where that is exceeded
// between two neighbours, or D = 0, fitted or upwind rates take over.
func Nodal(c *LineCoefficients) *Generator {
	g := c.Grid
	ax := g.Axis(0)
	n := ax.Cells()
	c.check("Nodal")
	return assemble(g, 1, func(l *edgeList) {
		l.reach = 1
		for i := l.lo; i < l.hi; i++ {
			if j, ok := ax.Wrap(i + 1); ok {
				k := i + 1
				if j == 0 {
					k = 0
				}
				out, back := c.weights(k)
				l.add(i, j, out/ax.Width(i), back/ax.Width(j))
			}
			if i == 0 && ax.Lower() == grid.Absorbing {
				_, back := c.weights(0)
				l.addExit(i, back/ax.Width(i))
			}
			if i == n-1 && ax.Upper() == grid.Absorbing {
				out, _ := c.weights(n)
				l.addExit(i, out/ax.Width(i))
			}
		}
	})
}

func (c *LineCoefficients) check(name string) {
	if want := (c.Grid.Cells() + 1) * LineOrder; c.Grid.Dim() != 1 || len(c.Drift) != want || len(c.Diffusion) != want {
		panic("operators: " + name + ": want one dimension and the points of LineNodes")
	}
}

// weights returns the weights of p at the two ends of interval k in its flux.
func (c *LineCoefficients) weights(k int) (out, back float64) {
	lo, hi := lineInterval(c.Grid.Axis(0), k)
	h := hi - lo
	v, d := c.nodes(k)
	drop := c.drop(k)
	if !c.copes(k) {
		meanV, meanD := c.means(k)
		return fitted(meanV, meanD, drop, h)
	}
	var work [LineOrder]float64 // W at the nodes
	total := drop
	for q := range LineOrder {
		for j := range LineOrder {
			work[q] += h * lineIntegral[q][j] * v[j] / d[j]
		}
		total += h * lineWeight[q] * v[q] / d[q]
	}
	if lower, upper := c.ends(k); c.Potential != nil && lower >= 0 && upper >= 0 {
		for q := range work {
			work[q] += c.AtCenters[lower] - c.Potential[k*LineOrder+q]
		}
	}
	var resistance float64 // ∫ e^{−W}/D
	for q, w := range work {
		resistance += h * lineWeight[q] * math.Exp(-w) / d[q]
	}
	return 1 / resistance, math.Exp(-total) / resistance
}

// nodes returns v and D at the nodes of interval k.
func (c *LineCoefficients) nodes(k int) (v, d []float64) {
	return c.Drift[k*LineOrder:][:LineOrder], c.Diffusion[k*LineOrder:][:LineOrder]
}

// ends returns the cells at the ends of interval k, −1 for a wall.
func (c *LineCoefficients) ends(k int) (lower, upper int) {
	ax := c.Grid.Axis(0)
	lower, upper = -1, -1
	if i, ok := ax.Wrap(k - 1); ok {
		lower = i
	}
	if i, ok := ax.Wrap(k); ok {
		upper = i
	}
	return lower, upper
}

// drop returns how far φ falls over interval k; 0 without a potential, and at a wall.
func (c *LineCoefficients) drop(k int) float64 {
	lower, upper := c.ends(k)
	if c.Potential == nil || lower < 0 || upper < 0 {
		return 0
	}
	return c.AtCenters[lower] - c.AtCenters[upper]
}

// copes says whether quadrature copes with interval k: D > 0 at its nodes, and neither
// the work of v nor the fall of φ exceeds MaxWork.
func (c *LineCoefficients) copes(k int) bool {
	lo, hi := lineInterval(c.Grid.Axis(0), k)
	v, d := c.nodes(k)
	for q := range d {
		if !(d[q] > 0 && math.Abs(v[q])*(hi-lo) <= MaxWork*d[q]) {
			return false
		}
	}
	return math.Abs(c.drop(k)) <= MaxWork
}

// means returns the means of v and D over interval k.
func (c *LineCoefficients) means(k int) (meanV, meanD float64) {
	v, d := c.nodes(k)
	for q, w := range lineWeight {
		meanV += w * v[q]
		meanD += w * d[q]
	}
	return meanV, meanD
}
