package operators

import (
	"math"
	"slices"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// Selling returns a generator for any symmetric positive semi-definite tensor, in
// 1, 2 or 3 dimensions. Per cell, D in units of cells is decomposed into weights on
// integer offsets; both half-edges x → x ± o_k belong to the cell x and carry
//
//	V_x ρ_k/2 ((a + z/2) p_x − (a − z/2) p_y),   z = ±o_k·u,  a = max(1, |z|/2),
//
// with as much of the drift in u as leaves |z| ≤ 1.5; the rest goes upwind to the
// axis neighbours. With a potential φ only w is split in that way, and the weights
// become B(−z_g)(a + z/2) and B(z_g)(a − z/2), z_g = φ_x − φ_y, so that exp(−φ) is
// stationary to round-off where w = 0.
//
// The scheme is of second order where the solution is resolved. Where the drift
// leaves the range of D, or |v|h exceeds the smallest eigenvalue of D by much, it
// is of first order, as every linear scheme with rates ≥ 0 must be.
//
// Half-edges that leave through a reflecting wall are folded onto it: the part of
// the tensor they stand for acts along the wall. Through an absorbing wall, at the
// fraction θ of the offset, they lead out with the rate ρ_k/θ (a + θz/2).
func Selling(c *Coefficients) *Generator {
	g := c.Grid
	checkCenters(c)
	if c.Potential != nil && g.HasWall(grid.Absorbing) {
		panic("operators: Selling: a potential is unknown beyond absorbing walls; give the whole drift")
	}
	var vol []float64
	if !g.IsUniform() {
		vol = g.Volumes()
	}
	perCell := 2 * [...]int{0, 1, 3, 6}[g.Dim()]
	return assemble(g, perCell, func(l *edgeList) {
		w := sellingWriter{Coefficients: c, list: l, vol: vol, limit: offsetLimit(g), axes: sellingAxes(g)}
		g.Indices(w.idx[:g.Dim()], l.lo)
		for w.x = l.lo; w.x < l.hi; w.x++ {
			w.cell()
			w.next()
		}
	})
}

func checkCenters(c *Coefficients) {
	d := c.Grid.Dim()
	if d > 3 {
		panic("operators: Selling: want 1, 2 or 3 dimensions")
	}
	if len(c.Drift) != d || len(c.Diffusion) != d*(d+1)/2 {
		panic("operators: Selling: want d components of drift and d(d+1)/2 of diffusion")
	}
}

// SellingReach returns the longest offset, in cells along any axis, of the generator
// that [Selling] makes, without making it.
func SellingReach(c *Coefficients) int {
	checkCenters(c)
	g := c.Grid
	reach := make([]int, pieces.Count(g.Cells(), pieceCells))
	pieces.Run(g.Cells(), pieceCells, func(k, lo, hi int) {
		w := sellingWriter{Coefficients: c, limit: offsetLimit(g), axes: sellingAxes(g)}
		g.Indices(w.idx[:g.Dim()], lo)
		for w.x = lo; w.x < hi; w.x++ {
			w.load()
			if w.m.trace() > 0 {
				w.s.reduceWithin(&w.m, len(w.axes), w.limit)
				reach[k] = max(reach[k], w.s.reach())
			}
			w.next()
		}
	})
	return slices.Max(reach)
}

// offsetLimit bounds offsets: a quarter of the shortest axis, so that they are
// shorter than half a period and most cells see no wall, and 16 cells.
func offsetLimit(g *grid.Grid) int {
	limit := 16
	for a := range g.Dim() {
		limit = min(limit, g.Axis(a).Cells()/4)
	}
	return max(1, limit)
}

// A sellingAxis is what a sellingWriter asks about an axis in every cell.
type sellingAxis struct {
	cells, stride int
	inverse       []float64 // of the width of each cell
}

func sellingAxes(g *grid.Grid) []sellingAxis {
	axes := make([]sellingAxis, g.Dim())
	for a := range axes {
		ax := g.Axis(a)
		inverse := make([]float64, ax.Cells())
		for k := range inverse {
			inverse[k] = 1 / ax.Width(k)
		}
		axes[a] = sellingAxis{cells: ax.Cells(), stride: g.Stride(a), inverse: inverse}
	}
	return axes
}

// A sellingWriter writes the edges that one cell after the other owns.
type sellingWriter struct {
	*Coefficients
	list  *edgeList
	axes  []sellingAxis
	vol   []float64 // nil where all are equal
	limit int

	// Of the cell at hand:
	x      int
	idx    [3]int
	m      tensor
	s      stencil
	u      [3]float64
	folded [3]tensor // what left through the walls across each axis
	walls  bool      // whether anything was folded
}

// next moves the indices on to the next cell.
func (w *sellingWriter) next() {
	for a := range w.axes {
		if w.idx[a]++; w.idx[a] < w.axes[a].cells {
			return
		}
		w.idx[a] = 0
	}
}

func (w *sellingWriter) cell() {
	nu := w.load()
	if len(w.axes) == 2 && w.isInner(1) && w.mildCell(nu) {
		return
	}
	w.anyCell(nu)
}

// mildCell writes the edges of a cell in a plane whose offsets are of one cell and
// carry the whole drift nu, and says whether it is such a cell. Where |M_12| is below
// M_11 and M_22, Selling's weights are M_11 − |M_12|, M_22 − |M_12| and |M_12| on the
// axes and one diagonal: [sellingWriter.anyCell] comes to the same, but for round-off.
func (w *sellingWriter) mildCell(nu [3]float64) bool {
	m, up := &w.m, w.axes[1].stride
	diagonal := math.Abs(m[1])
	x, y := m[0]-diagonal, m[3]-diagonal
	if least := 1e-14 * (x + y + diagonal); !(x > least && y > least && diagonal > least && m.isMild(2)) {
		return false
	}
	u, ok := m.solveShifted(2, 0, nu)
	p := [3]pair{{1, x, u[0]}, {up - 1, diagonal, u[1] - u[0]}, {up, y, u[1]}}
	if m[1] > 0 {
		p[1], p[2] = p[2], pair{up + 1, diagonal, u[1] + u[0]}
	}
	if !(ok && math.Abs(p[0].z) <= maxZ && math.Abs(p[1].z) <= maxZ && math.Abs(p[2].z) <= maxZ) {
		return false
	}
	w.list.reach = max(w.list.reach, 1)
	w.write(p[:])
	return true
}

// anyCell writes the edges of a cell with drift nu.
func (w *sellingWriter) anyCell(nu [3]float64) {
	d := len(w.axes)
	if w.m.trace() > 0 {
		w.list.eta = max(w.list.eta, w.s.reduceWithin(&w.m, d, w.limit))
		w.m = w.s.tensor() // as the edges carry it: where D is nothing but round-off, they carry 0
	} else {
		w.s.n = 0
	}
	var rest [3]float64
	w.u, rest = w.s.ridge(&w.m, d, nu)
	reach := w.s.reach()
	w.list.reach = max(w.list.reach, reach)
	if w.isInner(reach) {
		w.inner()
	} else {
		for k, o := range w.s.offset[:w.s.n] {
			rho, z := w.s.weight[k], dot(o, w.u)
			w.half(rho, o, z)
			w.half(rho, vec{-o[0], -o[1], -o[2]}, -z)
		}
	}
	if w.walls {
		w.fold()
	}
	if rest != ([3]float64{}) {
		w.upwind(rest)
	}
}

// inner writes the edges of the stencil of a cell that no wall or seam is near.
func (w *sellingWriter) inner() {
	var list [6]pair // in ascending order of steps
	for n, o := range w.s.offset[:w.s.n] {
		p := pair{w.step(o), w.s.weight[n], dot(o, w.u)}
		if p.step < 0 {
			p.step, p.z = -p.step, -p.z
		}
		for ; n > 0 && list[n-1].step > p.step; n-- {
			list[n] = list[n-1]
		}
		list[n] = p
	}
	w.write(list[:w.s.n])
}

// A pair is the half-edges from the cell at hand to x ± step, step > 0 in the flat
// index, with Péclet numbers ±z, |z| ≤ maxZ.
type pair struct {
	step   int
	rho, z float64
}

// write writes the first edges of a cell: pairs in ascending order of steps.
func (w *sellingWriter) write(list []pair) {
	n := len(list)
	edges := w.list.extend(2 * n)
	for k, p := range list {
		half, lean := 0.5*p.rho, 0.25*p.rho*p.z
		edges[n+k] = edge{int32(w.x), int32(w.x + p.step), half + lean, half - lean}
		edges[n-1-k] = edge{int32(w.x), int32(w.x - p.step), half - lean, half + lean}
	}
	if w.Potential != nil || w.vol != nil {
		for k := range edges {
			w.fit(&edges[k])
		}
	}
}

// load sets m to the cell's tensor, in units of cells, and returns its drift.
func (w *sellingWriter) load() (nu [3]float64) {
	var inv [3]float64
	for a, ax := range w.axes {
		inv[a] = ax.inverse[w.idx[a]]
		nu[a] = w.Drift[a][w.x] * inv[a]
	}
	k := 0
	for a := range w.axes {
		for b := a; b < len(w.axes); b++ {
			w.m[Packed(3, a, b)] = w.Diffusion[k][w.x] * (inv[a] * inv[b])
			k++
		}
	}
	return nu
}

// step returns the way along o in the flat index.
func (w *sellingWriter) step(o vec) int {
	var s int
	for a, ax := range w.axes {
		s += int(o[a]) * ax.stride
	}
	return s
}

// isInner says whether the cell is at least r cells from every end of the box.
func (w *sellingWriter) isInner(r int) bool {
	for a, ax := range w.axes {
		if k := w.idx[a]; k < r || k >= ax.cells-r {
			return false
		}
	}
	return true
}

// half writes the half-edge with offset o, weight rho and Péclet number z, wherever it leads.
func (w *sellingWriter) half(rho float64, o vec, z float64) {
	t := w.trace(o)
	switch {
	case t.inside:
		w.edge(t.to, rho, z)
	case t.absorbed:
		z *= t.fraction
		w.list.addExit(w.x, rho/t.fraction*(max(1, math.Abs(z)/2)+z/2))
	case t.crossed == 1:
		w.keep(rho*t.fraction, o, t.axis)
	}
}

// edge writes the rates between the cell and y.
func (w *sellingWriter) edge(y int, rho, z float64) {
	a := max(1, math.Abs(z)/2)
	e := edge{int32(w.x), int32(y), 0.5 * rho * (a + z/2), 0.5 * rho * (a - z/2)}
	w.fit(&e)
	w.list.add(w.x, y, e.out, e.back)
}

// fit multiplies the rates of an edge by what the potential and the volumes ask for.
func (w *sellingWriter) fit(e *edge) {
	if w.Potential != nil {
		out, back := bernoullis(w.Potential[e.from] - w.Potential[e.to])
		e.out *= out
		e.back *= back
	}
	if w.vol != nil {
		e.back *= w.vol[e.from] / w.vol[e.to]
	}
}

// A landing is where an offset leads: to a cell, or through walls.
type landing struct {
	inside   bool
	to       int
	absorbed bool    // through an absorbing wall
	crossed  int     // walls crossed
	axis     int     // the last one crossed
	fraction float64 // part of the offset inside, by the nearest wall crossed of the kind that counts
}

func (w *sellingWriter) trace(o vec) (t landing) {
	g := w.Grid
	t.fraction = 1
	for a := range g.Dim() {
		ax := g.Axis(a)
		k, ok := ax.Wrap(w.idx[a] + int(o[a]))
		if ok {
			t.to += k * g.Stride(a)
			continue
		}
		wall, cells := ax.Lower(), float64(w.idx[a])+0.5
		if o[a] > 0 {
			wall, cells = ax.Upper(), float64(ax.Cells()-w.idx[a])-0.5
		}
		f := cells / math.Abs(float64(o[a]))
		t.crossed++
		t.axis = a
		switch {
		case wall == grid.Absorbing && !t.absorbed:
			t.absorbed, t.fraction = true, f
		case wall == grid.Absorbing || !t.absorbed:
			t.fraction = min(t.fraction, f)
		}
	}
	t.inside = t.crossed == 0
	return t
}

// keep adds the tensor of a half-edge that left through a wall across the axis
// normal, to what acts along that wall: the offset is projected along the conormal
// M e_n, so that a gradient with no normal flow is seen in full.
func (w *sellingWriter) keep(weight float64, o vec, normal int) {
	w.walls = true
	var t [3]float64
	for a := range w.Grid.Dim() {
		if a != normal {
			t[a] = float64(o[a]) - float64(o[normal])*w.m.at(a, normal)/w.m.at(normal, normal)
		}
	}
	f := &w.folded[normal]
	k := 0
	for a := range 3 {
		for b := a; b < 3; b++ {
			f[k] += weight * t[a] * t[b]
			k++
		}
	}
}

// fold writes the edges along the walls and clears what was kept.
func (w *sellingWriter) fold() {
	d := w.Grid.Dim()
	for normal := range d {
		if w.folded[normal].trace() > 0 {
			s := w.alongWall(normal)
			for k, o := range s.offset[:s.n] {
				for _, o := range [2]vec{o, {-o[0], -o[1], -o[2]}} {
					if t := w.trace(o); t.inside {
						w.edge(t.to, s.weight[k], dot(o, w.u))
					}
				}
			}
		}
		w.folded[normal] = tensor{}
	}
	w.walls = false
}

// alongWall decomposes the tensor kept for the axis normal, in the axes along the wall.
//
// In three dimensions few half-edges leave through a single wall next to an edge of
// the box, and what they leave may be of rank 1 however mild M is. Regularizing it
// concerns O(1/h) cells and keeps second order (see TestFoldedWallsAreOfSecondOrder),
// so that it is not reported as that of M is.
func (w *sellingWriter) alongWall(normal int) (s stencil) {
	f := &w.folded[normal]
	axes := [3][2]int{{1, 2}, {0, 2}, {0, 1}}[normal] // those that are not there come last
	var m tensor
	for i, a := range axes {
		for j, b := range axes {
			m[Packed(3, i, j)] = f.at(a, b)
		}
	}
	s.reduceWithin(&m, w.Grid.Dim()-1, w.limit)
	w.list.reach = max(w.list.reach, s.reach())
	for k, o := range s.offset[:s.n] {
		var full vec
		for i, a := range axes {
			full[a] = o[i]
		}
		s.offset[k] = full
	}
	return s
}

// upwind writes the drift rest, in cells per time, to the axis neighbours.
func (w *sellingWriter) upwind(rest [3]float64) {
	for a := range w.Grid.Dim() {
		if rest[a] == 0 {
			continue
		}
		o := vec{}
		o[a] = 1
		if rest[a] < 0 {
			o[a] = -1
		}
		switch t := w.trace(o); {
		case t.inside:
			w.list.add(w.x, t.to, math.Abs(rest[a]), 0)
		case t.absorbed:
			w.list.addExit(w.x, math.Abs(rest[a]))
		}
	}
}
