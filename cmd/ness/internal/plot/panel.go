package plot

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A panel is a rectangle of the page, on whole pixels, with a linear scale along
// each side.
type panel struct {
	rect               vg.Rectangle
	w, h               int // pixels
	xlo, xhi, ylo, yhi float64
}

// newPanel returns the panel whose lower left corner is x, y pixels from the
// page's.
func newPanel(x, y, w, h int, xlo, xhi, ylo, yhi float64) panel {
	p := panel{w: w, h: h, xlo: xlo, xhi: xhi, ylo: ylo, yhi: yhi}
	p.rect.Min = vg.Point{X: vg.Length(x) * px, Y: vg.Length(y) * px}
	p.rect.Max = p.rect.Min.Add(vg.Point{X: vg.Length(w) * px, Y: vg.Length(h) * px})
	return p
}

// x returns the place of v on the page.
func (p panel) x(v float64) vg.Length {
	return p.rect.Min.X + vg.Length((v-p.xlo)/(p.xhi-p.xlo))*p.rect.Size().X
}

// y returns the place of v on the page.
func (p panel) y(v float64) vg.Length {
	return p.rect.Min.Y + vg.Length((v-p.ylo)/(p.yhi-p.ylo))*p.rect.Size().Y
}

// side says what is written along one side of a panel.
type side struct {
	name string
	ruler
	bare   bool      // ticks without labels, and no name
	labels vg.Length // room for the labels, at least their width
}

// newSide returns the side of an axis with a name and labels.
func newSide(name string, r ruler) side {
	return side{name: r.name(name), ruler: r, labels: r.width()}
}

const (
	tickLength = vg.Length(3)
	labelGap   = vg.Length(2.5)
)

// frame draws the box, ticks outside of it on the left and below, and names.
func (p panel) frame(c draw.Canvas, bottom, left side) {
	line := draw.LineStyle{Color: black, Width: vg.Points(0.6)}
	r := p.rect
	c.StrokeLines(line, box(r))
	below := style(tickSize, text.XCenter, text.YTop)
	for _, t := range bottom.ticks {
		x := p.x(t.value)
		c.StrokeLine2(line, x, r.Min.Y, x, r.Min.Y-tickLength)
		if !bottom.bare {
			fillText(c, below, x, r.Min.Y-tickLength-labelGap, t.label)
		}
	}
	beside := style(tickSize, text.XRight, text.YCenter)
	for _, t := range left.ticks {
		y := p.y(t.value)
		c.StrokeLine2(line, r.Min.X, y, r.Min.X-tickLength, y)
		if !left.bare {
			fillCentered(c, beside, r.Min.X-tickLength-labelGap, y, t.label)
		}
	}
	mid := vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}
	if !bottom.bare {
		name := fit(style(labelSize, text.XCenter, text.YTop), bottom.name, r.Size().X)
		fillText(c, name, mid.X, r.Min.Y-tickLength-2*labelGap-vg.Length(tickSize), bottom.name)
	}
	if !left.bare {
		name := fit(style(labelSize, text.XCenter, text.YBottom), left.name, r.Size().Y)
		name.Rotation = math.Pi / 2
		fillText(c, name, r.Min.X-tickLength-3*labelGap-left.labels, mid.Y, left.name)
	}
}

// leftMargin returns the pixels that frame needs left of the panel.
func leftMargin(left side) int {
	if left.bare {
		return pixelsUp(tickLength)
	}
	return pixelsUp(tickLength + 4*labelGap + left.labels + 1.3*labelSize + 4)
}

// bottomMargin is the pixels that frame needs below the panel.
const bottomMargin = 118

// pixelsUp rounds a length up to whole pixels.
func pixelsUp(l vg.Length) int { return int(math.Ceil(float64(l / px))) }

// colorBars draws scales right of p, one beside the other.
func (p panel) colorBars(c draw.Canvas, bars []*scale) {
	offset := 0
	for _, s := range bars {
		p.colorBar(c, s, offset)
		offset += barMargin(s, p.h)
	}
}

// colorBar draws a scale right of p, offset pixels on: colours, contour levels,
// ticks, label.
func (p panel) colorBar(c draw.Canvas, s *scale, offset int) {
	bar := panel{w: barWidth, h: p.h, xhi: 1, ylo: s.bottom, yhi: s.top}
	bar.rect.Min = vg.Point{X: p.rect.Max.X + vg.Length(barGap+offset)*px, Y: p.rect.Min.Y}
	bar.rect.Max = vg.Point{X: bar.rect.Min.X + barWidth*px, Y: p.rect.Max.Y}
	if s.overflow != "" {
		p.overflowPatch(c, &bar, s)
	}
	img := image.NewRGBA(image.Rect(0, 0, bar.w, bar.h))
	for y := range bar.h {
		col := s.cm.at(1 - (float64(y)+0.5)/float64(bar.h))
		for x := range bar.w {
			img.SetRGBA(x, y, col)
		}
	}
	c.DrawImage(bar.rect, img)
	r := bar.rect
	for _, v := range s.levels {
		c.StrokeLine2(contourLine(s, v), r.Min.X, bar.y(v), r.Max.X, bar.y(v))
	}
	line := draw.LineStyle{Color: black, Width: vg.Points(0.6)}
	c.StrokeLines(line, box(r))
	st := style(tickSize, text.XLeft, text.YCenter)
	marks := s.ruler(bar.h)
	for _, t := range marks.ticks {
		c.StrokeLine2(line, r.Max.X, bar.y(t.value), r.Max.X+tickLength, bar.y(t.value))
		fillCentered(c, st, r.Max.X+tickLength+labelGap, bar.y(t.value), t.label)
	}
	label := s.title(marks)
	name := fit(style(labelSize, text.XCenter, text.YTop), label, r.Size().Y)
	name.Rotation = math.Pi / 2
	fillText(c, name, r.Max.X+tickLength+2*labelGap+marks.width(), (r.Min.Y+r.Max.Y)/2, label)
}

// overflowPatch takes a piece off the top of the bar for the colour beyond.
func (p panel) overflowPatch(c draw.Canvas, bar *panel, s *scale) {
	const patch, gap = 44, 14 // pixels
	r := vg.Rectangle{Min: vg.Point{X: bar.rect.Min.X, Y: bar.rect.Max.Y - patch*px}, Max: bar.rect.Max}
	bar.h -= patch + gap
	bar.rect.Max.Y -= (patch + gap) * px
	c.SetColor(beyond)
	c.Fill(r.Path())
	c.StrokeLines(draw.LineStyle{Color: black, Width: vg.Points(0.6)}, box(r))
	st := style(noteSize, text.XLeft, text.YCenter)
	fillCentered(c, st, r.Max.X+tickLength+labelGap, (r.Min.Y+r.Max.Y)/2, s.overflow)
}

// ruler returns the labels of a colour bar h pixels high.
func (s *scale) ruler(h int) ruler {
	switch s.form {
	case decades:
		return ruleDecades(s.bottom, s.top)
	case degrees:
		return ruleDegrees(s.top)
	}
	return rule(s.bottom, s.top, max(2, h/130))
}

// Places of the colour bar, in pixels.
const (
	barGap   = 40
	barWidth = 44
)

// rightMargin returns the pixels that colorBars needs right of a panel h high.
func rightMargin(bars []*scale, h int) (w int) {
	for _, s := range bars {
		w += barMargin(s, h)
	}
	return w
}

// barMargin returns the pixels that one colour bar needs.
func barMargin(s *scale, h int) int {
	w := tickLength + 3*labelGap + s.ruler(h).width() + 1.3*labelSize
	w = max(w, tickLength+2*labelGap+style(noteSize, text.XLeft, text.YBottom).Width(s.overflow))
	return barGap + barWidth + pixelsUp(w)
}

// contourLine is the line of the contour at v.
func contourLine(s *scale, v float64) draw.LineStyle {
	return draw.LineStyle{Color: s.cm.lineOver(s.fraction(v)), Width: vg.Points(0.45)}
}

// box returns the closed outline of r.
func box(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min, {X: r.Max.X, Y: r.Min.Y}}
}

// stroke draws a polyline.
func stroke(c draw.Canvas, col color.Color, width float64, pts []vg.Point) {
	c.StrokeLines(draw.LineStyle{Color: col, Width: vg.Points(width)}, pts)
}

// topMargin returns the pixels of a title and n lines of notes.
func topMargin(n int) int { return 88 + 36*n }

// longestTitle is the number of characters after which a title is cut: more would only
// fit in print too small to read.
const longestTitle = 90

// heading writes title and notes, centred over the panels between x0 and x1.
func heading(c page, x0, x1 vg.Length, title string, notes []string) {
	mid, top := (x0+x1)/2, c.Max.Y-vg.Length(6)
	w := 2 * min(mid-c.Min.X, c.Max.X-mid)
	if r := []rune(title); len(r) > longestTitle {
		title = string(r[:longestTitle-1]) + "…"
	}
	st := fit(style(titleSize, text.XCenter, text.YTop), title, 0.98*w)
	fillText(c.Canvas, st, mid, top, title)
	top -= vg.Length(titleSize * 1.4)
	for _, n := range notes {
		st := fit(style(noteSize, text.XCenter, text.YTop), n, 0.98*w)
		st.Color = gray
		fillText(c.Canvas, st, mid, top, n)
		top -= 36 * px
	}
}
