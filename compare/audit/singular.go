package audit

import (
	"fmt"
	"math"
	"slices"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/fp/loss"
)

// This file measures how the volume of low-loss sets scales. For large β and small ε
//
//	Z(β) = ∫ e^{−β(L − L₀)} dθ ~ C β^−λ (ln β)^{m−1},   V(ε) = vol{L − L₀ < ε} ~ C′ ε^λ (−ln ε)^{m−1},
//
// with the local learning coefficient λ and its multiplicity m of the deepest minimum: λ = d/2 and
// m = 1 where the Hessian has no zero eigenvalue, and less where minima are singular. What λ and m are
// fitted to is −d ln Z/d ln β = β⟨L − L₀⟩, and by itself d ln V/d ln ε.
//
// Watanabe, Algebraic Geometry and Statistical Learning Theory (2009), theorems 6.7 and 7.1.

const (
	// ladderSteps are factors of two in β: at the end round-off of losses about 1 is 2²⁷·2⁻⁵³ = 1.5e-8 of 1/β.
	ladderSteps = 27
	// mostSingular is how far from d/2 a coefficient is that counts as that, per dimension: seven times the
	// largest error of known ones, 0.003, and in space a quarter of the distance to the next, as one flat
	// direction like x⁴ has ¼ for ½.
	mostSingular = 0.02
	// lower is how far below L₀ a value is that shows that there is a deeper minimum, in units of 1/β.
	lower = 1e-3
)

// singular has a finding on whether minima are regular.
func (s *subject) singular() []Finding {
	d := s.grid.Dim()
	limit := mostSingular * float64(d)
	f := Finding{
		Key: "regular-minima", Name: "regular minima", Claim: "the loss is quadratic about its deepest minimum: low-loss sets have volumes ∝ ε^{d/2}",
		Rule: Rule{Text: fmt.Sprintf("holds where the learning coefficient λ, fitted to the scaling of ∫exp(−βL), is within %g of d/2, with three errors, and has no logarithms; violated where it is not, or has; neither unless that fitted to volumes of low-loss sets is the same", limit), Limit: limit},
	}
	if s.problem.Landscape == nil {
		return []Finding{f.notApplicable("the problem has no loss")}
	}
	sf := s.surface()
	beta, slopes := sf.ladder()
	volumes := sf.volumes(beta)
	f.Applies = true
	f.Curves = scalingCurves(beta, slopes, volumes, d)
	z, okZ := learningCoefficient(beta, slopes, d)
	at, steps := volumeSlopes(beta, volumes)
	v, okV := learningCoefficient(at, steps, d)
	if !okZ || !okV {
		f.Statistics = []Statistic{
			{"off", "distance of the learning coefficient from d/2", math.NaN(), math.NaN()},
			{"doublings", "doublings of β for which ∫exp(−βL) could be computed", float64(len(slopes)), 0},
			{"doublings-volumes", "and volumes", float64(len(volumes)), 0},
		}
		f.Sentence = "low-loss sets are too thin for the values of the loss that are allowed"
		if sf.deeper {
			f.Sentence = "there is a deeper minimum than the one that was found"
		}
		f.Sentence += fmt.Sprintf(": ∫exp(−βL) could be followed for %d doublings of β and volumes for %d, and to tell takes %d", len(slopes), len(volumes), fewestSteps+1)
		return []Finding{f}
	}
	f.Statistics = []Statistic{
		{"off", "distance of the learning coefficient from d/2", math.Abs(z.lambda - float64(d)/2), z.err},
		{"coefficient", "learning coefficient λ, from ∫exp(−βL)", z.lambda, z.err},
		{"multiplicity", "its multiplicity m", float64(z.multiplicity), 0},
		{"coefficient-volumes", "learning coefficient λ, from volumes of low-loss sets", v.lambda, v.err},
		{"multiplicity-volumes", "its multiplicity m", float64(v.multiplicity), 0},
	}
	f.Verdict = judgeMinima(z, v, d)
	both := fmt.Sprintf("λ = %.3f ± %.1g from ∫exp(−βL) and %.3f ± %.1g from volumes", z.lambda, z.err, v.lambda, v.err)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("the deepest minimum is regular: %s, where d/2 = %g", both, float64(d)/2),
		fmt.Sprintf("the deepest minimum is singular: %s, with multiplicity %d, where a regular one has %g", both, z.multiplicity, float64(d)/2),
		fmt.Sprintf("the scaling of low-loss sets has not settled: %s, with multiplicities %d and %d", both, z.multiplicity, v.multiplicity))
	return []Finding{f}
}

// judgeMinima compares the coefficient of integrals with d/2, if that of volumes agrees with it and both
// have settled to a number above 0.
func judgeMinima(z, v coefficient, d int) fp.Verdict {
	limit := mostSingular * float64(d)
	unsettled := z.lambda <= 3*z.err || v.lambda <= 3*v.err
	differ := math.Abs(z.lambda-v.lambda) > limit+3*math.Hypot(z.err, v.err)
	switch {
	case unsettled, differ, z.multiplicity != v.multiplicity:
		return fp.CannotTell
	case z.multiplicity > 1:
		return fp.Violated
	}
	return judge(math.Abs(z.lambda-float64(d)/2), 3*z.err, limit)
}

// scalingCurves show both slopes, and volumes.
func scalingCurves(beta, slopes, volumes []float64, d int) (list []Curve) {
	regular := func(n int) []float64 { return slices.Repeat([]float64{float64(d) / 2}, n) }
	expected := "d/2, of a regular minimum"
	if n := len(slopes); n > 0 {
		list = append(list, Curve{
			Key: "learning_coefficient", Name: "scaling of ∫exp(−βL)", XLabel: "β", YLabel: "λ(β)", X: beta, Y: slopes,
			Reference: regular(n), Measured: "−d ln Z/d ln β", Expected: expected,
		})
	}
	at, steps := volumeSlopes(beta, volumes)
	if n := len(steps); n > 0 {
		list = append(list, Curve{
			Key: "volume", Name: "scaling of volumes of low-loss sets", XLabel: "1/ε", YLabel: "λ(ε)", X: at, Y: steps,
			Reference: regular(n), Measured: "d ln V/d ln ε", Expected: expected,
		})
	}
	return list
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
	values := s.problem.Landscape.Values(s.grid)
	at := make([]float64, s.grid.Dim())
	s.grid.Center(at, slices.Index(values, slices.Min(values)))
	sf.least = sf.value(at)
	for _, x := range s.problem.StablePoints() {
		if _, inside := s.grid.Find(x); inside && sf.value(x) < sf.least {
			at, sf.least = x, sf.value(x)
		}
	}
	sf.descend(at)
	return sf
}

// ladder returns λ(β) for β that grow twofold from where e^−βL is 1/e at the mean of L, as long as
// there are values, and none is below L₀; the last third of them is left for volumes.
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
		s.deeper = -b*s.lowest > lower
		if !ok || s.deeper {
			break
		}
		beta, slopes = append(beta, b), append(slopes, slope)
		b *= 2
	}
	s.points = max(0, s.points) + rest
	return beta, slopes
}

// volumes returns V(ε) for ε = 1/β on a ladder, as far as there are values.
func (s *surface) volumes(beta []float64) (volumes []float64) {
	for _, b := range beta {
		v, ok := s.sublevel(1 / b)
		if !ok {
			break
		}
		volumes = append(volumes, v)
	}
	return volumes
}

// volumeSlopes returns d ln V/d ln ε between the steps of a ladder, and 1/ε there.
func volumeSlopes(beta, volumes []float64) (at, slopes []float64) {
	for k := 1; k < len(volumes); k++ {
		at = append(at, math.Sqrt(beta[k]*beta[k-1]))
		slopes = append(slopes, math.Log(volumes[k-1]/volumes[k])/math.Log(beta[k]/beta[k-1]))
	}
	return at, slopes
}
