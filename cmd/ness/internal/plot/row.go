package plot

import (
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// This file lays out panels side by side, in rows.

// Longer side of each panel of a row and the space between them, in pixels.
const (
	rowSide = 720
	rowGap  = 40
)

// A tile is one panel of a row.
type tile struct {
	panel
	x, y    Axis
	caption string   // written above the panel
	bars    []*scale // right of it
	follows bool     // the vertical axis is that of the tile before
}

// left returns what is written along the left side of the tile.
func (t *tile) left(h int) side {
	s := vertical(t.y, h)
	s.bare = t.follows
	return s
}

// perRow returns how many of n tiles are side by side: three, so that a page is not too wide to read, but
// two of four.
func perRow(n int) int {
	if n == 4 {
		return 2
	}
	return 3
}

// newRow returns a page with its heading and places the tiles' panels on it, in more than one row where
// they are many.
func newRow(f Format, title string, notes []string, tiles []*tile) page {
	var rows [][]*tile
	for row := range slices.Chunk(tiles, perRow(len(tiles))) {
		row[0].follows = false
		rows = append(rows, row)
	}
	width, y := 0, 0
	for k := len(rows) - 1; k >= 0; k-- { // from the bottom up
		w, h := placeRow(rows[k], y)
		width = max(width, w)
		if y += h; k > 0 {
			y += rowGap
		}
	}
	c := newPage(f, width, y+topMargin(len(notes)))
	heading(c, c.Min.X, c.Max.X, title, notes)
	return c
}

// placeRow places tiles side by side with their lowest labels y pixels from the bottom of the page, and
// returns the size of all of them.
func placeRow(tiles []*tile, y int) (width, height int) {
	const captionHeight = 40
	caption := 0
	for _, t := range tiles {
		w, h := panelSize(t.x, t.y, rowSide)
		offset := width + leftMargin(t.left(h))
		t.panel = newPanel(offset, y+bottomMargin, w, h, t.x.lo(), t.x.hi(), t.y.lo(), t.y.hi())
		width = offset + w + rightMargin(t.bars, h) + rowGap
		height = max(height, h)
		if t.caption != "" {
			caption = captionHeight
		}
	}
	return width - rowGap, bottomMargin + height + caption
}

// finish draws what lies on top of the colours, and the caption.
func (t *tile) finish(c page) {
	t.frame(c.Canvas, horizontal(t.x, t.w), t.left(t.h))
	t.colorBars(c.Canvas, t.bars)
	r := t.rect
	st := fit(style(tickSize, text.XCenter, text.YBottom), t.caption, r.Size().X)
	fillText(c.Canvas, st, (r.Min.X+r.Max.X)/2, r.Max.Y+vg.Length(3), t.caption)
}
