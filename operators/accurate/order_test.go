package accurate

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// An orderTable is errors at rising resolution.
type orderTable struct {
	n   []int
	err []float64
}

func (t *orderTable) add(n int, err float64) {
	t.n = append(t.n, n)
	t.err = append(t.err, err)
}

// last returns the q in error ∝ n^−q between the last two rows.
func (t *orderTable) last() float64 {
	k := len(t.n) - 1
	return math.Log(t.err[k-1]/t.err[k]) / math.Log(float64(t.n[k])/float64(t.n[k-1]))
}

func (t *orderTable) String() string {
	var s strings.Builder
	s.WriteString("    n      error\n")
	for k, n := range t.n {
		fmt.Fprintf(&s, "%5d  %9.3e\n", n, t.err[k])
	}
	return s.String()
}

// A solution is a smooth density p, of order 1 at reflecting walls and 0 on absorbing ones,
// with a full tensor D and a drift v, all of them functions of all coordinates, for which
// J = v p − D∇p does not cross reflecting walls:
//
//	p = Π_a A_a e^{E_a},  v_a = Σ_b D_ab E′_b + W_a U_a,  J_a = W_a U_a p − Σ_b D_ab p A′_b/A_b.
//
// A is 1, on axes with an absorbing wall a sine that vanishes there and has no slope at a
// reflecting one. W is a sine that vanishes at reflecting walls; D_ab between an axis with
// one and another with an absorbing wall has it as a factor.
type solution struct {
	g *grid.Grid
}

// at returns a coordinate of axis a from 0 at the lower end to 1 at the upper, and its slope.
func (s *solution) at(a int, x float64) (part, slope float64) {
	ax := s.g.Axis(a)
	return (x - ax.Min()) / ax.Length(), 1 / ax.Length()
}

// sine returns the function that is 0 at the marked ends of [0, 1], without slope at the
// other, and its derivative; 1 without marks.
func sine(at float64, lower, upper bool) (value, slope float64) {
	switch {
	case lower && upper:
		return math.Sin(math.Pi * at), math.Pi * math.Cos(math.Pi*at)
	case lower:
		return math.Sin(0.5 * math.Pi * at), 0.5 * math.Pi * math.Cos(0.5*math.Pi*at)
	case upper:
		return math.Cos(0.5 * math.Pi * at), -0.5 * math.Pi * math.Sin(0.5*math.Pi*at)
	}
	return 1, 0
}

func (s *solution) ends(a int, w grid.Wall) (lower, upper bool) {
	return s.g.Axis(a).Lower() == w, s.g.Axis(a).Upper() == w
}

func (s *solution) has(a int, w grid.Wall) bool {
	lower, upper := s.ends(a, w)
	return lower || upper
}

// phase returns what sines of coordinate a are taken of, and its slope.
func (s *solution) phase(a int, x float64) (phase, slope float64) {
	if at, slope := s.at(a, x); s.g.Axis(a).IsPeriodic() {
		return 2 * math.Pi * at, 2 * math.Pi * slope
	}
	return 1.3 * x, 1.3
}

// factor returns A e^E of axis a and its derivative, and E′.
func (s *solution) factor(a int, x float64) (p, dp, de float64) {
	phase, slope := s.phase(a, x)
	e, de := math.Exp(0.4*math.Sin(phase+0.5*float64(a))), 0.4*slope*math.Cos(phase+0.5*float64(a))
	at, scale := s.at(a, x)
	lower, upper := s.ends(a, absorbing)
	w, dw := sine(at, lower, upper)
	return w * e, (dw*scale + w*de) * e, de
}

func (s *solution) window(a int, x float64) float64 {
	at, _ := s.at(a, x)
	lower, upper := s.ends(a, reflecting)
	w, _ := sine(at, lower, upper)
	return w
}

func (s *solution) density(x []float64) float64 {
	p := 1.0
	for a := range x {
		f, _, _ := s.factor(a, x[a])
		p *= f
	}
	return p
}

// row returns v_a and D_ab, b = 0 … d−1.
func (s *solution) row(a int, x []float64) (v float64, d [3]float64) {
	var sum float64
	var phase [3]float64
	for b := range x {
		phase[b], _ = s.phase(b, x[b])
		sum += phase[b]
	}
	v = 0.8 * math.Sin(sum+float64(a)+1) * s.window(a, x[a])
	for b := range x {
		if b == a {
			d[b] = 0.5 + 0.2*math.Sin(sum+float64(a))
		} else {
			d[b] = 0.15 * math.Cos(phase[a]+phase[b]+float64(a*b))
			if s.has(a, reflecting) && s.has(b, absorbing) {
				d[b] *= s.window(a, x[a])
			}
			if s.has(b, reflecting) && s.has(a, absorbing) {
				d[b] *= s.window(b, x[b])
			}
		}
		_, _, de := s.factor(b, x[b])
		v += d[b] * de
	}
	return v, d
}

// current returns J_a.
func (s *solution) current(a int, x []float64) float64 {
	v, d := s.row(a, x)
	p := 1.0
	var values, slopes [3]float64
	for b := range x {
		values[b], slopes[b], _ = s.factor(b, x[b])
		p *= values[b]
	}
	j := v * p
	for b := range x {
		g := slopes[b]
		for c := range x {
			if c != b {
				g *= values[c]
			}
		}
		j -= d[b] * g
	}
	return j
}

// divergence returns ∇·J by differences of order 8 at distances of 1/200, below which they
// are good to 1e-12: phases turn by less than .05 over them, and .05⁸ is 4e-11 with a
// coefficient of 1/630, while J below 10 is rounded off to 1e-15, over 1/200.
func (s *solution) divergence(x []float64) float64 {
	const step = 1.0 / 200
	y := append([]float64(nil), x...)
	var sum float64
	for a := range x {
		for k, c := range []float64{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280} {
			y[a] = x[a] + float64(k+1)*step
			up := s.current(a, y)
			y[a] = x[a] - float64(k+1)*step
			sum += c / step * (up - s.current(a, y))
		}
		y[a] = x[a]
	}
	return sum
}

// sampled returns f at the places with these coordinates along the axes.
func sampled(places [][]float64, f func(x []float64) float64) []float64 {
	count := 1
	for _, x := range places {
		count *= len(x)
	}
	v, x := make([]float64, count), make([]float64, len(places))
	for i := range v {
		rest := i
		for a, along := range places {
			x[a] = along[rest%len(along)]
			rest /= len(along)
		}
		v[i] = f(x)
	}
	return v
}

// A sampling is the solution on a grid: coefficients, p at the points.
type sampling struct {
	*solution
	coefficients *Coefficients
	p            []float64
}

func (s *solution) sample() *sampling {
	d := s.g.Dim()
	drift, diffusion := make([][]float64, d), make([][][]float64, d)
	for a := range d {
		drift[a] = make([]float64, 0, s.g.Faces(a))
		diffusion[a] = make([][]float64, d)
		sampled(Points(s.g, a), func(x []float64) float64 {
			v, row := s.row(a, x)
			drift[a] = append(drift[a], v)
			for b := range d {
				diffusion[a][b] = append(diffusion[a][b], row[b])
			}
			return 0
		})
	}
	return &sampling{s, NewCoefficients(s.g, drift, diffusion), sampled(Points(s.g, -1), s.density)}
}

// operator returns the operator of the given order.
func (s *sampling) operator(order int) *Operator {
	o := New(s.g, order)
	o.Coefficients = *s.coefficients
	return o
}

// A side is an axis but for its number of cells.
type side struct {
	lower, upper grid.Wall
	graded       bool
}

func (s side) String() string {
	name := fmt.Sprintf("%v-%v", s.lower, s.upper)
	if s.graded {
		name += "-graded"
	}
	return name
}

func box(t testing.TB, n int, sides ...side) *grid.Grid {
	t.Helper()
	var axes []grid.Axis
	for a, s := range sides {
		lo, hi := -1.0, 1.4+0.2*float64(a)
		ax, err := grid.Uniform(lo, hi, n, s.lower, s.upper)
		if s.graded {
			ax, err = grid.Sinh(lo, hi, n, s.lower, s.upper, 0.3, 0.9)
		}
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, ax)
	}
	return grid.New(axes...)
}

// Errors are told apart by region: places inside are in the middle third of all axes with
// walls, which closures do not reach; those at walls are within reach along one axis, those
// in corners along more. What lies between inside and walls counts as neither: which of it
// there is changes with the number of cells. The mean is over all places.
const (
	inside = iota
	walls
	corners
	between
	mean
)

var regions = [...]string{inside: "inside", walls: "at walls", corners: "in corners", mean: "in the mean"}

// region returns that of the place i of a field on cells, or on faces across axis a ≥ 0.
func (o *Operator) region(i, a int) int {
	near, in, r := 0, true, closure(o.Order)
	for b := range o.dim {
		n := o.n[b]
		if b == a {
			n++
		}
		if k := i % n; !o.axes[b].ring() {
			if k < r || k >= n-r {
				near++
			}
			in = in && k >= o.n[b]/3 && k < n-o.n[b]/3
		}
		i /= n
	}
	switch {
	case in:
		return inside
	case near == 0:
		return between
	}
	return min(near, corners)
}

// An errors are the largest in each region and their mean, relative to the largest number
// anywhere.
type errors [5]float64

func (o *Operator) errors(got, want []float64, a int) (e errors) {
	var size, count float64
	for i, v := range want {
		if math.IsNaN(v) { // not asked for
			continue
		}
		r := o.region(i, a)
		e[r] = max(e[r], math.Abs(got[i]-v))
		e[mean] += math.Abs(got[i] - v)
		size = max(size, math.Abs(v))
		count++
	}
	e[mean] /= count
	for r := range e {
		e[r] /= size
	}
	return e
}

// truncation returns the errors of R/(ω√g) as −∇·J.
func (o *Operator) truncation(p, divergence []float64) errors {
	r := make([]float64, len(p))
	o.Apply(r, p)
	for i, w := range o.Weights() {
		r[i] /= -w
	}
	for i, v := range Volumes(o.Grid) {
		r[i] /= v
	}
	return o.errors(r, divergence, -1)
}

// averages returns the exact averages of p over cells: products of those of its factors,
// by Gauss–Legendre, which is of order 10.
func (s *solution) averages() []float64 {
	d := s.g.Dim()
	factors, places := make([][]float64, d), make([][]float64, d)
	for a := range d {
		ax := s.g.Axis(a)
		for i := range ax.Cells() {
			var sum float64
			for q, node := range gaussNodes {
				f, _, _ := s.factor(a, ax.Center(i)+0.5*ax.Width(i)*node)
				sum += 0.5 * gaussWeights[q] * f
			}
			factors[a] = append(factors[a], sum)
			places[a] = append(places[a], float64(i))
		}
	}
	return sampled(places, func(x []float64) float64 {
		p := 1.0
		for a := range x {
			p *= factors[a][int(x[a])]
		}
		return p
	})
}

// faceMeans returns the exact averages of J_a over the faces across axis a, by
// Gauss–Legendre.
func (s *solution) faceMeans(a int) []float64 {
	d := s.g.Dim()
	sum := make([]float64, s.g.Faces(a))
	count := 1
	for range d - 1 {
		count *= len(gaussNodes)
	}
	for q := range count {
		places, weight, rest := Points(s.g, a), 1.0, q
		for b := range d {
			if b == a {
				continue
			}
			node := rest % len(gaussNodes)
			rest /= len(gaussNodes)
			weight *= 0.5 * gaussWeights[node]
			for i := range places[b] {
				places[b][i] = s.g.Axis(b).Center(i) + 0.5*s.g.Axis(b).Width(i)*gaussNodes[node]
			}
		}
		for i, v := range sampled(places, func(x []float64) float64 { return s.current(a, x) }) {
			sum[i] += weight * v
		}
	}
	return sum
}

// most returns the larger of two errors in each region.
func (e errors) most(f errors) errors {
	for r := range e {
		e[r] = max(e[r], f[r])
	}
	return e
}

// outputs returns the errors of averages over cells and faces and of J at the points.
func (o *Operator) outputs(s *sampling) (averages, faces, current errors) {
	averages = o.errors(o.CellAverages(s.p), s.averages(), -1)
	flow := o.Flow(s.p)
	through, j := o.FaceFlow(flow), o.Current(flow)
	for a := range o.dim {
		faces = faces.most(o.errors(through.Density(a), s.faceMeans(a), a))
		exact := sampled(Points(s.g, -1), func(x []float64) float64 { return s.current(a, x) })
		current = current.most(o.errors(j[a], exact, -1))
	}
	return averages, faces, current
}

// orders are tables of errors, for each region.
type orders [5]orderTable

func (o *orders) add(n int, e errors) {
	for r := range e {
		o[r].add(n, e[r])
	}
}

// want checks that the observed order is at least what is said for a region, less a part of
// it. Between sizes as small as these the next powers of h take off up to a tenth inside;
// at walls, where a derivative of order w may be small, up to .3, and of the mean, which
// is mostly what is at walls, .25. [TestOrderAtWalls] has finer grids.
func (o *orders) want(t *testing.T, what string, order int, wants map[int]int) {
	t.Helper()
	slack := errors{inside: 0.1, walls: 0.3, corners: 0.3, mean: 0.25}
	for r, want := range wants {
		if o[r].err[0] < 1e-12 && o[r].err[1] < 1e-13 { // round-off, or no such place
			continue
		}
		if got := o[r].last(); !(got > float64(want)-slack[r]*float64(order)) {
			t.Errorf("order %d, %s %s: observed order %.3f, want %d\n%v", order, what, regions[r], got, want, &o[r])
		}
	}
}

// In two dimensions, with a full tensor and whatever walls and gradings, errors are of
// order w inside and in the mean. Within reach of walls, as the largest there, they are of
// order w−1 for −∇·J and for averages over cells and faces, because of the cells where
// closures meet the stencils inside, and of order w for J.
func TestOrderInTheBox(t *testing.T) {
	plain, graded := side{reflecting, reflecting, false}, side{reflecting, reflecting, true}
	ring, open := side{periodic, periodic, false}, side{absorbing, absorbing, false}
	for _, sides := range [][]side{
		{graded, graded},
		{ring, ring},
		{ring, graded},
		{plain, ring},
		{open, open},
		{{absorbing, reflecting, true}, {reflecting, absorbing, false}},
	} {
		t.Run(fmt.Sprint(sides), func(t *testing.T) {
			var rates, averages, faces, current [9]orders
			for _, n := range []int{42, 63} {
				s := (&solution{box(t, n, sides...)}).sample()
				divergence := sampled(Points(s.g, -1), s.divergence)
				for _, order := range Orders {
					o := s.operator(order)
					rates[order].add(n, o.truncation(s.p, divergence))
					c, f, j := o.outputs(s)
					averages[order].add(n, c)
					faces[order].add(n, f)
					current[order].add(n, j)
				}
			}
			for _, w := range Orders {
				lower := map[int]int{inside: w, walls: w - 1, corners: w - 1, mean: w}
				rates[w].want(t, "−∇·J", w, lower)
				averages[w].want(t, "averages over cells", w, lower)
				faces[w].want(t, "averages over faces", w, lower)
				current[w].want(t, "J", w, map[int]int{inside: w, walls: w, corners: w, mean: w})
			}
		})
	}
}

// In three dimensions, with all off-diagonal elements, between walls of all kinds, orders
// are those of two. (Checked in the layers next to the walls of axis 2 and in its middle,
// for time.)
func TestOrderInThreeDimensions(t *testing.T) {
	sides := []side{{absorbing, reflecting, true}, {periodic, periodic, false}, {reflecting, reflecting, true}}
	for _, turn := range []int{0, 1} {
		sides := append(append([]side(nil), sides[turn:]...), sides[:turn]...)
		t.Run(fmt.Sprint(sides), func(t *testing.T) {
			var rates, current [9]orders
			for _, n := range []int{30, 40} {
				s := (&solution{box(t, n, sides...)}).sample()
				layer := func(x []float64) bool {
					k, _ := s.g.Axis(2).Find(x[2])
					return k == 1 || k == n/2 || k == n-2
				}
				there := func(f func(x []float64) float64) []float64 {
					return sampled(Points(s.g, -1), func(x []float64) float64 {
						if !layer(x) {
							return math.NaN()
						}
						return f(x)
					})
				}
				divergence := there(s.divergence)
				var j [3][]float64
				for a := range j {
					j[a] = there(func(x []float64) float64 { return s.current(a, x) })
				}
				for _, order := range Orders {
					o := s.operator(order)
					rates[order].add(n, o.truncation(s.p, divergence))
					var worst errors
					for a, got := range o.Current(o.Flow(s.p)) {
						worst = worst.most(o.errors(got, j[a], -1))
					}
					current[order].add(n, worst)
				}
			}
			for _, w := range Orders {
				rates[w].want(t, "−∇·J", w, map[int]int{inside: w, walls: w - 1, corners: w - 1, mean: w - 1})
				current[w].want(t, "J", w, map[int]int{inside: w, walls: w, corners: w, mean: w})
			}
		})
	}
}

// In one dimension, on grids fine enough for it, the largest errors at walls are of order
// w−1, for J w.
func TestOrderAtWalls(t *testing.T) {
	// Errors of order 8 on finer grids than these are round-off.
	sizes := [9][2]int{2: {512, 1024}, 4: {256, 512}, 6: {128, 256}, 8: {96, 128}}
	for _, sides := range []side{
		{reflecting, reflecting, false}, {reflecting, reflecting, true}, {absorbing, absorbing, false}, {reflecting, absorbing, true},
	} {
		for _, w := range Orders {
			var rates, averages, current orders
			for _, n := range sizes[w] {
				s := (&solution{box(t, n, sides)}).sample()
				o := s.operator(w)
				rates.add(n, o.truncation(s.p, sampled(Points(s.g, -1), s.divergence)))
				c, _, j := o.outputs(s)
				averages.add(n, c)
				current.add(n, j)
			}
			for what, got := range map[string][2]float64{
				"−∇·J at walls":     {rates[walls].last(), float64(w - 1)},
				"averages at walls": {averages[walls].last(), float64(w - 1)},
				"J at walls":        {current[walls].last(), float64(w)},
			} {
				// The next power of h takes off up to an eighth.
				if math.Abs(got[0]-got[1]) > 0.13*float64(w) {
					t.Errorf("order %d, %v: %s is of order %.3f, want %g", w, sides, what, got[0], got[1])
				}
			}
		}
	}
}

// What is of order w−1 at walls only is of order w in the solution: the p with R p =
// −ω√g ∇·J, and, where walls let nothing out, with the mass of the density.
func TestSolutionsAreOfFullOrder(t *testing.T) {
	for _, sides := range []side{
		{reflecting, reflecting, false},
		{reflecting, reflecting, true},
		{periodic, periodic, false},
		{absorbing, absorbing, false},
		{reflecting, absorbing, true},
	} {
		for _, w := range Orders {
			var tab orderTable
			for _, n := range []int{80, 120} {
				s := (&solution{box(t, n, sides)}).sample()
				tab.add(n, s.solve(s.operator(w)))
			}
			// The next power of h takes off up to a sixth: .6 of order 4 on the graded axis, on which
			// 240 cells show 3.7.
			if got := tab.last(); !(got > 0.83*float64(w)) {
				t.Errorf("order %d, %v: the solution is of order %.3f\n%v", w, sides, got, &tab)
			}
		}
	}
}

// solve returns the largest error of the solution in one dimension, by elimination.
func (s *sampling) solve(o *Operator) float64 {
	n := len(s.p)
	system := make([][]float64, n)
	for i := range system {
		system[i] = make([]float64, n+1)
	}
	unit, column := make([]float64, n), make([]float64, n)
	for j := range n {
		unit[j] = 1
		o.Apply(column, unit)
		unit[j] = 0
		for i, v := range column {
			system[i][j] = v
		}
	}
	weights, volume := o.Weights(), Volumes(s.g)
	var mass float64
	for i, v := range s.averages() {
		mass += v * s.g.Volume(i)
	}
	for i, v := range sampled(Points(s.g, -1), s.divergence) {
		system[i][n] = -weights[i] * volume[i] * v
	}
	if !s.g.HasWall(absorbing) { // the rows sum to 0: one of them says nothing
		for j := range n {
			system[n/2][j] = weights[j] * volume[j]
		}
		system[n/2][n] = mass
	}
	p := eliminate(system)
	var worst float64
	for i, v := range s.p {
		worst = max(worst, math.Abs(p[i]-v))
	}
	return worst
}

// eliminate solves a system with its right-hand side in the last column.
func eliminate(a [][]float64) []float64 {
	n := len(a)
	for k := range n {
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[k][k]) {
				a[i], a[k] = a[k], a[i]
			}
		}
		for i := range n {
			if i == k || a[i][k] == 0 {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}
