package plot

import (
	"cmp"
	"io"
	"math"
	"slices"
)

// This file draws modes of relaxation.

// A ModeFields is the eigenvectors of one mode: right ones, densities without mass, and left
// ones, functions. Im is nil where they are real.
type ModeFields struct {
	Name           string // written under the title
	Right, RightIm []float64
	Left, LeftIm   []float64
}

// Mode draws the right and the left eigenvector of a mode, in real and imaginary part, in colours
// symmetric about 0; on one axis as curves. The colours, or the range, of a left one end at the
// modulus that it has below in 99 % of the mass of the density, as beyond it grows like a
// polynomial, and it is drawn where the density is above 1e-6 of its maximum. The density is nil
// where there is none. On three axes right ones are integrated over the third, and left ones
// averaged with the density; of complex modes the right one alone is drawn.
func Mode(w io.Writer, f Format, title string, axes []Axis, density []float64, m ModeFields) error {
	const fn = "Mode"
	if err := check(fn, len(axes), axes); err != nil {
		return err
	}
	for _, v := range [][]float64{density, m.Right, m.RightIm, m.Left, m.LeftIm} {
		if v != nil {
			if err := checkValues(fn, cells(axes), v); err != nil {
				return err
			}
		}
	}
	most := m.limit(axes, density)
	switch len(axes) {
	case 1:
		return m.curves(w, f, title, axes[0], density, most)
	case 2:
		return m.maps(w, f, title, axes, density, most)
	}
	return m.projections(w, f, title, axes, density, most)
}

// parts returns the real part, and the imaginary one where there is, with their names.
func parts(name string, re, im []float64) (v [][]float64, names []string) {
	if im == nil {
		return [][]float64{re}, []string{name}
	}
	return [][]float64{re, im}, []string{"Re " + name, "Im " + name}
}

// limit returns the modulus of the left vector that 99 % of the mass are below.
func (m ModeFields) limit(axes []Axis, density []float64) float64 {
	const within = 0.99
	order := make([]int, len(m.Left))
	size := make([]float64, len(m.Left))
	var all float64
	weight := func(i int) float64 {
		if density == nil {
			return volume(axes, i)
		}
		return math.Max(density[i], 0) * volume(axes, i)
	}
	for i, u := range m.Left {
		order[i], size[i] = i, math.Abs(u)
		if m.LeftIm != nil {
			size[i] = math.Hypot(u, m.LeftIm[i])
		}
		all += weight(i)
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(size[i], size[j]) })
	var sum float64
	for _, i := range order {
		if sum += weight(i); sum >= within*all {
			return size[i]
		}
	}
	return size[order[len(order)-1]]
}

// seen returns v where the density is enough to say.
func seen(density, v []float64) []float64 {
	if density == nil {
		return v
	}
	_, top := extrema(density)
	v = slices.Clone(v)
	for i, p := range density {
		if !(p >= minDensity*top) {
			v[i] = math.NaN()
		}
	}
	return v
}

// rightScale and leftScale are those of colours.
func rightScale(name, unit string, v []float64) *scale {
	s := signed(name, unit, v)
	s.overflow = ""
	return s
}

func leftScale(name string, v []float64, most float64) *scale {
	s := signed(name, "", v)
	if most > 0 {
		s.bottom, s.top = -most, most
	}
	return s
}

const modeNote = "v: a density that fades; u: how much a start there has of it, colours end where 99 % of p are within"

func (m ModeFields) maps(w io.Writer, f Format, title string, axes []Axis, density []float64, most float64) error {
	var list []exhibit
	right, names := parts("v", m.Right, m.RightIm)
	for k, v := range right {
		list = append(list, exhibit{x: axes[0], y: axes[1], v: v, s: rightScale(names[k], "θ⁻²", v)})
	}
	left, names := parts("u", m.Left, m.LeftIm)
	for k, u := range left {
		u = seen(density, u)
		list = append(list, exhibit{x: axes[0], y: axes[1], v: u, s: leftScale(names[k], u, most)})
	}
	return drawRow(w, f, title, []string{m.Name, modeNote}, list)
}

// cancelled is the size of a projection, relative to the largest, up to which it is what is left of one
// that cancels: eigenvectors are good to 1e-7.
const cancelled = 1e-7

// largest returns the largest modulus.
func largest(v []float64) float64 {
	lo, hi := extrema(v)
	return math.Max(-lo, hi)
}

func (m ModeFields) projections(w io.Writer, f Format, title string, axes []Axis, density []float64, most float64) error {
	var list []exhibit
	right, names := parts("v", m.Right, m.RightIm)
	var projected [][]float64
	for _, v := range right {
		for _, q := range planes {
			projected = append(projected, q.project(axes, v))
		}
	}
	greatest := largest(slices.Concat(projected...))
	for i, v := range projected {
		q := planes[i%len(planes)]
		one := exhibit{x: axes[q.x], y: axes[q.y], v: v, s: rightScale("∫ "+names[i/len(planes)]+" d"+axes[q.over].Name, "θ⁻²", v)}
		if greatest > 0 && largest(v) <= cancelled*greatest {
			one.v, one.caption = make([]float64, len(v)), "zero within its error"
			one.s.bottom, one.s.top, one.s.notes = -greatest, greatest, nil
		}
		list = append(list, one)
	}
	if m.LeftIm == nil {
		for _, q := range planes {
			u := q.meanAlong(axes, density, m.Left)
			list = append(list, exhibit{x: axes[q.x], y: axes[q.y], v: u, s: leftScale("mean of u along "+axes[q.over].Name, u, most)})
		}
	}
	return drawRow(w, f, title, []string{m.Name}, list)
}

func (m ModeFields) curves(w io.Writer, f Format, title string, axis Axis, density []float64, most float64) error {
	panel := func(name string, re, im []float64, most float64) curve {
		v, names := parts(name, re, im)
		q := curve{name: name, marks: []float64{0}}
		if !(most > 0) {
			most = 1
		}
		q.lo, q.hi = -1.06*most, 1.06*most
		for k := range v {
			_, thinned := thin(axis, v[k])
			q.traces = append(q.traces, trace{name: names[k], line: pencils[k], v: thinned, smooth: true})
		}
		return q
	}
	greatest := largest(slices.Concat(m.Right, m.RightIm))
	left, leftIm := seen(density, m.Left), m.LeftIm
	if leftIm != nil {
		leftIm = seen(density, leftIm)
	}
	thinned, _ := thin(axis, m.Right)
	return curves(w, f, title, []string{m.Name}, thinned,
		panel("right v, a density", m.Right, m.RightIm, greatest), panel("left u", left, leftIm, 1.5*most))
}
