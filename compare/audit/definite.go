package audit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
	"github.com/ness-fp/ness/grid/pieces"
)

// This file asks whether Σ can be inverted where the density is, and whether it is the same
// everywhere.

const (
	// typicalMass is how much of the probability is looked at: what is rarer does not matter.
	typicalMass = 0.999
	// singularRatio is the ratio of the eigenvalues of a tensor up to which it has no inverse
	// in all but name, and soundRatio that from which it has: means over up to some 10⁶ samples leave
	// 2⁻⁵³·10⁶ = 1e-10 of a tensor to round-off, and with 10⁴ times as much the force D⁻¹v has four digits at least.
	singularRatio, soundRatio = 1e-10, 1e-6
	// mostVariation is the relative variation up to which Σ counts as constant: it moves the density by a
	// quarter of it in total variation (0.0119 for 0.047 of Σ = 1 + 0.3x on x²/2, 0.0087 for 0.037 of
	// 1 + x²), and so by some half of the 0.02 within which densities agree.
	mostVariation = 0.05
)

// typicalCells returns the cells that hold typicalMass of the probability, densest first.
func (s *subject) typicalCells() []int {
	p := s.solution.Density.Values
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case p[i] > p[j]:
			return -1
		case p[i] < p[j]:
			return 1
		}
		return 0
	})
	var sum float64
	for k, i := range order {
		if sum += s.mass[i]; sum >= typicalMass {
			return order[:k+1]
		}
	}
	return order
}

// noiseNames returns what the tensor in s.noise is called, in a symbol and in words: injected noise is in
// it, where there is some.
func (s *subject) noiseNames() (symbol, words string) {
	if s.sgd != nil && s.sgd.InjectedNoise > 0 {
		return "Σ with injected noise", "the covariance of gradient noise with injected noise"
	}
	return "Σ", "the covariance Σ of gradient noise"
}

// definiteness finds whether Σ ≻ 0: by the ratio of its least eigenvalue to its largest in each cell, or
// on a line, where there is one, to the largest anywhere.
func (s *subject) definiteness() []Finding {
	symbol, words := s.noiseNames()
	f := Finding{
		Key: "definite-noise", Name: symbol + " positive definite", Claim: words + " can be inverted where the density is",
		Applies: true,
		Rule:    Rule{Text: fmt.Sprintf("holds where the least eigenvalue of %s is at least %g of the largest on %g of the probability; violated where it is below %g", symbol, soundRatio, typicalMass, singularRatio), Limit: soundRatio},
	}
	d := s.grid.Dim()
	ratios := Map{Key: "eigenvalue_ratio", Name: "least over largest eigenvalue of " + symbol, Values: make([]float64, s.grid.Cells())}
	for i := range ratios.Values {
		ratios.Values[i] = math.NaN()
	}
	spectra, largest := s.spectra(s.noise)
	worst, least, rank, seen := math.Inf(1), math.Inf(1), 0.0, 0.0
	for _, c := range spectra {
		i, v := c.cell, c.values
		top := c.top(largest)
		r := ratioOf(v[0], top)
		ratios.Values[i] = r
		worst, least = min(worst, r), min(least, v[0])
		for _, u := range v {
			if u > singularRatio*top && u > 0 {
				rank += s.mass[i]
			}
		}
		seen += s.mass[i]
	}
	f.Statistics = []Statistic{
		{"ratio", "least eigenvalue over the largest", worst, 0},
		{"least", "least eigenvalue", least, 0},
		{"condition", "largest condition number", 1 / worst, 0},
		{"rank", fmt.Sprintf("mean rank, of %d", d), rank / seen, 0},
	}
	switch {
	case worst >= soundRatio:
		f.Verdict = fp.Holds
	case worst <= singularRatio:
		f.Verdict = fp.Violated
	}
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("%s can be inverted: its eigenvalues differ by at most a factor of %.3g", symbol, 1/worst),
		fmt.Sprintf("%s has no inverse in places that matter: its mean rank is %.3g of %d", symbol, rank/seen, d),
		fmt.Sprintf("%s is nearly singular: its eigenvalues differ by a factor of up to %.3g", symbol, 1/worst))
	s.tellAlone(&f)
	f.Maps = []Map{ratios}
	return []Finding{f}
}

// ratioOf returns an eigenvalue over the largest, 0 where that is 0.
func ratioOf(v, top float64) float64 {
	if top > 0 {
		return max(0, v/top)
	}
	return 0
}

// tellAlone adds to a finding the least eigenvalue of Σ without injected noise, where there is some, to round-off
// of the largest, and whether the tensor has an inverse by that noise alone.
func (s *subject) tellAlone(f *Finding) {
	if s.sgd == nil || s.sgd.InjectedNoise == 0 || s.sgd.Loss != nil && s.batchVariance() == 0 {
		return // batches of all samples have no noise of their own
	}
	spectra, largest := s.spectra(s.noiseAlone())
	least, worst := math.Inf(1), math.Inf(1)
	for _, c := range spectra {
		v := c.values[0]
		least, worst = min(least, v), min(worst, ratioOf(v, c.top(largest)))
	}
	least = max(0, least)
	f.Statistics = append(f.Statistics, Statistic{"least-alone", "least eigenvalue of Σ without injected noise", least, 1e-15 * largest})
	if f.Verdict == fp.Holds && worst < soundRatio {
		f.Sentence += fmt.Sprintf("; injected noise makes it so: Σ alone is singular, or nearly, with a least eigenvalue of %.2g", least)
	}
}

// noiseAlone returns Σ of SGD without injected noise at the centres of typical cells, packed, 0 in others.
func (s *subject) noiseAlone() [][]float64 {
	formula, factor := s.sgd.Formula, 1.0
	if s.sgd.Loss != nil {
		formula, factor = s.normalSGD().Formula, s.batchVariance()*float64(s.batch())
	}
	d := s.grid.Dim()
	sigma := make([][]float64, d*(d+1)/2)
	for k := range sigma {
		sigma[k] = make([]float64, s.grid.Cells())
	}
	cells := s.typicalCells()
	pieces.Run(len(cells), 1<<6, func(_, lo, hi int) {
		center := make([]float64, d)
		x, dst := make([][]float64, d), make([][]float64, len(sigma))
		for _, i := range cells[lo:hi] {
			s.grid.Center(center, i)
			for a := range x {
				x[a] = center[a : a+1]
			}
			for k := range dst {
				dst[k] = sigma[k][i : i+1]
			}
			formula.NoiseCov(dst, x)
		}
	})
	return scaled(sigma, 1/factor)
}

// A spectrumAt is eigenvalues in a cell, ascending.
type spectrumAt struct {
	cell   int
	values []float64
}

// top returns what the least eigenvalue is compared with: the largest, or on a line the largest of all cells.
func (c spectrumAt) top(largest float64) float64 {
	if len(c.values) == 1 {
		return largest
	}
	return c.values[len(c.values)-1]
}

// spectra returns the eigenvalues of a packed tensor in typical cells, and the largest of all.
func (s *subject) spectra(noise [][]float64) (at []spectrumAt, largest float64) {
	tensor := mat.NewSymDense(s.grid.Dim(), nil)
	var eigen mat.EigenSym
	for _, i := range s.typicalCells() {
		tensorAt(tensor, noise, i)
		if eigen.Factorize(tensor, false) {
			v := eigen.Values(nil)
			at, largest = append(at, spectrumAt{i, v}), max(largest, slices.Max(v))
		}
	}
	return at, largest
}

// constancy finds whether Σ varies over the density: √(E‖Σ − Σ̄‖²)/‖Σ̄‖ with Σ̄ = E Σ, in the
// norm of Frobenius.
func (s *subject) constancy() []Finding {
	symbol, words := s.noiseNames()
	f := Finding{
		Key: "constant-noise", Name: symbol + " constant", Claim: words + " does not depend on θ", Applies: true,
		Rule: Rule{Text: fmt.Sprintf("holds up to a relative variation √(E‖Σ − EΣ‖²)/‖EΣ‖ of %g", mostVariation), Limit: mostVariation},
	}
	d := s.grid.Dim()
	mean := s.meanNoise()
	away := Map{Key: "noise_variation", Name: "‖Σ − EΣ‖/‖EΣ‖", Values: make([]float64, s.grid.Cells())}
	var size, square, most float64
	each(d, func(k int, weight float64) { size += weight * mean[k] * mean[k] })
	for i, m := range s.mass {
		var v float64
		each(d, func(k int, weight float64) {
			off := s.noise[k][i] - mean[k]
			v += weight * off * off
		})
		away.Values[i] = math.Sqrt(v / size)
		most = max(most, away.Values[i])
		square += m * v
	}
	variation := math.Sqrt(square / size)
	err := variation * s.densityError()
	if math.IsNaN(err) && most <= mostVariation {
		err = max(0, most-variation) // no density makes more of it
	}
	f.Statistics = []Statistic{{"variation", "relative variation of Σ", variation, err}}
	f.Verdict = judge(variation, err, mostVariation)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("%s varies by %.2g of itself over the density", symbol, variation),
		fmt.Sprintf("%s depends on θ: it varies by %.2g of itself over the density", symbol, variation),
		fmt.Sprintf("%s varies by %s of itself over the density: a finer grid would tell", symbol, estimated(variation, err)))
	f.Maps = []Map{away}
	return []Finding{f}
}

// meanNoise returns E Σ, packed.
func (s *subject) meanNoise() []float64 {
	mean := make([]float64, len(s.noise))
	for k, c := range s.noise {
		for i, m := range s.mass {
			mean[k] += m * c[i]
		}
	}
	return mean
}

// each calls do for the components of a packed tensor with how often they are in the square.
func each(d int, do func(k int, weight float64)) {
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			if a == b {
				do(k, 1)
			} else {
				do(k, 2)
			}
			k++
		}
	}
}
