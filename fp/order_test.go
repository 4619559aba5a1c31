package fp_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// This file measures at what orders errors fall.

// A known problem has the stationary density e^{−φ}/Z and the current c/Z plus the one of
// the stream function W e^{−φ}/Z, with axes between walls or periodic.
type known struct {
	name       string
	p          *fp.Problem
	axes       func(t testing.TB, n int) []grid.Axis
	logDensity func(x []float64) float64
	velocity   func(dst, x []float64) // J/p
}

// field is a function of x and y with its gradient.
type field func(x, y float64) (value, dx, dy float64)

// newKnown returns the problem on the axes with the potential φ, the diffusion tensor, W
// and a current c that nothing holds up.
func newKnown(name string, axes func(t testing.TB, n int) []grid.Axis, phi, w field, tensor func(x, y float64) [3]float64, c [2]float64) *known {
	k := &known{name: name, axes: axes, logDensity: func(x []float64) float64 {
		v, _, _ := phi(x[0], x[1])
		return -v
	}}
	k.velocity = func(dst, x []float64) {
		v, vx, vy := phi(x[0], x[1])
		s, sx, sy := w(x[0], x[1])
		dst[0] = sy - s*vy + c[0]*math.Exp(v)
		dst[1] = s*vx - sx + c[1]*math.Exp(v)
	}
	k.p = &fp.Problem{Title: name, Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) {
			_, vx, vy := phi(x[0], x[1])
			d := tensor(x[0], x[1])
			k.velocity(dst, x)
			dst[0] -= d[0]*vx + d[1]*vy
			dst[1] -= d[1]*vx + d[2]*vy
		}),
		fp.Pointwise(func(dst, x []float64) {
			d := tensor(x[0], x[1])
			copy(dst, d[:])
		}))}
	return k
}

func (k *known) grid(t testing.TB, n int) *grid.Grid { return grid.New(k.axes(t, n)...) }

// errors returns the L1 distances of cell averages and of the currents at the points.
func (k *known) errors(s *fp.Stationary) (density, current float64) {
	g := s.Density.Grid
	want := grid.NewField(g)
	var nodes, weights [6]float64 // for averages of order 12
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], 0, 1)
	idx, x := make([]int, 2), make([]float64, 2)
	for i := range want.Values {
		g.Indices(idx, i)
		for a, u := range nodes {
			for b, v := range nodes {
				for m, f := range []float64{u, v} {
					x[m] = g.Axis(m).Edges()[idx[m]] + f*g.Axis(m).Width(idx[m])
				}
				want.Values[i] += weights[a] * weights[b] * math.Exp(k.logDensity(x))
			}
		}
	}
	z := want.Integral()
	for i := range want.Values {
		want.Values[i] /= z
	}
	current = currentError(s, func(dst, x []float64) {
		k.velocity(dst, x)
		p := math.Exp(k.logDensity(x)) / z
		for a := range dst {
			dst[a] *= p
		}
	}).relative()
	return grid.L1(s.Density, want), current
}

func mustAxis(t testing.TB, ax grid.Axis, err error) grid.Axis {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return ax
}

// torus has a full tensor that varies, eddies, and a drift around both ways.
func torus() *known { return tilted(1) }

// tilted is the torus with the potential times a factor.
func tilted(steep float64) *known {
	return newKnown("torus", func(t testing.TB, n int) []grid.Axis {
		ring, err := grid.Uniform(0, 2*math.Pi, n, grid.Periodic, grid.Periodic)
		return []grid.Axis{mustAxis(t, ring, err), mustAxis(t, ring, err)}
	}, func(x, y float64) (v, dx, dy float64) {
		return steep * (math.Cos(x) + math.Sin(y) + 0.5*math.Sin(x+y)), steep * (-math.Sin(x) + 0.5*math.Cos(x+y)), steep * (math.Cos(y) + 0.5*math.Cos(x+y))
	}, func(x, y float64) (v, dx, dy float64) {
		return 0.6*math.Sin(x) + 0.4*math.Cos(y), 0.6 * math.Cos(x), -0.4 * math.Sin(y)
	}, func(x, y float64) [3]float64 {
		return [3]float64{0.5 + 0.2*math.Cos(y), 0.15 * math.Sin(x+y), 0.5 + 0.2*math.Sin(x)}
	}, [2]float64{0.2 * math.Exp(-5*(steep-1)), -0.1 * math.Exp(-5*(steep-1))})
}

// channel is periodic in x and has walls in y, along which as much is as in the middle and
// a full tensor flows across; its cells become narrow towards y = 0.3.
func channel() *known {
	return newKnown("channel", func(t testing.TB, n int) []grid.Axis {
		ring, err := grid.Uniform(0, 2*math.Pi, n, grid.Periodic, grid.Periodic)
		wall, err2 := grid.Sinh(-1, 1, n, grid.Reflecting, grid.Reflecting, 0.3, 0.7)
		return []grid.Axis{mustAxis(t, ring, err), mustAxis(t, wall, err2)}
	}, func(x, y float64) (v, dx, dy float64) {
		return math.Cos(x) + y*y + 0.5*y*math.Sin(x), -math.Sin(x) + 0.5*y*math.Cos(x), 2*y + 0.5*math.Sin(x)
	}, func(x, y float64) (v, dx, dy float64) {
		s := 1 - y*y
		return s * s * (0.5 + 0.3*math.Sin(x)), 0.3 * s * s * math.Cos(x), -4 * y * s * (0.5 + 0.3*math.Sin(x))
	}, func(x, y float64) [3]float64 {
		return [3]float64{0.5 + 0.2*y, 0.15 * math.Sin(x+y), 0.5 + 0.2*math.Sin(x)}
	}, [2]float64{0.2, 0})
}

// graded returns the case with cells that are narrow around a point.
func graded(c *exact.Case, towards, scale float64) *exact.Case {
	out := *c
	out.Name += ", graded"
	out.Box = append([]fp.Interval(nil), c.Box...)
	for a := range out.Box {
		out.Box[a].Grading = &fp.Grading{Towards: towards, Scale: scale}
	}
	return &out
}

// Errors of density and current fall at the order asked for, on equal cells, graded ones,
// rings, and a ring with walls. In the interior the error is that of h^w with one of
// h^{w+2} that lowers orders by the square of cells over widths: by up to the w/20 allowed
// below where four or five cells go into a width. Walls add one of h^{w−1} or steeper, with
// a constant that only shows where something happens there.
func TestErrorsFallAtTheOrderAskedFor(t *testing.T) {
	skipLong(t)
	type errors func(n int, w fp.Order) (density, current float64)
	ofCase := func(c *exact.Case) errors {
		return func(n int, w fp.Order) (density, current float64) {
			s := solveWith(t, c.Problem, c.Grid(n), fp.StationaryOptions{Order: w})
			density = grid.L1(s.Density, c.Density(s.Density.Grid))
			if c.InEquilibrium() {
				return density, currentError(s, c.PointCurrent).error
			}
			return density, currentError(s, c.PointCurrent).relative()
		}
	}
	ofKnown := func(k *known) errors {
		return func(n int, w fp.Order) (density, current float64) {
			return k.errors(solveWith(t, k.p, k.grid(t, n), fp.StationaryOptions{Order: w}))
		}
	}
	for _, k := range []struct {
		name        string
		at          errors
		sizes       [2]int
		orders      []fp.Order
		below, over float64 // what orders may be off by, over w
	}{
		// Measured for orders 2, 4, 6, 8: 2.01, 3.96, 5.87, 7.77.
		{"quad well by its drift", ofCase(exact.QuadWellDrift(0.15)), [2]int{96, 128}, []fp.Order{2, 4, 6, 8}, 0.05, 0.05},
		// 3.77, 5.73, 7.59; two cells to the narrow width. At order 2 those with a Péclet number
		// above 2 go upwind, and become fewer.
		{"rotation, ratio 0.05", ofCase(rotated(0.05)), [2]int{96, 128}, []fp.Order{4, 6, 8}, 0.07, 0.05},
		// 2.00, 3.98, 5.96, 7.90.
		{"rotation", ofCase(exact.Rotation2D(1)), [2]int{96, 128}, []fp.Order{2, 4, 6, 8}, 0.03, 0.03},
		// 2.00, 4.00, 6.77, 7.79: its walls hold 1e-3 of the maximum, whose part falls faster.
		{"full tensor", ofCase(exact.FullTensor()), [2]int{96, 128}, []fp.Order{2, 4, 6, 8}, 0.05, 0.15},
		// 2.00, 3.94, 5.85, 7.71.
		{"limit cycle", ofCase(exact.LimitCycle()), [2]int{96, 128}, []fp.Order{2, 4, 6, 8}, 0.05, 0.05},
		// 2.00, 3.97, 5.90, 7.79.
		{"limit cycle, graded", ofCase(graded(exact.LimitCycle(), 0.3, 1.5)), [2]int{128, 192}, []fp.Order{2, 4, 6, 8}, 0.05, 0.05},
		// 2.00, 3.98, 5.95, 7.87; currents 2.00, 3.98, 5.93, 7.86.
		{"torus", ofKnown(torus()), [2]int{48, 64}, []fp.Order{2, 4, 6, 8}, 0.03, 0.03},
		// 1.98, 3.77, 5.39, 7.66; currents 1.98, 3.83, 5.78, 7.54: the walls' part changes sign
		// against the interior's.
		{"channel", ofKnown(channel()), [2]int{64, 96}, []fp.Order{2, 4, 6, 8}, 0.11, 0.05},
	} {
		for _, w := range k.orders {
			var density, current exact.OrderTable
			for _, n := range k.sizes {
				d, j := k.at(n, w)
				density.Add(n, d)
				current.Add(n, j)
			}
			for what, tab := range map[string]*exact.OrderTable{"density": &density, "current": &current} {
				if off := tab.Last()/float64(w) - 1; !(off >= -k.below && off <= k.over) {
					t.Errorf("%s, %s: order %.2f, want %v\n%v", k.name, what, tab.Last(), w, tab)
				}
			}
		}
	}
}

// Entropy production is right to the order of the current. In equilibrium it is a square
// of currents that should not be, of twice the order.
func TestEntropyProductionOrder(t *testing.T) {
	skipLong(t)
	for _, k := range []struct {
		c           *exact.Case
		order, want fp.Order
	}{
		{exact.FullTensor(), 2, 2}, {exact.FullTensor(), 4, 4}, // 1.95, 3.92
		{exact.Rotation2D(1), 2, 2},       // 1.98
		{exact.QuadWellDrift(0.15), 2, 4}, // 4.15
		{exact.QuadWellDrift(0.15), 4, 8}, // 7.88
	} {
		var tab exact.OrderTable
		for _, n := range []int{96, 128} {
			s := solveWith(t, k.c.Problem, k.c.Grid(n), fp.StationaryOptions{Order: k.order})
			tab.Add(n, k.c.Errors(s, s.Current()).EntropyProduction)
		}
		wantOrder(t, k.c.Name+", entropy production", &tab, float64(k.want), 0.05*float64(k.want))
	}
}

// In the channel much is at the walls, and entropy production is an integral to the order
// of the rule for such: ∫ J·D⁻¹J/p, here by the midpoint rule on 8 times as many points in x,
// exact for what is periodic, and Gauss nodes in y.
func TestEntropyProductionAtWalls(t *testing.T) {
	k := channel()
	s := solveWith(t, k.p, k.grid(t, 96), fp.StationaryOptions{})
	var z, want float64
	nodes, weights := make([]float64, 60), make([]float64, 60)
	quad.Legendre{}.FixedLocations(nodes, weights, -1, 1)
	x, u := make([]float64, 2), make([]float64, 2)
	c := make([][]float64, 5)
	for i := range 512 {
		x[0] = 2 * math.Pi * float64(i) / 512
		for m, y := range nodes {
			x[1] = y
			out := make([]float64, 5)
			for a := range c {
				c[a] = out[a : a+1]
			}
			k.p.Equation.Eval(c, [][]float64{x[:1], x[1:]})
			k.velocity(u, x)
			p := weights[m] * math.Exp(k.logDensity(x))
			z += p
			want += p * (out[4]*u[0]*u[0] - 2*out[3]*u[0]*u[1] + out[2]*u[1]*u[1]) / (out[2]*out[4] - out[3]*out[3])
		}
	}
	want /= z
	// An error of h⁸, of some 5e-9 in the current.
	if got := s.EntropyProduction(s.Current()); !(math.Abs(got/want-1) <= 1e-7) {
		t.Errorf("entropy production %.12g, want %.12g", got, want)
	}
}
