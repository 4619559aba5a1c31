package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/ness-fp/ness/grid"
)

// randomLine draws a line with any walls and coefficients at its nodes: D > 0 of sizes
// over decades, 0 in places, and with a potential or not.
func randomLine(t *rapid.T, potential bool, walls ...grid.Wall) *LineCoefficients {
	g := randomGrid(t, walls...)
	g = grid.New(g.Axis(0))
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
	nodes := (g.Axis(0).Cells() + 1) * LineOrder
	c := &LineCoefficients{Grid: g, Drift: make([]float64, nodes), Diffusion: make([]float64, nodes)}
	drift := math.Pow(10, rapid.Float64Range(-2, 4).Draw(t, "log10 of the drift"))
	for k := range c.Drift {
		c.Drift[k] = drift * r.NormFloat64()
		c.Diffusion[k] = math.Exp(r.NormFloat64())
		if r.IntN(40) == 0 {
			c.Diffusion[k] = 0
		}
	}
	if potential {
		scale := math.Pow(10, rapid.Float64Range(-1, 2).Draw(t, "log10 of the range of φ"))
		clear(c.Drift)
		c.Potential, c.AtCenters = make([]float64, nodes), make([]float64, g.Cells())
		for k := range c.Potential {
			c.Potential[k] = scale * r.Float64()
			if c.Diffusion[k] == 0 {
				c.Diffusion[k] = 1
			}
		}
		for i := range c.AtCenters {
			c.AtCenters[i] = scale * r.Float64()
		}
	}
	return c
}

func TestNodalIsAGeneratorForAnyLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkGenerator(t, Nodal(randomLine(t, false, grid.Reflecting, grid.Periodic, grid.Absorbing)))
	})
}

// exp(−φ) is stationary in a line with a potential, resolved between centres or not.
func TestNodalGibbsIsStationaryToRoundOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomLine(t, true, grid.Reflecting, grid.Periodic)
		gen := Nodal(c)
		checkGenerator(t, gen)
		m := c.Grid.Volumes()
		for i := range m {
			m[i] *= math.Exp(-c.AtCenters[i])
		}
		out := gen.Outflow()
		for i, v := range gen.Apply(m) {
			// Exponentials of differences of up to 100 know them to 100·2⁻⁵³.
			if math.Abs(v) > 1e-13*out[i]*m[i] {
				t.Fatalf("cell %d: %g of a turnover of %g", i, v, out[i]*m[i])
			}
		}
	})
}

// The potential at the nodes decides the conductance: with φ = ax on [0, 1], D = 1 and no
// other drift, the rate between centres h apart is 1/∫e^{φ−φ(x)} = a/(e^{ah} − 1) upward,
// over the width.
func TestNodalRateOfASlope(t *testing.T) {
	const a = 3.0
	ax, err := grid.Uniform(0, 1, 4, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	x := LineNodes(g)
	c := &LineCoefficients{Grid: g, Drift: make([]float64, len(x)), Diffusion: fill(len(x), 1)}
	for _, v := range x {
		c.Potential = append(c.Potential, a*v)
	}
	for _, v := range ax.Centers() {
		c.AtCenters = append(c.AtCenters, a*v)
	}
	m := Nodal(c).Matrix()
	const h = 0.25
	want := a / (math.Exp(a*h) - 1) / h
	for i := range 3 {
		if got := m.At(i+1, i); math.Abs(got/want-1) > 1e-13 { // the quadrature's, for |ah| < 1
			t.Errorf("rate %d → %d is %v, want %v", i, i+1, got, want)
		}
	}
}
