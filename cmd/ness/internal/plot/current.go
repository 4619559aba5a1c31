package plot

import (
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Current draws streamlines of J = (jx, jy) over a pale picture of the density.
// A line is as wide as |J| is great; heads point where probability goes. Lines
// end where p < 1e-6 or |J| < 1e-4 of its maximum.
//
// A caller who finds the current to be round-off passes nil or zeros for jx and
// jy: then the figure is the density, and says "no current".
func Current(w io.Writer, f Format, title string, axes []Axis, density, jx, jy []float64) error {
	fields := [][]float64{density}
	if jx != nil || jy != nil {
		fields = append(fields, jx, jy)
	}
	if err := check("Current", 2, axes, fields...); err != nil {
		return err
	}
	s := linear(paleMap(), "density p", density)
	s.levels = nil
	pw, ph := panelSize(axes[0], axes[1], longSide)
	field, jmax := newField(newPanel(0, 0, pw, ph, 0, 1, 0, 1), axes[0], axes[1], density, jx, jy)
	note := "no current"
	if jmax > 0 {
		note = "streamlines of J, width ∝ |J|, max |J| = " + number(jmax)
	}
	c, p := newMap(f, title, axes, append([]string{note}, s.notes...), s)
	p.cells(c.Canvas, axes[0], axes[1], density, s)
	if jmax > 0 {
		d := field.distance()
		pen := pen{c.Canvas, p, math.Sqrt(d / maxDistance)}
		for _, l := range field.streamlines(d) {
			pen.ribbon(l)
			pen.heads(l)
		}
	}
	p.finish(c, axes, s)
	return c.write(w)
}

// Least and greatest distance of neighbouring streamlines and the length of a
// step, in points. A step is a third of a pixel, and so a fraction of every cell
// that can be seen.
const (
	minDistance = 3.5
	maxDistance = 9
	lineStep    = 0.1
)

// distance returns the distance of neighbouring streamlines: less than the
// greatest if most of the current flows in less than a tenth of the panel.
func (f *field) distance() float64 {
	var area float64
	wx, wy := spacing(f.x), spacing(f.y)
	for i := range f.jx {
		if math.Hypot(f.jx[i], f.jy[i]) > 0.1 {
			area += wx[i%len(wx)] * wy[i/len(wx)]
		}
	}
	d := maxDistance * math.Sqrt(10*area/(f.w*f.h))
	return math.Min(math.Max(d, minDistance), maxDistance)
}

// spacing returns half the distance between the neighbours of each centre, for
// the outermost half the distance to the only one.
func spacing(c []float64) []float64 {
	w := make([]float64, len(c))
	for i := 1; i < len(c); i++ {
		w[i-1] += (c[i] - c[i-1]) / 2
		w[i] += (c[i] - c[i-1]) / 2
	}
	return w
}

// streamlines covers the panel with lines d apart, beginning at the greatest
// current.
func (f *field) streamlines(d float64) []streamline {
	best, at := 0.0, 0
	for i := range f.jx {
		if s := math.Hypot(f.jx[i], f.jy[i]); s > best && f.p[i] >= minDensity {
			best, at = s, i
		}
	}
	return place(f, f.w, f.h, d, lineStep, f.x[at%len(f.x)], f.y[at/len(f.x)])
}

// A pen draws streamlines on a panel, all sizes times its size.
type pen struct {
	c    draw.Canvas
	p    panel
	size float64
}

// width is the width of a line, in points, where |J| is a fraction s of its
// maximum: proportional but for a hairline that is left of the weakest.
func (n pen) width(s float64) float64 { return n.size * (0.2 + 1.4*s) }

// ribbon fills the area within half a line width of l.
func (n pen) ribbon(l streamline) {
	var out, back vg.Path
	last := len(l.pts) - 1
	for i, v := range l.pts {
		out = append(out, line(n.offset(v, 0.5)))
		back = append(back, line(n.offset(l.pts[last-i], -0.5)))
	}
	out[0].Type = vg.MoveComp
	path := append(out, back...)
	path.Close()
	n.c.SetColor(ink)
	n.c.Fill(path)
}

func line(p vg.Point) vg.PathComp { return vg.PathComp{Type: vg.LineComp, Pos: p} }

// offset returns the place on the page a fraction of the line width left of v.
func (n pen) offset(v vertex, fraction float64) vg.Point {
	d := fraction * n.width(v.strength)
	return n.at(v.x-d*v.uy, v.y+d*v.ux)
}

// at returns the place on the page of a point of the panel.
func (n pen) at(x, y float64) vg.Point {
	return n.p.rect.Min.Add(vg.Point{X: vg.Points(x), Y: vg.Points(y)})
}

// heads puts arrow heads in the middle of each of equal parts of l.
func (n pen) heads(l streamline) {
	const apart = 85 // points
	length := l.length()
	count := max(1, int(length/apart+0.5))
	var s float64
	k := 0
	for i := 1; i < len(l.pts) && k < count; i++ {
		s += math.Hypot(l.pts[i].x-l.pts[i-1].x, l.pts[i].y-l.pts[i-1].y)
		if s >= (float64(k)+0.5)*length/float64(count) {
			n.head(l.pts[i])
			k++
		}
	}
}

// head draws a barbed triangle around v.
func (n pen) head(v vertex) {
	size := n.size * (2.6 + 3.4*math.Sqrt(v.strength))
	at := func(along, across float64) vg.Point {
		return n.at(v.x+size*(along*v.ux-across*v.uy), v.y+size*(along*v.uy+across*v.ux))
	}
	n.c.FillPolygon(ink, []vg.Point{at(0.55, 0), at(-0.45, 0.4), at(-0.25, 0), at(-0.45, -0.4)})
}
