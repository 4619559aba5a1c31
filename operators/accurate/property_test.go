package accurate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/grid"
	"pgregory.net/rapid"
)

// randomBox draws an order and a box of 1 to 3 dimensions, of few cells.
func randomBox(t *rapid.T, kinds ...grid.Wall) (order int, g *grid.Grid) {
	order = rapid.SampledFrom(Orders).Draw(t, "order")
	d := rapid.IntRange(1, 3).Draw(t, "dim")
	axes := make([]grid.Axis, d)
	for a := range axes {
		lower := rapid.SampledFrom(kinds).Draw(t, "lower")
		upper := lower
		if lower != periodic {
			for upper = periodic; upper == periodic; {
				upper = rapid.SampledFrom(kinds).Draw(t, "upper")
			}
		}
		n := LeastCells(order, lower == periodic) + rapid.IntRange(0, 3).Draw(t, "more cells")
		if a == d-1 && d < 3 { // more than one slab, whatever is left over for the last
			n += rapid.IntRange(0, 60).Draw(t, "cells in slabs")
		}
		var err error
		if lower != periodic && rapid.Bool().Draw(t, "graded") {
			axes[a], err = grid.Sinh(-1, 2, n, lower, upper, 0.3, 0.7)
		} else {
			axes[a], err = grid.Uniform(-1, 2, n, lower, upper)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return order, grid.New(axes...)
}

// noise draws numbers, normal ones, in any amount.
func noise(t *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
}

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// faceNormals returns numbers on the faces across axis a, the same ones on both sides of
// a seam.
func faceNormals(r *rand.Rand, g *grid.Grid, a int) []float64 {
	v := normals(r, g.Faces(a))
	if g.Axis(a).IsPeriodic() {
		n := g.Axis(a).Cells()
		for i := range g.Cells() {
			if i/g.Stride(a)%n == 0 {
				k := g.LowerFace(a, i)
				v[k+n*g.FaceStride(a)] = v[k]
			}
		}
	}
	return v
}

// randomOperator returns an operator with random numbers for coefficients, in the units
// of ξ: some of them nil.
func randomOperator(r *rand.Rand, order int, g *grid.Grid) *Operator {
	o := New(g, order)
	some := func(a int) []float64 {
		if r.IntN(4) == 0 {
			return nil
		}
		return faceNormals(r, g, a)
	}
	for a := range g.Dim() {
		o.Drift[a] = some(a)
		for b := range g.Dim() {
			o.Diffusion[a][b] = some(a)
		}
		if o.Drift[a] == nil {
			o.Diffusion[a][a] = faceNormals(r, g, a)
		}
		o.Damping[a] = some(a)
		if r.IntN(2) == 0 {
			o.Up[a], o.Down[a] = faceNormals(r, g, a), faceNormals(r, g, a)
		}
	}
	return o
}

// norm returns the largest sum of the weights' sizes in a row.
func (b *band) norm() (most float64) {
	for _, row := range b.rows {
		var sum float64
		for _, w := range row.weights {
			sum += math.Abs(w)
		}
		most = max(most, sum)
	}
	return most
}

func largest(v []float64) (most float64) {
	for _, x := range v {
		most = max(most, math.Abs(x))
	}
	return most
}

// bounds returns what |f|, |H| and |R| are at most for densities below 1.
func (o *Operator) bounds() (f, h, r float64) {
	flow := 1.0
	for a := range o.dim {
		ax := o.axes[a]
		point := largest(o.Drift[a])*ax.interp.norm() + largest(o.Diffusion[a][a])*ax.slope.norm() + largest(o.Damping[a])*ax.damp.norm()
		for b := range o.dim {
			if b != a {
				point += largest(o.Diffusion[a][b]) * ax.interp.norm() * o.axes[b].tangent.norm()
			}
		}
		numerical := point*ax.flow.norm() + largest(o.Up[a]) + largest(o.Down[a])
		f, h, r = max(f, point), max(h, numerical), r+2*numerical
		flow *= max(1, largest(ax.weights))
	}
	return f, h, r * flow
}

// roundoff is the relative error of nested sums of some w terms each, three deep, with
// weights good to ten units, of what they would be without cancellation.
func (o *Operator) roundoff() float64 { return float64(3*o.Order+30) * unit }

// meanRoundoff is that of integrals over cells: at joints the rows of all cells up to the
// wall are summed, ten units each.
func (o *Operator) meanRoundoff() float64 { return o.roundoff() + float64(10*closure(o.Order))*unit }

// same checks that two ways to the same numbers agree.
func same(t *rapid.T, what string, got, want []float64, limit float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= limit) {
			t.Fatalf("%s: number %d is %.15g, want %.15g ± %.1g", what, i, got[i], want[i], limit)
		}
	}
}

func (o *Operator) rates(p []float64) []float64 {
	r := make([]float64, len(p))
	o.Apply(r, p)
	return r
}

// The rates are the differences of numerical fluxes, with the weights of other axes, that
// vanish on reflecting walls; so that they sum to what leaves through absorbing ones, with
// the star generator's share of the flux or without.
func TestRatesSumToWhatLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting, periodic, absorbing)
		r := noise(t)
		o := randomOperator(r, order, g)
		p := normals(r, g.Cells())
		rates, flow := o.rates(p), o.Flow(p)
		_, _, most := o.bounds()
		most *= largest(p)
		want := make([]float64, len(p))
		var out, total, size float64
		weights := o.Weights()
		for a, h := range flow.Numerical {
			if len(h) != g.Faces(a) || len(flow.Point[a]) != g.Faces(a) {
				t.Fatalf("fluxes across axis %d are not laid out like a face field", a)
			}
			ax, step := g.Axis(a), g.FaceStride(a)
			for i := range want {
				k, at := g.LowerFace(a, i), i/g.Stride(a)%ax.Cells()
				w := weights[i] / o.axes[a].weights[at]
				want[i] -= w * (h[k+step] - h[k])
				size += w * (math.Abs(h[k+step]) + math.Abs(h[k]))
				if at == 0 && !ax.IsPeriodic() {
					out -= w * h[k]
					if ax.Lower() == reflecting && (h[k] != 0 || flow.Point[a][k] != 0) {
						t.Fatalf("%g flows through a reflecting wall", h[k])
					}
				}
				if at == ax.Cells()-1 && !ax.IsPeriodic() {
					out += w * h[k+step]
					if ax.Upper() == reflecting && (h[k+step] != 0 || flow.Point[a][k+step] != 0) {
						t.Fatalf("%g flows through a reflecting wall", h[k+step])
					}
				}
			}
		}
		same(t, "R as differences of H", rates, want, o.roundoff()*most)
		for _, v := range rates {
			total += v
		}
		// Each rate is rounded off by some units of the fluxes it is made of, and the sum of N
		// of them, of random signs, by √N units of the whole.
		if limit := (10 + math.Sqrt(float64(len(p)))) * unit * size; !(math.Abs(total+out) <= limit) {
			t.Fatalf("rates sum to %g where %g leaves, want the opposite to %.1g", total, out, limit)
		}
	})
}

func TestRatesAreLinear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting, periodic, absorbing)
		r := noise(t)
		o := randomOperator(r, order, g)
		p, q := normals(r, g.Cells()), normals(r, g.Cells())
		sum := make([]float64, len(p))
		for i := range sum {
			sum[i] = 3*p[i] - 0.7*q[i]
		}
		rp, rq := o.rates(p), o.rates(q)
		for i := range rp {
			rp[i] = 3*rp[i] - 0.7*rq[i]
		}
		_, _, most := o.bounds()
		same(t, "R of a sum", o.rates(sum), rp, o.roundoff()*most*(3*largest(p)+largest(q)))
	})
}

// Averages over cells hold the mass of the points, and flows through faces have minus the
// rates of change of cells as divergence, M W⁻¹ of those of the points, for any p.
func TestFlowsBelongToCellAverages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting, periodic, absorbing)
		r := noise(t)
		o := randomOperator(r, order, g)
		p := normals(r, g.Cells())
		weights := o.Weights()
		var points, cells, size float64
		volume := Volumes(g)
		spread := 1.0
		for a := range g.Dim() {
			spread *= o.axes[a].mean.norm()
		}
		average := o.CellAverages(p)
		for i, v := range g.Volumes() {
			points += weights[i] * volume[i] * p[i]
			cells += v * average[i]
			size += spread * volume[i] * math.Abs(p[i])
		}
		// N terms of random signs, each a sum of some w in every dimension.
		if limit := (o.meanRoundoff() + math.Sqrt(float64(len(p)))*unit) * size; !(math.Abs(points-cells) <= limit) {
			t.Fatalf("cells hold %.17g, points %.17g, want the same to %.1g", cells, points, limit)
		}
		want := o.rates(p)
		for i := range want {
			want[i] /= -weights[i]
		}
		least := 1.0
		for a := range g.Dim() {
			want = o.axes[a].mean.apply(want, o.n, a)
			for _, w := range o.axes[a].weights {
				least = min(least, w)
			}
		}
		_, h, most := o.bounds()
		total := 0.0
		for a := range g.Dim() {
			total = max(total, o.axes[a].total.norm())
		}
		scale := largest(p) * spread * (most/math.Pow(least, float64(g.Dim())) + h*total)
		// Rows of total are trimmed at 1e-13.
		same(t, "divergence of the flows", o.FaceFlow(o.Flow(p)).Divergence(), want, (o.roundoff()+1e-12)*scale)
	})
}

// A density that is 1 everywhere does not move where v = 0 or, on a periodic box, where
// v is constant.
func TestConstantsAreStationary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting, periodic)
		r := noise(t)
		o := randomOperator(r, order, g)
		for a := range g.Dim() {
			o.Up[a], o.Down[a] = nil, nil
			v := 0.0
			if g.Axis(a).IsPeriodic() {
				v = r.NormFloat64()
			}
			o.Drift[a] = make([]float64, g.Faces(a))
			for i := range o.Drift[a] {
				o.Drift[a][i] = v
			}
		}
		_, _, most := o.bounds()
		p := make([]float64, g.Cells())
		for i := range p {
			p[i] = 1
		}
		same(t, "R of 1", o.rates(p), make([]float64, len(p)), o.roundoff()*most)
	})
}

// An equilibrium, v = D∇ln p, whose density is a polynomial of degree w−1 along each axis
// stays one, between reflecting walls and with any tensor: value and slopes on faces are
// exact, so that no f is left.
func TestPolynomialEquilibriaAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting)
		r := noise(t)
		o := randomOperator(r, order, g)
		// p = Π (2 + (ξ/n)^{w−1} − ξ/n), between 1 and 3.
		factor := func(a int, xi float64) (p, dp float64) {
			n := float64(o.n[a])
			s, k := xi/n, float64(order-1)
			return 2 + math.Pow(s, k) - s/2, (k*math.Pow(s, k-1) - 0.5) / n
		}
		logs := func(i int, across int) (p float64, grad [3]float64) {
			p = 1
			for a := range o.dim {
				n, shift := o.n[a], 0.5
				if a == across {
					n, shift = n+1, 0
				}
				v, dv := factor(a, float64(i%n)+shift)
				p *= v
				grad[a] = dv / v
				i /= n
			}
			return p, grad
		}
		for a := range o.dim {
			o.Up[a], o.Down[a], o.Damping[a] = nil, nil, nil
			o.Drift[a] = make([]float64, g.Faces(a))
			for i := range o.Drift[a] {
				_, grad := logs(i, a)
				for b := range o.dim {
					if o.Diffusion[a][b] != nil {
						o.Drift[a][i] += o.Diffusion[a][b][i] * grad[b]
					}
				}
			}
		}
		p := make([]float64, g.Cells())
		for i := range p {
			p[i], _ = logs(i, -1)
		}
		_, _, most := o.bounds()
		same(t, "R of an equilibrium", o.rates(p), make([]float64, len(p)), o.roundoff()*most*largest(p))
	})
}

// A relabelling sends axis a of the old box to axis to[a] of the new one, mirrored where
// flip[a], and moved by so many cells where it is periodic.
type relabelling struct {
	to   []int
	flip []bool
	move []int
}

func (l *relabelling) sign(a int) float64 {
	if l.flip[a] {
		return -1
	}
	return 1
}

// grid returns the relabelled box.
func (l *relabelling) grid(t rapid.TB, g *grid.Grid) *grid.Grid {
	axes := make([]grid.Axis, g.Dim())
	for a := range axes {
		ax := g.Axis(a)
		if l.flip[a] {
			var err error
			if ax.IsUniform() {
				ax, err = grid.Uniform(-ax.Max(), -ax.Min(), ax.Cells(), ax.Upper(), ax.Lower())
			} else {
				ax, err = grid.Sinh(-ax.Max(), -ax.Min(), ax.Cells(), ax.Upper(), ax.Lower(), -0.3, 0.7) // of randomBox
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		axes[l.to[a]] = ax
	}
	return grid.New(axes...)
}

// field returns the relabelled field, times s: one on cells, or on faces across axis
// across ≥ 0 of the old box.
func (l *relabelling) field(g *grid.Grid, v []float64, across int, s float64) []float64 {
	d := g.Dim()
	shape := g.Shape()
	if across >= 0 {
		shape[across]++
	}
	stride := make([]int, d) // of the old axes in the new box
	n := 1
	for b := range d {
		for a := range d {
			if l.to[a] == b {
				stride[a] = n
				n *= shape[a]
			}
		}
	}
	out := make([]float64, len(v))
	for i, x := range v {
		at, rest := 0, i
		for a := range d {
			k := rest % shape[a]
			rest /= shape[a]
			if l.flip[a] {
				k = shape[a] - 1 - k
			}
			if n := g.Axis(a).Cells(); l.move[a] != 0 {
				if k < n {
					k = (k + l.move[a]) % n
				} else {
					k = l.move[a] // the seam's other side: what was there moves on
				}
			}
			at += k * stride[a]
		}
		out[at] = s * x
	}
	if across >= 0 && l.move[across] != 0 { // the new seam
		n := g.Axis(across).Cells()
		for i := range out {
			if i/stride[across]%(n+1) == n {
				out[i] = out[i-n*stride[across]]
			}
		}
	}
	return out
}

// Which axis comes first, which way it points and where a periodic one begins make no
// difference to rates, averages, flows and J, in coordinates x.
func TestNamesOfAxesMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order, g := randomBox(t, reflecting, periodic, absorbing)
		d := g.Dim()
		r := noise(t)
		l := &relabelling{to: rapid.Permutation([]int{0, 1, 2}[:d]).Draw(t, "to"), flip: make([]bool, d), move: make([]int, d)}
		for a := range d {
			l.flip[a] = rapid.Bool().Draw(t, "flip")
			if g.Axis(a).IsPeriodic() {
				l.move[a] = rapid.IntRange(0, g.Axis(a).Cells()-1).Draw(t, "move")
			}
		}
		to := l.grid(t, g)
		one, two := New(g, order), New(to, order)
		drift, diffusion := make([][]float64, d), make([][][]float64, d)
		drift2, diffusion2 := make([][]float64, d), make([][][]float64, d)
		for a := range d {
			diffusion[a], diffusion2[l.to[a]] = make([][]float64, d), make([][]float64, d)
		}
		for a := range d {
			drift[a] = faceNormals(r, g, a)
			drift2[l.to[a]] = l.field(g, drift[a], a, l.sign(a))
			for b := range d {
				diffusion[a][b] = faceNormals(r, g, a)
				diffusion2[l.to[a]][l.to[b]] = l.field(g, diffusion[a][b], a, l.sign(a)*l.sign(b))
			}
		}
		c, c2 := NewCoefficients(g, drift, diffusion), NewCoefficients(to, drift2, diffusion2)
		one.Coefficients, two.Coefficients = *one.Damped(c), *two.Damped(c2)
		for a := range d {
			up, down := faceNormals(r, g, a), faceNormals(r, g, a)
			one.Up[a], one.Down[a] = up, down
			if l.flip[a] {
				up, down = down, up
			}
			two.Up[l.to[a]], two.Down[l.to[a]] = l.field(g, up, a, 1), l.field(g, down, a, 1)
		}
		p := normals(r, g.Cells())
		q := l.field(g, p, -1, 1)

		_, _, most := one.bounds()
		limit := one.roundoff() * most * largest(p)
		same(t, "R", two.rates(q), l.field(g, one.rates(p), -1, 1), limit)

		spread, least, total, center := 1.0, math.Inf(1), 0.0, 0.0
		volume := Volumes(g)
		for a := range d {
			spread *= one.axes[a].mean.norm()
			total = max(total, one.axes[a].total.norm())
			center = max(center, one.axes[a].center.norm())
		}
		for i, v := range g.Volumes() {
			least = min(least, v, volume[i])
		}
		ratio := largest(volume) / least
		same(t, "averages", two.CellAverages(q), l.field(g, one.CellAverages(p), -1, 1), one.meanRoundoff()*spread*ratio*largest(p))

		flow, flow2 := one.Flow(p), two.Flow(q)
		through, through2 := one.FaceFlow(flow), two.FaceFlow(flow2)
		j, j2 := one.Current(flow), two.Current(flow2)
		for a := range d {
			s := l.sign(a)
			same(t, "f", flow2.Point[l.to[a]], l.field(g, flow.Point[a], a, s), limit)
			same(t, "H", flow2.Numerical[l.to[a]], l.field(g, flow.Numerical[a], a, s), limit)
			// Rows of total are trimmed at 1e-13.
			same(t, "flows", through2.Flow[l.to[a]], l.field(g, through.Flow[a], a, s), (limit+1e-12*most*largest(p))*total*spread)
			// J is f times x′ over √g, and lengths are 3 at most.
			same(t, "J", j2[l.to[a]], l.field(g, j[a], -1, s), limit*center*3/least)
		}
	})
}

// Damping takes energy out of the shortest waves, whichever way the wind blows.
func TestDampingDampsTheShortestWave(t *testing.T) {
	for _, order := range Orders {
		for _, wind := range []float64{1, -1} {
			g := grid.New(uniformAxis(t, 16, periodic, periodic))
			o := New(g, order)
			v, d := make([]float64, 17), make([]float64, 17)
			for i := range v {
				v[i], d[i] = wind, 0.25 // a Péclet number of 4, half of the damping
			}
			c := NewCoefficients(g, [][]float64{v}, [][][]float64{{d}})
			p := make([]float64, 16)
			for i := range p {
				p[i] = float64(1 - 2*(i%2))
			}
			o.Coefficients = *c
			var before, after float64
			for i, r := range o.rates(p) {
				before += p[i] * r
			}
			o.Coefficients = *o.Damped(c)
			for i, r := range o.rates(p) {
				after += p[i] * r
			}
			// f − interp is half of |v| times the outermost weight of interp times 2ʷ⁻¹, with the
			// sign that changes from face to face; the numerical flux makes no less of it.
			least := 0.5 * math.Abs(o.axes[0].interp.rows[8].weights[0]) * math.Exp2(float64(order-1)) * 2 * 16
			if !(before-after > 0.99*least) {
				t.Errorf("order %d, wind %+g: Σ p R is %g without damping, %g with, want less by %g", order, wind, before, after, least)
			}
		}
	}
}

// Damping is |v| − 2D/h, in units of the weight that interp lacks: nothing up to a Péclet
// number |v|h/D of 2, all of |v| where D = 0.
func TestDampingSetsInAtAPecletNumberOfTwo(t *testing.T) {
	for _, order := range Orders {
		ax, err := grid.Uniform(0, 8, 16, periodic, periodic) // h = ½
		if err != nil {
			t.Fatal(err)
		}
		g := grid.New(ax)
		o := New(g, order)
		for _, c := range []struct{ drift, diffusion, want float64 }{
			{3, 1, 0}, {4, 1, 0}, {5, 1, 1}, {-6, 1, 2}, {-3, 0, 3}, // 2D/h = 4D
		} {
			v, d := make([]float64, 17), make([]float64, 17)
			for i := range v {
				v[i], d[i] = c.drift, c.diffusion
			}
			got := o.Damped(NewCoefficients(g, [][]float64{v}, [][][]float64{{d}})).Damping[0]
			if c.want == 0 {
				if got != nil {
					t.Errorf("order %d: v %g, D %g: damping %g, want none", order, c.drift, c.diffusion, got[0])
				}
				continue
			}
			for i := range v { // all numbers are small and whole, but for the weight
				if want := o.axes[0].damping * c.want; got == nil || got[i] != want {
					t.Fatalf("order %d: v %g, D %g: damping %v, want %g", order, c.drift, c.diffusion, got, want)
				}
			}
		}
	}
}
