package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ness-fp/ness/cmd/ness/internal/output"
	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid"
	"github.com/ness-fp/ness/operators"
	"github.com/ness-fp/ness/operators/markov"
)

func checkCommand() *cobra.Command {
	var in inputFlags
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Validate a problem file and describe it: box, walls, convention, noise, memory",
		Args:  oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := in.read(args[0])
			if err != nil {
				return err
			}
			return check(cmd.OutOrStdout(), args[0], f)
		},
	}
	in.add(cmd)
	return cmd
}

func check(w io.Writer, name string, f *fp.File) error {
	g, notes, doubts, err := box(name, f)
	if err != nil {
		return err
	}
	start := time.Now()
	c, err := fp.SampleCenters(f.Problem, g)
	if err != nil {
		return locate(name, f, err)
	}
	sampling := time.Since(start).Seconds()
	describe(w, f, g, notes)
	lo, hi := c.EigenRange()
	line(w, "eigenvalues of D", "%.4g … %.4g", lo, hi)
	line(w, "largest Péclet number", "%.3g per cell", c.MaxPeclet())
	if order := fp.DefaultOrder(g); order != fp.OrderMonotone {
		bytes, seconds := fp.AccurateCost(g.Shape(), memory())
		line(w, "default solution", "order %v, up to %v, about %.2g s if the linear form does", order, output.Bytes(bytes), seconds+float64(1+g.Dim())*sampling) // at centres, and on faces across each axis
	} else {
		line(w, "default solution", "a generator's, direct")
	}
	reach := 1
	if !c.IsDiagonal() {
		reach = operators.SellingReach(c)
	}
	bytes, flops := markov.EstimateDirect(g.Shape(), reach)
	line(w, "direct solution", "about %v, %.2g s, with --solver direct", output.Bytes(bytes+base(g.Shape())), flops/6e9+float64(g.Cells())*1e-6)
	if g.Dim() > 1 && c.IsDiagonal() {
		n := float64(g.Cells())
		line(w, "multigrid solution", "about %v, %.2g s, with --solver multigrid", output.Bytes(int64(200*n)+base(g.Shape())), 1e-6*n)
	}
	if g.HasWall(grid.Absorbing) {
		doubts = append(doubts, "probability leaves through absorbing walls: there is no stationary density to solve for")
	}
	if err := f.HasStationary(); err != nil {
		doubts = append(doubts, err.Error())
	}
	if minima := f.Problem.StablePoints(); f.SGD() != nil && f.Problem.Landscape != nil && len(minima) > 0 {
		if err := f.CheckStable(minima); err != nil {
			doubts = append(doubts, err.Error())
		}
	}
	for _, d := range doubts {
		line(w, "warning", "%s", d)
	}
	return nil
}

// box returns the grid of the file, finding the box first where it asks for that.
func box(name string, f *fp.File) (g *grid.Grid, notes, doubts []string, err error) {
	if f.Domain.Auto {
		if err := fits(name, f.Domain.Cells); err != nil {
			return nil, nil, nil, err
		}
		f.Domain.Intervals, notes, doubts, err = fp.FindBox(f.Problem, f.Domain.Cells)
		if err != nil {
			return nil, nil, nil, locate(name, f, err)
		}
	}
	var cells []int
	for _, in := range f.Domain.Intervals {
		cells = append(cells, in.Cells)
	}
	if err := fits(name, cells); err != nil {
		return nil, nil, nil, err
	}
	g, err = f.Domain.Grid(f.Problem.Variables)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return g, notes, doubts, f.Check(g)
}

// locate returns an error with the place in the problem file where it has one, and with
// the file's name where not.
func locate(name string, f *fp.File, err error) error {
	err = f.Locate(err)
	var at *fp.FileError
	if errors.As(err, &at) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// fits refuses a grid whose coefficients and results would not fit in memory.
func fits(name string, cells []int) error {
	need, have := base(cells), memory()
	if need > have {
		return fmt.Errorf("%s: %v cells want about %v of memory, have %v; give fewer --cells", name, cells, output.Bytes(need), output.Bytes(have))
	}
	return nil
}

// base estimates the memory that any solution takes, in bytes: the coefficients, rates
// and results take up to 500 bytes a cell.
func base(cells []int) int64 {
	each := 500.0
	for _, n := range cells {
		each *= float64(n)
	}
	return int64(min(each, math.MaxInt64/4))
}

// memory returns the memory of the machine in bytes, or no limit where that is unknown.
func memory() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	for l := range strings.Lines(string(data)) {
		var kb int64
		if _, err := fmt.Sscanf(l, "MemAvailable: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	return math.MaxInt64
}

// describe prints what the file says and the box.
func describe(w io.Writer, f *fp.File, g *grid.Grid, notes []string) {
	if f.Problem.Title != "" {
		fmt.Fprintln(w, f.Problem.Title)
	}
	for _, fact := range f.Facts {
		line(w, fact[0], "%s", fact[1])
	}
	for a, v := range f.Problem.Variables {
		ax := g.Axis(a)
		line(w, "axis "+v, "%.10g … %.10g, %d cells, %v to %v", ax.Min(), ax.Max(), ax.Cells(), ax.Lower(), ax.Upper())
	}
	for _, n := range notes {
		line(w, "note", "%s", n)
	}
}

// line prints a label and a value in two columns.
func line(w io.Writer, label, format string, args ...any) {
	fmt.Fprintf(w, "  %-22s %s\n", label, fmt.Sprintf(format, args...))
}
