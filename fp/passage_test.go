package fp_test

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// lineGrid returns n equal cells with reflecting walls.
func lineGrid(t testing.TB, lo, hi float64, n int, lower, upper grid.Wall) *grid.Grid {
	t.Helper()
	ax, err := grid.Uniform(lo, hi, n, lower, upper)
	if err != nil {
		t.Fatal(err)
	}
	return grid.New(ax)
}

// well1D returns b = x − x³ with constant D, by its potential.
func well1D(d float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x"}, Equation: fp.Gibbs(1,
		fp.Pointwise(func(dst, x []float64) { u := x[0]*x[0] - 1; dst[0] = u * u / 4 / d }),
		fp.Pointwise(func(dst, _ []float64) { dst[0] = d }), nil)}
}

// panels integrates f by 16 Gauss nodes on each of so many panels.
func panels(f func(x float64) float64, lo, hi float64, count int) (sum float64) {
	for k := range count {
		a, b := lo+(hi-lo)*float64(k)/float64(count), lo+(hi-lo)*float64(k+1)/float64(count)
		sum += quad.Fixed(f, a, b, 16, nil, 0)
	}
	return sum
}

// wellTime returns the mean time from x to b > x above a reflecting wall at lo, by the double
// integral ∫_x^b e^{U/D}/D ∫_lo^y e^{−U/D}; see Risken, section 5.10, or Gardiner, 5.5.
func wellTime(d, lo, x, b float64) float64 {
	u := func(x float64) float64 { return (x*x - 1) * (x*x - 1) / 4 / d }
	return panels(func(y float64) float64 {
		return math.Exp(u(y)) / d * panels(func(z float64) float64 { return math.Exp(-u(z)) }, lo, y, 24)
	}, x, b, 24)
}

// Mean times in one dimension meet the double integral, at second order, for times of 10 to
// 1e11.
func TestPassageOnALineMeetsTheDoubleIntegral(t *testing.T) {
	for _, d := range []float64{0.2, 0.05, 0.01} {
		const start = -1.03125 // a centre of cells of width 1/16, and of those a third as wide
		want := wellTime(d, -3, start, 0.75)
		var errs []float64
		for _, n := range []int{864, 2592, 23328} {
			g := lineGrid(t, -3, 3, n, grid.Reflecting, grid.Reflecting)
			s, err := fp.SolvePassage(well1D(d), g, func(x []float64) bool { return x[0] > 0.75 }, fp.PassageOptions{})
			if err != nil {
				t.Fatal(err)
			}
			i, _ := g.Find([]float64{start})
			errs = append(errs, s.Time.Values[i]/want-1)
		}
		t.Logf("D = %g: time %.4g, errors %.3g", d, want, errs)
		// At D = 0.01 all of the error is round-off: the midpoint rule has none for a smooth peak.
		if order := math.Log(errs[0]/errs[1]) / math.Log(3); d > 0.01 && math.Abs(order-2) > 0.01 {
			t.Errorf("D = %g: errors %v, order %.3f, want 2", d, errs, order)
		}
		if !(math.Abs(errs[2]) < 1e-8) {
			t.Errorf("D = %g: error %.3g, want 1e-8", d, errs[2])
		}
	}
}

// Sets end where their condition says and not on faces of cells: at second order, with a factor
// that depends on where in a cell that is.
func TestSetsEndWithinCells(t *testing.T) {
	const d, start = 0.1, -1.03125
	for _, end := range []float64{0.7, 0.7071, 0.712345} {
		want := wellTime(d, -3, start, end)
		for _, n := range []int{288, 864, 2592} {
			g := lineGrid(t, -3, 3, n, grid.Reflecting, grid.Reflecting)
			s, err := fp.SolvePassage(well1D(d), g, func(x []float64) bool { return x[0] > end }, fp.PassageOptions{})
			if err != nil {
				t.Fatal(err)
			}
			i, _ := g.Find([]float64{start})
			h := 6 / float64(n)
			got := s.Time.Values[i]/want - 1
			t.Logf("end %g, %d cells: %.3g h²", end, n, got/(h*h))
			// The last cell has some h²/8D of a time of 50, the rest U''/24D of smooth peaks; on
			// faces errors would be of some 1e-2 h.
			if math.Abs(got) > 0.05*h*h {
				t.Errorf("end %g, %d cells: %.3g off, h² = %.3g", end, n, got, h*h)
			}
		}
	}
}

// Across the seam of a circle too: uniform diffusion between the ends of an arc has the mean
// time s(l−s)/2D, at a distance s from one.
func TestSetsAcrossTheSeam(t *testing.T) {
	const d, n = 0.5, 64
	free := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, _ []float64) { dst[0] = 0 }), fp.Pointwise(func(dst, _ []float64) { dst[0] = d }))}
	g := lineGrid(t, 0, 1, n, grid.Periodic, grid.Periodic)
	s, err := fp.SolvePassage(free, g, func(x []float64) bool { return x[0] > 0.997 || x[0] < 0.3 }, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range s.Time.Values {
		x := g.Axis(0).Center(i)
		if x < 0.3 || x > 0.997 {
			continue
		}
		if want := (x - 0.3) * (0.997 - x) / (2 * d); math.Abs(got-want) > 0.5/n/n { // h²/8D at either end
			t.Fatalf("x = %g: %v, want %v", x, got, want)
		}
	}
}

// With absorbing walls the mean exit time of free diffusion is (x−a)(b−x)/2D, whichever of the
// two, wall or set, the ends are: of the discrete equation too, but for h²/8D of the half cells
// at the ends.
func TestExitThroughWallsIsExitIntoSets(t *testing.T) {
	const d = 0.5
	free := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, _ []float64) { dst[0] = 0 }), fp.Pointwise(func(dst, _ []float64) { dst[0] = d }))}
	walls := lineGrid(t, 0, 1, 50, grid.Absorbing, grid.Absorbing)
	wide := lineGrid(t, -0.2, 1.2, 70, grid.Reflecting, grid.Reflecting)
	inner, err := fp.SolvePassage(free, walls, nil, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	outer, err := fp.SolvePassage(free, wide, func(x []float64) bool { return x[0] < 0 || x[0] > 1 }, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range inner.Time.Values {
		x := walls.Axis(0).Center(i)
		want := x*(1-x)/(2*d) + 0.02*0.02/(8*d)
		if math.Abs(v-want) > 1e-13 || math.Abs(outer.Time.Values[i+10]-want) > 1e-13 { // some hundred roundings
			t.Fatalf("x = %g: %v through walls, %v into sets, want %v", x, v, outer.Time.Values[i+10], want)
		}
	}
	uniform := grid.NewField(walls)
	for i := range uniform.Values {
		uniform.Values[i] = 7
	}
	if mean := inner.MeanFrom(uniform); math.Abs(mean-1/(12*d)) > 0.02*0.02 { // of second order
		t.Errorf("mean time %v, want %v", mean, 1/(12*d))
	}
}

// Rates of a double well over Kramers' ω₀ω_b/2π·e^{−1/4D} are 1 − 3D/2 + O(D²): the next terms of
// Laplace's method at the well, U″ = 2, U‴ = U⁗ = 6, and at the pass, U″ = −1, U⁗ = 6, are
// 1 + 3D/4 each. In one dimension, and with a harmonic second one beside it.
func TestRatesAreKramersWhereNoiseIsWeak(t *testing.T) {
	for _, d := range []float64{0.02, 0.01} {
		kramers := math.Sqrt2 / (2 * math.Pi) * math.Exp(-0.25/d)
		line := lineGrid(t, -2, 2, 800, grid.Reflecting, grid.Reflecting)
		plane := grid.New(lineGrid(t, -2, 2, 256, grid.Reflecting, grid.Reflecting).Axis(0), lineGrid(t, -1, 1, 24, grid.Reflecting, grid.Reflecting).Axis(0))
		for _, g := range []*grid.Grid{line, plane} {
			p := well1D(d)
			if g == plane {
				p = well2D(d)
			}
			s, err := fp.SolveTransition(p, g,
				func(x []float64) bool { return x[0] < -0.75 },
				func(x []float64) bool { return x[0] > 0.75 }, fp.PassageOptions{})
			if err != nil {
				t.Fatal(err)
			}
			ratio := s.Rate / kramers
			t.Logf("D = %g, %d dimensions: %.5f of Kramers' rate, want %.5f", d, g.Dim(), ratio, 1-1.5*d)
			// D² times a coefficient of some 5, and h²/D·U″/24 of the plane's pass.
			if math.Abs(ratio-1+1.5*d) > 6*d*d+1e-3 {
				t.Errorf("D = %g, %d dimensions: %v of Kramers' rate, want %v", d, g.Dim(), ratio, 1-1.5*d)
			}
			if math.Abs(s.Back/s.Rate-1) > 1e-10 || s.Imbalance > 1e-12 { // symmetric; round-off of some 1e3 steps
				t.Errorf("D = %g, %d dimensions: %v back, imbalance %g", d, g.Dim(), s.Back/s.Rate, s.Imbalance)
			}
		}
	}
}

// The flux between sets that end at a and b is 1/∫_a^b e^{U/D}/D over Z = ∫e^{−U/D}, and q⁺ is the
// integral up to x over that: in one dimension rates are exact but at the surfaces.
func TestTransitionsOnALineAreIntegrals(t *testing.T) {
	const d = 0.1
	g := lineGrid(t, -2.5, 2.5, 640, grid.Reflecting, grid.Reflecting)
	s, err := fp.SolveTransition(well1D(d), g,
		func(x []float64) bool { return x[0] < -0.5 },
		func(x []float64) bool { return x[0] > 0.625 }, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	u := func(x float64) float64 { return (x*x - 1) * (x*x - 1) / 4 / d }
	up := func(x float64) float64 { return math.Exp(u(x)) / d }
	way := panels(up, -0.5, 0.625, 8)
	// h² = 6e-5 times the curvature of U/D, some 10, over 24, at a surface, in cells that are h
	// wide of a way of 1.
	const tol = 2e-6
	if want := 1 / (way * panels(func(x float64) float64 { return math.Exp(-u(x)) }, -2.5, 2.5, 32)); math.Abs(s.Flux/want-1) > tol {
		t.Errorf("flux %v, want %v", s.Flux, want)
	}
	for k, j := range s.Current().Faces.Density(0) { // the same everywhere between
		if x := g.Axis(0).Edges()[k]; x > -0.49 && x < 0.62 && math.Abs(j/s.Flux-1) > 1e-12 {
			t.Fatalf("x = %g: current %v, flux %v", x, j, s.Flux)
		}
	}
	for k := range 640 {
		if x := g.Axis(0).Center(k); x > -0.5 && x < 0.625 {
			if want := panels(up, -0.5, x, 8) / way; math.Abs(s.Forward.Values[k]-want) > tol || math.Abs(s.Backward.Values[k]-1+want) > tol {
				t.Fatalf("x = %g: q⁺ = %v, want %v; q⁻ = %v", x, s.Forward.Values[k], want, s.Backward.Values[k])
			}
		}
	}
}

// As many walkers come back as go, with circulation and a full tensor too.
func TestAsManyComeBack(t *testing.T) {
	c := exact.FullTensor()
	g := c.Grid(48)
	left := func(x []float64) bool { return x[0] < -0.7 }
	right := func(x []float64) bool { return x[0] > 0.5 && x[1] < 0.2 }
	there, err := fp.SolveTransition(c.Problem, g, left, right, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := fp.SolveTransition(c.Problem, g, right, left, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Round-off of some 1e3 steps each.
	if math.Abs(there.Flux/back.Flux-1) > 1e-12 || math.Abs(there.Rate/back.Back-1) > 1e-12 || there.Imbalance > 1e-12 {
		t.Errorf("flux %v there and %v back, rates %v and %v, imbalance %g", there.Flux, back.Flux, there.Rate, back.Back, there.Imbalance)
	}
	// q⁺ the other way is the rest, and detailed balance, q⁻ = 1 − q⁺, fails.
	var apart float64
	for i, q := range there.Forward.Values {
		if math.Abs(q+back.Forward.Values[i]-1) > 1e-12 || math.Abs(there.Backward.Values[i]+back.Backward.Values[i]-1) > 1e-12 {
			t.Fatalf("cell %d: q⁺ %v and %v, q⁻ %v and %v", i, q, back.Forward.Values[i], there.Backward.Values[i], back.Backward.Values[i])
		}
		apart = max(apart, math.Abs(1-q-there.Backward.Values[i]))
	}
	if apart < 0.01 {
		t.Errorf("q⁻ is 1 − q⁺ to %g in spite of a current", apart)
	}
}

// The current of transitions has no divergence outside the sets, and what leaves A and comes to B
// is the flux: with a full tensor and circulation, and round a circle.
func TestReactiveCurrentsRunFromSetToSet(t *testing.T) {
	full, ring := exact.FullTensor(), exact.TiltedPeriodic()
	for _, k := range []struct {
		c        *exact.Case
		cells    int
		from, to fp.Set
	}{
		{full, 48, func(x []float64) bool { return math.Hypot(x[0]+1, x[1]) < 0.33 }, func(x []float64) bool { return x[0] > 0.71 && x[1] < 0.2 }},
		{ring, 100, func(x []float64) bool { return x[0] < 0.5 || x[0] > 6 }, func(x []float64) bool { return 2 < x[0] && x[0] < 3 }},
	} {
		g := k.c.Grid(k.cells)
		s, err := fp.SolveTransition(k.c.Problem, g, k.from, k.to, fp.PassageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		from, to := fp.CellsWhere(g, k.from), fp.CellsWhere(g, k.to)
		var leave, arrive float64
		for i, div := range s.Current().Faces.Divergence() {
			switch {
			case from[i]:
				leave += div
			case to[i]:
				arrive -= div
			case math.Abs(div) > 1e-12*s.Flux: // round-off of some thousand steps
				t.Fatalf("%s: %.3g comes from cell %d, of a flux of %.3g", k.c.Name, div, i, s.Flux)
			}
		}
		if math.Abs(leave/s.Flux-1) > 1e-11 || math.Abs(arrive/s.Flux-1) > 1e-11 { // as above, of a thousand cells
			t.Errorf("%s: %v leaves, %v arrives, flux %v", k.c.Name, leave, arrive, s.Flux)
		}
	}
}

func TestSetsThatCannotBeAreErrors(t *testing.T) {
	p, g := well1D(0.1), lineGrid(t, -2, 2, 40, grid.Reflecting, grid.Reflecting)
	where := func(lo, hi float64) fp.Set {
		return func(x []float64) bool { return lo < x[0] && x[0] < hi }
	}
	for name, k := range map[string]struct{ from, to fp.Set }{
		"no target": {where(-2, -1), where(5, 6)}, "no start": {where(5, 6), where(1, 2)},
		"overlap": {where(-2, 1), where(0, 2)}, "touch": {where(-2, 0), where(0, 2)},
	} {
		var set *fp.SetError
		if _, err := fp.SolveTransition(p, g, k.from, k.to, fp.PassageOptions{}); !errors.As(err, &set) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var set *fp.SetError
	if _, err := fp.SolvePassage(p, g, where(5, 6), fp.PassageOptions{}); !errors.As(err, &set) {
		t.Errorf("no target: %v", err)
	}
	var memory *fp.MemoryError
	if _, err := fp.SolvePassage(p, g, where(1, 2), fp.PassageOptions{MaxMemory: 1}); !errors.As(err, &memory) {
		t.Errorf("no memory: %v", err)
	}
	// Where nothing drives to the right and nothing diffuses, the right is out of reach.
	still := &fp.Problem{Variables: []string{"x"}, Equation: fp.HanggiKlimontovich(1,
		fp.Pointwise(func(dst, x []float64) { dst[0] = -1 }), fp.Pointwise(func(dst, _ []float64) { dst[0] = 0 }))}
	var far *fp.UnreachableError
	if _, err := fp.SolvePassage(still, g, where(1, 2), fp.PassageOptions{}); !errors.As(err, &far) || far.Cells != 30 {
		t.Errorf("out of reach: %v", err)
	}
	if _, err := fp.SolvePassage(still, g, where(-2, -1), fp.PassageOptions{}); err != nil {
		t.Errorf("down the drift: %v", err)
	}
	var walls *fp.AbsorbingError
	open := lineGrid(t, -2, 2, 40, grid.Reflecting, grid.Absorbing)
	if _, err := fp.SolveTransition(p, open, where(-2, -1), where(1, 2), fp.PassageOptions{}); !errors.As(err, &walls) {
		t.Errorf("absorbing wall: %v", err)
	}
}

// well2D returns (x²−1)²/4 + y²/2 with D = d·I.
func well2D(d float64) *fp.Problem {
	return &fp.Problem{Variables: []string{"x", "y"}, Equation: fp.Gibbs(2,
		fp.Pointwise(func(dst, x []float64) { u := x[0]*x[0] - 1; dst[0] = (u*u/4 + x[1]*x[1]/2) / d }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = d, 0, d }), nil)}
}

// On a circle with a force, where detailed balance fails, both committors are integrals: q⁺ of
// e^ψ/D, ψ′ = −v/D, from one set to the other on either arc, and q⁻ that of the process
// backward in time, of e^{−ψ}/(D p²). Here v = 1/2 − cos x, D = 1/2.
func TestCommittorsOnACircleWithAForce(t *testing.T) {
	c := exact.TiltedPeriodic()
	const n = 576
	g := lineGrid(t, 0, 2*math.Pi, n, grid.Periodic, grid.Periodic)
	edge := func(k int) float64 { return 2 * math.Pi * float64(k) / 72 }
	// A is [0, edge 6], B is [edge 30, edge 40].
	s, err := fp.SolveTransition(c.Problem, g,
		func(x []float64) bool { return x[0] < edge(6) },
		func(x []float64) bool { return edge(30) < x[0] && x[0] < edge(40) }, fp.PassageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	psi := func(x float64) float64 { return (math.Sin(x) - 0.5*x) / 0.5 }
	density := func(x float64) float64 { return c.PointDensity([]float64{math.Mod(x, 2*math.Pi)}) }
	forward := func(x float64) float64 { return math.Exp(psi(x)) }
	backward := func(x float64) float64 { return math.Exp(-psi(x)) / math.Pow(density(x), 2) }
	part := func(f func(float64) float64, lo, x, hi float64) float64 {
		return panels(f, lo, x, 4) / (panels(f, lo, x, 4) + panels(f, x, hi, 4))
	}
	for _, x := range []float64{edge(7), edge(13), edge(25), edge(29), edge(41), edge(55), edge(71)} {
		k, _ := g.Find([]float64{x + 1e-9})
		x = g.Axis(0).Center(k)
		var q, r float64
		if x < edge(30) {
			q, r = part(forward, edge(6), x, edge(30)), 1-part(backward, edge(6), x, edge(30))
		} else {
			q, r = 1-part(forward, edge(40), x, edge(72)), part(backward, edge(40), x, edge(72))
		}
		// h² = 1.2e-4 times curvatures of up to some ten over 24, at the surfaces alone.
		if math.Abs(s.Forward.Values[k]-q) > 1e-4 || math.Abs(s.Backward.Values[k]-r) > 1e-4 {
			t.Errorf("x = %.3f: q⁺ = %.6f, want %.6f; q⁻ = %.6f, want %.6f", x, s.Forward.Values[k], q, s.Backward.Values[k], r)
		}
	}
	if s.Imbalance > 1e-12 {
		t.Errorf("imbalance %g", s.Imbalance)
	}
}
