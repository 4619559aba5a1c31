package plot

// This file lays out panels for curves and points.

// A chart is a panel for curves or points.
type chart struct {
	panel
	bottom, left side
}

// newChart returns a chart of w×h pixels, to be placed by newCharts.
func newChart(w, h int, xlo, xhi, ylo, yhi float64, bottom, left side) *chart {
	return &chart{panel{w: w, h: h, xlo: xlo, xhi: xhi, ylo: ylo, yhi: yhi}, bottom, left}
}

// newCharts returns a page with its heading and one legend for all charts, and places
// them on it side by side.
func newCharts(f Format, title string, notes []string, keys []key, charts ...*chart) page {
	width, height := 0, 0
	for _, t := range charts {
		offset := width + leftMargin(t.left)
		t.panel = newPanel(offset, bottomMargin, t.w, t.h, t.xlo, t.xhi, t.ylo, t.yhi)
		width = offset + t.w + curveRight
		height = max(height, t.h)
	}
	first := charts[0].rect.Min.X
	l := newLegend(keys, width-curveRight-int(first/px))
	c := newPage(f, width, bottomMargin+height+l.height()+topMargin(len(notes)))
	l.draw(c.Canvas, first, charts[0].rect.Max.Y)
	last := charts[len(charts)-1].rect.Max.X
	heading(c, first, last, title, notes)
	return c
}

// finish draws what lies on top of the curves.
func (t *chart) finish(c page) { t.frame(c.Canvas, t.bottom, t.left) }
