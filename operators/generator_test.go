package operators

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// randomGrid draws a small box of 1 to 3 dimensions with walls and gradings.
func randomGrid(t *rapid.T, walls ...grid.Wall) *grid.Grid {
	d := rapid.IntRange(1, 3).Draw(t, "dim")
	axes := make([]grid.Axis, d)
	for a := range axes {
		n := rapid.IntRange(3, 9).Draw(t, "cells")
		lower := rapid.SampledFrom(walls).Draw(t, "lower")
		upper := lower
		if lower != grid.Periodic {
			for upper = grid.Periodic; upper == grid.Periodic; {
				upper = rapid.SampledFrom(walls).Draw(t, "upper")
			}
		}
		var err error
		if lower != grid.Periodic && rapid.Bool().Draw(t, "graded") {
			axes[a], err = grid.Sinh(-1, 2, n, lower, upper, 0.3, 0.7)
		} else {
			axes[a], err = grid.Uniform(-1, 2, n, lower, upper)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return grid.New(axes...)
}

// randomCoefficients draws, cell by cell, D = Σ w wᵀ with as many terms as the rank
// and sizes over several decades, and a drift of any size.
func randomCoefficients(t *rapid.T, g *grid.Grid) *Coefficients {
	d := g.Dim()
	rank := rapid.IntRange(0, d).Draw(t, "rank")
	drift := math.Pow(10, rapid.Float64Range(-3, 4).Draw(t, "log10 of the drift"))
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	c := &Coefficients{Grid: g, Drift: rows(d, g.Cells()), Diffusion: rows(d*(d+1)/2, g.Cells())}
	for i := range g.Cells() {
		for range rank {
			w := make([]float64, d)
			size := math.Exp(4 * r.NormFloat64())
			for a := range w {
				w[a] = size * r.NormFloat64()
			}
			for a := range d {
				for b := a; b < d; b++ {
					c.Diffusion[Packed(d, a, b)][i] += w[a] * w[b]
				}
			}
		}
		for a := range d {
			c.Drift[a][i] = drift * r.NormFloat64()
		}
	}
	return c
}

func rows(k, n int) [][]float64 {
	x := make([][]float64, k)
	for i := range x {
		x[i] = make([]float64, n)
	}
	return x
}

// checkGenerator tests rates ≥ 0 and that columns sum to −Exit, to the round-off of
// some hundred additions.
func checkGenerator(t *rapid.T, gen *Generator) {
	n := gen.Matrix().Rows
	sum, size := make([]float64, n), make([]float64, n)
	for i := range n {
		for k := gen.Matrix().RowPtr[i]; k < gen.Matrix().RowPtr[i+1]; k++ {
			j, v := int(gen.Matrix().Col[k]), gen.Matrix().Val[k]
			if i != j && !(v >= 0) {
				t.Fatalf("rate %d → %d is %v", j, i, v)
			}
			sum[j] += v
			size[j] += math.Abs(v)
		}
	}
	for j := range n {
		if gen.Exit != nil {
			if !(gen.Exit[j] >= 0) {
				t.Fatalf("exit rate of %d is %v", j, gen.Exit[j])
			}
			sum[j] += gen.Exit[j]
		}
		if math.Abs(sum[j]) > 100*0x1p-53*size[j] {
			t.Fatalf("column %d sums to %v, size %v", j, sum[j], size[j])
		}
	}
}

func TestSellingIsAGeneratorForAnyTensor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic, grid.Absorbing)
		gen := Selling(randomCoefficients(t, g))
		checkGenerator(t, gen)
		if limit := offsetLimit(g); gen.Reach > limit {
			t.Fatalf("offsets of %d cells, want at most %d", gen.Reach, limit)
		}
	})
}

func TestStarIsAGeneratorForAnyDiagonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic, grid.Absorbing)
		checkGenerator(t, Star(randomFaces(t, g)))
	})
}

func randomFaces(t *rapid.T, g *grid.Grid) *FaceCoefficients {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
	f := &FaceCoefficients{Grid: g}
	for a := range g.Dim() {
		v, d := make([]float64, g.Faces(a)), make([]float64, g.Faces(a))
		for i := range v {
			v[i] = math.Exp(5*r.NormFloat64()) * r.NormFloat64()
			if r.IntN(4) > 0 {
				d[i] = math.Exp(5 * r.NormFloat64())
			}
		}
		f.Drift, f.Diffusion = append(f.Drift, v), append(f.Diffusion, d)
	}
	return f
}

// What a lattice does by itself is what its matrix does.
func TestLatticeAgreesWithItsMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic, grid.Absorbing)
		gen := Star(randomFaces(t, g))
		r := rand.New(rand.NewPCG(1, 0))
		m, want := make([]float64, g.Cells()), make([]float64, g.Cells())
		for i := range m {
			m[i] = r.Float64()
		}
		a := gen.Matrix()
		a.MulVec(want, m)
		out := gen.Outflow()
		for i, got := range gen.Apply(m) {
			// A dozen additions of terms that add up to the turnover of the cell and its neighbours.
			var size float64
			for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
				size += math.Abs(a.Val[k]) * m[a.Col[k]]
			}
			if math.Abs(got-want[i]) > 12*0x1p-53*size {
				t.Fatalf("cell %d: %g, by the matrix %g", i, got, want[i])
			}
			if math.Abs(out[i]+a.At(i, i)) > 12*0x1p-53*out[i] {
				t.Fatalf("cell %d: outflow %g, on the diagonal %g", i, out[i], a.At(i, i))
			}
		}
	})
}

// With a potential exp(−φ) is stationary: cell by cell |A m| is round-off of the
// turnover, also for folded walls and graded axes.
func TestGibbsIsStationaryToRoundOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic)
		c := randomCoefficients(t, g)
		c.Drift = rows(g.Dim(), g.Cells())
		scale := rapid.Float64Range(0, 30).Draw(t, "range of φ")
		r := rand.New(rand.NewPCG(5, 5))
		c.Potential = make([]float64, g.Cells())
		mass := g.Volumes()
		for i := range c.Potential {
			c.Potential[i] = scale * r.Float64()
			mass[i] *= math.Exp(-c.Potential[i])
		}
		f := randomFaces(t, g)
		f.Drift = rows(g.Dim(), 0)
		for a := range g.Dim() {
			f.Drift[a] = make([]float64, g.Faces(a))
		}
		f.Potential = c.Potential
		for _, gen := range []*Generator{Selling(c), Star(f)} {
			checkGenerator(t, gen)
			res := make([]float64, g.Cells())
			gen.Matrix().MulVec(res, mass)
			for i, v := range res {
				// Regularised tensors have up to 30 edges a cell; φ of 30 costs 30·2⁻⁵³.
				if turnover := -gen.Matrix().At(i, i) * mass[i]; math.Abs(v) > 1e-14*turnover {
					t.Fatalf("cell %d: residual %.2g of the turnover", i, math.Abs(v)/turnover)
				}
			}
		}
	})
}

// What leaves a cell along edges leaves it through its faces, for any masses.
func TestFaceFlowHasTheDivergenceOfTheGenerator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic)
		gen := Selling(randomCoefficients(t, g))
		m := make([]float64, g.Cells())
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "masses"), 0))
		var scale float64
		for i := range m {
			m[i] = r.Float64()
			scale = max(scale, -gen.Matrix().At(i, i)*m[i])
		}
		am := make([]float64, g.Cells())
		gen.Matrix().MulVec(am, m)
		for i, v := range gen.FaceFlow(m).Divergence() {
			if math.Abs(v+am[i]) > 1e-13*scale { // hundreds of flows of that size, 2⁻⁵³ each
				t.Fatalf("cell %d: divergence %v, A m is %v", i, v, am[i])
			}
		}
	})
}

func TestAssemblyHasTheSameBitsOnAnyNumberOfCores(t *testing.T) {
	ax, err := grid.Uniform(-3, 3, 200, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	c := smoothTensor(grid.New(ax, ax))
	many := Selling(c)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := Selling(c)
	for k, v := range one.Matrix().Val {
		if many.Matrix().Val[k] != v || many.Matrix().Col[k] != one.Matrix().Col[k] {
			t.Fatalf("entry %d is %v and %v", k, v, many.Matrix().Val[k])
		}
	}
}

// smoothTensor samples a rotating tensor and a drift.
func smoothTensor(g *grid.Grid) *Coefficients {
	c := &Coefficients{Grid: g, Drift: rows(2, g.Cells()), Diffusion: rows(3, g.Cells())}
	x := make([]float64, 2)
	for i := range g.Cells() {
		g.Center(x, i)
		c.Drift[0][i], c.Drift[1][i] = -x[0]+x[1], -x[1]-x[0]
		c.Diffusion[0][i] = 0.2 * (1 + 0.5*x[0]*x[0])
		c.Diffusion[1][i] = 0.06 * math.Sin(x[0]+x[1])
		c.Diffusion[2][i] = 0.2 * (1 + 0.5*math.Cos(x[1])*math.Cos(x[1]))
	}
	return c
}

// obliqueTensor turns a tensor of ratio 0.03 from cell to cell, with offsets of up to
// four cells.
func obliqueTensor(g *grid.Grid) *Coefficients {
	c := smoothTensor(g)
	x := make([]float64, 2)
	for i := range g.Cells() {
		g.Center(x, i)
		sin, cos := math.Sincos(x[0])
		c.Diffusion[0][i] = cos*cos + 0.03*sin*sin
		c.Diffusion[1][i] = 0.97 * cos * sin
		c.Diffusion[2][i] = sin*sin + 0.03*cos*cos
	}
	return c
}

func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{256, 1024} {
		g := cube(b, 2, n, grid.Reflecting)
		f := &FaceCoefficients{Grid: g}
		for a, d := range []float64{0.2, 0.3} {
			f.Drift, f.Diffusion = append(f.Drift, fill(g.Faces(a), -1)), append(f.Diffusion, fill(g.Faces(a), d))
		}
		mild, oblique := smoothTensor(g), obliqueTensor(g)
		gibbs := smoothTensor(g)
		gibbs.Potential = gibbs.Drift[0]
		benchAssemble(b, fmt.Sprintf("scheme=star/d=2/n=%d", n), g, func() { Star(f) })
		benchAssemble(b, fmt.Sprintf("scheme=selling/tensor=mild/d=2/n=%d", n), g, func() { Selling(mild) })
		benchAssemble(b, fmt.Sprintf("scheme=selling/tensor=mild/potential=true/d=2/n=%d", n), g, func() { Selling(gibbs) })
		benchAssemble(b, fmt.Sprintf("scheme=selling/tensor=oblique/d=2/n=%d", n), g, func() { Selling(oblique) })
	}
	p := space()
	c := p.sample(cube(b, 3, 64, grid.Reflecting))
	benchAssemble(b, "scheme=selling/tensor=mild/d=3/n=64", c.Grid, func() { Selling(c) })
}

func benchAssemble(b *testing.B, name string, g *grid.Grid, assemble func()) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			assemble()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Cells()), "ns/cell")
	})
}
