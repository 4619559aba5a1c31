package fp

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp/loss"
)

// Sampling says how minibatches are drawn.
type Sampling uint8

// The ways to draw B of n samples. Batches of different steps are independent but in
// Epochs, where they share out a permutation of the samples.
const (
	WithReplacement    Sampling = iota // each sample anew
	WithoutReplacement                 // B different samples
	Epochs                             // ⌊n/B⌋ batches of a random order, what is left over skipped, then a new order
	FullBatch                          // all samples at every step
)

var samplingNames = [...]string{"with-replacement", "without-replacement", "epochs", "full-batch"}

// String returns the name that problem files use.
func (s Sampling) String() string { return samplingNames[s] }

// An SGD is the recursion θ ← θ − η_k g_B(θ), or with momentum μ the heavy ball
// v ← μv − η_k g_B(θ), θ ← θ + v.
//
// With a Loss g_B is the mean gradient of B samples. With a Formula it is
// ∇L + √(Σ/B) N with a normal deviate N. Injected noise of variance s adds √s N to it.
type SGD struct {
	Loss    *loss.Loss   // either this
	Formula *LossFormula // or this

	Schedule Schedule
	Batch    int // B ≥ 1; at most the number of samples of Loss, and that for FullBatch if not 0
	Sampling Sampling
	// Momentum is μ, 0 ≤ μ < 1.
	Momentum float64
	// InjectedNoise is a variance, in units of gradients squared.
	InjectedNoise float64
}

// A LossFormula is a loss known by its gradient and the covariance of its gradient noise.
// Both must be safe for concurrent use, and get blocks of points, all coordinates of the
// same length.
type LossFormula struct {
	Dim      int
	Grad     Func // ∇L: Dim components
	NoiseCov Func // Σ, of a single sample: packed upper triangle by rows
}

// Dim returns the number of parameters.
func (s *SGD) Dim() int {
	if s.Loss != nil {
		return s.Loss.Dim()
	}
	return s.Formula.Dim
}

// Check returns what is wrong with the recursion.
func (s *SGD) Check() error {
	if (s.Loss == nil) == (s.Formula == nil) {
		return fmt.Errorf("sgd: want a loss on data or a formula, and not both")
	}
	if err := s.checkBatch(); err != nil {
		return err
	}
	switch {
	case !(s.Momentum >= 0 && s.Momentum < 1):
		return fmt.Errorf("momentum: want at least 0 and less than 1, have %g", s.Momentum)
	case !(s.InjectedNoise >= 0) || math.IsInf(s.InjectedNoise, 1):
		return fmt.Errorf("injected noise: want a variance ≥ 0, have %g", s.InjectedNoise)
	}
	return checkSchedule(s.Schedule)
}

func (s *SGD) checkBatch() error {
	if s.Loss == nil {
		switch {
		case s.Formula.Dim < 1 || s.Formula.Grad == nil || s.Formula.NoiseCov == nil:
			return fmt.Errorf("formula: want at least one dimension, a gradient and a noise covariance")
		case s.Batch < 1:
			return fmt.Errorf("batch: want at least 1, have %d", s.Batch)
		case s.Sampling != WithReplacement:
			return fmt.Errorf("sampling: %v wants data: a formula has no samples", s.Sampling)
		}
		return nil
	}
	n := s.Loss.Samples()
	switch {
	case s.Sampling > FullBatch:
		return fmt.Errorf("sampling: there is none with number %d", s.Sampling)
	case s.Sampling == FullBatch && s.Batch != 0 && s.Batch != n:
		return fmt.Errorf("batch: a full batch has all %d samples, have %d", n, s.Batch)
	case s.Sampling != FullBatch && (s.Batch < 1 || s.Batch > n):
		return fmt.Errorf("batch: want 1 to the %d samples there are, have %d", n, s.Batch)
	}
	return nil
}

// noiseFactor returns the factor of Σ/B in the covariance of g_B: 1 with replacement and
// (n−B)/(n−1) without.
func (s *SGD) noiseFactor(batch int) float64 {
	switch {
	case s.Sampling == FullBatch:
		return 0
	case s.Sampling == WithReplacement:
		return 1
	}
	n := s.Loss.Samples()
	return float64(n-batch) / float64(max(1, n-1))
}
