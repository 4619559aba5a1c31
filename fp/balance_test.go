package fp_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/exact"
	"github.com/ness-fp/ness/grid"
)

// fataler is what a test and a property share.
type fataler interface {
	Fatalf(format string, args ...any)
}

// balanceOf makes all three tests of a problem and one verdict.
func balanceOf(t fataler, p *fp.Problem, g *grid.Grid, opt fp.StationaryOptions) fp.DetailedBalance {
	cycles, err := fp.CycleBalance(p, g)
	if err != nil {
		t.Fatalf("%s: CycleBalance: %v", p.Title, err)
	}
	s, err := fp.SolveStationary(p, g, opt)
	var diverged *fp.ConvergenceError
	if err != nil && !errors.As(err, &diverged) {
		t.Fatalf("%s: %v", p.Title, err)
	}
	c := s.Current()
	e, ok, err := s.EstimateError(opt)
	if err != nil && !errors.As(err, &diverged) {
		t.Fatalf("%s: EstimateError: %v", p.Title, err)
	}
	current := s.CurrentBalance(c, nil)
	if ok {
		current = s.CurrentBalance(c, &e)
	}
	return fp.JudgeBalance(fp.ForceBalance(p, g), cycles, current)
}

// turnedBy returns the matrix R diag(values) Rᵀ, R a rotation of the plane.
func turnedBy(angle float64, values ...float64) *mat.SymDense {
	c, s := math.Cos(angle), math.Sin(angle)
	return mat.NewSymDense(2, []float64{
		values[0]*c*c + values[1]*s*s, (values[0] - values[1]) * c * s,
		0, values[0]*s*s + values[1]*c*c,
	})
}

// commuting is A2 with D and A = ∇²L of the same eigenvectors, noise four times as strong one way.
func commuting() *exact.Case {
	return exact.OrnsteinUhlenbeck("commuting", mat.DenseCopyOf(turnedBy(0.5, 1, 2)), turnedBy(0.5, 0.4, 0.1))
}

// The exact cases: detailed balance is violated where they have a current. Anisotropic noise
// alone breaks nothing, noise that does not commute with the Hessian does, each by itself a gradient.
func TestExactCasesAreJudged(t *testing.T) {
	skipLong(t)
	cases := append(exact.All(), commuting(),
		exact.OrnsteinUhlenbeck("not commuting", mat.DenseCopyOf(turnedBy(0.5, 1, 2)), turnedBy(0.9, 0.4, 0.1)),
		exact.OrnsteinUhlenbeck("3D, symmetric", mat.NewDense(3, 3, []float64{1, 0.2, 0, 0.2, 1.5, 0.3, 0, 0.3, 2}), mat.NewSymDense(3, []float64{0.2, 0, 0, 0, 0.2, 0, 0, 0, 0.2})))
	for _, c := range cases {
		n := map[int]int{1: 256, 2: 128, 3: 12}[c.Dim()]
		b := balanceOf(t, c.Problem, c.Grid(n), fp.StationaryOptions{})
		want := fp.Violated
		if c.InEquilibrium() {
			want = fp.Holds
		}
		if b.Verdict != want {
			t.Errorf("%s: %v, want %v: %s", c.Name, b.Verdict, want, b.Reason)
		}
		for _, w := range []fp.BalanceTest{b.Force, b.Cycles, b.Current} {
			if w.Verdict != want && w.Verdict != fp.CannotTell {
				t.Errorf("%s: %v, want %v: %s", c.Name, w.Verdict, want, w.Reason)
			}
		}
	}
}

// A force and its rates, exact in principle, decide every case but where there is no D⁻¹.
func TestForceAndRatesDecide(t *testing.T) {
	for _, c := range exact.All() {
		g := c.Grid(map[int]int{1: 64, 2: 64, 3: 16}[c.Dim()])
		cycles, err := fp.CycleBalance(c.Problem, g)
		if err != nil {
			t.Fatal(err)
		}
		force := fp.ForceBalance(c.Problem, g)
		if force.Verdict == fp.CannotTell || cycles.Verdict == fp.CannotTell && c.Name != exact.Underdamped().Name {
			t.Errorf("%s: %v, %v", c.Name, force.Reason, cycles.Reason)
		}
		// Steps of h = 1/100 of the box: 2⁻⁵³·100 of round-off, and of sines of x + y, waves k = 6 in
		// units of the box, (kh)⁸/630 = 3e-13 of derivatives that 1/D makes steeper.
		if c.Dim() > 1 && force.Error > 1e-8 {
			t.Errorf("%s: error %.2g of the force's curl", c.Name, force.Error)
		}
	}
}

// turned adds ε(−y, x) to a drift in the plane.
func turned(p *fp.Problem, eps float64) *fp.Problem {
	q := *p
	q.Title = fmt.Sprintf("%s, turned by %g", p.Title, eps)
	eval := p.Equation.Eval
	q.Equation.Eval = func(dst, x [][]float64) {
		eval(dst, x)
		for i := range dst[0] {
			dst[0][i] -= eps * x[1][min(i, len(x[1])-1)]
			dst[1][i] += eps * x[0][min(i, len(x[0])-1)]
		}
	}
	return &q
}

// A turn of the drift by a millionth of it is seen; none is not.
func TestTheSlightestTurnIsSeen(t *testing.T) {
	skipLong(t)
	round := exact.OrnsteinUhlenbeck("round", mat.NewDense(2, 2, []float64{1, 0, 0, 1}), turnedBy(0, 0.2, 0.2))
	for _, c := range []*exact.Case{round, commuting(), exact.QuadWellDrift(0.15)} {
		g := c.Grid(128)
		for _, eps := range []float64{0, 1e-6, 1e-4, 1e-2} {
			p := turned(c.Problem, eps)
			b := balanceOf(t, p, g, fp.StationaryOptions{})
			want := fp.Violated
			if eps == 0 {
				want = fp.Holds
			}
			if b.Verdict != want {
				t.Errorf("%s: %v, want %v: %s", p.Title, b.Verdict, want, b.Reason)
			}
			if c == round && eps > 0 {
				// Of u = (−x − εy, −y + εx)/D the curl is 2ε/D; |u_x|/L and |u_y|/L are in the mean
				// 1/4D for coordinates spread evenly over L, outermost points moved inward by a percent.
				want := 2 * eps / (2*eps + 0.5)
				if got := b.Force.Statistic; math.Abs(got/want-1) > 0.02 {
					t.Errorf("%s: statistic %.6g, want %.6g", p.Title, got, want)
				}
			}
		}
	}
}

// On a torus with isotropic noise D = d(x) in the sense of Itô, u = −∇(L+d)/d and
// ∂_xu_y − ∂_yu_x = L_y d′/d².
func TestNoiseThatVariesAcrossTheSlopeBreaksBalance(t *testing.T) {
	const n = 64 // the force is looked at where centres are
	noise := func(x float64) (d, slope float64) { return 0.5 * (1 + 0.4*math.Sin(x)), 0.2 * math.Cos(x) }
	loss := func(x, y float64) (lx, ly float64) { return -math.Sin(x), -0.7 * math.Sin(y) } // cos x + 0.7 cos y
	p := &fp.Problem{Title: "across", Variables: []string{"x", "y"}, Equation: fp.Ito(2,
		fp.Pointwise(func(dst, x []float64) {
			lx, ly := loss(x[0], x[1])
			dst[0], dst[1] = -lx, -ly
		}),
		fp.Pointwise(func(dst, x []float64) {
			d, _ := noise(x[0])
			dst[0], dst[1], dst[2] = d, 0, d
		}),
		fp.Pointwise(func(dst, x []float64) { _, slope := noise(x[0]); dst[0], dst[1] = slope, 0 }))}
	axis, err := grid.Uniform(0, 2*math.Pi, n, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(axis, axis)
	b := balanceOf(t, p, g, fp.StationaryOptions{})
	if b.Verdict != fp.Violated {
		t.Errorf("%v: %s", b.Verdict, b.Reason)
	}
	var curl, size float64
	for i := range g.Cells() {
		var x [2]float64
		g.Center(x[:], i)
		d, slope := noise(x[0])
		lx, ly := loss(x[0], x[1])
		c := ly * slope / (d * d)
		curl += math.Abs(c)
		size += math.Abs(c) + (math.Abs(lx+slope)+math.Abs(ly))/d/(2*math.Pi) // ∂_yu_x = 0
	}
	// Steps of 2π/100, (0.063·2)⁸/630 = 1e-10 of the derivative of the force's second harmonic.
	if math.Abs(b.Force.Statistic/(curl/size)-1) > 1e-9 {
		t.Errorf("statistic %.12g, by hand %.12g", b.Force.Statistic, curl/size)
	}
	rate := func(n int) float64 { // Schnakenberg's Σ over edges of the fitted chain
		s, err := fp.SolveStationary(p, periodicSquare(t, n), fp.StationaryOptions{Order: fp.OrderMonotone})
		if err != nil {
			t.Fatal(err)
		}
		return schnakenberg(s)
	}
	coarse, fine := rate(32), rate(64)
	s, err := fp.SolveStationary(p, g, fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	extrapolated := fine + (fine-coarse)/3
	// The h⁴ term left is some h² = (2π/32)² = 4 % of the h² one, which is (fine − coarse)/3.
	if got := s.EntropyProduction(s.Current()); math.Abs(got-extrapolated) > 0.05*math.Abs(fine-coarse) {
		t.Errorf("entropy production %.9g, by Schnakenberg's formula %.9g (%.9g, %.9g)", got, extrapolated, coarse, fine)
	}
}

func periodicSquare(t testing.TB, n int) *grid.Grid {
	t.Helper()
	axis, err := grid.Uniform(0, 2*math.Pi, n, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	return grid.New(axis, axis)
}

// schnakenberg returns Σ (r_ij m_j − r_ji m_i) ln(r_ij m_j / r_ji m_i) over pairs of cells.
func schnakenberg(s *fp.Stationary) (rate float64) {
	a := s.Generator.Matrix()
	for i := range a.Rows {
		for k := a.RowPtr[i]; k < a.RowPtr[i+1]; k++ {
			if j := int(a.Col[k]); j < i {
				in, out := a.Val[k]*s.Mass[j], a.At(j, i)*s.Mass[i]
				rate += (in - out) * math.Log(in/out)
			}
		}
	}
	return rate
}

// The affinities of plaquettes are ln of products of four entries of the generator.
func TestAffinitiesAreProductsOfRates(t *testing.T) {
	c := exact.LimitCycle()
	const n = 20
	d, err := fp.Discretize(c.Problem, c.Grid(n))
	if err != nil {
		t.Fatal(err)
	}
	a, g := d.Generator.Matrix(), d.Coefficients.Grid
	var sum, size float64
	for k := 1; k < n-1; k += 2 { // the loops about corners of the grid of half as many cells
		for l := 1; l < n-1; l += 2 {
			i, j, m, q := g.Index([]int{k, l}), g.Index([]int{k + 1, l}), g.Index([]int{k + 1, l + 1}), g.Index([]int{k, l + 1})
			sum += math.Abs(math.Log(a.At(j, i) * a.At(m, j) * a.At(q, m) * a.At(i, q) / (a.At(q, i) * a.At(m, q) * a.At(j, m) * a.At(i, j))))
			z := func(from, to int) float64 { return math.Log(a.At(to, from) / a.At(from, to)) }
			size += math.Abs(z(j, m)-z(i, q)) + math.Abs(z(q, m)-z(i, j)) + (math.Abs(z(i, j))+math.Abs(z(i, q)))/n
		}
	}
	b, err := fp.CycleBalance(c.Problem, g)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(b.Statistic/(sum/size)-1) > 1e-12 { // logarithms up to 40 with a rounding each
		t.Errorf("statistic %.15g, by products %.15g", b.Statistic, sum/size)
	}
}

// gradient draws a problem with v = −D∇φ: D ∝ I, or with a potential or the drift it makes, a D
// that varies and is diagonal or full. turn adds that much of the drift, turned by 90°.
func gradient(t *rapid.T, turn float64) *fp.Problem {
	var k [9]float64
	for i := range k {
		k[i] = rapid.Float64Range(-1, 1).Draw(t, "coefficient")
	}
	temperature := math.Exp(rapid.Float64Range(math.Log(0.02), 0).Draw(t, "ln T"))
	quartic := rapid.Float64Range(0.05, 0.5).Draw(t, "quartic")
	potential := func(x, y float64) float64 {
		return (quartic*(x*x*x*x+y*y*y*y) + k[0]*x*y + k[1]*x*x*y + k[2]*x*y*y*y/4 + k[3]*x*x + k[4]*y*y + k[5]*y) / temperature
	}
	slope := func(x, y float64) (px, py float64) {
		px = (4*quartic*x*x*x + k[0]*y + 2*k[1]*x*y + k[2]*y*y*y/4 + 2*k[3]*x) / temperature
		py = (4*quartic*y*y*y + k[0]*x + k[1]*x*x + 0.75*k[2]*x*y*y + 2*k[4]*y + k[5]) / temperature
		return px, py
	}
	kind := rapid.SampledFrom([]string{"constant", "diagonal", "full"}).Draw(t, "D")
	tensor := func(x, y float64) (xx, xy, yy float64) {
		switch kind {
		case "constant":
			return temperature, 0, temperature
		case "diagonal":
			return temperature * (1.2 + k[6]*math.Sin(x+y)), 0, temperature * (1.2 + k[7]*math.Cos(x-y))
		}
		return temperature * (1.5 + k[6]*math.Sin(x)), temperature * 0.4 * k[8] * math.Cos(y), temperature * (1.5 + k[7]*math.Sin(y+x))
	}
	diffusion := fp.Pointwise(func(dst, x []float64) { dst[0], dst[1], dst[2] = tensor(x[0], x[1]) })
	p := &fp.Problem{Title: kind, Variables: []string{"x", "y"}}
	if turn == 0 && rapid.Bool().Draw(t, "by its potential") {
		p.Equation = fp.Gibbs(2, fp.Pointwise(func(dst, x []float64) { dst[0] = potential(x[0], x[1]) }), diffusion, nil)
		return p
	}
	p.Equation = fp.HanggiKlimontovich(2, fp.Pointwise(func(dst, x []float64) {
		px, py := slope(x[0], x[1])
		xx, xy, yy := tensor(x[0], x[1])
		px, py = px+turn*py, py-turn*px
		dst[0], dst[1] = -xx*px-xy*py, -xy*px-yy*py
	}), diffusion)
	return p
}

// randomBox draws a box of 8 to 40 cells a side.
func randomBox(t *rapid.T) *grid.Grid {
	var axes []grid.Axis
	for _, name := range []string{"x", "y"} {
		axis, err := grid.Uniform(-2, 2, rapid.IntRange(8, 40).Draw(t, name), grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, axis)
	}
	return grid.New(axes...)
}

// However coarse the grid and steep the wells, no test says of what balances that it does not, nor of
// what does not that it does; and the force decides.
func TestGradientsAndTurnedOnesAreTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, opposite, turn := fp.Holds, fp.Violated, 0.0
		if rapid.Bool().Draw(t, "turned") {
			want, opposite = fp.Violated, fp.Holds
			turn = math.Exp(rapid.Float64Range(math.Log(1e-6), 0).Draw(t, "ln turn"))
		}
		p, g := gradient(t, turn), randomBox(t)
		order := rapid.SampledFrom([]fp.Order{fp.OrderAuto, fp.OrderMonotone}).Draw(t, "order")
		b := balanceOf(t, p, g, fp.StationaryOptions{Order: order})
		for _, w := range []fp.BalanceTest{b.Force, b.Cycles, b.Current} {
			if w.Verdict == opposite {
				t.Errorf("%s, turned by %g: %v: %s", p.Title, turn, w.Verdict, w.Reason)
			}
		}
		if b.Verdict != want || b.Force.Verdict != want {
			t.Errorf("%s, turned by %g: %v, want %v: %s", p.Title, turn, b.Verdict, want, b.Reason)
		}
	})
}

// Every problem that ships gets the verdict that its equation has.
func TestShippedProblemsAreJudged(t *testing.T) {
	skipLong(t)
	files, err := filepath.Glob(problems + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no problem files", err)
	}
	for _, name := range files {
		cells := 32
		if strings.Contains(name, "3d") {
			cells = 12
		}
		f := shipped(t, filepath.Base(name), cells)
		if f.Domain.Auto {
			continue
		}
		g, err := f.Domain.Grid(f.Problem.Variables)
		if err != nil {
			t.Fatal(err)
		}
		b := balanceOf(t, f.Problem, g, fp.StationaryOptions{})
		want := fp.Violated
		switch strings.Split(filepath.Base(name), "_")[0] {
		case "a1", "a3", "a9", "stratonovich.yaml":
			want = fp.Holds
		}
		if b.Verdict != want {
			t.Errorf("%s: %v, want %v: %s", name, b.Verdict, want, b.Reason)
		}
	}
}

// kinked returns v = −∇(r²/2 + strength |n·x − at|) with n at an angle, and D = 0.3 I.
func kinked(angle, at, strength float64) *fp.Problem {
	c, s := math.Cos(angle), math.Sin(angle)
	return &fp.Problem{Title: "kink", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) {
			f := -math.Copysign(strength, c*x[0]+s*x[1]-at)
			dst[0], dst[1] = c*f-x[0], s*f-x[1]
		}), isotropicNoise)}
}

// A potential with a kink has a force that jumps, and no curl, which tests cannot tell from one, nor
// from none.
func TestKinksLeaveItOpen(t *testing.T) {
	skipLong(t)
	r := rand.New(rand.NewPCG(1, 0))
	for range 10 {
		p := kinked(math.Pi*r.Float64(), 2*r.Float64()-1, 5*r.Float64())
		g := walled(t, 8+r.IntN(32), [2]float64{-2, 2}, [2]float64{-2, 2})
		cycles, err := fp.CycleBalance(p, g)
		if err != nil {
			t.Fatal(err)
		}
		if force := fp.ForceBalance(p, g); force.Verdict != fp.CannotTell || cycles.Verdict == fp.Violated {
			t.Errorf("force %v: %s; cycles %v: %s", force.Verdict, force.Reason, cycles.Verdict, cycles.Reason)
		}
	}
	// Differences at few points close to the kink may agree by chance.
	for _, k := range [][3]float64{{2.0723865496255796, -0.8196376921341693, 3.2930722731585726}, {1.314255323281815, 0.475482902615995, 4.329027252054069}} {
		if force := fp.ForceBalance(kinked(k[0], k[1], k[2]), walled(t, 64, [2]float64{-2, 2}, [2]float64{-2, 2})); force.Verdict != fp.CannotTell {
			t.Errorf("kink %v: %v: %s", k, force.Verdict, force.Reason)
		}
	}
	// Of 400 such problems on 8 to 128 cells those whose currents exceed their estimates most.
	for _, k := range []struct {
		nx, ny              int
		angle, at, strength float64
	}{{58, 83, 1.6659681416196437, -0.21959724537356662, 0.5634236555248636}, {105, 63, 1.8406794221312597, 0.8037545573943217, 0.2713201233683993}, {27, 34, 1, 3.7566394439636497e-10, 0.6343593597412109}} {
		x, err := grid.Uniform(-2, 2, k.nx, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		y, err := grid.Uniform(-2, 2, k.ny, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		b := balanceOf(t, kinked(k.angle, k.at, k.strength), grid.New(x, y), fp.StationaryOptions{})
		if b.Verdict != fp.CannotTell || b.Current.Verdict != fp.CannotTell {
			t.Errorf("%d×%d: %v: %s", k.nx, k.ny, b.Verdict, b.Reason)
		}
	}
}

// Of a tensor that is singular everywhere, with a drift inside its range, and of one that is singular
// in a part of the box, this test alone tells nothing but violations.
func TestSingularNoise(t *testing.T) {
	g := walled(t, 32, [2]float64{-2, 2}, [2]float64{-2, 2})
	problem := func(drift, diffusion func(dst, x []float64)) *fp.Problem {
		return &fp.Problem{Title: "singular", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2, fp.Pointwise(drift), fp.Pointwise(diffusion))}
	}
	alongY := func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0, 0, 1 }
	tilted := func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.36, 0.48, 0.64 } // along (0.6, 0.8)
	half := func(dst, x []float64) { dst[0], dst[1], dst[2] = max(x[0], 0), 0, max(x[0], 0) }
	for _, k := range []struct {
		name             string
		drift, diffusion func(dst, x []float64)
		want             fp.Verdict
		statistic        float64 // NaN where there is none
	}{
		{"drift along the noise", func(dst, x []float64) { dst[0], dst[1] = 0, -x[1] }, alongY, fp.CannotTell, math.NaN()},
		{"drift along tilted noise", func(dst, x []float64) { dst[0], dst[1] = -0.6*x[1], -0.8*x[1] }, tilted, fp.CannotTell, math.NaN()},
		// (1, 0) has the part 0.8 across (0.6, 0.8).
		{"drift across tilted noise", func(dst, _ []float64) { dst[0], dst[1] = 1, 0 }, tilted, fp.Violated, 0.8},
		{"no noise on one side", func(dst, x []float64) { dst[0], dst[1] = 1, 0 }, half, fp.CannotTell, 0},
		{"no noise on one side, and a turn", func(dst, x []float64) { dst[0], dst[1] = -x[1], x[0] }, half, fp.Violated, -1},
	} {
		b := fp.ForceBalance(problem(k.drift, k.diffusion), g)
		if b.Verdict != k.want {
			t.Errorf("%s: %v, want %v: %s", k.name, b.Verdict, k.want, b.Reason)
		}
		switch s := b.Statistic; {
		case math.IsNaN(k.statistic) != math.IsNaN(s), k.statistic >= 0 && math.Abs(s-k.statistic) > 1e-12:
			t.Errorf("%s: statistic %g, want %g", k.name, s, k.statistic)
		}
	}
}

// One test decides; two that contradict each other do not, unless the violation is one that the
// other need not have seen.
func TestOneVerdictOfThree(t *testing.T) {
	test := func(v fp.Verdict, s float64, why string) fp.BalanceTest {
		return fp.BalanceTest{Statistic: s, Error: s / 10, Verdict: v, Reason: why}
	}
	none, vague := test(fp.CannotTell, math.NaN(), "E"), fp.BalanceTest{Statistic: 0.1, Error: 0.3, Reason: "F"}
	holds, open, violated, slightly := test(fp.Holds, 1e-12, "A"), test(fp.CannotTell, 0.1, "B"), test(fp.Violated, 0.1, "C"), test(fp.Violated, 1e-7, "D")
	for _, k := range []struct {
		force, cycles, current fp.BalanceTest
		want                   fp.Verdict
		reason                 string
	}{
		{fp.BalanceTest{}, fp.BalanceTest{}, fp.BalanceTest{}, fp.CannotTell, "no test was made"},
		{open, open, fp.BalanceTest{}, fp.CannotTell, "B; B"},
		{none, holds, vague, fp.Holds, "A"},
		{holds, open, vague, fp.CannotTell, "balanced by A; but there are hints of a violation: B; F"},
		{open, open, violated, fp.Violated, "C"},
		{none, open, slightly, fp.Violated, "D"},
		// Where the force was sampled and may have kinks.
		{open, holds, open, fp.CannotTell, "B; A, which counts for nothing where the force may have kinks; B"},
		{open, slightly, open, fp.CannotTell, "B; D, which counts for nothing where the force may have kinks; B"},
		{slightly, open, holds, fp.Violated, "D"},
		{violated, open, holds, fp.CannotTell, "tests contradict each other: violated by C; but balanced by A"},
	} {
		b := fp.JudgeBalance(k.force, k.cycles, k.current)
		if b.Verdict != k.want || b.Reason != k.reason {
			t.Errorf("%v: %q, want %v: %q", b.Verdict, b.Reason, k.want, k.reason)
		}
	}
	for v, want := range map[fp.Verdict]string{fp.CannotTell: "cannot tell", fp.Holds: "holds", fp.Violated: "violated"} {
		if v.String() != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
}

// Without an estimate a current tells nothing, except where it is round-off.
func TestCurrentWithoutEstimate(t *testing.T) {
	c := exact.FullTensor()
	s := solve(t, c, 48)
	if b := s.CurrentBalance(s.Current(), nil); b.Verdict != fp.CannotTell || b.Reason == "" {
		t.Errorf("%v: %s", b.Verdict, b.Reason)
	}
	s = solve(t, exact.QuadWell(0.15), 48)
	if b := s.CurrentBalance(s.Current(), nil); b.Verdict != fp.Holds {
		t.Errorf("%v: %s", b.Verdict, b.Reason)
	}
}

// Weighted by probability the curl where nobody is does not count.
func TestCurlsCountWhereProbabilityIs(t *testing.T) {
	p := &fp.Problem{Title: "turning outside", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) {
			far := math.Exp(4 * (x[0] - 4)) // e⁻¹⁶ in the middle, with p below 1e-15 where it is 1
			dst[0], dst[1] = -x[0]-far*x[1], -x[1]
		}), fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.2, 0, 0.2 }))}
	s, err := fp.SolveStationary(p, walled(t, 64, [2]float64{-4, 4}, [2]float64{-4, 4}), fp.StationaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plain, weighted := fp.ForceBalance(p, s.Density.Grid), s.ForceBalance()
	// ∫ e^{4(x−4)} N(0, 0.2) dx = e^{−16+1.6} = 6e-7 against derivatives of about 2/L |x|.
	if !(plain.Statistic > 0.01) || !(weighted.Statistic < 1e-5) {
		t.Errorf("%s; weighted %s", plain.Reason, weighted.Reason)
	}
}

// Of a full tensor the affinities are of second order, those in detailed balance, which are all error:
// half the step leaves a quarter, and the distance to the coarse grid is three times as much.
func TestAffinitiesAreOfSecondOrder(t *testing.T) {
	p := &fp.Problem{Title: "x²y²", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { // −D∇φ of φ = (x² + y²)/2 + x²y²/4 + x³y/6
			px, py := x[0]+x[0]*x[1]*x[1]/2+x[0]*x[0]*x[1]/2, x[1]+x[0]*x[0]*x[1]/2+x[0]*x[0]*x[0]/6
			dst[0], dst[1] = -0.3*px-0.1*py, -0.1*px-0.2*py
		}), fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.3, 0.1, 0.2 }))}
	var tab exact.OrderTable
	for _, n := range []int{64, 128} {
		b, err := fp.CycleBalance(p, walled(t, n, [2]float64{-2, 2}, [2]float64{-2, 2}))
		if err != nil {
			t.Fatal(err)
		}
		tab.Add(n, b.Statistic)
		// Loops next to walls, 4/n of all, are not there on the coarse grid.
		if ratio := b.Error / b.Statistic; math.Abs(ratio-3) > 0.1 {
			t.Errorf("n=%d: error is %.3g of the statistic", n, ratio)
		}
	}
	wantOrder(t, "affinity", &tab, 2, 0.1)
}

// In a box that is one cell to the density its current means nothing, however small.
func TestUnresolvedCurrentsAreNotBalanced(t *testing.T) {
	p := &fp.Problem{Title: "narrow", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, x []float64) { dst[0], dst[1] = -x[0]-0.3*x[1], 0.3*x[0]-x[1] }),
		fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 1e-3, 0, 1e-3 }))}
	b := balanceOf(t, p, walled(t, 9, [2]float64{-2, 2}, [2]float64{-2, 2}), fp.StationaryOptions{})
	if b.Current.Verdict != fp.CannotTell || b.Verdict != fp.Violated {
		t.Errorf("%v: %s; current %v: %s", b.Verdict, b.Reason, b.Current.Verdict, b.Current.Reason)
	}
}

// Coefficients are looked at between the outermost centres, and on one period of a periodic axis.
func TestForceIsTakenInsideTheBox(t *testing.T) {
	x, err := grid.Uniform(0, 2*math.Pi, 16, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	y, err := grid.Sinh(-1, 1, 16, grid.Reflecting, grid.Reflecting, 0.9, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(x, y)
	var outside atomic.Int64
	p := &fp.Problem{Title: "inside", Variables: []string{"x", "y"}, Equation: fp.HanggiKlimontovich(2,
		fp.Pointwise(func(dst, at []float64) {
			if at[0] < 0 || at[0] > 2*math.Pi || at[1] < y.Center(0) || at[1] > y.Center(15) {
				outside.Add(1)
			}
			dst[0], dst[1] = math.Sin(at[0]), -at[1]
		}), isotropicNoise)}
	if b := fp.ForceBalance(p, g); b.Verdict != fp.Holds || outside.Load() > 0 {
		t.Errorf("%v: %s; %d points outside", b.Verdict, b.Reason, outside.Load())
	}
}

var isotropicNoise = fp.Pointwise(func(dst, _ []float64) { dst[0], dst[1], dst[2] = 0.3, 0, 0.3 })
