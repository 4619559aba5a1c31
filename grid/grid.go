package grid

import (
	"math"

	"github.com/ness-fp/ness/grid/pieces"
)

// A Grid is a box of cells, the product of its axes; axis 0 varies fastest in flat indices.
// It does not change after it is made.
type Grid struct {
	axes   []Axis
	stride []int // of cells; stride[d] is their number
}

// New returns the product of the axes, of which there must be at least one.
// It panics where the number of cells does not fit in an int.
func New(axes ...Axis) *Grid {
	if len(axes) == 0 {
		panic("grid: New: no axes")
	}
	g := &Grid{axes: append([]Axis(nil), axes...), stride: make([]int, len(axes)+1)}
	g.stride[0] = 1
	for a, ax := range axes {
		n := ax.Cells()
		if n == 0 || g.stride[a] > math.MaxInt/n {
			panic("grid: New: an axis without cells, or more cells than can be counted")
		}
		g.stride[a+1] = g.stride[a] * n
	}
	return g
}

// Dim returns the number of axes, d.
func (g *Grid) Dim() int { return len(g.axes) }

// Axis returns axis a.
func (g *Grid) Axis(a int) Axis { return g.axes[a] }

// Cells returns the number of cells, N.
func (g *Grid) Cells() int { return g.stride[len(g.axes)] }

// Stride returns the step in the flat index from a cell to its neighbour along axis a.
func (g *Grid) Stride(a int) int { return g.stride[a] }

// Shape returns the number of cells along each axis.
func (g *Grid) Shape() []int {
	s := make([]int, g.Dim())
	for a := range s {
		s[a] = g.axes[a].Cells()
	}
	return s
}

// Index returns the flat index of the cell with the given index along each axis.
func (g *Grid) Index(idx []int) int {
	i := 0
	for a, k := range idx {
		i += k * g.stride[a]
	}
	return i
}

// Indices sets dst to the index along each axis of cell i. len(dst) = Dim.
func (g *Grid) Indices(dst []int, i int) {
	for a := range g.axes {
		n := g.axes[a].Cells()
		dst[a] = i % n
		i /= n
	}
}

// Center sets dst to the centre of cell i. len(dst) = Dim.
func (g *Grid) Center(dst []float64, i int) {
	for a, ax := range g.axes {
		n := ax.Cells()
		dst[a] = ax.Center(i % n)
		i /= n
	}
}

// Volume returns the volume of cell i.
func (g *Grid) Volume(i int) float64 {
	v := 1.0
	for _, ax := range g.axes {
		n := ax.Cells()
		v *= ax.Width(i % n)
		i /= n
	}
	return v
}

// Volumes returns the volume of every cell.
func (g *Grid) Volumes() []float64 {
	v := make([]float64, g.Cells())
	g.eachRow(func(first int, space []float64) { g.setVolumes(v[first:][:len(space)], first) })
	return v
}

// setVolumes sets dst to the volumes of the row of cells that begins with cell first, and
// returns it.
func (g *Grid) setVolumes(dst []float64, first int) []float64 {
	for k := range dst {
		dst[k] = g.axes[0].Width(k)
	}
	for b, ax := range g.axes[1:] {
		w := ax.Width(first / g.stride[b+1] % ax.Cells())
		for k := range dst {
			dst[k] *= w
		}
	}
	return dst
}

// rowPiece is about how many cells one piece of a loop over rows has.
const rowPiece = 1 << 14

// eachRow calls do, on all cores, for every row of cells along axis 0, with its first cell
// and as much space as the row is long.
func (g *Grid) eachRow(do func(first int, space []float64)) {
	n := g.stride[1]
	pieces.Run(g.Cells()/n, max(1, rowPiece/n), func(_, lo, hi int) {
		space := make([]float64, n)
		for row := lo; row < hi; row++ {
			do(row*n, space)
		}
	})
}

// IsUniform says whether all axes are uniform.
func (g *Grid) IsUniform() bool {
	for _, ax := range g.axes {
		if !ax.IsUniform() {
			return false
		}
	}
	return true
}

// HasWall says whether any end of any axis is a wall of that kind.
func (g *Grid) HasWall(w Wall) bool {
	for _, ax := range g.axes {
		if ax.lower == w || ax.upper == w {
			return true
		}
	}
	return false
}

// Periods returns the length of each periodic axis, 0 of others.
func (g *Grid) Periods() []float64 {
	periods := make([]float64, len(g.axes))
	for a, ax := range g.axes {
		if ax.IsPeriodic() {
			periods[a] = ax.Length()
		}
	}
	return periods
}

// Find returns the cell that holds the point x, and false outside the box.
func (g *Grid) Find(x []float64) (int, bool) {
	i := 0
	for a, ax := range g.axes {
		k, ok := ax.Find(x[a])
		if !ok {
			return 0, false
		}
		i += k * g.stride[a]
	}
	return i, true
}
