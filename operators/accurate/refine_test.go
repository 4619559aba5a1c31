package accurate

import (
	"math"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// Interpolation on w points is exact for polynomials of degree w−1, up to walls; on absorbing
// ones they have to vanish, and the wall is a point more.
func TestPolynomialsAreRefinedExactly(t *testing.T) {
	x, err := grid.Uniform(0, 1, 24, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	y, err := grid.Uniform(0, 1, 20, grid.Absorbing, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range Orders {
		value := func(x, y float64) float64 { return math.Pow(1-2*x, float64(w-1)) * math.Pow(y, float64(w-1)) }
		sample := func(n, m int) (p []float64) {
			for j := range m {
				for i := range n {
					p = append(p, value((float64(i)+0.5)/float64(n), (float64(j)+0.5)/float64(m)))
				}
			}
			return p
		}
		for _, cells := range [][]int{{48, 40}, {24, 20}, {37, 61}} {
			got := New(grid.New(x, y), w).Refined(sample(24, 20), cells)
			want := sample(cells[0], cells[1])
			if len(got) != len(want) {
				t.Fatalf("order %d, %v cells: %d values", w, cells, len(got))
			}
			for i, v := range want {
				// One-sided weights of each axis sum to some 10 in magnitude, and values are at most 1.
				if !(math.Abs(got[i]-v) <= 1e-13) {
					t.Fatalf("order %d, %v cells, point %d: %g, want %g", w, cells, i, got[i], v)
				}
			}
		}
	}
}

// Around a periodic axis the error falls as hʷ.
func TestWavesAreRefinedToOrder(t *testing.T) {
	wave := func(n int) (p []float64) {
		for i := range n {
			p = append(p, math.Sin(2*math.Pi*(float64(i)+0.5)/float64(n)+0.3))
		}
		return p
	}
	for _, w := range Orders {
		var errors orderTable
		for _, n := range []int{20, 40} {
			x, err := grid.Uniform(0, 1, n, grid.Periodic, grid.Periodic)
			if err != nil {
				t.Fatal(err)
			}
			var worst float64
			want := wave(2 * n)
			for i, v := range New(grid.New(x), w).Refined(wave(n), []int{2 * n}) {
				worst = max(worst, math.Abs(v-want[i]))
			}
			errors.add(n, worst)
		}
		if q := errors.last(); !(q > float64(w)-0.2) {
			t.Errorf("order %d: the error falls with n^−%.2f\n%v", w, q, &errors)
		}
	}
}
