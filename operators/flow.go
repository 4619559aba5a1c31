package operators

import (
	"sync"

	"github.com/ness-fp/ness/grid"
)

// This file routes the net flow along every edge of a generator through the faces
// of cells. The straight line from centre to centre crosses faces across axis a at
// the fractions (k + ½)/|o_a| of the way; the flow takes the lattice path that
// crosses them in that order, and where several are crossed at once it is shared
// evenly by all orders. So what leaves a cell along edges leaves it through its
// faces: the divergence of the face flow is −A m, to round-off.

// A crossing is one face on the way along an offset: across axis, the upper face
// (sign +1) or lower face (−1) of the cell at displacement at, taken by share of the flow.
type crossing struct {
	axis  int
	at    vec
	sign  int
	share float64
}

// FaceFlow returns the net flow of probability through every face of the grid,
// along its axis, for masses m, in 1/T.
func (gen *Generator) FaceFlow(m []float64) *grid.FaceField {
	g := gen.Grid
	if len(m) != g.Cells() {
		panic("operators: FaceFlow: want one mass per cell")
	}
	f := grid.NewFaceField(g)
	if gen.Lattice != nil {
		gen.latticeFlow(f, m)
		return f
	}
	gen.routeAll(f, func(from, to int, there, back float64) float64 { return there*m[from] - back*m[to] })
	return f
}

// RouteFlow returns what flows through every face of the grid where flow says of every pair of
// cells with rates between them, there and back, what flows from one to the other in all. It
// must be safe for concurrent use.
func (gen *Generator) RouteFlow(flow func(from, to int, there, back float64) float64) *grid.FaceField {
	f := grid.NewFaceField(gen.Grid)
	gen.routeAll(f, flow)
	return f
}

// routeAll adds the flows to the faces.
func (gen *Generator) routeAll(f *grid.FaceField, flow func(from, to int, there, back float64) float64) {
	var wg sync.WaitGroup
	for a := range gen.Grid.Dim() { // each axis has faces of its own: no two goroutines share one
		wg.Go(func() { gen.routeAcross(f, a, flow) })
	}
	wg.Wait()
}

func (gen *Generator) routeAcross(f *grid.FaceField, axis int, flow func(from, to int, there, back float64) float64) {
	g, mat := gen.Grid, gen.Matrix()
	paths := map[vec][]crossing{}
	var idx [3]int
	for y := range mat.Rows {
		g.Indices(idx[:g.Dim()], y)
		for k := mat.RowPtr[y]; k < mat.RowPtr[y+1]; k++ {
			x := int(mat.Col[k])
			if x <= y {
				continue // the pair is seen from its lower end
			}
			net := flow(y, x, mat.At(x, y), mat.Val[k])
			o := gen.offset(idx, x)
			path, ok := paths[o]
			if !ok {
				path = route(o, axis)
				paths[o] = path
			}
			for _, c := range path {
				gen.cross(f, idx, c, net)
			}
		}
	}
	closeSeam(f, axis)
}

// offset returns the way from the cell with indices idx to cell x, the short way
// round on periodic axes.
func (gen *Generator) offset(idx [3]int, x int) (o vec) {
	g := gen.Grid
	for a := range g.Dim() {
		ax := g.Axis(a)
		n := ax.Cells()
		step := x%n - idx[a]
		x /= n
		if ax.IsPeriodic() {
			if 2*step > n {
				step -= n
			} else if 2*step < -n {
				step += n
			}
		}
		o[a] = int32(step)
	}
	return o
}

// cross adds flow to the face that c names, seen from the cell with indices idx.
func (gen *Generator) cross(f *grid.FaceField, idx [3]int, c crossing, flow float64) {
	g := gen.Grid
	i := 0
	for a := range g.Dim() {
		k, _ := g.Axis(a).Wrap(idx[a] + int(c.at[a])) // inside: paths stay within the box of their ends
		i += k * g.Stride(a)
	}
	face := g.LowerFace(c.axis, i)
	if c.sign > 0 {
		face += g.FaceStride(c.axis)
	}
	f.Flow[c.axis][face] += c.share * float64(c.sign) * flow
}

// closeSeam gives both copies of the faces on the seam of a periodic axis their
// common flow: what crossed at the upper end and what crossed at the lower.
func closeSeam(f *grid.FaceField, axis int) {
	g := f.Grid
	ax := g.Axis(axis)
	if !ax.IsPeriodic() {
		return
	}
	s, n := g.Stride(axis), ax.Cells()
	layer := s * (n + 1)
	flow := f.Flow[axis]
	for base := 0; base < len(flow); base += layer {
		for i := range s {
			sum := flow[base+i] + flow[base+n*s+i]
			flow[base+i], flow[base+n*s+i] = sum, sum
		}
	}
}

// route lists the crossings of faces across one axis on the way along o.
func route(o vec, axis int) []crossing {
	var path []crossing
	var at vec   // the cell reached
	var done vec // faces crossed along each axis
	total := abs(o[0]) + abs(o[1]) + abs(o[2])
	for crossed := 0; crossed < total; {
		next := together(o, done)
		for _, a := range next {
			if a == axis {
				path = append(path, shared(o, at, axis, next)...)
			}
		}
		for _, a := range next {
			at[a] += sign(o[a])
			done[a]++
			crossed++
		}
	}
	return path
}

// together returns the axes whose next crossing, at (done + ½)/|o|, comes first.
func together(o, done vec) []int {
	var first []int
	for a := range o {
		if int(done[a]) == abs(o[a]) {
			continue
		}
		if len(first) > 0 {
			b := first[0]
			// Compare (2 done_a + 1)/|o_a| with that of b, in integers.
			ta := (2*int(done[a]) + 1) * abs(o[b])
			tb := (2*int(done[b]) + 1) * abs(o[a])
			if ta > tb {
				continue
			}
			if ta < tb {
				first = first[:0]
			}
		}
		first = append(first, a)
	}
	return first
}

// shared lists the crossings across axis where the axes next are crossed at once:
// one for every set of other axes that may have gone before it, with the fraction
// |S|!(g−1−|S|)!/g! of all orders in which exactly these have.
func shared(o, at vec, axis int, next []int) []crossing {
	var others []int
	for _, a := range next {
		if a != axis {
			others = append(others, a)
		}
	}
	factorial := [...]float64{1, 1, 2, 6}
	var list []crossing
	for set := range 1 << len(others) {
		from, size := at, 0
		for b, a := range others {
			if set>>b&1 == 1 {
				from[a] += sign(o[a])
				size++
			}
		}
		share := factorial[size] * factorial[len(others)-size] / factorial[len(next)]
		list = append(list, crossing{axis: axis, at: from, sign: int(sign(o[axis])), share: share})
	}
	return list
}

func abs(v int32) int { return int(max(v, -v)) }

func sign(v int32) int32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
