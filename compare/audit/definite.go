package audit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ness-fp/ness/fp"
)

// This file asks whether Σ can be inverted where the density is, and whether it is the same
// everywhere.

const (
	// typicalMass is how much of the probability is looked at: what is rarer does not matter.
	typicalMass = 0.999
	// singularRatio is the ratio of the eigenvalues of a tensor up to which it has no inverse
	// in all but name, and soundRatio that from which it has.
	singularRatio, soundRatio = 1e-10, 1e-6
	// mostVariation is the relative variation up to which Σ counts as constant: the width of a
	// well moves by half of it.
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

// definiteness finds whether Σ ≻ 0.
func (s *subject) definiteness() []Finding {
	f := Finding{
		Key: "definite-noise", Name: "Σ positive definite", Claim: "the covariance Σ of gradient noise can be inverted where the density is",
		Applies: true,
		Rule:    Rule{Text: fmt.Sprintf("holds where the least eigenvalue of Σ is at least %g of the largest on %g of the probability; violated where it is below %g", soundRatio, typicalMass, singularRatio), Limit: soundRatio},
	}
	d := s.grid.Dim()
	ratios := Map{Key: "eigenvalue_ratio", Name: "least over largest eigenvalue of Σ", Values: make([]float64, s.grid.Cells())}
	for i := range ratios.Values {
		ratios.Values[i] = math.NaN()
	}
	tensor := mat.NewSymDense(d, nil)
	var eigen mat.EigenSym
	worst, least, largest, rank, seen := math.Inf(1), math.Inf(1), 0.0, 0.0, 0.0
	for _, i := range s.typicalCells() {
		tensorAt(tensor, s.noise, i)
		if !eigen.Factorize(tensor, false) {
			continue
		}
		v := eigen.Values(nil)
		r := 0.0
		if v[d-1] > 0 {
			r = max(0, v[0]/v[d-1])
		}
		ratios.Values[i] = r
		worst, least, largest = min(worst, r), min(least, v[0]), max(largest, v[d-1])
		for _, u := range v {
			if u > singularRatio*v[d-1] && u > 0 {
				rank += s.mass[i]
			}
		}
		seen += s.mass[i]
	}
	if d == 1 { // one eigenvalue is compared with the largest anywhere
		worst = max(0, least/largest)
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
		fmt.Sprintf("Σ can be inverted: its eigenvalues differ by at most a factor of %.3g", 1/worst),
		fmt.Sprintf("Σ has no inverse in places that matter: its mean rank is %.3g of %d", rank/seen, d),
		fmt.Sprintf("Σ is nearly singular: its eigenvalues differ by a factor of up to %.3g", 1/worst))
	f.Maps = []Map{ratios}
	return []Finding{f}
}

// constancy finds whether Σ varies over the density: √(E‖Σ − Σ̄‖²)/‖Σ̄‖ with Σ̄ = E Σ, in the
// norm of Frobenius.
func (s *subject) constancy() []Finding {
	f := Finding{
		Key: "constant-noise", Name: "Σ constant", Claim: "the covariance Σ of gradient noise does not depend on θ", Applies: true,
		Rule: Rule{Text: fmt.Sprintf("holds up to a relative variation √(E‖Σ − EΣ‖²)/‖EΣ‖ of %g", mostVariation), Limit: mostVariation},
	}
	d := s.grid.Dim()
	mean := s.meanNoise()
	away := Map{Key: "noise_variation", Name: "‖Σ − EΣ‖/‖EΣ‖", Values: make([]float64, s.grid.Cells())}
	var size, square float64
	each(d, func(k int, weight float64) { size += weight * mean[k] * mean[k] })
	for i, m := range s.mass {
		var v float64
		each(d, func(k int, weight float64) {
			off := s.noise[k][i] - mean[k]
			v += weight * off * off
		})
		away.Values[i] = math.Sqrt(v / size)
		square += m * v
	}
	variation := math.Sqrt(square / size)
	f.Statistics = []Statistic{{"variation", "relative variation of Σ", variation, variation * s.densityError()}}
	f.Verdict = judge(variation, 0, mostVariation)
	f.Sentence = pick(f.Verdict,
		fmt.Sprintf("Σ varies by %.2g of itself over the density", variation),
		fmt.Sprintf("Σ depends on θ: it varies by %.2g of itself over the density", variation),
		"Σ could not be averaged")
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
