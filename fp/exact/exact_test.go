package exact_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp/exact"
)

// This file checks the cases against themselves, before any grid: each one's
// coefficients, density and current were written down independently, and
//
//	J = v p − D∇p,   ∇·J = 0,   ∫p = 1
//
// ties them together.

// step is that of differences: eighth-order ones over it err by 1e-2·step⁸ = 1e-18
// times the ninth derivative, and by 2⁻⁵³/step = 1e-14 from round-off.
const step = 1e-2

var weights = [...]float64{4. / 5, -1. / 5, 4. / 105, -1. / 280}

// slope returns ∂f/∂x_a by central differences of eighth order.
func slope(f func(x []float64) float64, x []float64, a int) float64 {
	y := append([]float64(nil), x...)
	var sum float64
	for k, w := range weights {
		s := float64(k+1) * step
		y[a] = x[a] + s
		up := f(y)
		y[a] = x[a] - s
		sum += w * (up - f(y)) / step
	}
	return sum
}

// points returns random points of the middle of the box, where p is not tiny.
func points(c *exact.Case, n int) [][]float64 {
	r := rand.New(rand.NewPCG(7, uint64(len(c.Name))))
	list := make([][]float64, n)
	for i := range list {
		for _, in := range c.Box {
			mid, half := 0.5*(in.Min+in.Max), 0.5*(in.Max-in.Min)
			if in.Grading != nil {
				mid, half = in.Grading.Towards, 4*in.Grading.Scale
			}
			list[i] = append(list[i], mid+0.6*half*(2*r.Float64()-1))
		}
	}
	return list
}

// evaluate returns all that the case's equation gives at a point.
func evaluate(c *exact.Case, x []float64) []float64 {
	out, dst, at := make([]float64, 16), make([][]float64, 16), make([][]float64, len(x))
	for k := range dst {
		dst[k] = out[k : k+1]
	}
	for a := range at {
		at[a] = x[a : a+1]
	}
	n := c.Dim() + c.Dim()*(c.Dim()+1)/2
	if c.Problem.Equation.Potential {
		n++
	}
	c.Problem.Equation.Eval(dst[:n], at)
	return out[:n]
}

// coefficients returns v and D at a point; a potential is differenced.
func coefficients(c *exact.Case, x []float64) ([]float64, *mat.SymDense) {
	dim, out := c.Dim(), evaluate(c, x)
	d := mat.NewSymDense(dim, nil)
	k := dim
	for a := range dim {
		for b := a; b < dim; b++ {
			d.SetSym(a, b, out[k])
			k++
		}
	}
	v := out[:dim]
	if c.Problem.Equation.Potential {
		for b := range dim {
			g := slope(func(y []float64) float64 { return evaluate(c, y)[k] }, x, b)
			for a := range dim {
				v[a] -= d.At(a, b) * g
			}
		}
	}
	return v, d
}

func forAll(t *testing.T, f func(t *testing.T, c *exact.Case)) {
	for _, c := range exact.All() {
		t.Run(c.Name, func(t *testing.T) { f(t, c) })
	}
}

// Drift, divergence of D, density and current obey v = D∇ln p + J/p.
func TestDriftFollowsFromDensityAndCurrent(t *testing.T) {
	forAll(t, func(t *testing.T, c *exact.Case) {
		j := make([]float64, c.Dim())
		for _, x := range points(c, 20) {
			v, d := coefficients(c, x)
			c.PointCurrent(j, x)
			for a := range j {
				want := j[a] / c.PointDensity(x)
				scale := math.Abs(want)
				for b := range j {
					g := slope(c.LogDensity, x, b)
					want += d.At(a, b) * g
					scale += math.Abs(d.At(a, b) * g)
				}
				// Truncation: ln p of the washboard has ninth derivatives of order 1e5,
				// the others are close to polynomials.
				if math.Abs(v[a]-want) > 1e-11*(1+scale) {
					t.Errorf("at %v: v[%d] = %.15g, D∇ln p + J/p = %.15g", x, a, v[a], want)
				}
			}
		}
	})
}

// With u = J/p, ∇·J = p(∇·u + u·∇ln p).
func TestCurrentHasNoDivergence(t *testing.T) {
	forAll(t, func(t *testing.T, c *exact.Case) {
		if c.InEquilibrium() {
			t.Skip("no current")
		}
		j := make([]float64, c.Dim())
		velocity := func(x []float64, a int) float64 {
			c.PointCurrent(j, x)
			return j[a] / c.PointDensity(x)
		}
		for _, x := range points(c, 20) {
			var div, scale float64
			for a := range x {
				stretch := slope(func(y []float64) float64 { return velocity(y, a) }, x, a)
				carry := velocity(x, a) * slope(c.LogDensity, x, a)
				div += stretch + carry
				scale += math.Abs(stretch) + math.Abs(carry)
			}
			// Round-off of ln p (up to 60) over the step, 1e-12, and truncation as above.
			if math.Abs(div) > 1e-11*(1+scale) {
				t.Errorf("at %v: ∇·u + u·∇ln p = %.3g of %.3g", x, div, scale)
			}
		}
	})
}

func TestCellAveragesIntegrateToOne(t *testing.T) {
	cells := map[int]int{1: 512, 2: 128, 3: 32}
	forAll(t, func(t *testing.T, c *exact.Case) {
		// Gauss nodes in cells a sixth of the narrowest feature wide (in 3-D, half of it,
		// with three nodes) err by 1e-11 (1e-6).
		tol := map[int]float64{1: 1e-12, 2: 1e-9, 3: 1e-6}[c.Dim()]
		if got := c.Density(c.Grid(cells[c.Dim()])).Integral(); math.Abs(got-1) > tol {
			t.Errorf("Σ p V − 1 = %.3g", got-1)
		}
	})
}

// The quadrature ∫ p u·D⁻¹u meets tr[(A−DS⁻¹)ᵀ D⁻¹ (A−DS⁻¹) S] of linear drift.
func TestEntropyProductionOfLinearDrift(t *testing.T) {
	for _, k := range []struct {
		a *mat.Dense
		d *mat.SymDense
	}{
		{mat.NewDense(2, 2, []float64{1, 3, -3, 1.5}), mat.NewSymDense(2, []float64{0.2, 0.05, 0.05, 0.1})},
		{
			mat.NewDense(3, 3, []float64{1, 0.8, -0.3, -0.8, 1.2, 0.5, 0.3, -0.5, 0.9}),
			mat.NewSymDense(3, []float64{0.2, 0.05, 0.02, 0.05, 0.15, -0.03, 0.02, -0.03, 0.1}),
		},
	} {
		s := exact.Lyapunov(k.a, k.d)
		var si, di, g, m mat.Dense
		if err := si.Inverse(s); err != nil {
			t.Fatal(err)
		}
		if err := di.Inverse(k.d); err != nil {
			t.Fatal(err)
		}
		g.Mul(k.d, &si)
		g.Sub(k.a, &g)
		m.Product(g.T(), &di, &g, s)
		// Panels are 0.7 standard deviations wide, with 12 nodes, and in three dimensions 1.3, with 8: both
		// 1e-13; round-off of cond(D)·cond(S) < 100.
		if got, want := exact.OrnsteinUhlenbeck("test", k.a, k.d).EntropyProduction(), mat.Trace(&m); math.Abs(got/want-1) > 1e-11 {
			t.Errorf("d=%d: entropy production %.15g, want %.15g", k.d.SymmetricDim(), got, want)
		}
	}
}

func TestLyapunovIsSolved(t *testing.T) {
	a := mat.NewDense(3, 3, []float64{1, 0.8, -0.3, -0.8, 1.2, 0.5, 0.3, -0.5, 0.9})
	d := mat.NewSymDense(3, []float64{0.2, 0.05, 0.02, 0.05, 0.15, -0.03, 0.02, -0.03, 0.1})
	s := exact.Lyapunov(a, d)
	var left, right mat.Dense
	left.Mul(a, s)
	right.Mul(s, a.T())
	left.Add(&left, &right)
	for i := range 3 {
		for j := range 3 {
			if r := left.At(i, j) - 2*d.At(i, j); math.Abs(r) > 1e-15 { // a few units of round-off of 0.4
				t.Errorf("(AS + SAᵀ − 2D)[%d][%d] = %g", i, j, r)
			}
		}
	}
}

func ExampleOrderTable() {
	var tab exact.OrderTable
	tab.Add(32, 4e-3)
	tab.Add(64, 1e-3)
	tab.Add(128, 2.5e-4)
	fmt.Print(&tab)
	// Output:
	//     n      error  order
	//    32  4.000e-03
	//    64  1.000e-03   2.00
	//   128  2.500e-04   2.00
}
