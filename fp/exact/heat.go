package exact

import (
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file has diffusion alone on a periodic box, whose Fourier modes decay each at its own
// rate.

// Heat returns ∂p/∂t = Σ D_a ∂²p/∂x_a² on [0, 2π]^d, periodic, one D_a > 0 for each axis. The
// stationary density is uniform.
func Heat(diffusion ...float64) *Case {
	const name = "heat equation"
	d := len(diffusion)
	box := make([]fp.Interval, d)
	for a := range box {
		box[a] = fp.Interval{Max: 2 * math.Pi, Lower: grid.Periodic, Upper: grid.Periodic}
	}
	level := -float64(d) * math.Log(2*math.Pi)
	return &Case{
		Name: name, Box: box,
		Problem: &fp.Problem{
			Title: name, Variables: []string{"x", "y", "z"}[:d],
			Equation: fp.HanggiKlimontovich(d,
				fp.Pointwise(func(dst, _ []float64) { clear(dst) }),
				fp.Pointwise(func(dst, _ []float64) {
					clear(dst)
					for a, k := 0, 0; a < d; a++ {
						dst[k] = diffusion[a]
						k += d - a
					}
				})),
		},
		logDensity: func([]float64) float64 { return level },
	}
}

// FourierModes returns the cell averages of (1 + c Σ_a e^{−D_a m_a² t} sin(m_a x_a + a + 1)) / (2π)^d,
// m_a = 1 + a mod 2, at time t of [Heat] with the D_a given.
func FourierModes(g *grid.Grid, amplitude, t float64, diffusion ...float64) *grid.Field {
	f := grid.NewField(g)
	idx := make([]int, g.Dim())
	norm := math.Pow(2*math.Pi, -float64(g.Dim()))
	for i := range f.Values {
		g.Indices(idx, i)
		f.Values[i] = norm
		for a, k := range idx {
			m, e := float64(1+a%2), g.Axis(a).Edges()
			integral := func(x float64) float64 { return -math.Cos(m*x+float64(a+1)) / m }
			c := amplitude * math.Exp(-diffusion[a]*m*m*t)
			f.Values[i] += norm * c * (integral(e[k+1]) - integral(e[k])) / (e[k+1] - e[k])
		}
	}
	return f
}
