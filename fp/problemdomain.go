package fp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ness-fp/ness/grid"
)

// This file reads the section domain: intervals, cells, gradings and walls of every axis.

type intervalDoc struct {
	Min      string      `yaml:"min"`
	Max      string      `yaml:"max"`
	Cells    float64     `yaml:"cells"`
	Boundary any         `yaml:"boundary"`
	Grading  *gradingDoc `yaml:"grading"`
}

type gradingDoc struct {
	Sinh *struct {
		Towards float64 `yaml:"towards"`
		Scale   float64 `yaml:"scale"`
	} `yaml:"sinh"`
}

// domainDoc is the word auto, or an interval per variable.
type domainDoc struct {
	auto      bool
	given     bool
	intervals map[string]*intervalDoc
}

// UnmarshalYAML reads either form.
func (d *domainDoc) UnmarshalYAML(unmarshal func(any) error) error {
	d.given = true
	var word string
	if err := unmarshal(&word); err == nil {
		if word != "auto" {
			return fmt.Errorf("domain: want auto or an interval per variable, have %q", word)
		}
		d.auto = true
		return nil
	}
	return unmarshal(&d.intervals)
}

func (r *reader) domain() error {
	d := &r.doc.Domain
	if !d.given {
		return r.fail("", "domain: missing; want auto or an interval per variable")
	}
	n := len(r.doc.Variables)
	if c := len(r.opt.Cells); c != 0 && c != 1 && c != n {
		want := "1 number"
		if n > 1 {
			want = fmt.Sprintf("1 or %d numbers", n)
		}
		return r.fail("", "--cells: want %s, have %d", want, c)
	}
	for _, c := range r.opt.Cells {
		if c < grid.MinCells || c > grid.MaxCells {
			return r.fail("", "--cells: want %d to %d, have %d", grid.MinCells, grid.MaxCells, c)
		}
	}
	if d.auto {
		r.file.Domain = Domain{Auto: true, Cells: r.cells(DefaultCells(n))}
		return nil
	}
	given := make([]int, n)
	intervals := make([]Interval, n)
	for _, name := range slices.Sorted(maps.Keys(d.intervals)) {
		if !slices.Contains(r.doc.Variables, name) {
			return r.fail("domain."+name, "no such variable; there are %s", strings.Join(r.doc.Variables, ", "))
		}
	}
	for a, v := range r.doc.Variables {
		doc := d.intervals[v]
		if doc == nil {
			return r.fail("domain", "no interval for the variable %q", v)
		}
		in, err := r.interval("domain."+v, doc)
		if err != nil {
			return err
		}
		intervals[a], given[a] = in, in.Cells
	}
	for a, c := range r.cells(given) {
		intervals[a].Cells = c
	}
	r.file.Domain = Domain{Intervals: intervals}
	if _, err := r.file.Domain.axes(r.doc.Variables); err != nil {
		var at *IntervalError
		if errors.As(err, &at) {
			return r.fail("domain."+at.Variable, "%v", at.Err)
		}
		return err
	}
	return nil
}

// cells applies the override.
func (r *reader) cells(given []int) []int {
	switch len(r.opt.Cells) {
	case 0:
		return given
	case 1:
		out := make([]int, len(given))
		for a := range out {
			out[a] = r.opt.Cells[0]
		}
		return out
	}
	return r.opt.Cells
}

func (r *reader) interval(key string, doc *intervalDoc) (in Interval, err error) {
	for _, end := range []struct {
		name, src string
		to        *float64
	}{{"min", doc.Min, &in.Min}, {"max", doc.Max, &in.Max}} {
		if end.src == "" {
			return in, r.fail(key, "%s is missing", end.name)
		}
		e, err := r.formula(key+"."+end.name, end.src)
		if err != nil {
			return in, err
		}
		v, ok := e.Const()
		if !ok {
			return in, r.fail(key+"."+end.name, "want a number, have the formula %q", end.src)
		}
		*end.to = v
	}
	switch {
	case !r.has(key + ".cells"):
		in.Cells = DefaultCells(len(r.doc.Variables))[0]
	case !isWhole(doc.Cells):
		return in, r.fail(key+".cells", "want a whole number, have %g", doc.Cells)
	default:
		in.Cells = int(doc.Cells)
	}
	if doc.Grading != nil {
		if doc.Grading.Sinh == nil {
			return in, r.fail(key+".grading", "want sinh: {towards: …, scale: …}")
		}
		in.Grading = &Grading{doc.Grading.Sinh.Towards, doc.Grading.Sinh.Scale}
	}
	return in, r.walls(key+".boundary", doc.Boundary, &in)
}

// walls reads one wall for both ends, or {lower, upper}.
func (r *reader) walls(key string, doc any, in *Interval) error {
	set := func(key string, v any, to *grid.Wall) error {
		name, ok := v.(string)
		if !ok {
			return r.fail(key, "want reflecting, periodic or absorbing, have %v", v)
		}
		w, err := grid.ParseWall(name)
		if err != nil {
			return r.fail(key, "%v", err)
		}
		*to = w
		return nil
	}
	switch doc := doc.(type) {
	case nil:
		return nil
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(doc)) {
			v := doc[name]
			to, ok := map[string]*grid.Wall{"lower": &in.Lower, "upper": &in.Upper}[name]
			if !ok {
				return r.fail(key+"."+name, "unknown key; want lower and upper")
			}
			if err := set(key+"."+name, v, to); err != nil {
				return err
			}
		}
		return nil
	}
	if err := set(key, doc, &in.Lower); err != nil {
		return err
	}
	in.Upper = in.Lower
	return nil
}
