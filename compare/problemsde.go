package compare

import (
	"fmt"

	"github.com/ness-fp/ness/fp"
)

// NewSDE returns the equation dθ = b dt + σ dW in the sense of Itô that a problem stands for,
// whatever the convention it is given in, with the scheme of Euler and Maruyama; the fields may
// be changed. step is h, see [DefaultStep], length as in [fp.Problem.ItoDrift]: it matters only
// where ∇·D is not known in closed form. Walls are no part of it: coefficients must be defined
// everywhere, and the density be small at walls if it is to be the same; round periodic axes
// walkers wind.
func NewSDE(p *fp.Problem, length []float64, step float64) (*SDE, error) {
	if length != nil && len(length) != p.Dim() {
		return nil, fmt.Errorf("sde: want a length for each of the %d variables, have %d", p.Dim(), len(length))
	}
	s := &SDE{Dim: p.Dim(), Drift: p.ItoDrift(length), Step: step}
	if d := p.Equation.ConstantDiffusion; d != nil {
		s.ConstantDiffusion = append([]float64(nil), d...)
	} else {
		s.Diffusion = p.Diffusion()
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// stepPerTime is the part of the shortest time of the linearised drift that a step takes. On
// an Ornstein–Uhlenbeck process of rate λ Euler–Maruyama has a variance too large by hλ/2,
// 1 %, and Platen's scheme one off by (hλ)² to a factor near 1, 4e-4.
const stepPerTime = 0.02

// DefaultStep returns a time step, a fiftieth of 1/λ for the largest rate λ, see
// [fp.Problem.FastestRate], at all points: those where walkers are to be, such as minima and
// starting points. length is as in [NewSDE]. Where drift grows faster than linearly, steps
// that do for these points may not do further out. It is +Inf where the drift is constant at
// all points, NaN where it is no number at one.
func DefaultStep(p *fp.Problem, length []float64, points [][]float64) float64 {
	var fastest float64
	for _, x := range points {
		fastest = max(fastest, p.FastestRate(x, length))
	}
	return stepPerTime / fastest
}
