package main

import (
	"io"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
)

// This file lists what passages leave in files: arrays and figures.

func (r *passageReport) files() []output.File {
	return []output.File{{Name: "passage.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, r.arrays()) }}}
}

// arrays lists the contents of passage.npz; from, and what is behind it, are there with two sets.
func (r *passageReport) arrays() []output.Array {
	g := r.in.grid
	cells := func(name string, v []float64) output.Array {
		return output.Array{Name: name, Shape: g.Shape(), Data: v}
	}
	variables := r.in.file.Problem.Variables
	list := append(axisArrays(variables, g), cells("time", r.there.Time.Values), cells("to", r.sets[1]))
	if r.between == nil {
		return list
	}
	list = append(list,
		cells("time_back", r.back.Time.Values), cells("from", r.sets[0]), cells("density", r.between.Density.Values),
		cells("committor", r.between.Forward.Values), cells("backward_committor", r.between.Backward.Values))
	for k, at := range r.between.Current().At {
		list = append(list, cells("transition_current_"+variables[k], at))
	}
	return list
}

// figures lists the pictures that suit the dimension.
func (r *passageReport) figures() map[string]func(io.Writer) error {
	p := r.in.file.Problem
	axes, t := plotAxes(p.Variables, r.in.grid), r.between
	var density, forward, backward []float64
	if t != nil {
		density, forward, backward = t.Density.Values, t.Forward.Values, t.Backward.Values
	}
	if len(axes) == 1 {
		return map[string]func(io.Writer) error{"passage.png": func(w io.Writer) error {
			return plot.Passage1D(w, plot.PNG, p.Title, axes[0], r.there.Time.Values, density, forward, backward)
		}}
	}
	list := map[string]func(io.Writer) error{"time.png": func(w io.Writer) error {
		return plot.PassageTime(w, plot.PNG, p.Title, axes, r.there.Time.Values, density, r.sets)
	}}
	if t == nil {
		return list
	}
	list["committor.png"] = func(w io.Writer) error {
		return plot.Committor(w, plot.PNG, p.Title, axes, forward, backward, density, r.sets)
	}
	if j := t.Current().At; len(axes) == 2 {
		list["transitions.png"] = func(w io.Writer) error {
			return plot.Transitions(w, plot.PNG, p.Title, axes, density, j[0], j[1], r.sets)
		}
	}
	return list
}
