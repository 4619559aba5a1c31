package fp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"codeberg.org/sbinet/npyio/npz"

	"github.com/ness-fp/ness/grid"
)

// This file reads densities that were written before.

// densityOf returns the density of an .npz file on the grid. It has the arrays density, whose
// axes are the variables, and edges_NAME of each. What another grid has in a cell is spread evenly
// over it.
func (f *File) densityOf(path string, g *grid.Grid) (p *grid.Field, words string, err error) {
	defer func() {
		if r := recover(); r != nil { // the reader panics on some malformed headers
			err = fmt.Errorf("%s: not an .npz file that can be read: %v", path, r)
		}
	}()
	if f.open == nil {
		return nil, "", errors.New("want a way to open files")
	}
	src, err := f.open(path)
	if err != nil {
		return nil, "", err
	}
	defer src.Close()
	data, err := io.ReadAll(src)
	if err != nil {
		return nil, "", err
	}
	z, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	var edges [][]float64
	same := true
	for a, v := range f.Problem.Variables {
		e, _, err := numbersOf(z, "edges_"+v, 1)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		edges = append(edges, e)
		same = same && slices.Equal(e, g.Axis(a).Edges())
	}
	values, shape, err := numbersOf(z, "density", len(edges))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	if err := fitEdges(f.Problem.Variables, edges, shape); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	p = &grid.Field{Grid: g, Values: values}
	if words = path; !same {
		p = grid.Remap(values, edges, g)
		words += ", whose cells are others" + leftOut(p)
	}
	return p, words, dropNegative(p)
}

// mostDropped is the share of negative mass, which operators of high order leave, that is dropped.
const mostDropped = 1e-4

// dropNegative sets what is below 0 to 0, if it is little.
func dropNegative(p *grid.Field) error {
	below := grid.NewField(p.Grid)
	for i, v := range p.Values {
		below.Values[i] = min(v, 0)
	}
	if lost := -below.Integral(); !(lost <= mostDropped*p.Integral()) {
		return fmt.Errorf("want a density ≥ 0, have a mass of %.3g below 0", lost)
	}
	for i, v := range p.Values {
		p.Values[i] = max(v, 0)
	}
	return nil
}

// fitEdges says whether edges ascend, and bound as many cells as an array of the shape has.
func fitEdges(variables []string, edges [][]float64, shape []int) error {
	for a, e := range edges {
		if len(e) < 2 || !slices.IsSorted(e) || len(slices.Compact(slices.Clone(e))) < len(e) {
			return fmt.Errorf("edges_%s: want ascending numbers", variables[a])
		}
		if len(e) != shape[a]+1 {
			return fmt.Errorf("edges_%s: want %d numbers, one more than the density has cells, have %d", variables[a], shape[a]+1, len(e))
		}
	}
	return nil
}

// numbersOf returns an array of float64 of so many axes, the first one fastest.
func numbersOf(z *npz.Reader, name string, axes int) (v []float64, shape []int, err error) {
	key := name + ".npy"
	if !slices.Contains(z.Keys(), key) {
		return nil, nil, fmt.Errorf("no array %s; there are %s", name, strings.Join(z.Keys(), ", "))
	}
	h := z.Header(key)
	shape = h.Descr.Shape
	if kind := strings.Trim(h.Descr.Type, "'\""); kind != "<f8" || len(shape) != axes {
		return nil, nil, fmt.Errorf("%s: want numbers of type <f8 on %d axes, have %s on %d", name, axes, kind, len(shape))
	}
	size := 1
	for _, n := range shape {
		if size *= n; size < 1 || size > grid.MaxCells {
			return nil, nil, fmt.Errorf("%s: want 1 to %d numbers, have an array of shape %v", name, grid.MaxCells, shape)
		}
	}
	v = make([]float64, size)
	if err := z.Read(key, &v); err != nil {
		return nil, nil, err
	}
	if len(v) != size {
		return nil, nil, fmt.Errorf("%s: want %d numbers, have %d", name, size, len(v))
	}
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, nil, fmt.Errorf("%s[%d]: want a finite number, have %g", name, i, x)
		}
	}
	if !h.Descr.Fortran && axes > 1 {
		v = firstFastest(v, shape)
	}
	return v, shape, nil
}

// firstFastest returns an array whose last axis is the fastest with the first one so.
func firstFastest(v []float64, shape []int) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		at, rest, stride := 0, i, len(v)
		for a := len(shape) - 1; a >= 0; a-- {
			stride /= shape[a]
			at += rest % shape[a] * stride
			rest /= shape[a]
		}
		out[at] = v[i]
	}
	return out
}
