package plot

import (
	"image/color"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file writes legends, in rows above panels.

// A key is one entry of a legend: a piece of a band, a line, a mark, and what they mean.
type key struct {
	name string
	band color.Color    // nil for none
	line draw.LineStyle // of width 0 for none
	mark draw.GlyphStyle
}

// key returns the entry of t.
func (t trace) key() key {
	k := key{name: t.name, line: t.line}
	if t.err != nil {
		k.band = t.band
	}
	return k
}

// A legend is keys, row by row.
type legend [][]key

// Places of a legend.
const (
	legendRow  = 40             // height of a row, in pixels
	sampleSize = vg.Length(19)  // length of a line
	sampleGap  = vg.Length(4)   // between a sample and its name
	keyGap     = vg.Length(14)  // between keys
	bandHeight = vg.Length(7.5) // of a piece of a band
)

// newLegend puts keys into rows of at most w pixels.
func newLegend(keys []key, w int) (l legend) {
	var x vg.Length
	for _, k := range keys {
		if size := k.width(); len(l) == 0 || x+size > vg.Length(w)*px {
			l = append(l, nil)
			x = 0
		}
		l[len(l)-1] = append(l[len(l)-1], k)
		x += k.width() + keyGap
	}
	return l
}

// width returns the width of a key.
func (k key) width() vg.Length {
	return sampleSize + sampleGap + style(tickSize, text.XLeft, text.YCenter).Width(k.name)
}

// height returns the pixels that the legend needs above a panel.
func (l legend) height() int { return legendRow * len(l) }

// draw writes the legend from x on, above the panel whose top is at y.
func (l legend) draw(c draw.Canvas, x, y vg.Length) {
	for i, row := range l {
		at := vg.Point{X: x, Y: y + legendRow*px*vg.Length(len(l)-i-1) + vg.Length(8)}
		for _, k := range row {
			k.draw(c, at)
			at.X += k.width() + keyGap
		}
	}
}

// draw writes the key from at on, the middle of its height.
func (k key) draw(c draw.Canvas, at vg.Point) {
	if k.band != nil {
		r := vg.Rectangle{Min: at.Sub(vg.Point{Y: bandHeight / 2}), Max: at.Add(vg.Point{X: sampleSize, Y: bandHeight / 2})}
		c.SetColor(k.band)
		c.Fill(r.Path())
	}
	if k.line.Width > 0 {
		c.StrokeLine2(k.line, at.X, at.Y, at.X+sampleSize, at.Y)
	}
	if k.mark.Shape != nil {
		c.DrawGlyph(k.mark, at.Add(vg.Point{X: sampleSize / 2}))
	}
	fillCentered(c, style(tickSize, text.XLeft, text.YCenter), at.X+sampleSize+sampleGap, at.Y, k.name)
}
