package fp_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// Mass is what it was after 10⁴ steps, of either operator.
func TestMassStaysWhatItIs(t *testing.T) {
	c := exact.DoubleWell1D()
	for _, k := range []struct {
		order fp.Order
		n     int
	}{{fp.OrderMonotone, 16}, {2, 16}} {
		p := bump(c.Grid(k.n), []float64{0.5}, 0.3)
		for i := range p.Values {
			p.Values[i] *= 7
		}
		mass := p.Integral()
		most := 0.0
		e := evolve(t, fp.Fixed(c.Problem), p, fp.EvolutionOptions{Order: k.order, End: 100, MaxStep: 0.01, Progress: func(s fp.EvolutionState) error {
			most = max(most, math.Abs(s.Mass/mass-1))
			return nil
		}})
		if s := e.State(); s.Steps < 10000 || most > 8*0x1p-53 || math.Abs(e.Density().Integral()/mass-1) > 100*0x1p-53 {
			t.Errorf("order %v: the mass changes by %.3g in %d steps, that of the averages by %.3g", k.order, most, s.Steps, e.Density().Integral()/mass-1)
		}
	}
}

// All mass in one cell spreads without a negative density anywhere, also where the first
// step is far too long: those are tried and halved.
func TestGeneratorsKeepDensitiesPositive(t *testing.T) {
	for _, k := range []struct {
		c *exact.Case
		n int
	}{{exact.DoubleWell1D(), 64}, {exact.QuadWellDrift(0.15), 24}, {exact.FullTensor(), 24}, {exact.FullTensor(), 70}, {exact.OctoWell(0.15), 8}, {exact.Underdamped(), 32}} {
		p := grid.NewField(k.c.Grid(k.n))
		p.Values[p.Grid.Cells()/3] = 1
		most := 0.0
		e, err := fp.NewEvolution(fp.Fixed(k.c.Problem), p, fp.EvolutionOptions{Order: fp.OrderMonotone, End: 0.5, InitialStep: 0.4, Tol: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			if done, err = e.Step(); err != nil {
				t.Fatal(err)
			}
			for _, v := range e.Density().Values {
				most = max(most, -v)
			}
		}
		s := e.State()
		if most > 0 || s.Negative != 0 {
			t.Errorf("%s: negative densities down to %g, a mass of %g", k.c.Name, -most, s.Negative)
		}
		if s.Rejected == 0 || s.Repaired > 1e-4*s.Mass*float64(s.Steps) { // what a step may add
			t.Errorf("%s: %d steps rejected, %g of mass repaired in %d", k.c.Name, s.Rejected, s.Repaired, s.Steps)
		}
	}
}

// A step that makes more than a tenth of the tolerance negative is halved: at a tolerance of
// all mass this one would make 0.18 negative.
func TestStepsThatGoNegativeAreHalved(t *testing.T) {
	c := exact.QuadWell(0.15)
	p := grid.NewField(c.Grid(24))
	p.Values[p.Grid.Cells()/3] = 1
	e, err := fp.NewEvolution(fp.Fixed(c.Problem), p, fp.EvolutionOptions{Order: fp.OrderMonotone, End: 1, InitialStep: 0.1, Tol: 1})
	if err != nil {
		t.Fatal(err)
	}
	steps(t, e, 1)
	if s := e.State(); s.Rejected == 0 || s.Step != 0.1/math.Exp2(float64(s.Rejected)) || s.Repaired > 0.1*s.Mass {
		t.Errorf("a step of %g after %d were rejected, %g of mass repaired", s.Step, s.Rejected, s.Repaired/s.Mass)
	}
}

// What is stationary stays where it is, and is known to be.
func TestStationaryDensitiesStay(t *testing.T) {
	c := exact.FullTensor()
	for _, order := range []fp.Order{fp.OrderMonotone, 4} {
		s, err := fp.SolveStationary(c.Problem, c.Grid(48), fp.StationaryOptions{Order: order, Tol: 1e-12})
		if err != nil {
			t.Fatal(err)
		}
		thrice := grid.NewField(s.Density.Grid)
		for i, v := range s.Density.Values {
			thrice.Values[i] = 3 * v
		}
		e := evolve(t, fp.Fixed(c.Problem), thrice, fp.EvolutionOptions{Order: order, Stationary: s})
		if d := grid.L1(e.Density(), thrice); d > 3e-10 || e.State().Steps > 12 {
			t.Errorf("order %v: moved by %g in %d steps", order, d, e.State().Steps)
		}
		if h := e.State().Entropy; math.Abs(h) > 1e-15 { // of the square of the distance, relative to tails that are small
			t.Errorf("order %v: a relative entropy of %g", order, h)
		}
	}
	p, g := heat(t, 16, 0.3, 0.2) // where rates are exactly 0
	even := modes(g, []float64{0, 0})
	for _, order := range []fp.Order{fp.OrderMonotone, 4} {
		if e := evolve(t, fp.Fixed(p), even, fp.EvolutionOptions{Order: order}); grid.L1(e.Density(), even) > 1e-14 || e.State().Steps > 3 {
			t.Errorf("order %v: an even density moved by %g in %d steps", order, grid.L1(e.Density(), even), e.State().Steps)
		}
	}
}

// A density that is stationary is taken to an end however far away, and is what it was: errors of steps
// as long would be round-off of rates.
func TestStationaryDensitiesLast(t *testing.T) {
	c := exact.DoubleWell1D()
	g := c.Grid(48)
	for _, o := range []fp.Order{fp.OrderMonotone, 8} {
		s, err := fp.SolveStationary(c.Problem, g, fp.StationaryOptions{Order: o, Tol: 1e-13})
		if err != nil {
			t.Fatal(err)
		}
		e, err := fp.NewEvolution(fp.Fixed(c.Problem), bump(g, []float64{0.5}, 0.3), fp.EvolutionOptions{Stationary: s, End: 1e30, Times: []float64{1e20}, MaxSteps: 300})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(); err != nil {
			t.Errorf("order %v: %v", o, err)
		}
		if d := e.FromStationary(); d > 1e-12 || e.State().Time != 1e30 { // the distance from which it goes all the way
			t.Errorf("order %v: at time %g the density is %.2g from stationary", o, e.State().Time, d)
		}
	}
}

// A step cut short for an output changes next to nothing, and does not pass for the end.
func TestShortStepsAreNotTheEnd(t *testing.T) {
	c := exact.DoubleWell1D()
	s, err := fp.SolveStationary(c.Problem, c.Grid(64), fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, times := range [][]float64{{0.4, 0.4 + 1e-13}, {3, 3 + 1e-12, 3 + 3e-12}} {
		e := evolve(t, fp.Fixed(c.Problem), bump(c.Grid(64), []float64{0.5}, 0.3), fp.EvolutionOptions{Times: times})
		if d := grid.L1(e.Density(), s.Density); d > 1e-10 {
			t.Errorf("output at %v: ends %g from the stationary density, at time %g", times, d, e.State().Time)
		}
	}
}

// After a step that all but ends the only mode there is, a short one is slower than it by far.
func TestShortStepsAfterLongOnesAreNotTheEnd(t *testing.T) {
	p, g := heat(t, 32, 0.3)
	const first = 2 / 0.3 // which leaves a factor of about 0.07
	e := evolve(t, fp.Fixed(p), modes(g, []float64{0.3}), fp.EvolutionOptions{InitialStep: first, Tol: 10, Times: []float64{first, first + 1e-11}})
	if d := grid.L1(e.Density(), modes(g, []float64{0})); d > 1e-10 {
		t.Errorf("ends %g from the stationary density, after %d steps", d, e.State().Steps)
	}
}

// Steps too short for anything to decay are not the end.
func TestTinyStepsAreNotTheEnd(t *testing.T) {
	c := exact.FullTensor()
	e, err := fp.NewEvolution(fp.Fixed(c.Problem), bump(c.Grid(32), []float64{0.5, 0.3}, 0.4), fp.EvolutionOptions{Order: 4, MaxStep: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if done, err := e.Step(); done || err != nil {
			t.Fatalf("done after %d steps of %g, %v", e.State().Steps, e.State().Step, err)
		}
	}
}

// Weights of wells between which mass hardly passes, at 1e-4 of other rates, come out to the
// tolerance although residuals say nothing about them.
func TestRareTransitions(t *testing.T) {
	skipLong(t)
	c := exact.QuadWellDrift(0.04)
	for _, order := range []fp.Order{fp.OrderMonotone, 4} {
		run := func(tol float64) *grid.Field {
			return evolve(t, fp.Fixed(c.Problem), bump(c.Grid(72), []float64{1, 1}, 0.2), fp.EvolutionOptions{Order: order, Tol: tol, End: 1000}).Density()
		}
		if d := grid.L1(run(1e-3), run(1e-5)); d > 3e-5 { // 9.4e-6 and 1.4e-5
			t.Errorf("order %v: %g apart", order, d)
		}
	}
}

// Where nothing diffuses mass comes to rest in either well, as much as began on its side: a
// generator does not need one stationary density.
func TestSeveralStationaryStates(t *testing.T) {
	p := &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = x[0]-x[0]*x[0]*x[0], -x[1] }),
		fp.Pointwise(func(dst, _ []float64) { clear(dst) }))}
	g := exact.FullTensor().Grid(70) // cells meet at x = 0
	e := evolve(t, fp.Fixed(p), bump(g, []float64{0.1, 0.3}, 0.4), fp.EvolutionOptions{Order: fp.OrderMonotone, Tol: 1e-3})
	var left float64
	for i, v := range e.Density().Values {
		if i%70 < 35 {
			left += v * g.Volume(i)
		}
	}
	// Steps and solutions do not move mass from one side to the other but by preconditioners.
	if want := 0.5 * (1 + math.Erf(-0.1/(0.4*math.Sqrt2))); math.Abs(left-want) > 1e-6 {
		t.Errorf("%g of the mass comes to rest on the left, want %g", left, want)
	}
}

// Problems that cannot be brought to their end say so: where the grid is too coarse for the
// order, and where wells are too deep for round-off.
func TestEvolutionsThatDoNotEnd(t *testing.T) {
	for _, k := range []struct {
		c     *exact.Case
		n     int
		order fp.Order
		want  error
	}{
		{exact.FullTensor(), 20, 8, fp.ErrUnstable},
		{exact.QuadWell(0.02), 32, fp.OrderMonotone, fp.ErrRoundOff},
	} {
		e, err := fp.NewEvolution(fp.Fixed(k.c.Problem), bump(k.c.Grid(k.n), []float64{0.5, 0.3}, 0.2), fp.EvolutionOptions{Order: k.order, Tol: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(); !errors.Is(err, k.want) {
			t.Errorf("%s, order %v: %v, want %v", k.c.Name, k.order, err, k.want)
		}
	}
}

// Cycles frozen at a stationary density that falls by e³⁰⁰ and more serve densities that are
// where it is nothing.
func TestSteepPotentialsTakeNoShorterSteps(t *testing.T) {
	c := exact.QuadWell(0.02)
	e := evolve(t, fp.Fixed(c.Problem), bump(c.Grid(24), []float64{1.8, -1.7}, 0.3), fp.EvolutionOptions{Order: 2, End: 10, Tol: 1e-3})
	if s := e.State(); s.Rejected > 2 || s.Steps > 100 { // 0 and 45
		t.Errorf("%d steps, %d rejected", s.Steps, s.Rejected)
	}
}

// Heat leaves a box through absorbing walls: its lowest mode decays at the rate D Σ(π/L)².
func TestMassLeavesThroughAbsorbingWalls(t *testing.T) {
	const d, end = 0.7, 0.5
	for _, k := range []struct {
		dim, n int
		order  fp.Order
		limit  float64
	}{
		// Measured: 3.2e-4, 2.5e-4, 5.0e-5, all of second order in 1/n, and 3.2e-6 of order 4.
		{1, 48, fp.OrderMonotone, 4e-4},
		{2, 32, fp.OrderMonotone, 3e-4},
		{2, 70, fp.OrderMonotone, 6e-5},
		{2, 32, 4, 5e-6},
	} {
		axes := make([]grid.Axis, k.dim)
		for a := range axes {
			var err error
			if axes[a], err = grid.Uniform(0, 2, k.n, grid.Absorbing, grid.Absorbing); err != nil {
				t.Fatal(err)
			}
		}
		g := grid.New(axes...)
		p, _ := heat(t, 8, []float64{d, d}[:k.dim]...)
		mode := func(t float64) *grid.Field {
			rate := float64(k.dim) * d * math.Pi * math.Pi / 4
			return averaged(g, func(x []float64) float64 {
				v := math.Exp(-rate * t)
				for _, s := range x {
					v *= math.Pi / 4 * math.Sin(math.Pi*s/2)
				}
				return v
			})
		}
		e := evolve(t, fp.Fixed(p), mode(0), fp.EvolutionOptions{Order: k.order, End: end, Tol: 1e-7})
		err := grid.L1(e.Density(), mode(end))

		if !(err <= k.limit) {
			t.Errorf("d=%d, n=%d, order %v: error %.3g, want ≤ %g", k.dim, k.n, k.order, err, k.limit)
		}
	}
}

// Output comes at exactly the times asked for, the first and the last included, once each.
func TestOutputTimes(t *testing.T) {
	c := exact.DoubleWell1D()
	times := []float64{0, 0.1, 0.1 + 1e-9, 1.0 / 3, 2}
	var at []float64
	initial := bump(c.Grid(32), []float64{0}, 0.5)
	e := evolve(t, fp.Fixed(c.Problem), initial, fp.EvolutionOptions{End: 2, Times: times, Output: func(t float64, p *grid.Field) error {
		at = append(at, t)
		return nil
	}})
	if !slices.Equal(at, times) || e.State().Time != 2 {
		t.Errorf("output at %v, want %v; ends at %g", at, times, e.State().Time)
	}
}

// The same bits on any number of cores.
func TestEvolutionsHaveTheSameBitsOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	c := exact.FullTensor()
	for _, order := range []fp.Order{fp.OrderMonotone, 6} {
		var want []float64
		for _, cores := range []int{1, 3} {
			runtime.GOMAXPROCS(cores)
			e, err := fp.NewEvolution(fp.Fixed(c.Problem), bump(c.Grid(96), []float64{0.5, 0}, 0.2), fp.EvolutionOptions{Order: order})
			if err != nil {
				t.Fatal(err)
			}
			steps(t, e, 4)
			if want == nil {
				want = e.Density().Values
			} else if !slices.Equal(want, e.Density().Values) {
				t.Errorf("order %v: other bits on %d cores", order, cores)
			}
		}
	}
}

func TestEvolutionErrors(t *testing.T) {
	c := exact.DoubleWell1D()
	good := bump(c.Grid(32), []float64{0}, 0.5)
	negative := bump(c.Grid(32), []float64{0}, 0.5)
	negative.Values[3] = -1e-3
	walls := bump(segment(t, 32, grid.Absorbing), []float64{0}, 0.5)
	for _, k := range []struct {
		initial *grid.Field
		opt     fp.EvolutionOptions
		want    string
	}{
		{good, fp.EvolutionOptions{Tol: -1}, "≥ 0, have -1"},
		{good, fp.EvolutionOptions{End: math.NaN()}, "≥ 0, have NaN"},
		{good, fp.EvolutionOptions{Times: []float64{1, 0.5}}, "ascending output times"},
		{good, fp.EvolutionOptions{Times: []float64{-1}}, "ascending output times"},
		{good, fp.EvolutionOptions{End: 1, Times: []float64{2}}, "from 0 to the end 1, have [2]"},
		{good, fp.EvolutionOptions{Order: 8, End: 1}, ""},
		{bump(c.Grid(8), []float64{0}, 0.5), fp.EvolutionOptions{Order: 8}, "order 8 wants at least"},
		{negative, fp.EvolutionOptions{}, "no negative values, have -0.001"},
		{grid.NewField(good.Grid), fp.EvolutionOptions{}, "mass > 0, have 0"},
		{walls, fp.EvolutionOptions{}, "absorbing wall of x"},
	} {
		_, err := fp.NewEvolution(fp.Fixed(c.Problem), k.initial, k.opt)
		if k.want == "" && err != nil || k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%+v: %v, want %q", k.opt, err, k.want)
		}
	}

	stop := errors.New("stop")
	for _, opt := range []fp.EvolutionOptions{
		{Progress: func(fp.EvolutionState) error { return stop }},
		{Times: []float64{0.1}, Output: func(float64, *grid.Field) error { return stop }},
		{Times: []float64{0}, Output: func(float64, *grid.Field) error { return stop }},
	} {
		e, err := fp.NewEvolution(fp.Fixed(c.Problem), good, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(); !errors.Is(err, stop) {
			t.Errorf("%v, want %v", err, stop)
		}
	}
	e, err := fp.NewEvolution(fp.Fixed(c.Problem), good, fp.EvolutionOptions{MaxSteps: 3})
	if err != nil {
		t.Fatal(err)
	}
	var slow *fp.StepError
	if err := e.Run(); !errors.As(err, &slow) || slow.State.Steps != 3 || !strings.Contains(err.Error(), "after 3 steps") {
		t.Errorf("%v, want a StepError after 3 steps", err)
	}
}

// What is told of mass below 0 is that of the density which is put out: of averages over cells, of which
// some are below 0 where values at points are not.
func TestNegativeMassIsThatOfAverages(t *testing.T) {
	c := exact.DoubleWell1D()
	e, err := fp.NewEvolution(fp.Fixed(c.Problem), bump(c.Grid(24), []float64{0.5}, 0.1), fp.EvolutionOptions{Order: 8, End: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	var most float64
	for done := false; !done; {
		var want float64
		p := e.Density()
		for i, v := range p.Values {
			want += min(v, 0) * p.Grid.Volume(i)
		}
		if have := e.State().Negative; have != want { // the same sum
			t.Fatalf("after %d steps %.3g, want %.3g", e.State().Steps, have, want)
		}
		most = max(most, -want)
		if done, err = e.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if most < 1e-4 {
		t.Errorf("only %.2g of the mass is ever below 0", most)
	}
}
