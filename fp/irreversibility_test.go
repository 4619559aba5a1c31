package fp_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
)

// potentialOf returns −ln p of A4 as a landscape.
func potentialOf(c *exact.Case) *fp.Landscape {
	return &fp.Landscape{
		Value: func(x []float64) float64 { return -c.LogDensity(x) },
		Grad: func(dst, x []float64) {
			dst[0] = x[0]*(x[0]*x[0]-1) + 0.3*x[1]
			dst[1] = x[1] + 0.3*x[0]
		},
	}
}

// bowl is Σ (a+1)x_a²/2, whose level sets no rotation follows.
var bowl = &fp.Landscape{Grad: func(dst, x []float64) {
	for a, v := range x {
		dst[a] = float64(a+1) * v
	}
}}

func irreversibility(t *testing.T, s *fp.Stationary) *fp.Irreversibility {
	t.Helper()
	e, _, err := s.EstimateError(fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Irreversibility(s.Current(), e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// exactly returns the numbers of a plane case by quadrature; b is its drift.
func exactly(c *exact.Case, b vector) (entropy, fraction, power, rotation, across float64) {
	u, v := velocityOf(c), driftOf(c.Problem)
	mean := func(f func(p float64, x, u, v, b, l []float64) float64) float64 {
		var all [5][2]float64
		return c.Integral(func(x []float64) float64 {
			u(all[0][:], x)
			v(all[1][:], x)
			b(all[2][:], x)
			c.Problem.Landscape.Grad(all[3][:], x)
			return f(c.PointDensity(x), x, all[0][:], all[1][:], all[2][:], all[3][:])
		})
	}
	square := func(a []float64) float64 { return a[0]*a[0] + a[1]*a[1] }
	dot := func(a, b []float64) float64 { return a[0]*b[0] + a[1]*b[1] }
	// The cases have p ∝ exp(−φ) with v − u = −D∇φ, so that (v−u)·D⁻¹(v−u) p = −(v−u)·∇φ p, here
	// by ∇p, differenced.
	rest := mean(func(p float64, x, u, v, _, _ []float64) (sum float64) {
		const h = 1e-4
		y := append([]float64(nil), x...)
		for a := range x {
			y[a] = x[a] + h
			up := c.LogDensity(y)
			y[a] = x[a] - h
			sum += p * (v[a] - u[a]) * (up - c.LogDensity(y)) / (2 * h)
			y[a] = x[a]
		}
		return sum
	})
	entropy = c.EntropyProduction()
	fraction = entropy / (entropy + rest)
	power = mean(func(p float64, _, u, _, b, _ []float64) float64 { return p * dot(u, b) })
	var m [2]float64
	for a := range m {
		m[a] = mean(func(p float64, x, _, _, _, _ []float64) float64 { return p * x[a] })
	}
	rotation = mean(func(p float64, x, u, _, _, _ []float64) float64 {
		return p * ((x[0]-m[0])*u[1] - (x[1]-m[1])*u[0])
	}) / mean(func(p float64, x, _, _, _, _ []float64) float64 {
		return p * ((x[0]-m[0])*(x[0]-m[0]) + (x[1]-m[1])*(x[1]-m[1]))
	})
	across = mean(func(p float64, _, u, _, _, l []float64) float64 { return p * dot(u, l) * dot(u, l) }) /
		mean(func(p float64, _, u, _, _, l []float64) float64 { return p * square(u) * square(l) })
	return entropy, fraction, power, rotation, across
}

// wantMeasured fails unless the number is within its error, and the error within the limit.
func wantMeasured(t *testing.T, what string, got fp.Measured, want, limit float64) {
	t.Helper()
	if !(math.Abs(got.Value-want) <= got.Error+1e-13*math.Abs(want)) || !(got.Error <= limit) {
		t.Errorf("%s: %.12g ± %.2g, want %.12g within %.2g", what, got.Value, got.Error, want, limit)
	}
}

// All numbers meet quadrature of the exact p and J within their errors, which are small.
func TestIrreversibilityMeetsQuadrature(t *testing.T) {
	skipLong(t)
	type solution struct {
		n     int
		opt   fp.StationaryOptions
		limit float64 // of errors, relative to the numbers; some hundred times the estimate
	}
	tensor := exact.FullTensor()
	for _, k := range []struct {
		c         *exact.Case
		landscape *fp.Landscape
		solutions []solution
	}{
		{tensor, potentialOf(tensor), []solution{{128, fp.StationaryOptions{}, 1e-5}}},
		{tensor, bowl, []solution{
			{64, fp.StationaryOptions{Positive: true}, 1e-1},
			{64, fp.StationaryOptions{Order: fp.OrderMonotone}, 2},
		}},
		{rotated(0.05), bowl, []solution{{96, fp.StationaryOptions{}, 5e-2}}},
		{exact.LimitCycle(), bowl, []solution{{64, fp.StationaryOptions{}, 1e-2}, {128, fp.StationaryOptions{}, 1e-4}}},
	} {
		p := *k.c.Problem
		p.Landscape = k.landscape
		c := *k.c
		c.Problem = &p
		b := driftOf(&p)
		if p.Equation.Drift != nil {
			b = func(dst, x []float64) {
				p.Equation.Drift([][]float64{dst[:1], dst[1:]}, [][]float64{x[:1], x[1:]})
			}
		}
		entropy, fraction, power, rotation, across := exactly(&c, b)
		for _, s := range k.solutions {
			name := fmt.Sprintf("%s, n=%d", c.Name, s.n)
			r := irreversibility(t, solveWith(t, &p, c.Grid(s.n), s.opt))
			wantMeasured(t, name+", entropy production", r.EntropyProduction, entropy, s.limit*entropy)
			wantMeasured(t, name+", fraction", r.Fraction, fraction, s.limit)
			wantMeasured(t, name+", power", r.Power, power, s.limit*power)
			wantMeasured(t, name+", rotation", r.Rotation[0], rotation, s.limit*math.Abs(rotation))
			wantMeasured(t, name+", across", r.Alignment.Across, across, s.limit)
		}
	}
}

// The entropy production of b = −Ax is tr[(A−DS⁻¹)ᵀD⁻¹(A−DS⁻¹)S], here with noise that is 20
// times as strong along as across.
func TestEntropyProductionOfRotation(t *testing.T) {
	c := rotated(0.05)
	r := irreversibility(t, solveWith(t, c.Problem, c.Grid(128), fp.StationaryOptions{}))
	x, sin := math.Cos(math.Pi/6), math.Sin(math.Pi/6)
	a := mat.NewDense(2, 2, []float64{1, 3, -3, 1.5})
	d := mat.NewSymDense(2, []float64{0.2 * (x*x + 0.05*sin*sin), 0.2 * x * sin * 0.95, 0.2 * x * sin * 0.95, 0.2 * (sin*sin + 0.05*x*x)})
	cov := exact.Lyapunov(a, d)
	var inv, m, force, all mat.Dense
	if err := inv.Inverse(cov); err != nil {
		t.Fatal(err)
	}
	m.Mul(d, &inv)
	m.Sub(a, &m)
	if err := force.Solve(d, &m); err != nil {
		t.Fatal(err)
	}
	all.Product(m.T(), &force, cov)
	if want := mat.Trace(&all); !(math.Abs(r.EntropyProduction.Value/want-1) <= 1e-6) {
		t.Errorf("entropy production %.12g, want %.12g", r.EntropyProduction.Value, want)
	}
}

// On the limit cycle everything turns at ω = 2 along circles, the level sets of −ln p: nothing
// crosses these, and angles are right.
func TestTheLimitCycleFollowsLevelSets(t *testing.T) {
	c := exact.LimitCycle()
	c.Problem.Landscape = &fp.Landscape{Grad: func(dst, x []float64) {
		r2 := x[0]*x[0] + x[1]*x[1]
		dst[0], dst[1] = (r2-1)*x[0], (r2-1)*x[1]
	}}
	s := solveWith(t, c.Problem, c.Grid(128), fp.StationaryOptions{})
	r := irreversibility(t, s)
	wantMeasured(t, "rotation", r.Rotation[0], 2, 1e-5)
	wantMeasured(t, "across", r.Alignment.Across, 0, 1e-8)
	if r.Alignment.Isotropic != 0.5 {
		t.Errorf("isotropic value %g, want 1/2", r.Alignment.Isotropic)
	}
	top, _ := s.Density.Max()
	least := s.LeastDensity()
	for i, angle := range r.Alignment.Angle {
		p := s.Density.Values[i]
		if p > 1e-2*top && !(math.Abs(angle-math.Pi/2) < 1e-4) { // J is off by some 1e-5 of itself there
			t.Fatalf("cell %d: angle %g, want π/2", i, angle)
		}
		if p < 0.1*least && !math.IsNaN(angle) {
			t.Fatalf("cell %d: angle %g where J is not known", i, angle)
		}
	}
}

// The density of entropy production adds up to the rate.
func TestEntropyDensityAddsUp(t *testing.T) {
	c := exact.FullTensor()
	for _, order := range []fp.Order{8, fp.OrderMonotone} {
		s := solveWith(t, c.Problem, c.Grid(96), fp.StationaryOptions{Order: order})
		r := irreversibility(t, s)
		sum := floats.Dot(r.EntropyDensity, s.Density.Grid.Volumes())
		// The rule has other weights than 1 next to walls, where there is nothing.
		if want := r.EntropyProduction.Value; !(math.Abs(sum/want-1) <= 1e-6) {
			t.Errorf("order %v: sum %.12g, want %.12g", order, sum, want)
		}
	}
}

// Without diffusion in one direction entropy production is infinite, and nothing is NaN.
func TestIrreversibilityWithoutNoiseInOneDirection(t *testing.T) {
	c := exact.Underdamped()
	c.Problem.Landscape = bowl
	r := irreversibility(t, solveWith(t, c.Problem, c.Grid(96), fp.StationaryOptions{}))
	if !math.IsInf(r.EntropyProduction.Value, 1) || r.Fraction.Value != 1 || !math.IsInf(floats.Max(r.EntropyDensity), 1) {
		t.Errorf("entropy production %v, fraction %v", r.EntropyProduction, r.Fraction)
	}
	for name, m := range map[string]fp.Measured{
		"entropy production": r.EntropyProduction, "fraction": r.Fraction, "power": r.Power, "rotation": r.Rotation[0], "across": r.Alignment.Across,
	} {
		if math.IsNaN(m.Value) || math.IsNaN(m.Error) {
			t.Errorf("%s: %v", name, m)
		}
	}
	if floats.HasNaN(r.EntropyDensity) {
		t.Error("NaN in the density of entropy production")
	}
	// b·J/p = y·y + (−U′−y)(−U′).
	want := c.Integral(func(x []float64) float64 {
		slope := x[0] * (x[0]*x[0] - 1)
		return c.PointDensity(x) * (x[1]*x[1] + slope*slope + x[1]*slope)
	})
	wantMeasured(t, "power", r.Power, want, 1e-2*want)
}

// On circles the current is the same through all faces, and the work of −V′ round the ratchet
// is 0; in one dimension there is nothing to turn about.
func TestIrreversibilityOnCircles(t *testing.T) {
	for _, c := range []*exact.Case{exact.TiltedPeriodic(), exact.Ratchet()} {
		s := solveWith(t, c.Problem, c.Grid(64), fp.StationaryOptions{})
		flow := s.Current().Faces.Flow[0]
		if lo, hi := floats.Min(flow), floats.Max(flow); !(math.Abs(hi-lo) <= 1e-12*math.Abs(hi)) {
			t.Errorf("%s: flows from %.15g to %.15g", c.Name, lo, hi)
		}
		r := irreversibility(t, s)
		j := make([]float64, 1)
		c.PointCurrent(j, []float64{1})
		want := 0.0 // of the ratchet
		if c.Name == exact.TiltedPeriodic().Name {
			want = 0.5 * 2 * math.Pi * j[0]
		}
		if !(math.Abs(r.Power.Value-want) <= 1e-13) || len(r.Rotation) != 0 || r.Alignment != nil {
			t.Errorf("%s: power %v, want %g; rotation %v", c.Name, r.Power, want, r.Rotation)
		}
	}
}

// With v = −(D+Q)∇φ the current −Q∇φ p follows the level sets of φ in three dimensions, and
// turns in the planes that Q has.
func TestIrreversibilityInThreeDimensions(t *testing.T) {
	skipLong(t)
	c := exact.MildTensor3D()
	c.Problem.Landscape = &fp.Landscape{Grad: func(dst, x []float64) {
		for a, v := range x {
			dst[a] = v * (v*v - 1)
		}
		dst[0] += 0.3 * x[1]
		dst[1] += 0.3*x[0] + 0.2*x[2]
		dst[2] += 0.2 * x[1]
	}}
	r := irreversibility(t, solveWith(t, c.Problem, c.Grid(26), fp.StationaryOptions{}))
	wantMeasured(t, "across", r.Alignment.Across, 0, 1)
	// ∫ x_a J_b − x_b J_a with J = Q∇p, by parts −2Q_ba in every plane: Q_01 = 0.2, Q_12 = 0.1.
	var square [3]float64 // E x_a², by the midpoint rule, for p that vanishes at the walls
	g, x := c.Grid(40), make([]float64, 3)
	for i, v := range g.Volumes() {
		g.Center(x, i)
		for a := range square {
			square[a] += v * c.PointDensity(x) * x[a] * x[a]
		}
	}
	k := 0
	for a := range 3 {
		for b := a + 1; b < 3; b++ {
			spread := square[a] + square[b]
			q := map[[2]int]float64{{0, 1}: 0.2, {1, 2}: 0.1}[[2]int{a, b}]
			wantMeasured(t, fmt.Sprintf("rotation %d%d", a, b), r.Rotation[k], 2*q/spread, 0.05)
			k++
		}
	}
}

// In equilibrium there is no fraction, and no direction: exactly where the density is e^{−φ}, and
// within errors elsewhere.
func TestIrreversibilityOfEquilibrium(t *testing.T) {
	c := exact.QuadWell(0.15)
	r := irreversibility(t, solveWith(t, c.Problem, c.Grid(48), fp.StationaryOptions{}))
	if r.EntropyProduction.Value != 0 || r.Fraction.Value != 0 || r.Power.Value != 0 || !math.IsNaN(r.Alignment.Across.Value) {
		t.Errorf("in equilibrium %+v %+v", r.EntropyProduction, r.Fraction)
	}
	c = exact.QuadWellDrift(0.15)
	c.Problem.Landscape = bowl
	r = irreversibility(t, solveWith(t, c.Problem, c.Grid(64), fp.StationaryOptions{}))
	wantMeasured(t, "fraction", r.Fraction, 0, 1e-6)
	wantMeasured(t, "power", r.Power, 0, 1e-3)
	if r.Alignment.Across.Error != 1 {
		t.Errorf("across ± %g, want 1: the current is noise", r.Alignment.Across.Error)
	}
}
