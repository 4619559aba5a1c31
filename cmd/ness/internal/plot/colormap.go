package plot

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/moreland"
)

var (
	white = color.RGBA{255, 255, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
	gray  = color.RGBA{90, 90, 90, 255}
	// shade fills the area below a curve.
	shade = color.RGBA{214, 222, 238, 255}
	// ink draws streamlines and curves.
	ink = color.RGBA{20, 24, 60, 255}
	// beyond fills cells whose −ln p is above the cap or does not exist.
	beyond = color.RGBA{205, 210, 216, 255}
)

// shades is how many colours a colorMap tells apart; 8-bit channels have fewer
// than this along any of the maps.
const shades = 512

// A colorMap takes [0, 1] to colours of strictly monotonic lightness.
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

// paleMap is a lighter densityMap, to draw lines over.
var paleMap = sync.OnceValue(func() *colorMap {
	return reversed(luminance(
		color.RGBA{150, 128, 186, 255},
		color.RGBA{214, 152, 182, 255},
		color.RGBA{246, 190, 160, 255},
		color.RGBA{253, 232, 200, 255},
		white,
	))
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
