package fp_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// bump returns the cell averages of a normal density at a point, with the same deviation
// along every axis.
func bump(g *grid.Grid, at []float64, deviation float64) *grid.Field {
	f := grid.NewField(g)
	idx := make([]int, g.Dim())
	for i := range f.Values {
		g.Indices(idx, i)
		f.Values[i] = 1
		for a, k := range idx {
			e := g.Axis(a).Edges()
			z := func(x float64) float64 { return (x - at[a]) / (deviation * math.Sqrt2) }
			f.Values[i] *= 0.5 * (math.Erf(z(e[k+1])) - math.Erf(z(e[k]))) / (e[k+1] - e[k])
		}
	}
	return f
}

// evolve runs an evolution to its end.
func evolve(t testing.TB, c fp.Course, initial *grid.Field, opt fp.EvolutionOptions) *fp.Evolution {
	t.Helper()
	e, err := fp.NewEvolution(c, initial, opt)
	if err == nil {
		err = e.Run()
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// From anywhere a density evolves to the stationary one of the same operator, on the
// problems A1 to A4 and A7: that is a null vector found without any steps. On the way the
// generator's relative entropy never grows and no density is negative.
func TestEvolutionEndsWhereNothingChanges(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		c     *exact.Case
		n     int
		order fp.Order
	}{
		{exact.DoubleWell1D(), 128, fp.OrderMonotone},
		{exact.DoubleWell1D(), 128, 8},
		{exact.TiltedPeriodic(), 64, fp.OrderMonotone},
		{exact.Rotation2D(1), 96, fp.OrderMonotone},
		{exact.Rotation2D(0.2), 96, fp.OrderMonotone},
		{exact.Rotation2D(1), 96, 6},
		{exact.QuadWell(0.15), 64, fp.OrderMonotone},
		{exact.QuadWellDrift(0.15), 96, 8},
		{exact.FullTensor(), 64, fp.OrderMonotone},
		{exact.FullTensor(), 96, fp.OrderMonotone},
		{exact.FullTensor(), 64, 4},
		{exact.LimitCycle(), 64, fp.OrderMonotone},
		{exact.LimitCycle(), 96, 4},
		{exact.OctoWell(0.15), 16, fp.OrderMonotone},
	} {
		g := k.c.Grid(k.n)
		tol := 1e-10 // leaves 5e-12 of the density
		if k.order == fp.OrderMonotone {
			tol = 0
		}
		s, err := fp.SolveStationary(k.c.Problem, g, fp.StationaryOptions{Order: k.order, Tol: tol})
		if err != nil {
			t.Fatal(err)
		}
		start := make([]float64, g.Dim())
		for a := range start {
			start[a] = 0.6*g.Axis(a).Max() + 0.4*g.Axis(a).Min()
		}
		entropy := math.Inf(1)
		e := evolve(t, fp.Fixed(k.c.Problem), bump(g, start, 0.2), fp.EvolutionOptions{
			Order: k.order, Stationary: s, Tol: 1e-3,
			Progress: func(s fp.EvolutionState) error {
				// Of 1 nat, the entropy is wrong by solutions, to 1e-2·Tol of what changes, and round-off.
				if k.order == fp.OrderMonotone && !(s.Entropy <= entropy*(1+1e-12)+1e-18) {
					t.Errorf("%s, n=%d, t=%g: the relative entropy grows from %g to %g", k.c.Name, k.n, s.Time, entropy, s.Entropy)
				}
				if k.order == fp.OrderMonotone && s.Negative != 0 {
					t.Errorf("%s, n=%d, t=%g: a mass of %g below 0", k.c.Name, k.n, s.Time, s.Negative)
				}
				entropy = s.Entropy
				return nil
			},
		})
		state := e.State()
		if most := 12 * state.Steps; state.Iterations > most { // two solutions of some three each
			t.Errorf("%s, n=%d, order %v: %d iterations in %d steps", k.c.Name, k.n, k.order, state.Iterations, state.Steps)
		}
		if d := grid.L1(e.Density(), s.Density); !(d <= 1e-10) { // what both promise
			t.Errorf("%s, n=%d, order %v: %.3g from the stationary density", k.c.Name, k.n, k.order, d)
		}
		if d := e.FromStationary(); !(d <= 1e-10) {
			t.Errorf("%s, n=%d, order %v: masses are %.3g from the stationary ones", k.c.Name, k.n, k.order, d)
		}
		if !(state.Distance <= 1e-10) || math.Abs(state.Mass-1) > 1e-14*float64(g.Dim()) {
			t.Errorf("%s, n=%d, order %v: ends with %+v", k.c.Name, k.n, k.order, state)
		}
	}
}

// heat returns ∂p/∂t = Σ D_a ∂²p/∂x_a², and the grid on a periodic box of length 2π.
func heat(t testing.TB, n int, diffusion ...float64) (*fp.Problem, *grid.Grid) {
	t.Helper()
	d := len(diffusion)
	axes := make([]grid.Axis, d)
	for a := range axes {
		var err error
		if axes[a], err = grid.Uniform(0, 2*math.Pi, n, grid.Periodic, grid.Periodic); err != nil {
			t.Fatal(err)
		}
	}
	return &fp.Problem{
		Variables: []string{"x", "y", "z"}[:d],
		Equation: fp.HanggiKlimontovich(d,
			fp.Pointwise(func(dst, _ []float64) { clear(dst) }),
			fp.Pointwise(func(dst, _ []float64) {
				clear(dst)
				for a, k := 0, 0; a < d; a++ {
					dst[k] = diffusion[a]
					k += d - a
				}
			})),
	}, grid.New(axes...)
}

// modes returns cell averages of (1 + Σ_a c_a sin(m_a x_a + a + 1)) / (2π)^d, m_a = 1 + a%2,
// with the amplitudes c.
func modes(g *grid.Grid, c []float64) *grid.Field {
	f := grid.NewField(g)
	idx := make([]int, g.Dim())
	for i := range f.Values {
		g.Indices(idx, i)
		f.Values[i] = 1
		for a, k := range idx {
			m, e := float64(1+a%2), g.Axis(a).Edges()
			p := func(x float64) float64 { return -math.Cos(m*x+float64(a+1)) / m }
			f.Values[i] += c[a] * (p(e[k+1]) - p(e[k])) / (e[k+1] - e[k])
		}
		f.Values[i] /= math.Pow(2*math.Pi, float64(g.Dim()))
	}
	return f
}

// Every Fourier mode of the heat equation on a periodic box decays at its own rate (A10), in
// space at the order of the operator.
func TestHeatModesDecay(t *testing.T) {
	skipLong(t)
	diffusion := []float64{0.3, 0.1, 0.2}
	for _, k := range []struct {
		dim         int
		order       fp.Order
		want, slack float64
		sizes       []int
		tol         float64 // so that steps, some 1.5·Tol^(-1/3), show by less than a hundredth of the error
	}{
		{1, fp.OrderMonotone, 2, 0.02, []int{64, 128}, 1e-9},
		{2, fp.OrderMonotone, 2, 0.02, []int{24, 48}, 1e-8},
		{3, fp.OrderMonotone, 2, 0.2, []int{8, 16}, 1e-7},
		{1, 4, 4, 0.05, []int{24, 48}, 1e-11},
		{2, 6, 6, 0.3, []int{12, 24}, 1e-10},
		{3, 4, 4, 0.3, []int{10, 20}, 1e-8},
	} {
		tab := new(exact.OrderTable)
		for _, n := range k.sizes {
			p, g := heat(t, n, diffusion[:k.dim]...)
			const end = 1.5
			e := evolve(t, fp.Fixed(p), modes(g, []float64{0.3, 0.3, 0.3}), fp.EvolutionOptions{Order: k.order, End: end, Tol: k.tol})
			tab.Add(n, grid.L1(e.Density(), modes(g, decayed(diffusion[:k.dim], end))))
			if e.State().Time != end {
				t.Errorf("ends at %g, want %g", e.State().Time, end)
			}
		}
		wantOrder(t, fmt.Sprintf("d=%d, order %v", k.dim, k.order), tab, k.want, k.slack)
	}
}

// decayed returns the amplitudes of [modes] at time t, all 0.3 at time 0.
func decayed(diffusion []float64, t float64) []float64 {
	c := make([]float64, len(diffusion))
	for a, d := range diffusion {
		m := float64(1 + a%2)
		c[a] = 0.3 * math.Exp(-d*m*m*t)
	}
	return c
}

// Steps are of second order: of the generator against its own exact decay, at the rates
// (2D/h²)(1 − cos mh), of order 8 against that of the equation.
func TestStepsAreOfSecondOrder(t *testing.T) {
	const end = 2
	diffusion := []float64{0.3, 0.1}
	for _, k := range []struct {
		order fp.Order
		n     int
	}{{fp.OrderMonotone, 16}, {8, 32}} {
		p, g := heat(t, k.n, diffusion...)
		c := decayed(diffusion, end)
		if k.order == fp.OrderMonotone {
			h := g.Axis(0).Width(0)
			for a, d := range diffusion {
				c[a] = 0.3 * math.Exp(-2*d/(h*h)*(1-math.Cos(float64(1+a)*h))*end)
			}
		}
		tab := new(exact.OrderTable)
		for _, steps := range []int{10, 20, 40} {
			e := evolve(t, fp.Fixed(p), modes(g, []float64{0.3, 0.3}), fp.EvolutionOptions{
				Order: k.order, End: end, Tol: 1e-5, InitialStep: end / float64(steps), MaxStep: end / float64(steps),
			})
			if s := e.State(); s.Steps != steps || s.Rejected != 0 {
				t.Errorf("order %v: %d steps and %d rejected, want %d and none", k.order, s.Steps, s.Rejected, steps)
			}
			tab.Add(steps, grid.L1(e.Density(), modes(g, c)))
		}
		wantOrder(t, fmt.Sprintf("order %v", k.order), tab, 2, 0.05)
	}
}

// A process that relaxes linearly, b = −A x, and its normal density at time t.
type ornstein struct {
	a         *mat.Dense
	diffusion *mat.SymDense
	c         *exact.Case
}

func newOrnstein(a *mat.Dense, diffusion *mat.SymDense) *ornstein {
	return &ornstein{a, diffusion, exact.OrnsteinUhlenbeck("", a, diffusion)}
}

// density returns cell averages at time t of what is N(m, s²I) at time 0: normal of mean
// e^{−At} m and covariance S + e^{−At}(s²I − S)e^{−Aᵀt}.
func (o *ornstein) density(g *grid.Grid, m []float64, s, t float64) *grid.Field {
	d := g.Dim()
	var flow, mean, cov, diff mat.Dense
	flow.Scale(-t, o.a)
	flow.Exp(&flow)
	mean.Mul(&flow, mat.NewDense(d, 1, append([]float64(nil), m...)))
	stationary := exact.Lyapunov(o.a, o.diffusion)
	diff.Scale(-1, stationary)
	for a := range d {
		diff.Set(a, a, diff.At(a, a)+s*s)
	}
	cov.Product(&flow, &diff, flow.T())
	cov.Add(&cov, stationary)
	var inv mat.Dense
	if err := inv.Inverse(&cov); err != nil {
		panic(err)
	}
	norm := 1 / math.Sqrt(math.Pow(2*math.Pi, float64(d))*mat.Det(&cov))
	return averaged(g, func(x []float64) float64 {
		var q float64
		for i := range x {
			for j := range x {
				q += inv.At(i, j) * (x[i] - mean.At(i, 0)) * (x[j] - mean.At(j, 0))
			}
		}
		return norm * math.Exp(-q/2)
	})
}

// averaged returns averages over cells by four Gauss nodes along each axis.
func averaged(g *grid.Grid, f func(x []float64) float64) *grid.Field {
	nodes, weights := make([]float64, 4), make([]float64, 4)
	quad.Legendre{}.FixedLocations(nodes, weights, 0, 1)
	out := grid.NewField(g)
	idx, x := make([]int, g.Dim()), make([]float64, g.Dim())
	for i := range out.Values {
		g.Indices(idx, i)
		for k := range 1 << (2 * g.Dim()) {
			w := 1.0
			for a, c := range idx {
				q := k >> (2 * a) & 3
				x[a] = g.Axis(a).Edges()[c] + nodes[q]*g.Axis(a).Width(c)
				w *= weights[q]
			}
			out.Values[i] += w * f(x)
		}
	}
	return out
}

// Normal densities of Ornstein–Uhlenbeck processes (A2) stay normal, with mean and
// covariance of closed form.
func TestNormalDensitiesStayNormal(t *testing.T) {
	skipLong(t)
	line := newOrnstein(mat.NewDense(1, 1, []float64{1.2}), mat.NewSymDense(1, []float64{0.5}))
	plane := newOrnstein(mat.NewDense(2, 2, []float64{1, 3, -3, 1.5}), mat.NewSymDense(2, []float64{0.3, 0.1, 0.1, 0.2}))
	space := newOrnstein(mat.NewDense(3, 3, []float64{1, 0.8, -0.3, -0.8, 1.2, 0.5, 0.3, -0.5, 0.9}), mat.NewSymDense(3, []float64{0.2, 0, 0, 0, 0.15, 0, 0, 0, 0.1}))
	for _, k := range []struct {
		o           *ornstein
		order       fp.Order
		want, slack float64
		sizes       []int
		tol         float64
	}{
		{line, fp.OrderMonotone, 2, 0.05, []int{64, 128}, 1e-7},
		{line, 8, 8, 0.6, []int{48, 64}, 1e-10},
		{plane, fp.OrderMonotone, 2, 0.5, []int{48, 96}, 1e-5}, // cells where drift beats diffusion go upwind, fewer as n grows
		{plane, 4, 4, 0.4, []int{48, 96}, 1e-7},
		{space, fp.OrderMonotone, 2, 0.5, []int{12, 24}, 1e-4},
		{space, 4, 4, 1, []int{16, 24}, 1e-4},
	} {
		tab := new(exact.OrderTable)
		var negative float64
		for _, n := range k.sizes {
			g := k.o.c.Grid(n)
			at, s := make([]float64, g.Dim()), 0.0
			for a := range at {
				at[a] = 0.2 * g.Axis(a).Max()
				s = max(s, g.Axis(a).Max()/10)
			}
			const end = 0.7
			e := evolve(t, fp.Fixed(k.o.c.Problem), k.o.density(g, at, s, 0), fp.EvolutionOptions{Order: k.order, End: end, Tol: k.tol})
			tab.Add(n, grid.L1(e.Density(), k.o.density(g, at, s, end)))
			negative = e.State().Negative
		}
		if negative < -1e-5 { // 1.6e-6 where 16 cells are few
			t.Errorf("d=%d, order %v: a mass of %g below 0", k.o.c.Dim(), k.order, negative)
		}
		wantOrder(t, fmt.Sprintf("d=%d, order %v", k.o.c.Dim(), k.order), tab, k.want, k.slack)
	}
}

// At time 0 the density is the initial one, whatever the operator.
func TestTheFirstDensityIsTheInitialOne(t *testing.T) {
	c := exact.DoubleWell1D()
	p := bump(c.Grid(24), []float64{0.5}, 0.3)
	for _, order := range []fp.Order{fp.OrderMonotone, 4} {
		var first []float64
		evolve(t, fp.Fixed(c.Problem), p, fp.EvolutionOptions{Order: order, Times: []float64{0, 0.1}, Output: func(at float64, q *grid.Field) error {
			if at == 0 {
				first = q.Values
			}
			return nil
		}})
		if !slices.Equal(first, p.Values) {
			t.Errorf("order %v: %v, want %v", order, first, p.Values)
		}
	}
}
