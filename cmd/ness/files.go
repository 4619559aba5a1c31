package main

import (
	"io"
	"math"
	"strings"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

// This file lists what a solution leaves in files: arrays and figures.

// arrays lists the contents of solution.npz.
func arrays(p *fp.Problem, s *fp.Stationary, a *account) []output.Array {
	g := s.Density.Grid
	cells := func(name string, values []float64) output.Array {
		return output.Array{Name: name, Shape: g.Shape(), Data: values}
	}
	list := []output.Array{
		cells("density", s.Density.Values), cells("entropy_production_density", a.irreversibility.EntropyDensity),
		cells("split_potential", a.split.Potential.Values),
	}
	if a.irreversibility.Alignment != nil {
		list = append(list, cells("angle", a.irreversibility.Alignment.Angle))
	}
	for k, v := range p.Variables {
		faces := g.Shape()
		faces[k]++
		list = append(list,
			cells("current_"+v, a.current.At[k]),
			cells("drift_current_"+v, a.drift[k]),
			cells("diffusion_current_"+v, a.diffusion[k]),
			output.Array{Name: "flux_" + v, Shape: faces, Data: a.current.Faces.Density(k)},
			cells("gradient_"+v, a.parts[0][k]), cells("solenoidal_"+v, a.parts[1][k]), cells("harmonic_"+v, a.parts[2][k]))
	}
	list = append(list, axisArrays(p.Variables, g)...)
	if a.split.Vector != nil {
		for k, v := range p.Variables { // on edges along k: corners along the other axes
			edges := g.Shape()
			for b := range edges {
				if b != k {
					edges[b]++
				}
			}
			list = append(list, output.Array{Name: "vector_" + v, Shape: edges, Data: a.split.Vector.Values[k]})
		}
	}
	if a.stream != nil {
		corners := g.Shape()
		for k := range corners {
			corners[k]++
		}
		list = append(list,
			output.Array{Name: "stream", Shape: corners, Data: a.stream.Values},
			output.Array{Name: "vorticity", Shape: corners, Data: a.vorticity.Values})
	}
	return list
}

// axisArrays lists edges and centres of the cells of each axis.
func axisArrays(variables []string, g *grid.Grid) (list []output.Array) {
	for k, v := range variables {
		ax := g.Axis(k)
		list = append(list,
			output.Array{Name: "edges_" + v, Shape: []int{ax.Cells() + 1}, Data: ax.Edges()},
			output.Array{Name: "centers_" + v, Shape: []int{ax.Cells()}, Data: ax.Centers()})
	}
	return list
}

// densityFigure draws a density in any number of dimensions.
func densityFigure(w io.Writer, title string, axes []plot.Axis, d []float64) error {
	switch len(axes) {
	case 1:
		return plot.Density1D(w, plot.PNG, title, axes[0], d)
	case 2:
		return plot.Density(w, plot.PNG, title, axes, d)
	}
	return plot.Marginals3D(w, plot.PNG, title, axes, d)
}

// vtkArrays returns the cell edges, and what lives in cells and on corners as ParaView wants it.
func vtkArrays(s *fp.Stationary, a *account) (edges [][]float64, scalars []output.Array, vectors map[string][3][]float64) {
	g := s.Density.Grid
	for k := range g.Dim() {
		edges = append(edges, g.Axis(k).Edges())
	}
	scalars = []output.Array{
		{Name: "density", Data: s.Density.Values},
		{Name: "entropy_production_density", Data: a.irreversibility.EntropyDensity},
		{Name: "split_potential", Data: a.split.Potential.Values},
	}
	if l := a.irreversibility.Alignment; l != nil {
		scalars = append(scalars, output.Array{Name: "angle", Data: l.Angle})
	}
	if a.stream != nil { // on corners
		scalars = append(scalars, output.Array{Name: "stream", Data: a.stream.Values}, output.Array{Name: "vorticity", Data: a.vorticity.Values})
	}
	vectors = map[string][3][]float64{}
	for name, v := range map[string][][]float64{
		"current": a.current.At, "drift_current": a.drift, "diffusion_current": a.diffusion,
		"gradient": a.parts[0], "solenoidal": a.parts[1], "harmonic": a.parts[2],
	} {
		var list [3][]float64
		copy(list[:], v)
		vectors[name] = list
	}
	return edges, scalars, vectors
}

// figures lists the pictures that suit the dimension. Currents that are nothing but
// round-off are drawn as none.
func figures(p *fp.Problem, s *fp.Stationary, a *account) map[string]func(io.Writer) error {
	g := s.Density.Grid
	axes := plotAxes(p.Variables, g)
	j := a.current.At
	flows := a.balance.Verdict != fp.Holds // else what there is of a current is error
	if !flows {
		j = make([][]float64, g.Dim())
	}
	d := s.Density.Values
	switch g.Dim() {
	case 1:
		return map[string]func(io.Writer) error{
			"density.png": func(w io.Writer) error { return plot.Density1D(w, plot.PNG, p.Title, axes[0], d) },
			"current.png": func(w io.Writer) error {
				return plot.Current1D(w, plot.PNG, p.Title, axes[0], d, j[0], a.drift[0], a.diffusion[0])
			},
		}
	case 3:
		return map[string]func(io.Writer) error{
			"density.png": func(w io.Writer) error { return plot.Marginals3D(w, plot.PNG, p.Title, axes, d) },
			"current.png": func(w io.Writer) error { return plot.Current3D(w, plot.PNG, p.Title, axes, d, [3][]float64(j)) },
		}
	}
	list := map[string]func(io.Writer) error{
		"density.png":     func(w io.Writer) error { return plot.Density(w, plot.PNG, p.Title, axes, d) },
		"log_density.png": func(w io.Writer) error { return plot.LogDensity(w, plot.PNG, p.Title, axes, d) },
		"current.png": func(w io.Writer) error {
			return plot.Current(w, plot.PNG, p.Title, axes, d, j[0], j[1], landscape(p, s))
		},
		"split.png": func(w io.Writer) error {
			return plot.Split(w, plot.PNG, p.Title, axes, strings.ReplaceAll(a.field, "-", " "), splitUnits[a.field], splitParts(a))
		},
	}
	if !flows {
		return list
	}
	list["stream.png"] = func(w io.Writer) error { return plot.StreamFunction(w, plot.PNG, p.Title, axes, a.stream.Values) }
	list["vorticity.png"] = func(w io.Writer) error { return plot.Vorticity(w, plot.PNG, p.Title, axes, a.vorticity.Values) }
	if !math.IsInf(a.irreversibility.EntropyProduction.Value, 1) {
		list["entropy_production.png"] = func(w io.Writer) error {
			return plot.EntropyProduction(w, plot.PNG, p.Title, axes, a.irreversibility.EntropyDensity)
		}
	}
	if l := a.irreversibility.Alignment; l != nil {
		list["angle.png"] = func(w io.Writer) error {
			return plot.Angle(w, plot.PNG, p.Title, axes, d, j[0], j[1], l.Angle)
		}
	}
	return list
}

// splitParts returns the parts of a split in the plane.
func splitParts(a *account) (parts [3]plot.Part) {
	shares := [3]float64{a.split.Shares.Gradient, a.split.Shares.Solenoidal, a.split.Shares.Harmonic}
	for k, at := range a.parts {
		parts[k] = plot.Part{X: at[0], Y: at[1], Fraction: shares[k]}
	}
	return parts
}

// landscape returns the loss of the problem, or else its potential, at the centres of cells; nil
// where it has neither.
func landscape(p *fp.Problem, s *fp.Stationary) []float64 {
	if p.Landscape == nil {
		return s.Coefficients.Potential
	}
	return p.Landscape.Values(s.Density.Grid)
}
