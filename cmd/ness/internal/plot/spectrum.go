package plot

import (
	"io"
	"math"
	"math/cmplx"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Spectrum draws eigenvalues and their conjugates in the complex plane, in 1/T, with 0, that of
// the stationary density, open where there is one, and dashed the circle |λ| = radius within which none
// is missing; 0 for no circle.
func Spectrum(w io.Writer, f Format, title string, values []complex128, stationary bool, radius float64) error {
	var x, y interval
	x.include(0)
	var all []complex128
	for _, l := range values {
		if !(cmplx.Abs(l) <= greatest) {
			return checkValues("Spectrum", 2, []float64{real(l), imag(l)})
		}
		all = append(all, l)
		if imag(l) != 0 {
			all = append(all, cmplx.Conj(l))
		}
		x.include(real(l))
		y.include(imag(l))
		y.include(-imag(l))
	}
	x = x.widened(0.08, 1e-300)
	if most := 0.15 * (x.hi - x.lo); !(y.hi > most) { // real ones lie on a line
		y = interval{-most, most, true}
	}
	y = y.widened(0.08, 0)
	t := newChart(pointsWidth, pointsHeight, x.lo, x.hi, y.lo, y.hi, newSide("Re λ in T⁻¹", rule(x.lo, x.hi, 8)), newSide("Im λ in T⁻¹", rule(y.lo, y.hi, 6)))
	st := dotStyles[0]
	keys := []key{{name: "λ", mark: st.glyph(false, dotRadius)}}
	if stationary {
		keys = append(keys, key{name: "0, the stationary density", mark: st.glyph(true, dotRadius)})
	}
	circle := pencil(gray, 0.8, 4, 3)
	if radius > 0 {
		keys = append(keys, key{name: "none is missing within", line: circle})
	}
	c := newCharts(f, title, nil, keys, t)
	for _, seg := range [][]vg.Point{
		{{X: t.rect.Min.X, Y: t.y(0)}, {X: t.rect.Max.X, Y: t.y(0)}},
		{{X: t.x(0), Y: t.rect.Min.Y}, {X: t.x(0), Y: t.rect.Max.Y}},
	} {
		c.StrokeLines(pencil(gray, 0.4), seg)
	}
	t.arc(c.Canvas, radius, circle)
	if stationary {
		c.DrawGlyph(st.glyph(true, dotRadius), vg.Point{X: t.x(0), Y: t.y(0)})
	}
	for _, l := range all {
		c.DrawGlyph(st.glyph(false, dotRadius), vg.Point{X: t.x(real(l)), Y: t.y(imag(l))})
	}
	t.finish(c)
	return c.write(w)
}

// arc draws the half circle |z| = r, Re z ≤ 0, as far as it is in the panel.
func (p panel) arc(c draw.Canvas, r float64, st draw.LineStyle) {
	if !(r > 0) {
		return
	}
	const pieces = 360
	line := make([]vg.Point, pieces+1)
	for k := range line {
		s, co := math.Sincos(math.Pi * (0.5 + float64(k)/pieces))
		line[k] = vg.Point{X: p.x(r * co), Y: p.y(r * s)}
	}
	c.StrokeLines(st, p.clip(c).ClipLinesXY(line)...)
}
