package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/cmd/ness/internal/plot"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
)

type passageFlags struct {
	inputFlags
	outputFlags
	from, to string
}

func passageCommand() *cobra.Command {
	var fl passageFlags
	cmd := &cobra.Command{
		Use:   "passage FILE --from CONDITION --to CONDITION",
		Short: "Find mean first-passage times, committors and rates between two sets",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			fl.given = cmd.Flags().Changed("output")
			return fl.passage(cmd.OutOrStdout(), args[0])
		},
	}
	fl.inputFlags.add(cmd)
	fl.outputFlags.add(cmd)
	cmd.Flags().StringVar(&fl.from, "from", "", "`CONDITION` that holds where walkers come from, as in 'x < -0.8'; without it times from everywhere")
	cmd.Flags().StringVar(&fl.to, "to", "", "`CONDITION` that holds where they go to, as in '(x-1)^2 + y^2 < 0.1'; may be left out where walls absorb")
	return cmd
}

// A region is the points where a condition holds.
type region struct {
	flag, condition string
	set             fp.Set // nil where the flag is not given
	cells           []bool
}

// region reads a condition.
func (fl *passageFlags) region(in *input, flag, condition string) (*region, error) {
	r := &region{flag: flag, condition: condition, cells: make([]bool, in.grid.Cells())}
	if condition == "" {
		return r, nil
	}
	var err error
	if r.set, err = in.file.Set(condition); err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	r.cells = fp.CellsWhere(in.grid, r.set)
	switch {
	case !slices.Contains(r.cells, true):
		return nil, fmt.Errorf("%s: %q holds at the centre of no cell in the box; want a larger set, or more --cells", flag, condition)
	case !slices.Contains(r.cells, false):
		return nil, fmt.Errorf("%s: %q holds everywhere in the box", flag, condition)
	}
	return r, nil
}

// regions reads both conditions.
func (fl *passageFlags) regions(in *input) (from, to *region, err error) {
	open := in.grid.HasWall(grid.Absorbing)
	switch {
	case fl.to == "" && fl.from != "":
		return nil, nil, errors.New("--to: missing beside --from; want a condition, as in --to 'x > 0.8'")
	case fl.to == "" && !open:
		return nil, nil, errors.New("--to: missing; want a condition, as in --to 'x > 0.8'")
	case fl.from != "" && open:
		return nil, nil, errors.New("--from: where walls absorb there are no rates between sets; leave it out for the mean times")
	}
	if from, err = fl.region(in, "--from", fl.from); err != nil {
		return nil, nil, err
	}
	if to, err = fl.region(in, "--to", fl.to); err != nil {
		return nil, nil, err
	}
	for i := range from.cells {
		if from.cells[i] && to.cells[i] {
			x := make([]float64, in.grid.Dim())
			in.grid.Center(x, i)
			return nil, nil, fmt.Errorf("--from and --to overlap: both hold at %s", pointText(x))
		}
	}
	return from, to, nil
}

// An exit is how walkers get to a set, and from one to another where two are given.
type exit struct {
	from, to *region
	there    *fp.Passage
	density  *grid.Field // stationary; nil where walls absorb
	// Without --from these are nil.
	back       *fp.Passage
	transition *fp.Transition
	current    *fp.Current
}

// solveExit solves on a grid.
func solveExit(p *fp.Problem, g *grid.Grid, from, to fp.Set) (*exit, error) {
	opt := fp.PassageOptions{MaxMemory: memory()}
	e := &exit{}
	var err error
	if e.there, err = fp.SolvePassage(p, g, to, opt); err != nil {
		return nil, err
	}
	if from != nil {
		if e.back, err = fp.SolvePassage(p, g, from, opt); err != nil {
			return nil, err
		}
		if e.transition, err = fp.SolveTransition(p, g, from, to, opt); err != nil {
			return nil, err
		}
		e.density = e.transition.Density
		return e, nil
	}
	if g.HasWall(grid.Absorbing) {
		return e, nil
	}
	s, err := fp.SolveStationary(p, g, fp.StationaryOptions{MaxMemory: opt.MaxMemory, Order: fp.OrderMonotone})
	if err != nil {
		return nil, err
	}
	e.density = s.Density
	return e, nil
}

// inside returns the density in a set, and 0 elsewhere.
func inside(p *grid.Field, cells []bool) *grid.Field {
	f := grid.NewField(p.Grid)
	for i, in := range cells {
		if in {
			f.Values[i] = p.Values[i]
		}
	}
	return f
}

// average returns the mean time to the target: of starts in the stationary density within the
// other set, in all of it without another, and uniform in the box where there is none.
func (e *exit) average(time *fp.Passage, start fp.Set) float64 {
	g := time.Time.Grid
	switch {
	case e.density == nil:
		one := grid.NewField(g)
		for i := range one.Values {
			one.Values[i] = 1
		}
		return time.MeanFrom(one)
	case start == nil:
		return time.MeanFrom(e.density)
	}
	return time.MeanFrom(inside(e.density, fp.CellsWhere(g, start)))
}

func (fl *passageFlags) passage(w io.Writer, name string) error {
	if fl.quiet {
		w = io.Discard
	}
	in, err := openInput(name, &fl.inputFlags, &fl.outputFlags, (*fp.File).HasStationary)
	if err != nil {
		return err
	}
	defer in.abort()
	from, to, err := fl.regions(in)
	if err != nil {
		return err
	}
	watch := &stopwatch{seconds: map[string]float64{}}
	watch.start("passage")
	e, err := solveExit(in.file.Problem, in.grid, from.set, to.set)
	var set *fp.SetError
	switch {
	case errors.As(err, &set):
		return fmt.Errorf("--from %q, --to %q: %w", fl.from, fl.to, err)
	case err != nil:
		return in.locate(err)
	}
	e.from, e.to = from, to
	if e.transition != nil {
		e.current = e.transition.Current()
	}
	watch.start("half grid")
	half, why := e.halfGrid(in.file.Problem, in.grid)
	watch.stop()
	in.takeStep()
	doubts := append(in.doubts, e.doubts(half, why)...)
	sum := e.summarize(in, half, doubts)
	sum.Seconds = watch.seconds
	describe(w, in.file, in.grid, in.notes)
	sum.print(w)
	ctx, stop := untilInterrupt() // before, there is nothing to remove
	defer stop()
	return fl.write(ctx, w, in.folder, result{
		files: e.files(in.file.Problem.Variables), figures: e.figures(in.file.Problem), summary: sum, names: &sum.Files,
	})
}

// halfGrid solves on half the cells; nil with the reason where that cannot be.
func (e *exit) halfGrid(p *fp.Problem, g *grid.Grid) (half *exit, why string) {
	coarse, ok := g.Coarsen()
	if !ok {
		return nil, "it wants an even number of cells along every axis"
	}
	half, err := solveExit(p, coarse, e.from.set, e.to.set)
	if err != nil {
		return nil, "there, " + err.Error()
	}
	return half, ""
}

const (
	// roughTime is the difference to half the grid from which there is a warning.
	roughTime = 0.1
	// leakyFlux is the imbalance of the flux from which there is one.
	leakyFlux = 1e-6
)

func (e *exit) doubts(half *exit, why string) (list []string) {
	if half == nil {
		return []string{"no comparison with half the grid: " + why}
	}
	if d := apart(e.average(e.there, e.from.set), half.average(half.there, e.from.set)); !(d < roughTime) {
		list = append(list, fmt.Sprintf("the mean time changes by %.2g between this grid and half of it: it is not resolved; refine the grid", d))
	}
	if e.transition != nil && !(e.transition.Imbalance < leakyFlux) {
		list = append(list, fmt.Sprintf("what leaves one set and comes to the other differ by %.2g of the flux", e.transition.Imbalance))
	}
	return list
}

// apart is the difference of two numbers relative to the first.
func apart(a, b float64) float64 { return math.Abs(a-b) / math.Abs(a) }

func (e *exit) files(variables []string) []output.File {
	return []output.File{{Name: "passage.npz", Write: func(w io.Writer) error { return output.WriteNPZ(w, e.arrays(variables)) }}}
}

// arrays lists the contents of passage.npz.
func (e *exit) arrays(variables []string) []output.Array {
	g := e.there.Time.Grid
	cells := func(name string, v []float64) output.Array {
		return output.Array{Name: name, Shape: g.Shape(), Data: v}
	}
	list := append(axisArrays(variables, g), cells("time", e.there.Time.Values), cells("to", indicator(e.to.cells)))
	if e.density != nil {
		list = append(list, cells("density", e.density.Values))
	}
	if e.transition == nil {
		return list
	}
	list = append(list, cells("from", indicator(e.from.cells)), cells("time_back", e.back.Time.Values),
		cells("committor", e.transition.Forward.Values), cells("backward_committor", e.transition.Backward.Values))
	for a, v := range variables {
		faces := g.Shape()
		faces[a]++
		list = append(list, cells("current_"+v, e.current.At[a]), output.Array{Name: "flux_" + v, Shape: faces, Data: e.current.Faces.Density(a)})
	}
	return list
}

// indicator is 1 in the cells of a set and 0 elsewhere.
func indicator(cells []bool) []float64 {
	v := make([]float64, len(cells))
	for i, in := range cells {
		if in {
			v[i] = 1
		}
	}
	return v
}

// figures lists the pictures.
func (e *exit) figures(p *fp.Problem) map[string]func(io.Writer) error {
	g := e.there.Time.Grid
	axes, time, density := plotAxes(p.Variables, g), e.there.Time.Values, values(e.density)
	t := e.transition
	if g.Dim() == 1 {
		return map[string]func(io.Writer) error{"passage.png": func(w io.Writer) error {
			var forward, backward []float64
			if t != nil {
				forward, backward = t.Forward.Values, t.Backward.Values
			}
			return plot.Passage1D(w, plot.PNG, p.Title, axes[0], time, density, forward, backward)
		}}
	}
	sets := [][]float64{indicator(e.to.cells)}
	if t != nil {
		sets = append(sets, indicator(e.from.cells))
	}
	list := map[string]func(io.Writer) error{
		"time.png": func(w io.Writer) error { return plot.PassageTime(w, plot.PNG, p.Title, axes, time, density, sets) },
	}
	if t == nil {
		return list
	}
	list["committor.png"] = func(w io.Writer) error {
		return plot.Committor(w, plot.PNG, p.Title, axes, t.Forward.Values, t.Backward.Values, density, sets)
	}
	list["current.png"] = func(w io.Writer) error {
		j := e.current.At
		if g.Dim() == 3 {
			return plot.Current3D(w, plot.PNG, p.Title, axes, density, [3][]float64(j))
		}
		return plot.Transitions(w, plot.PNG, p.Title, axes, density, j[0], j[1], sets)
	}
	return list
}
