package fp

import (
	"fmt"

	"github.com/ness-fp/ness/grid"
)

// An Interval is one variable's part of a box: its ends, walls and cells.
type Interval struct {
	Min, Max     float64
	Cells        int
	Lower, Upper grid.Wall
	Grading      *Grading // nil for equal cells
}

// A Grading makes cells narrow around a point, see [grid.Sinh].
type Grading struct{ Towards, Scale float64 }

// A Domain is a box as a problem file gives it: an interval per variable, or the
// wish that one be found, with the cells it is to have.
type Domain struct {
	Auto      bool
	Intervals []Interval // nil where Auto
	Cells     []int      // per variable; only beside Auto
}

// DefaultCells returns the number of cells per axis for a box whose file gives none.
func DefaultCells(dim int) []int {
	n := map[int]int{1: 512, 2: 256, 3: 48}[dim]
	cells := make([]int, dim)
	for a := range cells {
		cells[a] = n
	}
	return cells
}

// An IntervalError says which variable's interval cannot be cut into cells, and why.
type IntervalError struct {
	Variable string
	Err      error
}

func (e *IntervalError) Error() string { return fmt.Sprintf("domain.%s: %v", e.Variable, e.Err) }

// Unwrap returns the reason.
func (e *IntervalError) Unwrap() error { return e.Err }

// Grid cuts the box into cells. Errors are of type *[IntervalError].
func (d *Domain) Grid(variables []string) (*grid.Grid, error) {
	axes, err := d.axes(variables)
	if err != nil {
		return nil, err
	}
	return grid.New(axes...), nil
}

func (d *Domain) axes(variables []string) ([]grid.Axis, error) {
	axes := make([]grid.Axis, len(d.Intervals))
	for a, in := range d.Intervals {
		var err error
		if in.Grading == nil {
			axes[a], err = grid.Uniform(in.Min, in.Max, in.Cells, in.Lower, in.Upper)
		} else {
			axes[a], err = grid.Sinh(in.Min, in.Max, in.Cells, in.Lower, in.Upper, in.Grading.Towards, in.Grading.Scale)
		}
		if err != nil {
			return nil, &IntervalError{variables[a], err}
		}
	}
	return axes, nil
}
