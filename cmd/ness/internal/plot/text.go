package plot

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of type, in points.
const (
	titleSize = 11
	labelSize = 10
	tickSize  = 8.5
	noteSize  = 7.5
)

// face is DejaVu Sans as the only font of a cache of its own: gonum/plot's
// default, Liberation, drops ∇ and superscripts without a word.
var face = sync.OnceValue(func() font.Face {
	ttf, err := opentype.Parse(dejavusans.TTF)
	if err != nil {
		panic(fmt.Sprintf("plot: the embedded font: %v", err))
	}
	return font.Face{Font: font.Font{Typeface: "DejaVu", Variant: "Sans"}, Face: ttf}
})

var handler = sync.OnceValue(func() text.Handler {
	return text.Plain{Fonts: font.NewCache(font.Collection{face()})}
})

// style returns black type of the given size in points.
func style(size float64, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color: black, Font: font.From(face().Font, vg.Points(size)),
		XAlign: x, YAlign: y, Handler: handler(),
	}
}

// fit returns st with its size reduced until txt is no wider than w.
func fit(st text.Style, txt string, w vg.Length) text.Style {
	if have := st.Width(txt); have > w {
		st.Font.Size *= w / have
	}
	return st
}

// A ruler is the labelled places on an axis and the power of ten, "" for none,
// that their labels are to be multiplied by.
type ruler struct {
	ticks  []tick
	factor string
}

type tick struct {
	value float64
	label string
}

// name returns the name of an axis with the factor of its labels, as in a / 10⁻³.
func (r ruler) name(axis string) string {
	if r.factor == "" {
		return axis
	}
	return axis + " / " + r.factor
}

// width returns the width of the longest label.
func (r ruler) width() vg.Length {
	var w vg.Length
	st := style(tickSize, text.XLeft, text.YBottom)
	for _, t := range r.ticks {
		w = max(w, st.Width(t.label))
	}
	return w
}

// rule returns about n round numbers in [lo, hi], two at least, with labels of equal
// precision; fewer where the range is too small for numbers.
func rule(lo, hi float64, n int) ruler {
	step := niceStep((hi - lo) / float64(n))
	if step == 0 {
		return ruler{ticks: []tick{{lo, number(lo)}}}
	}
	exp, decimals := labelForm(math.Max(math.Abs(lo), math.Abs(hi)), step)
	var r ruler
	if exp != 0 {
		r.factor = "10" + superscript(exp)
	}
	first := math.Ceil(lo/step - 1e-9)
	for i := range 2 * n { // bounded even where lo/step has no fraction digits left
		v := (first + float64(i)) * step
		if v > hi+1e-9*step {
			break
		}
		r.ticks = append(r.ticks, tick{v, mantissa(v, exp, decimals)})
	}
	if len(r.ticks) < 2 && n < 5 { // five steps are at least two, however they lie
		return rule(lo, hi, n+1)
	}
	return r
}

// ruleAlong returns a ruler for an axis n pixels long that runs with its labels:
// they have half their width between them.
func ruleAlong(lo, hi float64, n int) ruler {
	for k := max(2, n/120); ; k-- {
		r := rule(lo, hi, k)
		if k <= 2 || 1.5*r.width()*vg.Length(len(r.ticks)) <= vg.Length(n)*px {
			return r
		}
	}
}

// ruleDecades returns the powers of ten in [10ˡᵒ, 10ʰⁱ], at their logarithms.
func ruleDecades(lo, hi float64) ruler {
	var r ruler
	for e := int(math.Ceil(lo)); float64(e) <= hi; e++ {
		r.ticks = append(r.ticks, tick{float64(e), "10" + superscript(e)})
	}
	return r
}

// ruleLog returns 1, 2, …, 9 times the powers of ten in [10ˡᵒ, 10ʰⁱ], at their logarithms.
// Of less than two decades 1, 2 and 5 have labels, of less than a half all, else powers of
// ten, of which there are few.
func ruleLog(lo, hi float64) ruler {
	const few = 8
	every := int(math.Ceil((hi - lo) / few))
	var r ruler
	for e := int(math.Floor(lo)); float64(e) <= hi; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(e) + math.Log10(float64(m))
			if v < lo || v > hi || every > 1 && m > 1 {
				continue
			}
			label := ""
			switch {
			case m == 1 && e%every == 0:
				label = "10" + superscript(e)
			case hi-lo < 0.5 || hi-lo < 2 && (m == 2 || m == 5):
				label = strconv.Itoa(m) + "×10" + superscript(e)
			}
			r.ticks = append(r.ticks, tick{v, label})
		}
	}
	return r
}

// ruleCount returns about ten whole numbers from 1 to n.
func ruleCount(n int) ruler {
	step := max(1, int(niceStep(float64(n)/10)))
	var r ruler
	for i := step; i <= n; i += step {
		r.ticks = append(r.ticks, tick{float64(i), strconv.Itoa(i)})
	}
	return r
}

// ruleDegrees returns every 15° up to hi.
func ruleDegrees(hi float64) ruler {
	var r ruler
	for a := 0; float64(a) <= hi; a += 15 {
		r.ticks = append(r.ticks, tick{float64(a), strconv.Itoa(a) + "°"})
	}
	return r
}

// niceStep returns the smallest of 1, 2, 5 × 10ᵏ that is at least x; 0 for x
// below 1e-290, where powers of ten lose their digits.
func niceStep(x float64) float64 {
	if x < 1e-290 {
		return 0
	}
	base := math.Pow10(int(math.Floor(math.Log10(x))))
	for _, m := range []float64{1, 2, 5} {
		if x <= m*base*(1+1e-9) {
			return m * base
		}
	}
	return 10 * base
}

// labelForm returns the power of ten to take out of labels up to size (0: none)
// and the decimals that tell multiples of step apart.
func labelForm(size, step float64) (exp, decimals int) {
	if e := int(math.Floor(math.Log10(size))); !plain(e) {
		exp = e
	}
	return exp, max(0, exp-int(math.Floor(math.Log10(step)+1e-9)))
}

// mantissa writes v over 10 to the exp as a decimal number.
func mantissa(v float64, exp, decimals int) string {
	// Two factors, since 10^-exp may overflow where v is near the smallest float.
	m := v * math.Pow10(-exp/2) * math.Pow10(-exp+exp/2)
	s := strconv.FormatFloat(m, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return "0"
	}
	return strings.Replace(s, "-", "−", 1)
}

// number writes v to three significant digits.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', 2, 64), "e")
	exp, err := strconv.Atoi(e)
	if err != nil {
		panic(fmt.Sprintf("plot: number: %v is not finite", v))
	}
	if plain(exp) {
		m = strconv.FormatFloat(v, 'f', max(0, 2-exp), 64)
	}
	m = strings.Replace(m, "-", "−", 1)
	if plain(exp) {
		return m
	}
	return m + "×10" + superscript(exp)
}

// plain says whether numbers with the leading digit at 10 to the exp are written
// without a power of ten.
func plain(exp int) bool { return exp >= -2 && exp < 5 }

func superscript(n int) string {
	var b strings.Builder
	for _, r := range strconv.Itoa(n) {
		if r == '-' {
			b.WriteRune('⁻')
			continue
		}
		b.WriteRune([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0'])
	}
	return b.String()
}

// fillText writes txt at (x, y) of the page.
func fillText(c draw.Canvas, st text.Style, x, y vg.Length, txt string) {
	c.FillText(st, vg.Point{X: x, Y: y}, txt)
}

// fillCentered writes one line of figures beside (x, y), the middle of the
// digits, which are 0.73 em high and have no descent, at the height y.
func fillCentered(c draw.Canvas, st text.Style, x, y vg.Length, txt string) {
	st.YAlign = text.YBottom
	baseline := st.FontExtents().Ascent - st.Font.Size // of text drawn at 0
	fillText(c, st, x, y+baseline-0.365*st.Font.Size, txt)
}
