package plot

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/vg/draw"
)

var (
	white = color.RGBA{255, 255, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
	gray  = color.RGBA{90, 90, 90, 255}
	// shade fills the area below a curve.
	shade = color.RGBA{214, 222, 238, 255}
	// ink draws curves.
	ink = color.RGBA{20, 24, 60, 255}
	// driftInk and diffusionInk draw the parts of a current.
	driftInk     = color.RGBA{30, 110, 190, 255}
	diffusionInk = color.RGBA{205, 90, 30, 255}
	// lossInk draws level lines of the loss.
	lossInk = color.RGBA{70, 150, 110, 255}
	// bandInk and sampleInk draw a histogram's errors and itself.
	bandInk   = color.RGBA{206, 210, 220, 255}
	sampleInk = color.RGBA{110, 114, 124, 255}
	// beyond fills cells whose value is off the scale or does not exist.
	beyond = color.RGBA{205, 210, 216, 255}
)

// pencils tell up to ten curves apart: colours for those who see them, dashes for all.
// The first is for the one that matters most.
var pencils = []draw.LineStyle{
	pencil(color.RGBA{200, 30, 30, 255}, 1.4),
	pencil(color.RGBA{0, 90, 180, 255}, 1.2, 6, 2.5),
	pencil(color.RGBA{0, 140, 90, 255}, 1.2, 2, 1.6),
	pencil(color.RGBA{150, 60, 170, 255}, 1.2, 7, 2, 1.5, 2),
	pencil(color.RGBA{225, 130, 0, 255}, 1.2, 10, 3),
	pencil(color.RGBA{0, 165, 210, 255}, 1.2, 3.5, 2),
	pencil(color.RGBA{110, 70, 30, 255}, 1.2, 6, 1.6, 1.5, 1.6, 1.5, 1.6),
	pencil(color.RGBA{235, 90, 160, 255}, 1.2, 1.2, 2.4),
	pencil(color.RGBA{20, 24, 60, 255}, 1.2, 9, 2, 3, 2),
	pencil(color.RGBA{150, 150, 0, 255}, 1.2, 14, 2.5),
}

// shades is how many colours a colorMap tells apart; 8-bit channels have fewer
// than this along any of the maps.
const shades = 512

// A colorMap takes [0, 1] to colours of strictly monotonic lightness, or, of the
// signed map, to two such branches that meet in the middle.
type colorMap [shades]color.RGBA

// at returns the colour of t; below 0 and above 1 the ends.
func (m *colorMap) at(t float64) color.RGBA {
	return m[int(math.Min(math.Max(t, 0), 1)*(shades-1)+0.5)]
}

// lineOver returns a colour for thin lines on top of the colour of t.
func (m *colorMap) lineOver(t float64) color.RGBA {
	c := m.at(t)
	// Rec. 709 luma, of gamma-encoded channels: enough to tell dark from light.
	if 0.2126*float64(c.R)+0.7152*float64(c.G)+0.0722*float64(c.B) < 125 {
		return color.RGBA{255, 255, 255, 255}
	}
	return color.RGBA{60, 50, 70, 255}
}

// densityMap runs from white (p = 0) over yellow, red and purple to near black.
// Between the controls colours are interpolated in CIELAB, and t is linear in L*,
// so that equal steps of p are equal steps of lightness.
var densityMap = sync.OnceValue(func() *colorMap {
	return reversed(luminance(
		color.RGBA{22, 8, 50, 255},
		color.RGBA{84, 32, 128, 255},
		color.RGBA{184, 56, 108, 255},
		color.RGBA{240, 126, 78, 255},
		color.RGBA{250, 208, 136, 255},
		white,
	))
})

// potentialMap runs the other way, so that probable places are dark in all
// figures, and ends in pale yellow, apart from the colour beyond.
var potentialMap = sync.OnceValue(func() *colorMap {
	return luminance(
		color.RGBA{10, 20, 60, 255},
		color.RGBA{24, 70, 120, 255},
		color.RGBA{28, 132, 136, 255},
		color.RGBA{110, 186, 112, 255},
		color.RGBA{250, 244, 186, 255},
	)
})

// paleMap is a density in light greys, to draw coloured lines over.
var paleMap = sync.OnceValue(func() *colorMap {
	return reversed(luminance(color.RGBA{196, 194, 202, 255}, white))
})

// speedMap colours lines over paleMap: all of it is darker, slow is blue, fast a
// dark red.
var speedMap = sync.OnceValue(func() *colorMap {
	return reversed(luminance(
		color.RGBA{84, 0, 20, 255},
		color.RGBA{170, 10, 70, 255},
		color.RGBA{150, 80, 190, 255},
		color.RGBA{70, 140, 220, 255},
	))
})

// signedMap runs from dark blue (negative) over white (0, in the middle) to dark red;
// each half is linear in L*.
var signedMap = sync.OnceValue(func() *colorMap {
	blue := luminance(color.RGBA{20, 60, 150, 255}, color.RGBA{90, 150, 215, 255}, white)
	red := luminance(color.RGBA{140, 10, 40, 255}, color.RGBA{220, 100, 80, 255}, white)
	var m colorMap
	for i := range shades / 2 {
		m[i], m[shades-1-i] = blue[2*i], red[2*i]
	}
	return &m
})

func luminance(controls ...color.Color) *colorMap {
	cm, err := moreland.NewLuminance(controls)
	if err != nil {
		panic(fmt.Sprintf("plot: colour controls: %v", err))
	}
	var m colorMap
	for i, c := range cm.Palette(shades).Colors() {
		m[i] = color.RGBAModel.Convert(c).(color.RGBA)
	}
	return &m
}

func reversed(m *colorMap) *colorMap {
	var r colorMap
	for i, c := range m {
		r[shades-1-i] = c
	}
	return &r
}
