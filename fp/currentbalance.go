package fp

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
)

// CurrentBalance tests detailed balance by the current of the solution and its error estimate,
// nil where there is none.
//
// The statistic is Σ_a ∫|J_a| over Σ_a ∫(|J_a| + |(D∇p)_a|): the current against the diffusion
// that would balance the drift. In detailed balance all of it is error. Its error is ten times the
// estimate: that of the current, relative to J, times the statistic, and that of the density, relative
// to D∇p. Ten times, because errors are steeper than p, and because at kinks of the drift currents
// that should be 0 were seen to be eleven times the error that orders tell. For a violation
// entropy production has to exceed three times its error, too.
//
// Nothing is told where the density is too narrow for the grid: what is in one cell does not flow
// round. Where every net flow is below 1e-12 of the flows to and fro, which is round-off, balance holds
// whatever the errors of the density: a reversible discretisation of forces that are turned by
// 1e-6 has net flows of that size.
func (s *Stationary) CurrentBalance(c *Current, e *ErrorEstimate) BalanceTest {
	statistic := s.currentShare(c)
	entropy := s.EntropyProduction(c)
	switch {
	case s.Scheme != SchemeGibbs && s.isUnresolved():
		return undecided("the grid does not resolve the density well enough to tell")
	case s.IsReversible(c):
		return BalanceTest{Statistic: statistic, Verdict: Holds, Reason: "every net flow is round-off of the flows to and fro"}
	case e == nil:
		return undecided("the current has no error estimate")
	}
	t := judged(statistic, 10*(statistic*e.Current+e.Density), "current, relative to it and diffusion")
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

// currentShare returns Σ_a ∫|J_a| over Σ_a ∫(|J_a| + |(D∇p)_a|), with differences of neighbours
// for ∇p.
func (s *Stationary) currentShare(c *Current) float64 {
	g := s.Density.Grid
	d, volumes := g.Dim(), g.Volumes()
	parts := make([][2]float64, pieces.Count(g.Cells(), pieceCells))
	pieces.Run(g.Cells(), pieceCells, func(k, lo, hi int) {
		slope := make([]float64, d)
		for i := lo; i < hi; i++ {
			for a := range d {
				slope[a] = s.neighbourSlope(i, a)
			}
			for a := range d {
				var along float64
				for b := range d {
					along += s.Coefficients.Diffusion[operators.Packed(d, a, b)][i] * slope[b]
				}
				parts[k][0] += math.Abs(c.At[a][i]) * volumes[i]
				parts[k][1] += math.Abs(along) * volumes[i]
			}
		}
	})
	var flow, diffusion float64
	for _, p := range parts {
		flow += p[0]
		diffusion += p[1]
	}
	if flow == 0 {
		return 0
	}
	return flow / (flow + diffusion)
}

// neighbourSlope returns ∂p/∂x_a in cell i by the difference of its neighbours, of second order,
// or by a one-sided one at a wall.
func (s *Stationary) neighbourSlope(i, a int) float64 {
	g := s.Density.Grid
	ax, stride := g.Axis(a), g.Stride(a)
	k := i / stride % ax.Cells()
	at := func(m int) (x, p float64) {
		n, ok := ax.Wrap(m)
		if !ok {
			n = k
		}
		x = ax.Center(n) + math.Round(float64(m-n)/float64(ax.Cells()))*ax.Length()
		if !ok {
			x = ax.Center(k)
		}
		return x, s.Density.Values[i+(n-k)*stride]
	}
	x0, p0 := at(k - 1)
	x1, p1 := at(k + 1)
	return (p1 - p0) / (x1 - x0)
}
