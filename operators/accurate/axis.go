package accurate

import (
	"fmt"

	"github.com/ness-fp/ness/grid"
)

// This file has the stencils of one axis, in the coordinate ξ that counts cells: centre i
// is at i+½, face k at k. Near a wall they are one-sided, on one point more than inside:
// the w+1 cells nearest the wall, or the wall itself, where p = 0, and w cells.

// extra is the number of additional points of one-sided stencils.
const extra = 1

// An axis holds the stencils of order w along one axis, in units of cells.
type axis struct {
	order int
	cells int
	lower grid.Wall
	upper grid.Wall

	// weights are those of the cells in the rule of order w for integrals.
	weights []float64
	// interp and slope give value and derivative on the faces from those in the cells;
	// on reflecting walls both are left at 0.
	interp, slope *band
	// tangent gives the derivative at centres.
	tangent *band
	// flow gives the numerical fluxes H from the fluxes f on the faces, so that
	// (H_{k+1} − H_k)/weights_k is the derivative of f at centre k.
	flow *band
	// damp is the difference of order w−1 on the w cells around a face, 0 at faces where
	// these reach beyond a wall. Times damping and |v| it is what interp lacks to leave out
	// the cell furthest downwind.
	damp    *band
	damping float64
	// mean gives the integrals over cells from point values; its columns sum to weights.
	mean *band
	// total gives the integrals over faces, along the normal, of numerical fluxes: the
	// difference of two neighbours is that of cells, as mean has it.
	total *band
	// center gives point values at centres from those on faces.
	center *band
}

// Orders are those there are.
var Orders = []int{2, 4, 6, 8}

// closure returns the number of cells at a wall whose weights differ from 1, and of faces
// whose numerical flux is a sum from the wall.
func closure(order int) int { return order - 1 + order/2 - 1 }

// LeastCells returns the number of cells that an axis of the given order wants.
func LeastCells(order int, periodic bool) int {
	if periodic {
		return max(order+2, grid.MinCells)
	}
	return max(2*closure(order), order+2, grid.MinCells)
}

func newAxis(ax grid.Axis, order int) *axis {
	if n := LeastCells(order, ax.IsPeriodic()); ax.Cells() < n {
		panic(fmt.Sprintf("accurate: order %d wants at least %d cells, have %d", order, n, ax.Cells()))
	}
	a := &axis{order: order, cells: ax.Cells(), lower: ax.Lower(), upper: ax.Upper()}
	a.weights = a.cellWeights()
	a.interp, a.slope = a.toFaces(0).withEnds(), a.toFaces(1).withEnds()
	a.tangent = a.derivative().withEnds()
	a.flow = a.numericalFlux().withEnds()
	a.damp = a.damper().withEnds()
	a.damping = -fornberg(0, halfIntegers(-order/2, order), 0)[0][0]
	a.mean = a.cellIntegrals()
	a.total = a.faceIntegrals()
	a.center = a.toCenters()
	return a
}

func (a *axis) ring() bool { return a.lower == grid.Periodic }

// faces returns the number of different faces.
func (a *axis) faces() int {
	if a.ring() {
		return a.cells
	}
	return a.cells + 1
}

// halfIntegers returns n centres from the first on.
func halfIntegers(first, n int) []float64 {
	x := make([]float64, n)
	for m := range x {
		x[m] = float64(first+m) + 0.5
	}
	return x
}

// integers returns n faces from the first on.
func integers(first, n int) []float64 {
	x := make([]float64, n)
	for m := range x {
		x[m] = float64(first + m)
	}
	return x
}

func (a *axis) cellWeights() []float64 {
	w := make([]float64, a.cells)
	for i := range w {
		w[i] = 1
	}
	if a.ring() {
		return w
	}
	for i, v := range endWeights(a.order) {
		w[i] = v
		w[a.cells-1-i] = v
	}
	return w
}

// fromCells returns the weights at ξ of a derivative of what the cells hold, on count
// cells from the first on, or nearest to a wall that these reach beyond.
func (a *axis) fromCells(x float64, first, count, derivative int) taps {
	if a.ring() || first >= 0 && first+count <= a.cells {
		return taps{first, fornberg(x, halfIntegers(first, count), derivative)[derivative]}
	}
	wall, upper := a.lower, x > 0.5*float64(a.cells)
	first = 0
	if upper {
		wall, first = a.upper, a.cells-count-extra
	}
	switch {
	case wall != grid.Absorbing:
		return taps{first, fornberg(x, halfIntegers(first, count+extra), derivative)[derivative]}
	case upper: // the wall is the last node
		nodes := append(halfIntegers(a.cells-count, count), float64(a.cells))
		return taps{a.cells - count, fornberg(x, nodes, derivative)[derivative][:count]}
	}
	nodes := append([]float64{0}, halfIntegers(0, count)...)
	return taps{0, fornberg(x, nodes, derivative)[derivative][1:]}
}

// shared is taps computed once for all places at the same distance from those they reach.
type shared struct{ weights []float64 }

// inner returns the taps of a place whose stencil is the same as that of other places.
func (s *shared) inner(start int, make func() taps) taps {
	if s.weights == nil {
		s.weights = make().weights
	}
	return taps{start, s.weights}
}

func (a *axis) toFaces(derivative int) *band {
	var s shared
	half := a.order / 2
	rows := make([]taps, a.cells+1)
	for k := range rows {
		first := k - half
		make := func() taps { return a.fromCells(float64(k), first, a.order, derivative) }
		switch {
		case a.ring() || first >= 0 && first+a.order <= a.cells:
			rows[k] = s.inner(first, make)
		case k == 0 && (a.lower != grid.Absorbing || derivative == 0), k == a.cells && (a.upper != grid.Absorbing || derivative == 0):
		default:
			rows[k] = make()
		}
	}
	return newBand(a.cells, a.ring(), rows)
}

func (a *axis) derivative() *band {
	var s shared
	half := a.order / 2
	rows := make([]taps, a.cells)
	for i := range rows {
		first := i - half
		make := func() taps { return a.fromCells(float64(i)+0.5, first, a.order+1, 1) }
		if a.ring() || first >= 0 && first+a.order+1 <= a.cells {
			rows[i] = s.inner(first, make)
		} else {
			rows[i] = make()
		}
	}
	return newBand(a.cells, a.ring(), rows)
}

// sliding are the coefficients of h²ʲ f⁽²ʲ⁾ in the function whose sliding average over a
// cell is f.
var sliding = []float64{1, -1.0 / 24, 7.0 / 5760, -31.0 / 967680}

// numericalFlux returns H: inside, the function whose sliding average is f; near a wall
// the sum of weights times f′ from the wall on.
func (a *axis) numericalFlux() *band {
	n, r := a.cells, closure(a.order)
	half := a.order/2 - 1
	rows := make([]taps, n+1)
	var s shared
	inner := func(k int) taps {
		return s.inner(k-half, func() taps {
			w := fornberg(0, integers(-half, a.order-1), a.order-2)
			t := taps{0, nil}
			for j := range half + 1 {
				t.add(sliding[j], taps{0, w[2*j]})
			}
			return t
		})
	}
	if a.ring() {
		for k := range rows {
			rows[k] = inner(k)
		}
		return newBand(n, true, rows)
	}
	rows[0], rows[n] = taps{0, []float64{1}}, taps{n, []float64{1}}
	for k := 1; k < r; k++ {
		rows[k].add(1, rows[k-1])
		rows[k].add(a.weights[k-1], a.faceDerivative(k-1))
		rows[n-k].add(1, rows[n-k+1])
		rows[n-k].add(-a.weights[n-k], a.faceDerivative(n-k))
	}
	for k := r; k <= n-r; k++ {
		rows[k] = inner(k)
	}
	return newBand(n+1, false, rows)
}

// faceDerivative returns the derivative at centre i of what the faces hold.
func (a *axis) faceDerivative(i int) taps { return a.fromFaces(i, 1) }

// fromFaces returns a derivative at centre i of what the w faces around hold, or the w+1
// nearest a wall.
func (a *axis) fromFaces(i, derivative int) taps {
	first, count := i+1-a.order/2, a.order
	if !a.ring() && (first < 0 || first+count > a.cells+1) {
		count += extra
		if first < 0 {
			first = 0
		} else {
			first = a.cells + 1 - count
		}
	}
	return taps{first, fornberg(float64(i)+0.5, integers(first, count), derivative)[derivative]}
}

func (a *axis) damper() *band {
	rows := make([]taps, a.cells+1)
	weights := binomials(a.order)
	for k := range rows {
		if first := k - a.order/2; a.ring() || first >= 0 && first+a.order <= a.cells {
			rows[k] = taps{first, weights}
		}
	}
	return newBand(a.cells, a.ring(), rows)
}

// antiderivative are the coefficients of h²ʲ⁻¹ f⁽²ʲ⁻¹⁾ that the midpoint rule up to a face
// lacks there.
var antiderivative = []float64{0, 1.0 / 24, -7.0 / 5760, 31.0 / 967680}

// cellIntegrals returns the differences of P_k = ∫₀ᵏ: inside, the sum of weights times
// values corrected at face k; within reach of a wall, integrals of the polynomials
// through the nearest cells.
func (a *axis) cellIntegrals() *band {
	n, r, half := a.cells, closure(a.order), a.order/2
	corrections := fornberg(0, halfIntegers(-half, a.order), a.order-1)
	var c taps
	for j := 1; j <= half; j++ {
		if j < len(antiderivative) {
			c.add(antiderivative[j], taps{-half, corrections[2*j-1]})
		}
	}
	at := func(k int) taps { return taps{c.start + k, c.weights} }
	var s shared
	rows := make([]taps, n)
	for i := range rows {
		switch {
		case a.ring() || i >= r && i+1 <= n-r:
			rows[i] = s.inner(i-half, func() taps {
				t := taps{i, []float64{1}}
				t.add(1, at(i+1))
				t.add(-1, at(i))
				return t
			})
		case i < r-1:
			rows[i] = a.wallIntegral(i)
		case i > n-r:
			rows[i] = a.wallIntegral(i)
		}
	}
	if !a.ring() {
		// The cells where both meet take what is left of the sum of weights.
		a.close(rows, r-1, 0, r-1, at(r))
		minus := at(n - r)
		minus.weights = scaled(minus.weights, -1)
		a.close(rows, n-r, n-r+1, n, minus)
	}
	return newBand(n, a.ring(), rows)
}

// close sets row i so that, with rows lo … hi−1, it sums to the weights of those cells and
// its own, and to the correction at the face inside.
func (a *axis) close(rows []taps, i, lo, hi int, correction taps) {
	t := correction
	for j := min(lo, i); j < max(hi, i+1); j++ {
		t.add(a.weights[j], taps{j, []float64{1}})
	}
	for j := lo; j < hi; j++ {
		t.add(-1, rows[j])
	}
	rows[i] = t.trimmed()
}

// wallIntegral returns the integral over cell i near a wall. It is taken of fluxes and
// rates of change too, which need not vanish on an absorbing wall, so that the wall is no
// node here.
func (a *axis) wallIntegral(i int) taps {
	first, count := i-a.order/2, a.order+1
	first = max(0, min(first, a.cells-count))
	return taps{first, integralWeights(float64(i), float64(i+1), halfIntegers(first, count))}
}

func scaled(w []float64, c float64) []float64 {
	s := make([]float64, len(w))
	for i, v := range w {
		s[i] = c * v
	}
	return s
}

// faceIntegrals returns the map of numerical fluxes whose differences are the integrals
// over cells of their derivative: F_k = H_0 + Σ_{i<k} Σ_m mean_im (H_{m+1}−H_m)/weights_m.
func (a *axis) faceIntegrals() *band {
	n := a.cells
	if a.ring() {
		rows := make([]taps, n+1)
		for k := range rows {
			rows[k] = taps{k - n/2 + a.mean.rows[n/2].start, a.mean.rows[n/2].weights}
		}
		return newBand(n, true, rows)
	}
	difference := func(i int) (d taps) {
		for m, w := range a.mean.rows[i].weights {
			at := a.mean.rows[i].start + m
			w /= a.weights[at]
			d.add(w, taps{at, []float64{-1, 1}})
		}
		return d
	}
	rows := make([]taps, n+1)
	rows[0], rows[n] = taps{0, []float64{1}}, taps{n, []float64{1}}
	for k := 1; k <= n/2; k++ {
		t := rows[k-1]
		t.add(1, difference(k-1))
		rows[k] = t.trimmed()
	}
	for k := n - 1; k > n/2; k-- {
		t := rows[k+1]
		t.add(-1, difference(k))
		rows[k] = t.trimmed()
	}
	return newBand(n+1, false, rows)
}

func (a *axis) toCenters() *band {
	var s shared
	rows := make([]taps, a.cells)
	for i := range rows {
		first := i + 1 - a.order/2
		make := func() taps { return a.fromFaces(i, 0) }
		if a.ring() || first >= 0 && first+a.order <= a.cells+1 {
			rows[i] = s.inner(first, make)
		} else {
			rows[i] = make()
		}
	}
	return newBand(a.faces(), a.ring(), rows)
}

// within gives the values at centre + s from those at the centres, −½ < s < ½.
func (a *axis) within(s float64) *band {
	var same shared
	rows := make([]taps, a.cells)
	for i := range rows {
		first := i - a.order/2
		make := func() taps { return a.fromCells(float64(i)+0.5+s, first, a.order+1, 0) }
		if a.ring() || first >= 0 && first+a.order+1 <= a.cells {
			rows[i] = same.inner(first, make)
		} else {
			rows[i] = make()
		}
	}
	return newBand(a.cells, a.ring(), rows)
}
