package loss

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Data are n samples of k features and a target.
type Data struct {
	Features []string
	Target   string
	X        []float64 // n × k, by rows
	Y        []float64 // n
}

// Samples returns n.
func (d *Data) Samples() int { return len(d.Y) }

// CSVOptions say what [ReadCSV] is to take from a table.
type CSVOptions struct {
	Features []string // column names, in the order of the parameters
	Target   string
	// Intercept adds a feature that is 1 for every sample, before the others.
	Intercept bool
}

// A CSVError says what is wrong with a table, and where. Line 0 means the table as a
// whole.
type CSVError struct {
	Line   int
	Column string
	Msg    string
}

func (e *CSVError) Error() string {
	switch {
	case e.Line == 0:
		return e.Msg
	case e.Column == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
	}
	return fmt.Sprintf("line %d, column %q: %s", e.Line, e.Column, e.Msg)
}

// ReadCSV reads a table with a header line. Every cell of the columns asked for must
// be a finite number, and every line as long as the header.
func ReadCSV(r io.Reader, opt CSVOptions) (*Data, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	c.TrimLeadingSpace = true
	record, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, &CSVError{Msg: "the table is empty; want a header line and samples"}
	}
	if err != nil {
		return nil, csvError(err)
	}
	header := slices.Clone(record)
	columns, err := findColumns(header, append(slices.Clone(opt.Features), opt.Target))
	if err != nil {
		return nil, err
	}
	d := &Data{Features: slices.Clone(opt.Features), Target: opt.Target}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := c.FieldPos(0)
		if opt.Intercept {
			d.X = append(d.X, 1)
		}
		for k, col := range columns {
			v, err := strconv.ParseFloat(strings.TrimSpace(record[col]), 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, &CSVError{line, header[col], fmt.Sprintf("want a finite number, have %q", record[col])}
			}
			if k < len(opt.Features) {
				d.X = append(d.X, v)
			} else {
				d.Y = append(d.Y, v)
			}
		}
	}
	if len(d.Y) == 0 {
		return nil, &CSVError{Msg: "the table has a header but no samples"}
	}
	if opt.Intercept {
		d.Features = append([]string{"intercept"}, d.Features...)
	}
	return d, nil
}

// csvError turns what encoding/csv says into a CSVError.
func csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return &CSVError{Line: p.Line, Msg: "ragged: not as many cells as the header has columns"}
	}
	return &CSVError{Line: p.Line, Msg: p.Err.Error()}
}

func findColumns(header, names []string) ([]int, error) {
	at := make([]int, len(names))
	for k, name := range names {
		at[k] = slices.Index(header, name)
		if at[k] < 0 {
			return nil, &CSVError{Line: 1, Msg: fmt.Sprintf("no column %q; there are %s", name, strings.Join(header, ", "))}
		}
	}
	return at, nil
}

// Standardize brings every feature but an intercept, and the target if asked, to
// mean 0 and variance 1 (with divisor n). A constant column is an error.
func (d *Data) Standardize(target bool) error {
	k := len(d.Features)
	for f, name := range d.Features {
		if name == "intercept" && d.X[f] == 1 {
			continue
		}
		if !standardize(d.X, f, k) {
			return &CSVError{Msg: fmt.Sprintf("column %q is constant and cannot be standardised", name)}
		}
	}
	if target && !standardize(d.Y, 0, 1) {
		return &CSVError{Msg: fmt.Sprintf("column %q is constant and cannot be standardised", d.Target)}
	}
	return nil
}

// standardize does so for the numbers at first, first+step, …, and says whether they varied.
func standardize(x []float64, first, step int) bool {
	var n, mean, variance float64
	for i := first; i < len(x); i += step {
		n++
		mean += x[i]
	}
	mean /= n
	var size float64
	for i := first; i < len(x); i += step {
		x[i] -= mean
		variance += x[i] * x[i]
		size = max(size, math.Abs(x[i]+mean))
	}
	sd := math.Sqrt(variance / n)
	if !(sd > 1e-13*size) { // what round-off leaves of a constant
		return false
	}
	for i := first; i < len(x); i += step {
		x[i] /= sd
	}
	return true
}
