package fp

import (
	"fmt"
	"math"
)

// A Schedule is a learning rate η_k for every step k = 0, 1, …. It must be safe for
// concurrent use.
type Schedule interface{ Rate(k int) float64 }

// ConstantRate is the same learning rate at every step.
type ConstantRate float64

// Rate returns η.
func (s ConstantRate) Rate(int) float64 { return float64(s) }

// InverseSqrtRate is the learning rate η₀/√(k+1).
type InverseSqrtRate float64

// Rate returns η₀/√(k+1).
func (s InverseSqrtRate) Rate(k int) float64 { return float64(s) / math.Sqrt(float64(k)+1) }

// StepDecayRate multiplies the learning rate by Factor after every Every steps.
type StepDecayRate struct {
	Initial, Factor float64
	Every           int // ≥ 1
}

// Rate returns η₀ f^⌊k/Every⌋.
func (s StepDecayRate) Rate(k int) float64 { return s.Initial * math.Pow(s.Factor, float64(k/s.Every)) }

// CosineRate goes from Initial to Final along half a period of a cosine, and stays there.
type CosineRate struct {
	Initial, Final float64
	Steps          int // ≥ 1
}

// Rate returns η₁ + (η₀ − η₁)(1 + cos(πk/Steps))/2, η₁ from k = Steps on.
func (s CosineRate) Rate(k int) float64 {
	if k >= s.Steps {
		return s.Final
	}
	return s.Final + (s.Initial-s.Final)*0.5*(1+math.Cos(math.Pi*float64(k)/float64(s.Steps)))
}

func checkSchedule(s Schedule) error {
	switch s := s.(type) {
	case nil:
		return fmt.Errorf("schedule: want a learning rate")
	case StepDecayRate:
		if s.Every < 1 || !(s.Factor > 0 && s.Factor <= 1) {
			return fmt.Errorf("schedule: want a factor in (0, 1] after every ≥ 1 steps, have %g after %d", s.Factor, s.Every)
		}
	case CosineRate:
		if s.Steps < 1 || !(s.Final >= 0 && s.Final <= s.Initial) {
			return fmt.Errorf("schedule: want 0 ≤ final ≤ initial rate and ≥ 1 steps, have %g, %g and %d", s.Final, s.Initial, s.Steps)
		}
	}
	if r := s.Rate(0); !(r > 0) || math.IsInf(r, 1) {
		return fmt.Errorf("schedule: want a learning rate > 0, have %g", r)
	}
	return nil
}
