package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

// Cells lie where their edges say: on axes [0, 1, 4, 10] and [0, 7, 8, 10] the
// colour changes at those places of the panel, to the pixel.
func TestGradedCellsAreDrawnInPlace(t *testing.T) {
	x, y := Axis{Name: "x", Edges: []float64{0, 1, 4, 10}}, Axis{Name: "y", Edges: []float64{0, 7, 8, 10}}
	v := []float64{0, 0.5, 1, 0.25, 0.75, 0.4, 0.9, 0.6, 0.15}
	var b bytes.Buffer
	// Without current there are no lines over the cells.
	if err := Current(&b, PNG, "title", []Axis{x, y}, v, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	s := linear(paleMap(), "", v)
	left := leftMargin(vertical(y, longSide))
	bottom := img.Bounds().Dy() - bottomMargin
	for i := range v {
		want := s.color(v[i])
		// Corners of the cell, three pixels inside of it: the frame is 2 px wide, an
		// edge may fall within a pixel.
		for _, px := range corners(x.Edges[i%3], x.Edges[i%3+1]) {
			for _, py := range corners(y.Edges[i/3], y.Edges[i/3+1]) {
				if got := color.RGBAModel.Convert(img.At(left+px, bottom-1-py)); got != want {
					t.Errorf("cell %d at (%d, %d): colour %v, want %v", i, px, py, got, want)
				}
			}
		}
	}
}

// corners returns the pixels three inside of [a, b] of an axis [0, 10].
func corners(a, b float64) [2]int {
	return [2]int{int(a/10*longSide) + 3, int(b/10*longSide) - 4}
}

// What callers may have: constants, zeros, negative values, one cell that is all,
// a single cell, extreme scales. All of it is drawn.
func TestExtremeDataIsDrawn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	axes := func(nx, ny int) []Axis { return []Axis{uniform("x", 0, 1, nx), uniform("y", 0, 2, ny)} }
	tiny := []Axis{{Name: "x", Edges: []float64{1, 1 + 4*ulp, 1 + 8*ulp}}, {Name: "y", Edges: []float64{-1e150, 0, 1e150}}}
	huge := Axis{Name: "x", Edges: []float64{0, 1e-9, 1, 1e9}}
	spike := make([]float64, 64)
	spike[27] = greatest
	cases := []struct {
		name string
		axes []Axis
		v    []float64
	}{
		{"equal", axes(3, 3), []float64{1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"zeros", axes(3, 3), make([]float64, 9)},
		{"negative", axes(2, 2), []float64{-1, -2, -3, -4}},
		{"mixed", axes(3, 3), []float64{-1, 2, 0, 4, 5e-300, 6, 1e-30, 8, -9}},
		{"one cell", axes(1, 1), []float64{3}},
		{"a row", axes(5, 1), []float64{1, 2, 3, 2, 1}},
		{"spike", axes(8, 8), spike},
		{"denormal", axes(2, 2), []float64{5e-324, 0, 1e-323, 5e-324}},
		{"greatest", axes(2, 2), []float64{greatest, 1, 0, greatest / 2}},
		{"tiny and huge ranges", tiny, []float64{1, 2, 3, 4}},
		{"cells of all sizes", []Axis{huge, huge}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
	}
	for _, c := range cases {
		j := c.v
		draws := map[string]func(io.Writer) error{
			"Density":    func(w io.Writer) error { return Density(w, SVG, c.name, c.axes, c.v) },
			"LogDensity": func(w io.Writer) error { return LogDensity(w, SVG, c.name, c.axes, c.v) },
			"Current":    func(w io.Writer) error { return Current(w, SVG, c.name, c.axes, c.v, j, j, nil) },
			"Density1D":  func(w io.Writer) error { return Density1D(w, SVG, c.name, c.axes[0], c.v[:c.axes[0].cells()]) },
			"Current1D": func(w io.Writer) error {
				return Current1D(w, SVG, c.name, c.axes[0], c.v[:c.axes[0].cells()], j[:c.axes[0].cells()], nil, nil)
			},
			"Marginals3D": func(w io.Writer) error {
				return Marginals3D(w, SVG, c.name, append(c.axes[:2:2], uniform("z", 0, 1, 1)), c.v)
			},
		}
		for name, draw := range draws {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				var b bytes.Buffer
				if err := draw(&b); err != nil {
					t.Fatal(err)
				}
				// No place on a page may come from 0/0 or ∞.
				for _, bad := range []string{"NaN", "Inf"} {
					if strings.Contains(withoutImages(b.String()), bad) {
						t.Errorf("%s among the coordinates", bad)
					}
				}
			})
		}
	}
}

// withoutImages drops the base64 text of embedded pictures, which may spell anything.
func withoutImages(svg string) string {
	var b strings.Builder
	for line := range strings.Lines(svg) {
		if !strings.Contains(line, "base64,") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// Figures say what they leave out.
func TestFiguresSayWhatIsNotThere(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 2)}
	for _, c := range []struct {
		want string
		draw func(w io.Writer) error
	}{
		{"no current", func(w io.Writer) error {
			return Current(w, SVG, "", axes, []float64{1, 2, 3, 4}, make([]float64, 4), make([]float64, 4), nil)
		}},
		{"no current", func(w io.Writer) error { return Current1D(w, SVG, "", axes[0], []float64{1, 2}, nil, nil, nil) }},
		{"J = 0.0200<", func(w io.Writer) error {
			return Current1D(w, SVG, "", axes[0], []float64{1, 2}, []float64{0.02, 0.02}, nil, nil)
		}},
		{"p &lt; 0, down to −0.500, is drawn as 0", func(w io.Writer) error {
			return Density(w, SVG, "", axes, []float64{1, 2, 3, -0.5})
		}},
		{"&gt; 50, or p ≤ 0", func(w io.Writer) error {
			return LogDensity(w, SVG, "", axes, []float64{1, 1e-30, 0, 1})
		}},
		{">p ≤ 0<", func(w io.Writer) error { return LogDensity(w, SVG, "", axes, []float64{1, 0.1, 0, 1}) }},
		{"p is nowhere positive", func(w io.Writer) error { return Density(w, SVG, "", axes, make([]float64, 4)) }},
	} {
		var b bytes.Buffer
		if err := c.draw(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("the figure does not say %q", c.want)
		}
	}
}

func TestPNGHasItsSize(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 4), uniform("y", 0, 1, 4)}
	var b bytes.Buffer
	if err := Density(&b, PNG, "square", axes, make([]float64, 16)); err != nil {
		t.Fatal(err)
	}
	c, _, err := image.DecodeConfig(&b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Width < 1300 || c.Width > 1700 || c.Height < 1200 || c.Height > 1400 {
		t.Errorf("%d×%d pixels, want about 1500×1350", c.Width, c.Height)
	}
}

func TestBadValuesAreErrors(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 2)}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -2e150} {
		err := Density(io.Discard, PNG, "", axes, []float64{1, 2, bad, 4})
		want := fmt.Sprintf("plot: Density: cell 2: want a number within ±1e+150, have %g", bad)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestSlipsPanic(t *testing.T) {
	two := []Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 2)}
	for name, slip := range map[string]func(){
		"length": func() { Density(io.Discard, PNG, "", two, make([]float64, 3)) },
		"axes":   func() { LogDensity(io.Discard, PNG, "", two[:1], make([]float64, 2)) },
		"edges": func() {
			Density1D(io.Discard, PNG, "", Axis{Name: "x", Edges: []float64{0, 0}}, make([]float64, 1))
		},
		"one edge":  func() { Density1D(io.Discard, PNG, "", Axis{Name: "x", Edges: []float64{0}}, nil) },
		"one field": func() { Current(io.Discard, PNG, "", two, make([]float64, 4), make([]float64, 4), nil, nil) },
		"current":   func() { Current1D(io.Discard, PNG, "", two[0], make([]float64, 2), make([]float64, 3), nil, nil) },
		"marginals": func() { Marginals3D(io.Discard, PNG, "", two, make([]float64, 4)) },
		"format":    func() { Density(io.Discard, Format(7), "", two, make([]float64, 4)) },
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

// BenchmarkFigures draws 1024² cells, more than the page has pixels.
func BenchmarkFigures(b *testing.B) {
	axes := []Axis{uniform("x", -2, 2, 1024), uniform("y", -2, 2, 1024)}
	v := sample(axes, limitCycle)
	jx := sample(axes, func(x []float64) float64 { return -x[1] * limitCycle(x) })
	jy := sample(axes, func(x []float64) float64 { return x[0] * limitCycle(x) })
	for _, c := range []struct {
		name string
		draw func() error
	}{
		{"density", func() error { return Density(io.Discard, PNG, "", axes, v) }},
		{"log", func() error { return LogDensity(io.Discard, PNG, "", axes, v) }},
		{"current", func() error { return Current(io.Discard, PNG, "", axes, v, jx, jy, v) }},
		{"split", func() error {
			p := Part{jx, jy, 0.5}
			return Split(io.Discard, PNG, "", axes, "J", "", [3]Part{p, p, {}})
		}},
		{"entropy", func() error { return EntropyProduction(io.Discard, PNG, "", axes, v) }},
		{"compare", func() error { return Comparison(io.Discard, PNG, "", axes, Histogram{v, v, 1e6}, v) }},
		{"angle", func() error { return Angle(io.Discard, PNG, "", axes, v, jx, jy, v) }},
	} {
		b.Run("figure="+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.draw(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
