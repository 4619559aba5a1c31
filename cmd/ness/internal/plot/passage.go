package plot

import (
	"io"
	"math"
)

// This file draws how walkers get from one set to another.

// Passage1D draws on one axis the mean time to a set, in T, and below it, where they are not
// nil, the probability q⁺ to be in B before A, and 1 − q⁻, that to have been in B after A:
// the same where detailed balance holds. Without them the density is drawn, if there is one.
func Passage1D(w io.Writer, f Format, title string, axis Axis, time, density, forward, backward []float64) error {
	axes := []Axis{axis}
	for _, v := range [][]float64{time, density, forward, backward} {
		if v != nil {
			if err := check("Passage1D", 1, axes, v); err != nil {
				return err
			}
		}
	}
	thinned, top := thin(axis, time)
	upper := curve{name: "mean time in T", traces: plainTrace(top), hi: headroom(top)}
	lower := curve{name: "density p", lo: 0, hi: 1, fill: true}
	switch {
	case forward != nil:
		_, q := thin(axis, forward)
		_, past := thin(axis, complement(backward))
		lower = curve{name: "probability", lo: -0.03, hi: 1.03, marks: []float64{0.5}, traces: []trace{
			{name: "q⁺, of B before A", line: pencils[0], v: q, smooth: true},
			{name: "1 − q⁻, of B after A", line: pencils[1], v: past, smooth: true},
		}}
	case density != nil:
		_, p := thin(axis, density)
		lower.traces, lower.hi = plainTrace(p), headroom(p)
	}
	var notes []string
	if forward != nil {
		notes = []string{setsNote}
	}
	return curves(w, f, title, notes, thinned, upper, lower)
}

const setsNote = "A: where walkers come from, B: where they go to"

// complement returns 1 − v.
func complement(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = 1 - x
	}
	return out
}

// PassageTime draws the mean time to a set, in T, one value per cell, with contours at equal
// steps and the borders of sets, fields of 0 and 1. On three axes it is averaged along the third
// with the density, with equal weights where that is nil.
func PassageTime(w io.Writer, f Format, title string, axes []Axis, time, density []float64, sets [][]float64) error {
	if err := check("PassageTime", len(axes), axes, time); err != nil {
		return err
	}
	return drawRow(w, f, title, nil, onPlanes(axes, density, time, sets, func(v []float64, along string) exhibit {
		_, most := extrema(v)
		s := &scale{cm: potentialMap(), label: "mean time" + along, unit: "T", top: most}
		if !(most > 0) {
			s.top = 1
			s.notes = []string{"the mean time is 0 everywhere"}
		}
		q := exhibit{v: v, s: s}
		lv := evenLevels(0, most, 0, 10)
		for _, at := range lv.at {
			q.lines = append(q.lines, at*lv.step)
		}
		return gapped(q)
	}))
}

// Committor draws the probability q⁺ to be in B before A, from 0, blue, to 1, red, with
// contours at 0.1, 0.3, 0.5, 0.7 and 0.9, and beside it 1 − q⁻, that to have been in B after A,
// where it differs by more than 1e-3. Sets and three axes are as in [PassageTime].
func Committor(w io.Writer, f Format, title string, axes []Axis, forward, backward, density []float64, sets [][]float64) error {
	if err := check("Committor", len(axes), axes, forward, backward); err != nil {
		return err
	}
	past := complement(backward)
	var apart float64
	for i, q := range forward {
		apart = math.Max(apart, math.Abs(q-past[i]))
	}
	exhibitOf := func(name string) func(v []float64, along string) exhibit {
		return func(v []float64, along string) exhibit {
			return gapped(exhibit{v: v, s: &scale{cm: signedMap(), label: name + along, top: 1}, lines: []float64{0.1, 0.3, 0.5, 0.7, 0.9}})
		}
	}
	list := onPlanes(axes, density, forward, sets, exhibitOf("q⁺, probability of B before A"))
	notes := []string{setsNote, "1 − q⁻, the probability of B after A, is the same: in detailed balance"}
	if apart > 1e-3 {
		notes = notes[:1]
		list = append(list, onPlanes(axes, density, past, sets, exhibitOf("1 − q⁻, probability of B after A"))...)
	}
	return drawRow(w, f, title, notes, list)
}

// Memberships draws to what degree cells belong to sets, from 0 to 1, side by side, with a
// contour at one half. Three axes are as in [PassageTime].
func Memberships(w io.Writer, f Format, title string, axes []Axis, names []string, members [][]float64, density []float64) error {
	if err := check("Memberships", len(axes), axes, members...); err != nil {
		return err
	}
	var list []exhibit
	for k, v := range members {
		list = append(list, onPlanes(axes, density, v, nil, func(v []float64, along string) exhibit {
			return gapped(exhibit{v: v, caption: names[k], s: &scale{cm: densityMap(), label: "membership" + along, top: 1}, lines: []float64{0.5}})
		})...)
	}
	return drawRow(w, f, title, nil, list)
}

// gapped names the colour of places without a value.
func gapped(q exhibit) exhibit {
	for _, x := range q.v {
		if math.IsNaN(x) {
			q.s.overflow = noValue
			break
		}
	}
	return q
}

// onPlanes returns the exhibit of a field on two axes, or the three of its means along each of
// three.
func onPlanes(axes []Axis, density, v []float64, sets [][]float64, of func(v []float64, along string) exhibit) (list []exhibit) {
	if len(axes) == 2 {
		q := of(v, "")
		q.x, q.y, q.borders = axes[0], axes[1], sets
		return []exhibit{q}
	}
	for _, p := range planes {
		q := of(p.meanAlong(axes, density, v), ", mean along "+axes[p.over].Name)
		q.x, q.y = axes[p.x], axes[p.y]
		list = append(list, q)
	}
	return list
}

// Transitions draws streamlines of the current of walkers on their way from one set to another
// over a pale picture of the density, as [Current] does, but however small the density is, with
// the borders of the sets. On three axes see [Current3D].
func Transitions(w io.Writer, f Format, title string, axes []Axis, density, jx, jy []float64, sets [][]float64) error {
	if err := check("Transitions", 2, axes, density, jx, jy); err != nil {
		return err
	}
	s := linear(paleMap(), "density p", density)
	s.levels = nil
	most := strongest(jx, jy)
	bars, notes := []*scale{s}, []string{"no current"}
	if most > 0 {
		bars = []*scale{speeds("current of transitions", "θ⁻¹T⁻¹", most), s}
		notes = []string{"walkers that come from one set and go to the other; colour and width ∝ their current, at most " + number(most)}
	}
	c, p := newMap(f, title, axes, append(notes, s.notes...), bars...)
	p.cells(c.Canvas, axes[0], axes[1], density, s)
	for _, b := range sets {
		p.border(c.Canvas, axes[0], axes[1], b)
	}
	if most > 0 {
		p.streamlines(c.Canvas, newField(p, axes[0], axes[1], nil, jx, jy, most))
	}
	p.finish(c, axes, bars...)
	return c.write(w)
}
