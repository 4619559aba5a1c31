package fp_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// In the tests here σ = [[1 + x²/4, sin(x+y)], [y/2, 2 + cos x]], D = σσᵀ/2, b = (−x, −y³).

func factor(dst, x []float64) {
	dst[0], dst[1] = 1+x[0]*x[0]/4, math.Sin(x[0]+x[1])
	dst[2], dst[3] = x[1]/2, 2+math.Cos(x[0])
}

func tensor(dst, x []float64) {
	var s [4]float64
	factor(s[:], x)
	dst[0] = (s[0]*s[0] + s[1]*s[1]) / 2
	dst[1] = (s[0]*s[2] + s[1]*s[3]) / 2
	dst[2] = (s[2]*s[2] + s[3]*s[3]) / 2
}

// tensorDivergence sets dst to ∂_jD_ij, written out by hand.
func tensorDivergence(dst, x []float64) {
	var s [4]float64
	factor(s[:], x)
	slope := math.Cos(x[0] + x[1])
	xx := s[0]*x[0]/2 + s[1]*slope                             // ∂_xD_11
	yx := (x[0]/2*s[2] + slope*s[3] - s[1]*math.Sin(x[0])) / 2 // ∂_xD_12
	xy := (s[0]/2 + slope*s[3]) / 2                            // ∂_yD_12
	yy := s[2] / 2                                             // ∂_yD_22
	dst[0], dst[1] = xx+xy, yx+yy
}

// factorDivergence sets dst to ½σ_ik ∂_jσ_jk, written out by hand.
func factorDivergence(dst, x []float64) {
	var s [4]float64
	factor(s[:], x)
	// ∂_jσ_jk for k = 1, 2.
	g := [2]float64{x[0]/2 + 0.5, math.Cos(x[0] + x[1])}
	dst[0] = 0.5 * (s[0]*g[0] + s[1]*g[1])
	dst[1] = 0.5 * (s[2]*g[0] + s[3]*g[1])
}

func pull(dst, x []float64) { dst[0], dst[1] = -x[0], -x[1]*x[1]*x[1] }

// at evaluates n components of f at one point.
func at(f fp.Func, n int, x ...float64) []float64 {
	out, dst, coords := make([]float64, n), make([][]float64, n), make([][]float64, len(x))
	for c := range dst {
		dst[c] = out[c : c+1]
	}
	for a := range x {
		coords[a] = x[a : a+1]
	}
	f(dst, coords)
	return out
}

func TestConventionsGiveTheirEffectiveDrift(t *testing.T) {
	drift, diffusion := fp.Pointwise(pull), fp.Pointwise(tensor)
	equations := map[fp.Calculus]fp.Equation{
		fp.ItoCalculus:                fp.Ito(2, drift, diffusion, fp.Pointwise(tensorDivergence)),
		fp.StratonovichCalculus:       fp.Stratonovich(2, 2, drift, fp.Pointwise(factor), fp.Pointwise(factorDivergence)),
		fp.HanggiKlimontovichCalculus: fp.HanggiKlimontovich(2, drift, diffusion),
	}
	for calculus, correction := range map[fp.Calculus]func(dst, x []float64){
		fp.ItoCalculus:                tensorDivergence,
		fp.StratonovichCalculus:       factorDivergence,
		fp.HanggiKlimontovichCalculus: func(dst, _ []float64) { clear(dst) },
	} {
		x := []float64{0.7, -1.1}
		var c, b [2]float64
		var d [3]float64
		correction(c[:], x)
		pull(b[:], x)
		tensor(d[:], x)
		want := []float64{b[0] - c[0], b[1] - c[1], d[0], d[1], d[2]}
		for k, got := range at(equations[calculus].Eval, 5, x...) {
			if math.Abs(got-want[k]) > 8*0x1p-53*(1+math.Abs(want[k])) { // a handful of roundings
				t.Errorf("%v: component %d is %.16g, want %.16g", calculus, k, got, want[k])
			}
		}
	}
}

// Differences replace ∇·D and ½σ_ik ∂_jσ_jk with an error of fourth order.
func TestDifferencedDivergencesAreOfFourthOrder(t *testing.T) {
	for name, k := range map[string]struct {
		by   func(step []float64) fp.Func
		want func(dst, x []float64)
	}{
		"tensor": {func(h []float64) fp.Func { return fp.Divergence(2, fp.Pointwise(tensor), h) }, tensorDivergence},
		"factor": {func(h []float64) fp.Func { return fp.NoiseFactorDivergence(2, 2, fp.Pointwise(factor), h) }, factorDivergence},
	} {
		var tab exact.OrderTable
		for _, n := range []int{8, 16, 32} { // steps of 1/n and 2/3n
			f := k.by([]float64{1 / float64(n), 2 / (3 * float64(n))})
			r := rand.New(rand.NewPCG(1, 1))
			var worst float64
			for range 50 {
				x := []float64{4*r.Float64() - 2, 4*r.Float64() - 2}
				var want [2]float64
				k.want(want[:], x)
				for c, got := range at(f, 2, x...) {
					worst = max(worst, math.Abs(got-want[c]))
				}
			}
			tab.Add(n, worst)
		}
		wantOrder(t, name, &tab, 4, 0.02) // the h⁶ term at h = 1/32: h²·10
	}
}

func TestFactorGivesItsTensor(t *testing.T) {
	got := at(fp.FromFactor(2, 2, fp.Pointwise(factor)), 3, 0.3, -0.8)
	var want [3]float64
	tensor(want[:], []float64{0.3, -0.8})
	for k := range want {
		if math.Abs(got[k]-want[k]) > 4*0x1p-53*want[2] {
			t.Errorf("component %d is %.16g, want %.16g", k, got[k], want[k])
		}
	}
}

// One drift and noise, three stationary densities: D^{−1}, D^{−1/2} and D⁰ times
// exp(∫b/D). Here b = −x, D = 1 + x², ∫b/D = −½ ln D.
func TestStationaryDensityDependsOnTheConvention(t *testing.T) {
	scalar := func(f func(x float64) float64) fp.Func {
		return fp.Pointwise(func(dst, x []float64) { dst[0] = f(x[0]) })
	}
	b := scalar(func(x float64) float64 { return -x })
	d := scalar(func(x float64) float64 { return 1 + x*x })
	sigma := scalar(func(x float64) float64 { return math.Sqrt(2 * (1 + x*x)) })
	axis, err := grid.Sinh(-8, 8, 400, grid.Reflecting, grid.Reflecting, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(axis)
	for name, k := range map[string]struct {
		e     fp.Equation
		power float64
	}{
		"ito":                  {fp.Ito(1, b, d, scalar(func(x float64) float64 { return 2 * x })), -1.5},
		"stratonovich":         {fp.Stratonovich(1, 1, b, sigma, scalar(func(x float64) float64 { return x })), -1},
		"haenggi-klimontovich": {fp.HanggiKlimontovich(1, b, d), -0.5},
	} {
		s, err := fp.SolveStationary(&fp.Problem{Variables: []string{"x"}, Equation: k.e}, g, fp.StationaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		mid := s.Mass[200] / axis.Width(200)
		x := axis.Center(200)
		for i, m := range s.Mass {
			want := math.Pow((1+axis.Center(i)*axis.Center(i))/(1+x*x), k.power)
			v := m / axis.Width(i)
			if math.Abs(v/mid/want-1) > 1e-12 { // 400 intervals of round-off and of quadrature, 1e-15 each
				t.Fatalf("%s: p/p₀ at %g is %.15g, want %.15g", name, axis.Center(i), v/mid, want)
			}
		}
	}
}

func TestCalculusNames(t *testing.T) {
	for c, want := range map[fp.Calculus]string{0: "ito", fp.StratonovichCalculus: "stratonovich", fp.HanggiKlimontovichCalculus: "haenggi-klimontovich"} {
		if c.String() != want {
			t.Errorf("Calculus(%d) = %q, want %q", c, c, want)
		}
	}
}
