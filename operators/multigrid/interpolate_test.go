package multigrid

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// First guesses from converged solutions on two coarser grids are right to O(h⁴), where one
// alone is to O(h²): errors of ln m where there is mass.
func TestGuessesAreOfFourthOrder(t *testing.T) {
	p := rotation()
	solved := func(n int) *level {
		m, _, err := Solve([]int{n, n}, p.discretize, Options{})
		if err != nil {
			t.Fatal(err)
		}
		l := finest(p.lattice([]int{n, n}))
		copy(l.x, m)
		floats.Scale(float64(n*n), l.x) // densities, as guesses keep them
		return l
	}
	off := func(n int) float64 {
		s := newSolution(solved(n/2), newSolution(solved(n/4), nil))
		l := finest(p.lattice([]int{n, n}))
		s.guess(l)
		floats.Scale(float64(n*n)/floats.Sum(l.x), l.x)
		var worst float64
		for i, want := range solved(n).x {
			if want > 0.1 {
				worst = max(worst, math.Abs(math.Log(l.x[i]/want)))
			}
		}
		return worst
	}
	coarse, fine := off(256), off(512) // orders of 2.1, 3.0, 3.6, … from 64 cells on
	if order := math.Log2(coarse / fine); order < 3.5 {
		t.Errorf("errors %.3g and %.3g, order %.2f, want 4", coarse, fine, order)
	}
}

// Cubic interpolation is exact for cubics, away from walls, whatever the numbers of cells.
func TestCubicInterpolation(t *testing.T) {
	for _, dims := range [][2][3]int{{{12, 10, 8}, {24, 20, 16}}, {{11, 9, 1}, {21, 18, 1}}} {
		from, to := &level{n: dims[0]}, &level{n: dims[1]}
		cubic := func(l *level, i int) (v float64, inner bool) {
			inner = true
			for a := range 3 {
				if l.n[a] == 1 {
					continue
				}
				n := float64(l.n[a])
				x := (float64(i%l.n[a]) + 0.5) / n
				i /= l.n[a]
				v += (1 + float64(a)) * x * x * (x - 0.4)
				inner = inner && x > 0.25 && x < 0.75
			}
			return v, inner
		}
		values := make([]float64, from.cells())
		for i := range values {
			values[i], _ = cubic(from, i)
		}
		interpolated := make([]float64, to.cells())
		from.cubic(interpolated, values, to, func(int) {})
		for i, got := range interpolated {
			if want, inner := cubic(to, i); inner && math.Abs(got-want) > 1e-14 {
				t.Errorf("%v to %v: cell %d is %v, want %v", from.n, to.n, i, got, want)
			}
		}
	}
}

// Exponentials are right to 1e-14, from the floor of masses up, and keep what is not a number.
func TestExponentials(t *testing.T) {
	withKernels(t, func(t *testing.T) {
		var x []float64
		for v := -800.0; v < 708; v += 0.37 {
			x = append(x, v)
		}
		x = append(x, math.NaN(), 0, math.Inf(-1), math.Ln2/2, -math.Ln2/2, 709, math.NaN(), 1e9)
		got := slices.Clone(x)
		exponentials(got)
		for i, v := range x {
			want := max(math.Exp(min(v, 709)), leastMass)
			if !(math.Abs(got[i]-want) <= 1e-14*want) && !math.IsNaN(v) || math.IsNaN(v) != math.IsNaN(got[i]) {
				t.Errorf("e^%g is %g, want %g", v, got[i], want)
			}
		}
	})
}
