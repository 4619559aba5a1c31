package fp_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// vector is a field: it sets dst to its value at x.
type vector func(dst, x []float64)

// driftOf returns v of a problem without a potential.
func driftOf(p *fp.Problem) vector {
	d := p.Dim()
	return func(dst, x []float64) {
		out := make([]float64, d+d*(d+1)/2)
		all, at := make([][]float64, len(out)), make([][]float64, d)
		for k := range all {
			all[k] = out[k : k+1]
		}
		for a := range at {
			at[a] = x[a : a+1]
		}
		p.Equation.Eval(all, at)
		copy(dst, out)
	}
}

// times returns p f of a case.
func times(c *exact.Case, f vector) vector {
	return func(dst, x []float64) {
		f(dst, x)
		p := c.PointDensity(x)
		for a := range dst {
			dst[a] *= p
		}
	}
}

// less returns f − h.
func less(f, h vector) vector {
	return func(dst, x []float64) {
		var other [3]float64
		f(dst, x)
		h(other[:len(dst)], x)
		for a := range dst {
			dst[a] -= other[a]
		}
	}
}

// distances returns the largest distances of a current from f at the points and, in d ≤ 2, of
// its flows from the integrals of f over faces, both over the largest |f|.
func distances(j *fp.Current, points [][]float64, f vector) (at, faces float64) {
	g := j.Faces.Grid
	d := g.Dim()
	x, want := make([]float64, d), make([]float64, d)
	var size float64
	for i := range g.Cells() {
		rest := i
		for a := range x {
			x[a] = points[a][rest%len(points[a])]
			rest /= len(points[a])
		}
		f(want, x)
		for a, w := range want {
			size = max(size, math.Abs(w))
			at = max(at, math.Abs(j.At[a][i]-w))
		}
	}
	for a := range d {
		density := j.Faces.Density(a)
		eachLowerFace(g, a, func(face int, cell []int) {
			faces = max(faces, math.Abs(density[face]-faceMean(g, a, cell, f)))
		})
	}
	return at / size, faces / size
}

// eachLowerFace calls do for the lower faces across axis a of all cells.
func eachLowerFace(g *grid.Grid, a int, do func(face int, cell []int)) {
	cell := make([]int, g.Dim())
	for i := range g.Cells() {
		g.Indices(cell, i)
		do(g.LowerFace(a, i), cell)
	}
}

// faceMean returns the mean of f_a over the lower face of a cell, by Gauss nodes.
func faceMean(g *grid.Grid, a int, cell []int, f vector) (mean float64) {
	d := g.Dim()
	x, v := make([]float64, d), make([]float64, d)
	for b, k := range cell {
		x[b] = g.Axis(b).Center(k)
	}
	x[a] = g.Axis(a).Edges()[cell[a]]
	if d == 1 {
		f(v, x)
		return v[0]
	}
	var nodes, weights [6]float64
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], -0.5, 0.5)
	b := 1 - a
	for m, s := range nodes {
		x[b] = g.Axis(b).Center(cell[b]) + s*g.Axis(b).Width(cell[b])
		f(v, x)
		mean += weights[m] * v[a]
	}
	return mean
}

// mapPoints returns the points ξ = i+½ along each axis.
func mapPoints(g *grid.Grid) [][]float64 {
	x := make([][]float64, g.Dim())
	for a := range x {
		for i := range g.Axis(a).Cells() {
			x[a] = append(x[a], g.Axis(a).At(float64(i)+0.5))
		}
	}
	return x
}

// Both parts are right to the order of the density, in whatever way it was found, and sum to the
// current to round-off; on walls, which nothing crosses, they are opposite.
func TestCurrentPartsMeetTheExactOnes(t *testing.T) {
	skipLong(t)
	tensor, monotone := exact.FullTensor(), fp.StationaryOptions{Order: fp.OrderMonotone}
	for _, k := range []struct {
		c      *exact.Case
		like   *exact.Case // with v in place of a potential
		n      int
		opt    fp.StationaryOptions
		scheme fp.Scheme
		limit  float64 // of errors at points, over the largest of the density
		faces  float64 // and on faces, over the largest part
	}{
		// v is up to 20 times what it is where p is large, and p on faces, at walls above all, is
		// an interpolation with an error of its own.
		{tensor, tensor, 128, fp.StationaryOptions{}, fp.SchemeLinear, 2, 2e-6},
		{tensor, tensor, 96, fp.StationaryOptions{Order: 4}, fp.SchemeLinear, 10, 2e-4},
		{tensor, tensor, 64, fp.StationaryOptions{Positive: true}, fp.SchemeLogarithmic, 5, 2e-4},
		{exact.FullTensorGibbs(), tensor, 96, fp.StationaryOptions{}, fp.SchemeLinear, 10, 1e-4},
		{graded(tensor, 0, 2), tensor, 96, fp.StationaryOptions{}, fp.SchemeLinear, 5, 3e-4},
		// Exact averages have exact norm, point values that of a rule of order 8.
		{exact.QuadWell(0.15), exact.QuadWellDrift(0.15), 96, fp.StationaryOptions{}, fp.SchemeGibbs, 2e6, 5e-8},
		{tensor, tensor, 96, monotone, fp.SchemeSelling, 5, 1e-2},
		{exact.LimitCycle(), exact.LimitCycle(), 96, monotone, fp.SchemeStar, 5, 1e-1},
		{exact.TiltedPeriodic(), exact.TiltedPeriodic(), 48, fp.StationaryOptions{}, fp.SchemeNodal, 5, 1e-14},
		{exact.Ratchet(), exact.Ratchet(), 64, fp.StationaryOptions{}, fp.SchemeNodal, 5, 1e-14},
		{exact.DoubleWell1D(), exact.DoubleWell1D(), 256, fp.StationaryOptions{}, fp.SchemeNodal, 5, 1e-14},
		{exact.LinearRegression(), exact.LinearRegression(), 256, fp.StationaryOptions{}, fp.SchemeNodal, 5, 1e-14},
	} {
		name := fmt.Sprintf("%s, %v", k.c.Name, k.scheme)
		s := solveWith(t, k.c.Problem, k.c.Grid(k.n), k.opt)
		if s.Scheme != k.scheme {
			t.Errorf("%s: scheme %v", name, s.Scheme)
		}
		j := s.Current()
		drift, diffusion := currentParts(t, s, j)
		wantSumOfParts(t, name, j, drift, diffusion)
		points := places(s)
		v := times(k.like, driftOf(k.like.Problem))
		at, faces := distances(drift, points, v)
		at2, faces2 := distances(diffusion, points, less(k.c.PointCurrent, v))
		if limit := k.limit * k.c.Errors(s, j).Peak; !(max(at, at2) <= limit) {
			t.Errorf("%s: errors of %.2g and %.2g, want ≤ %.2g", name, at, at2, limit)
		}
		if !(max(faces, faces2) <= k.faces) {
			t.Errorf("%s: on faces errors of %.2g and %.2g, want ≤ %.2g", name, faces, faces2, k.faces)
		}
	}
}

// currentParts returns the parts of a current, as vectors and through faces.
func currentParts(t *testing.T, s *fp.Stationary, c *fp.Current) (drift, diffusion *fp.Current) {
	t.Helper()
	drift, diffusion = &fp.Current{}, &fp.Current{}
	var err error
	if drift.At, diffusion.At, err = s.CurrentParts(c); err != nil {
		t.Fatal(err)
	}
	if drift.Faces, diffusion.Faces, err = s.FaceCurrentParts(c); err != nil {
		t.Fatal(err)
	}
	return drift, diffusion
}

// places returns the coordinates of where a solution has its vectors.
func places(s *fp.Stationary) [][]float64 {
	g := s.Density.Grid
	points := mapPoints(g)
	if s.Order == fp.OrderMonotone {
		for a := range points {
			points[a] = g.Axis(a).Centers()
		}
	}
	return points
}

func wantSumOfParts(t *testing.T, name string, j, drift, diffusion *fp.Current) {
	t.Helper()
	for a := range j.At {
		for i, v := range j.At[a] {
			if !(math.Abs(drift.At[a][i]+diffusion.At[a][i]-v) <= 0x1p-52*(math.Abs(drift.At[a][i])+math.Abs(v))) {
				t.Fatalf("%s: %g and %g do not sum to %g", name, drift.At[a][i], diffusion.At[a][i], v)
			}
		}
		for f, v := range j.Faces.Flow[a] {
			if !(math.Abs(drift.Faces.Flow[a][f]+diffusion.Faces.Flow[a][f]-v) <= 0x1p-52*(math.Abs(drift.Faces.Flow[a][f])+math.Abs(v))) {
				t.Fatalf("%s: on a face %g and %g do not sum to %g", name, drift.Faces.Flow[a][f], diffusion.Faces.Flow[a][f], v)
			}
		}
	}
}

// The errors of parts fall at the order asked for, on a ring with walls at which as much happens
// as elsewhere.
func TestCurrentPartsOrder(t *testing.T) {
	for _, order := range []fp.Order{2, 4, 6} {
		var points, faces exact.OrderTable
		for _, n := range []int{64, 96} {
			k := channel()
			s := solveWith(t, k.p, k.grid(t, n), fp.StationaryOptions{Order: order})
			drift, _ := currentParts(t, s, s.Current())
			z := k.norm()
			v := driftOf(k.p)
			at, on := distances(drift, places(s), func(dst, x []float64) {
				v(dst, x)
				for a := range dst {
					dst[a] *= math.Exp(k.logDensity(x)) / z
				}
			})
			points.Add(n, at)
			faces.Add(n, on)
		}
		// The largest error of averages over faces is where closures at walls meet the stencils
		// inside, of order w−1. On grids as coarse as these the next powers take off a quarter.
		w := float64(order)
		if got := points.Last(); !(got > 0.85*w) {
			t.Errorf("order %v at points: observed order %.2f\n%v", order, got, &points)
		}
		if got := faces.Last(); !(got > 0.75*w-1) {
			t.Errorf("order %v on faces: observed order %.2f\n%v", order, got, &faces)
		}
	}
}

// norm returns the integral of e^{−φ} over the channel.
func (k *known) norm() (z float64) {
	nodes, weights := make([]float64, 60), make([]float64, 60)
	quad.Legendre{}.FixedLocations(nodes, weights, -1, 1)
	const steps = 512
	for i := range steps {
		for m, y := range nodes {
			z += 2 * math.Pi / steps * weights[m] * math.Exp(k.logDensity([]float64{2 * math.Pi * float64(i) / steps, y}))
		}
	}
	return z
}
