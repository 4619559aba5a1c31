package audit

import (
	"fmt"
	"math"

	"github.com/ness-fp/ness/fp"
)

// This file has walkers of the kinetic equation, for where it has more variables than grids.

// kineticStep is η′λ of these walkers at most, by which a variance is off by 1/(1 − η′λ/2(1+μ′)), as that of
// [subject.smallRate] is: by less than 0.005.
const kineticStep = 0.01

// rolling is a heavy ball with normal noise and the kinetic equation of SGD, at a rate η′ so small that time steps
// of √η′ do not matter: η′ = sη, 1 − μ′ = √s (1−μ) and Σ′ = Σ/√s have the same γ and the same D. It is nil without
// momentum, and where the equation is solved.
func (s *subject) rolling() *fp.SGD {
	if s.sgd == nil || s.sgd.Momentum == 0 || s.hasVelocities() {
		return nil
	}
	p := *s.sgd
	if p.Loss != nil {
		p = *s.normalSGD()
	}
	share, rate := 1/16.0, s.file.SGDVariant().Rate
	if lambda, _ := s.curvature(); lambda > 0 {
		share = min(1, kineticStep/(rate*lambda))
	}
	root, noise := math.Sqrt(share), p.Formula.NoiseCov
	p.Schedule, p.Batch = fp.ConstantRate(share*rate), s.batch()
	p.Momentum = 1 - root*(1-p.Momentum)
	p.InjectedNoise /= root
	p.Formula = &fp.LossFormula{Dim: p.Formula.Dim, Grad: p.Formula.Grad, NoiseCov: func(dst, x [][]float64) {
		noise(dst, x)
		for k := range dst {
			for i := range dst[k] {
				dst[k][i] /= root
			}
		}
	}}
	return &p
}

// fromWalkers sets what walkers tell.
func (k *kinetic) fromWalkers(s *subject) {
	c := &s.crowds.kinetic
	if c.err != nil {
		k.err = fmt.Errorf("the kinetic equation has %d variables, where grids have three at most, and of walkers of it: %w", 2*s.grid.Dim(), c.err)
		return
	}
	d, err := c.Distances(s.solution.Density)
	if err != nil {
		k.err = err
		return
	}
	k.effect = sampled(k.effect.Key, k.effect.Name, "walkers of the kinetic equation and the solution, which is its overdamped limit", d, 1)
	tv, hellinger := &k.effect.TV, &k.effect.Hellinger
	tv.Error += s.densityError() / 2 // half of an L1 distance is one in total variation
	hellinger.Error += s.densityError()
	// Of normal densities time steps make a quarter of the relative error of the variance along each axis, of
	// either distance.
	steps := float64(s.grid.Dim()) * kineticStep / 8
	tv.Floor += steps
	hellinger.Floor += steps
}
