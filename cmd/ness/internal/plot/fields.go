package plot

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file draws scalar fields that belong to a current: vorticity, stream
// function, entropy production, and how the current lies to the loss.

// noValue names the colour of places without a value on a colour bar.
const noValue = "no value"

// Vorticity draws ∂₀J₁ − ∂₁J₀ in 1/(θ²T) as colours symmetric about 0: red where J
// turns counterclockwise. v has one value per cell or per corner, axis 0 fastest; it
// may be NaN where it has no value.
func Vorticity(w io.Writer, f Format, title string, axes []Axis, v []float64) error {
	shown, err := around("Vorticity", axes, v)
	if err != nil {
		return err
	}
	s := signed("vorticity ∂₁J₂ − ∂₂J₁", "θ⁻²T⁻¹", v)
	c, p := newMap(f, title, axes, append(s.notes, gaps("the vorticity", v)...), s)
	p.cells(c.Canvas, shown[0], shown[1], v, s)
	p.finish(c, axes, s)
	return c.write(w)
}

// StreamFunction draws ψ with J = (∂₁ψ, −∂₀ψ), in 1/T, which has one value per corner,
// axis 0 fastest: as colours, and as level lines at equal steps, the orbits of J, with
// heads where probability goes. Between neighbouring lines flows the same current; the
// range of ψ is the flux that circulates.
func StreamFunction(w io.Writer, f Format, title string, axes []Axis, psi []float64) error {
	if err := check("StreamFunction", 2, axes); err != nil {
		return err
	}
	if err := checkGaps("StreamFunction", cornerCount(axes), psi); err != nil {
		return err
	}
	s := signed("stream function ψ", "T⁻¹", psi)
	lo, hi := extrema(psi)
	lv := evenLevels(lo, hi, 0.5, 12) // half a step off 0, the value along walls
	notes := append(s.notes, gaps("ψ", psi)...)
	if len(lv.at) > 0 {
		notes = append([]string{
			"max ψ − min ψ = " + number(hi-lo) + " T⁻¹ circulates, " + number(lv.step) + " T⁻¹ between neighbouring orbits",
		}, notes...)
	}
	c, p := newMap(f, title, axes, notes, s)
	p.cells(c.Canvas, dual(axes[0]), dual(axes[1]), psi, s)
	p.orbits(c.Canvas, axes, psi, lv)
	p.finish(c, axes, s)
	return c.write(w)
}

// orbits draws level lines of ψ with heads. A contour has the greater ψ on its left,
// as J has.
func (p panel) orbits(c draw.Canvas, axes []Axis, psi []float64, lv levels) {
	if len(lv.at) == 0 {
		return
	}
	l := newCornerLattice(axes[0], axes[1], scaled(psi, lv.step))
	pen := pen{c, p, 1}
	for k, at := range lv.at {
		_, shift := math.Modf(0.618 * float64(k)) // heads of neighbours keep out of each other's way
		for _, pts := range l.contour(at) {
			line := p.path(pts)
			var page []vg.Point
			for _, v := range line.pts {
				page = append(page, pen.at(v.x, v.y))
			}
			stroke(c, ink, 0.6, page)
			if arcs := line.arcs(); arcs[len(arcs)-1] > headDistance/4 {
				for _, v := range line.evenly(1.5*headDistance, shift) {
					pen.head(v, 4.5, ink)
				}
			}
		}
	}
}

// path returns points of the axes as a line on the panel.
func (p panel) path(pts [][2]float64) (l streamline) {
	for i, q := range pts {
		v := vertex{x: (p.x(q[0]) - p.rect.Min.X).Points(), y: (p.y(q[1]) - p.rect.Min.Y).Points()}
		if i > 0 {
			last := &l.pts[len(l.pts)-1]
			d := apart(*last, v)
			if d == 0 { // two edges meet where the level goes through their node
				continue
			}
			v.ux, v.uy = (v.x-last.x)/d, (v.y-last.y)/d
			if len(l.pts) == 1 {
				last.ux, last.uy = v.ux, v.uy
			}
		}
		l.pts = append(l.pts, v)
	}
	return l
}

// EntropyProduction draws the density of entropy production in nats/(θ²T), one value
// per cell, NaN where it has none: on a logarithmic scale of at most six decades if it
// spans more than one and a half, else on a linear one. Lines enclose the least area
// that 50 and 90 % of the total come from; the total is written under the title.
func EntropyProduction(w io.Writer, f Format, title string, axes []Axis, e []float64) error {
	if err := check("EntropyProduction", 2, axes); err != nil {
		return err
	}
	if err := checkGaps("EntropyProduction", cells(axes), e); err != nil {
		return err
	}
	total, s := production(axes, e)
	notes := append([]string{"total " + number(total) + " nats/T"}, s.notes...)
	if len(s.levels) > 0 {
		notes[0] += "; lines enclose where 50 and 90 % of it come from"
	}
	c, p := newMap(f, title, axes, append(notes, gaps("the density", e)...), s)
	p.cells(c.Canvas, axes[0], axes[1], e, s)
	if len(s.levels) > 0 {
		p.enclose(c.Canvas, axes, e, s)
	}
	p.finish(c, axes, s)
	return c.write(w)
}

// production returns the integral of e and its scale, with the levels that enclose
// half and nine tenths of it.
func production(axes []Axis, e []float64) (total float64, s *scale) {
	_, hi := extrema(e)
	s = &scale{cm: densityMap(), label: "entropy production", unit: "nats θ⁻²T⁻¹", top: hi}
	if slices.ContainsFunc(e, math.IsNaN) {
		s.overflow = noValue
	}
	if !(hi > 0) {
		s.top = 1
		s.notes = append(s.notes, "no entropy is produced")
		return 0, s
	}
	least, negative := hi, 0.0
	var order []int
	for i, v := range e {
		if math.IsNaN(v) {
			continue
		}
		total += v * volume(axes, i)
		if v > 0 {
			least = math.Min(least, v)
			order = append(order, i)
		}
		negative = math.Min(negative, v)
	}
	if negative < -1e-6*hi {
		s.notes = append(s.notes, "values < 0, down to "+number(negative)+", have the lowest colour")
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(e[b], e[a]) })
	var sum float64
	for _, i := range order {
		before := sum
		sum += e[i] * volume(axes, i)
		for _, q := range []float64{0.5, 0.9} {
			if before < q*total && sum >= q*total {
				s.levels = append(s.levels, e[i])
			}
		}
	}
	const most = 6 // decades shown
	if math.Log10(hi)-math.Log10(least) > 1.5 {
		s.form, s.top = decades, math.Log10(hi)
		s.bottom = math.Max(math.Log10(least), s.top-most)
		for k, v := range s.levels {
			s.levels[k] = math.Log10(v)
		}
		if math.Log10(least) < s.bottom {
			s.notes = append(s.notes, fmt.Sprintf("%d decades are shown", most))
		}
	}
	return total, s
}

// enclose draws the levels of a scale of entropy production.
func (p panel) enclose(c draw.Canvas, axes []Axis, e []float64, s *scale) {
	axes, v := coarsen(axes, e, contourCells)
	z := make([]float64, len(v))
	for i, x := range v {
		if z[i] = s.value(x); s.form == decades {
			z[i] = math.Max(z[i], s.bottom-1) // −∞ cannot be interpolated
		} else {
			z[i] /= s.top
		}
	}
	l := newLattice(axes[0], axes[1], z)
	for _, level := range s.levels {
		at := level
		if s.form != decades {
			at /= s.top
		}
		p.contour(c, l, at, contourLine(s, level))
	}
}

// Angle draws the angle between the lines of the current and of the gradient of the loss,
// from 0° where J crosses the level lines of L to 90° where it runs along them. angle is that
// between J and ∇L in each cell, from 0 to π rad, NaN where there is none. Cells where
// p < 1e-6 or |J| < 1e-4 of its maximum have no value either. jx and jy may be nil for no
// current.
func Angle(w io.Writer, f Format, title string, axes []Axis, density, jx, jy, angle []float64) error {
	if err := check("Angle", 2, axes, density); err != nil {
		return err
	}
	if jx == nil && jy == nil {
		jx, jy = make([]float64, len(density)), make([]float64, len(density))
	}
	if err := checkGaps("Angle", len(density), jx, jy, angle); err != nil {
		return err
	}
	a, mean := acute(axes, density, jx, jy, angle)
	s := &scale{cm: potentialMap(), label: "angle between J and ∇L", form: degrees, top: 90}
	note := "no current, or no gradient, to have an angle between"
	if !math.IsNaN(mean) {
		note = "mean over the current " + number(mean) + "°; grey: p, J or ∇L too small to say"
	}
	c, p := newMap(f, title, axes, []string{note}, s)
	p.cells(c.Canvas, axes[0], axes[1], a, s)
	p.finish(c, axes, s)
	return c.write(w)
}

// acute returns angles between 0 and π as those between lines, in degrees, NaN where there
// is too little of the density or the current, and their mean weighted with |J| and area.
func acute(axes []Axis, density, jx, jy, angle []float64) (a []float64, mean float64) {
	_, top := extrema(density)
	most := strongest(jx, jy)
	a = make([]float64, len(density))
	var sum, all float64
	for i := range a {
		j := math.Hypot(jx[i], jy[i])
		a[i] = math.NaN()
		if most > 0 && density[i] >= minDensity*top && j >= minCurrent*most && !math.IsNaN(angle[i]) {
			a[i] = math.Min(angle[i], math.Pi-angle[i]) * 180 / math.Pi
			weight := (j / most) * volume(axes, i)
			sum += a[i] * weight
			all += weight
		}
	}
	return a, sum / all
}

// signed is a scale symmetric about 0.
func signed(label, unit string, v []float64) *scale {
	lo, hi := extrema(v)
	most := math.Max(math.Abs(lo), math.Abs(hi))
	s := &scale{cm: signedMap(), label: label, unit: unit, bottom: -most, top: most}
	if slices.ContainsFunc(v, math.IsNaN) {
		s.overflow = noValue
	}
	if !(most > 0) || math.IsInf(most, 1) {
		s.bottom, s.top = -1, 1
		s.notes = append(s.notes, "zero everywhere")
		if lo > hi {
			s.notes[0] = "no value anywhere"
		}
	}
	return s
}

// around returns the axes whose cells hold the values of v, one per cell or per corner.
func around(fn string, axes []Axis, v []float64) ([]Axis, error) {
	if err := check(fn, 2, axes); err != nil {
		return nil, err
	}
	if len(v) == cornerCount(axes) {
		return []Axis{dual(axes[0]), dual(axes[1])}, checkGaps(fn, len(v), v)
	}
	return axes, checkGaps(fn, cells(axes), v)
}

// cornerCount returns the number of corners of the cells.
func cornerCount(axes []Axis) int {
	n := 1
	for _, a := range axes {
		n *= len(a.Edges)
	}
	return n
}

// dual returns the axis with a cell around each edge of a: from centre to centre, at
// the ends half of a cell.
func dual(a Axis) Axis {
	e := slices.Concat([]float64{a.lo()}, centers(a.Edges), []float64{a.hi()})
	return Axis{Name: a.Name, Edges: e, Periodic: a.Periodic}
}
