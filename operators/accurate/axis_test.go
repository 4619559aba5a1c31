package accurate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/grid"
)

const (
	reflecting = grid.Reflecting
	periodic   = grid.Periodic
	absorbing  = grid.Absorbing
)

// uniformAxis returns cells of width 1 from 0 on, whose coordinate is ξ.
func uniformAxis(t testing.TB, n int, lower, upper grid.Wall) grid.Axis {
	t.Helper()
	ax, err := grid.Uniform(0, float64(n), n, lower, upper)
	if err != nil {
		t.Fatal(err)
	}
	return ax
}

// eachAxis runs the test on axes of every order between all kinds of walls, as short as
// they may be and somewhat longer.
func eachAxis(t *testing.T, test func(t *testing.T, a *axis)) {
	for _, order := range Orders {
		for _, wall := range [][2]grid.Wall{
			{reflecting, reflecting}, {periodic, periodic}, {absorbing, absorbing}, {reflecting, absorbing}, {absorbing, reflecting},
		} {
			for _, more := range []int{0, 5} {
				n := LeastCells(order, wall[0] == periodic) + more
				t.Run(fmt.Sprintf("order=%d/%v-%v/n=%d", order, wall[0], wall[1], n), func(t *testing.T) {
					test(t, newAxis(uniformAxis(t, n, wall[0], wall[1]), order))
				})
			}
		}
	}
}

// A sample is values of a function at ξ = first + 0, 1, 2, …, also beyond the ends.
type sample struct {
	first float64 // ½ for cells, 0 for faces
	f     func(xi float64) float64
}

// through returns what taps make of the sample, and the sum of the terms' sizes.
func (s sample) through(w taps) (sum, size float64) {
	for m, v := range w.weights {
		x := v * s.f(s.first+float64(w.start+m))
		sum += x
		size += math.Abs(x)
	}
	return sum, size
}

// A claim is that taps make of the polynomials ((ξ−x)/scale)^j what they should. Where
// wall is a number the polynomial has its value there taken off.
type claim struct {
	what           string
	taps           taps
	first          float64 // where place 0 is
	x, scale, wall float64
	parts          []taps // of which the taps are a sum, with terms that cancel
}

// exact checks that the taps give want(j) up to the degree.
func (c *claim) exact(t *testing.T, degree int, want func(j int) float64) {
	t.Helper()
	for j := range degree + 1 {
		f := func(xi float64) float64 { return math.Pow((xi-c.x)/c.scale, float64(j)) }
		var shift float64
		if !math.IsNaN(c.wall) {
			shift = f(c.wall)
		}
		s := sample{c.first, func(xi float64) float64 { return f(xi) - shift }}
		got, size := s.through(c.taps)
		for _, w := range c.parts {
			_, part := s.through(w)
			size += part
		}
		target := want(j)
		if j == 0 && !math.IsNaN(c.wall) {
			target = 0
		}
		// Weights are sums of products as long as the stencil, good to some ten units each; the
		// power rounds j times more.
		limit := float64(10*len(c.taps.weights)+j) * unit * (size + math.Abs(target))
		if !(math.Abs(got-target) <= limit) {
			t.Errorf("%s of ((ξ−%g)/%g)^%d is %.17g, want %.17g ± %.1g", c.what, c.x, c.scale, j, got, target, limit)
		}
	}
}

// nearest returns the wall that stencils around x may use, NaN where p is not 0 there.
func (a *axis) nearest(x float64) float64 {
	switch n := float64(a.cells); {
	case x <= n/2 && a.lower == absorbing:
		return 0
	case x > n/2 && a.upper == absorbing:
		return n
	}
	return math.NaN()
}

// valueOffWall returns the values at x of those polynomials, taken off that at the wall.
func valueOffWall(x, scale, wall float64) func(j int) float64 {
	return func(j int) float64 {
		switch {
		case j == 0:
			return 1
		case math.IsNaN(wall):
			return 0
		}
		return -math.Pow((wall-x)/scale, float64(j))
	}
}

func slopeOf(scale float64) func(j int) float64 {
	return func(j int) float64 {
		if j == 1 {
			return 1 / scale
		}
		return 0
	}
}

// Stencils from w cells around a face are exact to degree w−1 for values and to w for
// slopes, which are odd about the face; next to a wall one more point makes both w.
func TestValuesAndSlopesOnFacesAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		half := a.order / 2
		for k := range a.cells + 1 {
			atWall := !a.ring() && (k == 0 || k == a.cells)
			x, scale, wall := float64(k), float64(a.order), a.nearest(float64(k))
			if a.interp.in != a.cells || len(a.interp.rows) != a.cells+1 {
				t.Fatal("interp is not from cells to faces")
			}
			degree := a.order - 1
			if !a.ring() && (k < half || k > a.cells-half) {
				degree = a.order
			}
			if atWall { // f = 0 on reflecting walls, p = 0 on absorbing ones
				if len(a.interp.rows[k].weights) != 0 {
					t.Errorf("a value is made on the wall %d", k)
				}
			} else {
				c := claim{"value", a.interp.rows[k], 0.5, x, scale, wall, nil}
				c.exact(t, degree, valueOffWall(x, scale, wall))
			}
			if atWall && math.IsNaN(wall) {
				if len(a.slope.rows[k].weights) != 0 {
					t.Errorf("a slope is made on the reflecting wall %d", k)
				}
			} else {
				c := claim{"slope", a.slope.rows[k], 0.5, x, scale, wall, nil}
				c.exact(t, a.order, slopeOf(scale))
			}
		}
	})
}

// The derivative at centres from w+1 cells is exact to degree w, next to a wall to w+1.
func TestSlopesAtCentersAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		half := a.order / 2
		for i := range a.cells {
			degree := a.order
			if !a.ring() && (i < half || i >= a.cells-half) {
				degree++
			}
			x, scale := float64(i)+0.5, float64(a.order)
			c := claim{"slope", a.tangent.rows[i], 0.5, x, scale, a.nearest(x), nil}
			c.exact(t, degree, slopeOf(scale))
		}
	})
}

// Values at centres from w faces are exact to degree w−1, next to a wall to w.
func TestValuesAtCentersAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		for i := range a.cells {
			degree := a.order - 1
			if !a.ring() && (i+1 < a.order/2 || i > a.cells-a.order/2) {
				degree = a.order
			}
			c := claim{"value", a.center.rows[i], 0, float64(i) + 0.5, float64(a.order), math.NaN(), nil}
			c.exact(t, degree, valueOffWall(c.x, c.scale, c.wall))
		}
	})
}

// The difference of order w−1 is nothing for polynomials of lower degree, and what
// interpolation lacks to leave out the cell furthest downwind: the highest one where
// v > 0, f = v (interp − damping·damp) p.
func TestDampingLeavesOutTheCellFurthestDownwind(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		half := a.order / 2
		for k := range a.cells + 1 {
			damp, interp := a.damp.rows[k], a.interp.rows[k]
			if !a.ring() && (k < half || k > a.cells-half) {
				if len(damp.weights) != 0 {
					t.Errorf("damping reaches beyond the wall from face %d", k)
				}
				continue
			}
			c := claim{"difference", damp, 0.5, float64(k), 1, math.NaN(), nil}
			c.exact(t, a.order-2, func(int) float64 { return 0 })
			if damp.start != interp.start || len(damp.weights) != len(interp.weights) {
				t.Fatalf("face %d: damping and interpolation are on different cells", k)
			}
			last := a.order - 1
			for _, wind := range []struct {
				sign     float64
				downwind int
			}{{1, last}, {-1, 0}} {
				for _, m := range []int{0, last} {
					got := interp.weights[m] - wind.sign*a.damping*damp.weights[m]
					// One product and one difference of numbers below 1, of which the weights are good to
					// some units.
					if zero := math.Abs(got) < 4*unit; zero != (m == wind.downwind) {
						t.Errorf("wind %+g: weight %d of %d is %g", wind.sign, m, a.order, got)
					}
				}
			}
		}
	})
}

// differences returns the taps of (H_{i+1} − H_i)/ω_i in terms of the fluxes f.
func (a *axis) differences(i int) (d taps) {
	d.add(1/a.weights[i], a.flow.rows[i+1])
	d.add(-1/a.weights[i], a.flow.rows[i])
	return d
}

// joint says whether cell i is the one where the sum from a wall meets the inner flux.
func (a *axis) joint(i int) bool {
	r := closure(a.order)
	return !a.ring() && (i == r-1 || i == a.cells-r)
}

// Differences of numerical fluxes are f′ at the centres: exactly to degree w, to w−1 at
// the joints, where the sums of ω f′ are integrals of degree w−2 in f′.
func TestDifferencesOfFluxesAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		for i := range a.cells {
			degree := a.order
			if a.joint(i) {
				degree--
			}
			scale := float64(a.order)
			c := claim{"difference of H", a.differences(i), 0, float64(i) + 0.5, scale, math.NaN(), a.flow.rows[i : i+2]}
			c.exact(t, degree, slopeOf(scale))
		}
		if !a.ring() {
			for _, k := range []int{0, a.cells} {
				if w := a.flow.rows[k]; w.start != k || len(w.weights) != 1 || w.weights[0] != 1 {
					t.Errorf("H on the wall %d is not f there: %v", k, w)
				}
			}
		}
	})
}

// Integrals over cells are exact to degree w−1, next to walls to w, and to w−2 at the
// joints, which take what weights of an integral of degree w−2 leave.
func TestCellIntegralsAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		r := closure(a.order)
		for i := range a.cells {
			degree := a.order - 1
			switch {
			case a.joint(i):
				degree = a.order - 2
			case !a.ring() && (i < r || i >= a.cells-r):
				degree = a.order
			}
			scale := float64(a.order)
			c := claim{"integral", a.mean.rows[i], 0.5, float64(i) + 0.5, scale, math.NaN(), nil}
			c.exact(t, degree, func(j int) float64 {
				if j%2 != 0 {
					return 0
				}
				return math.Pow(0.5/scale, float64(j)) / float64(j+1)
			})
		}
	})
}

// What integrals over cells take from each point is its weight.
func TestCellIntegralsConserveMass(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		sum, size := make([]float64, a.cells), make([]float64, a.cells)
		for _, row := range a.mean.rows {
			for m, w := range row.weights {
				j := (row.start + m + a.cells) % a.cells
				sum[j] += w
				size[j] += math.Abs(w)
			}
		}
		for j, s := range sum {
			// A column is a sum of about 2w terms, those at joints of another 2w; each is made of as
			// many.
			if limit := float64(8*a.order) * unit * size[j]; math.Abs(s-a.weights[j]) > limit {
				t.Errorf("integrals take %.17g of point %d, want %.17g ± %.1g", s, j, a.weights[j], limit)
			}
		}
	})
}

// Differences of integrals over faces are integrals over cells of the differences of H.
func TestFaceIntegralsDifferByCellIntegrals(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		rng := rand.New(rand.NewPCG(1, uint64(a.order)))
		h := make([]float64, a.cells+1)
		for k := range h {
			h[k] = rng.NormFloat64()
		}
		if a.ring() {
			h[a.cells] = h[0]
		}
		change := make([]float64, a.cells)
		for i := range change {
			change[i] = (h[i+1] - h[i]) / a.weights[i]
		}
		want := make([]float64, a.cells)
		a.mean.along(want, change)
		total := make([]float64, a.cells+1)
		a.total.along(total, h)
		for i := range want {
			// Rows of total are sums of up to n/2 rows with some 2w terms each, of numbers that are
			// below 4 and weights that are below 2; what is trimmed off them is 1e-13.
			limit := float64(a.cells)*float64(a.order)*unit*8 + 4e-13
			if got := total[i+1] - total[i]; math.Abs(got-want[i]) > limit {
				t.Errorf("cell %d: faces differ by %.15g, want %.15g ± %.1g", i, got, want[i], limit)
			}
		}
	})
}

// compose returns row k of outer after inner, and the terms it is the sum of; on a ring all
// rows of inner are the same.
func compose(outer, inner *band, k int) (w taps, parts []taps) {
	for m, v := range outer.rows[k].weights {
		at := outer.rows[k].start + m
		row := inner.rows[0]
		if inner.ring {
			row.start += at
		} else {
			row = inner.rows[at]
		}
		w.add(v, row)
		parts = append(parts, taps{row.start, scaled(row.weights, v)})
	}
	return w, parts
}

// Integrals over faces, along the normal just values, are those of f to degree w−1.
func TestFaceIntegralsAreExactForPolynomials(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		for k := range a.cells + 1 {
			w, parts := compose(a.total, a.flow, k)
			c := claim{"flow", w, 0, float64(k), float64(a.order), math.NaN(), parts}
			c.exact(t, a.order-1, valueOffWall(c.x, c.scale, c.wall))
		}
	})
}

// maps returns all bands of the axis.
func (a *axis) maps() map[string]*band {
	return map[string]*band{
		"interp": a.interp, "slope": a.slope, "tangent": a.tangent, "flow": a.flow, "damp": a.damp,
		"mean": a.mean, "total": a.total, "center": a.center,
	}
}

// On a ring every row is the one before, moved by one place; row n is row 0.
func TestRingsHaveNoPlaceOfTheirOwn(t *testing.T) {
	eachAxis(t, func(t *testing.T, a *axis) {
		if !a.ring() {
			return
		}
		for name, b := range a.maps() {
			if b.in != a.cells {
				t.Errorf("%s: from %d places, want %d", name, b.in, a.cells)
			}
			for k, row := range b.rows {
				if row.start-k != b.rows[0].start || fmt.Sprint(row.weights) != fmt.Sprint(b.rows[0].weights) {
					t.Errorf("%s: row %d is not row 0 moved", name, k)
				}
			}
		}
	})
}

// A band runs along every axis of a field as its rows say.
func TestBandsRunAlongAnyAxis(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	eachAxis(t, func(t *testing.T, a *axis) {
		for name, b := range a.maps() {
			for along := range 3 {
				shape := [3]int{2, 3, 4}
				shape[along] = b.in
				if a.ring() && (name == "total" || name == "flow" || name == "center") {
					shape[along]++ // fields on faces hold the seam twice
				}
				src := make([]float64, shape[0]*shape[1]*shape[2])
				for i := range src {
					src[i] = rng.NormFloat64()
				}
				out := shape
				out[along] = len(b.rows)
				got := b.apply(src, shape, along)
				for i, v := range got {
					at := [3]int{i % out[0], i / out[0] % out[1], i / (out[0] * out[1])}
					row := b.rows[at[along]]
					var want, size float64
					for m, w := range row.weights {
						at[along] = row.start + m
						if b.ring {
							at[along] = (at[along] + b.in) % b.in
						}
						x := w * src[at[0]+shape[0]*(at[1]+shape[1]*at[2])]
						want += x
						size += math.Abs(x)
					}
					// The same products, summed in another order.
					if math.Abs(v-want) > float64(2*len(row.weights))*unit*size {
						t.Fatalf("%s along axis %d: number %d is %g, want %g", name, along, i, v, want)
					}
				}
			}
		}
	})
}

// On a ring the errors for one sine wave fall as n⁻ʷ.
func TestOrderOnWaves(t *testing.T) {
	for _, order := range Orders {
		tables := map[string]*orderTable{}
		for _, n := range []int{24, 48} {
			a := newAxis(uniformAxis(t, n, periodic, periodic), order)
			theta := 2 * math.Pi / float64(n)
			wave := func(places int, first, shift float64) []float64 {
				v := make([]float64, places)
				for k := range v {
					v[k] = math.Sin(theta*(float64(k)+first) + 0.3 + shift)
				}
				return v
			}
			check := func(name string, b *band, src []float64, scale float64, want []float64) {
				got := make([]float64, len(b.rows))
				b.along(got, src)
				var worst float64
				for k := range want {
					worst = max(worst, math.Abs(got[k]*scale-want[k]))
				}
				if tables[name] == nil {
					tables[name] = new(orderTable)
				}
				tables[name].add(n, worst)
			}
			cells, faces := wave(n, 0.5, 0), wave(n+1, 0, 0)
			const quarter = math.Pi / 2
			check("interp", a.interp, cells, 1, faces)
			check("slope", a.slope, cells, 1/theta, wave(n+1, 0, quarter))
			check("tangent", a.tangent, cells, 1/theta, wave(n, 0.5, quarter))
			check("center", a.center, faces, 1, cells)
			// The average over a cell is sin(θ/2)/(θ/2) times the value at its centre, and H is
			// as much larger than f.
			average := 2 * math.Sin(theta/2) / theta
			check("mean", a.mean, cells, 1/average, cells)
			check("flow", a.flow, faces, average, faces)
			check("total", a.total, faces, 1/average, faces)
		}
		for name, tab := range tables {
			// The next power of θ moves the order by .05 or less between 24 and 48 cells. Errors of
			// mean, and total with it, fall faster: the first that order 2 to 6 lack is one of a
			// difference, and at order 8 it is small beside the next.
			want, above := float64(order), 0.07
			if name == "mean" || name == "total" {
				above = 1
				if order < 8 {
					want += 2
				}
			}
			if got := tab.last(); !(got > want-0.07 && got < want+above) {
				t.Errorf("order %d, %s: observed order %.3f, want %g\n%v", order, name, got, want, tab)
			}
		}
	}
}
