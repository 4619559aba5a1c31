package compare

import (
	"fmt"
	"math"
	"testing"

	"github.com/ness-fp/ness/grid"
)

// atCenters samples a function.
func atCenters(g *grid.Grid, f func(x []float64) float64) []float64 {
	v, x := make([]float64, g.Cells()), make([]float64, g.Dim())
	for i := range v {
		g.Center(x, i)
		v[i] = f(x)
	}
	return v
}

func constant(g *grid.Grid, c float64) []float64 {
	return atCenters(g, func([]float64) float64 { return c })
}

func must(t *testing.T) func(*grid.Field, error) *grid.Field {
	return func(f *grid.Field, err error) *grid.Field {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func largestError(p, q *grid.Field) float64 {
	var worst float64
	top, _ := q.Max()
	for i, v := range q.Values {
		worst = max(worst, math.Abs(p.Values[i]-v)/top)
	}
	return worst
}

// Gibbs of a quadratic with noise σ²I is a Gaussian of variance rate σ²/(2a) in each
// direction of curvature a, and averages are of order 4.
func TestGibbsOfAQuadraticHasOrder4(t *testing.T) {
	const rate, variance = 0.1, 20.0 // rate σ²/2 = 1
	var last float64
	for _, n := range []int{64, 128, 256} {
		g := aBox(t, n, n)
		loss := atCenters(g, func(x []float64) float64 { return (x[0]*x[0] + x[1]*x[1]) / 2 })
		e := largestError(must(t)(Gibbs(g, loss, variance, rate)), bell(g, []float64{0, 0}, 1))
		if order := math.Log2(last / e); last > 0 && !(order > 3.9 && order < 4.1) { // h² more is 2 % of the order
			t.Errorf("n = %d: error %.3g, order %.3f, want 4", n, e, order)
		}
		last = e
	}
	t.Logf("error at n = 256: %.3g", last)
}

// A quartic, against its quadrature, up to the walls, where parabolas lean to one side.
func TestGibbsOfAQuartic(t *testing.T) {
	ax, err := grid.Sinh(-1.6, 1.2, 400, grid.Reflecting, grid.Reflecting, 0.2, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	quartic := func(x float64) float64 { return x*x*x*x/4 - x*x/2 }
	want := grid.NewField(g)
	for i := range want.Values {
		e := ax.Edges()
		want.Values[i] = gauss(func(x float64) float64 { return math.Exp(-quartic(x) / 0.1) }, e[i], e[i+1]) / ax.Width(i)
	}
	z := want.Integral()
	for i := range want.Values {
		want.Values[i] /= z
	}
	loss := atCenters(g, func(x []float64) float64 { return quartic(x[0]) })
	// At a wall the curvature is of order 1: h³ ∂³ ln p/24 = h³ 6x/(24·0.1), and as much
	// again from the slope. Inside, order 4: (h/0.25)⁴ for wells 0.25 wide, with a coefficient
	// below 1/10: some 1e-7.
	n := len(want.Values)
	tolerance := func(i int) float64 {
		h := ax.Width(i)
		if i == 0 || i == n-1 {
			return 2 * h * h * h * 6 * 1.6 / 2.4
		}
		return math.Pow(h/0.25, 4) / 10
	}
	top, _ := want.Max()
	check := func(what string, p *grid.Field) {
		for i, v := range want.Values {
			near(t, fmt.Sprintf("%s: cell %d", what, i), p.Values[i]/top, v/top, tolerance(i))
		}
	}
	check("Gibbs", must(t)(Gibbs(g, loss, 2, 0.1)))
	check("Ito1D", must(t)(Ito1D(g, func(x float64) float64 { return x - x*x*x }, func(float64) float64 { return 0.1 })))
}

// With D(x) the 1-D forms are what the equation is solved to, in the sense of Itô and of Hänggi and
// Klimontovich, and Gibbs is not.
func TestFormsOnALineAreStationary(t *testing.T) {
	drift := func(x float64) float64 { return x - x*x*x }
	diffusion := func(x float64) float64 { return 0.1 * (1 + x*x/2) }
	ax, err := grid.Uniform(-3, 3, 512, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	p, q := must(t)(Ito1D(g, drift, diffusion)), must(t)(HanggiKlimontovich1D(g, drift, diffusion))
	// The fluxes D p' + (D' − b) p and D q' − b q between the walls vanish: ln p by differences of
	// averages, of order 2: h² = 1.4e-4 times some tens.
	for i := 200; i < 312; i++ {
		x := (ax.Center(i) + ax.Center(i+1)) / 2
		slope := (math.Log(p.Values[i+1]) - math.Log(p.Values[i])) / ax.Width(i)
		near(t, fmt.Sprintf("slope at %.2f", x), slope, (drift(x)-0.1*x)/diffusion(x), 5e-3)
		slope = (math.Log(q.Values[i+1]) - math.Log(q.Values[i])) / ax.Width(i)
		near(t, fmt.Sprintf("slope of Hänggi and Klimontovich at %.2f", x), slope, drift(x)/diffusion(x), 5e-3)
	}
	loss := atCenters(g, func(x []float64) float64 { return x[0]*x[0]*x[0]*x[0]/4 - x[0]*x[0]/2 })
	if d := TV(p, must(t)(Gibbs(g, loss, 2, 0.1))); d < 0.02 {
		t.Errorf("Gibbs is within %g of a density with D(x)", d)
	}
}

func TestClosedFormsAgreeOnlyWhereTheyHold(t *testing.T) {
	g := aBox(t, 60, 80)
	loss := atCenters(g, func(x []float64) float64 { return x[0]*x[0]/2 + x[1]*x[1] + 0.1*x[0]*x[1] })
	const rate = 2.0
	identity := [][]float64{constant(g, 1), constant(g, 0), constant(g, 1)}
	gibbs := must(t)(Gibbs(g, loss, 1, rate))
	if e := largestError(must(t)(DeterminantPosterior(g, loss, identity, rate)), gibbs); e > 1e-13 {
		t.Errorf("Σ = I: the form with det Σ is off by %g", e)
	}
	// A quarter of the exponent is what rate/4 gives.
	quarter := must(t)(Gibbs(g, loss, 1, 4*rate))
	inverse := must(t)(InverseNoisePosterior(g, loss, identity, rate))
	if e := largestError(inverse, quarter); e > 1e-13 {
		t.Errorf("Σ = I: the form with Σ⁻¹ is off a quarter of the exponent by %g", e)
	}
	if d := TV(inverse, gibbs); d < 0.2 {
		t.Errorf("the form with Σ⁻¹ is within %g of Gibbs", d)
	}
	// Noise σ²I, σ² = 3: Gibbs is exact, the form with det Σ is that for σ² = 1.
	three := [][]float64{constant(g, 3), constant(g, 0), constant(g, 3)}
	near(t, "σ²", MeanIsotropicNoise(three, gibbs), 3, 1e-13)
	near(t, "σ² of a cell", IsotropicNoise(three, 7), 3, 0)
	exact := must(t)(Gibbs(g, loss, 3, rate))
	if d := TV(must(t)(DeterminantPosterior(g, loss, three, rate)), exact); d < 0.2 {
		t.Errorf("the form with det Σ is within %g for σ² = 3", d)
	}
	// A Gaussian is its own local one, for any symmetric H and Σ = σ²I.
	local, s, err := LocalGaussian(g, []float64{0, 0}, []float64{1, 0.1, 2}, []float64{3, 0, 3}, rate)
	if err != nil {
		t.Fatal(err)
	}
	if e := largestError(local, exact); e > 1e-13 {
		t.Errorf("local Gaussian is off Gibbs by %g", e)
	}
	det := 2 - 0.01 // S = rate σ² H⁻¹/2
	for k, want := range []float64{3 * 2 / det, -3 * 0.1 / det, 3 / det} {
		near(t, "S", s[k], want, 1e-13)
	}
}

// A general Σ against HS + SH = rate Σ written out.
func TestLocalGaussianSolvesLyapunov(t *testing.T) {
	h, c := []float64{2, 0.5, -0.3, 1, 0.2, 3}, []float64{1, 0.4, 0.1, 2, -0.5, 1}
	_, s, err := LocalGaussian(aBox(t, 8, 8, 8), make([]float64, 3), h, c, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	at := func(m []float64, i, j int) float64 { return unpacked(3, m).At(i, j) }
	for i := range 3 {
		for j := range 3 {
			var sum float64
			for k := range 3 {
				sum += at(h, i, k)*at(s, k, j) + at(s, i, k)*at(h, k, j)
			}
			near(t, "HS + SH", sum, 0.5*at(c, i, j), 1e-14)
		}
	}
}

// Tails of 1e-250 are as good as the rest, and steeper ones are 0, not NaN.
func TestClosedFormsDoNotUnderflow(t *testing.T) {
	g := aBox(t, 512)
	loss := atCenters(g, func(x []float64) float64 { return x[0]*x[0]/2 + 1e5 })
	p := must(t)(Gibbs(g, loss, 2, 0.055)) // p = exp(−x²/0.11), 1e-253 at the walls
	ratio := math.Log(p.Values[0]) - math.Log(p.Values[256])
	x0, x1 := g.Axis(0).Center(0), g.Axis(0).Center(256)
	// Averaging adds up to s²/24 with s = 2xh/0.11 = 4.5.
	near(t, "ln of a tail", ratio, -(x0*x0-x1*x1)/0.11+logSinhc(2*x0/0.11/64), 1e-3)
	steep := must(t)(Gibbs(g, loss, 2, 1e-4))
	near(t, "integral", steep.Integral(), 1, 1e-12)
}

// The corrected loss of a quadratic of curvature a has curvature a(1 + ηa/2).
func TestCorrectedLoss(t *testing.T) {
	loss := []float64{2, 4}
	got := CorrectedLoss(loss, [][]float64{{1, 2}, {3, 0}}, 0.4)
	near(t, "first", got[0], 3, 1e-15)
	near(t, "second", got[1], 4.4, 1e-15)
	near(t, "input", loss[0], 2, 0)
}

func TestClosedFormsSayWhatIsWrong(t *testing.T) {
	g := aBox(t, 8, 8)
	zero := constant(g, 0)
	_, err1 := Gibbs(g, zero, 0, 1)
	_, err2 := DeterminantPosterior(g, zero, [][]float64{zero, zero, zero}, 1)
	_, err3 := InverseNoisePosterior(g, zero, [][]float64{zero, zero, zero}, 1)
	_, err4 := Ito1D(g, nil, nil)
	_, _, err5 := LocalGaussian(g, []float64{0, 0}, []float64{1, 2, 1}, []float64{1, 0, 1}, 1)
	_, _, err6 := LocalGaussian(g, []float64{0, 0}, []float64{1, 0, 1}, []float64{1, 0, 0}, 1)
	_, err7 := HanggiKlimontovich1D(g, nil, nil)
	for k, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
		if err == nil {
			t.Errorf("case %d: no error", k+1)
		}
	}
}

// On a ring, a loss shifted by some cells makes the density shifted by as many.
func TestClosedFormsGoRoundRings(t *testing.T) {
	const n, shift = 32, 5
	ax, err := grid.Uniform(0, 1, n, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(ax)
	wave := func(by float64) *grid.Field {
		loss := atCenters(g, func(x []float64) float64 { return math.Sin(2 * math.Pi * (x[0] - by)) })
		return must(t)(Gibbs(g, loss, 2, 1))
	}
	p, q := wave(0), wave(shift/float64(n))
	for i, v := range p.Values {
		near(t, "shifted", q.Values[(i+shift)%n], v, 1e-13*v) // some tens of roundings
	}
}
