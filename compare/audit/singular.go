package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file measures how the volume of low-loss sets scales. For large β
//
//	Z(β) = ∫ e^{−β(L − L₀)} dθ ~ C β^−λ (ln β)^{m−1},   V(L − L₀ < ε) ~ C′ ε^λ (−ln ε)^{m−1},
//
// with the local learning coefficient λ and its multiplicity m of the deepest minimum: λ = d/2 and
// m = 1 where the Hessian has no zero eigenvalue, and less where minima are singular. What is
// measured is λ(β) = −d ln Z/d ln β = β⟨L − L₀⟩ on a ladder of β, which tends to λ as
//
//	m = 1: λ + a r^k,   m > 1: λ − (m−1)/(ln β + c).
//
// Watanabe, Algebraic Geometry and Statistical Learning Theory (2009), theorem 6.7.

const (
	ladderSteps = 27 // factors of two in β
	fitted      = 9  // last steps that laws are fitted to
	fewestSteps = fitted + 3
	// mostSingular is how far from d/2 a coefficient is that counts as that, per dimension.
	mostSingular = 0.02
	// clearer is how much smaller the residual of a law with logarithms has to be.
	clearer = 0.25
)

// A coefficient is λ with its multiplicity and the numerical error.
type coefficient struct {
	lambda, err  float64
	multiplicity int
}

// singular has a finding on whether minima are regular.
func (s *subject) singular() []Finding {
	d := s.grid.Dim()
	limit := mostSingular * float64(d)
	f := Finding{
		Key: "regular-minima", Name: "regular minima", Claim: "the loss is quadratic about its deepest minimum: low-loss sets have volumes ∝ ε^{d/2}",
		Rule: Rule{Text: fmt.Sprintf("holds where the learning coefficient λ is within %g of d/2, with three numerical errors, and has no logarithms", limit), Limit: limit},
	}
	l := s.problem.Landscape
	if l == nil {
		return []Finding{f.notApplicable("the problem has no loss")}
	}
	sf := s.surface()
	beta, slopes := sf.ladder()
	if len(slopes) < fewestSteps {
		return []Finding{f.notApplicable("low-loss sets are too thin to be measured with the values of the loss that are allowed")}
	}
	f.Applies = true
	c := learningCoefficient(beta, slopes, d)
	curve := Curve{Key: "learning_coefficient", Name: "−d ln Z/d ln β", XLabel: "β", YLabel: "λ(β)", X: beta, Y: slopes}
	for range beta {
		curve.Reference = append(curve.Reference, float64(d)/2)
	}
	f.Curves = []Curve{curve}
	f.Statistics = []Statistic{
		{"off", "distance of the learning coefficient from d/2", math.Abs(c.lambda - float64(d)/2), c.err},
		{"coefficient", "learning coefficient λ", c.lambda, c.err},
		{"multiplicity", "its multiplicity m", float64(c.multiplicity), 0},
	}
	if volumes, ok := sf.volumes(beta); ok {
		f.Curves = append(f.Curves, volumes)
	}
	f.Verdict = judge(math.Abs(c.lambda-float64(d)/2), 3*c.err, limit)
	if c.multiplicity > 1 {
		f.Verdict = fp.Violated
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("the deepest minimum is regular: λ = %.3f", c.lambda),
		fmt.Sprintf("the deepest minimum is singular: λ = %.3f with multiplicity %d, where a regular one has %g", c.lambda, c.multiplicity, float64(d)/2),
		fmt.Sprintf("the scaling of low-loss sets has not settled: λ = %.3f ± %.2g", c.lambda, c.err))
	return []Finding{f}
}

// surface returns the loss in the box. A value of a loss that goes through n samples counts as n/32.
func (s *subject) surface() *surface {
	sf := &surface{value: s.problem.Landscape.Value, points: s.opt.MaxPoints, each: 1}
	if s.sgd != nil && s.sgd.Loss != nil {
		if m := s.sgd.Loss.Model(); m != loss.LinearRegression && m != loss.DeepLinear {
			sf.each = max(1, s.sgd.Loss.Samples()/32)
		}
	}
	for a := range s.grid.Dim() {
		sf.lo, sf.hi = append(sf.lo, s.grid.Axis(a).Min()), append(sf.hi, s.grid.Axis(a).Max())
	}
	sf.least = math.Inf(1)
	for _, v := range s.problem.Landscape.Values(s.grid) {
		sf.least = min(sf.least, v)
	}
	for _, x := range s.problem.StablePoints() {
		if _, inside := s.grid.Find(x); inside {
			sf.least = min(sf.least, sf.value(x))
		}
	}
	return sf
}

// ladder returns λ(β) for β that grow twofold from where e^−βL is 1/e at the mean of L, as long as
// there are values; the last third of them is left for volumes.
func (s *surface) ladder() (beta, slopes []float64) {
	var mean, volume float64
	rest := s.points / 3
	s.points -= rest
	if !s.pieces(func(p *piece) bool {
		m, v := p.mean(func(v float64) float64 { return v })
		mean, volume = mean+m*v, volume+v
		return false
	}) || !(mean > 0) {
		return nil, nil
	}
	b := volume / mean
	for range ladderSteps {
		_, slope, ok := s.partition(b)
		if !ok {
			break
		}
		beta, slopes = append(beta, b), append(slopes, slope)
		b *= 2
	}
	s.points = max(0, s.points) + rest
	return beta, slopes
}

// volumes returns V(ε) for ε = 1/β of every other step of a ladder, as far as there are values.
func (s *surface) volumes(beta []float64) (c Curve, ok bool) {
	c = Curve{Key: "volume", Name: "volume of low-loss sets", XLabel: "ε", YLabel: "V(L − L₀ < ε)"}
	for k := 0; k < len(beta); k += 2 {
		v, ok := s.sublevel(1 / beta[k])
		if !ok {
			break
		}
		c.X, c.Y = append([]float64{1 / beta[k]}, c.X...), append([]float64{v}, c.Y...)
	}
	return c, len(c.X) > 1
}

// learningCoefficient fits both laws to the end of a ladder, and tells the error from where it
// ends three steps earlier.
func learningCoefficient(beta, slopes []float64, d int) coefficient {
	n := len(slopes)
	c := fitCoefficient(beta[n-fitted:], slopes[n-fitted:], d)
	before := fitCoefficient(beta[n-fitted-3:n-3], slopes[n-fitted-3:n-3], d)
	c.err = math.Abs(c.lambda - before.lambda)
	if before.multiplicity != c.multiplicity {
		c.err = max(c.err, math.Abs(c.lambda-slopes[n-1]))
	}
	return c
}

// fitCoefficient returns the law with the smallest residual; one with logarithms only if its
// residual is a quarter of that without.
func fitCoefficient(beta, slopes []float64, d int) coefficient {
	best := coefficient{multiplicity: 1}
	least := math.Inf(1)
	for r := 0.02; r < 0.951; r += 0.01 { // λ + a r^k
		h := make([]float64, len(slopes))
		for k := range h {
			h[k] = math.Pow(r, float64(k))
		}
		if at, res := intercept(h, slopes); res < least {
			least, best.lambda = res, at
		}
	}
	for m := 2; m <= d; m++ {
		residual, at := math.Inf(1), 0.0
		for shift := -0.9 * math.Log(beta[0]); shift < 20; shift += 0.02 {
			var mean, square float64
			for k, s := range slopes {
				v := s + float64(m-1)/(math.Log(beta[k])+shift)
				mean += v / float64(len(slopes))
				square += v * v / float64(len(slopes))
			}
			if res := math.Sqrt(max(0, square-mean*mean)); res < residual {
				residual, at = res, mean
			}
		}
		if residual < clearer*least && residual < 1e-3 {
			least, best = residual, coefficient{lambda: at, multiplicity: m}
		}
	}
	return best
}

// intercept returns λ of the least-squares line y = λ + a h, and the root mean square residual.
func intercept(h, y []float64) (at, residual float64) {
	n := float64(len(h))
	var mh, my, hh, hy float64
	for k := range h {
		mh, my = mh+h[k]/n, my+y[k]/n
	}
	for k := range h {
		hh += (h[k] - mh) * (h[k] - mh)
		hy += (h[k] - mh) * (y[k] - my)
	}
	slope := hy / hh
	at = my - slope*mh
	for k := range h {
		off := y[k] - at - slope*h[k]
		residual += off * off / n
	}
	return at, math.Sqrt(residual)
}
