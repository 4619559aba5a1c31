package hodge_test

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators/hodge"
)

// The parts are the projections of F on gradients, curls and what is left.
func TestPartsAreLeastSquares(t *testing.T) {
	for _, c := range []struct {
		kinds string
		cells []int
	}{
		{"w", []int{7}},
		{"p", []int{8}},
		{"p", []int{7}},
		{"g", []int{9}},
		{"ww", []int{5, 8}},
		{"wp", []int{7, 8}},
		{"pw", []int{5, 6}},
		{"pp", []int{7, 8}},
		{"gw", []int{7, 6}},
		{"wg", []int{6, 5}},
		{"gg", []int{7, 9}},
		{"gg", []int{8, 4}},
		{"gp", []int{7, 9}},
		{"pg", []int{4, 11}},
		{"www", []int{5, 4, 3}},
		{"pww", []int{3, 4, 5}},
		{"wpw", []int{3, 4, 5}},
		{"ppw", []int{5, 4, 3}},
		{"ppp", []int{5, 4, 3}},
		{"pgw", []int{4, 5, 3}},
		{"ggg", []int{5, 4, 6}},
		{"gpg", []int{4, 3, 5}},
	} {
		t.Run(fmt.Sprint(c.kinds, c.cells), func(t *testing.T) {
			g := box(t, c.kinds, c.cells...)
			f := noise(g, 1)
			r := newReference(g)
			v := r.vector(f)
			gradient, curl := projection(t, r.gradients(), v), projection(t, r.curls(), v)
			harmonic := mat.NewVecDense(v.Len(), nil)
			harmonic.SubVec(v, gradient)
			harmonic.SubVec(harmonic, curl)

			parts := hodge.Split(f)
			for _, part := range []struct {
				name string
				got  *grid.FaceField
				want *mat.VecDense
			}{
				{"gradient", parts.Gradient, gradient},
				{"solenoidal", parts.Solenoidal, curl},
				{"harmonic", parts.Harmonic, harmonic},
			} {
				var diff mat.VecDense
				diff.SubVec(r.vector(part.got), part.want)
				// Singular vectors of some 200 unknowns are right to about 200 roundings.
				if d := mat.Norm(&diff, 2); !(d <= 400*0x1p-52*mat.Norm(v, 2)) {
					t.Errorf("%s: off by %.3g of %.3g", part.name, d, mat.Norm(v, 2))
				}
			}
		})
	}
}

// checkResiduals wants all at round-off. cells is the number of cells along the longest
// axis, or its length over its narrowest cell.
func checkResiduals(t interface{ Errorf(string, ...any) }, parts *hodge.Parts, cells float64) {
	r := parts.Residuals
	// Sums of up to six rounded numbers, parts of which can be a few times larger than the
	// largest of F; in energies errors of either sign nearly cancel.
	const local = 16 * 0x1p-52
	for name, v := range map[string]float64{
		"F − parts": r.Sum, "⟨G, S⟩": r.GradientSolenoidal, "⟨G, h⟩": r.GradientHarmonic, "⟨S, h⟩": r.SolenoidalHarmonic,
		"div S": r.SolenoidalDivergence, "div h": r.HarmonicDivergence, "curl G": r.GradientCurl, "curl h": r.HarmonicCurl,
	} {
		if !(v <= local) {
			t.Errorf("%s: %.3g, want at most %.3g", name, v, local)
		}
	}
	if tol := local * (1 + cells); !(r.Potential <= tol) {
		t.Errorf("G + ∇χ: %.3g, want at most %.3g", r.Potential, tol)
	}
	tol := local * (1 + cells)
	if parts.Vector != nil { // the second solution makes up for the rounding of the first
		tol = local
	}
	if !(r.Curl <= tol) {
		t.Errorf("S − curl: %.3g, want at most %.3g", r.Curl, tol)
	}
}

func TestPartsKeepTheirPromises(t *testing.T) {
	for _, c := range []struct {
		kinds string
		cells []int
		ratio float64
	}{
		{"p", []int{1024}, 1024},
		{"p", []int{1009}, 1009},
		{"s", []int{300}, 1e8},
		{"ww", []int{256, 243}, 256},
		{"ww", []int{211, 512}, 512},
		{"pp", []int{512, 512}, 512},
		{"pp", []int{512, 97}, 512},
		{"pw", []int{512, 7}, 512},
		{"wp", []int{7, 128}, 128},
		{"gw", []int{200, 128}, 2000},
		{"pg", []int{128, 200}, 2000},
		{"gg", []int{256, 200}, 2000},
		{"ss", []int{100, 128}, 1e9},
		{"ppp", []int{31, 16, 20}, 31},
		{"wpw", []int{12, 32, 17}, 32},
		{"gwp", []int{15, 20, 32}, 300},
		{"ggg", []int{25, 16, 20}, 300},
		{"sgs", []int{16, 20, 24}, 1e9},
	} {
		t.Run(fmt.Sprint(c.kinds, c.cells), func(t *testing.T) {
			checkResiduals(t, hodge.Split(noise(box(t, c.kinds, c.cells...), 2)), c.ratio)
		})
	}
}

func TestPartsKeepTheirPromisesOnRandomBoxes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(rt, "d")
		most := []int{80, 40, 12}[d-1]
		kinds, cells := make([]byte, d), make([]int, d)
		for a := range d {
			kinds[a] = rapid.SampledFrom([]byte("wpg")).Draw(rt, "kind")
			cells[a] = rapid.IntRange(grid.MinCells, most).Draw(rt, "cells")
		}
		f := noise(box(t, string(kinds), cells...), rapid.Uint64().Draw(rt, "seed"))
		before := make([][]float64, d)
		for a := range before {
			before[a] = append([]float64(nil), f.Flow[a]...)
		}
		parts := hodge.Split(f)
		checkResiduals(rt, parts, 1000)
		if diff := cmp.Diff(before, f.Flow); diff != "" {
			rt.Errorf("the field was changed: %s", diff)
		}
	})
}

// largest returns the largest |number| of a face field.
func largest(f *grid.FaceField) float64 {
	var m float64
	for _, flow := range f.Flow {
		for _, v := range flow {
			m = math.Max(m, math.Abs(v))
		}
	}
	return m
}

func TestGradientsCurlsAndConstantsArePure(t *testing.T) {
	for _, kinds := range []string{"ww", "wp", "pp", "gg", "gp", "www", "pwg", "ppp", "ggg"} {
		t.Run(kinds, func(t *testing.T) {
			g := box(t, kinds, []int{20, 17, 12}[:len(kinds)]...)
			parts := hodge.Split(noise(g, 3))
			// Parts of a part: what the first split left is at round-off of it, and the
			// second adds as much. Only the flow through walls is larger than inside.
			tol := 64 * 0x1p-52
			again := hodge.Split(parts.Gradient)
			if s, h := largest(again.Solenoidal), largest(again.Harmonic); !(math.Max(s, h) <= tol*largest(parts.Gradient)) {
				t.Errorf("a gradient has solenoidal part %.3g, harmonic part %.3g", s, h)
			}
			again = hodge.Split(parts.Solenoidal)
			if g, h := largest(again.Gradient), largest(again.Harmonic); !(math.Max(g, h) <= tol*largest(parts.Solenoidal)) {
				t.Errorf("a curl has gradient part %.3g, harmonic part %.3g", g, h)
			}
			constant := grid.NewFaceField(g)
			for a := range constant.Flow {
				if g.Axis(a).IsPeriodic() {
					for i := range g.Cells() {
						k := g.LowerFace(a, i)
						constant.Flow[a][k] = float64(a+1) * g.FaceArea(a, i)
						constant.Flow[a][k+g.FaceStride(a)] = constant.Flow[a][k]
					}
				}
			}
			again = hodge.Split(constant)
			if g, s := largest(again.Gradient), largest(again.Solenoidal); !(math.Max(g, s) <= tol*largest(constant)) {
				t.Errorf("a constant has gradient part %.3g, solenoidal part %.3g", g, s)
			}
		})
	}
}

// What crosses walls is in the gradient part, to the bit.
func TestWallFlowIsGradient(t *testing.T) {
	g := box(t, "wg", 6, 5)
	f := noise(g, 4)
	parts := hodge.Split(f)
	for a := range f.Flow {
		s, n := g.FaceStride(a), g.Axis(a).Cells()
		for i, v := range f.Flow[a] {
			if k := i / s % (n + 1); k == 0 || k == n {
				if parts.Gradient.Flow[a][i] != v || parts.Solenoidal.Flow[a][i] != 0 || parts.Harmonic.Flow[a][i] != 0 {
					t.Fatalf("axis %d, face %d on a wall", a, i)
				}
			}
		}
	}
	for i, v := range parts.Stream.Values {
		if x, y := i%7, i/7; (x == 0 || x == 6 || y == 0 || y == 5) && math.Abs(v) > 16*0x1p-52*largest(f) {
			t.Errorf("ψ = %.3g on a wall, at corner %d, %d", v, x, y)
		}
	}
}

// exactField has the fluxes through faces of F = −∇χ + (∂_yψ, −∂_xψ) + (c, 0) exactly:
// walls in y, period 2 in x,
//
//	χ = cos(πx) cos(πy/2) + y²/3, ψ = sin(πx + 1) sin(πy) e^(y/2) + y(2−y), 0 ≤ y ≤ 2.
func exactPsi(x, y float64) float64 {
	return math.Sin(math.Pi*x+1)*math.Sin(math.Pi*y)*math.Exp(y/2) + y*(2-y)
}

func exactChi(x, y float64) float64 {
	return math.Cos(math.Pi*x)*math.Cos(math.Pi*y/2) + y*y/3
}

const exactMean = 0.7

func exactFlow(g *grid.Grid) (f, solenoidal *grid.FaceField) {
	f, solenoidal = grid.NewFaceField(g), grid.NewFaceField(g)
	x, y := g.Axis(0).Edges(), g.Axis(1).Edges()
	nx, ny := len(x)-1, len(y)-1
	for j := range ny {
		for i := range nx + 1 {
			k := i + j*(nx+1)
			s := exactPsi(x[i], y[j+1]) - exactPsi(x[i], y[j])
			// −∫∂_xχ dy = π sin(πx) (2/π) sin(πy/2)
			grad := 2 * math.Sin(math.Pi*x[i]) * (math.Sin(math.Pi*y[j+1]/2) - math.Sin(math.Pi*y[j]/2))
			solenoidal.Flow[0][k] = s
			f.Flow[0][k] = s + grad + exactMean*(y[j+1]-y[j])
		}
	}
	for j := range ny + 1 {
		for i := range nx {
			k := i + j*nx
			s := exactPsi(x[i], y[j]) - exactPsi(x[i+1], y[j])
			// −∫∂_yχ dx = (π/2) sin(πy/2) (1/π) sin(πx) − 2y/3 (x₁ − x₀)
			grad := 0.5*math.Sin(math.Pi*y[j]/2)*(math.Sin(math.Pi*x[i+1])-math.Sin(math.Pi*x[i])) - 2*y[j]/3*(x[i+1]-x[i])
			solenoidal.Flow[1][k] = s
			f.Flow[1][k] = s + grad
		}
	}
	return f, solenoidal
}

// Potentials and parts of a smooth field converge as h².
func TestSplitOrder(t *testing.T) {
	for _, graded := range []bool{false, true} {
		var psi, chi, s [2]float64
		for round, n := range []int{64, 128} {
			x, err := grid.Uniform(0, 2, n, grid.Periodic, grid.Periodic)
			if err != nil {
				t.Fatal(err)
			}
			y, err := grid.Uniform(0, 2, n+n/2, grid.Reflecting, grid.Reflecting)
			if graded {
				y, err = grid.Sinh(0, 2, n+n/2, grid.Reflecting, grid.Reflecting, 0.5, 0.5)
			}
			if err != nil {
				t.Fatal(err)
			}
			g := grid.New(x, y)
			f, want := exactFlow(g)
			parts := hodge.Split(f)
			for i, v := range parts.Stream.Values {
				xi, yi := x.Edges()[i%(n+1)], y.Edges()[i/(n+1)]
				psi[round] = math.Max(psi[round], math.Abs(v-exactPsi(xi, yi)))
			}
			exact := grid.NewField(g)
			for i := range exact.Values {
				exact.Values[i] = exactChi(x.Center(i%n), y.Center(i/n))
			}
			mean := exact.Integral() / 4
			for i, v := range parts.Potential.Values {
				chi[round] = math.Max(chi[round], math.Abs(v-exact.Values[i]+mean))
			}
			density, wanted := parts.Solenoidal.Density(0), want.Density(0)
			for i, v := range density {
				s[round] = math.Max(s[round], math.Abs(v-wanted[i]))
			}
			// ψ of the exact field has the same value on both walls, so the mean is that of F.
			if got := parts.Harmonic.Density(0)[0]; math.Abs(got-exactMean) > float64(n)*0x1p-52*largest(f)*float64(n) {
				t.Errorf("n = %d: harmonic density %.15g, want %g", n, got, exactMean)
			}
		}
		for name, e := range map[string][2]float64{"ψ": psi, "χ": chi, "S": s} {
			// The h⁴ term moves the order between these two grids by less than 0.1.
			if order := math.Log2(e[0] / e[1]); math.Abs(order-2) > 0.1 {
				t.Errorf("graded %v, %s: errors %.3g, order %.3f, want 2", graded, name, e, order)
			}
		}
	}
}

// Swapping the axes swaps the parts and turns ψ around.
func TestSwappedAxes(t *testing.T) {
	for _, kinds := range []string{"ww", "wp", "pp", "gw", "gp", "gg"} {
		g := box(t, kinds, 16, 21)
		swapped := grid.New(g.Axis(1), g.Axis(0))
		f := noise(g, 5)
		turned := transpose(f, swapped)
		a, b := hodge.Split(f), hodge.Split(turned)
		// Two solutions of a problem of condition n²; the flows of both are right to n roundings.
		tol := 21 * 16 * 0x1p-52 * largest(f)
		for name, pair := range map[string][2]*grid.FaceField{
			"gradient":   {transpose(a.Gradient, swapped), b.Gradient},
			"solenoidal": {transpose(a.Solenoidal, swapped), b.Solenoidal},
			"harmonic":   {transpose(a.Harmonic, swapped), b.Harmonic},
		} {
			for axis, v := range pair[0].Flow {
				for i := range v {
					if d := v[i] - pair[1].Flow[axis][i]; !(math.Abs(d) <= tol) {
						t.Fatalf("%s, %s: off by %.3g", kinds, name, d)
					}
				}
			}
		}
		for i, v := range a.Stream.Values {
			x, y := i%17, i/17
			if d := v + b.Stream.Values[y+22*x]; !(math.Abs(d) <= 21*tol) {
				t.Fatalf("%s: ψ off by %.3g", kinds, d)
			}
		}
	}
}

func transpose(f *grid.FaceField, to *grid.Grid) *grid.FaceField {
	out := grid.NewFaceField(to)
	for a, flow := range f.Flow {
		nx, ny := f.Grid.Axis(0).Cells(), f.Grid.Axis(1).Cells()
		if a == 0 {
			nx++
		} else {
			ny++
		}
		for j := range ny {
			for i := range nx {
				out.Flow[1-a][j+i*ny] = flow[i+j*nx]
			}
		}
	}
	return out
}

// The vector potential has no divergence at inner nodes: div A there is the sum of
// density·area over the six edges, area that of the dual face.
func TestVectorPotentialHasNoDivergence(t *testing.T) {
	for _, kinds := range []string{"www", "pwg", "ppp", "ggg"} {
		g := box(t, kinds, 6, 7, 8)
		parts := hodge.Split(noise(g, 6))
		dual := func(a, k int) float64 { // distance between the centres around edge k
			ax := g.Axis(a)
			if k == 0 {
				return ax.Width(0)
			}
			return 0.5 * (ax.Width(k-1) + ax.Width(k))
		}
		var worst, scale float64
		indices(g, func(int) bool { return false }, func(idx [3]int) {
			var div float64
			for a := range 3 {
				if idx[a] == 0 && !g.Axis(a).IsPeriodic() {
					return
				}
			}
			for a := range 3 {
				b, c := (a+1)%3, (a+2)%3
				for side, sign := range []float64{-1, 1} {
					at := idx
					at[a] += side - 1
					at = wrapped(g, at)
					v := parts.Vector.Values[a][edge(g, a, at)]
					term := v / g.Axis(a).Width(at[a]) * dual(b, idx[b]) * dual(c, idx[c])
					div += sign * term
					scale = math.Max(scale, math.Abs(term))
				}
			}
			worst = math.Max(worst, math.Abs(div))
		})
		// Each component of A is right to some n = 8 roundings, and six are summed.
		if !(worst <= 6*8*0x1p-52*scale) {
			t.Errorf("%s: div A = %.3g, terms up to %.3g", kinds, worst, scale)
		}
	}
}

// edge returns the index of an edge along axis a.
func edge(g *grid.Grid, a int, idx [3]int) int {
	at, step := 0, 1
	for b := range 3 {
		at += idx[b] * step
		if b == a {
			step *= g.Axis(b).Cells()
		} else {
			step *= g.Axis(b).Cells() + 1
		}
	}
	return at
}

// Same bits for any number of workers, and for plans shared between goroutines.
func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	for _, c := range []struct {
		kinds string
		cells []int
	}{{"pp", []int{512, 60}}, {"gg", []int{70, 130}}, {"pwg", []int{20, 24, 18}}} {
		g := box(t, c.kinds, c.cells...)
		f, plan := noise(g, 7), hodge.NewPlan(g)
		before := runtime.GOMAXPROCS(1)
		one := plan.Split(f)
		runtime.GOMAXPROCS(max(before, 4))
		var many [2]*hodge.Parts
		var wg sync.WaitGroup
		for k := range many {
			wg.Go(func() { many[k] = plan.Split(f) })
		}
		wg.Wait()
		runtime.GOMAXPROCS(before)
		for _, m := range many {
			for a := range f.Flow {
				if !cmp.Equal(one.Gradient.Flow[a], m.Gradient.Flow[a]) || !cmp.Equal(one.Solenoidal.Flow[a], m.Solenoidal.Flow[a]) {
					t.Errorf("%s: other bits along axis %d", c.kinds, a)
				}
			}
			if one.Residuals != m.Residuals {
				t.Errorf("%s: residuals %v and %v", c.kinds, one.Residuals, m.Residuals)
			}
		}
	}
}

func TestResidualsOfNoFieldAndOfNaN(t *testing.T) {
	g := box(t, "pw", 8, 9)
	if got := hodge.Split(grid.NewFaceField(g)).Residuals; got != (hodge.Residuals{}) {
		t.Errorf("a field of zeros: %+v", got)
	}
	f := noise(g, 8)
	f.Flow[0][20] = math.NaN()
	if got := hodge.Split(f).Residuals; !math.IsNaN(got.Max()) || !math.IsNaN(got.SolenoidalDivergence) {
		t.Errorf("a field with NaN: %+v", got)
	}
}

func TestPlanOfAnotherGridPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	hodge.NewPlan(box(t, "ww", 5, 6)).Split(noise(box(t, "ww", 6, 5), 1))
}
