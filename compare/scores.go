package compare

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/grid"
)

// MomentScores set an ensemble's mean and covariance against those of a density.
type MomentScores struct {
	Mean, Cov []float64 // of the density: d, packed
	// MeanZ and CovZ are the differences, ensemble less density, over the errors between
	// walkers: normal deviates where the density is exact. NaN along periodic axes.
	MeanZ, CovZ []float64
}

// Scores compares with a density on a grid with an axis per parameter. Its moments are
// those of a line in each cell through its average and the neighbours', which errs by
// order h⁴ (cells as points, [grid.Field.Moments], by h²/12 in a variance). Walkers outside
// the grid count in the ensemble's moments.
func (m *Moments) Scores(q *grid.Field) (*MomentScores, error) {
	d := q.Grid.Dim()
	if d != len(m.Mean) {
		return nil, fmt.Errorf("density: want %d axes, have %d", len(m.Mean), d)
	}
	s := &MomentScores{}
	s.Mean, s.Cov = DensityMoments(q)
	k := 0
	for a := range d {
		s.MeanZ = append(s.MeanZ, score(q.Grid, a, a, m.Mean[a], m.MeanErr[a], s.Mean[a]))
		for b := a; b < d; b++ {
			s.CovZ = append(s.CovZ, score(q.Grid, a, b, m.Cov[k], m.CovErr[k], s.Cov[k]))
			k++
		}
	}
	return s, nil
}

func score(g *grid.Grid, a, b int, have, se, want float64) float64 {
	if g.Axis(a).IsPeriodic() || g.Axis(b).IsPeriodic() {
		return math.NaN()
	}
	return (have - want) / se
}

// DensityMoments returns mean and covariance, a packed upper triangle by rows, of a density:
// those of a line in each cell through its average and the neighbours', which errs by order
// h⁴. A slope s along axis a moves the mean of a cell by s h_a²/12 over its average.
func DensityMoments(q *grid.Field) (mean, cov []float64) {
	g, d := q.Grid, q.Grid.Dim()
	mean, cov = make([]float64, d), make([]float64, packed(d))
	origin, _ := q.Moments() // about which little cancels
	x, shift, idx := make([]float64, d), make([]float64, d), make([]int, d)
	var mass float64
	for i, v := range g.Volumes() {
		g.Indices(idx, i)
		p := q.Values[i]
		mass += p * v
		for a, k := range idx {
			h := g.Axis(a).Width(k)
			slope, _ := derivatives(g, a, k, i, q.Values)
			x[a], shift[a] = g.Axis(a).Center(k)-origin[a], slope*h*h/12
			mean[a] += (p*x[a] + shift[a]) * v
		}
		k := 0
		for a := range d {
			h := g.Axis(a).Width(idx[a])
			cov[k] += p * v * h * h / 12
			for b := a; b < d; b++ {
				cov[k] += (p*x[a]*x[b] + shift[a]*x[b] + shift[b]*x[a]) * v
				k++
			}
		}
	}
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			cov[k] = cov[k]/mass - mean[a]/mass*(mean[b]/mass)
			k++
		}
	}
	for a := range mean {
		mean[a] = origin[a] + mean[a]/mass
	}
	return mean, cov
}
