package plot

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// This file lays out panels side by side.

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

// newRow returns a page with its heading and places the tiles' panels on it.
func newRow(f Format, title string, notes []string, tiles []*tile) page {
	const captionHeight = 40
	width, height, top := 0, 0, topMargin(len(notes))
	for _, t := range tiles {
		w, h := panelSize(t.x, t.y, rowSide)
		offset := width + leftMargin(t.left(h))
		t.panel = newPanel(offset, bottomMargin, w, h, t.x.lo(), t.x.hi(), t.y.lo(), t.y.hi())
		width = offset + w + rightMargin(t.bars, h) + rowGap
		height = max(height, h)
	}
	for _, t := range tiles {
		if t.caption != "" {
			top = topMargin(len(notes)) + captionHeight
		}
	}
	c := newPage(f, width-rowGap, bottomMargin+height+top)
	heading(c, c.Min.X, c.Max.X, title, notes)
	return c
}

// finish draws what lies on top of the colours, and the caption.
func (t *tile) finish(c page) {
	t.frame(c.Canvas, horizontal(t.x, t.w), t.left(t.h))
	t.colorBars(c.Canvas, t.bars)
	r := t.rect
	st := fit(style(tickSize, text.XCenter, text.YBottom), t.caption, r.Size().X)
	fillText(c.Canvas, st, (r.Min.X+r.Max.X)/2, r.Max.Y+vg.Length(3), t.caption)
}
