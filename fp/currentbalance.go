package fp

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
)

// CurrentBalance tests detailed balance by the current of the solution and its error estimate,
// nil where there is none.
//
// The statistic is Σ_a ∫|J_a| over Σ_a ∫(|J_a| + |(D∇p)_a|): the current against the diffusion
// that would balance the drift. In detailed balance all of it is error. Its error is ten times that
// of [Stationary.CurrentShare]: errors are steeper than p, and at kinks of the drift currents
// that should be 0 were seen to be eleven times the error that orders tell. For a violation
// entropy production has to exceed three times its error, too.
//
// Nothing is told where the density is too narrow for the grid: what is in one cell does not flow
// round. Where every net flow is below 1e-12 of the flows to and fro, which is round-off, balance holds
// whatever the errors of the density: a reversible discretisation of forces that are turned by
// 1e-6 has net flows of that size.
func (s *Stationary) CurrentBalance(c *Current, e *ErrorEstimate) BalanceTest {
	statistic, err := s.CurrentShare(c, e)
	switch {
	case s.Scheme != SchemeGibbs && s.isUnresolved():
		return undecided("the grid does not resolve the density well enough to tell")
	case s.IsReversible(c):
		return BalanceTest{Statistic: statistic, Verdict: Holds, Reason: "every net flow is round-off of the flows to and fro"}
	case e == nil:
		return undecided("the current has no error estimate")
	}
	entropy := s.EntropyProduction(c)
	t := judged(statistic, 10*err, "current, relative to it and diffusion")
	if math.IsInf(entropy, 1) {
		t.Reason += "; entropy production is infinite: probability flows along directions without noise"
		return t
	}
	t.Reason += fmt.Sprintf("; entropy production %.4g ± %.2g nats per unit time", entropy, e.EntropyProduction)
	if t.Verdict == Violated && !(entropy > 3*e.EntropyProduction) {
		t.Verdict = CannotTell
	}
	return t
}

// IsReversible says whether every net flow is round-off of the flows to and fro: some thousand
// roundings of the rates and masses that make it up.
func (s *Stationary) IsReversible(c *Current) bool {
	var flow float64
	for _, faces := range c.Faces.Flow {
		for _, v := range faces {
			flow = max(flow, math.Abs(v))
		}
	}
	return flow <= 1e-12*s.LargestTurnover()
}

// CurrentShare returns Σ_a ∫|J_a| over Σ_a ∫(|J_a| + |(D∇p)_a|), with differences of neighbours
// for ∇p, and what an estimate of errors leaves of it open, NaN for none: that of the current, relative
// to J, times the share, and that of the density, relative to D∇p.
func (s *Stationary) CurrentShare(c *Current, e *ErrorEstimate) (share, err float64) {
	share = s.currentShare(c)
	if e == nil {
		return share, math.NaN()
	}
	return share, share*e.Current + e.Density
}

func (s *Stationary) currentShare(c *Current) float64 {
	g := s.Density.Grid
	d, n := g.Dim(), g.Axis(0).Cells()
	rows := make([][2]float64, g.Cells()/n)
	pieces.Run(len(rows), max(1, pieceCells/n), func(_, lo, hi int) {
		slope := block(d, n)
		for row := lo; row < hi; row++ {
			first := row * n
			for a := range d {
				s.setSlope(slope[a], a, first)
			}
			area := g.FaceArea(0, first)
			for a, j := range c.At {
				for k := range n {
					var along float64
					for b := range d {
						along += s.Coefficients.Diffusion[operators.Packed(d, a, b)][first+k] * slope[b][k]
					}
					volume := area * g.Axis(0).Width(k)
					rows[row][0] += math.Abs(j[first+k]) * volume
					rows[row][1] += math.Abs(along) * volume
				}
			}
		}
	})
	var flow, diffusion float64
	for _, p := range rows {
		flow += p[0]
		diffusion += p[1]
	}
	if flow == 0 {
		return 0
	}
	return flow / (flow + diffusion)
}

// setSlope sets dst to ∂p/∂x_a in the row of cells that begins with cell first, by the
// difference of neighbours, of second order, or a one-sided one at a wall.
func (s *Stationary) setSlope(dst []float64, a, first int) {
	g, p := s.Density.Grid, s.Density.Values
	ax, stride := g.Axis(a), g.Stride(a)
	k := first / stride % ax.Cells() // of all cells of the row, unless it lies along the axis
	if a > 0 {
		x0, below := neighbour(ax, k, -1)
		x1, above := neighbour(ax, k, 1)
		lower, upper := p[first+below*stride:][:len(dst)], p[first+above*stride:][:len(dst)]
		for i := range dst {
			dst[i] = (upper[i] - lower[i]) / (x1 - x0)
		}
		return
	}
	for i := range dst {
		x0, below := neighbour(ax, i, -1)
		x1, above := neighbour(ax, i, 1)
		dst[i] = (p[first+i+above] - p[first+i+below]) / (x1 - x0)
	}
}

// neighbour returns the centre of the cell a step from cell k, on a ring counted on beyond its
// ends, and the way to it in cells; of the cell itself where there is a wall.
func neighbour(ax grid.Axis, k, step int) (x float64, way int) {
	n, ok := ax.Wrap(k + step)
	switch {
	case !ok:
		return ax.Center(k), 0
	case n == k+step:
		return ax.Center(n), step
	}
	return ax.Center(n) + float64(step)*ax.Length(), n - k
}
