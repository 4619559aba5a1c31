package plot

import (
	"io"
	"strconv"
)

// A Part is one of the parts of a split vector field F, as vectors at cell centres.
type Part struct {
	X, Y []float64 // nil where the part is known to be zero
	// Fraction is ‖part‖²/‖F‖², as the discrete split has it: the fractions of
	// orthogonal parts sum to 1, which those of vectors at centres do only nearly.
	Fraction float64
}

// roundOff is the Fraction below which a part is round-off: 1e-12 of F.
const roundOff = 1e-24

// none says whether there is nothing of the part to draw.
func (p Part) none() bool { return !(p.Fraction > roundOff && strongest(p.X, p.Y) > 0) }

// Split draws the gradient, the solenoidal and the harmonic part of a vector field
// side by side: streamlines whose colour and width are the strength on one scale for
// all three. name and unit are those of the field. Parts below 1e-12 of it are round-off
// and drawn as none; strengths below 1e-4 of the greatest are not drawn.
func Split(w io.Writer, f Format, title string, axes []Axis, name, unit string, parts [3]Part) error {
	var most float64
	for k := range parts {
		p := &parts[k]
		if p.X == nil && p.Y == nil {
			p.X, p.Y = make([]float64, cells(axes)), make([]float64, cells(axes))
		}
		if err := check("Split", 2, axes); err != nil {
			return err
		}
		if err := checkGaps("Split", cells(axes), p.X, p.Y); err != nil {
			return err
		}
		if !p.none() {
			most = max(most, strongest(p.X, p.Y))
		}
	}
	var notes []string
	var tiles []*tile
	for k, kind := range []string{"gradient", "solenoidal", "harmonic"} {
		t := &tile{x: axes[0], y: axes[1], caption: kind + ": none", follows: k > 0}
		if p := parts[k]; !p.none() {
			t.caption = kind + ": " + percent(p.Fraction)
		}
		notes = append(notes, gaps("the "+kind+" part", parts[k].X, parts[k].Y)...)
		tiles = append(tiles, t)
	}
	if most > 0 {
		notes = append([]string{"shares of ‖" + name + "‖²; streamlines, colour and width ∝ strength on a common scale"}, notes...)
		tiles[2].bars = []*scale{speeds("strength of "+name, unit, most)}
	} else {
		notes = append([]string{"all parts of " + name + " are zero to round-off"}, notes...)
	}
	c := newRow(f, title, notes, tiles)
	for k, t := range tiles {
		if p := parts[k]; !p.none() {
			t.streamlines(c.Canvas, newField(t.panel, t.x, t.y, nil, p.X, p.Y, most))
		}
		t.finish(c)
	}
	return c.write(w)
}

// percent writes a fraction with three digits.
func percent(fraction float64) string {
	v := 100 * fraction
	if v < 0.01 {
		return number(v) + " %"
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + " %"
}
