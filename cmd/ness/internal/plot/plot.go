package plot

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// An Axis is the name of one coordinate and its cell edges, ascending.
type Axis struct {
	Name  string
	Edges []float64
	// Periodic says that the last edge is the first again: streamlines that leave on
	// one side come in on the other.
	Periodic bool
}

// cells returns the number of cells.
func (a Axis) cells() int { return len(a.Edges) - 1 }

func (a Axis) lo() float64 { return a.Edges[0] }

func (a Axis) hi() float64 { return a.Edges[len(a.Edges)-1] }

// width returns the width of cell i.
func (a Axis) width(i int) float64 { return a.Edges[i+1] - a.Edges[i] }

// A Format is a kind of picture file.
type Format int

const (
	// PNG is 250 pixels to the inch; a square domain takes about 1600×1350.
	PNG Format = iota
	// SVG has lines and text as vectors and colours as an embedded PNG.
	SVG
)

const (
	dpi = 250
	// px is one pixel of a PNG. All pictures are laid out on whole pixels, so that
	// colours need no resampling on their way to the file.
	px = vg.Inch / dpi
)

// A page is an empty picture of w×h pixels to draw on.
type page struct {
	draw.Canvas
	out vg.CanvasWriterTo
}

func newPage(f Format, w, h int) page {
	var out vg.CanvasWriterTo
	switch f {
	case PNG:
		out = vgimg.PngCanvas{Canvas: vgimg.NewWith(
			vgimg.UseWH(vg.Length(w)*px, vg.Length(h)*px), vgimg.UseDPI(dpi))}
	case SVG:
		out = vgsvg.New(vg.Length(w)*px, vg.Length(h)*px)
	default:
		panic(fmt.Sprintf("plot: unknown format %d", f))
	}
	c := page{draw.New(out), out}
	c.SetColor(white)
	c.Fill(c.Rectangle.Path())
	return c
}

func (c page) write(w io.Writer) error {
	_, err := c.out.WriteTo(w)
	return err
}

// greatest bounds values and edges, so that products of two are finite.
const greatest = 1e150

// check panics where the caller slipped (wrong number of axes, edges that do not
// ascend, fields of the wrong length) and returns an error for the first value
// that is not a number within ±greatest.
func check(fn string, dims int, axes []Axis, fields ...[]float64) error {
	if len(axes) != dims {
		panic(fmt.Sprintf("plot: %s: want %d axes, have %d", fn, dims, len(axes)))
	}
	for _, a := range axes {
		if !ascending(a.Edges) {
			panic(fmt.Sprintf("plot: %s: edges of axis %q do not ascend within ±%g", fn, a.Name, greatest))
		}
	}
	return checkValues(fn, cells(axes), fields...)
}

// checkValues is check for fields of n values.
func checkValues(fn string, n int, fields ...[]float64) error {
	for _, f := range fields {
		for i, v := range f {
			if math.IsNaN(v) {
				return fmt.Errorf("plot: %s: cell %d: want a number within ±%g, have NaN", fn, i, greatest)
			}
		}
	}
	return checkGaps(fn, n, fields...)
}

// checkGaps is check for fields of n values that may be NaN where there is none.
func checkGaps(fn string, n int, fields ...[]float64) error {
	for _, f := range fields {
		if len(f) != n {
			panic(fmt.Sprintf("plot: %s: want %d values, have %d", fn, n, len(f)))
		}
		for i, v := range f {
			if math.Abs(v) > greatest {
				return fmt.Errorf("plot: %s: cell %d: want a number within ±%g, have %g", fn, i, greatest, v)
			}
		}
	}
	return nil
}

// cells returns the number of cells of a box.
func cells(axes []Axis) int {
	n := 1
	for _, a := range axes {
		n *= a.cells()
	}
	return n
}

// volume returns the volume of cell i of a box.
func volume(axes []Axis, i int) float64 {
	v := 1.0
	for _, a := range axes {
		v *= a.width(i % a.cells())
		i /= a.cells()
	}
	return v
}

// ascending says whether edges bound at least one cell, each greater than the one
// before, and all within ±greatest.
func ascending(edges []float64) bool {
	if len(edges) < 2 {
		return false
	}
	for i := 1; i < len(edges); i++ {
		if !(edges[i] > edges[i-1]) {
			return false
		}
	}
	return edges[0] >= -greatest && edges[len(edges)-1] <= greatest
}
