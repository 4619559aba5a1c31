package plot

import (
	"image"
	"slices"
)

// This file averages cell values conservatively: over the pixels of a picture,
// which are uniform, and over blocks of neighbouring cells, which are not.

// A share is the part of a pixel that lies in a cell.
type share struct {
	cell   int
	weight float64
}

// shares cuts the range of edges into n equal pixels and returns for each the
// cells it overlaps, with weights that sum to 1.
func shares(edges []float64, n int) [][]share {
	lo, last := edges[0], len(edges)-2
	h := (edges[last+1] - lo) / float64(n)
	out := make([][]share, n)
	i := 0
	for k := range out {
		a, b := lo+float64(k)*h, lo+float64(k+1)*h
		for i < last && edges[i+1] <= a {
			i++
		}
		var sum float64
		for j := i; j <= last && (j == i || edges[j] < b); j++ {
			w := min(b, edges[j+1]) - max(a, edges[j])
			if w <= 0 { // only by round-off, where a pixel is as small as an ulp of its place
				w = 0
			}
			out[k] = append(out[k], share{j, w})
			sum += w
		}
		if sum == 0 {
			out[k] = []share{{i, 1}}
			continue
		}
		for s := range out[k] {
			out[k][s].weight /= sum
		}
	}
	return out
}

// pixels returns the means of the cell values v over w×h pixels, top row first.
func pixels(x, y Axis, v []float64, w, h int) []float64 {
	nx, ny := x.cells(), y.cells()
	rows := make([]float64, ny*w)
	sx := shares(x.Edges, w)
	for j := range ny {
		row := v[j*nx : (j+1)*nx]
		for k, ss := range sx {
			var sum float64
			for _, s := range ss {
				sum += s.weight * row[s.cell]
			}
			rows[j*w+k] = sum
		}
	}
	out := make([]float64, w*h)
	for k, ss := range shares(y.Edges, h) {
		dst := out[(h-1-k)*w:][:w]
		for _, s := range ss {
			for i, r := range rows[s.cell*w : (s.cell+1)*w] {
				dst[i] += s.weight * r
			}
		}
	}
	return out
}

// nearest returns for each of w×h pixels, top row first, the value of the cell that its
// centre lies in: numbers that have no mean, such as those in units of their own error.
// Where cells are smaller than pixels, some are left out.
func nearest(x, y Axis, v []float64, w, h int) []float64 {
	out := make([]float64, 0, w*h)
	columns, rows := cellsOf(x, w), cellsOf(y, h)
	for _, j := range slices.Backward(rows) {
		for _, i := range columns {
			out = append(out, v[j*x.cells()+i])
		}
	}
	return out
}

// cellsOf returns the cells that the centres of n equal pixels lie in.
func cellsOf(a Axis, n int) []int {
	out := make([]int, n)
	i, h := 0, (a.hi()-a.lo())/float64(n)
	for k := range out {
		for i < a.cells()-1 && a.Edges[i+1] <= a.lo()+(float64(k)+0.5)*h {
			i++
		}
		out[k] = i
	}
	return out
}

// paint returns a picture of w×h pixels with the colours of values.
func paint(values []float64, w, h int, sc *scale) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, v := range values {
		c := sc.color(v)
		copy(img.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
	}
	return img
}

// coarsen merges runs of neighbouring cells until no axis has more than n, and
// returns the new axes and the means over the new cells.
func coarsen(axes []Axis, v []float64, n int) ([]Axis, []float64) {
	axes = append([]Axis(nil), axes...)
	stride := 1
	for d, a := range axes {
		if k := (a.cells() + n - 1) / n; k > 1 {
			axes[d], v = merge(a, v, stride, k)
		}
		stride *= axes[d].cells()
	}
	return axes, v
}

// merge makes one cell of every k along one axis, the last of what is left.
// stride is the distance in v of neighbours along the axis.
func merge(a Axis, v []float64, stride, k int) (Axis, []float64) {
	n := a.cells()
	m := (n + k - 1) / k
	b := Axis{a.Name, make([]float64, m+1), a.Periodic}
	for i := range b.Edges {
		b.Edges[i] = a.Edges[min(i*k, n)]
	}
	out := make([]float64, len(v)/n*m)
	for i := range n {
		w := a.width(i) / b.width(i/k)
		for outer := range len(v) / (n * stride) {
			src := v[(outer*n+i)*stride:][:stride]
			dst := out[(outer*m+i/k)*stride:][:stride]
			for s, x := range src {
				dst[s] += w * x
			}
		}
	}
	return b, out
}

// centers returns the midpoints of the cells.
func centers(edges []float64) []float64 {
	c := make([]float64, len(edges)-1)
	for i := range c {
		c[i] = edges[i] + (edges[i+1]-edges[i])/2
	}
	return c
}

// integrate sums v dx over one axis (its stride in v) and returns the marginal.
func integrate(a Axis, v []float64, stride int) []float64 {
	n := a.cells()
	out := make([]float64, len(v)/n)
	for i, x := range v {
		inner, rest := i%stride, i/stride
		out[rest/n*stride+inner] += x * a.width(rest%n)
	}
	return out
}
