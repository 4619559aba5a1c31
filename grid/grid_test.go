package grid_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ness-fp/ness/grid"
)

func box(t testing.TB) *grid.Grid {
	return grid.New(uniform(t, -1, 2, 6, grid.Periodic), sinh(t, 0, 5, 8, 1, 0.5), uniform(t, 0, 1, 10, grid.Reflecting))
}

func noise(g *grid.Grid, seed uint64) *grid.Field {
	r := rand.New(rand.NewPCG(seed, 1))
	f := grid.NewField(g)
	for i := range f.Values {
		f.Values[i] = r.NormFloat64()
	}
	return f
}

func TestIndicesGoThereAndBack(t *testing.T) {
	g := box(t)
	idx, x := make([]int, 3), make([]float64, 3)
	for i := range g.Cells() {
		g.Indices(idx, i)
		g.Center(x, i)
		if got := g.Index(idx); got != i {
			t.Fatalf("Index(Indices(%d)) = %d", i, got)
		}
		if got, ok := g.Find(x); !ok || got != i {
			t.Fatalf("Find(Center(%d)) = %d, %v", i, got, ok)
		}
		if i > 0 && idx[0] > 0 { // axis 0 is fastest
			before := make([]int, 3)
			g.Indices(before, i-1)
			if before[0] != idx[0]-1 {
				t.Fatalf("cell %d is not the upper neighbour of %d along axis 0", i, i-1)
			}
		}
	}
	if _, ok := g.Find([]float64{0, 6, 0}); ok {
		t.Error("Find: a point outside was found")
	}
}

func TestVolumesFillTheBox(t *testing.T) {
	g := box(t)
	var sum float64
	for i, v := range g.Volumes() {
		if v != g.Volume(i) {
			t.Fatalf("Volumes()[%d] = %.17g, Volume = %.17g", i, v, g.Volume(i))
		}
		sum += v
	}
	if math.Abs(sum-15) > float64(g.Cells())*0x1p-53*15 { // one rounding per term
		t.Errorf("volumes sum to %.17g, want 15", sum)
	}
}

func TestShapeStridesAndWalls(t *testing.T) {
	g := box(t)
	if diff := cmp.Diff([]int{6, 8, 10}, g.Shape()); diff != "" {
		t.Error(diff)
	}
	if g.Stride(0) != 1 || g.Stride(1) != 6 || g.Stride(2) != 48 || g.Cells() != 480 {
		t.Errorf("strides %d %d %d of %d cells", g.Stride(0), g.Stride(1), g.Stride(2), g.Cells())
	}
	if !g.HasWall(grid.Absorbing) || grid.New(g.Axis(0), g.Axis(2)).HasWall(grid.Absorbing) {
		t.Error("HasWall: only axis 1 has an absorbing wall")
	}
	if g.IsUniform() || !grid.New(g.Axis(0)).IsUniform() {
		t.Error("IsUniform: only axis 1 is graded")
	}
}

func TestMarginalsAgreeAndKeepTheIntegral(t *testing.T) {
	f := noise(box(t), 1)
	// Sums of 480 numbers of order 1 over a volume of 15.
	tol := 480 * 0x1p-53 * 15 * 4.0
	for _, keep := range [][]int{{0}, {1}, {2}, {0, 1}, {2, 0}, {2, 1, 0}} {
		m := f.Marginal(keep...)
		if got, want := m.Integral(), f.Integral(); math.Abs(got-want) > tol {
			t.Errorf("marginal %v: integral %.17g, want %.17g", keep, got, want)
		}
	}
	a, b := f.Marginal(2, 0).Marginal(1), f.Marginal(0)
	for i, v := range a.Values {
		if math.Abs(v-b.Values[i]) > tol {
			t.Errorf("marginal of marginal, cell %d: %g, want %g", i, v, b.Values[i])
		}
	}
	if swapped := f.Marginal(2, 1, 0); swapped.Values[swapped.Grid.Index([]int{9, 3, 4})] != f.Values[f.Grid.Index([]int{4, 3, 9})] {
		t.Error("Marginal(2, 1, 0) is not the transpose")
	}
}

func TestIntegralAndL1WeighByVolume(t *testing.T) {
	f, h := noise(box(t), 1), noise(box(t), 2)
	var sum, dist float64
	for i, v := range f.Grid.Volumes() {
		sum += v * f.Values[i]
		dist += v * math.Abs(f.Values[i]-h.Values[i])
	}
	tol := 480 * 0x1p-53 * 15 * 4.0
	if got := f.Integral(); math.Abs(got-sum) > tol {
		t.Errorf("Integral = %.17g, want %.17g", got, sum)
	}
	if got := grid.L1(f, h); math.Abs(got-dist) > tol {
		t.Errorf("L1 = %.17g, want %.17g", got, dist)
	}
}

func TestMaxNamesTheCell(t *testing.T) {
	f := noise(box(t), 3)
	f.Values[77] = 9
	if v, at := f.Max(); v != 9 || at != 77 {
		t.Errorf("Max = %g at %d", v, at)
	}
}

// The moments of p ∝ (1 + x)(1 + 2y) on [0, 1]² are 5/9, 7/12; the midpoint rule errs by h².
func TestMomentsOfAProduct(t *testing.T) {
	g := grid.New(uniform(t, 0, 1, 100, grid.Reflecting), uniform(t, 0, 1, 100, grid.Reflecting))
	f, x := grid.NewField(g), make([]float64, 2)
	for i := range f.Values {
		g.Center(x, i)
		f.Values[i] = (1 + x[0]) * (1 + 2*x[1])
	}
	mean, cov := f.Moments()
	want := []float64{5. / 9, 7. / 12, 7./18 - 25./81, 0, 5./12 - 49./144}
	for k, got := range append(mean, cov...) {
		if math.Abs(got-want[k]) > 1e-4 { // h² f″/24 with f″ ≤ 12, over a mass ≥ 1.5
			t.Errorf("moment %d: %.6f, want %.6f", k, got, want[k])
		}
	}
}

func TestRestrictKeepsIntegralsAndAverages(t *testing.T) {
	f := noise(box(t), 4)
	coarse, ok := f.Grid.Coarsen()
	if !ok {
		t.Fatal("Coarsen: refused 6 × 8 × 10 cells")
	}
	c := grid.Restrict(f, coarse)
	if got, want := c.Integral(), f.Integral(); math.Abs(got-want) > 480*0x1p-53*15*4 {
		t.Errorf("integral %.17g, want %.17g", got, want)
	}
	// One coarse cell by hand.
	var mass, vol float64
	for _, i := range [][]int{{2, 4, 6}, {3, 4, 6}, {2, 5, 6}, {3, 5, 6}, {2, 4, 7}, {3, 4, 7}, {2, 5, 7}, {3, 5, 7}} {
		k := f.Grid.Index(i)
		mass += f.Values[k] * f.Grid.Volume(k)
		vol += f.Grid.Volume(k)
	}
	k := coarse.Index([]int{1, 2, 3})
	if got := c.Values[k]; math.Abs(got-mass/vol) > 32*0x1p-53*4 || math.Abs(coarse.Volume(k)-vol) > 32*0x1p-53*vol {
		t.Errorf("cell (1,2,3): %.17g, want %.17g", got, mass/vol)
	}
	if _, ok := grid.New(f.Grid.Axis(0), uniform(t, 0, 1, 7, grid.Reflecting)).Coarsen(); ok {
		t.Error("Coarsen: halved 7 cells")
	}
}

func TestFacesBorderTheirCells(t *testing.T) {
	g := box(t)
	idx := make([]int, 3)
	for a := range 3 {
		f := grid.NewFaceField(g)
		seen := make([]int, len(f.Flow[a]))
		for i := range g.Cells() {
			lower := g.LowerFace(a, i)
			upper := lower + g.FaceStride(a)
			seen[lower]++
			seen[upper]++
			g.Indices(idx, i)
			if idx[a]+1 < g.Axis(a).Cells() && upper != g.LowerFace(a, i+g.Stride(a)) {
				t.Fatalf("axis %d: the upper face of cell %d is not the lower face of the next", a, i)
			}
			if got, want := g.FaceArea(a, i)*g.Axis(a).Width(idx[a]), g.Volume(i); math.Abs(got-want) > 4*0x1p-53*want {
				t.Fatalf("axis %d: area × width of cell %d is %g, want %g", a, i, got, want)
			}
		}
		walls := 0
		for k, n := range seen {
			if n == 0 || n > 2 {
				t.Fatalf("axis %d: face %d borders %d cells", a, k, n)
			}
			if n == 1 {
				walls++
			}
		}
		if want := 2 * g.Cells() / g.Axis(a).Cells(); walls != want {
			t.Errorf("axis %d: %d faces border one cell, want %d", a, walls, want)
		}
	}
}

// The flow of the vector field (x, 2y, 3z) has divergence 6 times the volume, and
// its density at centres is the field itself: all of it is linear.
func TestDivergenceOfALinearField(t *testing.T) {
	g := box(t)
	f := grid.NewFaceField(g)
	idx, x := make([]int, 3), make([]float64, 3)
	for a := range 3 {
		for i := range g.Cells() {
			g.Indices(idx, i)
			e := g.Axis(a).Edges()
			k, s := g.LowerFace(a, i), float64(a+1)*g.FaceArea(a, i)
			f.Flow[a][k] = s * e[idx[a]]
			f.Flow[a][k+g.FaceStride(a)] = s * e[idx[a]+1]
		}
	}
	at := f.AtCenters()
	for i, v := range f.Divergence() {
		if want := 6 * g.Volume(i); math.Abs(v-want) > 1e-15*100 { // areas ≤ 3, coordinates ≤ 5: a few roundings of 45
			t.Fatalf("divergence of cell %d: %g, want %g", i, v, want)
		}
		g.Center(x, i)
		for a := range 3 {
			if want := float64(a+1) * x[a]; math.Abs(at[a][i]-want) > 16*0x1p-53*15 {
				t.Fatalf("axis %d, cell %d: %g at the centre, want %g", a, i, at[a][i], want)
			}
		}
	}
	for a := range 3 {
		density := f.Density(a)
		for i := range g.Cells() {
			g.Indices(idx, i)
			for side := range 2 {
				k := g.LowerFace(a, i) + side*g.FaceStride(a)
				if got, want := density[k], float64(a+1)*g.Axis(a).Edges()[idx[a]+side]; math.Abs(got-want) > 8*0x1p-53*15 {
					t.Fatalf("axis %d, face %d: density %g, want %g", a, k, got, want)
				}
			}
		}
	}
}

func TestMisusePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"no axes":         func() { grid.New() },
		"empty axis":      func() { grid.New(grid.Axis{}) },
		"L1 of two grids": func() { grid.L1(noise(box(t), 1), grid.NewField(grid.New(uniform(t, 0, 1, 5, grid.Periodic)))) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// A field that is mapped to other cells of the same box, graded along one axis, keeps its integral; on
// its own cells it is the same; and what is constant stays so.
func TestRemapKeepsIntegrals(t *testing.T) {
	g := box(t)
	f := noise(g, 5)
	var edges [][]float64
	for a := range 3 {
		edges = append(edges, g.Axis(a).Edges())
	}
	if diff := cmp.Diff(f.Values, grid.Remap(f.Values, edges, g).Values, approximately(1e-15)); diff != "" {
		t.Error(diff)
	}
	other := grid.New(uniform(t, -1, 2, 7, grid.Periodic), sinh(t, 0, 5, 11, 3, 0.2), uniform(t, 0, 1, 4, grid.Reflecting))
	m := grid.Remap(f.Values, edges, other)
	if a, b := f.Integral(), m.Integral(); math.Abs(a-b) > 1e-13 { // of 480 numbers of order 1 in a volume of 15
		t.Errorf("integral %g, was %g", b, a)
	}
	one := grid.NewField(g)
	for i := range one.Values {
		one.Values[i] = 1
	}
	for i, v := range grid.Remap(one.Values, edges, other).Values {
		if math.Abs(v-1) > 1e-14 {
			t.Fatalf("cell %d of a constant has %g", i, v)
		}
	}
	// Outside there is nothing.
	wide := grid.New(uniform(t, -2, 3, 5, grid.Reflecting), sinh(t, -1, 6, 11, 3, 0.2), uniform(t, 0, 1, 4, grid.Reflecting))
	if a, b := f.Integral(), grid.Remap(f.Values, edges, wide).Integral(); math.Abs(a-b) > 1e-13 {
		t.Errorf("integral %g in a wider box, was %g", b, a)
	}
}

func approximately(tol float64) cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= tol*(math.Abs(a)+math.Abs(b)) })
}
