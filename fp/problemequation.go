package fp

import (
	"fmt"
	"slices"

	"github.com/ness-fp/ness/fp/expr"
	"github.com/ness-fp/ness/operators"
)

// This file reads the section equation: formulas for drift, or potential, and for
// diffusion, or noise factor, put together symbolically so that one tape evaluates
// everything.

// components are the formulas that Equation.Eval gives.
type components struct {
	drift     []expr.Expr // v, or w
	given     []expr.Expr // b in the convention of the problem; nil where that is v
	ito       []expr.Expr // b in the sense of Itô; nil: v + ∇·D
	diffusion []expr.Expr // packed
	potential *expr.Expr
}

// compile returns the equation of the formulas.
func (c *components) compile(variables []string) Equation {
	all := append(append([]expr.Expr(nil), c.drift...), c.diffusion...)
	if c.potential != nil {
		all = append(all, *c.potential)
	}
	e := Equation{Dim: len(variables), Potential: c.potential != nil, Eval: expr.Compile(all, variables).Eval}
	ito := c.ito
	if ito == nil {
		ito = c.effectiveToIto(variables)
	}
	e.Ito = expr.Compile(ito, variables).Eval
	if c.given != nil {
		e.Drift = expr.Compile(c.given, variables).Eval
	}
	e.Diffusion = expr.Compile(c.diffusion, variables).Eval
	e.ConstantDiffusion = constants(c.diffusion)
	return e
}

// effectiveToIto returns v + ∇·D, with v = w − D∇φ beside a potential.
func (c *components) effectiveToIto(variables []string) []expr.Expr {
	b := addDivergence(c.drift, c.diffusion, variables, expr.Add)
	if c.potential == nil {
		return b
	}
	for i := range b {
		for j, name := range variables {
			b[i] = expr.Sub(b[i], expr.Mul(c.diffusion[operators.Packed(len(b), i, j)], c.potential.Diff(name)))
		}
	}
	return b
}

// constants returns the values of formulas that have no variables, nil if one has.
func constants(list []expr.Expr) []float64 {
	values := make([]float64, len(list))
	for k, e := range list {
		v, ok := e.Const()
		if !ok {
			return nil
		}
		values[k] = v
	}
	return values
}

func (r *reader) equation() error {
	doc, p := r.doc.Equation, r.file.Problem
	c, sigma, err := r.noise()
	if err != nil {
		return err
	}
	if doc.Potential != "" {
		if doc.Calculus != "" {
			return r.fail("equation.calculus", "has no meaning beside a potential, which fixes v = −D∇φ + drift in every convention; leave it out")
		}
		if err := r.potential(c); err != nil {
			return err
		}
	} else {
		if doc.Drift == nil {
			return r.fail("equation", "want drift or potential")
		}
		if c.drift, err = r.formulas("equation.drift", doc.Drift); err != nil {
			return err
		}
		if err := r.convention(c, sigma); err != nil {
			return err
		}
		r.fact("convention", "%v", p.Calculus)
	}
	p.Equation = c.compile(p.Variables)
	r.file.keys = componentKeys{drift: listKeys("equation.drift", len(p.Variables)), diffusion: "equation.diffusion", potential: "equation.potential"}
	if sigma != nil {
		r.file.keys.diffusion = "equation.noise_factor"
	}
	return nil
}

// listKeys returns key[0] … key[n-1].
func listKeys(key string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s[%d]", key, i)
	}
	return list
}

// potential reads φ and the extra drift w.
func (r *reader) potential(c *components) error {
	doc, p := r.doc.Equation, r.file.Problem
	phi, err := r.formula("equation.potential", doc.Potential)
	if err != nil {
		return err
	}
	c.potential = &phi
	c.drift = make([]expr.Expr, len(p.Variables))
	for i := range c.drift {
		c.drift[i] = expr.Num(0)
	}
	r.fact("potential", "%s (exp(-potential) is stationary without further drift)", shortNumbers(phi.String()))
	if doc.Drift != nil {
		if c.drift, err = r.formulas("equation.drift", doc.Drift); err != nil {
			return err
		}
	}
	p.Landscape = symbolicLandscape(phi, p.Variables)
	return nil
}

// noise reads D, or σ with D = σσᵀ/2.
func (r *reader) noise() (c *components, sigma [][]expr.Expr, err error) {
	doc := r.doc.Equation
	switch {
	case (doc.Diffusion == nil) == (doc.NoiseFactor == nil):
		return nil, nil, r.fail("equation", "want exactly one of diffusion and noise_factor")
	case doc.Diffusion != nil:
		c = &components{}
		c.diffusion, err = r.tensor("equation.diffusion", doc.Diffusion)
		return c, nil, err
	}
	rows, ok := doc.NoiseFactor.([]any)
	if !ok || len(rows) != len(r.doc.Variables) {
		return nil, nil, r.fail("equation.noise_factor", "want %d rows of formulas, one per variable", len(r.doc.Variables))
	}
	for i, row := range rows {
		key := fmt.Sprintf("equation.noise_factor[%d]", i)
		list, ok := row.([]any)
		if !ok || len(list) == 0 || i > 0 && len(list) != len(sigma[0]) {
			return nil, nil, r.fail(key, "want a row of formulas, as long as the first")
		}
		es := make([]expr.Expr, len(list))
		for k, v := range list {
			if es[k], err = r.scalar(fmt.Sprintf("%s[%d]", key, k), v); err != nil {
				return nil, nil, err
			}
		}
		sigma = append(sigma, es)
	}
	return &components{diffusion: halfSquare(sigma)}, sigma, nil
}

// halfSquare returns σσᵀ/2, packed.
func halfSquare(sigma [][]expr.Expr) []expr.Expr {
	var d []expr.Expr
	for i := range sigma {
		for j := i; j < len(sigma); j++ {
			sum := expr.Num(0)
			for k := range sigma[i] {
				sum = expr.Add(sum, expr.Mul(sigma[i][k], sigma[j][k]))
			}
			d = append(d, expr.Mul(expr.Num(0.5), sum))
		}
	}
	return d
}

// convention subtracts from the drift what the convention asks for.
func (r *reader) convention(c *components, sigma [][]expr.Expr) error {
	p := r.file.Problem
	switch name := r.doc.Equation.Calculus; name {
	case "", ItoCalculus.String():
		c.given, c.ito = c.drift, c.drift
		c.drift = minusDivergence(c.drift, c.diffusion, p.Variables)
	case HanggiKlimontovichCalculus.String():
		p.Calculus = HanggiKlimontovichCalculus
	case StratonovichCalculus.String():
		if sigma == nil {
			return r.fail("equation.calculus", "stratonovich wants noise_factor: diffusion alone does not fix its drift")
		}
		p.Calculus = StratonovichCalculus
		c.given = slices.Clone(c.drift)
		for i := range c.drift {
			for k := range sigma[i] {
				for j, v := range p.Variables {
					c.drift[i] = expr.Sub(c.drift[i], expr.Mul(expr.Mul(expr.Num(0.5), sigma[i][k]), sigma[j][k].Diff(v)))
				}
			}
		}
	default:
		return r.fail("equation.calculus", "want ito, stratonovich or haenggi-klimontovich, have %q", name)
	}
	return nil
}

// minusDivergence returns b − ∇·D.
func minusDivergence(b, diffusion []expr.Expr, variables []string) []expr.Expr {
	return addDivergence(b, diffusion, variables, expr.Sub)
}

// addDivergence returns b with every ∂_jD_ij added or subtracted.
func addDivergence(b, diffusion []expr.Expr, variables []string, add func(a, b expr.Expr) expr.Expr) []expr.Expr {
	v := make([]expr.Expr, len(b))
	for i := range b {
		v[i] = b[i]
		for j, name := range variables {
			v[i] = add(v[i], diffusion[operators.Packed(len(b), i, j)].Diff(name))
		}
	}
	return v
}

// scalar reads one formula from a YAML scalar.
func (r *reader) scalar(key string, v any) (expr.Expr, error) {
	switch v := v.(type) {
	case string:
		return r.formula(key, v)
	case uint64, int64, int, float64:
		return r.formula(key, fmt.Sprint(v))
	}
	return expr.Expr{}, r.fail(key, "want a formula, have %v", v)
}

// tensor reads a symmetric d×d matrix, its diagonal, or one formula times identity.
func (r *reader) tensor(key string, doc any) ([]expr.Expr, error) {
	d := len(r.doc.Variables)
	packed := make([]expr.Expr, d*(d+1)/2)
	for k := range packed {
		packed[k] = expr.Num(0)
	}
	list, ok := doc.([]any)
	if !ok {
		e, err := r.scalar(key, doc)
		for i := range d {
			packed[operators.Packed(d, i, i)] = e
		}
		return packed, err
	}
	if len(list) != d {
		return nil, r.fail(key, "want %d rows, have %d", d, len(list))
	}
	if _, matrix := list[0].([]any); !matrix {
		for i, v := range list {
			e, err := r.scalar(fmt.Sprintf("%s[%d]", key, i), v)
			if err != nil {
				return nil, err
			}
			packed[operators.Packed(d, i, i)] = e
		}
		return packed, nil
	}
	return packed, r.matrix(key, list, packed)
}

func (r *reader) matrix(key string, list []any, packed []expr.Expr) error {
	d := len(list)
	full := make([][]expr.Expr, d)
	for i, v := range list {
		row, ok := v.([]any)
		if !ok || len(row) != d {
			return r.fail(fmt.Sprintf("%s[%d]", key, i), "want a row of %d formulas", d)
		}
		full[i] = make([]expr.Expr, d)
		for j, v := range row {
			var err error
			if full[i][j], err = r.scalar(fmt.Sprintf("%s[%d][%d]", key, i, j), v); err != nil {
				return err
			}
		}
	}
	for i := range d {
		for j := i; j < d; j++ {
			packed[operators.Packed(d, i, j)] = full[i][j]
			if full[i][j].Equal(full[j][i]) {
				continue
			}
			check := symmetryCheck{fmt.Sprintf("%s[%d][%d]", key, i, j), fmt.Sprintf("[%d][%d]", j, i), full[i][j], full[j][i], [2]expr.Expr{full[i][i], full[j][j]}}
			a, aOK := full[i][j].Const()
			b, bOK := full[j][i].Const()
			if aOK && bOK {
				return r.fail(check.key, "not symmetric: %g here, %g at %s", a, b, check.other)
			}
			r.file.symmetry = append(r.file.symmetry, check)
		}
	}
	return nil
}

// symbolicLandscape returns a formula with its gradient.
func symbolicLandscape(e expr.Expr, variables []string) *Landscape {
	grad := make([]expr.Expr, len(variables))
	for a, v := range variables {
		grad[a] = e.Diff(v)
	}
	value, slope := expr.Compile([]expr.Expr{e}, variables), expr.Compile(grad, variables)
	at := func(t *expr.Tape, dst, theta []float64) {
		out, x := make([][]float64, len(dst)), make([][]float64, len(theta))
		for k := range dst {
			out[k] = dst[k : k+1]
		}
		for a := range theta {
			x[a] = theta[a : a+1]
		}
		t.Eval(out, x)
	}
	return &Landscape{
		Value: func(theta []float64) float64 {
			var v [1]float64
			at(value, v[:], theta)
			return v[0]
		},
		Grad: func(dst, theta []float64) { at(slope, dst, theta) },
	}
}
