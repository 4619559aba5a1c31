package accurate

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Points returns the coordinates along each axis of the points where densities live, ξ =
// i+½; or, for an axis a ≥ 0, of the points on the faces across it.
func Points(g *grid.Grid, a int) [][]float64 {
	x := make([][]float64, g.Dim())
	for b := range x {
		ax := g.Axis(b)
		for i := range ax.Cells() {
			x[b] = append(x[b], ax.At(float64(i)+0.5))
		}
		if b == a {
			x[b] = append([]float64(nil), ax.Edges()...)
		}
	}
	return x
}

// NewCoefficients returns the coefficients without damping of the flux J = v p − D∇p,
// from v_a and the row D_ab, b = 0 … d−1, on the faces across every axis a. What it is
// given it keeps and changes; rows that are 0 everywhere are dropped.
func NewCoefficients(g *grid.Grid, drift [][]float64, diffusion [][][]float64) *Coefficients {
	c := &Coefficients{}
	for a := range g.Dim() {
		c.Drift[a] = drift[a]
		for b := range g.Dim() {
			if a == b || !allZero(diffusion[a][b]) {
				c.Diffusion[a][b] = diffusion[a][b]
			}
		}
		c.scale(g, a)
	}
	return c
}

func allZero(v []float64) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// scale turns components of v and D on the faces across axis a into those of ξ.
func (c *Coefficients) scale(g *grid.Grid, a int) {
	stretch := stretches(g, a)
	n := len(stretch[0])
	pieces.Run(g.Faces(a)/n, max(1, 4096/n), func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			var fixed [3]float64
			rest := r
			for b := 1; b < len(stretch); b++ {
				fixed[b] = stretch[b][rest%len(stretch[b])]
				rest /= len(stretch[b])
			}
			for i := r * n; i < (r+1)*n; i++ {
				fixed[0] = stretch[0][i-r*n]
				area := 1.0
				for b := range stretch {
					if b != a {
						area *= fixed[b]
					}
				}
				c.Drift[a][i] *= area
				for b := range stretch {
					if c.Diffusion[a][b] != nil {
						c.Diffusion[a][b][i] *= area / fixed[b]
					}
				}
			}
		}
	})
}

// stretches returns x′ along each axis at the points of [Points].
func stretches(g *grid.Grid, a int) [][]float64 {
	x := make([][]float64, g.Dim())
	for b := range x {
		ax := g.Axis(b)
		if b == a {
			for k := range ax.Cells() + 1 {
				x[b] = append(x[b], ax.Stretch(float64(k)))
			}
			continue
		}
		for i := range ax.Cells() {
			x[b] = append(x[b], ax.Stretch(float64(i)+0.5))
		}
	}
	return x
}

// Volumes returns √g at the points: ω√g is the mass that a density of 1 has there.
func Volumes(g *grid.Grid) []float64 {
	stretch := stretches(g, -1)
	v := make([]float64, g.Cells())
	n := len(stretch[0])
	for r := range len(v) / n {
		row, rest := 1.0, r
		for b := 1; b < len(stretch); b++ {
			row *= stretch[b][rest%len(stretch[b])]
			rest /= len(stretch[b])
		}
		for i, s := range stretch[0] {
			v[r*n+i] = row * s
		}
	}
	return v
}

// upwindFrom is the Péclet number of a cell beyond which interpolation turns upwind.
const upwindFrom = 2

// Damped returns the coefficients with the damping of order w that turns interpolation
// upwind, from order w to w−1, where the cell Péclet number |v|h/D exceeds 2; arrays are
// shared with c.
func (o *Operator) Damped(c *Coefficients) *Coefficients {
	d := *c
	for a := range o.dim {
		weight, drift, diffusion := o.axes[a].damping, c.Drift[a], c.Diffusion[a][a]
		if !turnsUpwind(drift, diffusion) {
			continue
		}
		damping := make([]float64, len(drift))
		pieces.Run(len(damping), 1<<14, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				if v := math.Abs(drift[i]); v > upwindFrom*diffusion[i] {
					damping[i] = weight * (v - upwindFrom*diffusion[i])
				}
			}
		})
		d.Damping[a] = damping
	}
	return &d
}

// turnsUpwind says whether there is a face that wants damping.
func turnsUpwind(drift, diffusion []float64) bool {
	for i, v := range drift {
		if math.Abs(v) > upwindFrom*diffusion[i] {
			return true
		}
	}
	return false
}
