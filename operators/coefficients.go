package operators

import (
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Coefficients are an effective drift and a diffusion tensor sampled on a Grid,
// at the cell centres.
//
// With a Potential φ the drift is v = −D∇φ + w, and Drift holds w alone.
type Coefficients struct {
	Grid      *grid.Grid
	Drift     [][]float64 // v, or w beside a potential: d × N · [θ]/T
	Diffusion [][]float64 // D, packed upper triangle by rows: d(d+1)/2 × N · [θ]²/T
	Potential []float64   // φ: N · 1, or nil
}

// FaceCoefficients are the normal components of drift and diffusion on the faces
// of a Grid, laid out like [grid.FaceField], walls included; all that [Star] asks for.
type FaceCoefficients struct {
	Grid      *grid.Grid
	Drift     [][]float64 // v_a (or w_a) on the faces across axis a
	Diffusion [][]float64 // D_aa there
	Potential []float64   // φ at the cell centres, or nil
}

// Packed returns the place of D_ij in a packed upper triangle by rows of a d×d tensor.
func Packed(d, i, j int) int {
	if i > j {
		i, j = j, i
	}
	return i*d - i*(i-1)/2 + j - i
}

// IsDiagonal says whether every off-diagonal component of D is 0 in every cell.
func (c *Coefficients) IsDiagonal() bool {
	d := c.Grid.Dim()
	for i := range d {
		for j := i + 1; j < d; j++ {
			for _, v := range c.Diffusion[Packed(d, i, j)] {
				if v != 0 {
					return false
				}
			}
		}
	}
	return true
}

// EigenRange returns the smallest and the largest eigenvalue of D in any cell, in at most
// three dimensions.
func (c *Coefficients) EigenRange() (lo, hi float64) {
	d := c.Grid.Dim()
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range c.Grid.Cells() {
		var m tensor
		for a := range d {
			for b := a; b < d; b++ {
				m[Packed(3, a, b)] = c.Diffusion[Packed(d, a, b)][i]
			}
		}
		least, most := m.eigenRange(d)
		lo, hi = min(lo, least), max(hi, most)
	}
	return lo, hi
}

// Peclet returns the cell Péclet number of cell i, the largest |v_a| h_a / D_aa over
// the axes, with |Δφ| to the upper neighbour added beside a potential; +Inf where
// drift meets no diffusion. Beyond 2 a scheme that keeps densities positive must
// add diffusion, and is of first order there.
func (c *Coefficients) Peclet(i int) float64 {
	var worst float64
	for a := range c.Drift {
		worst = max(worst, c.largestPeclet(a, i, i+1))
	}
	return worst
}

// MaxPeclet returns the largest Péclet number of any cell.
func (c *Coefficients) MaxPeclet() float64 {
	n := c.Grid.Axis(0).Cells()
	rows := c.Grid.Cells() / n
	worst := make([]float64, rows)
	pieces.Run(rows, max(1, 4096/n), func(_, lo, hi int) {
		for row := lo; row < hi; row++ {
			for a := range c.Drift {
				worst[row] = max(worst[row], c.largestPeclet(a, row*n, (row+1)*n))
			}
		}
	})
	return slices.Max(worst)
}

// largestPeclet returns the largest Péclet number along axis a of the cells lo to hi−1 of a row.
func (c *Coefficients) largestPeclet(a, lo, hi int) (worst float64) {
	ax, s := c.Grid.Axis(a), c.Grid.Stride(a)
	n := ax.Cells()
	k := lo / s % n // of all cells of the row, unless it lies along the axis
	diffusion := c.Diffusion[Packed(len(c.Drift), a, a)]
	for i := lo; i < hi; i++ {
		var z float64
		if v := c.Drift[a][i]; v != 0 {
			z = math.Abs(v) * ax.Width(k) / diffusion[i]
		}
		if c.Potential != nil && k+1 < n {
			z += math.Abs(c.Potential[i+s] - c.Potential[i])
		}
		worst = max(worst, z)
		if a == 0 {
			k++
		}
	}
	return worst
}
