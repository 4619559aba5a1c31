package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Current draws streamlines of J = (jx, jy), in 1/(θT), over a pale picture of the
// density, and dashed level lines of the loss, one value per cell. A line has the
// colour of |J| and is as wide as |J| is great; heads point where probability goes.
// Lines end where p < 1e-6 or |J| < 1e-4 of its maximum; level lines are at equal
// steps over the range that the loss has where p ≥ 1e-6 of its maximum.
//
// A caller who finds the current to be round-off passes nil or zeros for jx and
// jy: then the figure is the density, and says "no current". loss is nil where the
// problem has none. J and the loss may be NaN in cells where they have no value.
func Current(w io.Writer, f Format, title string, axes []Axis, density, jx, jy, loss []float64) error {
	if err := check("Current", 2, axes, density); err != nil {
		return err
	}
	var fields [][]float64
	if jx != nil || jy != nil {
		fields = append(fields, jx, jy)
	}
	if loss != nil {
		fields = append(fields, loss)
	}
	if err := checkGaps("Current", cells(axes), fields...); err != nil {
		return err
	}
	s := linear(paleMap(), "density p", density)
	s.levels = nil
	most, notes := currentNotes(density, jx, jy)
	bars := []*scale{s}
	if most > 0 {
		bars = []*scale{speeds("|J|", "θ⁻¹T⁻¹", most), s}
	}
	lines := lossLevels(density, loss)
	if len(lines.at) > 0 {
		notes = append(notes, "dashed: level lines of L every "+number(lines.step))
	}
	c, p := newMap(f, title, axes, append(notes, s.notes...), bars...)
	p.cells(c.Canvas, axes[0], axes[1], density, s)
	p.lossLines(c.Canvas, axes, loss, lines)
	if most > 0 {
		p.streamlines(c.Canvas, newField(p, axes[0], axes[1], density, jx, jy, most))
	}
	p.finish(c, axes, bars...)
	return c.write(w)
}

// currentNotes returns the greatest |J|, 0 if there is nothing to draw, and says so.
func currentNotes(density, jx, jy []float64) (most float64, notes []string) {
	_, top := extrema(density)
	if most = strongest(jx, jy); !(most > 0 && top > 0) {
		return 0, append([]string{"no current"}, gaps("J", jx, jy)...)
	}
	return most, append([]string{"streamlines of J, colour and width ∝ |J|, max |J| = " + number(most)}, gaps("J", jx, jy)...)
}

// speeds is the scale of the strength of a vector field, from 0 to most.
func speeds(label, unit string, most float64) *scale {
	return &scale{cm: speedMap(), label: label, unit: unit, top: most}
}

// gaps says in how many cells one of the fields has no value.
func gaps(name string, fields ...[]float64) []string {
	missing, n := 0, 0
	for i := range fields[0] {
		n++
		for _, f := range fields {
			if math.IsNaN(f[i]) {
				missing++
				break
			}
		}
	}
	if missing == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s has no value at %d of %d places", name, missing, n)}
}

// streamlines covers the panel with the streamlines of f.
func (p panel) streamlines(c draw.Canvas, f *field) {
	d := f.distance()
	pen := pen{c, p, math.Sqrt(d / maxDistance)}
	for _, l := range f.streamlines(d) {
		for _, piece := range l.pieces() {
			pen.ribbon(piece)
		}
		pen.heads(l)
	}
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
	wx, wy := spacing(f.x.at), spacing(f.y.at)
	for j, row := range f.y.cell {
		for i, col := range f.x.cell {
			if k := row*f.nx + col; math.Hypot(f.jx[k], f.jy[k]) > 0.1 {
				area += wx[i] * wy[j]
			}
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
	best, x, y := 0.0, 0.0, 0.0
	for j, row := range f.y.cell {
		for i, col := range f.x.cell {
			k := row*f.nx + col
			if s := math.Hypot(f.jx[k], f.jy[k]); s > best && (f.p == nil || f.p[k] >= minDensity) {
				best, x, y = s, f.x.at[i], f.y.at[j]
			}
		}
	}
	return place(f, f.sheet, d, lineStep, x, y)
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

// tints is how many colours of speedMap lines are drawn in: one step is below what the
// eye sees on a thin line.
const tints = 24

// tint returns the number of the colour of a strength.
func tint(strength float64) int { return min(int(strength*tints), tints-1) }

// tintColor returns a colour by its number.
func tintColor(k int) color.RGBA { return speedMap().at((float64(k) + 0.5) / tints) }

// ribbon fills the area within half a line width of pts, in runs of one colour. Each
// run reaches one vertex into the next, which covers it, so that no seam shows.
func (n pen) ribbon(pts []vertex) {
	for lo := 0; lo < len(pts)-1; {
		next, end := run(pts, lo)
		n.c.SetColor(tintColor(tint(pts[lo].strength)))
		n.c.Fill(n.outline(pts[lo : end+1]))
		lo = next
	}
}

// run returns the vertex at which the colour next changes, or the last, and the one to
// which the run from lo is drawn.
func run(pts []vertex, lo int) (next, end int) {
	k, last := tint(pts[lo].strength), len(pts)-1
	for next = lo + 1; next < last && tint(pts[next].strength) == k; {
		next++
	}
	return next, min(next+1, last)
}

// outline returns the closed path half a line width from pts.
func (n pen) outline(pts []vertex) vg.Path {
	var out, back vg.Path
	last := len(pts) - 1
	for i, v := range pts {
		out = append(out, line(n.offset(v, 0.5)))
		back = append(back, line(n.offset(pts[last-i], -0.5)))
	}
	out[0].Type = vg.MoveComp
	path := append(out, back...)
	path.Close()
	return path
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

// headDistance is about how far apart arrow heads are on a line, in points.
const headDistance = 85

// heads puts arrow heads on l.
func (n pen) heads(l streamline) {
	for _, v := range l.evenly(headDistance, 0.5) {
		n.head(v, n.size*(2.6+3.4*math.Sqrt(v.strength)), tintColor(tint(v.strength)))
	}
}

// head draws a barbed triangle around v.
func (n pen) head(v vertex, size float64, col color.Color) {
	at := func(along, across float64) vg.Point {
		return n.at(v.x+size*(along*v.ux-across*v.uy), v.y+size*(along*v.uy+across*v.ux))
	}
	n.c.FillPolygon(col, []vg.Point{at(0.55, 0), at(-0.45, 0.4), at(-0.25, 0), at(-0.45, -0.4)})
}
