package operators

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// A relabelling sends axis a of the old box to axis to[a] of the new one, mirrored
// where flip[a].
type relabelling struct {
	to   []int
	flip []bool
}

// grid returns the relabelled box.
func (r *relabelling) grid(t rapid.TB, g *grid.Grid) *grid.Grid {
	axes := make([]grid.Axis, g.Dim())
	for a := range axes {
		ax := g.Axis(a)
		if r.flip[a] {
			lower, upper := ax.Upper(), ax.Lower()
			var err error
			if ax.IsUniform() {
				ax, err = grid.Uniform(-ax.Max(), -ax.Min(), ax.Cells(), lower, upper)
			} else {
				ax, err = grid.Sinh(-ax.Max(), -ax.Min(), ax.Cells(), lower, upper, -0.3, 0.7) // of randomGrid
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		axes[r.to[a]] = ax
	}
	return grid.New(axes...)
}

// cell returns the relabelled number of cell i.
func (r *relabelling) cell(from, to *grid.Grid, i int) int {
	old, idx := make([]int, from.Dim()), make([]int, from.Dim())
	from.Indices(old, i)
	for a, k := range old {
		if r.flip[a] {
			k = from.Axis(a).Cells() - 1 - k
		}
		idx[r.to[a]] = k
	}
	return to.Index(idx)
}

// coefficients returns the relabelled coefficients.
func (r *relabelling) coefficients(c *Coefficients, to *grid.Grid) *Coefficients {
	d := to.Dim()
	sign := func(a int) float64 {
		if r.flip[a] {
			return -1
		}
		return 1
	}
	out := &Coefficients{Grid: to, Drift: rows(d, to.Cells()), Diffusion: rows(d*(d+1)/2, to.Cells())}
	for i := range to.Cells() {
		j := r.cell(c.Grid, to, i)
		for a := range d {
			out.Drift[r.to[a]][j] = sign(a) * c.Drift[a][i]
			for b := a; b < d; b++ {
				out.Diffusion[Packed(d, r.to[a], r.to[b])][j] = sign(a) * sign(b) * c.Diffusion[Packed(d, a, b)][i]
			}
		}
	}
	return out
}

// Which axis is called first, and which way it points, makes no difference: rates
// of the relabelled problem are the relabelled rates.
//
// Where D is of full rank the decomposition is unique but for weights that vanish,
// and rates agree to round-off times the ratio of its eigenvalues.
func TestRatesDoNotDependOnNamesOfAxes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGrid(t, grid.Reflecting, grid.Periodic, grid.Absorbing)
		d := g.Dim()
		c := mildCoefficients(t, g)
		r := &relabelling{flip: make([]bool, d)}
		all := [][]int{{0}, {0, 1}, {1, 0}, {0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {1, 0, 2}}
		for len(r.to) != d {
			r.to = rapid.SampledFrom(all).Draw(t, "to")
		}
		for a := range r.flip {
			r.flip[a] = rapid.Bool().Draw(t, "flip")
		}
		to := r.grid(t, g)
		one, two := Selling(c), Selling(r.coefficients(c, to))
		for j := range g.Cells() {
			turnover := -one.Matrix().At(j, j)
			for i := range g.Cells() {
				want := one.Matrix().At(i, j)
				got := two.Matrix().At(r.cell(g, to, i), r.cell(g, to, j))
				// The ridge is found to 1e-9 where drift goes upwind.
				if math.Abs(got-want) > 1e-8*turnover {
					t.Fatalf("rate %d → %d is %g, relabelled %g, of %g in all", j, i, want, got, turnover)
				}
			}
		}
	})
}

// mildCoefficients draws tensors with a ratio of eigenvalues of at most 4 and
// off-diagonal parts far above round-off, where a superbase counts as obtuse whichever
// it is, and a drift of order D/h.
func mildCoefficients(t *rapid.T, g *grid.Grid) *Coefficients {
	d := g.Dim()
	c := &Coefficients{Grid: g, Drift: rows(d, g.Cells()), Diffusion: rows(d*(d+1)/2, g.Cells())}
	off := rapid.Float64Range(0.05, 0.2).Draw(t, "off-diagonal")
	v := rapid.Float64Range(-5, 5).Draw(t, "drift")
	x := make([]float64, d)
	for i := range g.Cells() {
		g.Center(x, i)
		for a := range d {
			c.Drift[a][i] = v * math.Sin(x[(a+1)%d]+float64(a))
			for b := a; b < d; b++ {
				c.Diffusion[Packed(d, a, b)][i] = off * (1 + 0.5*math.Cos(x[a]-float64(b))) * float64(1-2*((a+b)%2))
			}
			c.Diffusion[Packed(d, a, a)][i] = 1 + 0.3*math.Sin(x[a])
		}
	}
	return c
}

// With v and D constant on a periodic box every cell has the rates of every other,
// so that the uniform density is stationary and the current is v p everywhere.
func TestShiftsOfAPeriodicBoxChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(t, "dim")
		axes := make([]grid.Axis, d)
		for a := range axes {
			var err error
			if axes[a], err = grid.Uniform(0, 1+float64(a), rapid.IntRange(4, 9).Draw(t, "cells"), grid.Periodic, grid.Periodic); err != nil {
				t.Fatal(err)
			}
		}
		g := grid.New(axes...)
		m := drawTensor(t, d, rapid.Float64Range(0, 1).Draw(t, "ratio"), rapid.Float64Range(0, 1).Draw(t, "ratio 2"))
		c := &Coefficients{Grid: g, Drift: rows(d, g.Cells()), Diffusion: rows(d*(d+1)/2, g.Cells())}
		for a := range d {
			v := rapid.Float64Range(-10, 10).Draw(t, "drift")
			for i := range g.Cells() {
				c.Drift[a][i] = v
				for b := a; b < d; b++ {
					c.Diffusion[Packed(d, a, b)][i] = m.at(a, b)
				}
			}
		}
		gen := Selling(c)
		p := 1 / float64(g.Cells())
		turnover := -gen.Matrix().At(0, 0) * p
		flow := gen.FaceFlow(fill(g.Cells(), p))
		for a := range d {
			for k, f := range flow.Flow[a] {
				// v per cell, from differences of rates as large as the turnover, along paths of
				// some hundred edges; what the ridge leaves out is 1e-12 of it.
				if want := c.Drift[a][0] / axes[a].Width(0) * p; math.Abs(f-want) > 4e-12*(turnover+math.Abs(want)) {
					t.Fatalf("flow through face %d of axis %d is %g, want %g", k, a, f, want)
				}
			}
		}
	})
}
