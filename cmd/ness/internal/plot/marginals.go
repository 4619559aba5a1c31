package plot

import "io"

// Marginals3D draws the three marginals on two axes of a density on three,
//
//	p(x₀, x₁) = ∫ p dx₂ and so on,
//
// side by side, each with its own colour bar and contours at fixed fractions of
// its own maximum.
func Marginals3D(w io.Writer, f Format, title string, axes []Axis, density []float64) error {
	if err := check("Marginals3D", 3, axes, density); err != nil {
		return err
	}
	ms := []*marginal{
		newMarginal(axes[0], axes[1], integrate(axes[2], density, axes[0].cells()*axes[1].cells())),
		newMarginal(axes[0], axes[2], integrate(axes[1], density, axes[0].cells())),
		newMarginal(axes[1], axes[2], integrate(axes[0], density, 1)),
	}
	notes := marginalNotes(ms)
	width, height := 0, 0
	for _, m := range ms {
		m.offset = width + leftMargin(vertical(m.axes[1], m.h))
		width = m.offset + m.w + rightMargin([]*scale{m.scale}, m.h) + marginalGap
		height = max(height, m.h)
	}
	width -= marginalGap
	c := newPage(f, width, bottomMargin+height+topMargin(len(notes)))
	for _, m := range ms {
		x, y := m.axes[0], m.axes[1]
		p := newPanel(m.offset, bottomMargin, m.w, m.h, x.lo(), x.hi(), y.lo(), y.hi())
		p.cells(c.Canvas, x, y, m.density, m.scale)
		p.contours(c.Canvas, x, y, m.density, m.scale)
		p.finish(c, m.axes, m.scale)
	}
	heading(c, c.Min.X, c.Max.X, title, notes)
	return c.write(w)
}

// Longer side of each panel and the space between them, in pixels.
const (
	marginalSide = 720
	marginalGap  = 40
)

// A marginal is one panel of Marginals3D.
type marginal struct {
	axes    []Axis
	density []float64
	scale   *scale
	w, h    int
	offset  int // of the panel from the left of the page, pixels
}

func newMarginal(x, y Axis, density []float64) *marginal {
	m := &marginal{axes: []Axis{x, y}, density: density}
	m.scale = linear(densityMap(), "p("+x.Name+", "+y.Name+")", density)
	m.w, m.h = panelSize(x, y, marginalSide)
	return m
}

// marginalNotes returns the contour note and what the scales have to say, each once.
func marginalNotes(ms []*marginal) []string {
	var notes []string
	if len(ms[0].scale.levels) > 0 {
		notes = append(notes, contourNote+" of each panel")
	}
	for _, m := range ms {
		for _, n := range m.scale.notes {
			notes = append(notes, m.scale.label+": "+n)
		}
	}
	return notes
}
