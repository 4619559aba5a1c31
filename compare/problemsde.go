package compare

import (
	"fmt"
	"math"

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

// stepPerLength is the part of a length over which coefficients change that the drift, and the
// standard deviation of the noise, may make in a step: Platen's errors are its square.
const stepPerLength = 0.03

// DefaultStep returns a time step, a fiftieth of 1/λ for the largest rate λ, see
// [fp.Problem.FastestRate], at all points: those where walkers are to be, such as minima and
// starting points. length is as in [NewSDE]; where it is given, neither drift nor the standard
// deviation of the noise makes more than 3 % of it in a step at those points. Where drift grows
// faster than linearly, steps that do for these points may not do further out. It is +Inf where
// nothing bounds it, NaN where drift or noise is no number at a point.
func DefaultStep(p *fp.Problem, length []float64, points [][]float64) float64 {
	h := math.Inf(1)
	d := p.Dim()
	drift, tensor := columns(d, 1), columns(packed(d), 1)
	for _, x := range points {
		h = min(h, stepPerTime/p.FastestRate(x, length))
		if length == nil {
			continue
		}
		at := make([][]float64, d)
		for a := range x {
			at[a] = x[a : a+1]
		}
		p.ItoDrift(length)(drift, at)
		p.Diffusion()(tensor, at)
		for a := range x {
			most := stepPerLength * length[a]
			h = min(h, most/math.Abs(drift[a][0]), most*most/(2*tensor[diagonal(d, a)][0]))
		}
	}
	return h
}
