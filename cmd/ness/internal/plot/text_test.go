package plot

import (
	"html"
	"math"
	"regexp"
	"testing"

	"golang.org/x/image/font/sfnt"
)

// Runes that files may bring have glyphs. What figures write themselves is looked at where they are drawn.
func TestEveryRuneHasItsGlyph(t *testing.T) {
	wantGlyphs(t, "∇·J = −∂ψ ⁰¹²³⁴⁵⁶⁷⁸⁹⁻ ₀₁₂₃₄₅₆₇₈₉ αβγδεζηθικλμνξπρστυφχψω ϕ ΓΔΘΛΞΠΣΦΨΩ ≤≥≈≠∝∞√∫∂∑ ×±−∈ÄÖÜäöüßéèñ")
}

var textElement = regexp.MustCompile(`(?s)<text[^>]*>(.*?)</text>`)

// labels returns the text of every label of an SVG file.
func labels(svg []byte) (text []string) {
	for _, m := range textElement.FindAllSubmatch(svg, -1) {
		text = append(text, html.UnescapeString(string(m[1])))
	}
	return text
}

// wantGlyphs fails where a rune has no glyph: it is drawn as an empty box, or not at all.
func wantGlyphs(t *testing.T, text string) {
	t.Helper()
	var buf sfnt.Buffer
	for _, r := range text {
		g, err := face().Face.GlyphIndex(&buf, r)
		if err != nil {
			t.Fatal(err)
		}
		if g == 0 {
			t.Errorf("no glyph for %q", r)
		}
	}
}

func TestRulesAreRoundNumbers(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n      int
		factor string
		labels []string
	}{
		{-2, 2, 9, "", []string{"−2.0", "−1.5", "−1.0", "−0.5", "0", "0.5", "1.0", "1.5", "2.0"}},
		{0, 1e-4, 5, "10⁻⁴", []string{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{0, 123456, 4, "10⁵", []string{"0", "0.5", "1.0"}},
		{1, 1.00001, 2, "", []string{"1.000000", "1.000005", "1.000010"}},
		{7, 50, 4, "", []string{"20", "40"}},
		{-1e300, 1e300, 2, "10³⁰⁰", []string{"−1", "0", "1"}},
	} {
		r := rule(c.lo, c.hi, c.n)
		var got []string
		for _, k := range r.ticks {
			got = append(got, k.label)
		}
		if r.factor != c.factor || len(got) != len(c.labels) {
			t.Errorf("rule(%g, %g, %d) = %q %q, want %q %q", c.lo, c.hi, c.n, r.factor, got, c.factor, c.labels)
			continue
		}
		for i := range got {
			if got[i] != c.labels[i] {
				t.Errorf("rule(%g, %g, %d) = %q, want %q", c.lo, c.hi, c.n, got, c.labels)
			}
		}
	}
}

func TestNumberHasThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1.00", -2.5: "−2.50", 0.0123: "0.0123", 123.4: "123", 0.001234: "1.23×10⁻³",
		-6.02e23: "−6.02×10²³", 5e-324: "4.94×10⁻³²⁴", math.MaxFloat64: "1.80×10³⁰⁸",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%g) = %q, want %q", v, got, want)
		}
	}
}

// A lower lightness must always mean more, or less, over the whole of a map.
func TestColorMapsAreMonotonic(t *testing.T) {
	luma := func(m *colorMap, i int) float64 {
		lin := func(c uint8) float64 { // sRGB
			x := float64(c) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*lin(m[i].R) + 0.7152*lin(m[i].G) + 0.0722*lin(m[i].B)
	}
	// Channels of 8 bits: rounding moves the luminance by up to half a step of
	// each, at most 0.5/255·2.4/1.055 in linear light; two colours, twice that.
	const rounding = 2 * 0.5 / 255 * 2.4 / 1.055
	for name, m := range map[string]*colorMap{"density": densityMap(), "pale": paleMap(), "speed": speedMap(), "potential": reversed(potentialMap())} {
		for i := 1; i < shades; i++ {
			if a, b := luma(m, i-1), luma(m, i); b > a+rounding {
				t.Errorf("%s: shade %d is lighter than shade %d: %.5f > %.5f", name, i, i-1, b, a)
			}
		}
		if a, b := luma(m, 0), luma(m, shades-1); a < 3*b && name != "pale" {
			t.Errorf("%s: ends too alike to read, luminances %.3f and %.3f", name, a, b)
		}
	}
	// The slowest line stands out from the darkest ground it can lie on.
	if line, ground := luma(speedMap(), 0), luma(paleMap(), shades-1); ground < 1.5*line {
		t.Errorf("lines of luminance %.3f on %.3f", line, ground)
	}
	// The signed map is lightest in the middle and falls to either side.
	for i := range shades/2 - 1 {
		if s := signedMap(); luma(s, i) > luma(s, i+1)+rounding || luma(s, shades-1-i) > luma(s, shades-2-i)+rounding {
			t.Errorf("signed: shade %d from an end is lighter than the next", i)
		}
	}
}
