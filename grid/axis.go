package grid

import (
	"fmt"
	"math"
)

// A Wall says what happens at one end of an [Axis].
type Wall uint8

const (
	Reflecting Wall = iota // no flow through the wall, n·J = 0
	Periodic               // the other end of the axis is the neighbour
	Absorbing              // what arrives is gone, p = 0 on the wall
)

var wallNames = [...]string{"reflecting", "periodic", "absorbing"}

// String returns the wall's name as problem files spell it.
func (w Wall) String() string { return wallNames[w] }

// ParseWall returns the wall of that name; the error lists the names there are.
func ParseWall(name string) (Wall, error) {
	for i, s := range wallNames {
		if s == name {
			return Wall(i), nil
		}
	}
	return 0, fmt.Errorf("want reflecting, periodic or absorbing, have %q", name)
}

// MinCells is the least number of cells of an axis: a cell and its two neighbours.
const MinCells = 3

// MaxCells is the largest number of cells of an axis.
const MaxCells = 1 << 27

// An Axis is one coordinate cut into cells by ascending edges, closed by walls or periodic.
// It does not change after it is made.
type Axis struct {
	edges        []float64
	lower, upper Wall
	graded       *sinhMap // nil for equal cells
	width        float64  // of equal cells
}

// A sinhMap is x = towards + scale·sinh(a + s(b − a)), 0 ≤ s ≤ 1.
type sinhMap struct{ towards, scale, a, b float64 }

// Uniform returns an axis of n equal cells from lo to hi.
func Uniform(lo, hi float64, n int, lower, upper Wall) (Axis, error) {
	if err := checkAxis(lo, hi, n, lower, upper); err != nil {
		return Axis{}, err
	}
	return mapped(lo, hi, n, lower, upper, nil), nil
}

// Sinh returns an axis of n cells from lo to hi that are narrowest at the
// coordinate towards: x = towards + scale·sinh(ξ), cut evenly in ξ. Cells are
// nearly equal within scale of that point and widen in proportion to the
// distance beyond it.
//
// The map is not smooth across the seam of a periodic axis, so that is an error.
func Sinh(lo, hi float64, n int, lower, upper Wall, towards, scale float64) (Axis, error) {
	if err := checkAxis(lo, hi, n, lower, upper); err != nil {
		return Axis{}, err
	}
	switch {
	case lower == Periodic:
		return Axis{}, fmt.Errorf("a periodic axis cannot be graded: widths would jump at the seam")
	case !(towards >= lo && towards <= hi):
		return Axis{}, fmt.Errorf("grading: want towards within [%g, %g], have %g", lo, hi, towards)
	case !(scale > 0) || math.IsInf(scale, 1):
		return Axis{}, fmt.Errorf("grading: want scale > 0, have %g", scale)
	}
	a, b := math.Asinh((lo-towards)/scale), math.Asinh((hi-towards)/scale)
	axis := mapped(lo, hi, n, lower, upper, &sinhMap{towards, scale, a, b})
	if w := axis.Narrowest(); !(w > 1e-12*(hi-lo)) {
		return Axis{}, fmt.Errorf("grading: scale %g leaves cells of width %.3g, narrower than can be resolved in [%g, %g]", scale, w, lo, hi)
	}
	return axis, nil
}

func checkAxis(lo, hi float64, n int, lower, upper Wall) error {
	switch {
	case math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0):
		return fmt.Errorf("want finite min and max, have %g and %g", lo, hi)
	case !(lo < hi):
		return fmt.Errorf("want min < max, have %g and %g", lo, hi)
	case n < MinCells:
		return fmt.Errorf("cells: want at least %d, have %d", MinCells, n)
	case n > MaxCells:
		return fmt.Errorf("cells: want at most %d, have %d", MaxCells, n)
	case math.IsInf(hi-lo, 1) || (hi-lo)/float64(n) < 16*math.Max(math.Abs(lo), math.Abs(hi))*0x1p-52:
		return fmt.Errorf("%d cells between %g and %g cannot be told apart in double precision", n, lo, hi)
	case (lower == Periodic) != (upper == Periodic):
		return fmt.Errorf("an axis is periodic at both ends or at none, have %v and %v", lower, upper)
	}
	return nil
}

// mapped cuts [lo, hi] evenly in the coordinate of the map; the ends are exact whatever
// that rounds to.
func mapped(lo, hi float64, n int, lower, upper Wall, graded *sinhMap) Axis {
	ax := Axis{edges: make([]float64, n+1), lower: lower, upper: upper, graded: graded}
	ax.edges[0], ax.edges[n] = lo, hi
	for k := 1; k < n; k++ {
		ax.edges[k] = ax.At(float64(k))
	}
	ax.width = ax.Length() / float64(n)
	return ax
}

// At returns the coordinate at ξ = 0 … Cells, which counts cells: the smooth map whose
// values at whole numbers are the edges. At(i+½) is the centre of cell i only where cells
// are equal.
func (a Axis) At(xi float64) float64 {
	s := xi / float64(a.Cells())
	if m := a.graded; m != nil {
		return m.towards + m.scale*math.Sinh(m.a+s*(m.b-m.a))
	}
	return a.Min() + s*a.Length()
}

// Stretch returns the derivative of [Axis.At], the local width of cells.
func (a Axis) Stretch(xi float64) float64 {
	n := float64(a.Cells())
	if m := a.graded; m != nil {
		return m.scale * math.Cosh(m.a+xi/n*(m.b-m.a)) * (m.b - m.a) / n
	}
	return a.Length() / n
}

// Narrowest returns the smallest width of any cell.
func (a Axis) Narrowest() float64 {
	w := math.Inf(1)
	for i := range a.Cells() {
		w = math.Min(w, a.Width(i))
	}
	return w
}

// Cells returns the number of cells.
func (a Axis) Cells() int { return len(a.edges) - 1 }

// Edges returns the Cells()+1 ascending edges; they must not be changed.
func (a Axis) Edges() []float64 { return a.edges }

// Min and Max return the ends of the axis.
func (a Axis) Min() float64 { return a.edges[0] }

// Max returns the upper end of the axis.
func (a Axis) Max() float64 { return a.edges[len(a.edges)-1] }

// Length returns Max − Min, the period of a periodic axis.
func (a Axis) Length() float64 { return a.Max() - a.Min() }

// Width returns the width of cell i. On a uniform axis all widths are the same number.
func (a Axis) Width(i int) float64 {
	if a.graded == nil {
		return a.width
	}
	return a.edges[i+1] - a.edges[i]
}

// Center returns the midpoint of cell i.
func (a Axis) Center(i int) float64 { return 0.5 * (a.edges[i] + a.edges[i+1]) }

// Centers returns the midpoints of all cells.
func (a Axis) Centers() []float64 {
	c := make([]float64, a.Cells())
	for i := range c {
		c[i] = a.Center(i)
	}
	return c
}

// Lower returns the wall at Min.
func (a Axis) Lower() Wall { return a.lower }

// Upper returns the wall at Max.
func (a Axis) Upper() Wall { return a.upper }

// IsPeriodic says whether the two ends are neighbours.
func (a Axis) IsPeriodic() bool { return a.lower == Periodic }

// IsUniform says whether all cells have the same width.
func (a Axis) IsUniform() bool { return a.graded == nil }

// Wrap returns the cell that index i names, which may lie beyond the ends on a
// periodic axis, and whether there is one.
func (a Axis) Wrap(i int) (int, bool) {
	n := a.Cells()
	if i >= 0 && i < n {
		return i, true
	}
	if !a.IsPeriodic() {
		return 0, false
	}
	return ((i % n) + n) % n, true
}

// Find returns the cell that holds x, and false outside [Min, Max]. An inner edge
// belongs to the cell above it, Max to the last cell.
func (a Axis) Find(x float64) (int, bool) {
	if !(x >= a.Min() && x <= a.Max()) {
		return 0, false
	}
	lo, hi := 0, a.Cells() // edges[lo] ≤ x, and x < edges[hi] or hi = Cells
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if a.edges[mid] <= x {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, true
}

// Coarsen returns the axis with every second edge left out, and false where the
// number of cells is odd or too small. It is the same map cut half as often.
func (a Axis) Coarsen() (Axis, bool) {
	n := a.Cells()
	if n%2 != 0 || n/2 < MinCells {
		return Axis{}, false
	}
	e := make([]float64, n/2+1)
	for k := range e {
		e[k] = a.edges[2*k]
	}
	return Axis{edges: e, lower: a.lower, upper: a.upper, graded: a.graded, width: a.Length() / float64(n/2)}, true
}

// Resample returns the axis cut into n cells by the same map.
func (a Axis) Resample(n int) Axis {
	return mapped(a.Min(), a.Max(), n, a.lower, a.upper, a.graded)
}
