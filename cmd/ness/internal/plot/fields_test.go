package plot

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
)

// drawings are all figures of a current on the axes, fed with nothing but v, which has
// one value for each cell, and corner, one for each corner.
func drawings(axes []Axis, v, corner []float64) map[string]func(io.Writer) error {
	positive := make([]float64, len(v))
	for i := range positive {
		positive[i] = 1
	}
	part := Part{v, v, 0.5}
	cube := append(axes[:2:2], uniform("z", 0, 1, 1))
	n := axes[0].cells()
	return map[string]func(io.Writer) error{
		"Current":   func(w io.Writer) error { return Current(w, SVG, "", axes, positive, v, v, v) },
		"Current3D": func(w io.Writer) error { return Current3D(w, SVG, "", cube, positive, [3][]float64{v, v, v}) },
		"Current1D": func(w io.Writer) error { return Current1D(w, SVG, "", axes[0], positive[:n], nil, v[:n], v[:n]) },
		"Split":     func(w io.Writer) error { return Split(w, SVG, "", axes, "v", "θT⁻¹", [3]Part{part, part, part}) },
		"Vorticity": func(w io.Writer) error { return Vorticity(w, SVG, "", axes, v) },
		"Vorticity on corners": func(w io.Writer) error {
			return Vorticity(w, SVG, "", axes, corner)
		},
		"StreamFunction":    func(w io.Writer) error { return StreamFunction(w, SVG, "", axes, corner) },
		"EntropyProduction": func(w io.Writer) error { return EntropyProduction(w, SVG, "", axes, v) },
		"Angle":             func(w io.Writer) error { return Angle(w, SVG, "", axes, positive, v, v, v) },
	}
}

// Zeros, no value anywhere, and values that are extreme or here and there are drawn,
// and named where the figure would be empty.
func TestEmptyAndExtremeFieldsAreDrawn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	nan := math.NaN()
	fill := func(n int, values ...float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = values[i%len(values)]
		}
		return v
	}
	graded := []Axis{{Name: "x", Edges: []float64{0, 1e-9, 1, 1e9}}, uniform("y", 0, 1, 3)}
	around := []Axis{uniform("x", 0, 1, 5), uniform("y", 0, 1, 5)}
	around[0].Periodic, around[1].Periodic = true, true
	says := map[string]map[string]string{
		"zeros": {
			"Current": "no current", "Current3D": "no current", "Current1D": "no current",
			"Split": "all parts of v are zero", "Vorticity": "zero everywhere",
			"StreamFunction": "zero everywhere", "EntropyProduction": "no entropy", "Angle": "no current",
		},
		"NaN": {
			"Current": "J has no value at 25 of 25 places", "Current3D": "J has no value at 25 of 25",
			"Split": "the gradient part has no value", "Vorticity": "no value anywhere",
			"StreamFunction": "no value anywhere", "EntropyProduction": "the density has no value at 25 of 25", "Angle": "no current",
		},
		"half NaN": {"Vorticity on corners": "the vorticity has no value at 18 of 36 places"},
	}
	one := []Axis{uniform("x", 0, 1, 1), uniform("y", 0, 1, 1)}
	for _, c := range []struct {
		name   string
		axes   []Axis
		values []float64
	}{
		{"zeros", around, []float64{0}},
		{"NaN", around, []float64{nan}},
		{"half NaN", around, []float64{1, nan}},
		{"extreme", graded, []float64{greatest, 1, -greatest, 0}},
		{"denormal", one, []float64{5e-324, 0, 1e-323}},
		{"mixed", graded, []float64{1, -1e-30, nan, 1e-300, 0, -3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for figure, draw := range drawings(c.axes, fill(cells(c.axes), c.values...), fill(cornerCount(c.axes), c.values...)) {
				var b bytes.Buffer
				if err := draw(&b); err != nil {
					t.Errorf("%s: %v", figure, err)
				}
				svg := withoutImages(b.String())
				if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
					t.Errorf("%s: a place on the page is not a number", figure)
				}
				if want := says[c.name][figure]; !strings.Contains(svg, want) {
					t.Errorf("%s does not say %q", figure, want)
				}
			}
		})
	}
}

// The shares of the parts stand above the panels; what is round-off is none.
func TestSplitNamesItsShares(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 4), uniform("y", 0, 1, 4)}
	v := sample(axes, func(x []float64) float64 { return x[0] })
	var b bytes.Buffer
	err := Split(&b, SVG, "", axes, "F", "T⁻¹", [3]Part{{v, v, 0.9995}, {v, v, 5e-4}, {v, v, 0.9e-24}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gradient: 100 %", "solenoidal: 0.05 %", "harmonic: none", "‖F‖²"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
}

// Of cells of equal area with 8, 4, 2, 1 and so on, 8 and 4 hold more than half, from
// 4 on; total and levels are those, on a graded axis weighted with the widths.
func TestEntropyProductionAddsUp(t *testing.T) {
	axes := []Axis{{Name: "x", Edges: []float64{0, 1, 3, 4}}, uniform("y", 0, 2, 1)}
	total, s := production(axes, []float64{3, 1, 6})
	if want := 2.0 * (3 + 2 + 6); total != want {
		t.Errorf("total %v, want %v", total, want)
	}
	// 6 is 12 of 22, more than half; with 3, 18 of 22; only the last brings 90 %.
	if len(s.levels) != 2 || s.levels[0] != 6 || s.levels[1] != 1 || s.form != itself {
		t.Errorf("levels %v, form %v", s.levels, s.form)
	}
	_, s = production(axes, []float64{1e-9, math.NaN(), 1e2})
	if s.form != decades || s.top != 2 || s.bottom != -4 || s.overflow != noValue {
		t.Errorf("scale %+v", s)
	}
}

// Angles up and down the slope are the same, and count as the current does.
func TestAnglesOfLines(t *testing.T) {
	const deg = math.Pi / 180
	axes := []Axis{uniform("x", 0, 7, 7), uniform("y", 0, 1, 1)}
	p := []float64{1, 1, 1, 1, 1e-7, 1, 1}
	jx, jy := []float64{1, -1, 1, 1, 1, 1e-5, 1}, []float64{0, 0, 1, math.Sqrt(3), 1, 0, 1}
	a, mean := acute(axes, p, jx, jy, []float64{90 * deg, 180 * deg, 45 * deg, 120 * deg, 1, 1, math.NaN()})
	for i, want := range []float64{90, 0, 45, 60} {
		if math.Abs(a[i]-want) > 180*ulp*4 { // a few operations on numbers up to 180
			t.Errorf("cell %d: %v°, want %v°", i, a[i], want)
		}
	}
	for i, v := range a[4:] {
		if !math.IsNaN(v) {
			t.Errorf("cell %d, where p or J is negligible or there is no angle: %v°", 4+i, v)
		}
	}
	if want := (90 + 45*math.Sqrt2 + 60*2) / (1 + 1 + math.Sqrt2 + 2); math.Abs(mean-want) > 100*ulp*10 {
		t.Errorf("mean %v°, want %v°", mean, want)
	}
}

// On an annulus in solid rotation ψ = −r²/2: J = (∂₁ψ, −∂₀ψ) = (−y, x) turns
// counterclockwise, and so do the orbits, on circles.
func TestOrbitsRunWithTheCurrent(t *testing.T) {
	x := uniform("x", -1, 1, 20)
	nodes := uniform("x", -1.05, 1.05, 21)
	psi := sample([]Axis{nodes, nodes}, func(q []float64) float64 { return -(q[0]*q[0] + q[1]*q[1]) / 2 })
	l := newCornerLattice(x, x, psi)
	lines := l.contour(-0.125)
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1", len(lines))
	}
	p := newPanel(0, 0, 500, 500, -1, 1, -1, 1)
	half := 250 * px.Points()
	for i, v := range p.path(lines[0]).pts {
		x, y := v.x/half-1, v.y/half-1
		// Parabolas are exact at the nodes, 0.01 apart; between them linear
		// interpolation is off by δ²/8 of ψ, as much over r = 1/2 of the radius, and
		// as much again for round-off and the place on the page.
		if r := math.Hypot(x, y); math.Abs(r-0.5) > 4*0.01*0.01/8/0.5 {
			t.Fatalf("radius %v, want 0.5", r)
		}
		if i > 0 && v.ux*-y+v.uy*x <= 0 {
			t.Fatalf("at (%v, %v) the orbit goes along (%v, %v)", x, y, v.ux, v.uy)
		}
	}
}
