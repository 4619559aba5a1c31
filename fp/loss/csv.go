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

	"github.com/ness-fp/ness/fp/spelling"
)

// CSVOptions say what [ReadCSV] is to take from a table.
type CSVOptions struct {
	// Features are column names, in the order of the parameters.
	Features []string
	// Target is the column that is to be predicted.
	Target string
	// Intercept adds a feature that is 1 for every sample, before the others.
	Intercept bool
}

// intercept is the name of the feature that [CSVOptions.Intercept] adds.
const intercept = "intercept"

// A CSVError says what is wrong with a table, and where. Line 0 means the table as a
// whole, Column "" no column in particular; line 1 is the header.
type CSVError struct {
	Line   int
	Column string
	Msg    string
}

// Error returns the place, as far as there is one, and what is wrong there.
func (e *CSVError) Error() string {
	switch {
	case e.Line == 0 && e.Column == "":
		return e.Msg
	case e.Line == 0:
		return fmt.Sprintf("column %q: %s", e.Column, e.Msg)
	case e.Column == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
	}
	return fmt.Sprintf("line %d, column %q: %s", e.Line, e.Column, e.Msg)
}

// ReadCSV reads a table with a header line. Every cell of the columns asked for must
// be a finite number, and every line as long as the header; empty lines are skipped.
// What is wrong with the table is a [CSVError]; errors of r are returned as they are.
func ReadCSV(r io.Reader, opt CSVOptions) (*Data, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	c.TrimLeadingSpace = true
	record, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, &CSVError{Msg: "the table is empty; want a header line and samples"}
	}
	if err != nil {
		return nil, csvError(err, nil)
	}
	header := columnNames(record)
	columns, err := findColumns(header, opt)
	if err != nil {
		return nil, err
	}
	d := &Data{Target: opt.Target, Intercept: opt.Intercept}
	if opt.Intercept {
		d.Features = append(d.Features, intercept)
	}
	d.Features = append(d.Features, opt.Features...)
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err, record)
		}
		line, _ := c.FieldPos(0)
		if err := d.addSample(record, line, header, columns); err != nil {
			return nil, err
		}
	}
	if len(d.Y) == 0 {
		return nil, &CSVError{Msg: "the table has a header but no samples"}
	}
	return d, nil
}

// columnNames returns the names in a header, without the byte order mark that some
// programs write before the first.
func columnNames(record []string) []string {
	names := make([]string, len(record))
	for k, s := range record {
		if k == 0 {
			s = strings.TrimPrefix(s, "\ufeff")
		}
		names[k] = strings.TrimSpace(s)
	}
	return names
}

// findColumns returns where the features and, last, the target are in the header.
func findColumns(header []string, opt CSVOptions) ([]int, error) {
	if len(opt.Features) == 0 && !opt.Intercept {
		return nil, &CSVError{Msg: "no features asked for; want at least one column, or an intercept"}
	}
	var columns []int
	for _, name := range append(slices.Clone(opt.Features), opt.Target) {
		at := slices.Index(header, name)
		switch {
		case at < 0:
			return nil, &CSVError{Line: 1, Msg: fmt.Sprintf("no column %q%s; there are %s", name, didYouMean(name, header), strings.Join(header, ", "))}
		case slices.Contains(header[at+1:], name):
			return nil, &CSVError{1, name, "there are several columns of this name"}
		case slices.Contains(columns, at):
			return nil, &CSVError{1, name, "asked for twice; features and target must all differ"}
		case opt.Intercept && name == intercept:
			return nil, &CSVError{1, name, "clashes with the intercept that is asked for"}
		}
		columns = append(columns, at)
	}
	return columns, nil
}

// addSample adds a line of the table; the last of columns is the target.
func (d *Data) addSample(record []string, line int, header []string, columns []int) error {
	if d.Intercept {
		d.X = append(d.X, 1)
	}
	for k, at := range columns {
		v, err := strconv.ParseFloat(strings.TrimSpace(record[at]), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return &CSVError{line, header[at], fmt.Sprintf("want a finite number, have %q", record[at])}
		}
		if k < len(columns)-1 {
			d.X = append(d.X, v)
		} else {
			d.Y = append(d.Y, v)
		}
	}
	return nil
}

// csvError turns what encoding/csv says of a record into a CSVError.
func csvError(err error, record []string) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return &CSVError{Line: p.Line, Msg: fmt.Sprintf("ragged: want as many cells as the header has columns, have %d", len(record))}
	}
	return &CSVError{Line: p.Line, Msg: p.Err.Error()}
}

// didYouMean returns ", did you mean …?" with the name nearest to a mistyped one, or ""
// where none is close.
func didYouMean(name string, names []string) string {
	best := spelling.Nearest(name, names)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
