package plot

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// Modes, spectra and passages are drawn whatever their numbers, in one, two and three
// dimensions, and no place on a page comes from 0/0.
func TestExtremeModesAndPassagesAreDrawn(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	fill := func(n int, values ...float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = values[i%len(values)]
		}
		return v
	}
	all := []Axis{uniform("x", -1, 1, 4), {Name: "y", Edges: []float64{0, 1e-9, 1, 1e9}}, uniform("z", 0, 1, 3)}
	for name, c := range map[string][]float64{
		"zeros": {0}, "mixed": {1, -1e-30, 0, 5e-324, -3}, "extreme": {greatest, 1, -greatest},
	} {
		draws := map[string]func(io.Writer) error{
			"Spectrum": func(w io.Writer) error { return Spectrum(w, SVG, "", []complex128{complex(c[0], c[0])}, true, c[0]) },
			"no modes": func(w io.Writer) error { return Spectrum(w, SVG, "", nil, false, 0) },
		}
		for d := 1; d <= 3; d++ {
			axes := all[:d]
			n := cells(axes)
			v, p := fill(n, c...), fill(n, 1, 1e-9, 0.5)
			sets := [][]float64{fill(n, 0, 1)}
			add := func(name string, draw func(io.Writer) error) { draws[fmt.Sprintf("%s, %d axes", name, d)] = draw }
			add("Mode", func(w io.Writer) error { return Mode(w, SVG, "", axes, p, ModeFields{Right: v, Left: v}) })
			add("complex Mode", func(w io.Writer) error {
				return Mode(w, SVG, "", axes, nil, ModeFields{Right: v, RightIm: v, Left: v, LeftIm: v})
			})
			if d == 1 {
				add("Passage1D", func(w io.Writer) error { return Passage1D(w, SVG, "", axes[0], v, p, v, v) })
				add("Passage1D alone", func(w io.Writer) error { return Passage1D(w, SVG, "", axes[0], v, nil, nil, nil) })
				continue
			}
			add("PassageTime", func(w io.Writer) error { return PassageTime(w, SVG, "", axes, v, nil, sets) })
			add("Committor", func(w io.Writer) error { return Committor(w, SVG, "", axes, v, v, p, sets) })
			add("Memberships", func(w io.Writer) error { return Memberships(w, SVG, "", axes, []string{"a"}, [][]float64{v}, p) })
			if d == 2 {
				add("Transitions", func(w io.Writer) error { return Transitions(w, SVG, "", axes, p, v, v, sets) })
			}
		}
		for figure, draw := range draws {
			t.Run(name+"/"+figure, func(t *testing.T) {
				t.Parallel()
				var b bytes.Buffer
				if err := draw(&b); err != nil {
					t.Fatal(err)
				}
				for _, bad := range []string{"NaN", "Inf"} {
					if strings.Contains(withoutImages(b.String()), bad) {
						t.Errorf("%s among the coordinates", bad)
					}
				}
			})
		}
	}
}

func TestFiguresOfPassagesSayWhatTheyShow(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 2)}
	q, p := []float64{0, 0.5, 0.5, 1}, []float64{1, 1, 1, 1}
	for _, c := range []struct {
		want string
		draw func(w io.Writer) error
	}{
		{"is the same", func(w io.Writer) error { return Committor(w, SVG, "", axes, q, complement(q), p, nil) }},
		{"1 − q⁻, probability of B after A", func(w io.Writer) error { return Committor(w, SVG, "", axes, q, q, p, nil) }},
		{"no current", func(w io.Writer) error {
			return Transitions(w, SVG, "", axes, p, make([]float64, 4), make([]float64, 4), nil)
		}},
		{"the mean time is 0 everywhere", func(w io.Writer) error { return PassageTime(w, SVG, "", axes, make([]float64, 4), p, nil) }},
		{"none is missing within", func(w io.Writer) error { return Spectrum(w, SVG, "", []complex128{-1}, true, 1) }},
		{"Im u", func(w io.Writer) error { return Mode(w, SVG, "", axes, p, ModeFields{"", q, q, q, q}) }},
	} {
		var b bytes.Buffer
		if err := c.draw(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("the figure does not say %q", c.want)
		}
	}
	if err := Mode(io.Discard, SVG, "", axes, p, ModeFields{Right: []float64{1, 2, math.NaN(), 4}, Left: q}); err == nil {
		t.Error("NaN is no error")
	}
}

// Colours of left vectors end at the modulus that 99 % of the mass is below: of 0, 1, … 99 with
// equal masses at 98, and where all the mass is in one cell at what is there.
func TestLeftVectorsAreScaledByTheMass(t *testing.T) {
	u, one := make([]float64, 100), make([]float64, 100)
	for i := range u {
		u[i] = -float64(i)
	}
	one[7] = 1
	axes := []Axis{uniform("x", 0, 1, 100)}
	m := ModeFields{Left: u}
	if got := m.limit(axes, nil); got != 98 {
		t.Errorf("%g, want 98", got)
	}
	if got := m.limit(axes, one); got != 7 {
		t.Errorf("%g, want 7", got)
	}
}

// More than three panels are in rows of three, four in two rows of two; none lies on another, and the
// first of each row has its own vertical axis.
func TestManyPanelsAreInRows(t *testing.T) {
	x, y := uniform("x", 0, 1, 4), uniform("y", 0, 2, 4)
	for n, rows := range map[int][]int{1: {1}, 2: {2}, 3: {3}, 4: {2, 2}, 6: {3, 3}, 7: {3, 3, 1}} {
		var tiles []*tile
		for k := range n {
			tiles = append(tiles, &tile{x: x, y: y, caption: "caption", bars: []*scale{signed("v", "", []float64{1})}, follows: k > 0})
		}
		page := newRow(SVG, "title", []string{"note"}, tiles)
		k := 0
		for r, count := range rows {
			for i := range count {
				q := tiles[k]
				if q.follows != (i > 0) {
					t.Errorf("%d panels: number %d has a wrong axis", n, k)
				}
				if i > 0 && (q.rect.Min.Y != tiles[k-1].rect.Min.Y || q.rect.Min.X <= tiles[k-1].rect.Max.X) {
					t.Errorf("%d panels: number %d is not right of the last", n, k)
				}
				if r > 0 && q.rect.Max.Y >= tiles[k-1-i].rect.Min.Y {
					t.Errorf("%d panels: number %d is not below the last row", n, k)
				}
				if q.rect.Min.Y < 0 || q.rect.Max.Y >= page.Max.Y || q.rect.Max.X > page.Max.X {
					t.Errorf("%d panels: number %d is not on the page", n, k)
				}
				k++
			}
		}
	}
}

// A projection that cancels is not drawn in colours of its round-off.
func TestModesThatCancelAreZero(t *testing.T) {
	axes := []Axis{uniform("x", 0, 1, 2), uniform("y", 0, 1, 2), uniform("z", 0, 1, 2)}
	v := []float64{1, 2, 3, 4, -1, -2, -3, -4 - 1e-12} // odd in z
	var b bytes.Buffer
	if err := Mode(&b, SVG, "", axes, nil, ModeFields{Right: v, Left: v}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "zero within its error"); n != 1 {
		t.Errorf("%d projections are zero, want one", n)
	}
}
