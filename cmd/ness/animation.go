package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file makes a film of densities.

const (
	frameTop   = 4   // the scale ends at this multiple of the last frame's largest density
	frameDelay = 8   // hundredths of a second
	lastDelay  = 150 // of the last frame
	gifScale   = 2   // pixels of a frame in one of the film
)

// animate draws the densities that were kept, as frame_0000.png, … and as animation.gif.
func (c *course) animate(ctx context.Context, folder *output.Folder) error {
	frames := make([][]byte, len(c.densities))
	figures := map[string]func(io.Writer) error{}
	top := c.frameTop()
	for k, d := range c.densities {
		figures[fmt.Sprintf("frame_%04d.png", k)] = func(w io.Writer) error {
			f := plot.Frame{Caption: fmt.Sprintf("t = %.4g", c.times[k]), Density: d, Top: top}
			if c.stationary != nil {
				f.Last = c.stationary.Density.Values
			}
			p := c.in.file.Problem
			var b bytes.Buffer
			if err := plot.DensityFrame(&b, plot.PNG, p.Title, plotAxes(p.Variables, c.in.grid), f); err != nil {
				return err
			}
			frames[k] = b.Bytes()
			_, err := w.Write(frames[k])
			return err
		}
	}
	if err := drawFigures(ctx, folder, figures); err != nil {
		return err
	}
	film, err := filmOf(ctx, frames)
	if err != nil {
		return err
	}
	return folder.Write("animation.gif", func(w io.Writer) error { return gif.EncodeAll(w, film) })
}

// frameTop returns the largest density of the common scale: a density that begins as a peak would
// leave nothing to see of what becomes of it.
func (c *course) frameTop() float64 {
	var most float64
	for _, d := range c.densities {
		most = max(most, slices.Max(d))
	}
	return min(most, frameTop*slices.Max(c.densities[len(c.densities)-1]))
}

// filmOf makes an animated GIF of PNG pictures of one size, in colours that are common to all.
func filmOf(ctx context.Context, frames [][]byte) (*gif.GIF, error) {
	pictures, errs := make([]*image.RGBA, len(frames)), make([]error, len(frames))
	pieces.Run(len(frames), 1, func(k, _, _ int) {
		if errs[k] = errInterrupted; ctx.Err() == nil {
			pictures[k], errs[k] = reduced(frames[k])
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	colors := commonColors(pictures)
	film := &gif.GIF{Image: make([]*image.Paletted, len(frames)), Delay: slices.Repeat([]int{frameDelay}, len(frames))}
	film.Delay[len(frames)-1] = lastDelay
	pieces.Run(len(frames), 1, func(k, _, _ int) { film.Image[k] = colors.paint(pictures[k]) })
	return film, nil
}

// reduced reads a PNG and makes it smaller.
func reduced(data []byte) (*image.RGBA, error) {
	src, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	size := src.Bounds().Size()
	dst := image.NewRGBA(image.Rect(0, 0, size.X/gifScale, size.Y/gifScale))
	draw.BiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst, nil
}

// colorBits are those of each channel in which colours are told apart.
const colorBits = 5

// A bucket is colours that are alike: how many pixels have one, and their sum.
type bucket struct {
	key, pixels int
	sum         [3]int
}

func bucketOf(pix []uint8) int {
	const low = 8 - colorBits
	return int(pix[0])>>low<<(2*colorBits) | int(pix[1])>>low<<colorBits | int(pix[2])>>low
}

// paletteColors are the colours of pictures, at most 256, and which of them stands for each bucket.
type paletteColors struct {
	palette color.Palette
	index   [1 << (3 * colorBits)]uint8
}

// commonColors returns means of buckets, and of each the nearest of them: the commonest, and then
// again and again the one with the largest error, its pixels times the square of its distance from
// those that are chosen.
func commonColors(pictures []*image.RGBA) *paletteColors {
	used := buckets(pictures)
	colors := &paletteColors{}
	near, next := slices.Repeat([]int{math.MaxInt32}, len(used)), 0
	for next >= 0 && len(colors.palette) < 256 {
		chosen := used[next].mean()
		next = -1
		var most int
		for k := range used {
			b := &used[k]
			if d := squared(b.mean(), chosen); d < near[k] {
				near[k], colors.index[b.key] = d, uint8(len(colors.palette))
			}
			if e := b.pixels * near[k]; e > most {
				most, next = e, k
			}
		}
		colors.palette = append(colors.palette, chosen)
	}
	return colors
}

// buckets returns those that have pixels, the commonest first.
func buckets(pictures []*image.RGBA) (used []bucket) {
	all := make([]bucket, 1<<(3*colorBits))
	for _, p := range pictures {
		for i := 0; i < len(p.Pix); i += 4 {
			b := &all[bucketOf(p.Pix[i:])]
			b.pixels++
			for c := range b.sum {
				b.sum[c] += int(p.Pix[i+c])
			}
		}
	}
	for key, b := range all {
		if b.key = key; b.pixels > 0 {
			used = append(used, b)
		}
	}
	slices.SortStableFunc(used, func(a, b bucket) int { return cmp.Compare(b.pixels, a.pixels) })
	return used
}

// squared returns the square of the distance of two colours.
func squared(a, b color.RGBA) int {
	r, g, u := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + u*u
}

// mean returns the mean colour of a bucket.
func (b *bucket) mean() color.RGBA {
	channel := func(c int) uint8 { return uint8(math.Round(float64(b.sum[c]) / float64(b.pixels))) }
	return color.RGBA{channel(0), channel(1), channel(2), 255}
}

// paint returns a picture in these colours.
func (colors *paletteColors) paint(p *image.RGBA) *image.Paletted {
	out := image.NewPaletted(p.Bounds(), colors.palette)
	for i := range out.Pix {
		out.Pix[i] = colors.index[bucketOf(p.Pix[4*i:])]
	}
	return out
}
