package fp_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// velocityOf returns J/p of a case.
func velocityOf(c *exact.Case) vector {
	return func(dst, x []float64) {
		c.PointCurrent(dst, x)
		p := c.PointDensity(x)
		for a := range dst {
			dst[a] /= p
		}
	}
}

// J/p is known exactly where p is above LeastDensity, at points and on faces, and the two parts
// sum to v, also where J/p is not known.
func TestDriftPartsMeetTheExactOnes(t *testing.T) {
	skipLong(t)
	tensor := exact.FullTensor()
	const roundoff = 1000 * 0x1p-53 // of coordinates, times slopes of v of up to some 100
	for _, k := range []struct {
		c     *exact.Case
		n     int
		opt   fp.StationaryOptions
		bulk  float64 // largest error over the largest J/p, where p is above 1e-2 of its maximum
		tails float64 // and where it is above LeastDensity
	}{
		// Errors of p are about the same everywhere, and those of J/p grow as p falls; graded and
		// logarithmic solutions are not resolved where their cells are wide.
		{tensor, 128, fp.StationaryOptions{}, 1e-6, 0.1},
		{tensor, 64, fp.StationaryOptions{Positive: true}, 2e-4, 10},
		{graded(tensor, 0, 2), 128, fp.StationaryOptions{}, 1e-5, 10},
		{tensor, 64, fp.StationaryOptions{Order: fp.OrderMonotone}, 0.1, 1.4}, // of second order
		{exact.LimitCycle(), 64, fp.StationaryOptions{}, 1e-3, 0.3},
		{exact.LimitCycle(), 128, fp.StationaryOptions{}, 5e-6, 0.02},
		{rotated(0.05), 128, fp.StationaryOptions{}, 1e-5, 0.01},
		{exact.Ratchet(), 64, fp.StationaryOptions{}, 1e-13, 1e-13},
	} {
		name := fmt.Sprintf("%s, n=%d", k.c.Name, k.n)
		s := solveWith(t, k.c.Problem, k.c.Grid(k.n), k.opt)
		reversible, irreversible, err := s.DriftParts(s.Current())
		if err != nil {
			t.Fatal(err)
		}
		u, v := velocityOf(k.c), driftOf(k.c.Problem)
		g, points := s.Density.Grid, places(s)
		d := g.Dim()
		x, want, drift, idx := make([]float64, d), make([]float64, d), make([]float64, d), make([]int, d)
		top, _ := s.Density.Max()
		least := s.LeastDensity()
		var bulk, tails, size, facesBulk, facesTails float64
		for i := range g.Cells() {
			g.Indices(idx, i)
			for a, m := range idx {
				x[a] = points[a][m]
			}
			u(want, x)
			v(drift, x)
			p := k.c.PointDensity(x)
			for a, w := range want {
				got := irreversible.At[a][i]
				if sum := got + reversible.At[a][i]; !(math.Abs(sum-drift[a]) <= roundoff*(1+math.Abs(drift[a])+math.Abs(got))) {
					t.Fatalf("%s: parts sum to %g, want %g", name, sum, drift[a])
				}
				if p > 2*least {
					tails = max(tails, math.Abs(got-w))
					size = max(size, math.Abs(w))
				}
				if p > 1e-2*top {
					bulk = max(bulk, math.Abs(got-w))
				}
			}
		}
		for a := range d {
			at := irreversible.Faces.Density(a)
			rev := reversible.Faces.Density(a)
			eachLowerFace(g, a, func(f int, cell []int) {
				for b, m := range cell {
					x[b] = points[b][m]
				}
				x[a] = g.Axis(a).Edges()[cell[a]]
				u(want, x)
				v(drift, x)
				if sum := at[f] + rev[f]; !(math.Abs(sum-drift[a]) <= roundoff*(1+math.Abs(drift[a])+math.Abs(at[f]))) {
					t.Fatalf("%s: on a face parts sum to %g, want %g", name, sum, drift[a])
				}
				if cell[a] == 0 && !g.Axis(a).IsPeriodic() {
					if at[f] != 0 {
						t.Fatalf("%s: irreversible part %g on a wall", name, at[f])
					}
					return
				}
				p := k.c.PointDensity(x)
				if p > 1e-2*top {
					facesBulk = max(facesBulk, math.Abs(at[f]-want[a]))
				}
				// The cell on either side may be that much lower.
				if p > 100*least {
					facesTails = max(facesTails, math.Abs(at[f]-want[a]))
				}
			})
		}
		if got := max(bulk, facesBulk) / size; !(got <= k.bulk) {
			t.Errorf("%s: J/p is off by %.2g in the bulk, want ≤ %.2g", name, got, k.bulk)
		}
		if got := max(tails, facesTails) / size; !(got <= k.tails) {
			t.Errorf("%s: J/p is off by %.2g, want ≤ %.2g", name, got, k.tails)
		}
	}
}
