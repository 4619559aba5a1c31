package operators

import "math"

// LineFaces returns the density at the faces between cells and at the walls, of the density and
// flow of [LineAverages] and as exact. Where quadrature does not cope, it is interpolated between
// the two centres, or the one at the wall.
func LineFaces(c *LineCoefficients, density, flow []float64) []float64 {
	c.checkSolution("LineFaces", density, flow)
	ax := c.Grid.Axis(0)
	at := make([]float64, len(flow))
	for k := range at {
		lower, upper := c.ends(k)
		half, i := lineHalf{}, upper
		if upper >= 0 {
			half = *lowerHalf(ax, upper)
		} else {
			half, i = *upperHalf(ax, lower), lower
		}
		p, ok := c.halfEnd(&half, k, i, density[i], flow[k])
		if !ok {
			p = density[i]
			if lower >= 0 && upper >= 0 {
				p += (half.from - half.to) * (density[lower] - p)
			}
		}
		at[k] = p
	}
	return at
}

// halfEnd returns the density at the end of a half of cell i, which lies in interval k, from
// its value p at the centre and the flow j through the interval; false where quadrature does
// not cope.
func (c *LineCoefficients) halfEnd(half *lineHalf, k, i int, p, j float64) (float64, bool) {
	if !c.copes(k) {
		return 0, false
	}
	lo, hi := lineInterval(c.Grid.Axis(0), k)
	length := (half.to - half.from) * (hi - lo) // negative downwards
	slope, work, logD := c.onto(half, k, i)
	var end, resistance float64
	for q := range work {
		for m, v := range slope {
			work[q] += length * lineIntegral[q][m] * v
		}
		end += length * lineWeight[q] * slope[q]
		resistance += length * lineWeight[q] * math.Exp(-work[q]-logD[q])
	}
	if c.Potential != nil {
		phi := c.Potential[k*LineOrder:][:LineOrder]
		for m, v := range phi {
			end += lagrange(&lineX, m, half.to) * (c.AtCenters[i] - v)
		}
	}
	at := math.Exp(end) * (p - j*resistance)
	return at, at >= 0 && at <= math.MaxFloat64
}
