package audit

import (
	"fmt"
	"math"
	"testing"

	"github.com/ness-fp/ness/compare"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// uniformBox is a box of d equal axes with walls.
func uniformBox(t *testing.T, d int, from, to float64, cells int) *grid.Grid {
	t.Helper()
	var axes []grid.Axis
	for range d {
		ax, err := grid.Uniform(from, to, cells, grid.Reflecting, grid.Reflecting)
		if err != nil {
			t.Fatal(err)
		}
		axes = append(axes, ax)
	}
	return grid.New(axes...)
}

// formulaOf is exp(−φ) by the formula for cell averages, and averagesOf by many points in each cell.
func formulaOf(t *testing.T, g *grid.Grid, phi func(x []float64) float64) *grid.Field {
	t.Helper()
	at, x := make([]float64, g.Cells()), make([]float64, g.Dim())
	for i := range at {
		g.Center(x, i)
		at[i] = phi(x)
	}
	p, err := compare.Gibbs(g, at, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func averagesOf(g *grid.Grid, phi func(x []float64) float64) *grid.Field {
	const each = 32
	p, center, x := grid.NewField(g), make([]float64, g.Dim()), make([]float64, g.Dim())
	points := 1
	for range g.Dim() {
		points *= each
	}
	for i := range p.Values {
		g.Center(center, i)
		for k := range points {
			for a, rest := 0, k; a < g.Dim(); a, rest = a+1, rest/each {
				x[a] = center[a] + g.Axis(a).Width(0)*((float64(rest%each)+0.5)/each-0.5)
			}
			p.Values[i] += math.Exp(-phi(x))
		}
	}
	mass := p.Integral()
	for i := range p.Values {
		p.Values[i] /= mass
	}
	return p
}

// Estimates are at least the error of the formula, within a tenth of its asymptotic terms, and at most
// six times it, for cells up to a deviation wide. Midpoints of 32 err by (h/32σ)²/24, below 5e-5 h².
func TestErrorsOfFormulas(t *testing.T) {
	for _, c := range []struct {
		name string
		dim  int
		phi  func(x []float64) float64
	}{
		{"normal", 1, func(x []float64) float64 { return x[0] * x[0] / 2 }},
		{"quartic", 1, func(x []float64) float64 { return x[0]*x[0]/2 + x[0]*x[0]*x[0]*x[0]/8 }},
		{"round", 2, func(x []float64) float64 { return (x[0]*x[0] + x[1]*x[1]) / 2 }},
		{"correlated", 2, func(x []float64) float64 { return (x[0]*x[0] + x[1]*x[1] - x[0]*x[1]) / 1.5 }},
		{"skew", 2, func(x []float64) float64 {
			return (x[0]*x[0]+x[1]*x[1])/2 + 0.1*x[0]*x[0]*x[0] + 0.05*x[0]*x[0]*x[0]*x[0]
		}},
	} {
		for _, cells := range []int{10, 14, 20} {
			g := uniformBox(t, c.dim, -5.1, 4.9, cells)
			p := formulaOf(t, g, c.phi)
			want := grid.L1(p, averagesOf(g, c.phi))
			if got := compare.FormulaError(p); got < 0.9*want || got > 6*want {
				t.Errorf("%s, %d cells: estimated %.2g, is %.2g", c.name, cells, got, want)
			}
		}
	}
}

// Differences of the logarithm are those of a polynomial, of the last five cells at walls, and round
// the seam of a periodic axis.
func TestDifferencesOfTheLogarithm(t *testing.T) {
	g := uniformBox(t, 1, 0, 8, 8) // ln p = k⁴/1000 in cell k
	p := grid.NewField(g)
	for k := range p.Values {
		p.Values[k] = math.Exp(math.Pow(float64(k), 4) / 1000)
	}
	for k, first := range []int{0, 0, 0, 1, 2, 3, 3, 3} {
		// The fourth difference of k⁴ is 4! everywhere; the first of the five cells from first on is
		// that of the middle two, (m+1)⁴ − m⁴ with m = first + 1.
		m := float64(first + 1)
		d := compare.LogDifferences(p, 0, k, k)
		if want := (math.Pow(m+1, 4) - math.Pow(m, 4)) / 1000; math.Abs(d[4]-0.024) > 1e-12 || math.Abs(d[1]-want) > 1e-12 {
			t.Errorf("k = %d: δ = %g, want %g, δ⁴ = %g, want 0.024", k, d[1], want, d[4])
		}
	}
	ax, err := grid.Uniform(0, 8, 8, grid.Periodic, grid.Periodic)
	if err != nil {
		t.Fatal(err)
	}
	ring := grid.NewField(grid.New(ax))
	for k := range ring.Values {
		ring.Values[k] = math.Exp(math.Cos(2 * math.Pi * float64(k) / 8))
	}
	// Of a cosine with eight cells a turn δ² is −4 sin²(π/8) times the middle value.
	for k := range ring.Values {
		want := -4 * math.Pow(math.Sin(math.Pi/8), 2) * math.Cos(2*math.Pi*float64(k)/8)
		if d := compare.LogDifferences(ring, 0, k, k); math.Abs(d[2]-want) > 1e-12 {
			t.Errorf("k = %d: δ² = %g, want %g", k, d[2], want)
		}
	}
	ring.Values[3] = 0
	if d := compare.LogDifferences(ring, 0, 2, 2); d != [5]float64{} {
		t.Errorf("beside an empty cell: %v", d)
	}
}

// What total variation lacks where densities cross within cells is below the estimate: normal laws of
// deviations 1 and 1.5 with cells of half a deviation and more.
func TestDistancesLostWithinCells(t *testing.T) {
	want := normalTV(1.5)
	for _, cells := range []int{16, 21, 22, 25, 32, 64} {
		g := uniformBox(t, 1, -8, 8, cells)
		normal := func(s float64) *grid.Field {
			return averagesOf(g, func(x []float64) float64 { return x[0] * x[0] / (2 * s * s) })
		}
		p, q := normal(1), normal(1.5)
		lost, bound := math.Abs(want-compare.TV(p, q)), cellError(p, q)
		if lost > bound+1e-4 || bound > 0.2*want { // midpoints err by 5e-5
			t.Errorf("%d cells: %.2g lost, estimated %.2g of %.2g", cells, lost, bound, want)
		}
	}
}

// Where balance is exact the density by paths is the solution, and whatever the grid makes of the
// distance is within its error, on coarse grids too; and so is that from Gibbs where noise is isotropic.
func TestErrorsOfRanks(t *testing.T) {
	for _, cells := range []int{16, 24, 48} {
		r := audited(t, fmt.Sprintf("variables: [x, y]\nequation: {potential: (x^2-1)^2/0.6 + (y^2-1)^2/0.6 + x*y, diffusion: [[1, 0], [0, 1]]}\ndomain: {x: {min: -2.5, max: 2.5, cells: %d}, y: {min: -2.5, max: 2.5, cells: %d}}", cells, cells), quick)
		if e := effect(t, r, "detailed-balance"); e.Resolved() || e.TV.Value == 0 {
			t.Errorf("%d cells: balance is exact, and the distance is %.2g ± %.1g", cells, e.TV.Value, e.TV.Error)
		}
	}
	for _, cells := range []int{24, 48, 256} {
		r := audited(t, fmt.Sprintf("variables: [x]\nsgd: {loss: x^2/2, noise_covariance: 4, learning_rate: 0.02, batch_size: 1}\ndomain: {x: {min: -1.6, max: 1.6, cells: %d}}", cells), quick)
		if e := effect(t, r, "tempered-posterior"); e.TV.Value > e.TV.Error {
			t.Errorf("%d cells: Gibbs is exact, and the distance is %.2g ± %.1g", cells, e.TV.Value, e.TV.Error)
		}
		if f := find(t, r, "form-gibbs"); f.Verdict != fp.Holds {
			t.Errorf("%d cells: Gibbs is exact: %s", cells, f.Sentence)
		}
	}
}

// The estimate is E[(Σ|δ²|)²/300 + Σ(|δ δ³|/36 + |δ⁴|/500)], of differences here written out: of five
// neighbours, with δ between the second and the third. No density is more than 2 wrong.
func TestEstimateOfFormulasIsWhatItSays(t *testing.T) {
	for name, phi := range map[string]func(k float64) float64{
		"slope":  func(k float64) float64 { return 0.3 * k },
		"bend":   func(k float64) float64 { return 0.02 * k * k },
		"cubic":  func(k float64) float64 { return 0.1*k + 0.004*k*k*k },
		"fourth": func(k float64) float64 { return 1e-3 * k * k * k * k },
		"rare":   func(k float64) float64 { return 0.02 * k * k * k * k }, // down to 6e-3 of the largest
	} {
		const n = 9
		p := grid.NewField(uniformBox(t, 1, 0, n, n))
		v := make([]float64, n)
		for k := range v {
			v[k] = -phi(float64(k) - 4)
			p.Values[k] = math.Exp(v[k])
		}
		var sum, mass float64
		for k, q := range p.Values {
			f := v[min(max(k-2, 0), n-5):]
			d1, d2 := f[2]-f[1], f[3]-2*f[2]+f[1]
			d3, d4 := f[3]-3*f[2]+3*f[1]-f[0], f[4]-4*f[3]+6*f[2]-4*f[1]+f[0]
			sum += q * (d2*d2/300 + math.Abs(d1*d3)/36 + math.Abs(d4)/500)
			mass += q
		}
		if got, want := compare.FormulaError(p), sum/mass; math.Abs(got-want) > 1e-13 { // round-off of logarithms
			t.Errorf("%s: %g, want %g", name, got, want)
		}
	}
	p := fieldOf(t, 1, 1e-8, 1, 1e-8, 1)
	if got := compare.FormulaError(p); got != 2 {
		t.Errorf("%g wrong", got)
	}
}

// Where densities differ by +a and −b in neighbours s h²/8 = (a + b)h/8 of a distance may be lost within half of
// both, which is half of that in total variation, of each pair along each axis; and nothing where signs are
// the same.
func TestCrossingsAreCounted(t *testing.T) {
	zero := fieldOf(t, 0, 0, 0, 0)
	for _, c := range []struct {
		p    []float64
		want float64
	}{
		{[]float64{0.5, -0.25, -0.5, -0.125}, 0.75 * 2 / 16},
		{[]float64{0.5, 0.25, 0.5, 0.125}, 0},
		{[]float64{0.5, -0.5, 0.5, -0.5}, 3.0 * 2 / 16},
		{[]float64{0.5, 0, -0.5, 0}, 0},
	} {
		if got := cellError(fieldOf(t, c.p...), zero); math.Abs(got-c.want) > 1e-16 {
			t.Errorf("%v: %g, want %g", c.p, got, c.want)
		}
	}
	g := uniformBox(t, 2, 0, 1.5, 3) // cells of a quarter
	p := grid.NewField(g)
	p.Values[4] = -1
	for _, i := range []int{1, 3, 5, 7} {
		p.Values[i] = 1
	}
	if got, want := cellError(p, grid.NewField(g)), 4*2*0.5/16; math.Abs(got-want) > 1e-16 {
		t.Errorf("plane: %g, want %g", got, want)
	}
}
