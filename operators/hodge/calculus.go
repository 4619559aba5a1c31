package hodge

import (
	"math"

	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file has differences and lengths. Gradient, divergence and both curls are made of
// two differences along one axis, from layers of cells to the layers of faces between
// them and back. Arrays have axis 0 fastest; along an axis of stride s a layer is s numbers
// that lie side by side, and n or n+1 layers follow one another in a box.

// pieceLen is how many numbers one piece of a loop has, about.
const pieceLen = 4096

// toCells adds sign·(src[k+1] − src[k]) to dst[k] for the n layers k along an axis of
// stride s; src has n+1 layers.
func toCells(dst, src []float64, n, s int, sign float64) {
	addDifferences(dst, src, n*s, s, 0, sign)
}

// toFaces adds sign·(src[k] − src[k−1]) to dst[k] for the layers k between two cells of
// an axis of n cells and stride s; dst has n+1 layers. A periodic axis has its seam twice,
// in the first and in the last layer; on walls nothing is added.
func toFaces(dst, src []float64, n, s int, periodic bool, sign float64) {
	addDifferences(dst, src, (n-1)*s, s, 2*s, sign)
	if !periodic {
		return
	}
	for box := 0; box*n*s < len(src); box++ {
		cells, faces := src[box*n*s:][:n*s], dst[box*(n+1)*s:][:(n+1)*s]
		first, last := cells[:s], cells[(n-1)*s:]
		lower, upper := faces[:s], faces[n*s:]
		for i := range first {
			d := sign * (first[i] - last[i])
			lower[i] += d
			upper[i] += d
		}
	}
}

// addDifferences adds, in every box of an array, src[i+s] − src[i] times sign to
// dst[i + more/2] for i < inner. A box has inner+more numbers in dst and inner+s in src.
func addDifferences(dst, src []float64, inner, s, more int, sign float64) {
	boxes := len(dst) / (inner + more)
	pieces.Run(boxes*inner, pieceLen, func(_, lo, hi int) {
		for lo < hi {
			box, i := lo/inner, lo%inner
			count := min(hi-lo, inner-i)
			to := dst[box*(inner+more)+more/2+i:][:count]
			from := src[box*(inner+s)+i:]
			lower, upper := from[:count], from[s:][:count]
			for i := range to {
				to[i] += sign * (upper[i] - lower[i])
			}
			lo += count
		}
	})
}

// widths returns the widths of the cells of an axis.
func widths(ax grid.Axis) []float64 {
	w := make([]float64, ax.Cells())
	for k := range w {
		w[k] = ax.Width(k)
	}
	return w
}

// distances returns for every edge of an axis the distance between the centres of the
// cells on both sides; at a wall, that from centre to wall.
func distances(ax grid.Axis) []float64 {
	n := ax.Cells()
	d := make([]float64, n+1)
	for k := 1; k < n; k++ {
		d[k] = 0.5 * (ax.Width(k-1) + ax.Width(k))
	}
	d[0], d[n] = 0.5*ax.Width(0), 0.5*ax.Width(n-1)
	if ax.IsPeriodic() {
		d[0], d[n] = ax.Width(0), ax.Width(0)
	}
	return d
}

// product returns the array of products of one factor per axis, axis 0 fastest.
func product(factors ...[]float64) []float64 {
	p := []float64{1}
	for _, f := range factors {
		next := make([]float64, 0, len(p)*len(f))
		for _, v := range f {
			for _, u := range p {
				next = append(next, u*v)
			}
		}
		p = next
	}
	return p
}

// inverse returns 1/v for every number of v.
func inverse(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = 1 / x
	}
	return out
}

// distanceOverArea returns distance/area for every face across axis a: times the flow
// through the face it is the integral of the density from centre to centre.
func distanceOverArea(g *grid.Grid, a int) []float64 {
	factors := make([][]float64, g.Dim())
	for b := range factors {
		if b == a {
			factors[b] = distances(g.Axis(b))
		} else {
			factors[b] = inverse(widths(g.Axis(b)))
		}
	}
	return product(factors...)
}

// divergence sets dst to the net flow out of every cell.
func divergence(dst []float64, f *grid.FaceField) {
	g := f.Grid
	clear(dst)
	for a, flow := range f.Flow {
		toCells(dst, flow, g.Axis(a).Cells(), g.Stride(a), 1)
	}
}

// strides returns the steps in an array on a grid whose axes flagged have one layer more
// than there are cells, as faces and edges have.
func strides(g *grid.Grid, longer ...int) []int {
	s := make([]int, g.Dim())
	step := 1
	for a := range s {
		s[a] = step
		n := g.Axis(a).Cells()
		for _, b := range longer {
			if a == b {
				n++
			}
		}
		step *= n
	}
	return s
}

// addCirculation adds to dst the integral of a density around the loop through the
// centres of the four cells that share an edge, from axis b to axis c. pull is the flow
// times [distanceOverArea]. dst has one layer more than cells along b and along c; where
// no loop closes, on walls, nothing is added.
func addCirculation(dst []float64, g *grid.Grid, pull [][]float64, b, c int) {
	along := strides(g, b, c)
	axB, axC := g.Axis(b), g.Axis(c)
	toFaces(dst, pull[c], axB.Cells(), along[b], axB.IsPeriodic(), 1)
	toFaces(dst, pull[b], axC.Cells(), along[c], axC.IsPeriodic(), -1)
	clearWalls(dst, axB, along[b])
	clearWalls(dst, axC, along[c])
}

// clearWalls sets the first and the last layer along an axis of stride s to 0 unless the
// axis is periodic; the array has one layer more than there are cells.
func clearWalls(v []float64, ax grid.Axis, s int) {
	if ax.IsPeriodic() {
		return
	}
	box := (ax.Cells() + 1) * s
	for base := 0; base < len(v); base += box {
		clear(v[base:][:s])
		clear(v[base+box-s:][:s])
	}
}

// newFaces returns one array for the faces across each axis.
func newFaces(g *grid.Grid) [][]float64 { return grid.NewFaceField(g).Flow }

// setProducts sets dst to flow times distance/area, per axis.
func setProducts(dst, flow, ratio [][]float64) {
	for a, r := range ratio {
		to, from := dst[a], flow[a]
		pieces.Run(len(r), pieceLen, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				to[i] = from[i] * r[i]
			}
		})
	}
}

// ratios returns [distanceOverArea] of every axis.
func ratios(g *grid.Grid) [][]float64 {
	r := make([][]float64, g.Dim())
	for a := range r {
		r[a] = distanceOverArea(g, a)
	}
	return r
}

// Vorticity returns the curl ∂_xJ_y − ∂_yJ_x of a face field of two dimensions on the
// corners: the circulation of J from centre to centre around the corner, over the area
// inside, of second order. Corners on a wall have no loop around them and hold 0.
func Vorticity(f *grid.FaceField) *grid.CornerField {
	g := f.Grid
	w := grid.NewCornerField(g)
	pull := newFaces(g)
	setProducts(pull, f.Flow, ratios(g))
	addCirculation(w.Values, g, pull, 0, 1)
	divide(w.Values, product(distances(g.Axis(0)), distances(g.Axis(1))))
	return w
}

// VorticityEdges returns the curl of a face field of three dimensions: on every edge its
// component along the edge, the circulation around it over the area inside, of second
// order. Edges on a wall have no loop around them and hold 0.
func VorticityEdges(f *grid.FaceField) *grid.EdgeField {
	g := f.Grid
	w := grid.NewEdgeField(g)
	pull := newFaces(g)
	setProducts(pull, f.Flow, ratios(g))
	for a := range 3 {
		addCirculation(w.Values[a], g, pull, (a+1)%3, (a+2)%3)
		divide(w.Values[a], edgeProduct(g, a, nil, distances))
	}
	return w
}

// Curl returns the flow (∂_yψ, −∂_xψ): through every face the difference of ψ at its two
// ends. Its divergence vanishes up to the rounding of these differences.
func Curl(psi *grid.CornerField) *grid.FaceField {
	g := psi.Grid
	f := grid.NewFaceField(g)
	addCurl(f.Flow, psi, 1)
	return f
}

// addCurl adds sign·curl ψ to the flow.
func addCurl(flow [][]float64, psi *grid.CornerField, sign float64) {
	g := psi.Grid
	toCells(flow[0], psi.Values, g.Axis(1).Cells(), g.Axis(0).Cells()+1, sign)
	toCells(flow[1], psi.Values, g.Axis(0).Cells(), 1, -sign)
}

// CurlEdges returns the flow curl A: through every face the sum of the line integrals of
// A around it. Its divergence vanishes up to the rounding of these sums.
func CurlEdges(a *grid.EdgeField) *grid.FaceField {
	g := a.Grid
	f := grid.NewFaceField(g)
	addCurlEdges(f.Flow, a, 1)
	return f
}

// addCurlEdges adds sign·curl A to the flow.
func addCurlEdges(flow [][]float64, a *grid.EdgeField, sign float64) {
	g := a.Grid
	for x := range 3 {
		y, z := (x+1)%3, (x+2)%3
		toCells(flow[x], a.Values[z], g.Axis(y).Cells(), strides(g, x)[y], sign)
		toCells(flow[x], a.Values[y], g.Axis(z).Cells(), strides(g, x)[z], -sign)
	}
}

// largest returns max |v|, NaN if any is.
func largest(v []float64) float64 {
	part := make([]float64, pieces.Count(len(v), pieceLen))
	pieces.Run(len(v), pieceLen, func(k, lo, hi int) { part[k] = largestOf(v[lo:hi]) })
	return largestOf(part)
}

func largestOf(v []float64) float64 {
	var m float64
	for _, x := range v {
		if a := math.Abs(x); !(a <= m) {
			if math.IsNaN(a) {
				return a
			}
			m = a
		}
	}
	return m
}

// sum returns Σ of(i) over i < n, in an order that depends on n alone.
func sum(n int, of func(lo, hi int) float64) float64 {
	part := make([]float64, pieces.Count(n, pieceLen))
	pieces.Run(n, pieceLen, func(k, lo, hi int) { part[k] = of(lo, hi) })
	var total float64
	for _, v := range part {
		total += v
	}
	return total
}

// subtract sets dst −= v.
func subtract(dst, v []float64) {
	pieces.Run(len(dst), pieceLen, func(_, lo, hi int) {
		to, from := dst[lo:hi], v[lo:hi]
		for i := range to {
			to[i] -= from[i]
		}
	})
}

// add sets dst += v.
func add(dst, v []float64) {
	pieces.Run(len(dst), pieceLen, func(_, lo, hi int) {
		to, from := dst[lo:hi], v[lo:hi]
		for i := range to {
			to[i] += from[i]
		}
	})
}

// move adds v to one array and takes it from the other.
func move(to, from, v []float64) {
	pieces.Run(len(v), pieceLen, func(_, lo, hi int) {
		to, from, v := to[lo:hi], from[lo:hi], v[lo:hi]
		for i, x := range v {
			from[i] -= x
			to[i] += x
		}
	})
}

// multiply sets dst *= v.
func multiply(dst, v []float64) {
	pieces.Run(len(dst), pieceLen, func(_, lo, hi int) {
		to, from := dst[lo:hi], v[lo:hi]
		for i := range to {
			to[i] *= from[i]
		}
	})
}

// divide sets dst /= v.
func divide(dst, v []float64) {
	pieces.Run(len(dst), pieceLen, func(_, lo, hi int) {
		to, from := dst[lo:hi], v[lo:hi]
		for i := range to {
			to[i] /= from[i]
		}
	})
}
