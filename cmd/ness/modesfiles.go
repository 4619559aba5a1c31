package main

import (
	"fmt"
	"io"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/fp"
)

// This file lists what modes leave in files: arrays and figures.

func (r *modesReport) files() []output.File {
	return []output.File{{Name: "modes.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, r.arrays()) }}}
}

// arrays lists the contents of modes.npz: of mode k eigenvalue_re[k], …, and right_re[…, k]. The
// imaginary parts of real modes are 0.
func (r *modesReport) arrays() []output.Array {
	n := len(r.Modes.Modes)
	of := func(name string, value func(m *fp.Mode) float64) output.Array {
		a := output.Array{Name: name, Shape: []int{n}}
		for k := range r.Modes.Modes {
			a.Data = append(a.Data, value(&r.Modes.Modes[k]))
		}
		return a
	}
	fields := func(name string, value func(m *fp.Mode, i int) float64) output.Array {
		a := output.Array{Name: name, Shape: append(r.Grid.Shape(), n)}
		for k := range r.Modes.Modes {
			for i := range r.Grid.Cells() {
				a.Data = append(a.Data, value(&r.Modes.Modes[k], i))
			}
		}
		return a
	}
	list := append(axisArrays(r.Problem.Variables, r.Grid),
		of("eigenvalue_re", func(m *fp.Mode) float64 { return real(m.Value) }),
		of("eigenvalue_im", func(m *fp.Mode) float64 { return imag(m.Value) }),
		of("time", func(m *fp.Mode) float64 { return m.Time }),
		fields("right_re", func(m *fp.Mode, i int) float64 { return real(m.Right.At(i)) }),
		fields("right_im", func(m *fp.Mode, i int) float64 { return imag(m.Right.At(i)) }),
		fields("left_re", func(m *fp.Mode, i int) float64 { return real(m.Left.At(i)) }),
		fields("left_im", func(m *fp.Mode, i int) float64 { return imag(m.Left.At(i)) }))
	if r.Density != nil {
		list = append(list, output.Array{Name: "density", Shape: r.Grid.Shape(), Data: r.Density.Values})
	}
	if r.sets != nil && r.sets.Sets > 1 {
		a := output.Array{Name: "membership", Shape: append(r.Grid.Shape(), r.sets.Sets)}
		for _, m := range r.sets.Membership {
			a.Data = append(a.Data, m.Values...)
		}
		list = append(list, a)
	}
	return list
}

// figures lists the pictures: of the spectrum, of each mode, and of metastable sets.
func (r *modesReport) figures() map[string]func(io.Writer) error {
	axes := plotAxes(r.Problem.Variables, r.Grid)
	var density []float64
	if r.Density != nil {
		density = r.Density.Values
	}
	var values []complex128
	list := map[string]func(io.Writer) error{}
	for k := range r.Modes.Modes {
		m := &r.Modes.Modes[k]
		values = append(values, m.Value)
		f := plot.ModeFields{Name: nameOf(k, m), Right: m.Right.Re.Values, Left: m.Left.Re.Values}
		if !m.IsReal() {
			f.RightIm, f.LeftIm = m.Right.Im.Values, m.Left.Im.Values
		}
		list[fmt.Sprintf("mode_%02d.png", k+1)] = func(w io.Writer) error {
			return plot.Mode(w, plot.PNG, r.Problem.Title, axes, density, f)
		}
	}
	list["spectrum.png"] = func(w io.Writer) error {
		return plot.Spectrum(w, plot.PNG, r.Problem.Title, values, r.Density != nil, r.Radius)
	}
	if r.sets != nil && r.sets.Sets > 1 && r.Grid.Dim() > 1 {
		var names []string
		var members [][]float64
		for c, m := range r.sets.Membership {
			names, members = append(names, fmt.Sprintf("set %d", c+1)), append(members, m.Values)
		}
		list["metastable.png"] = func(w io.Writer) error {
			return plot.Memberships(w, plot.PNG, r.Problem.Title, axes, names, members, density)
		}
	}
	return list
}
