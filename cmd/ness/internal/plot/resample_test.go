package plot

import (
	"math"
	"math/rand/v2"
	"testing"
)

// ulp is the unit round-off of float64.
const ulp = 0x1p-53

func randomAxis(r *rand.Rand, n int) Axis {
	a := Axis{Name: "x", Edges: make([]float64, n+1)}
	for i := range n {
		a.Edges[i+1] = a.Edges[i] + 0.01 + r.ExpFloat64()
	}
	return a
}

func randomValues(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.Float64()
	}
	return v
}

// mass returns ∫ v over the box.
func mass(axes []Axis, v []float64) float64 {
	for _, a := range axes {
		v = integrate(a, v, 1)
	}
	return v[0]
}

// The mean over all pixels is the mean over the box, and so is that of merged
// cells, whatever the numbers of cells and pixels.
func TestResamplingConservesMass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		nx, ny := 1+r.IntN(90), 1+r.IntN(90)
		axes := []Axis{randomAxis(r, nx), randomAxis(r, ny)}
		v := randomValues(r, nx*ny)
		area := (axes[0].hi() - axes[0].lo()) * (axes[1].hi() - axes[1].lo())
		want := mass(axes, v)

		w, h := 1+r.IntN(60), 1+r.IntN(60)
		var sum float64
		for _, p := range pixels(axes[0], axes[1], v, w, h) {
			sum += p
		}
		// Sums of at most 90·60 positive terms, and pixel borders off by an ulp of the
		// edges, which counts once for each of up to 60 borders a side.
		tol := (90*60 + 2*60*64) * ulp * want
		if got := sum / float64(w*h) * area; math.Abs(got-want) > tol {
			t.Errorf("%d×%d cells in %d×%d pixels: mass %v, want %v", nx, ny, w, h, got, want)
		}
		small, c := coarsen(axes, v, 1+r.IntN(40))
		if got := mass(small, c); math.Abs(got-want) > tol {
			t.Errorf("%d×%d cells merged to %d: mass %v, want %v", nx, ny, len(c), got, want)
		}
	}
}

// Marginals of a product are its factors.
func TestIntegrateAlongEachAxis(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	axes := []Axis{randomAxis(r, 3), randomAxis(r, 4), randomAxis(r, 5)}
	f := [][]float64{randomValues(r, 3), randomValues(r, 4), randomValues(r, 5)}
	v := make([]float64, 60)
	for i := range v {
		v[i] = f[0][i%3] * f[1][i/3%4] * f[2][i/12]
	}
	stride := 1
	for d, a := range axes {
		var total float64
		for i, x := range f[d] {
			total += x * a.width(i)
		}
		got := integrate(a, v, stride)
		o := []int{1, 2, 0, 2, 0, 1}[2*d:][:2] // the other axes, the faster first
		n := len(f[o[0]])
		for i, g := range got {
			want := total * f[o[0]][i%n] * f[o[1]][i/n]
			if math.Abs(g-want) > 20*ulp*want { // 5 terms of 4 roundings
				t.Errorf("axis %d, cell %d: %v, want %v", d, i, g, want)
			}
		}
		stride *= a.cells()
	}
}

// A pixel inside of one cell has that cell's value to the last bit but one: its
// weight is x/x.
func TestPixelsShowCells(t *testing.T) {
	x := Axis{Name: "x", Edges: []float64{0, 1, 4}}
	y := Axis{Name: "y", Edges: []float64{0, 2, 4}}
	got := pixels(x, y, []float64{1, 2, 3, 4}, 4, 2)
	want := []float64{3, 4, 4, 4, 1, 2, 2, 2} // top row first
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("pixels %v, want %v", got, want)
		}
	}
}
