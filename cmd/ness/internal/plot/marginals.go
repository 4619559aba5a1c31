package plot

import (
	"io"
)

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
	var notes []string
	var tiles []*tile
	var marginals [][]float64
	for _, q := range planes {
		x, y := axes[q.x], axes[q.y]
		m := q.project(axes, density)
		s := linear(densityMap(), "p("+x.Name+", "+y.Name+")", m)
		if len(notes) == 0 && len(s.levels) > 0 {
			notes = append(notes, contourNote+" of each panel")
		}
		for _, n := range s.notes {
			notes = append(notes, s.label+": "+n)
		}
		marginals = append(marginals, m)
		tiles = append(tiles, &tile{x: x, y: y, bars: []*scale{s}})
	}
	c := newRow(f, title, notes, tiles)
	for i, t := range tiles {
		t.cells(c.Canvas, t.x, t.y, marginals[i], t.bars[0])
		t.contours(c.Canvas, t.x, t.y, marginals[i], t.bars[0])
		t.finish(c)
	}
	return c.write(w)
}

// Current3D draws the current of a density on three axes, in each plane of two of
// them: streamlines of the current integrated over the third, in 1/(θT),
//
//	(J_a, J_b)(x_a, x_b) = ∫ (J_a, J_b) dx_c,
//
// over the marginal density, as [Current] does. Between walls, and around periodic
// axes, such a current is stationary as J is: ∂_a J_a + ∂_b J_b = 0.
//
// A caller who finds the current to be round-off passes nil or zeros for j.
func Current3D(w io.Writer, f Format, title string, axes []Axis, density []float64, j [3][]float64) error {
	if err := check("Current3D", 3, axes, density); err != nil {
		return err
	}
	for a := range j {
		if j[a] == nil {
			j[a] = make([]float64, len(density))
		}
	}
	if err := checkGaps("Current3D", len(density), j[:]...); err != nil {
		return err
	}
	type projection struct{ p, jx, jy []float64 }
	var panels []projection
	var greatest float64
	for _, q := range planes {
		r := projection{q.project(axes, density), q.project(axes, j[q.x]), q.project(axes, j[q.y])}
		panels = append(panels, r)
		most, _ := currentNotes(r.p, r.jx, r.jy)
		greatest = max(greatest, most)
	}
	var tiles []*tile
	for k, q := range planes {
		t := &tile{x: axes[q.x], y: axes[q.y], caption: "no current"}
		// What is left of a current that cancels is round-off.
		if most := strongest(panels[k].jx, panels[k].jy); greatest > 0 && most > 1e-12*greatest {
			t.caption = "∫ J d" + axes[q.over].Name
			t.bars = []*scale{speeds("|"+t.caption+"|", "θ⁻¹T⁻¹", most)}
		}
		tiles = append(tiles, t)
	}
	note := "no current"
	if greatest > 0 {
		note = "streamlines of the current integrated over the third parameter, colour and width ∝ its strength, over the marginal density"
	}
	c := newRow(f, title, append([]string{note}, gaps("J", j[:]...)...), tiles)
	for i, t := range tiles {
		r := panels[i]
		t.cells(c.Canvas, t.x, t.y, r.p, linear(paleMap(), "", r.p))
		if len(t.bars) > 0 {
			t.streamlines(c.Canvas, newField(t.panel, t.x, t.y, r.p, r.jx, r.jy, t.bars[0].top))
		}
		t.finish(c)
	}
	return c.write(w)
}

// A plane is two of three axes, and the one that is integrated over.
type plane struct{ x, y, over int }

var planes = []plane{{0, 1, 2}, {0, 2, 1}, {1, 2, 0}}

// project integrates a field over the third axis.
func (q plane) project(axes []Axis, v []float64) []float64 {
	return integrate(axes[q.over], v, cells(axes[:q.over]))
}
