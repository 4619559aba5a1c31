package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// walkers returns the histogram of n independent walkers with density p.
func walkers(axes []Axis, p []float64, n float64, seed uint64) Histogram {
	r := rand.New(rand.NewPCG(seed, 1))
	h := Histogram{Density: make([]float64, len(p)), Err: make([]float64, len(p)), Samples: n}
	for i := range p {
		v := volume(axes, i)
		count := poisson(r, n*p[i]*v)
		h.Density[i], h.Err[i] = count/(n*v), math.Sqrt(count)/(n*v)
	}
	return h
}

// poisson returns a Poisson number, of large mean the rounded normal one.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 20 {
		return math.Round(mean + math.Sqrt(mean)*r.NormFloat64())
	}
	k := -1.0
	for t := 0.0; t < mean; k++ {
		t += r.ExpFloat64()
	}
	return math.Max(k, 0)
}

// density returns f at the centres, with an integral of 1.
func density(axes []Axis, f func(x []float64) float64) []float64 {
	p := sample(axes, f)
	var all float64
	for i, v := range p {
		all += v * volume(axes, i)
	}
	return scaled(p, all)
}

// comparisons are the figures of simulations against solutions.
func comparisons() []figure {
	line := []Axis{uniform("θ", -2, 2, 120)}
	fine := []Axis{uniform("θ", -2, 2, 4096)}
	double := func(tilt float64) func(x []float64) float64 {
		return func(x []float64) float64 { return math.Exp(-((x[0]*x[0]-1)*(x[0]*x[0]-1)/4 - tilt*x[0]) / 0.1) }
	}
	two := func(name string, axes []Axis, samples float64, p func(x []float64) float64) figure {
		return figure{name, func(w io.Writer, f Format) error {
			q := density(axes, p)
			return Comparison(w, f, "SGD with η = 0.1, B = 8 against Fokker–Planck", axes, walkers(axes, q, samples, 2), q)
		}}
	}
	well := []Axis{uniform("bmi", -1.8, 1.8, 96), uniform("s5", -1.2, 1.2, 72)}
	big := []Axis{uniform("θ₁", -2, 2, 1024), uniform("θ₂", -2, 2, 1024)}
	graded := []Axis{sinhGraded("x", -3, 3, 120), sinhGraded("v", -3, 3, 120)}
	tall := []Axis{uniform("θ₁", -0.8, 0.8, 40), uniform("θ₂", -1.9, 1.9, 80)}
	flat := []Axis{uniform("θ₁", -1.9, 1.9, 80), uniform("θ₂", -0.8, 0.8, 40)}
	wide := []Axis{uniform("position", 0, 1e-4, 60), uniform("momentum", -300, 300, 50)}
	shifted := func(x []float64) float64 { return limitCycle([]float64{x[0], x[1]}) }
	return []figure{
		{"compare-1d", func(w io.Writer, f Format) error {
			return Comparison1D(w, f, "SGD with η = 0.1, B = 8 against Fokker–Planck", line[0],
				walkers(line, density(line, double(0.12)), 4e4, 1), density(line, double(0.1)))
		}},
		{"compare-1d-fine", func(w io.Writer, f Format) error {
			q := density(fine, double(0.1))
			return Comparison1D(w, f, "4096 cells", fine[0], walkers(fine, q, 1e6, 1), q)
		}},
		two("compare", well, 2e5, doubleWell),
		{"compare-differs", func(w io.Writer, f Format) error {
			p := density(well, func(x []float64) float64 { return doubleWell([]float64{x[0] * 1.02, x[1] * 1.02}) })
			return Comparison(w, f, "Too wide by a fiftieth", well, walkers(well, p, 2e5, 2), density(well, doubleWell))
		}},
		two("compare-big", big, 1e7, limitCycle),
		two("compare-graded", graded, 1e6, limitCycle),
		two("compare-tall", tall, 1e5, shifted),
		two("compare-flat", flat, 1e5, shifted),
		two("compare-wide", wide, 1e5, func(x []float64) float64 {
			return math.Exp(-math.Pow((x[0]-3e-5)/1e-5, 2) - x[1]*x[1]/2e4)
		}),
		{"compare-marginals", func(w io.Writer, f Format) error {
			axes := []Axis{uniform("θ₁", -3, 3, 60), uniform("θ₂", -2, 4, 60), sinhGraded("θ₃", -3, 3, 60)}
			return marginalsFigure(w, f, "Marginals of SGD with η = 0.1, B = 8", axes, 9)
		}},
		{"compare-marginal", func(w io.Writer, f Format) error {
			return marginalsFigure(w, f, "One axis", []Axis{uniform("θ", -3, 3, 60)}, 5)
		}},
		{"weak-order", func(w io.Writer, f Format) error {
			eta := []float64{0.025, 0.05, 0.1, 0.2, 0.4}
			err := func(c, k float64, noise ...float64) (e []float64) {
				for i, n := range noise {
					e = append(e, c*math.Pow(eta[i], k)+n)
				}
				return e
			}
			return WeakOrder(w, f, "Double well, B = 8", "weak error of E θ² in θ²", []Weak{
				{"drift of first order", eta, err(0.3, 1, 2e-4, -3e-4, 1e-4, 5e-4, -1e-3), []float64{3e-4, 3e-4, 4e-4, 5e-4, 8e-4}, []bool{true, true, true, true, true}, 0.3, 1.02, 0.031},
				{"drift of second order", eta, err(0.4, 2, -1e-4, 3e-4, 1e-4, 5e-4, -1e-3), []float64{3e-4, 3e-4, 4e-4, 5e-4, 8e-4}, []bool{false, true, true, true, true}, 0.4, 1.97, 0.12},
			})
		}},
		{"autocovariance", func(w io.Writer, f Format) error {
			return autocovarianceFigure(w, f, 40)
		}},
		{"autocovariance-few", func(w io.Writer, f Format) error { return autocovarianceFigure(w, f, 4) }},
	}
}

// marginalsFigure draws n Gaussians of different widths.
func marginalsFigure(w io.Writer, f Format, title string, axes []Axis, n int) error {
	names := []string{
		"Fokker–Planck", "Fokker–Planck, first order", "Gibbs, mean noise", "inverse noise", "determinant",
		"local Gaussian", "SDE of first order", "SDE of second order", "Gibbs, corrected loss",
	}
	gauss := func(s float64) func(x []float64) float64 {
		return func(x []float64) float64 { return math.Exp(-x[0] * x[0] / (2 * s * s)) }
	}
	var marginals []Marginal
	for k, a := range axes {
		h := walkers([]Axis{a}, density([]Axis{a}, gauss(0.7)), 2e4, uint64(k))
		marginals = append(marginals, Marginal{a, h.Density, h.Err})
	}
	var densities []Named
	for i := range n {
		d := Named{Name: names[i]}
		for _, a := range axes {
			d.Values = append(d.Values, density([]Axis{a}, gauss(0.7*math.Pow(0.85, float64(i)))))
		}
		densities = append(densities, d)
	}
	return MarginalsCompared(w, f, title, marginals, densities)
}

// autocovarianceFigure draws that of epochs of 8 steps.
func autocovarianceFigure(w io.Writer, f Format, lags int) error {
	r := rand.New(rand.NewPCG(1, 1))
	const m = 8
	expected := make([]float64, lags+1)
	series := []Autocovariances{{Name: "θ₁"}, {Name: "θ₂"}}
	for h := range expected {
		if expected[h] = 1; h > 0 {
			expected[h] = -math.Max(0, float64(m-h)) / (m * (m - 1))
		}
		for i := range series {
			series[i].Cov = append(series[i].Cov, 3*(expected[h]+0.01*r.NormFloat64()))
			series[i].Err = append(series[i].Err, 0.03)
		}
	}
	return Autocovariance(w, f, "Noise of epochs of 8 batches", series, expected)
}

// The errors of a cell are those given, but not below those of N samples of the density:
// on widths 1, 2, 1 with N = 100 and the density 0.4, 0.2, 0.2 the masses are 0.4, 0.4, 0.2.
func TestDifferencesAreInUnitsOfTheirError(t *testing.T) {
	axes := []Axis{{Name: "x", Edges: []float64{0, 1, 3, 4}}, uniform("y", 0, 1, 2)}
	p := []float64{0.4, 0.2, 0.2, 0, 0, 0.004}
	h := Histogram{Density: []float64{0.5, 0.1, 0.2, 0, 0.1, 0}, Err: []float64{0.2, 0, 0.3, 0, 0.05, 0}, Samples: 200}
	s := h.errors(axes, p)
	// In two rows of height 1/2: volumes 1/2, 1, 1/2.
	want := []float64{
		0.2, math.Sqrt(0.2 * 0.8 / 200), 0.3,
		0, 0.05, math.Sqrt(0.004 * 0.998 / 100),
	}
	z := h.deviations(axes, p, s)
	wantZ := []float64{0.5, -0.1 / want[1], 0, math.NaN(), 2, math.NaN()} // N p V = 0.4 < 1/2 in the last
	for i := range p {
		if math.Abs(s[i]-want[i]) > 8*ulp { // a few operations on numbers below 1
			t.Errorf("cell %d: error %v, want %v", i, s[i], want[i])
		}
		if math.Abs(z[i]-wantZ[i]) > 64*ulp || math.IsNaN(z[i]) != math.IsNaN(wantZ[i]) { // of numbers up to 4
			t.Errorf("cell %d: z = %v, want %v", i, z[i], wantZ[i])
		}
	}
	h.Samples = 300 // the last cell: 0.6 expected
	if z := h.deviations(axes, p, h.errors(axes, p)); !(z[5] < -0.7 && z[5] > -0.8) {
		t.Errorf("an empty cell with 0.6 expected has z = %v, want −√0.6", z[5])
	}
	h.Density[3] = 1
	if z := h.deviations(axes, p, h.errors(axes, p)); !math.IsInf(z[3], 1) {
		t.Errorf("a visit where the density is 0 and no error is given has z = %v", z[3])
	}
}

// Walkers that have the density differ from it by standard errors: Σz² over n cells of many
// counts is n ± √(2n).
func TestWalkersDifferByStandardErrors(t *testing.T) {
	axes := []Axis{sinhGraded("x", -1.5, 1.5, 30), uniform("y", -1.5, 1.5, 30)}
	p := density(axes, func(x []float64) float64 { return 2 + math.Sin(x[0])*math.Cos(x[1]) })
	h := walkers(axes, p, 1e6, 7)
	h.Err = make([]float64, len(p)) // only those of samples
	var sum float64
	for _, z := range h.deviations(axes, p, h.errors(axes, p)) {
		sum += z * z
	}
	n := float64(len(p))
	// Five sigma: a false alarm in 2 million, if the seed were not fixed. Rounding of counts
	// adds 1/12 to variances of 300 and more in most cells.
	if math.Abs(sum-n) > 5*math.Sqrt(2*n) {
		t.Errorf("Σz² = %.1f over %v cells", sum, n)
	}
}

// A pixel shows one cell, the one its centre is in.
func TestNearestShowsWholeCells(t *testing.T) {
	x, y := sinhGraded("x", -1, 3, 90), Axis{Name: "y", Edges: []float64{0, 1, 4, 10}}
	v := make([]float64, x.cells()*y.cells())
	for i := range v {
		v[i] = float64(i)
	}
	const w, h = 37, 25
	got := nearest(x, y, v, w, h)
	find := func(a Axis, at float64) int {
		i := 0
		for a.Edges[i+1] <= at {
			i++
		}
		return i
	}
	for j := range h {
		for i := range w {
			cx := find(x, -1+4*(float64(i)+0.5)/w)
			cy := find(y, 10*(float64(h-1-j)+0.5)/h) // top row first
			if want := v[cy*x.cells()+cx]; got[j*w+i] != want {
				t.Fatalf("pixel (%d, %d) shows cell %v, want %v", i, j, got[j*w+i], want)
			}
		}
	}
}

// Merged cells have the range of their values.
func TestRangesHoldAllValues(t *testing.T) {
	nan := math.NaN()
	middle, half := ranges([]float64{1, 3, nan, -5, nan, nan, 7}, 4)
	for i, want := range [][2]float64{{2, 1}, {-5, 0}, {nan, nan}, {7, 0}} {
		if got := [2]float64{middle[i], half[i]}; got != want && !math.IsNaN(want[0]+got[0]) {
			t.Errorf("cells %d: %v, want %v", i, got, want)
		}
	}
	if middle, _ := ranges([]float64{1, 2, 3}, 3); len(middle) != 3 || middle[1] != 2 {
		t.Errorf("cells as wide as pixels: %v", middle)
	}
}

// picture draws a PNG and decodes it.
func picture(t *testing.T, draw func(io.Writer) error) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// at returns the colour of an image at a point of the page.
func at(img image.Image, x, y vg.Length) color.RGBA {
	return color.RGBAModel.Convert(img.At(int(x/px), img.Bounds().Dy()-1-int(y/px))).(color.RGBA)
}

// The three panels have the histogram, the density and the difference of each cell in its
// place, the first two in one scale.
func TestComparisonShowsItsCells(t *testing.T) {
	axes := []Axis{{Name: "x", Edges: []float64{0, 1, 4, 10}}, {Name: "y", Edges: []float64{0, 7, 8, 10}}}
	p := []float64{0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0} // equal: no contours
	p[8] = 0.01
	h := Histogram{Density: []float64{0.011, 0.009, 0.013, 0.001, 0.01, 0.014, 0, 0.007, 0.05}, Samples: 1e4}
	h.Err = []float64{5e-4, 5e-4, 5e-3, 1e-3, 1e-3, 4e-3, 1e-3, 3e-3, 2e-3}
	img := picture(t, func(w io.Writer) error { return Comparison(w, PNG, "title", axes, h, p) })
	s := h.errors(axes, p)
	common, units := h.scale(p, s), deviationScale(h.deviations(axes, p, s))
	if want := 0.05 - 2*2e-3; common.top != want {
		t.Errorf("the scale ends at %v, want %v", common.top, want)
	}
	if units.bottom != -5 || units.top != 5 {
		t.Errorf("differences from %v to %v, want ±5", units.bottom, units.top)
	}
	tiles := comparisonTiles(axes, common, units)
	newRow(PNG, "title", nil, tiles) // places are from the bottom, whatever the notes
	for k, value := range [3]func(i int) color.RGBA{
		func(i int) color.RGBA { return common.color(h.Density[i]) },
		func(i int) color.RGBA { return common.color(p[i]) },
		func(i int) color.RGBA { return units.color((h.Density[i] - p[i]) / s[i]) },
	} {
		for i := range p {
			q := tiles[k]
			x, y := q.x, q.y
			px, py := q.panel.x(centers(x.Edges)[i%3]), q.panel.y(centers(y.Edges)[i/3])
			if got, want := at(img, px, py), value(i); got != want {
				t.Errorf("panel %d, cell %d: colour %v, want %v", k, i, got, want)
			}
		}
	}
	var b bytes.Buffer
	if err := Comparison(&b, SVG, "", axes, h, p); err != nil {
		t.Fatal(err)
	}
	if want := "differences up to 20.0 standard errors are drawn as ±5"; !strings.Contains(b.String(), want) {
		t.Errorf("the figure does not say %q", want)
	}
	// What is beyond ±5 has the colours of the ends, and what has no value grey.
	for z, want := range map[float64]color.RGBA{9: signedMap()[shades-1], math.Inf(1): signedMap()[shades-1], -6: signedMap()[0], math.NaN(): beyond} {
		if got := units.color(z); got != want {
			t.Errorf("z = %v has colour %v, want %v", z, got, want)
		}
	}
}

// A histogram has its steps and its band of two standard errors where they belong, and the
// density its line.
func TestMarginalsAreDrawnInPlace(t *testing.T) {
	m := Marginal{uniform("x", 0, 3, 3), []float64{0.3, 0.5, 0.2}, []float64{0.02, 0.03, 0.01}}
	lines := []Named{{"equal", [][]float64{{0.4, 0.4, 0.4}}}, {"none", [][]float64{nil}}, {"high", [][]float64{{9, 9, 9}}}}
	img := picture(t, func(w io.Writer) error { return MarginalsCompared(w, PNG, "title", []Marginal{m}, lines) })
	q, err := m.curve(0, lines)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1.06 * 2.5 * (0.5 + 2*0.03); math.Abs(q.hi-want) > 4*ulp || len(q.traces) != 3 {
		t.Errorf("the panel ends at %v, want %v; %d traces", q.hi, want, len(q.traces))
	}
	c := m.chart(q)
	newCharts(PNG, "title", nil, nil, c)
	for i, v := range m.Histogram {
		x := c.x(centers(m.Axis.Edges)[i]) + 20*px // off the corners of the density
		for _, k := range []struct {
			v    float64
			want color.RGBA
		}{
			{v, sampleInk},
			{v + 1.5*m.Err[i], bandInk},
			{v - 1.5*m.Err[i], bandInk},
			{v + 3*m.Err[i], white},
			{v - 3*m.Err[i], white},
		} {
			if got := at(img, x, c.y(k.v)); got != k.want {
				t.Errorf("cell %d at %v: colour %v, want %v", i, k.v, got, k.want)
			}
		}
	}
	for _, x := range []float64{1, 2} { // the line is solid, and lies over the band
		if got := at(img, c.x(x), c.y(0.4)); got != pencils[0].Color {
			t.Errorf("no line at %v: %v", x, got)
		}
	}
	var b bytes.Buffer
	if err := MarginalsCompared(&b, SVG, "", []Marginal{m}, lines); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "cut off at the top: high<") {
		t.Error("the figure does not say what is cut off")
	}
}

// Of twelve densities ten are drawn, and the figure names the others.
func TestDensitiesLeftOutAreNamed(t *testing.T) {
	m := Marginal{uniform("x", 0, 3, 3), []float64{0.3, 0.5, 0.2}, []float64{0.02, 0.03, 0.01}}
	for n, want := range map[int]string{10: "", 12: "left out after 10 densities: density k; density l<"} {
		var densities []Named
		for i := range n {
			densities = append(densities, Named{"density " + string(rune('a'+i)), [][]float64{{0.4, 0.4, 0.4}}})
		}
		var b bytes.Buffer
		if err := MarginalsCompared(&b, SVG, "", []Marginal{m}, densities); err != nil {
			t.Fatal(err)
		}
		if s := b.String(); !strings.Contains(s, ">density j<") || !strings.Contains(s, want) || strings.Contains(s, "left out") != (want != "") {
			t.Errorf("of %d densities the tenth is not named, or not what is left out", n)
		}
	}
}

// Ten curves can be told apart by their colours, and by their dashes alone.
func TestPencilsDiffer(t *testing.T) {
	for i, a := range pencils {
		for _, b := range pencils[:i] {
			p, q := a.Color.(color.RGBA), b.Color.(color.RGBA)
			d := math.Sqrt(math.Pow(float64(p.R)-float64(q.R), 2) + math.Pow(float64(p.G)-float64(q.G), 2) + math.Pow(float64(p.B)-float64(q.B), 2))
			// 64 of 255: with fewer, neighbours looked alike in print.
			if d < 64 || slices.Equal(a.Dashes, b.Dashes) {
				t.Errorf("%v and %v: colours %.0f apart, dashes %v and %v", p, q, d, a.Dashes, b.Dashes)
			}
		}
	}
}

// Errors that are not resolved are limits, |error| + 2s, whatever their size; and of those that are
// the bars may end at 0, below any panel.
func TestUnresolvedErrorsAreLimits(t *testing.T) {
	s := Weak{
		Name: "w", Rates: []float64{0.1, 0.2, 0.4, 0.8, 0.9, 1, 10}, Error: []float64{-1e-3, 0.01, 0, 0.1, 0, 0.8, -1}, Err: []float64{5e-4, 4e-3, 0, 0, 0.5, 0.1, 4.5},
		Resolved: []bool{false, true, true, true, true, false, true},
	}
	points, err := s.points()
	if err != nil {
		t.Fatal(err)
	}
	want := []weakPoint{
		{dot{-1, math.Log10(2e-3), 0, math.Log10(2e-3)}, true},
		{dot{math.Log10(0.2), -2, math.Log10(2e-3), math.Log10(0.018)}, false},
		{dot{math.Log10(0.8), -1, -1, -1}, false}, // 0 ± 0 has no place
		{dot{math.Log10(0.9), 0, 0, 0}, true},     // nor has 0
		{dot{0, 0, 0, 0}, true},                   // eight standard errors
		{dot{1, 0, math.Log10(5e-324), 1}, false},
	}
	if len(points) != len(want) {
		t.Fatalf("points %v, want %v", points, want)
	}
	for i, p := range points {
		q := want[i]
		// Logarithms up to 3, of differences that lose a factor of 5.
		if d := math.Abs(p.x-q.x) + math.Abs(p.y-q.y) + math.Abs(p.hi-q.hi); d > 100*ulp || p.limit != q.limit {
			t.Errorf("point %d: %v, want %v", i, p, q)
		}
		if !q.limit && math.Abs(p.lo-q.lo) > 100*ulp {
			t.Errorf("point %d: bar down to %v, want %v", i, p.lo, q.lo)
		}
	}
}

// Points are where their numbers say, solid or open, and the legend has the order.
func TestWeakOrderIsDrawnInPlace(t *testing.T) {
	s := []Weak{{
		Name: "first", Rates: []float64{0.01, 0.1, 1}, Error: []float64{1e-4, -0.05, 0.5}, Err: []float64{1e-3, 5e-3, 0.01}, Resolved: []bool{false, true, true},
		Factor: 0.5, Order: 1.0213, OrderErr: 0.0312,
	}}
	draw := func(f Format) func(w io.Writer) error {
		return func(w io.Writer) error { return WeakOrder(w, f, "title", "error", s) }
	}
	img := picture(t, draw(PNG))
	points, err := s[0].points()
	if err != nil {
		t.Fatal(err)
	}
	c := weakChart("error", points)
	newCharts(PNG, "title", nil, nil, c)
	for i, want := range []color.RGBA{white, driftInk, driftInk} { // the first is a limit: a ring
		x, y := c.x(math.Log10(s[0].Rates[i])), c.y(math.Log10(math.Abs(s[0].Error[i])))
		if i == 0 {
			y = c.y(math.Log10(1e-4 + 2e-3))
		}
		if got := at(img, x, y); got != want {
			t.Errorf("point %d: colour %v, want %v", i, got, want)
		}
	}
	mid := math.Log10(0.5) + 1.0213*-0.5 // on the fit at η = 10^-0.5
	if got := at(img, c.x(-0.5), c.y(mid)); got != driftInk {
		t.Errorf("the fit is not at %v: colour %v", mid, got)
	}
	var b bytes.Buffer
	if err := draw(SVG)(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "first: order 1.02 ± 0.03<") {
		t.Error("the legend has no order")
	}
}

// Points of two components lie beside the lag, at Cov[h]/Cov[0].
func TestAutocovarianceIsDrawnInPlace(t *testing.T) {
	series := []Autocovariances{{"a", []float64{4, 2, -1}, []float64{9, 0.5, 0.25}}, {"b", []float64{2, 0, 1}, []float64{9, 0.1, 0.1}}}
	expected := []float64{1, 0.25, 0.25}
	img := picture(t, func(w io.Writer) error { return Autocovariance(w, PNG, "title", series, expected) })
	dots := []dot{{0.89, 0.5, 0.25, 0.75}, {1.89, -0.25, -0.375, -0.125}, {1.11, 0, -0.1, 0.1}, {2.11, 0.5, 0.4, 0.6}}
	c := lagChart(2, dots, expected)
	newCharts(PNG, "title", nil, nil, c)
	for i, d := range dots {
		want := dotStyles[i/2].ink
		for _, y := range []float64{d.y, d.lo + 0.02, d.hi - 0.02} { // the point, and near the ends of the bar
			if got := at(img, c.x(d.x), c.y(y)); got != want {
				t.Errorf("point %d at %v: colour %v, want %v", i, y, got, want)
			}
		}
		if got := at(img, c.x(d.x), c.y(d.hi+0.03)); got != white {
			t.Errorf("above the bar of point %d: colour %v", i, got)
		}
	}
	// The dashed line between the lags, at least half of it.
	found := 0
	for i := range 100 {
		if at(img, c.x(1.3+0.004*float64(i)), c.y(0.25)) == ink {
			found++
		}
	}
	if found < 50 || found > 80 {
		t.Errorf("%d of 100 places along the expectation are drawn, want about 5/8", found)
	}
}

// The upper panel of one axis has band, steps and density, the lower one z.
func TestComparison1DSaysHowCellsDiffer(t *testing.T) {
	a := uniform("x", 0, 4, 4)
	h := Histogram{[]float64{0.25, 0.5, 0.25, 0}, []float64{0.01, 0.01, 0.01, 0}, 1e6}
	var b bytes.Buffer
	if err := Comparison1D(&b, SVG, "", a, h, []float64{0.25, 0.475, 0.25, 0}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"33.3 % of 3 cells", ">histogram<", ">density<", "histogram − density, in standard errors"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	if n := strings.Count(b.String(), "stroke-dasharray"); n != 2 {
		t.Errorf("%d dashed lines, want those at ±2", n)
	}
	img := picture(t, func(w io.Writer) error { return Comparison1D(w, PNG, "", a, h, []float64{0.25, 0.475, 0.25, 0}) })
	counts := map[color.RGBA]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			counts[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
		}
	}
	// Lines are at least a pixel wide and as long as three cells, bands more than that.
	for _, want := range []color.RGBA{bandInk, sampleInk, ink, pencils[0].Color.(color.RGBA)} {
		if counts[want] < 3*curveWidth/4 {
			t.Errorf("%d pixels of %v", counts[want], want)
		}
	}
}

func TestFiguresSayWhatTheyCut(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		z    []float64
		want []string
	}{
		{[]float64{1, -8, nan}, nil},
		{[]float64{nan}, nil},
		{[]float64{-9, 2}, []string{"differences up to 9.00 standard errors are drawn as ±8"}},
		{[]float64{inf, -9}, []string{"differences whose error is 0 are drawn as ±8"}},
	} {
		if got := cut(c.z, 8); !slices.Equal(got, c.want) {
			t.Errorf("of %v: %q, want %q", c.z, got, c.want)
		}
	}
}

// What the panels of one axis are made of: a band of two errors, and z up to 8.
func TestPanelsOfOneAxis(t *testing.T) {
	a := uniform("x", 0, 1, 2)
	h := Histogram{[]float64{1.5, 0.5}, []float64{0.1, 0.2}, 100}
	q := h.upper(a, []float64{1, 1}).traces[0]
	for i, want := range []float64{0.2, 0.4} { // √(1·½/(100·½)) = 0.1 is not more
		if q.v[i] != h.Density[i] || math.Abs(q.err[i]-want) > 4*ulp {
			t.Errorf("cell %d: %v ± %v, want %v ± %v", i, q.v[i], q.err[i], h.Density[i], want)
		}
	}
	for _, c := range []struct{ z, want []float64 }{
		{[]float64{1, -2.5}, []float64{1, -2.5, 3}},
		{[]float64{-4, math.NaN(), 2}, []float64{-4, math.NaN(), 2, 4}},
		{[]float64{math.Inf(1), -20, 7}, []float64{8, -8, 7, 8}},
	} {
		q := differences(c.z)
		limit := c.want[len(c.z)]
		if q.hi != 1.06*limit || q.lo != -1.06*limit || !slices.Equal(q.marks, []float64{-2, 0, 2}) {
			t.Errorf("z = %v: panel from %v to %v with lines at %v", c.z, q.lo, q.hi, q.marks)
		}
		for i, v := range q.traces[0].v {
			if v != c.want[i] && !math.IsNaN(v+c.want[i]) {
				t.Errorf("z = %v is drawn as %v", c.z, q.traces[0].v)
			}
		}
	}
}

func TestLogarithmicRulesHaveLabels(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		ticks  int
		labels []string
	}{
		{-2, -1, 10, []string{"10⁻²", "2×10⁻²", "5×10⁻²", "10⁻¹"}},
		{-1.2, 1.2, 22, []string{"10⁻¹", "10⁰", "10¹"}},
		{0.32, 0.65, 2, []string{"3×10⁰", "4×10⁰"}},
		{-10, 10, 21, []string{"10⁻⁹", "10⁻⁶", "10⁻³", "10⁰", "10³", "10⁶", "10⁹"}},
	} {
		r := ruleLog(c.lo, c.hi)
		var labels []string
		for _, k := range r.ticks {
			if k.label != "" {
				labels = append(labels, k.label)
			}
		}
		if len(r.ticks) != c.ticks || !slices.Equal(labels, c.labels) {
			t.Errorf("ruleLog(%g, %g): %d ticks, %q; want %d, %q", c.lo, c.hi, len(r.ticks), labels, c.ticks, c.labels)
		}
	}
	for v, want := range map[[2]float64]string{
		{1.0213, 0.0312}: "1.02 ± 0.03", {1.97, 0.12}: "1.97 ± 0.12", {-0.5, 3}: "0 ± 3",
		{2, math.NaN()}: "2.00", {1.0213, 0}: "1.02",
	} {
		if got := uncertain(v[0], v[1]); got != want {
			t.Errorf("uncertain(%v) = %q, want %q", v, got, want)
		}
	}
}

// Zeros, single cells, extreme numbers are drawn, without a place that is not a number.
func TestExtremeComparisonsAreDrawn(t *testing.T) {
	huge := Axis{Name: "x", Edges: []float64{0, 1e-9, 1, 1e9}}
	for name, c := range map[string]struct {
		axes []Axis
		v, q []float64
	}{
		"zeros":    {[]Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 1)}, []float64{0, 0}, []float64{0, 0}},
		"one cell": {[]Axis{uniform("x", 0, 1, 1), uniform("y", 0, 1, 1)}, []float64{1}, []float64{1}},
		"greatest": {[]Axis{huge, uniform("y", 0, 1, 1)}, []float64{greatest, 0, 1}, []float64{0, greatest, 1e-300}},
		"denormal": {[]Axis{huge, uniform("y", 0, 1, 1)}, []float64{5e-324, 0, 0}, []float64{0, 5e-324, -1}},
	} {
		n := c.axes[0].cells()
		h := Histogram{c.v, c.v, 100}
		for figure, draw := range map[string]func(w io.Writer) error{
			"Comparison1D": func(w io.Writer) error { return Comparison1D(w, SVG, "", c.axes[0], h, c.q[:n]) },
			"Comparison":   func(w io.Writer) error { return Comparison(w, SVG, "", c.axes, h, c.q) },
			"MarginalsCompared": func(w io.Writer) error {
				return MarginalsCompared(w, SVG, "", []Marginal{{c.axes[0], c.v, c.v}}, []Named{{"q", [][]float64{c.q}}})
			},
			"WeakOrder": func(w io.Writer) error {
				return WeakOrder(w, SVG, "", "e", []Weak{{Name: "a", Rates: []float64{1e-300, 1, 1e150}[:n], Error: c.q, Err: c.v, Resolved: slices.Repeat([]bool{true}, n), Factor: 1e-300, Order: 100}})
			},
			"Autocovariance": func(w io.Writer) error {
				cov := append([]float64{1}, c.v...)
				return Autocovariance(w, SVG, "", []Autocovariances{{"a", cov, cov}, {"b", make([]float64, n+1), cov}}, nil)
			},
		} {
			var b bytes.Buffer
			if err := draw(&b); err != nil {
				t.Errorf("%s/%s: %v", name, figure, err)
			}
			if svg := withoutImages(b.String()); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s/%s: a place on the page is not a number", name, figure)
			}
		}
	}
}

func TestComparisonsCheckTheirInput(t *testing.T) {
	a := uniform("x", 0, 1, 2)
	two, nan := []float64{1, 1}, []float64{1, math.NaN()}
	seen := []bool{true, true}
	for name, err := range map[string]error{
		"no samples":   Comparison1D(io.Discard, SVG, "", a, Histogram{two, two, 0}, two),
		"NaN samples":  Comparison1D(io.Discard, SVG, "", a, Histogram{two, two, math.NaN()}, two),
		"NaN error":    Comparison1D(io.Discard, SVG, "", a, Histogram{two, nan, 1}, two),
		"NaN marginal": MarginalsCompared(io.Discard, SVG, "", []Marginal{{a, two, two}}, []Named{{"q", [][]float64{nan}}}),
		"rate 0":       WeakOrder(io.Discard, SVG, "", "", []Weak{{Rates: []float64{1, 0}, Error: two, Err: two, Resolved: seen}}),
		"NaN weak":     WeakOrder(io.Discard, SVG, "", "", []Weak{{Rates: two, Error: nan, Err: two, Resolved: seen}}),
		"NaN order":    WeakOrder(io.Discard, SVG, "", "", []Weak{{Rates: two, Error: two, Err: two, Resolved: seen, Factor: 1, Order: math.NaN()}}),
		"NaN noise":    Autocovariance(io.Discard, SVG, "", []Autocovariances{{"", two, nan}}, nil),
		"tiny lag 0":   Autocovariance(io.Discard, SVG, "", []Autocovariances{{"", []float64{5e-324, 1}, two}}, nil),
		"NaN expected": Autocovariance(io.Discard, SVG, "", []Autocovariances{{"", two, two}}, nan),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, slip := range map[string]func(){
		"lengths":     func() { Comparison1D(io.Discard, SVG, "", a, Histogram{two, two[:1], 1}, two) },
		"one axis":    func() { Comparison(io.Discard, SVG, "", []Axis{a}, Histogram{two, two, 1}, two) },
		"four series": func() { WeakOrder(io.Discard, SVG, "", "", make([]Weak, 4)) },
		"unknown":     func() { WeakOrder(io.Discard, SVG, "", "", []Weak{{Rates: two, Error: two, Err: two}}) },
		"no lag":      func() { Autocovariance(io.Discard, SVG, "", []Autocovariances{{"", two[:1], two[:1]}}, nil) },
		"lags":        func() { Autocovariance(io.Discard, SVG, "", []Autocovariances{{"", two, two}}, two[:1]) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "plot: ") {
					t.Errorf("recovered %q, want a panic of plot", s)
				}
			}()
			slip()
		})
	}
}
