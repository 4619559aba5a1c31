package fp_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// starting reads a problem in the plane, 4 long, that starts like this.
func starting(initial, walls string, open func(string) (io.ReadCloser, error)) (*fp.File, *grid.Grid, error) {
	f, err := fp.ReadProblem(strings.NewReader(fmt.Sprintf(`
version: 1
variables: [x, y]
equation: {drift: ["-x", "-y"], diffusion: 0.1}
domain: {x: {min: -2, max: 2, cells: 40, boundary: %s}, y: {min: -2, max: 2, cells: 50}}
initial: %s
`, walls, initial)), fp.ReadOptions{Open: open})
	if err != nil {
		return nil, nil, err
	}
	g, err := f.Domain.Grid(f.Problem.Variables)
	return f, g, err
}

func initialDensity(t *testing.T, initial, walls string, open func(string) (io.ReadCloser, error)) (*grid.Field, string) {
	t.Helper()
	f, g, err := starting(initial, walls, open)
	if err != nil {
		t.Fatal(err)
	}
	p, words, err := f.InitialDensity(g)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Integral(); math.Abs(m-1) > 1e-13 { // a sum of 2000 numbers
		t.Errorf("%s: mass %g", initial, m)
	}
	return p, words
}

// marginal returns averages over the cells of axis 0.
func marginal(p *grid.Field) []float64 {
	n, height := p.Grid.Axis(0).Cells(), p.Grid.Axis(1).Width(0)
	out := make([]float64, n)
	for i, v := range p.Values {
		out[i%n] += height * v
	}
	return out
}

// normalCells returns averages of the normal density over the cells of an axis.
func normalCells(ax grid.Axis, mean, sd float64) []float64 {
	out := make([]float64, ax.Cells())
	for i := range out {
		lo, hi := ax.Edges()[i], ax.Edges()[i+1]
		out[i] = (math.Erf((hi-mean)/sd/math.Sqrt2) - math.Erf((lo-mean)/sd/math.Sqrt2)) / 2 / (hi - lo)
	}
	return out
}

// Normal densities have the cell averages of closed form, the error function; correlated ones
// have normal marginals.
func TestInitialDensitiesOfPoints(t *testing.T) {
	ax, err := grid.Uniform(-2, 2, 40, grid.Reflecting, grid.Reflecting)
	if err != nil {
		t.Fatal(err)
	}
	const inside = 1e-7 // of the largest value: of masses that are made 1 that much may be outside
	for _, k := range []struct {
		initial string
		want    []float64
		words   string
	}{
		{"{gaussian: {mean: [0.3, 0], sd: [0.2, 0.3]}}", normalCells(ax, 0.3, 0.2), "a Gaussian around (0.3 0)"},
		{"{gaussian: {mean: [0.3, 0], covariance: [[0.04, 0.03], [0.03, 0.06]]}}", normalCells(ax, 0.3, 0.2), "a Gaussian around (0.3 0)"},
		{"{points: [[0.3, 0]], width: 0.2}", normalCells(ax, 0.3, 0.2), "a Gaussian around (0.3 0)"},
		{"{points: [[-0.1, 0.2]]}", normalCells(ax, -0.1, 0.2), "a Gaussian with a standard deviation of 2 cells around (-0.1 0.2)"},
		{"{points: [[-0.1, 0.2]], width: [0.05, 0.2]}", normalCells(ax, -0.1, 0.05), "a Gaussian around (-0.1 0.2)"}, // half a cell
		{"{gaussian: {mean: [2, 0], sd: [0.2, 0.2]}}", doubled(normalCells(ax, 2, 0.2)), "a Gaussian around (2 0); 0.5 of it lies outside the box and is left out"},
	} {
		p, words := initialDensity(t, k.initial, "reflecting", nil)
		if words != k.words {
			t.Errorf("%s: %q, want %q", k.initial, words, k.words)
		}
		have := marginal(p)
		if d := floats.Distance(have, k.want, math.Inf(1)); d > inside*floats.Max(k.want) {
			t.Errorf("%s: marginal is off by %.3g", k.initial, d)
		}
	}
	both, _ := initialDensity(t, "{points: [[0.3, 0], [-0.5, 0.5]], width: 0.2}", "reflecting", nil)
	one, _ := initialDensity(t, "{points: [[0.3, 0]], width: 0.2}", "reflecting", nil)
	other, _ := initialDensity(t, "{points: [[-0.5, 0.5]], width: 0.2}", "reflecting", nil)
	for i, v := range both.Values {
		if want := (one.Values[i] + other.Values[i]) / 2; math.Abs(v-want) > 1e-13 {
			t.Fatalf("two points: cell %d has %g, want the mean %g of both", i, v, want)
		}
	}
}

func doubled(v []float64) []float64 {
	floats.Scale(2, v)
	return v
}

// Round a periodic axis a density is the same wherever the circle is cut.
func TestInitialDensitiesAreWrapped(t *testing.T) {
	at, _ := initialDensity(t, "{points: [[0, 0]], width: [1.5, 0.3]}", "periodic", nil)
	cut, _ := initialDensity(t, "{points: [[-2, 0]], width: [1.5, 0.3]}", "periodic", nil)
	for i, v := range at.Values {
		if w := cut.Values[i/40*40+(i%40+20)%40]; math.Abs(v-w) > 1e-14 { // some roundings of 1
			t.Fatalf("cell %d has %g, half a turn on %g", i, v, w)
		}
	}
}

// Of a formula the averages are those of its integral, here of polynomials, and its mass is made 1.
func TestInitialDensitiesOfFormulas(t *testing.T) {
	p, words := initialDensity(t, "{formula: \"3*x^4 + y^2\"}", "reflecting", nil)
	if !strings.Contains(words, "x") {
		t.Errorf("words: %q", words)
	}
	total := 3*2*math.Pow(2, 5)/5*4 + 2*math.Pow(2, 3)/3*4
	for i, v := range p.Values {
		lo, hi := -2+0.1*float64(i%40), -1.9+0.1*float64(i%40)
		low, high := -2+0.08*float64(i/40), -1.92+0.08*float64(i/40)
		want := (3*(math.Pow(hi, 5)-math.Pow(lo, 5))/5/0.1 + (math.Pow(high, 3)-math.Pow(low, 3))/3/0.08) / total
		if math.Abs(v-want) > 1e-13 { // roundings of differences of fifth powers
			t.Fatalf("cell %d: %g, want %g", i, v, want)
		}
	}
	if p, _ := initialDensity(t, "{uniform: true}", "reflecting", nil); math.Abs(p.Values[7]-1.0/16) > 1e-16 {
		t.Errorf("uniform: %g", p.Values[7])
	}
}

// writeNPZ returns the name of an .npz file and how to open it.
func writeNPZ(t *testing.T, arrays map[string]any) func(string) (io.ReadCloser, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "solution.npz")
	named := map[string]any{}
	for name, v := range arrays {
		named[name+".npy"] = v
	}
	if err := npz.Write(path, named); err != nil {
		t.Fatal(err)
	}
	return func(string) (io.ReadCloser, error) { return os.Open(path) }
}

func ascendingEdges(lo, hi float64, n int) []float64 {
	return floats.Span(make([]float64, n+1), lo, hi)
}

// A density of a file on other cells keeps its mass in what they have in common.
func TestInitialDensitiesOfFiles(t *testing.T) {
	was := mat.NewDense(2, 4, []float64{1, 2, 3, 4, 5, 6, 7, 8}) // x by rows, y by columns
	open := writeNPZ(t, map[string]any{
		"edges_x": []float64{-2, 0, 1}, "edges_y": []float64{-2, -1, 0, 1, 2}, "density": was,
	})
	p, words := initialDensity(t, "{file: solution.npz}", "reflecting", open)
	if !strings.Contains(words, "others") {
		t.Errorf("words: %q", words)
	}
	const total = 2*(1+2+3+4) + 5 + 6 + 7 + 8
	for i := range p.Values {
		x, low := -1.95+0.1*float64(i%40), -2+0.08*float64(i/40)
		row := 0
		if x > 0 {
			row = 1
		}
		var want float64
		for j := range 4 { // some cells are astride of two
			overlap := max(0, min(low+0.08, float64(j-1))-max(low, float64(j-2)))
			want += overlap / 0.08 * was.At(row, j) / total
		}
		if x > 1 {
			want = 0
		}
		if math.Abs(p.Values[i]-want) > 1e-14 { // roundings of edges over a width
			t.Fatalf("cell %d: %g, want %g", i, p.Values[i], want)
		}
	}
	// On the same cells it is what it was.
	values := mat.NewDense(40, 50, nil)
	for i := range 40 {
		for j := range 50 {
			values.Set(i, j, float64(1+i+100*j))
		}
	}
	_, g, err := starting("{uniform: true}", "reflecting", nil)
	if err != nil {
		t.Fatal(err)
	}
	open = writeNPZ(t, map[string]any{"edges_x": g.Axis(0).Edges(), "edges_y": g.Axis(1).Edges(), "density": values})
	p, words = initialDensity(t, "{file: solution.npz}", "reflecting", open)
	if words != "solution.npz" || math.Abs(p.Values[3+40*7]/p.Values[0]-704) > 1e-10 {
		t.Errorf("%q: values in ratio %g, want 704", words, p.Values[3+40*7]/p.Values[0])
	}
}

// What cannot start an evolution is told with its key.
func TestInitialDensityErrors(t *testing.T) {
	for initial, want := range map[string]string{
		"{points: [[0, 0]], width: 0.001}":                         "initial: want a standard deviation of at least 0.5 cells",
		"{points: [[0, 0]], width: 0}":                             "without an inverse",
		"{points: [[3, 0]], width: 1}":                             "want points in the box",
		"{points: [[0, 0]], width: [1]}":                           "initial.width: want 2 numbers",
		"{points: [[0, 0]], width: [1, -1]}":                       "initial.width[1]: want a number ≥ 0",
		"{points: [[0, 0]], width: wide}":                          "initial.width: want a number",
		"{uniform: true, width: 1}":                                "initial.width: has no meaning",
		"{gaussian: {mean: [0, 0], covariance: [[1, 1], [1, 1]]}}": "without an inverse",
		"{formula: \"x\"}":                                         "initial.formula: want a finite density",
		"{formula: \"0\"}":                                         "initial.formula: want some density",
		"{formula: \"z\"}":                                         "initial.formula: ",
		"{formula: \"exp(-t)\"}":                                   "initial.formula: ",
		"{formula: \"1\", uniform: true}":                          "want exactly one of",
		"{file: missing.npz}":                                      "initial.file: ",
		"{gaussian: {mean: [0, 0], covariance: [[0.04, 0.0399], [0.0399, 0.04]]}}": "at least 0.5 cells",
	} {
		f, g, err := starting(initial, "reflecting", func(name string) (io.ReadCloser, error) { return nil, os.ErrNotExist })
		if err == nil {
			_, _, err = f.InitialDensity(g)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", initial, err, want)
		}
	}
	if f, g, err := starting("{points: [[0, 0]], width: [9, 1]}", "periodic", nil); err != nil {
		t.Error(err)
	} else if _, _, err := f.InitialDensity(g); err == nil || !strings.Contains(err.Error(), "at most 2 lengths") {
		t.Errorf("nine lengths of an axis: error %v", err)
	}
	x, y := ascendingEdges(-2, 2, 2), ascendingEdges(-2, 2, 3)
	good := mat.NewDense(2, 3, []float64{1, 1, 1, 1, 1, 1})
	for want, arrays := range map[string]map[string]any{
		"no array edges_y":    {"edges_x": x, "density": good},
		"no array density":    {"edges_x": x, "edges_y": y},
		"edges_x: want 3 num": {"edges_x": y, "edges_y": y, "density": good},
		"want ascending":      {"edges_x": []float64{0, 0, 1}, "edges_y": y, "density": good},
		"on 1":                {"edges_x": x, "edges_y": y, "density": []float64{1, 2}},
		"type <f8":            {"edges_x": x, "edges_y": y, "density": []int64{1, 2}},
		"finite number":       {"edges_x": x, "edges_y": y, "density": mat.NewDense(2, 3, []float64{1, math.NaN(), 1, 1, 1, 1})},
		"≥ 0":                 {"edges_x": x, "edges_y": y, "density": mat.NewDense(2, 3, []float64{1, -1, 1, 1, 1, 1})},
	} {
		f, g, err := starting("{file: solution.npz}", "reflecting", writeNPZ(t, arrays))
		if err == nil {
			_, _, err = f.InitialDensity(g)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for _, nonsense := range [][]byte{nil, []byte("density"), bytes.Repeat([]byte("PK"), 100)} {
		f, g, err := starting("{file: solution.npz}", "reflecting", func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(nonsense)), nil })
		if err == nil {
			_, _, err = f.InitialDensity(g)
		}
		if err == nil || !strings.Contains(err.Error(), "initial.file: solution.npz: ") {
			t.Errorf("%q: error %v", nonsense, err)
		}
	}
}
