package audit

import (
	"math"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file gives the distances of two densities p and q, averages over cells, with their numerical errors.
// With relative errors ε of p and ω of q, whose means vanish, and r = q/p,
//
//	total variation      ½ E_p|ε| + ½ E_q|ω|
//	Hellinger            √(E_p ε²/8) + √(E_q ω²/8), by the triangle inequality
//	E_p ln(p/q)          √(E_p ε²) dev_p(ln r) + ∫|p − q||ω|
//	E_p|ln r|            √(E_p ε²) dev_p|ln r| + E_p|ε| + E_p|ω| + E_q|ω|
//
// by the inequality of Cauchy and Schwarz, and to first order, which where p = q has the second in it: E_p ln(p/q)
// is ½ E(ε − ω)² then, and is told as √(E_p ε²) dev(ε − ω) + E|ε − ω||ω|. E|ε| and E|ω| are known, and root mean
// squares are taken as at most rmsOverMean of them.
//
// What averages over cells hide comes on top: within a cell ln r varies by δ_a = h_a ∂_a ln r, with the variance
// Σ_a δ_a²/12, which takes E_p Σδ²/24 from the divergence and E_p √r Σδ²/96 from Hellinger's square; and see
// [cellError].

// rmsOverMean bounds √(E ε²)/E|ε| of relative errors: with normal z it is 1.46 of z² − 1, 1.62, 1.75 and 1.92 of
// Hermite's polynomials of degree 3, 4 and 6, 2.4 of z³, and 2.3 of z⁴ − 3. With 2√2 Hellinger's distance errs by
// the sum of E|ε| and E|ω|.
const rmsOverMean = 2 * math.Sqrt2

// tvBetween returns the total variation distance, sum being that of the relative L1 errors.
func tvBetween(p, q *grid.Field, sum float64) fp.Measured {
	return fp.Measured{Value: compare.TV(p, q), Error: sum/2 + cellError(p, q) + roundOff}
}

// hellingerBetween returns Hellinger's distance, sum being that of the relative L1 errors.
func hellingerBetween(p, q *grid.Field, sum float64) fp.Measured {
	h := compare.Hellinger(p, q)
	_, square := hidden(p, q)
	return fp.Measured{Value: h, Error: sum + math.Sqrt(h*h+square) - h + roundOff}
}

// logarithms returns the divergence of p from q and the mean of |ln r|, with ln r of [logRatios]; p has the
// relative L1 error e, and q is a formula of error w.
func logarithms(p, q *grid.Field, ratio []float64, e, w float64) (kl, size fp.Measured) {
	var mass, mean, meanSize, square float64
	for i, v := range ratio {
		if m := p.Values[i] * p.Grid.Volume(i); !math.IsNaN(v) {
			mass, mean, meanSize, square = mass+m, mean+m*v, meanSize+m*math.Abs(v), square+m*v*v
		}
	}
	mean, meanSize, square = mean/mass, meanSize/mass, square/mass
	deviation := func(mean float64) float64 { return math.Sqrt(max(0, square-mean*mean)) }
	lost, _ := hidden(p, q)
	between, _ := compare.FormulaErrorOver(q, differences(p, q))
	over, of := compare.FormulaErrorOver(q, p.Values)
	kl = fp.Measured{
		Value: compare.KL(p, q),
		Error: rmsOverMean*e*deviation(mean) + between + lost + roundOff,
	}
	size = fp.Measured{
		Value: meanSize,
		Error: rmsOverMean*e*deviation(meanSize) + e + over/of + w + 2*cellError(p, q) + lost + roundOff,
	}
	return kl, size
}

// differences returns |p − q| in every cell.
func differences(p, q *grid.Field) []float64 {
	d := make([]float64, len(p.Values))
	for i, v := range p.Values {
		d[i] = math.Abs(v - q.Values[i])
	}
	return d
}

// hidden returns what averages over cells take from the divergence of p from q, and from the square of
// Hellinger's distance.
func hidden(p, q *grid.Field) (kl, hellinger float64) {
	g := p.Grid
	top, _ := p.Max()
	idx := make([]int, g.Dim())
	for i, v := range p.Values {
		if !(v > shown*top && q.Values[i] > 0) {
			continue
		}
		g.Indices(idx, i)
		var square float64
		for a, k := range idx {
			d := compare.LogDifferences(q, a, k, i)[1] - compare.LogDifferences(p, a, k, i)[1]
			square += d * d
		}
		m := v * g.Volume(i)
		kl += m * square / 24
		hellinger += m * math.Sqrt(q.Values[i]/v) * square / 96
	}
	return kl, hellinger
}
