package fp

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/operators"
)

// This file reads the section initial: where walkers, or a density, start.

// A Start is where walkers start: at the points, one after the other, plus a normal deviate;
// or evenly in the box; or as a density says. Of points, Gaussian or not, densities are the mean.
type Start struct {
	Points  [][]float64
	Cov     []float64 // packed; nil: none
	Uniform bool
	Formula *expr.Expr // a density of any mass
	File    string     // a solution.npz, beside the problem file
}

type initialDoc struct {
	Points   [][]float64  `yaml:"points"`
	Width    any          `yaml:"width"`
	Gaussian *gaussianDoc `yaml:"gaussian"`
	Uniform  *bool        `yaml:"uniform"`
	Formula  string       `yaml:"formula"`
	File     string       `yaml:"file"`
}

type gaussianDoc struct {
	Mean       []float64   `yaml:"mean"`
	SD         []float64   `yaml:"sd"`
	Covariance [][]float64 `yaml:"covariance"`
}

func (r *reader) initial() error {
	doc := r.doc.Initial
	if doc == nil {
		return nil
	}
	given := 0
	for _, has := range []bool{doc.Points != nil, doc.Gaussian != nil, doc.Uniform != nil, doc.Formula != "", doc.File != ""} {
		if has {
			given++
		}
	}
	switch {
	case given != 1:
		return r.fail("initial", "want exactly one of points, gaussian, uniform, formula and file, have %d", given)
	case doc.Width != nil && doc.Points == nil:
		return r.fail("initial.width", "has no meaning but beside points")
	case doc.Uniform != nil:
		if !*doc.Uniform {
			return r.fail("initial.uniform", "want true")
		}
		r.file.Start = &Start{Uniform: true}
	case doc.Points != nil:
		return r.startPoints(doc)
	case doc.Formula != "":
		e, err := r.formula("initial.formula", doc.Formula)
		r.file.Start = &Start{Formula: &e}
		return err
	case doc.File != "":
		r.file.Start = &Start{File: doc.File}
	default:
		return r.startGaussian(doc.Gaussian)
	}
	return nil
}

func (r *reader) startPoints(doc *initialDoc) error {
	if len(doc.Points) == 0 {
		return r.fail("initial.points", "want at least one point")
	}
	d := len(r.doc.Variables)
	for i, x := range doc.Points {
		if err := r.wantNumbers(fmt.Sprintf("initial.points[%d]", i), x, d, "variable"); err != nil {
			return err
		}
	}
	r.file.Start = &Start{Points: doc.Points}
	if doc.Width == nil {
		return nil
	}
	widths, err := r.numbersOrOne("initial.width", doc.Width, d)
	if err != nil {
		return err
	}
	r.file.Start.Cov, err = r.variances("initial.width", widths)
	return err
}

// numbersOrOne reads d numbers, or one for all.
func (r *reader) numbersOrOne(key string, doc any, d int) ([]float64, error) {
	list, ok := doc.([]any)
	if !ok {
		list = slices.Repeat([]any{doc}, d)
	}
	out := make([]float64, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case float64:
			out[i] = v
		case uint64:
			out[i] = float64(v)
		case int64:
			out[i] = float64(v)
		case string: // as the YAML reader takes 1e-1
			var err error
			if out[i], err = strconv.ParseFloat(v, 64); err != nil {
				return nil, r.fail(key, "want a number, or one per variable, have %q", v)
			}
		default:
			return nil, r.fail(key, "want a number, or one per variable, have %v", v)
		}
	}
	return out, r.wantNumbers(key, out, d, "variable")
}

// variances returns the packed covariance of deviations, one per variable.
func (r *reader) variances(key string, sd []float64) ([]float64, error) {
	d := len(r.doc.Variables)
	if err := r.wantNumbers(key, sd, d, "variable"); err != nil {
		return nil, err
	}
	cov := make([]float64, d*(d+1)/2)
	for a, s := range sd {
		if s < 0 {
			return nil, r.fail(fmt.Sprintf("%s[%d]", key, a), "want a number ≥ 0, have %g", s)
		}
		cov[operators.Packed(d, a, a)] = s * s
	}
	return cov, nil
}

// wantNumbers wants d finite ones, one per something.
func (r *reader) wantNumbers(key string, x []float64, d int, per string) error {
	if len(x) != d {
		return r.fail(key, "want %d numbers, one per %s, have %d", d, per, len(x))
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return r.fail(fmt.Sprintf("%s[%d]", key, i), "want a finite number, have %g", v)
		}
	}
	return nil
}

func (r *reader) startGaussian(doc *gaussianDoc) error {
	const key = "initial.gaussian"
	d := len(r.doc.Variables)
	if err := r.wantNumbers(key+".mean", doc.Mean, d, "variable"); err != nil {
		return err
	}
	if (doc.SD == nil) == (doc.Covariance == nil) {
		return r.fail(key, "want mean and one of sd and covariance")
	}
	var cov []float64
	if doc.SD != nil {
		var err error
		if cov, err = r.variances(key+".sd", doc.SD); err != nil {
			return err
		}
	} else {
		cov = make([]float64, d*(d+1)/2)
		if err := r.covariance(key+".covariance", doc.Covariance, cov, d, "variable"); err != nil {
			return err
		}
	}
	r.file.Start = &Start{Points: [][]float64{doc.Mean}, Cov: cov}
	return nil
}

// covariance reads a positive semi-definite matrix of d rows, one per something.
func (r *reader) covariance(key string, rows [][]float64, packed []float64, d int, per string) error {
	if len(rows) != d {
		return r.fail(key, "want %d rows, one per %s, have %d", d, per, len(rows))
	}
	for a, row := range rows {
		if err := r.wantNumbers(fmt.Sprintf("%s[%d]", key, a), row, d, per); err != nil {
			return err
		}
	}
	for a, row := range rows {
		for b, v := range row {
			if rows[b][a] != v {
				return r.fail(fmt.Sprintf("%s[%d][%d]", key, a, b), "not symmetric: %g here, %g at [%d][%d]", v, rows[b][a], b, a)
			}
			packed[operators.Packed(d, a, b)] = v
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(d, slices.Concat(rows...)), false) {
		return r.fail(key, "want a covariance, have a matrix without eigenvalues")
	}
	if v := eigen.Values(nil); v[0] < -1e-12*max(v[d-1], -v[0]) { // round-off of the eigenvalues is 1e-15
		return r.fail(key, "want a covariance, have a matrix with the eigenvalue %.3g", v[0])
	}
	return nil
}
