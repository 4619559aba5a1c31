package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

type modesFlags struct {
	inputFlags
	outputFlags
	count int
	order string
	tol   float64 // 0 where not given
}

func modesCommand() *cobra.Command {
	var fl modesFlags
	cmd := &cobra.Command{
		Use:   "modes FILE",
		Short: "Find the slowest modes of relaxation, their times, and metastable sets",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.modes(cmd.OutOrStdout(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().VarP(newWhole(&fl.count, 6), "count", "k", "`NUMBER` of eigenvalues nearest 0, which is not counted; one more where a pair of conjugates would be cut in two")
	limit(cmd, "count", 1, 1000)
	cmd.Flags().StringVar(&fl.order, "order", "auto", "`ORDER` of accuracy: auto, 2, 4, 6, 8, or monotone for a generator, whose rates are right however small")
	cmd.Flags().Float64Var(&fl.tol, "tol", 0, "`ACCURACY` of the eigenvectors of the accurate operator (default 1e-7, of eigenvalues some 1e-12)")
	limit(cmd, "tol", 1e-13, 1e-2)
	return cmd
}

// options turns the flags into options of the solver.
func (fl *modesFlags) options() (opt fp.ModesOptions, err error) {
	if opt.Order, err = fp.ParseOrder(fl.order); err != nil {
		return opt, fmt.Errorf("--order: %w", err)
	}
	opt.Count, opt.Tol, opt.MaxMemory = fl.count, fl.tol, memory()
	return opt, nil
}

// A relaxation is the modes of a problem and what they amount to.
type relaxation struct {
	*fp.Modes
	half []float64      // differences to half the grid; nil where there are none
	sets *fp.Metastable // nil where walls absorb
	step float64        // of SGD, in units of time; 0 where there is none, or times are not those of SGD
}

func (fl *modesFlags) modes(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	opt, err := fl.options()
	if err != nil {
		return err
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, (*fp.File).HasStationary)
	if err != nil {
		return err
	}
	defer in.abort()
	watch := &stopwatch{seconds: map[string]float64{}}
	watch.start("modes")
	m, err := fp.SolveModes(in.file.Problem, in.grid, opt)
	if err != nil {
		return in.locate(err)
	}
	watch.start("half grid")
	in.takeStep()
	r := &relaxation{Modes: m, step: in.step}
	doubts := append(in.doubts, m.Warnings...)
	if half, ok, err := m.HalfGrid(opt); err != nil {
		doubts = append(doubts, fmt.Sprintf("no comparison with half the grid: there, %v", err))
	} else if !ok {
		doubts = append(doubts, "no comparison with half the grid: it wants an even number of cells along every axis, and enough for the order")
	} else {
		r.half = half
	}
	watch.stop()
	if m.Density != nil {
		r.sets = m.Metastable(0)
	}
	sum := r.summarize(in, doubts)
	sum.Seconds = watch.seconds
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	ctx, stop := untilInterrupt() // before, there is nothing to remove
	defer stop()
	return fl.write(ctx, w, in.folder, result{files: r.files(), figures: r.figures(), summary: sum, names: &sum.Files})
}

func (r *relaxation) files() []output.File {
	return []output.File{{Name: "modes.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, r.arrays()) }}}
}

// arrays lists the contents of modes.npz.
func (r *relaxation) arrays() []output.Array {
	g := r.Grid
	cells := func(name string, f *grid.Field) output.Array {
		return output.Array{Name: name, Shape: g.Shape(), Data: f.Values}
	}
	list := axisArrays(r.Problem.Variables, g)
	if r.Density != nil {
		list = append(list, cells("density", r.Density))
	}
	var re, im []float64
	for k, m := range r.Modes.Modes {
		re, im = append(re, real(m.Value)), append(im, imag(m.Value))
		list = append(list, cells(fmt.Sprintf("right_%d", k+1), m.Right.Re), cells(fmt.Sprintf("left_%d", k+1), m.Left.Re))
		if !m.IsReal() {
			list = append(list, cells(fmt.Sprintf("right_%d_imag", k+1), m.Right.Im), cells(fmt.Sprintf("left_%d_imag", k+1), m.Left.Im))
		}
	}
	list = append(list,
		output.Array{Name: "eigenvalues_real", Shape: []int{len(re)}, Data: re},
		output.Array{Name: "eigenvalues_imag", Shape: []int{len(im)}, Data: im})
	if r.sets == nil {
		return list
	}
	label := grid.NewField(g)
	for i, l := range r.sets.Label {
		label.Values[i] = float64(l + 1)
	}
	list = append(list, cells("set", label))
	for c, chi := range r.sets.Membership {
		list = append(list, cells(fmt.Sprintf("membership_%d", c+1), chi))
	}
	return list
}

// values returns those of a field, nil of none.
func values(f *grid.Field) []float64 {
	if f == nil {
		return nil
	}
	return f.Values
}

// figures lists a picture of every mode, of the spectrum, and of the sets where there are two
// or more.
func (r *relaxation) figures() map[string]func(io.Writer) error {
	title, axes := r.Problem.Title, plotAxes(r.Problem.Variables, r.Grid)
	var spectrum []complex128
	list := map[string]func(io.Writer) error{}
	digits := len(fmt.Sprint(len(r.Modes.Modes)))
	for k, m := range r.Modes.Modes {
		spectrum = append(spectrum, m.Value)
		fields := plot.ModeFields{
			Name:  fmt.Sprintf("mode %d: λ = %s T⁻¹, falls to 1/e in %.4g T", k+1, eigenvalue(m.Value), m.Time),
			Right: m.Right.Re.Values, RightIm: values(m.Right.Im), Left: m.Left.Re.Values, LeftIm: values(m.Left.Im),
		}
		list[fmt.Sprintf("mode_%0*d.png", digits, k+1)] = func(w io.Writer) error {
			return plot.Mode(w, plot.PNG, title, axes, values(r.Density), fields)
		}
	}
	list["spectrum.png"] = func(w io.Writer) error {
		return plot.Spectrum(w, plot.PNG, title, spectrum, r.Density != nil, r.Radius)
	}
	if r.sets != nil && r.sets.Sets > 1 && r.Grid.Dim() > 1 {
		list["sets.png"] = func(w io.Writer) error {
			var names []string
			var members [][]float64
			for c, chi := range r.sets.Membership {
				names, members = append(names, fmt.Sprintf("set %d, weight %.3g", c+1, r.sets.Mass[c])), append(members, chi.Values)
			}
			return plot.Memberships(w, plot.PNG, title, axes, names, members, r.Density.Values)
		}
	}
	return list
}

// eigenvalue writes λ, with the conjugate.
func eigenvalue(l complex128) string {
	if imag(l) == 0 {
		return fmt.Sprintf("%.6g", real(l))
	}
	return fmt.Sprintf("%.6g ± %.6gi", real(l), imag(l))
}
