package fp

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
	"github.com/ness-fp/ness/operators"
)

// A Current is how probability flows: through faces, and as vectors at centres.
type Current struct {
	// Faces holds the flow through each face, in 1/T, whose divergence is −A m: at
	// stationarity it vanishes to round-off.
	Faces *grid.FaceField
	// At holds J at the cell centres, d × N · [θ]¹⁻ᵈ/T.
	At [][]float64
}

// Current returns the probability current of the density: of the accurate operator its
// own, with At at the points ξ = i+½ of the axes' maps (the centres where cells are equal); of
// a generator its flows, routed through the faces of cells. In one dimension it is as exact
// as [Stationary.Density], and scaled like it, not like Mass.
func (s *Stationary) Current() *Current {
	if s.points != nil {
		return s.points.current()
	}
	faces := s.Generator.FaceFlow(s.Mass)
	s.scaleLine(faces.Flow[0])
	return &Current{Faces: faces, At: faces.AtCenters()}
}

// DivergenceResidual returns the largest |∇·J| V over all cells, relative to the
// largest turnover |A_ii| m_i of a cell: round-off where the current is stationary.
func (s *Stationary) DivergenceResidual(c *Current) float64 {
	var worst float64
	for _, v := range c.Faces.Divergence() {
		worst = max(worst, math.Abs(v))
	}
	return worst / s.LargestTurnover()
}

// LargestTurnover returns the largest flow |A_ii| m_i to and fro of any cell, in 1/T.
func (s *Stationary) LargestTurnover() (largest float64) {
	if s.points != nil {
		return s.points.largestTurnover(s.points.p)
	}
	for i, out := range s.Generator.Outflow() {
		largest = max(largest, out*s.Mass[i])
	}
	return largest
}

// EntropyProduction returns the mean rate ∫ J·D⁻¹J / p in nats per unit time, by
// the midpoint rule over the cells, or by one of the accurate operator's order over the
// points where p is above 1e-8 of its maximum, or as exact as the current in one dimension;
// it is 0 exactly where detailed balance holds, and +Inf where a current crosses directions
// without diffusion.
//
// Seifert, Rep. Prog. Phys. 75 (2012) 126001.
func (s *Stationary) EntropyProduction(c *Current) float64 {
	switch {
	case s.points != nil:
		rate, _ := s.points.entropyProduction(s.points.op, s.points.p, c.At, s.points.least())
		return rate
	case s.line != nil:
		return operators.LineEntropyProduction(s.line, s.lineCenters(), c.Faces.Flow[0])
	}
	return floats.Dot(s.Density.Grid.Volumes(), entropyDensity(s.Coefficients.Diffusion, c.At, s.Density.Values, 0))
}

// entropyDensity returns J·D⁻¹J/p, 0 where p ≤ least: of a generator's density those that
// underflow, beyond 1e-300 of the maximum.
func entropyDensity(diffusion, j [][]float64, p []float64, least float64) []float64 {
	density := make([]float64, len(p))
	pieces.Run(len(p), pieceCells, func(_, lo, hi int) {
		at, tensor := make([]float64, len(j)), make([]float64, len(diffusion))
		for i := lo; i < hi; i++ {
			if p[i] <= least {
				continue
			}
			for a := range at {
				at[a] = j[a][i]
			}
			for c := range tensor {
				tensor[c] = diffusion[c][i]
			}
			density[i] = quadratic(tensor, at) / p[i]
		}
	})
	return density
}

// quadratic returns jᵀD⁻¹j of a packed D ⪰ 0 by Cholesky factors, +Inf where j
// leaves the range of D.
func quadratic(packed, j []float64) float64 {
	d := len(j)
	var l [3][3]float64
	var y [3]float64
	var sum, size float64
	for a := range d {
		size = max(size, packed[operators.Packed(d, a, a)])
	}
	for a := range d {
		y[a] = j[a]
		for m := range a {
			y[a] -= l[a][m] * y[m]
		}
		pivot := packed[operators.Packed(d, a, a)]
		for m := range a {
			pivot -= l[a][m] * l[a][m]
		}
		if pivot <= 1e-14*size {
			if y[a] != 0 {
				return math.Inf(1)
			}
			continue // nothing diffuses this way, and nothing flows
		}
		root := math.Sqrt(pivot)
		y[a] /= root
		sum += y[a] * y[a]
		for b := a + 1; b < d; b++ {
			v := packed[operators.Packed(d, a, b)]
			for m := range a {
				v -= l[b][m] * l[a][m]
			}
			l[b][a] = v / root
		}
	}
	return sum
}
