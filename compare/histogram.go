package compare

import (
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
)

// A Histogram is counts per cell, with those of groups of walkers, which are independent
// of one another.
type Histogram struct {
	Grid    *grid.Grid
	Counts  []uint64 // per cell
	Outside uint64   // tallies outside the grid
	// Groups has the counts of each group per cell, and at last those outside.
	Groups [][]uint64
}

// Histogram returns what has been counted so far, or nil without a grid. Groups share
// their memory with the ensemble.
func (e *Ensemble) Histogram() *Histogram {
	if e.opt.Grid == nil {
		return nil
	}
	n := e.opt.Grid.Cells()
	h := &Histogram{Grid: e.opt.Grid, Counts: make([]uint64, n), Groups: e.counts}
	for _, g := range e.counts {
		for i, c := range g[:n] {
			h.Counts[i] += c
		}
		h.Outside += g[n]
	}
	return h
}

// Total returns the number of tallies, those outside the grid included.
func (h *Histogram) Total() uint64 { return sum(h.Counts) + h.Outside }

func sum(counts []uint64) uint64 {
	var s uint64
	for _, c := range counts {
		s += c
	}
	return s
}

// OutsideFraction returns the fraction of tallies outside the grid; 0 where there are none.
func (h *Histogram) OutsideFraction() float64 {
	total := h.Total()
	if total == 0 {
		return 0
	}
	return float64(h.Outside) / float64(total)
}

// Density returns c_i/(T V_i) for counts c and their total T. Its integral is the
// fraction of tallies inside the grid. It is 0 where nothing has been tallied.
func (h *Histogram) Density() *grid.Field {
	f := grid.NewField(h.Grid)
	total := math.Max(1, float64(h.Total()))
	for i, v := range h.Grid.Volumes() {
		f.Values[i] = float64(h.Counts[i]) / (total * v)
	}
	return f
}

// MassError returns the standard error of the mass c_i/T of each cell, between the G
// groups: with weights w_g = T_g/T and masses p_g of groups, about p = Σ w_g p_g,
//
//	s_i² = G/(G−1) Σ w_g² (p_g − p)².
//
// A cell that no walker has visited has error 0, and a cell that few groups have visited
// an uncertain one.
func (h *Histogram) MassError() []float64 {
	n, groups := h.Grid.Cells(), float64(len(h.Groups))
	total := math.Max(1, float64(h.Total()))
	s := make([]float64, n)
	for _, g := range h.Groups {
		weight := float64(sum(g)) / total
		for i, c := range g[:n] {
			d := float64(c)/total - weight*float64(h.Counts[i])/total
			s[i] += d * d
		}
	}
	for i := range s {
		s[i] = math.Sqrt(s[i] * groups / (groups - 1))
	}
	return s
}

// EffectiveSamples returns how many independent samples would leave the same error in the
// masses p_i of all cells together, Σ p_i(1 − p_i) / Σ s_i²: at most about the number of
// tallies. It is NaN where all tallies lie in one cell.
func (h *Histogram) EffectiveSamples() float64 {
	total := math.Max(1, float64(h.Total()))
	var alone, found float64
	for i, s := range h.MassError() {
		p := float64(h.Counts[i]) / total
		alone += p * (1 - p)
		found += s * s
	}
	return alone / found
}

// A counter finds the cells of many points.
type counter struct {
	grid *grid.Grid
	axes []counterAxis
	// uniform has lo, 1/width, cells and stride of every axis, nil where some cells differ.
	uniform [][4]float64
}

type counterAxis struct {
	grid.Axis
	stride     int32
	lo, length float64
	cells      float64
	perCell    float64 // 1/width, 0 where cells differ
}

func newCounter(g *grid.Grid) *counter {
	c := &counter{grid: g}
	for a := range g.Dim() {
		ax := g.Axis(a)
		f := counterAxis{Axis: ax, stride: int32(g.Stride(a)), lo: ax.Min(), length: ax.Length(), cells: float64(ax.Cells())}
		if ax.IsUniform() {
			f.perCell = f.cells / f.length
		}
		c.axes = append(c.axes, f)
		c.uniform = append(c.uniform, [4]float64{f.lo, f.perCell, f.cells, float64(f.stride)})
	}
	if slices.ContainsFunc(c.axes, func(f counterAxis) bool { return f.perCell == 0 }) {
		c.uniform = nil
	}
	return c
}

// count adds points to counts, which has the cells and then those outside. The cells of the first points have been found,
// those of the others are scratch. On uniform axes a point within rounding of an edge may go to either side of it.
func (c *counter) count(counts []uint64, cells []int32, x [][]float64, found int) {
	cells = cells[:len(x[0])]
	for _, i := range cells[:found] {
		counts[i]++
	}
	if cells = cells[found:]; len(cells) == 0 {
		return
	}
	clear(cells)
	for a := range c.axes {
		c.axes[a].add(cells, x[a][found:])
	}
	outside := len(counts) - 1
	for _, k := range cells {
		i := int(k)
		if i < 0 {
			i = outside
		}
		counts[i]++
	}
}

// add adds the index along one axis, times its stride, to the cells that are not negative,
// and makes negative those outside.
func (f *counterAxis) add(cells []int32, x []float64) {
	lo, perCell, count, stride := f.lo, f.perCell, f.cells, f.stride
	if perCell == 0 {
		count = 0 // none is found by its width
	}
	cells = cells[:len(x)]
	for w, v := range x {
		u := (v - lo) * perCell
		if !(u >= 0 && u < count) {
			u = f.find(v)
		}
		k := int32(u)
		if k < 0 || cells[w] < 0 {
			cells[w] = -1
			continue
		}
		cells[w] += k * stride
	}
}

// find returns the cell of a point on any axis, and -1 outside and for NaN.
func (f *counterAxis) find(x float64) float64 {
	if f.IsPeriodic() {
		x -= f.length * math.Floor((x-f.lo)/f.length)
	}
	k, ok := f.Find(x)
	if !ok {
		return -1
	}
	return float64(k)
}

// Marginal returns the histogram along one axis, on all that the others hold.
func (h *Histogram) Marginal(axis int) *Histogram {
	n := h.Grid.Axis(axis).Cells()
	stride := h.Grid.Stride(axis)
	along := func(counts []uint64) []uint64 {
		m := make([]uint64, n)
		for i, c := range counts {
			m[i/stride%n] += c
		}
		return m
	}
	cells := h.Grid.Cells()
	m := &Histogram{Grid: grid.New(h.Grid.Axis(axis)), Counts: along(h.Counts), Outside: h.Outside}
	for _, g := range h.Groups {
		m.Groups = append(m.Groups, append(along(g[:cells]), g[cells]))
	}
	return m
}
