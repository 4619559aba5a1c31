package fp

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/operators"
)

// This file reads the section initial: where walkers, or a density, start.

// A Start is where walkers start: at the points, one after the other, plus a normal deviate;
// or evenly in the box.
type Start struct {
	Points  [][]float64
	Cov     []float64 // packed; nil: none
	Uniform bool
}

type initialDoc struct {
	Points   [][]float64  `yaml:"points"`
	Gaussian *gaussianDoc `yaml:"gaussian"`
	Uniform  *bool        `yaml:"uniform"`
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
	for _, has := range []bool{doc.Points != nil, doc.Gaussian != nil, doc.Uniform != nil} {
		if has {
			given++
		}
	}
	switch {
	case given != 1:
		return r.fail("initial", "want exactly one of points, gaussian and uniform, have %d", given)
	case doc.Uniform != nil:
		if !*doc.Uniform {
			return r.fail("initial.uniform", "want true")
		}
		r.file.Start = &Start{Uniform: true}
		return nil
	case doc.Points != nil:
		return r.startPoints(doc.Points)
	}
	return r.startGaussian(doc.Gaussian)
}

func (r *reader) startPoints(points [][]float64) error {
	if len(points) == 0 {
		return r.fail("initial.points", "want at least one point")
	}
	for i, x := range points {
		if err := r.wantNumbers(fmt.Sprintf("initial.points[%d]", i), x, len(r.doc.Variables), "variable"); err != nil {
			return err
		}
	}
	r.file.Start = &Start{Points: points}
	return nil
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
	cov := make([]float64, d*(d+1)/2)
	if doc.SD != nil {
		if err := r.wantNumbers(key+".sd", doc.SD, d, "variable"); err != nil {
			return err
		}
		for a, s := range doc.SD {
			if s < 0 {
				return r.fail(fmt.Sprintf("%s.sd[%d]", key, a), "want a number ≥ 0, have %g", s)
			}
			cov[operators.Packed(d, a, a)] = s * s
		}
	} else if err := r.covariance(key+".covariance", doc.Covariance, cov, d, "variable"); err != nil {
		return err
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
